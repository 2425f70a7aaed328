/* lock.h: the lock word, by which one thread of all processes keeps the others out. */
#ifndef ISM_LOCK_H
#define ISM_LOCK_H

#include "../region/handle.h"

#define ISM_LOCK_WAITERS UINT64_C(0x80000000)       /* somebody may be asleep */
#define ISM_LOCK_DAMAGED UINT64_C(0x40000000)       /* an owner died, and nobody has said that it is mended */
#define ISM_LOCK_UNRECOVERABLE UINT64_C(0x20000000) /* given up; no owner */
#define ISM_LOCK_UNTOUCHED UINT64_C(0x10000000)     /* its owner changes nothing yet: its death does no damage */

/* How a lock is wanted. */
struct ism_wish {
    ism_deadline deadline;
    bool tries_only;
    uint64_t mark; /* ISM_LOCK_UNTOUCHED or 0; after ISM_OWNER_DIED the lock is not marked */
};

static inline ism_life ism_lock_owner(uint64_t seen)
{
    return seen & ISM_LIFE_BITS;
}

/* So that a region in which this process holds a lock is not closed. */
static inline void ism_count_taken(struct ism_holder *holder, const uint64_t *word)
{
    holder->last = word;
    ism_store_relaxed_64(&holder->held, ism_load_relaxed_64(&holder->held) + 1);
}

/* Release: the holder may be freed from now on, see held_through() in registry.c. */
static inline void ism_count_given(struct ism_holder *holder)
{
    holder->last = NULL;
    ism_store_release_64(&holder->held, ism_load_relaxed_64(&holder->held) - 1);
}

/* Take a lock that is free. False: by ism_lock_slowly(). */
static inline bool ism_lock_at_once(uint64_t *word, struct ism_holder *holder)
{
    uint64_t expected = 0;
    if (!ISM_LIKELY(ism_compare_exchange_acquire_64(word, &expected, holder->life)))
        return false;
    ism_count_taken(holder, word);
    return true;
}

/* Does the thread hold a lock that it took through this handle? Then the region stays open while it gives one back,
 * until that is counted. */
static inline bool ism_holds_by(const struct ism_holder *holder)
{
    return (int64_t)ism_load_relaxed_64(&holder->held) > 0;
}

/* Give a lock back that nobody waits for. False: by ism_unlock_slowly(). */
static inline bool ism_unlock_at_once(uint64_t *word, struct ism_holder *holder)
{
    uint64_t expected = holder->life;
    if (!ISM_LIKELY(ism_holds_by(holder) && ism_compare_exchange_release_64(word, &expected, 0)))
        return false;
    ism_count_given(holder);
    return true;
}

/* Take a mutex of the library's own, under which an owner's death does no damage. On any status but ISM_OK it is not
 * taken. */
ism_status ism_mutex_lock_undamaged(ism_mutex *mutex);

/* The word is in a region that ism_registry_find() has found for the thread; what can go wrong is left as the
 * thread's error. */
ism_status ism_lock_slowly(uint64_t *word, const struct ism_wish *wish);
ism_status ism_unlock_slowly(uint64_t *word);

/* Its owner, which took it as ISM_LOCK_UNTOUCHED, changes from now on what it protects. */
void ism_lock_touch(uint64_t *word);

ism_status ism_lock_mend(uint64_t *word);

#endif
