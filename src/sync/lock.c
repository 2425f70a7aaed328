/* lock.c: a lock word that survives its owner (S1, S2, S9).
 *
 * The whole state is one 64-bit word: the owner's life, and flags in the bits that a life leaves free. Zero is a
 * free lock.
 *
 *   lock      free -> owned by me                             compare-exchange, acquire
 *   unlock    owned by me -> free                             compare-exchange, release
 *   wait      owned -> owned, WAITERS                         compare-exchange, then sleep on the lower half
 *   recover   owned by a dead life -> owned by me, DAMAGED    compare-exchange, acquire
 *   give up   owned by me, DAMAGED -> UNRECOVERABLE           compare-exchange, release; then load, acquire
 *
 * A process may be killed before or after any of these steps, and none leaves anything to mend but the
 * word itself: whoever finds a dead owner takes over. An unlocker clears the owner, not WAITERS, and
 * wakes one sleeper; if that one is killed before it runs, the others still have the bit, and since every
 * sleep is bounded they look again by themselves. tests/model checks this with a kill at every step.
 *
 * Orders: the acquire of lock and recover pairs with the release of unlock, so what the last owner wrote is
 * seen; other steps between the two are exchanges, which hand on what was released. What a killed owner wrote is
 * seen because the kernel's word of its death comes after its last store. WAITERS needs no order of its own: the
 * sleeper's system call compares the word again. Nobody looks at the data of a lock that was given up, but who is told so
 * may close the region: giving up releases, and being told acquires, that the other is still in its call
 * (registry.c). Whoever takes the lock slowly does so in sequential order, for the read-write lock's sake (rwlock.c). */
#include "lock.h"

#include "../error.h"
#include "sleeper.h"
#include "spin.h"

#include <inttypes.h>

#define WAITERS ISM_LOCK_WAITERS
#define DAMAGED ISM_LOCK_DAMAGED
#define UNRECOVERABLE ISM_LOCK_UNRECOVERABLE
#define UNTOUCHED ISM_LOCK_UNTOUCHED

_Static_assert((ISM_LIFE_BITS & (WAITERS | DAMAGED | UNRECOVERABLE | UNTOUCHED)) == 0, "flags fit beside a life");

/* One locker's way to the lock. */
struct wait {
    uint64_t *word;
    struct ism_holder *holder;
    struct ism_life_table *lives;
    const struct ism_wish *wish;
    struct ism_sleeper sleeper; /* once it has slept others may be asleep, though the word may not say so */
};

/* Take a lock that is free, or whose owner is dead. */
static bool take(struct wait *wait, uint64_t seen, uint64_t mark)
{
    uint64_t desired = wait->holder->life | (seen & WAITERS) | mark;
    if (wait->sleeper.has_slept)
        desired |= WAITERS;
    return ism_compare_exchange_sequential_64(wait->word, &seen, desired);
}

static bool recover(struct wait *wait, uint64_t seen, ism_status *status)
{
    bool is_whole = (seen & UNTOUCHED) != 0 && (seen & DAMAGED) == 0;
    *status = is_whole ? ISM_OK : ISM_OWNER_DIED;
    return take(wait, seen, is_whole ? wait->wish->mark : DAMAGED);
}

/* Whoever has slept may have got the only wake, while a late unlocker took WAITERS away: then it goes only when
 * the word says again that others sleep. */
static bool may_give_up(const struct wait *wait, uint64_t seen)
{
    return ism_sleeper_is_late(&wait->sleeper) && (!wait->sleeper.has_slept || (seen & WAITERS) != 0);
}

/* One look at the word. True: the lock is decided, with *status. */
static bool decide(struct wait *wait, uint64_t *seen, ism_status *status)
{
    ism_life owner = ism_lock_owner(*seen);
    *status = ISM_OK;
    if ((*seen & UNRECOVERABLE) != 0 && (ism_load_acquire_64(wait->word) & UNRECOVERABLE) != 0)
        *status = ISM_E_UNRECOVERABLE;
    else if (owner == 0)
        return take(wait, *seen, wait->wish->mark);
    else if (owner == wait->holder->life)
        *status = ISM_E_DEADLOCK;
    else if (ism_life_ended(wait->lives, owner))
        return recover(wait, *seen, status);
    else if (wait->wish->tries_only)
        *status = ISM_E_BUSY;
    else if (may_give_up(wait, *seen))
        *status = ISM_E_TIMED_OUT;
    return *status != ISM_OK;
}

