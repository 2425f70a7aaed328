/* condition.c: waiting, under a mutex, for what others change (S5, S9).
 *
 * One 64-bit word; its lower half, which is slept on, holds a sequence and a flag, its upper half counts waits.
 *
 *   wait        WAITERS, one wait more          compare-exchange under the mutex; unlock, sleep while the sequence
 *                                               stays what it was, lock
 *   signal      the sequence goes on            compare-exchange, release; then wake one
 *   broadcast   the same, without WAITERS       then wake all
 *   tidy        a wake found nobody:            compare-exchange of what the signal left
 *               no WAITERS
 *
 * Each wait leaves a word of its own, so tidying takes the flag from nobody who came after the signal; who came before it
 * sees another sequence. For the same reason a sleeper that gets the wake and is killed keeps nobody else
 * waiting: at their next look they see that the sequence went on. Without the flag nobody can have come before: who
 * waits says so while it has the mutex. What was changed under the mutex is seen by the mutex's own orders;
 * this word needs none for that, as whoever has seen a signal takes the mutex before it looks at anything. But it may
 * then close the region: the release of a signal, and the acquire of who sees it, tell it that the other is still in its
 * call (registry.c).
 * A sleeper that is stopped for exactly 2^31 signals misses them. */
#include "../error.h"
#include "lock.h"
#include "sleeper.h"
#include "spin.h"

#define WAITERS UINT64_C(0x80000000) /* somebody may be asleep */
#define SEQUENCE UINT64_C(0x7fffffff)
#define ONE_WAIT (UINT64_C(1) << 32)

_Static_assert(sizeof(ism_condition) == 16 && _Alignof(ism_condition) == 8, "layout of the condition");

static ism_status check_mutex(ism_mutex *mutex, struct ism_holder **owner)
{
    ism_status status = ism_registry_find(mutex, sizeof *mutex);
    if (status != ISM_OK)
        return status;
    uint64_t seen = ism_load_relaxed_64(&mutex->opaque[0]);
    if (ism_lock_owner(seen) != ism_recent.holder->life)
        return ism_fail(ISM_E_NOT_OWNER, NULL, "could not wait under a mutex in region \"%s\"",
                        ism_recent.region->name);
    if ((seen & ISM_LOCK_DAMAGED) != 0)
        return ism_fail(ISM_E_INVALID, NULL,
                        "could not wait under a mutex in region \"%s\" that is still to be made consistent",
                        ism_recent.region->name);
    *owner = ism_recent.holder;
    return ISM_OK;
}

/* Returns what the word held then. */
static uint64_t announce(uint64_t *word)
{
    uint64_t seen = ism_load_relaxed_64(word), announced;
    do
        announced = (seen + ONE_WAIT) | WAITERS;
    while (!ism_compare_exchange_relaxed_64(word, &seen, announced));
    return announced;
}

static bool has_gone_on(uint64_t *word, uint64_t announced)
{
    return ((ism_load_acquire_64(word) ^ announced) & SEQUENCE) != 0;
}

static ism_status sleep_until_signal(uint64_t *word, uint64_t announced, ism_deadline deadline,
                                     const struct ism_region *region)
{
    struct ism_sleeper sleeper = ism_sleeper_on(word, region, deadline);
    (void)ism_spin_while_same(word, announced, SEQUENCE);
    while (!has_gone_on(word, announced)) {
        if (ism_sleeper_is_late(&sleeper))
            return ISM_E_TIMED_OUT;
        ism_sleeper_sleep(&sleeper, announced, 0);
    }
    return ISM_OK;
}

ism_status ism_condition_wait_until(ism_condition *condition, ism_mutex *mutex, ism_deadline deadline)
{
    struct ism_holder *owner = NULL;
    ism_status status = check_mutex(mutex, &owner);
    if (status == ISM_OK)
        status = ism_registry_find(condition, sizeof *condition);
    if (status != ISM_OK)
        return status;
    uint64_t *word = &condition->opaque[0];
    struct ism_holder *holder = ism_recent.holder;
    const struct ism_region *region = ism_recent.region;
    uint64_t announced = announce(word);
    ism_call_begin(holder);
    ism_call_begin(owner); /* it may be another region's */
    status = ism_mutex_unlock(mutex);
    ism_status slept = status;
    if (status == ISM_OK) {
        slept = sleep_until_signal(word, announced, deadline, region);
        status = ism_mutex_lock(mutex);
    }
    ism_call_end(owner);
    ism_call_end(holder);
    if (status != ISM_OK || slept == ISM_OK)
        return status;
    return ism_fail(slept, NULL, "there was no signal");
}

ism_status ism_condition_wait(ism_condition *condition, ism_mutex *mutex)
{
    return ism_condition_wait_until(condition, mutex, ISM_FOREVER);
}

static void go_on(uint64_t *word, uint64_t kept, bool all)
{
    uint64_t seen = ism_load_relaxed_64(word), left;
    do {
        if ((seen & WAITERS) == 0)
            return;
        left = (seen & ~(SEQUENCE | WAITERS)) | ((seen + 1) & SEQUENCE) | kept;
    } while (!ism_compare_exchange_release_64(word, &seen, left));
    struct ism_place place = ism_place_of(word, ism_recent.region);
    if (!ism_wait_wake(&place, all) && kept != 0)
        (void)ism_compare_exchange_relaxed_64(word, &left, left & ~WAITERS);
}

static ism_status tell(ism_condition *condition, uint64_t kept, bool all)
{
    ism_status status = ism_registry_find(condition, sizeof *condition);
    if (status != ISM_OK)
        return status;
    struct ism_holder *holder = ism_recent.holder;
    ism_call_begin(holder);
    go_on(&condition->opaque[0], kept, all);
    ism_call_end(holder);
    return ISM_OK;
}

ism_status ism_condition_signal(ism_condition *condition)
{
    return tell(condition, WAITERS, false);
}

ism_status ism_condition_broadcast(ism_condition *condition)
{
    return tell(condition, 0, true);
}
