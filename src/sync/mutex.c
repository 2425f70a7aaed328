/* mutex.c: a lock that survives its owner (S1, S2, S9).
 *
 * The whole state is one 64-bit word: the owner's life, and three flags in the bits that a life leaves
 * free. Zero is a free lock.
 *
 *   lock      free -> owned by me                             compare-exchange, acquire
 *   unlock    owned by me -> free                             compare-exchange, release
 *   wait      owned -> owned, WAITERS                         compare-exchange, then sleep on the lower half
 *   recover   owned by a dead life -> owned by me, DAMAGED    compare-exchange, acquire
 *
 * A process may be killed before or after any of these steps, and none leaves anything to mend but the
 * word itself: whoever finds a dead owner takes over. An unlocker clears the owner, not WAITERS, and
 * wakes one sleeper; if that one is killed before it runs, the others still have the bit, and since every
 * sleep is bounded they look again by themselves. tests/model checks this with a kill at every step.
 *
 * Orders: the acquire of lock and recover pairs with the release of unlock (and of give-up), so what
 * the last owner wrote is seen. What a killed owner wrote is seen because the kernel's word of its death
 * comes after its last store. WAITERS needs no order of its own: the sleeper's system call compares the word
 * again. */
#include "../error.h"
#include "../region/handle.h"
#include "spin.h"

#include <inttypes.h>

#define WAITERS UINT64_C(0x80000000)       /* somebody may be asleep */
#define DAMAGED UINT64_C(0x40000000)       /* its owner died; who has it has not said it is consistent */
#define UNRECOVERABLE UINT64_C(0x20000000) /* given up; no owner */

/* A sleeper looks again after this long, and then after twice as long each time, in nanoseconds. */
#define FIRST_SLEEP (UINT64_C(5) * ISM_MILLISECOND)
#define LONGEST_SLEEP (UINT64_C(100) * ISM_MILLISECOND)

_Static_assert(sizeof(ism_mutex) == 16, "layout of the mutex");
_Static_assert((ISM_LIFE_BITS & (WAITERS | DAMAGED | UNRECOVERABLE)) == 0, "flags fit beside a life");

/* One locker's way to the lock. */
struct wait {
    uint64_t *word;
    struct ism_holder *holder;
    struct ism_life_table *lives;
    struct ism_place place;
    ism_deadline deadline;
    uint64_t sleep;     /* the next one's length */
    bool has_slept;     /* others may be asleep, though the word may not say so */
    bool tries_only;
};

static uint64_t *word_of(ism_mutex *mutex)
{
    return &mutex->opaque[0];
}

static ism_life owner_of(uint64_t seen)
{
    return seen & ISM_LIFE_BITS;
}

static void count_taken(struct ism_holder *holder, const uint64_t *word)
{
    holder->last = word;
    ism_store_relaxed_64(&holder->held, ism_load_relaxed_64(&holder->held) + 1);
}

static void count_given(struct ism_holder *holder)
{
    holder->last = NULL;
    ism_store_relaxed_64(&holder->held, ism_load_relaxed_64(&holder->held) - 1);
}

static struct ism_place place_of(uint64_t *word, const struct ism_region *region)
{
    struct ism_place place = {ism_low_half(word), region->id,
                              (uint64_t)((unsigned char *)word - region->memory.address)};
    return place;
}

/* Take a lock that is free, or whose owner is dead. */
static bool take(struct wait *wait, uint64_t seen, uint64_t flags)
{
    uint64_t desired = wait->holder->life | (seen & WAITERS) | flags;
    if (wait->has_slept)
        desired |= WAITERS;
    return ism_compare_exchange_acquire_64(wait->word, &seen, desired);
}

static bool has_passed(ism_deadline deadline)
{
    return deadline != ISM_FOREVER && ism_process_now() >= deadline;
}

/* Whoever has slept may have got the only wake, while a late unlocker took WAITERS away: then it goes only when
 * the word says again that others sleep. */
static bool may_give_up(const struct wait *wait, uint64_t seen)
{
    return has_passed(wait->deadline) && (!wait->has_slept || (seen & WAITERS) != 0);
}

/* Sleep until the word changes, the owner dies or it is time to look again. */
static void sleep_on(struct wait *wait, uint64_t seen)
{
    uint64_t length = wait->sleep;
    if (wait->deadline != ISM_FOREVER) {
        uint64_t now = ism_process_now();
        uint64_t left = wait->deadline > now ? wait->deadline - now : 0;
        length = left < length ? left : length;
    }
    ism_wait_sleep(&wait->place, (uint32_t)seen, owner_of(seen), length);
    wait->has_slept = true;
    wait->sleep = wait->sleep * 2 < LONGEST_SLEEP ? wait->sleep * 2 : LONGEST_SLEEP;
}

/* One look at the word. True: the lock is decided, with *status. */
static bool decide(struct wait *wait, uint64_t *seen, ism_status *status)
{
    ism_life owner = owner_of(*seen);
    *status = ISM_OK;
    if ((*seen & UNRECOVERABLE) != 0)
        *status = ISM_E_UNRECOVERABLE;
    else if (owner == 0)
        return take(wait, *seen, 0);
    else if (owner == wait->holder->life)
        *status = ISM_E_DEADLOCK;
    else if (ism_life_ended(wait->lives, owner)) {
        *status = ISM_OWNER_DIED;
        return take(wait, *seen, DAMAGED);
    } else if (wait->tries_only)
        *status = ISM_E_BUSY;
    else if (may_give_up(wait, *seen))
        *status = ISM_E_TIMED_OUT;
    return *status != ISM_OK;
}

