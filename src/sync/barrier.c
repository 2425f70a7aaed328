/* barrier.c: parties that wait for each other (S7, S9).
 *
 * One 64-bit word; its lower half, which is slept on, counts the rounds, its upper half holds how many have arrived and how
 * many there are, 0 between the rounds.
 *
 *   arrive     one more                           compare-exchange, release
 *   the last   the next round, nobody arrived     the same compare-exchange, acquire as well; then wake all
 *   give up    one less, if the round is the same compare-exchange
 *
 * A party that is killed after it has arrived stays counted; nothing has to be mended. The acquire of those who see the
 * next round, and of the last, pairs with the release of every arrival before it, so each sees what all had written: the
 * steps between are exchanges, which hand on what an earlier one released, whatever their own order. */
#include "../error.h"
#include "sleeper.h"
#include "spin.h"

#include <inttypes.h>

#define ROUND UINT64_C(0xffffffff)
#define ONE_PARTY (UINT64_C(1) << 32)

_Static_assert(sizeof(ism_barrier) == 16 && _Alignof(ism_barrier) == 8, "layout of the barrier");

static uint64_t arrived_in(uint64_t seen)
{
    return seen >> 32 & ISM_PARTIES_MAX;
}

static uint64_t parties_in(uint64_t seen)
{
    return seen >> 48;
}

static uint64_t next_round(uint64_t seen)
{
    return (seen + 1) & ROUND;
}

/* Returns what the word holds with this party; false: others mean another number of parties. */
static bool arrive(uint64_t *word, uint64_t parties, uint64_t *left)
{
    uint64_t seen = ism_load_relaxed_64(word);
    do {
        if (parties_in(seen) != (arrived_in(seen) == 0 ? 0 : parties) || arrived_in(seen) >= parties)
            return false;
        *left = ((seen & ~(ROUND << 48)) | parties << 48) + ONE_PARTY;
        if (arrived_in(*left) == parties)
            *left = next_round(seen);
    } while (!ism_compare_exchange_acquire_release_64(word, &seen, *left));
    return true;
}

static bool is_next_round(uint64_t seen, uint64_t arrived)
{
    return ((seen ^ arrived) & ROUND) != 0;
}

/* Take the arrival back; that tells nobody anything. False: meanwhile all have arrived. */
static bool give_up(uint64_t *word, uint64_t arrived)
{
    uint64_t seen = ism_load_relaxed_64(word), left;
    do {
        if (is_next_round(seen, arrived))
            return false;
        left = arrived_in(seen) > 1 ? seen - ONE_PARTY : seen & ROUND;
    } while (!ism_compare_exchange_relaxed_64(word, &seen, left));
    return true;
}

static ism_status sleep_until_all_came(uint64_t *word, uint64_t arrived, ism_deadline deadline)
{
    struct ism_sleeper sleeper = ism_sleeper_on(word, ism_recent.region, deadline);
    (void)ism_spin_while_same(word, arrived, ROUND);
    while (!is_next_round(ism_load_acquire_64(word), arrived)) {
        if (ism_sleeper_is_late(&sleeper) && give_up(word, arrived))
            return ism_fail(ISM_E_TIMED_OUT, NULL, "not all of %" PRIu64 " parties arrived", parties_in(arrived));
        ism_sleeper_sleep(&sleeper, arrived, 0);
    }
    return ISM_OK;
}

static ism_status arrive_and_wait(uint64_t *word, uint32_t parties, ism_deadline deadline)
{
    uint64_t arrived = 0;
    if (parties == 0 || parties > ISM_PARTIES_MAX || !arrive(word, parties, &arrived))
        return ism_fail(ISM_E_INVALID, NULL, "a barrier of %" PRIu32 " parties", parties);
    if (arrived_in(arrived) == 0) {
        struct ism_place place = ism_place_of(word, ism_recent.region);
        if (parties > 1)
            (void)ism_wait_wake(&place, true);
        return ISM_LAST_PARTY;
    }
    return sleep_until_all_came(word, arrived, deadline);
}

ism_status ism_barrier_arrive_until(ism_barrier *barrier, uint32_t parties, ism_deadline deadline)
{
    ism_status status = ism_registry_find(barrier, sizeof *barrier);
    if (status != ISM_OK)
        return status;
    struct ism_holder *holder = ism_recent.holder;
    ism_call_begin(holder);
    status = arrive_and_wait(&barrier->opaque[0], parties, deadline);
    ism_call_end(holder);
    return status;
}

ism_status ism_barrier_arrive(ism_barrier *barrier, uint32_t parties)
{
    return ism_barrier_arrive_until(barrier, parties, ISM_FOREVER);
}
