/* ulock.h: what wait_ulock.c calls where macOS has no public calls yet. */
#ifndef ISM_ULOCK_H
#define ISM_ULOCK_H

#include <stdbool.h>
#include <stdint.h>

/* Sleep while a word in shared memory holds the value, for so many nanoseconds, not 0. -1: errno says why; ENOSYS:
 * that can't be done. */
int ism_ulock_wait(uint32_t *word, uint32_t value, uint64_t nanoseconds);

/* Wake one sleeper, or all. -1: there is none, or errno says why not. */
int ism_ulock_wake(uint32_t *word, bool all);

#endif
