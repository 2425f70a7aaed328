/* sleeper.h: sleeping on a word for a while, however long that is meant to take.
 *
 * A wake-up goes to one sleeper; if that one is killed before it runs, nobody has it. So every sleep ends by itself, and
 * whoever slept looks at the word again. */
#ifndef ISM_SLEEPER_H
#define ISM_SLEEPER_H

#include "../region/handle.h"

/* From the one to the other a region is not closed, as the thread is in a call: it waits, or it uses the object after it has
 * let others go on. What it took meanwhile it has counted before the end, and it uses neither the holder nor the
 * region for the call any more: release, see find_user() in registry.c. */
static inline void ism_call_begin(struct ism_holder *holder)
{
    ism_store_relaxed_64(&holder->in_call, ism_load_relaxed_64(&holder->in_call) + 1);
}

static inline void ism_call_end(struct ism_holder *holder)
{
    ism_store_release_64(&holder->in_call, ism_load_relaxed_64(&holder->in_call) - 1);
}

/* One call's sleeps on one word. */
struct ism_sleeper {
    struct ism_place place;
    ism_deadline deadline;
    uint64_t length; /* of the next sleep, in nanoseconds */
    bool has_slept;
};

/* Where others find the lower half of a word, which is what is slept on. */
struct ism_place ism_place_of(uint64_t *word, const struct ism_region *region);

/* Before the first sleep on a word of an open region. */
struct ism_sleeper ism_sleeper_on(uint64_t *word, const struct ism_region *region, ism_deadline deadline);

/* Sleep while the lower half of the word is that of the value seen, for a bounded time and not beyond the deadline.
 * watched: a life whose end ends the sleep, where the system can tell; 0: none. */
void ism_sleeper_sleep(struct ism_sleeper *sleeper, uint64_t seen, ism_life watched);

bool ism_sleeper_is_late(const struct ism_sleeper *sleeper);

#endif
