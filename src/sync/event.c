/* event.c: something that has happened, or not yet (S6, S9).
 *
 * One 64-bit word, of which the lower half is used, and slept on.
 *
 *   set     SET, and if it was not, the sequence goes on   compare-exchange, release; then wake all if there are such who
 *                                                          only watch, else one who takes
 *   reset   not SET                                        compare-exchange
 *   take    not SET                                        compare-exchange, acquire
 *   watch   SET, or another sequence than before           load, acquire
 *   wait    WATCHERS or TAKERS                             compare-exchange, then sleep on the lower half
 *   tidy    a wake found nobody: no TAKERS                 compare-exchange of what the set left
 *
 * A watcher that is slow to wake misses no set, as the sequence tells it. Setting what is set makes the exchange all
 * the same: whoever takes it sees what this setter wrote, too. Nobody sleeps on a word that is SET, and each set leaves
 * another sequence, so tidying takes the flag from no sleeper. A taker that is killed between its wake and its take leaves
 * the event set, and the next look of any other sleeper finds it. The acquire pairs with the release of the sets before. */
#include "../error.h"
#include "sleeper.h"
#include "spin.h"

#define SET UINT64_C(1)
#define ONE_TIME UINT64_C(2)
#define SEQUENCE UINT64_C(0x3ffffffe)
#define WATCHERS UINT64_C(0x40000000) /* who will leave it set may be asleep */
#define TAKERS UINT64_C(0x80000000)   /* who will reset it may be asleep */

_Static_assert(sizeof(ism_event) == 16 && _Alignof(ism_event) == 8, "layout of the event");

static uint64_t after_set(uint64_t seen)
{
    uint64_t flags = seen & ~SEQUENCE;
    uint64_t sequence = (seen & SET) != 0 ? seen & SEQUENCE : (seen + ONE_TIME) & SEQUENCE;
    if ((seen & WATCHERS) != 0)
        flags &= ~(WATCHERS | TAKERS);
    return flags | sequence | SET;
}

static void set(uint64_t *word)
{
    uint64_t seen = ism_load_relaxed_64(word), left;
    do
        left = after_set(seen);
    while (!ism_compare_exchange_release_64(word, &seen, left));
    if ((seen & (WATCHERS | TAKERS)) == 0)
        return;
    struct ism_place place = ism_place_of(word, ism_recent.region);
    bool wakes_all = (seen & WATCHERS) != 0;
    if (!ism_wait_wake(&place, wakes_all) && !wakes_all)
        (void)ism_compare_exchange_relaxed_64(word, &left, left & ~TAKERS);
}

ism_status ism_event_set(ism_event *event)
{
    ism_status status = ism_registry_find(event, sizeof *event);
    if (status != ISM_OK)
        return status;
    struct ism_holder *holder = ism_recent.holder;
    ism_call_begin(holder);
    set(&event->opaque[0]);
    ism_call_end(holder);
    return ISM_OK;
}

ism_status ism_event_reset(ism_event *event)
{
    ism_status status = ism_registry_find(event, sizeof *event);
    if (status != ISM_OK)
        return status;
    uint64_t *word = &event->opaque[0];
    uint64_t seen = ism_load_relaxed_64(word);
    while (!ism_compare_exchange_relaxed_64(word, &seen, seen & ~SET))
        continue;
    return ISM_OK;
}

/* One who waits, and what it saw of the event when it came. */
struct wait {
    uint64_t *word;
    uint64_t first;
    bool takes;
};

static bool is_over(const struct wait *wait, uint64_t *seen)
{
    if (!wait->takes)
        return (*seen & SET) != 0 || (*seen & SEQUENCE) != (wait->first & SEQUENCE);
    while ((*seen & SET) != 0)
        if (ism_compare_exchange_acquire_64(wait->word, seen, *seen & ~SET))
            return true;
    return false;
}

static ism_status sleep_until_set(const struct wait *wait, uint64_t seen, ism_deadline deadline)
{
    struct ism_sleeper sleeper = ism_sleeper_on(wait->word, ism_recent.region, deadline);
    const uint64_t flag = wait->takes ? TAKERS : WATCHERS;
    (void)ism_spin_while_same(wait->word, seen, SET | SEQUENCE);
    seen = ism_load_acquire_64(wait->word);
    while (!is_over(wait, &seen)) {
        if (ism_sleeper_is_late(&sleeper))
            return ISM_E_TIMED_OUT;
        if ((seen & flag) != 0 || ism_compare_exchange_relaxed_64(wait->word, &seen, seen | flag))
            ism_sleeper_sleep(&sleeper, seen | flag, 0);
        seen = ism_load_acquire_64(wait->word);
    }
    return ISM_OK;
}

static ism_status wait_for(ism_event *event, bool takes, ism_deadline deadline, bool tries_only)
{
    ism_status status = ism_registry_find(event, sizeof *event);
    if (status != ISM_OK)
        return status;
    uint64_t seen = ism_load_acquire_64(&event->opaque[0]);
    const struct wait wait = {&event->opaque[0], seen, takes};
    if (is_over(&wait, &seen))
        return ISM_OK;
    struct ism_holder *holder = ism_recent.holder;
    ism_call_begin(holder);
    status = tries_only ? ISM_E_BUSY : sleep_until_set(&wait, seen, deadline);
    ism_call_end(holder);
    return status == ISM_OK ? status : ism_fail(status, NULL, "the event was not set");
}

ism_status ism_event_wait(ism_event *event)
{
    return wait_for(event, false, ISM_FOREVER, false);
}

ism_status ism_event_try_wait(ism_event *event)
{
    return wait_for(event, false, ISM_FOREVER, true);
}

ism_status ism_event_wait_until(ism_event *event, ism_deadline deadline)
{
    return wait_for(event, false, deadline, false);
}

ism_status ism_event_take(ism_event *event)
{
    return wait_for(event, true, ISM_FOREVER, false);
}

ism_status ism_event_try_take(ism_event *event)
{
    return wait_for(event, true, ISM_FOREVER, true);
}

ism_status ism_event_take_until(ism_event *event, ism_deadline deadline)
{
    return wait_for(event, true, deadline, false);
}
