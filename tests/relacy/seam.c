/* seam.c: what src/sync asks of the rest of the library, answered for Relacy's threads: one region, which is always open,
 * and a life for each thread. The machine has one core, so nobody spins: spinning only loads. */
#include "error.h"
#include "region/handle.h"

#define THREADS 4
#define NOW UINT64_C(1000) /* every deadline that is not late lies beyond */

ISM_THREAD_LOCAL struct ism_recent ism_recent;

static struct ism_holder holders[THREADS];
static struct ism_region region;
static uint64_t epoch;
static size_t length;

void seam_begin(uint64_t *memory, size_t size)
{
    static const struct ism_holder none;
    region.memory.address = (unsigned char *)memory;
    length = size - sizeof(ism_mutex) + 1;
    for (unsigned thread = 0; thread < THREADS; thread++) {
        holders[thread] = none;
        holders[thread].life = seam_life(thread);
    }
}

uint64_t seam_life(unsigned thread)
{
    return UINT64_C(0x1234567800000001) + thread;
}

ism_status ism_registry_find(const void *object, size_t size)
{
    (void)object;
    (void)size;
    ism_recent.start = (uintptr_t)region.memory.address;
    ism_recent.length = length;
    ism_recent.epoch_word = &epoch;
    ism_recent.holder = &holders[relacy_thread()];
    ism_recent.region = &region;
    return ISM_OK;
}

bool ism_life_ended(struct ism_life_table *table, ism_life life)
{
    (void)table;
    return relacy_has_ended((unsigned)(life - seam_life(0)));
}

bool ism_life_is_known_to_have_ended(const struct ism_life_table *table, ism_life life)
{
    (void)table;
    (void)life;
    return false;
}

void ism_wait_sleep(const struct ism_place *place, uint32_t value, ism_life watched, uint64_t nanoseconds)
{
    (void)watched;
    (void)nanoseconds;
    relacy_sleep(place->word, value);
}

bool ism_wait_wake(const struct ism_place *place, bool all)
{
    return relacy_wake(place->word, all);
}

uint64_t ism_process_now(void)
{
    return relacy_is_late() ? UINT64_MAX : NOW;
}

unsigned ism_process_cores(void)
{
    return 1;
}

ism_status ism_fail(ism_status status, const struct ism_cause *why, const char *format, ...)
{
    (void)why;
    (void)format;
    return status;
}

const char *ism_status_name(ism_status status)
{
    (void)status;
    return "";
}
