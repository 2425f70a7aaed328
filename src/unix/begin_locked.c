/* begin_locked.c: looking names up where a name may have several native names, or where a lease
 * can't tell a holder from one who looks: the user's processes take turns, by a lock in the user's
 * file. It ends with its process. Weak side: who is stopped inside keeps all of them waiting. */
#include "user_file.h"

ism_status ism_lease_begin(struct ism_cause *why)
{
    ism_process_lock(ISM_LOCK_NAMES);
    ism_status status = ism_user_file_lock_names(why);
    if (status != ISM_OK)
        ism_process_unlock(ISM_LOCK_NAMES);
    return status;
}

void ism_lease_end(void)
{
    ism_user_file_unlock_names();
    ism_process_unlock(ISM_LOCK_NAMES);
}
