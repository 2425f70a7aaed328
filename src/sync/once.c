/* once.c: something that one of many processes does, once (S8).
 *
 * A mutex, and behind it a word that says that it is done. Whoever dies while doing it is a mutex's dead owner, and the
 * next one starts over. The word is released after all that was done, and acquired by whoever finds it done
 * without the mutex. */
#include "../error.h"
#include "lock.h"

#define DONE 1

struct once {
    ism_mutex mutex;
    uint64_t done;
    uint64_t reserved;
};

_Static_assert(sizeof(struct once) == sizeof(ism_once) && sizeof(ism_once) == 32 && _Alignof(ism_once) == 8 &&
                   offsetof(struct once, mutex) == 0 && offsetof(struct once, done) == 16 &&
                   offsetof(struct once, reserved) == 24,
               "layout of once");

static ism_status do_it(struct once *once, ism_once_callback callback, void *context)
{
    if (ism_load_relaxed_64(&once->done) == DONE) /* it was done under this mutex */
        return ISM_OK;
    ism_status answer = callback(context);
    if (answer != ISM_OK)
        return ism_fail(ISM_E_INITIALISER, NULL, "what is to be done once answered %s", ism_status_name(answer));
    uint64_t expected = ism_load_relaxed_64(&once->done);
    while (!ism_compare_exchange_release_64(&once->done, &expected, DONE))
        continue;
    return ISM_OK;
}

ism_status ism_once_run(ism_once *once, ism_once_callback callback, void *context)
{
    ism_status status = ism_registry_find(once, sizeof *once);
    if (status != ISM_OK)
        return status;
    if (callback == NULL)
        return ism_fail(ISM_E_INVALID, NULL, "there is nothing to be done once");
    struct once *inner = (struct once *)(void *)once;
    if (ism_load_acquire_64(&inner->done) == DONE)
        return ISM_OK;
    status = ism_mutex_lock_undamaged(&inner->mutex);
    if (status != ISM_OK)
        return status;
    status = do_it(inner, callback, context);
    ism_status unlocked = ism_mutex_unlock(&inner->mutex);
    return status == ISM_OK ? unlocked : status;
}
