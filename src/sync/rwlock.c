/* rwlock.c: a lock for one writer or many readers (S3, S9).
 *
 * A lock word, the turn, and a slot for each reader. Who writes owns the turn, and waits until all slots are empty;
 * who reads is entered in a slot, and looks at the turn.
 *
 *   read    slot empty -> mine, then the turn is free      compare-exchange, load, sequential
 *           or: withdraw, take the turn, a slot, give the turn back
 *   write   take the turn, UNTOUCHED                       compare-exchange, sequential (lock.c)
 *           wait until each slot is empty, or its reader   load, sequential; then loads, acquire
 *           dead; take UNTOUCHED back
 *   leave   slot mine -> empty                             compare-exchange, release; if it was MARKED, one departure
 *                                                          more, and wake
 *
 * So all that a mutex can do when its owner dies the turn can do too (lock.c). A writer that dies before it had the lock
 * alone, or a reader on its way through the turn, has changed nothing, and says so (UNTOUCHED). The successor of a dead
 * writer need not wait for readers: the turn was never free, so whoever is in a slot is about to withdraw. A reader's
 * death empties its slot, by whoever waits for it. Whoever waits for slots owns the turn, and so is the only one: it marks
 * the slots that it waits for, and sleeps on the number of departures, which it has read before. Readers that come while a
 * writer has the turn, or waits, queue for the turn with the writers: neither starves.
 *
 * Orders: a reader's exchange of its slot and its load of the turn are sequential, and so are a writer's exchange of the
 * turn and its first load of each slot: not both can miss the other. The release of a slot pairs with the acquire of the
 * load that finds it empty, the release of the turn with the load, or the exchange, of who finds it free. The release of a
 * departure pairs with the acquire of the load of their number: who sees the number sees the slot empty, and does not go to
 * sleep for it. That a reader is dead is the kernel's word, which comes after its last load. */
#include "../compiler.h"
#include "../error.h"
#include "lock.h"
#include "sleeper.h"
#include "spin.h"

#define MARKED UINT64_C(0x80000000) /* in a slot: somebody waits for it to be empty */

#define LINE 8u       /* slots in a cache line */
#define FIRST_SLOT 4u /* words before the slots: the rest of the first line */
#define FULL_LINES 7u /* of slots, behind that */

struct layout {
    uint64_t turn;
    uint64_t departures; /* the lower half: from slots that were marked */
    uint64_t tickets;    /* drawn by threads that look for a slot: a hint */
    uint64_t reserved;
    uint64_t slots[ISM_READERS_MAX];
};

_Static_assert(sizeof(struct layout) == sizeof(ism_rwlock) && sizeof(ism_rwlock) == 512 && _Alignof(ism_rwlock) == 8 &&
                   offsetof(struct layout, turn) == 0 && offsetof(struct layout, departures) == 8 &&
                   offsetof(struct layout, tickets) == 16 && offsetof(struct layout, reserved) == 24 &&
                   offsetof(struct layout, slots) == 32,
               "layout of the read-write lock");

/* The slot that the thread had last, in the lock that it used last: a hint. */
static ISM_THREAD_LOCAL struct {
    const struct layout *lock;
    unsigned slot;
} mine;

static bool is_free(uint64_t turn)
{
    return (turn & ~ISM_LOCK_WAITERS) == 0;
}

/* ---- leaving a slot ---- */

static void tell_departure(struct layout *lock)
{
    uint64_t seen = ism_load_relaxed_64(&lock->departures);
    while (!ism_compare_exchange_release_64(&lock->departures, &seen, seen + 1))
        continue;
    struct ism_place place = ism_place_of(&lock->departures, ism_recent.region);
    (void)ism_wait_wake(&place, true);
}

/* False: it is not this thread's. */
static bool leave_slot(struct layout *lock, unsigned slot, ism_life life)
{
    uint64_t seen = life;
    while (!ism_compare_exchange_release_64(&lock->slots[slot], &seen, 0))
        if ((seen & ISM_LIFE_BITS) != life)
            return false;
    if ((seen & MARKED) != 0)
        tell_departure(lock);
    return true;
}

