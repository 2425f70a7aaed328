/* sleeper.c: see sleeper.h. */
#include "sleeper.h"

/* A sleeper looks again after this long, and then after twice as long each time, in nanoseconds. */
#define FIRST_SLEEP (UINT64_C(5) * ISM_MILLISECOND)
#define LONGEST_SLEEP (UINT64_C(100) * ISM_MILLISECOND)

struct ism_place ism_place_of(uint64_t *word, const struct ism_region *region)
{
    struct ism_place place = {ism_low_half(word), region->id,
                              (uint64_t)((unsigned char *)word - region->memory.address), region->lives};
    return place;
}

struct ism_sleeper ism_sleeper_on(uint64_t *word, const struct ism_region *region, ism_deadline deadline)
{
    struct ism_sleeper sleeper = {ism_place_of(word, region), deadline, FIRST_SLEEP, false};
    return sleeper;
}

bool ism_sleeper_is_late(const struct ism_sleeper *sleeper)
{
    return sleeper->deadline != ISM_FOREVER && ism_process_now() >= sleeper->deadline;
}

void ism_sleeper_sleep(struct ism_sleeper *sleeper, uint64_t seen, ism_life watched)
{
    uint64_t length = sleeper->length;
    if (sleeper->deadline != ISM_FOREVER) {
        uint64_t now = ism_process_now();
        uint64_t left = sleeper->deadline > now ? sleeper->deadline - now : 0;
        length = left < length ? left : length;
    }
    ism_wait_sleep(&sleeper->place, (uint32_t)seen, watched, length);
    sleeper->has_slept = true;
    sleeper->length = sleeper->length * 2 < LONGEST_SLEEP ? sleeper->length * 2 : LONGEST_SLEEP;
}