static ism_status wait_for(struct wait *wait)
{
    ism_status status = ISM_OK;
    uint64_t seen = ism_load_relaxed_64(wait->word);
    if (!wait->tries_only)
        seen = ism_spin_while_owned(wait->word, seen, ISM_LIFE_BITS);
    while (!decide(wait, &seen, &status)) {
        /* A failed take, or another life that lives: say that we wait before we sleep. */
        seen = ism_load_relaxed_64(wait->word);
        if (owner_of(seen) == 0 || (seen & UNRECOVERABLE) != 0 || wait->tries_only)
            continue;
        if ((seen & WAITERS) == 0 &&
            !ism_compare_exchange_relaxed_64(wait->word, &seen, seen | WAITERS))
            continue;
        sleep_on(wait, seen | WAITERS);
        seen = ism_load_relaxed_64(wait->word);
    }
    return status;
}

static ism_status explain(ism_status status, const ism_mutex *mutex, const struct ism_region *region)
{
    if (status >= ISM_OK)
        return status;
    return ism_fail(status, NULL, "could not lock the mutex at byte %" PRIu64 " of region \"%s\"",
                    (uint64_t)((const unsigned char *)mutex - region->memory.address), region->name);
}

/* What is left to do when the lock was not free at once. */
static ism_status lock_slowly(ism_mutex *mutex, ism_deadline deadline, bool tries_only)
{
    ism_status status = ism_registry_find(mutex);
    if (status != ISM_OK)
        return status;
    struct ism_holder *holder = ism_recent.holder;
    const struct ism_region *region = ism_recent.region;
    struct wait wait = {.word = word_of(mutex),
                        .holder = holder,
                        .lives = region->lives,
                        .place = place_of(word_of(mutex), region),
                        .deadline = deadline,
                        .sleep = FIRST_SLEEP,
                        .tries_only = tries_only};
    ism_store_relaxed_64(&holder->waits, 1);
    status = wait_for(&wait);
    if (status >= ISM_OK)
        count_taken(holder, wait.word);
    ism_store_relaxed_64(&holder->waits, 0);
    return explain(status, mutex, region);
}

static bool lock_at_once(ism_mutex *mutex)
{
    struct ism_holder *holder = ism_recent_holder(mutex);
    uint64_t expected = 0;
    if (!ISM_LIKELY(holder != NULL &&
                    ism_compare_exchange_acquire_64(word_of(mutex), &expected, holder->life)))
        return false;
    count_taken(holder, word_of(mutex));
    return true;
}

ism_status ism_mutex_lock(ism_mutex *mutex)
{
    return lock_at_once(mutex) ? ISM_OK : lock_slowly(mutex, ISM_FOREVER, false);
}

ism_status ism_mutex_try_lock(ism_mutex *mutex)
{
    return lock_at_once(mutex) ? ISM_OK : lock_slowly(mutex, ISM_FOREVER, true);
}

ism_status ism_mutex_lock_until(ism_mutex *mutex, ism_deadline deadline)
{
    return lock_at_once(mutex) ? ISM_OK : lock_slowly(mutex, deadline, false);
}

/* Give up what the lock protects: nobody gets it any more, and all who wait are told. */
static void give_up(uint64_t *word, uint64_t seen, const struct ism_place *place)
{
    while (!ism_compare_exchange_release_64(word, &seen, UNRECOVERABLE))
        continue; /* a waiter set its flag */
    (void)ism_wait_wake(place, true);
}

/* Give a lock back that others may wait for. The bit stays for those who sleep on, until a wake finds nobody
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

static ism_status unlock_slowly(ism_mutex *mutex)
{
    ism_status status = ism_registry_find(mutex);
    if (status != ISM_OK)
        return status;
    struct ism_holder *holder = ism_recent.holder;
    const struct ism_region *region = ism_recent.region;
    uint64_t *word = word_of(mutex);
    uint64_t seen = ism_load_relaxed_64(word);
    if (owner_of(seen) != holder->life) {
        if (holder->last == word) /* somebody overwrote the lock while it was held */
            count_given(holder);
        return ism_fail(ISM_E_NOT_OWNER, NULL, "could not unlock a mutex in region \"%s\"",
                        region->name);
    }
    struct ism_place place = place_of(word, region);
    if ((seen & DAMAGED) != 0)
        give_up(word, seen, &place);
    else
        hand_over(word, seen, &place);
    count_given(holder);
    return ISM_OK;
}

ism_status ism_mutex_unlock(ism_mutex *mutex)
{
    struct ism_holder *holder = ism_recent_holder(mutex);
    if (ISM_LIKELY(holder != NULL)) {
        uint64_t expected = holder->life;
        if (ISM_LIKELY(ism_compare_exchange_release_64(word_of(mutex), &expected, 0))) {
            count_given(holder);
            return ISM_OK;
        }
    }
    return unlock_slowly(mutex);
}

ism_status ism_mutex_consistent(ism_mutex *mutex)
{
    ism_status status = ism_registry_find(mutex);
    if (status != ISM_OK)
        return status;
    struct ism_holder *holder = ism_recent.holder;
    const struct ism_region *region = ism_recent.region;
    uint64_t *word = word_of(mutex);
    uint64_t seen = ism_load_relaxed_64(word);
    if (owner_of(seen) != holder->life)
        return ism_fail(ISM_E_NOT_OWNER, NULL, "could not mend a mutex in region \"%s\"",
                        region->name);
    if ((seen & DAMAGED) == 0)
        return ism_fail(ISM_E_INVALID, NULL, "no owner of the mutex in region \"%s\" died",
                        region->name);
    /* Relaxed: the owner only takes back its own flag; unlock releases what it mended. */
    while (!ism_compare_exchange_relaxed_64(word, &seen, seen & ~DAMAGED))
        continue; /* a waiter set its flag */
    return ISM_OK;
}
