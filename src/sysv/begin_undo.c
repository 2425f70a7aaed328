/* begin_undo.c: looking names up where processes take turns, by a lock among the user's semaphores, or among those of
 * all users. It ends with its process, after what that was attached to. Weak sides: who is stopped inside keeps all of
 * them waiting; so does a program that another thread's exec has put in the place of one who was inside, until it
 * ends. */
#include "sysv.h"
#include "undo_table.h"

const struct ism_sysv_kinds ism_sysv_kinds = {.own = UINT32_C(0x49000000), .shared = UINT32_C(0x53000000)};

/* Between begin and end; guarded by ISM_LOCK_NAMES. */
static struct ism_life_table *inside;
static int locked; /* the set whose lock is held */

/* The table counts as used meanwhile: another thread's exit must not take it away. */
static ism_status use_table(bool shared, struct ism_cause *why)
{
    struct ism_undo_audience audience = shared ? ism_undo_for_everyone() : ism_undo_for_user();
    ism_process_lock(ISM_LOCK_REGISTRY);
    ism_status status = ism_undo_open(&audience, &inside, why);
    if (status == ISM_OK) {
        inside->users++;
        locked = inside->locks;
    }
    ism_process_unlock(ISM_LOCK_REGISTRY);
    return status;
}

static void give_back(void)
{
    ism_process_lock(ISM_LOCK_REGISTRY);
    inside->users--;
    inside->locks = locked;
    ism_process_unlock(ISM_LOCK_REGISTRY);
}

ism_status ism_lease_begin(struct ism_names names, struct ism_cause *why)
{
    ism_process_lock(ISM_LOCK_NAMES);
    ism_status status = use_table(names.shared, why);
    if (status == ISM_OK) {
        status = ism_undo_lock(&inside->audience, ISM_UNDO_NAMES, &locked, why);
        if (status != ISM_OK)
            give_back();
    }
    if (status != ISM_OK)
        ism_process_unlock(ISM_LOCK_NAMES);
    return status;
}

void ism_lease_end(void)
{
    ism_undo_unlock(locked, ISM_UNDO_NAMES);
    give_back();
    ism_process_unlock(ISM_LOCK_NAMES);
}
