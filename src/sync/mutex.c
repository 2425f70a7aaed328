/* mutex.c: a lock that one thread owns at a time (S1, S2, S9). Its first word is a lock word, see lock.c; the second is
 * not used. */
#include "lock.h"

_Static_assert(sizeof(ism_mutex) == 16 && _Alignof(ism_mutex) == 8, "layout of the mutex");

static ism_status lock(ism_mutex *mutex, ism_deadline deadline, bool tries_only)
{
    struct ism_holder *holder = ism_recent_holder(mutex, sizeof *mutex);
    if (ISM_LIKELY(holder != NULL) && ism_lock_at_once(&mutex->opaque[0], holder))
        return ISM_OK;
    ism_status status = ism_registry_find(mutex, sizeof *mutex);
    if (status != ISM_OK)
        return status;
    const struct ism_wish wish = {.deadline = deadline, .tries_only = tries_only};
    return ism_lock_slowly(&mutex->opaque[0], &wish);
}

ism_status ism_mutex_lock(ism_mutex *mutex)
{
    return lock(mutex, ISM_FOREVER, false);
}

ism_status ism_mutex_try_lock(ism_mutex *mutex)
{
    return lock(mutex, ISM_FOREVER, true);
}

ism_status ism_mutex_lock_until(ism_mutex *mutex, ism_deadline deadline)
{
    return lock(mutex, deadline, false);
}

ism_status ism_mutex_unlock(ism_mutex *mutex)
{
    struct ism_holder *holder = ism_recent_holder(mutex, sizeof *mutex);
    if (ISM_LIKELY(holder != NULL) && ism_unlock_at_once(&mutex->opaque[0], holder))
        return ISM_OK;
    ism_status status = ism_registry_find(mutex, sizeof *mutex);
    return status == ISM_OK ? ism_unlock_slowly(&mutex->opaque[0]) : status;
}

ism_status ism_mutex_lock_undamaged(ism_mutex *mutex)
{
    ism_status status = ism_mutex_lock(mutex);
    if (status != ISM_OWNER_DIED)
        return status;
    status = ism_mutex_consistent(mutex);
    if (status != ISM_OK)
        (void)ism_mutex_unlock(mutex);
    return status;
}

ism_status ism_mutex_consistent(ism_mutex *mutex)
{
    ism_status status = ism_registry_find(mutex, sizeof *mutex);
    return status == ISM_OK ? ism_lock_mend(&mutex->opaque[0]) : status;
}
