/* list.h: freeing what dead processes left, as part of other work. */
#ifndef ISM_LIST_H
#define ISM_LIST_H

/* At a process's first create: free what is stale among a few of the user's objects, so that what a crash
 * left behind does not stay for good where nobody tidies (R6). */
void ism_sweep_once(void);

#endif