/* ---- waiting for slots, by the one who has the turn ---- */

struct slot_wait {
    struct layout *lock;
    struct ism_life_table *lives;
    struct ism_sleeper sleeper; /* on the departures */
    bool tries_only;
};

static struct slot_wait waiting_for_slots(struct layout *lock, const struct ism_wish *wish)
{
    const struct ism_region *region = ism_recent.region;
    struct slot_wait wait = {lock, region->lives, ism_sleeper_on(&lock->departures, region, wish->deadline),
                             wish->tries_only};
    return wait;
}

/* Empty the slot if its reader is dead; otherwise mark it, so that its departure is told. Returns the reader that it is to
 * be waited for, 0: the slot is empty. */
static ism_life empty_or_mark(const struct slot_wait *wait, unsigned slot)
{
    uint64_t *word = &wait->lock->slots[slot];
    for (;;) {
        uint64_t seen = ism_load_acquire_64(word);
        ism_life reader = seen & ISM_LIFE_BITS;
        if (seen == 0)
            return 0;
        bool is_gone = reader == 0 || ism_life_ended(wait->lives, reader);
        if (!is_gone && (seen & MARKED) != 0)
            return reader;
        if (ism_compare_exchange_relaxed_64(word, &seen, is_gone ? 0 : seen | MARKED))
            return is_gone ? 0 : reader;
    }
}

static ism_status sleep_for_departure(struct slot_wait *wait, uint64_t departures, ism_life reader)
{
    if (wait->tries_only)
        return ISM_E_BUSY;
    if (ism_sleeper_is_late(&wait->sleeper))
        return ISM_E_TIMED_OUT;
    ism_sleeper_sleep(&wait->sleeper, departures, reader);
    return ISM_OK;
}

static ism_status await_empty(struct slot_wait *wait, unsigned slot)
{
    uint64_t *word = &wait->lock->slots[slot];
    uint64_t seen = ism_load_relaxed_64(word);
    if (seen != 0 && !wait->tries_only)
        (void)ism_spin_while_owned(word, seen, ISM_LIFE_BITS);
    for (;;) {
        uint64_t departures = ism_load_acquire_64(&wait->lock->departures);
        ism_life reader = empty_or_mark(wait, slot);
        if (reader == 0)
            return ISM_OK;
        ism_status status = sleep_for_departure(wait, departures, reader);
        if (status != ISM_OK)
            return status;
    }
}

/* ---- slots of this thread ---- */

static bool has_slot(const struct layout *lock, ism_life life)
{
    for (unsigned slot = 0; slot < ISM_READERS_MAX; slot++)
        if ((ism_load_relaxed_64(&lock->slots[slot]) & ISM_LIFE_BITS) == life)
            return true;
    return false;
}

/* Threads that come one after another get slots in different cache lines, so that readers don't slow each other down. */
static void choose_slot(struct layout *lock)
{
    uint64_t ticket = ism_load_relaxed_64(&lock->tickets);
    while (!ism_compare_exchange_relaxed_64(&lock->tickets, &ticket, ticket + 1))
        continue;
    mine.lock = lock;
    mine.slot = FIRST_SLOT + (unsigned)(ticket % FULL_LINES) * LINE + (unsigned)(ticket / FULL_LINES % LINE);
}

/* Enter the thread in a slot that is empty, from its own on. False: none is. */
static bool enter_slot(struct layout *lock, ism_life life)
{
    for (unsigned i = 0; i < ISM_READERS_MAX; i++) {
        uint64_t expected = 0;
        unsigned slot = (mine.slot + i) % ISM_READERS_MAX;
        if (ism_load_relaxed_64(&lock->slots[slot]) != 0 ||
            !ism_compare_exchange_sequential_64(&lock->slots[slot], &expected, life))
            continue;
        mine.slot = slot;
        return true;
    }
    return false;
}