static ism_status wait_for(struct wait *wait)
{
    ism_status status = ISM_OK;
    uint64_t seen = ism_load_relaxed_64(wait->word);
    if (!wait->wish->tries_only && !ism_life_is_known_to_have_ended(wait->lives, ism_lock_owner(seen)))
        seen = ism_spin_while_owned(wait->word, seen, ISM_LIFE_BITS);
    while (!decide(wait, &seen, &status)) {
        /* A failed take, or another life that lives: say that we wait before we sleep. */
        seen = ism_load_relaxed_64(wait->word);
        if (ism_lock_owner(seen) == 0 || (seen & UNRECOVERABLE) != 0 || wait->wish->tries_only)
            continue;
        if ((seen & WAITERS) == 0 && !ism_compare_exchange_relaxed_64(wait->word, &seen, seen | WAITERS))
            continue;
        ism_sleeper_sleep(&wait->sleeper, seen | WAITERS, ism_lock_owner(seen));
        seen = ism_load_relaxed_64(wait->word);
    }
    return status;
}

static uint64_t offset_of(const uint64_t *word, const struct ism_region *region)
{
    return (uint64_t)((const unsigned char *)word - region->memory.address);
}

ism_status ism_lock_slowly(uint64_t *word, const struct ism_wish *wish)
{
    struct ism_holder *holder = ism_recent.holder;
    const struct ism_region *region = ism_recent.region;
    struct wait wait = {word, holder, region->lives, wish, ism_sleeper_on(word, region, wish->deadline)};
    ism_call_begin(holder);
    ism_status status = wait_for(&wait);
    if (status >= ISM_OK)
        ism_count_taken(holder, word);
    else
        (void)ism_fail(status, NULL, "could not take the lock at byte %" PRIu64 " of region \"%s\"",
                       offset_of(word, region), region->name);
    ism_call_end(holder);
    return status;
}

/* Give up what the lock protects: nobody gets it any more, and all who wait are told. */
static void give_up(uint64_t *word, uint64_t seen, const struct ism_place *place)
{
    while (!ism_compare_exchange_release_64(word, &seen, UNRECOVERABLE))
        continue; /* a waiter set its flag */
    (void)ism_wait_wake(place, true);
}

/* Give a lock back that others may wait for. WAITERS stays for those who sleep on, until a wake finds nobody
 * asleep. If that takes it away from a sleeper who came in between, whoever is woken before that one sets it
 * again. */
static void hand_over(uint64_t *word, uint64_t seen, const struct ism_place *place)
{
    while (!ism_compare_exchange_release_64(word, &seen, seen & WAITERS))
        continue; /* a waiter set its flag */
    uint64_t expected = WAITERS;
    if ((seen & WAITERS) != 0 && !ism_wait_wake(place, false))
        (void)ism_compare_exchange_relaxed_64(word, &expected, 0);
}

static ism_status give_back(uint64_t *word, struct ism_holder *holder, const struct ism_region *region)
{
    uint64_t seen = ism_load_relaxed_64(word);
    if (ism_lock_owner(seen) != holder->life) {
        if (holder->last == word) /* somebody overwrote the lock while it was held */
            ism_count_given(holder);
        return ism_fail(ISM_E_NOT_OWNER, NULL, "could not give back the lock at byte %" PRIu64 " of region \"%s\"",
                        offset_of(word, region), region->name);
    }
    struct ism_place place = ism_place_of(word, region);
    if ((seen & DAMAGED) != 0)
        give_up(word, seen, &place);
    else
        hand_over(word, seen, &place);
    ism_count_given(holder);
    return ISM_OK;
}

/* The lock may have been taken through another handle, and then keeps this one from nothing. */
ism_status ism_unlock_slowly(uint64_t *word)
{
    struct ism_holder *holder = ism_recent.holder;
    ism_call_begin(holder);
    ism_status status = give_back(word, holder, ism_recent.region);
    ism_call_end(holder);
    return status;
}

/* Acquire, for the compiler: nothing that the owner changes from now on may be stored before the flag is gone, or its
 * death would not be told. Between the processor and death there is no such order to keep: a thread is killed between
 * two instructions, with all before done and none after. */
void ism_lock_touch(uint64_t *word)
{
    uint64_t seen = ism_load_relaxed_64(word);
    while (!ism_compare_exchange_acquire_64(word, &seen, seen & ~UNTOUCHED))
        continue; /* a waiter set its flag */
}

ism_status ism_lock_mend(uint64_t *word)
{
    const struct ism_region *region = ism_recent.region;
    uint64_t seen = ism_load_relaxed_64(word);
    if (ism_lock_owner(seen) != ism_recent.holder->life)
        return ism_fail(ISM_E_NOT_OWNER, NULL, "could not mend the lock at byte %" PRIu64 " of region \"%s\"",
                        offset_of(word, region), region->name);
    if ((seen & DAMAGED) == 0)
        return ism_fail(ISM_E_INVALID, NULL, "no owner of the lock at byte %" PRIu64 " of region \"%s\" died",
                        offset_of(word, region), region->name);
    /* Relaxed: the owner only takes back its own flag; unlock releases what it mended. */
    while (!ism_compare_exchange_relaxed_64(word, &seen, seen & ~DAMAGED))
        continue; /* a waiter set its flag */
    return ISM_OK;
}
