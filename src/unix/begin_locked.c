/* begin_locked.c: looking names up where a name may have several native names, or where a lease
 * can't tell a holder from one who looks: processes take turns, by a lock in the user's file, or in
 * the one for all users. It ends with its process. Weak side: who is stopped inside keeps all of
 * them waiting. */
#include "shared_file.h"
#include "user_file.h"

static bool has_shared; /* between begin and end; guarded by ISM_LOCK_NAMES */

ism_status ism_lease_begin(struct ism_names names, struct ism_cause *why)
{
    ism_process_lock(ISM_LOCK_NAMES);
    has_shared = names.shared;
    ism_status status = names.shared ? ism_shared_file_lock_names(why) : ism_user_file_lock_names(why);
    if (status != ISM_OK)
        ism_process_unlock(ISM_LOCK_NAMES);
    return status;
}

void ism_lease_end(void)
{
    if (has_shared)
        ism_shared_file_unlock_names();
    else
        ism_user_file_unlock_names();
    ism_process_unlock(ISM_LOCK_NAMES);
}