/* The same, by one who has the turn: it frees the slots of the dead, and waits for others. */
static ism_status await_slot(struct layout *lock, ism_life life, const struct ism_wish *wish)
{
    struct slot_wait wait = waiting_for_slots(lock, wish);
    ism_status status = ISM_OK;
    while (status == ISM_OK && !enter_slot(lock, life)) {
        bool is_one_empty = false;
        uint64_t departures = ism_load_acquire_64(&lock->departures);
        for (unsigned slot = 0; slot < ISM_READERS_MAX; slot++)
            is_one_empty = empty_or_mark(&wait, slot) == 0 || is_one_empty;
        if (!is_one_empty)
            status = sleep_for_departure(&wait, departures, 0);
    }
    return status;
}

/* ---- reading ---- */

/* Be entered, and find the turn free. */
static bool read_beside_turn(struct layout *lock, struct ism_holder *holder)
{
    if (!enter_slot(lock, holder->life))
        return false;
    if (ISM_LIKELY(is_free(ism_load_sequential_64(&lock->turn)))) {
        ism_count_taken(holder, &lock->slots[mine.slot]);
        return true;
    }
    ism_call_begin(holder); /* whoever waits for the slot may close the region once it is empty */
    (void)leave_slot(lock, mine.slot, holder->life);
    ism_call_end(holder);
    return false;
}

static ism_status read_by_turn(struct layout *lock, const struct ism_wish *wish)
{
    struct ism_holder *holder = ism_recent.holder;
    ism_status status = ism_lock_slowly(&lock->turn, wish);
    if (status != ISM_OK)
        return status;
    status = await_slot(lock, holder->life, wish);
    (void)ism_unlock_slowly(&lock->turn);
    if (status == ISM_OK) {
        ism_count_taken(holder, &lock->slots[mine.slot]);
        return ISM_OK;
    }
    return ism_fail(status, NULL, "the read-write lock has %d readers", ISM_READERS_MAX);
}

static ism_status check_not_mine(const struct layout *lock)
{
    ism_life life = ism_recent.holder->life;
    if (ism_lock_owner(ism_load_relaxed_64(&lock->turn)) != life && !has_slot(lock, life))
        return ISM_OK;
    return ism_fail(ISM_E_DEADLOCK, NULL, "could not take a read-write lock in region \"%s\"", ism_recent.region->name);
}

static ism_status read_slowly(struct layout *lock, const struct ism_wish *wish)
{
    ism_status status = check_not_mine(lock);
    if (status != ISM_OK)
        return status;
    if (mine.lock != lock)
        choose_slot(lock);
    return read_beside_turn(lock, ism_recent.holder) ? ISM_OK : read_by_turn(lock, wish);
}

static ism_status read_lock(ism_rwlock *opaque, ism_deadline deadline, bool tries_only)
{
    struct layout *lock = (struct layout *)(void *)opaque;
    struct ism_holder *holder = ism_recent_holder(opaque, sizeof *opaque);
    if (holder != NULL && mine.lock == lock && ism_load_relaxed_64(&lock->slots[mine.slot]) == 0 &&
        read_beside_turn(lock, holder))
        return ISM_OK;
    ism_status status = ism_registry_find(opaque, sizeof *opaque);
    if (status != ISM_OK)
        return status;
    const struct ism_wish wish = {deadline, tries_only, ISM_LOCK_UNTOUCHED};
    holder = ism_recent.holder;
    ism_call_begin(holder);
    status = read_slowly(lock, &wish);
    ism_call_end(holder);
    return status;
}

ism_status ism_rwlock_read_lock(ism_rwlock *lock)
{
    return read_lock(lock, ISM_FOREVER, false);
}

ism_status ism_rwlock_try_read_lock(ism_rwlock *lock)
{
    return read_lock(lock, ISM_FOREVER, true);
}

ism_status ism_rwlock_read_lock_until(ism_rwlock *lock, ism_deadline deadline)
{
    return read_lock(lock, deadline, false);
}

/* ---- writing ---- */

