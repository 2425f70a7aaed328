/* begin_unlocked.c: looking names up where the object's own locks serialise all that matters
 * between processes, so that only the threads of one take turns. */
#include "../backend.h"

ism_status ism_lease_begin(struct ism_names names, struct ism_cause *why)
{
    (void)names;
    (void)why;
    ism_process_lock(ISM_LOCK_NAMES);
    return ISM_OK;
}

void ism_lease_end(void)
{
    ism_process_unlock(ISM_LOCK_NAMES);
}
