/* generations.h: which native names of a region's name are worth a look. */
#ifndef ISM_GENERATIONS_H
#define ISM_GENERATIONS_H

#include "../backend.h"

#include <windows.h>

/* May there be a section of that native name? No is certain, for this user's own. Between ism_lease_begin() and
 * ism_lease_end(). */
bool ism_generations_may_have(const char *native);

/* Who has a section has this handle as well; NULL: that native name takes none. Between begin and end. */
ism_status ism_generations_hold(const char *native, HANDLE *mark, struct ism_cause *why);
void ism_generations_release(HANDLE mark);

/* A native name is taken. If it was said to be free without a look, this process looks at all from now on; false: it was
 * not. */
bool ism_generations_doubt(const char *native);

/* What was seen between begin and end no longer holds. */
void ism_generations_forget(void);

#endif
