/* growth.c: making a region larger, in place.
 *
 * The address space was there from the start; growing sets memory aside for more of it, and then says so in the
 * control block, in that order. One process at a time does that, under a robust lock in the block: a file system
 * that runs full takes back all that it has just set aside and nobody has touched yet, another's part too. Who
 * is killed in between leaves memory set aside that the next one finds. The size only ever rises; a hostile peer
 * can write what he likes there, so every reader keeps it within the capacity, and sets memory aside itself where it
 * would fault otherwise. */
#include "../error.h"
#include "../sync/lock.h"
#include "control.h"
#include "handle.h"

#include <inttypes.h>

ism_status ism_region_set_aside_again(const struct ism_memory *memory, uint64_t offset, uint64_t length,
                                      struct ism_cause *why)
{
    struct ism_memory copy = *memory;
    return memory->faults ? ism_memory_commit(&copy, offset, length, why) : ISM_OK;
}

/* As much of what the region has grown to as can be touched. That is asked once for each size. */
static uint64_t touchable_size(const struct ism_region *region, uint64_t size)
{
    struct ism_cause ignored;
    uint64_t *known = (uint64_t *)(uintptr_t)&region->touchable; /* no handle is const in itself */
    uint64_t seen = ism_load_relaxed_64(known);
    if (!region->memory.faults || size <= region->size || size <= seen)
        return size;
    if (ism_region_set_aside_again(&region->memory, region->size, size - region->size, &ignored) != ISM_OK)
        return seen > region->size ? seen : region->size;
    while (seen < size && !ism_compare_exchange_relaxed_64(known, &seen, size))
        continue; /* other threads ask, too */
    return size;
}

uint64_t ism_region_size(const ism_region *region)
{
    if (region == NULL)
        return 0;
    if (region->size == region->capacity)
        return region->size;
    /* Pairs with the release of publish(). */
    uint64_t size = ism_load_acquire_64(&ism_control_mapped(&region->memory)->size);
    if (size < region->size || size > region->capacity)
        return region->size;
    return touchable_size(region, size);
}

/* Nobody's size sinks: who can't touch all that others grew it by may ask for less than there is. */
static void publish(const struct ism_region *region, uint64_t size)
{
    uint64_t *place = &ism_control_mapped(&region->memory)->size;
    uint64_t seen = ism_load_relaxed_64(place);
    while ((seen < size || seen > region->capacity) &&
           !ism_compare_exchange_release_64(place, &seen, size)) /* pairs with ism_region_size() */
        continue;
}

/* Of the page that the region ends in, its last user may have touched nothing yet: it is left alone. */
static ism_status set_aside_up_to(struct ism_region *region, uint64_t size, struct ism_cause *why)
{
    uint64_t page = ism_memory_page();
    uint64_t start = (ism_region_size(region) + page - 1) / page * page;
    if (start >= size)
        return ISM_OK;
    if (!region->committed) {
        ism_advise_found(region, start, size - start);
        return ISM_OK;
    }
    ism_advise_fresh(region, start, size - start);
    ism_status status = ism_memory_commit(&region->memory, start, size - start, why);
    if (status == ISM_OK)
        ism_advise_committed(region, start, size - start);
    return status;
}

static ism_status grow_alone(struct ism_region *region, uint64_t size)
{
    struct ism_cause why = {NULL, 0};
    if (size <= ism_region_size(region))
        return ISM_OK;
    ism_status status = set_aside_up_to(region, size, &why);
    if (status != ISM_OK)
        return ism_fail(status, &why, "could not grow region \"%s\" to %" PRIu64 " bytes", region->name, size);
    publish(region, size);
    return ISM_OK;
}

static ism_status check(const struct ism_region *region, uint64_t size)
{
    if (region == NULL)
        return ism_fail(ISM_E_INVALID, NULL, "the region is NULL");
    if (region->kind == ISM_KIND_NATIVE)
        return ism_fail(ISM_E_UNSUPPORTED, NULL, "could not grow \"%s\", which is no region of isthmus",
                        region->memory.native);
    if (!region->memory.writable)
        return ism_fail(ISM_E_READ_ONLY, NULL, "could not grow region \"%s\"", region->name);
    if (size > region->capacity)
        return ism_fail(ISM_E_SIZE, NULL, "region \"%s\" can't grow to %" PRIu64 " bytes: its capacity is %" PRIu64,
                        region->name, size, region->capacity);
    return ISM_OK;
}

static ism_status grow_in_turn(struct ism_region *region, uint64_t size)
{
    ism_mutex *lock = &ism_control_mapped(&region->memory)->growth_mutex;
    ism_status status = ism_mutex_lock_undamaged(lock);
    if (status != ISM_OK)
        return status;
    status = grow_alone(region, size);
    (void)ism_mutex_unlock(lock);
    return status;
}

ism_status ism_region_grow(ism_region *region, uint64_t size)
{
    ism_status status = check(region, size);
    if (status != ISM_OK || size <= ism_region_size(region))
        return status;
    ism_process_shield();
    status = grow_in_turn(region, size);
    ism_process_unshield();
    return status;
}
