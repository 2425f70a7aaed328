/* semaphore.c: permits that some give and others take (S4, S9).
 *
 * One 64-bit word; its lower half, which is slept on, holds the permits and a flag, its upper half counts posts.
 *
 *   post   n permits more, one post more     compare-exchange, release; then wake one, or for several permits all
 *   take   one permit less                   compare-exchange, acquire
 *   wait   WAITERS                           compare-exchange, then sleep on the lower half
 *   tidy   a wake found nobody: no WAITERS   compare-exchange of what the post left
 *
 * Nobody sleeps on a word with permits, and no other post leaves the same word, so tidying takes the flag from no sleeper.
 * A taker that is killed takes its permit along, as one that is killed before it gives it back; one that is killed
 * between its wake and its take leaves the permit there, and the next look of any other sleeper finds it. The acquire of
 * a take pairs with the release of the posts before it. */
#include "../error.h"
#include "sleeper.h"
#include "spin.h"

#include <inttypes.h>

#define WAITERS UINT64_C(0x80000000) /* somebody may be asleep */
#define PERMITS ((uint64_t)ISM_PERMITS_MAX)
#define ONE_POST (UINT64_C(1) << 32)

_Static_assert(sizeof(ism_semaphore) == 16 && _Alignof(ism_semaphore) == 8, "layout of the semaphore");

static ism_status post(uint64_t *word, uint32_t permits)
{
    uint64_t seen = ism_load_relaxed_64(word), posted;
    do {
        if (permits > PERMITS - (seen & PERMITS))
            return ism_fail(ISM_E_LIMIT, NULL, "%" PRIu32 " permits more than the semaphore's %" PRIu64, permits,
                            seen & PERMITS);
        posted = seen + ONE_POST + permits;
    } while (!ism_compare_exchange_release_64(word, &seen, posted));
    if ((seen & WAITERS) == 0)
        return ISM_OK;
    struct ism_place place = ism_place_of(word, ism_recent.region);
    if (!ism_wait_wake(&place, permits > 1))
        (void)ism_compare_exchange_relaxed_64(word, &posted, posted & ~WAITERS);
    return ISM_OK;
}

ism_status ism_semaphore_post(ism_semaphore *semaphore, uint32_t permits)
{
    ism_status status = ism_registry_find(semaphore, sizeof *semaphore);
    if (status != ISM_OK || permits == 0)
        return status;
    struct ism_holder *holder = ism_recent.holder;
    ism_call_begin(holder);
    status = post(&semaphore->opaque[0], permits);
    ism_call_end(holder);
    return status;
}

static bool take(uint64_t *word, uint64_t *seen)
{
    while ((*seen & PERMITS) != 0)
        if (ism_compare_exchange_acquire_64(word, seen, *seen - 1))
            return true;
    return false;
}

static ism_status sleep_for_permit(uint64_t *word, uint64_t seen, ism_deadline deadline)
{
    struct ism_sleeper sleeper = ism_sleeper_on(word, ism_recent.region, deadline);
    seen = ism_spin_while_same(word, seen, PERMITS);
    while (!take(word, &seen)) {
        if (ism_sleeper_is_late(&sleeper))
            return ISM_E_TIMED_OUT;
        if ((seen & WAITERS) == 0 && !ism_compare_exchange_relaxed_64(word, &seen, seen | WAITERS))
            continue;
        ism_sleeper_sleep(&sleeper, seen | WAITERS, 0);
        seen = ism_load_relaxed_64(word);
    }
    return ISM_OK;
}

static ism_status take_or_wait(ism_semaphore *semaphore, ism_deadline deadline, bool tries_only)
{
    ism_status status = ism_registry_find(semaphore, sizeof *semaphore);
    if (status != ISM_OK)
        return status;
    uint64_t *word = &semaphore->opaque[0];
    uint64_t seen = ism_load_relaxed_64(word);
    if (take(word, &seen))
        return ISM_OK;
    struct ism_holder *holder = ism_recent.holder;
    ism_call_begin(holder);
    status = tries_only ? ISM_E_BUSY : sleep_for_permit(word, seen, deadline);
    ism_call_end(holder);
    return status == ISM_OK ? status : ism_fail(status, NULL, "there was no permit");
}

ism_status ism_semaphore_wait(ism_semaphore *semaphore)
{
    return take_or_wait(semaphore, ISM_FOREVER, false);
}

ism_status ism_semaphore_try_wait(ism_semaphore *semaphore)
{
    return take_or_wait(semaphore, ISM_FOREVER, true);
}

ism_status ism_semaphore_wait_until(ism_semaphore *semaphore, ism_deadline deadline)
{
    return take_or_wait(semaphore, deadline, false);
}

uint32_t ism_semaphore_permits(const ism_semaphore *semaphore)
{
    return semaphore != NULL ? (uint32_t)(ism_load_relaxed_64(&semaphore->opaque[0]) & PERMITS) : 0;
}
