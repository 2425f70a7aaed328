/* registry.c: which region of this process an address lies in, and the calling thread as an owner of locks
 * in it.
 *
 * The regions are kept in the order of their addresses. A thread remembers the last one that it used;
 * the epoch, a word that changes when a region is closed and at a fork, tells it when that is out of
 * date. */
#include "handle.h"

#include "../error.h"
#include "control.h"

#include <stdlib.h>
#include <string.h>

ISM_THREAD_LOCAL struct ism_recent ism_recent;

/* Guarded by ISM_LOCK_REGISTRY. */
static struct {
    struct ism_region **regions; /* by address */
    size_t count;
    size_t room;
    uint64_t last_epoch;
} registry;

/* Make every thread's memory of its last region worthless. */
static void start_epoch(void)
{
    ism_store_relaxed_64(ism_process_epoch(), ++registry.last_epoch);
}

/* How many regions start at or below the address. */
static size_t rank(const unsigned char *address)
{
    size_t low = 0, high = registry.count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (registry.regions[middle]->memory.address <= address)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool make_room(void)
{
    if (registry.count < registry.room)
        return true;
    size_t room = registry.room == 0 ? 16 : registry.room * 2;
    struct ism_region **regions = realloc(registry.regions, room * sizeof *regions);
    if (regions == NULL)
        return false;
    registry.regions = regions;
    registry.room = room;
    return true;
}

bool ism_registry_add(struct ism_region *region)
{
    ism_process_lock(ISM_LOCK_REGISTRY);
    bool has_room = make_room();
    if (has_room) {
        size_t place = rank(region->memory.address);
        memmove(registry.regions + place + 1, registry.regions + place,
                (registry.count - place) * sizeof(struct ism_region *));
        registry.regions[place] = region;
        registry.count++;
    }
    ism_process_unlock(ISM_LOCK_REGISTRY);
    return has_room;
}

static bool is_busy(const struct ism_holder *holder)
{
    return holder->generation == ism_process_generation() &&
           ism_load_relaxed_64(&holder->held) + ism_load_relaxed_64(&holder->waits) != 0;
}

/* A busy holder of a living thread; NULL: none. Asking for a life takes the registry's lock itself, and only
 * the caller, who closes the region, could free a holder meanwhile. */
static const struct ism_holder *find_busy(const struct ism_region *region)
{
    ism_process_lock(ISM_LOCK_REGISTRY);
    const struct ism_holder *holder = region->holders;
    ism_process_unlock(ISM_LOCK_REGISTRY);
    while (holder != NULL && !(is_busy(holder) && !ism_life_ended(holder->life)))
        holder = holder->next;
    return holder;
}

ism_status ism_registry_remove(struct ism_region *region)
{
    if (find_busy(region) != NULL)
        return ism_fail(ISM_E_BUSY, NULL,
                        "could not close region \"%s\": a thread owns or waits for a lock in it",
                        region->name);
    ism_process_lock(ISM_LOCK_REGISTRY);
    size_t place = rank(region->memory.address) - 1;
    registry.count--;
    memmove(registry.regions + place, registry.regions + place + 1,
            (registry.count - place) * sizeof(struct ism_region *));
    start_epoch();
    struct ism_holder *holder = region->holders;
    region->holders = NULL;
    ism_process_unlock(ISM_LOCK_REGISTRY);
    while (holder != NULL) {
        struct ism_holder *next = holder->next;
        free(holder);
        holder = next;
    }
    return ISM_OK;
}

static struct ism_region *region_at(const void *address)
{
    size_t place = rank(address);
    if (place == 0)
        return NULL;
    struct ism_region *region = registry.regions[place - 1];
    uint64_t offset = (uint64_t)((const unsigned char *)address - region->memory.address);
    return offset < region->memory.length ? region : NULL;
}

/* The thread's holder in a region, or a new one; NULL: no memory. */
static struct ism_holder *holder_of(struct ism_region *region, ism_life life)
{
    struct ism_holder *holder = region->holders;
    while (holder != NULL && holder->life != life)
        holder = holder->next;
    if (holder != NULL)
        return holder;
    holder = calloc(1, sizeof *holder);
    if (holder == NULL)
        return NULL;
    holder->life = life;
    holder->generation = ism_process_generation();
    holder->region = region;
    holder->next = region->holders;
    region->holders = holder;
    return holder;
}

static void remember(const struct ism_region *region, struct ism_holder *holder)
{
    const uint64_t *word = ism_process_epoch();
    if (ism_load_relaxed_64(word) == 0)
        start_epoch();
    ism_recent.start = (uintptr_t)region->memory.address;
    ism_recent.length = (size_t)region->memory.length;
    ism_recent.epoch_word = word;
    ism_recent.epoch = ism_load_relaxed_64(word);
    ism_recent.holder = holder;
}

/* Can locks of the region name lives that this process can ask for? */
static ism_status check_region(const struct ism_region *region)
{
    if (region == NULL)
        return ism_fail(ISM_E_INVALID, NULL, "the lock lies in no region that is open");
    if (!region->memory.writable)
        return ism_fail(ISM_E_READ_ONLY, NULL, "could not lock in region \"%s\"", region->name);
    uint64_t table = ism_load_relaxed_64(&ism_control_mapped(&region->memory)->life_table);
    if (table == 0 || table != region->life_table)
        return ism_fail(ISM_E_UNSUPPORTED, NULL,
                        "the table that names the lock owners of region \"%s\" is lost",
                        region->name);
    return ISM_OK;
}

ism_status ism_registry_holder(const void *address, struct ism_holder **out)
{
    struct ism_holder *recent = ism_recent_holder(address);
    if (recent != NULL) {
        *out = recent;
        return ISM_OK;
    }
    if (address == NULL || (uintptr_t)address % 8 != 0)
        return ism_fail(ISM_E_INVALID, NULL, "the lock at %p is not 8-byte aligned", address);

    ism_process_lock(ISM_LOCK_REGISTRY);
    struct ism_region *region = region_at(address);
    ism_process_unlock(ISM_LOCK_REGISTRY);
    ism_status status = check_region(region);
    if (status != ISM_OK)
        return status;

    struct ism_cause why = {NULL, 0};
    ism_life life = 0;
    status = ism_life_take(&life, &why);
    if (status != ISM_OK)
        return ism_fail(status, &why, "could not enter this thread among the lock owners");
    ism_process_lock(ISM_LOCK_REGISTRY);
    *out = holder_of(region, life);
    if (*out != NULL)
        remember(region, *out);
    ism_process_unlock(ISM_LOCK_REGISTRY);
    return *out != NULL ? ISM_OK
                        : ism_fail(ISM_E_NO_MEMORY, NULL, "could not lock in region \"%s\"",
                                   region->name);
}