static ism_status await_all_empty(struct layout *lock, const struct ism_wish *wish)
{
    struct slot_wait wait = waiting_for_slots(lock, wish);
    ism_status status = ISM_OK;
    for (unsigned slot = 0; status == ISM_OK && slot < ISM_READERS_MAX; slot++)
        if (ism_load_sequential_64(&lock->slots[slot]) != 0)
            status = await_empty(&wait, slot);
    return status;
}

/* The turn is this thread's, UNTOUCHED. */
static ism_status write_after_readers(struct layout *lock, const struct ism_wish *wish)
{
    struct ism_holder *holder = ism_recent.holder;
    ism_call_begin(holder);
    ism_status status = await_all_empty(lock, wish);
    ism_call_end(holder);
    if (status == ISM_OK) {
        ism_lock_touch(&lock->turn);
        return ISM_OK;
    }
    (void)ism_unlock_slowly(&lock->turn);
    return ism_fail(status, NULL, "the read-write lock has readers");
}

static ism_status write_lock(ism_rwlock *opaque, ism_deadline deadline, bool tries_only)
{
    struct layout *lock = (struct layout *)(void *)opaque;
    const struct ism_wish wish = {deadline, tries_only, ISM_LOCK_UNTOUCHED};
    ism_status status = ism_registry_find(opaque, sizeof *opaque);
    if (status == ISM_OK)
        status = check_not_mine(lock);
    if (status == ISM_OK)
        status = ism_lock_slowly(&lock->turn, &wish);
    return status == ISM_OK ? write_after_readers(lock, &wish) : status;
}

ism_status ism_rwlock_write_lock(ism_rwlock *lock)
{
    return write_lock(lock, ISM_FOREVER, false);
}

ism_status ism_rwlock_try_write_lock(ism_rwlock *lock)
{
    return write_lock(lock, ISM_FOREVER, true);
}

ism_status ism_rwlock_write_lock_until(ism_rwlock *lock, ism_deadline deadline)
{
    return write_lock(lock, deadline, false);
}

/* ---- both ---- */

static bool is_slot_of(const struct layout *lock, const uint64_t *word)
{
    return (uintptr_t)word - (uintptr_t)lock->slots < sizeof lock->slots;
}

static ism_status give_back(struct layout *lock, struct ism_holder *holder)
{
    if (ism_lock_owner(ism_load_relaxed_64(&lock->turn)) == holder->life)
        return ism_unlock_slowly(&lock->turn);
    for (unsigned slot = 0; slot < ISM_READERS_MAX; slot++)
        if (leave_slot(lock, slot, holder->life)) {
            ism_count_given(holder);
            return ISM_OK;
        }
    if (is_slot_of(lock, holder->last)) /* somebody overwrote it while it was held */
        ism_count_given(holder);
    return ism_unlock_slowly(&lock->turn); /* says that it is not this thread's */
}

static ism_status unlock_slowly(struct layout *lock)
{
    struct ism_holder *holder = ism_recent.holder;
    ism_call_begin(holder);
    ism_status status = give_back(lock, holder);
    ism_call_end(holder);
    return status;
}

ism_status ism_rwlock_unlock(ism_rwlock *opaque)
{
    struct layout *lock = (struct layout *)(void *)opaque;
    struct ism_holder *holder = ism_recent_holder(opaque, sizeof *opaque);
    if (holder != NULL && mine.lock == lock && ism_holds_by(holder) && leave_slot(lock, mine.slot, holder->life)) {
        ism_count_given(holder);
        return ISM_OK;
    }
    if (holder != NULL && ism_unlock_at_once(&lock->turn, holder))
        return ISM_OK;
    ism_status status = ism_registry_find(opaque, sizeof *opaque);
    return status == ISM_OK ? unlock_slowly(lock) : status;
}

ism_status ism_rwlock_consistent(ism_rwlock *opaque)
{
    struct layout *lock = (struct layout *)(void *)opaque;
    ism_status status = ism_registry_find(opaque, sizeof *opaque);
    return status == ISM_OK ? ism_lock_mend(&lock->turn) : status;
}
