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
    struct ism_presence *presences[1024]; /* by id, which is random */
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

/* A hostile region may claim another one's id: what it is tells them apart. */
static bool is_presence_of(const struct ism_presence *presence, const struct ism_region *region)
{
    return presence->id == region->id && presence->kind == region->kind &&
           presence->identity == region->memory.identity;
}

static struct ism_presence **place_of_presence(const struct ism_region *region)
{
    const size_t lists = sizeof registry.presences / sizeof *registry.presences;
    struct ism_presence **place = &registry.presences[region->id % lists];
    while (*place != NULL && !is_presence_of(*place, region))
        place = &(*place)->next;
    return place;
}

static bool join_presence(struct ism_region *region)
{
    struct ism_presence **place = place_of_presence(region);
    if (*place == NULL) {
        *place = calloc(1, sizeof **place);
        if (*place == NULL)
            return false;
        (*place)->id = region->id;
        (*place)->identity = region->memory.identity;
        (*place)->kind = region->kind;
    }
    (*place)->handles++;
    region->presence = *place;
    return true;
}

/* The same thread through another handle; NULL: it has used none. */
static struct ism_holder *sibling_of(const struct ism_holder *holder, const struct ism_presence *presence)
{
    struct ism_holder *other = presence->holders;
    while (other != NULL && (other == holder || other->life != holder->life))
        other = other->next;
    return other;
}

static void leave_presence(const struct ism_region *region)
{
    struct ism_presence *presence = region->presence;
    struct ism_holder **place = &presence->holders;
    while (*place != NULL) {
        struct ism_holder *holder = *place;
        if (holder->region != region) {
            place = &holder->next;
            continue;
        }
        struct ism_holder *sibling = sibling_of(holder, presence);
        if (sibling != NULL)
            sibling->inherited += holder->inherited + ism_load_relaxed_64(&holder->held);
        *place = holder->next;
        free(holder);
    }
    if (--presence->handles == 0) {
        *place_of_presence(region) = presence->next;
        free(presence);
    }
}

bool ism_registry_add(struct ism_region *region)
{
    ism_process_lock(ISM_LOCK_REGISTRY);
    bool is_added = make_room() && join_presence(region);
    if (is_added) {
        size_t place = rank(region->memory.address);
        memmove(registry.regions + place + 1, registry.regions + place,
                (registry.count - place) * sizeof(struct ism_region *));
        registry.regions[place] = region;
        registry.count++;
    }
    ism_process_unlock(ISM_LOCK_REGISTRY);
    return is_added;
}

/* Acquire, which pairs with the release of ism_count_given(): whoever finds that a thread holds nothing may free what the
 * thread used for it. */
static int64_t held_through(const struct ism_holder *holder)
{
    return (int64_t)(holder->inherited + ism_load_acquire_64(&holder->held));
}

/* Locks that a thread owns in a region, through whatever handles. */
static int64_t held_by(ism_life life, const struct ism_presence *presence)
{
    int64_t sum = 0;
    for (const struct ism_holder *holder = presence->holders; holder != NULL; holder = holder->next)
        if (holder->life == life)
            sum += held_through(holder);
    return sum;
}

/* Does a thread own a lock, or is it in a call, through this handle? If so, *life is it. */
static bool find_user(const struct ism_region *region, const struct ism_holder **from, ism_life *life)
{
    const struct ism_holder *holder = *from != NULL ? (*from)->next : region->presence->holders;
    for (; holder != NULL; holder = holder->next) {
        /* First, and acquire, which pairs with the release of ism_call_end(): whoever got what it waited for has counted it. */
        bool is_in_call = ism_load_acquire_64(&holder->in_call) != 0;
        bool owns = held_through(holder) > 0 && held_by(holder->life, region->presence) > 0;
        if (holder->region == region && holder->generation == ism_process_generation() && (owns || is_in_call))
            break;
    }
    *from = holder;
    *life = holder != NULL ? holder->life : 0;
    return holder != NULL;
}

/* Does a living one? Asking for a life takes the registry's lock itself. */
static bool has_living_user(const struct ism_region *region)
{
    const struct ism_holder *holder = NULL;
    ism_life life;
    for (;;) {
        ism_process_lock(ISM_LOCK_REGISTRY);
        bool is_found = find_user(region, &holder, &life);
        ism_process_unlock(ISM_LOCK_REGISTRY);
        if (!is_found || !ism_life_ended(region->lives, life))
            return is_found;
    }
}

static bool is_busy(const struct ism_region *region)
{
    ism_process_lock(ISM_LOCK_REGISTRY);
    bool is_used = region->presence->holders != NULL;
    region->presence->askers += is_used;
    ism_process_unlock(ISM_LOCK_REGISTRY);
    if (!is_used)
        return false;
    is_used = has_living_user(region);
    ism_process_lock(ISM_LOCK_REGISTRY);
    region->presence->askers--;
    ism_process_unlock(ISM_LOCK_REGISTRY);
    return is_used;
}

ism_status ism_registry_check_idle(const struct ism_region *region)
{
    if (!is_busy(region))
        return ISM_OK;
    return ism_fail(ISM_E_BUSY, NULL, "could not close region \"%s\": a thread owns a lock in it, or is in a call",
                    region->name);
}

void ism_registry_remove(struct ism_region *region)
{
    ism_process_lock(ISM_LOCK_REGISTRY);
    size_t place = rank(region->memory.address) - 1;
    registry.count--;
    memmove(registry.regions + place, registry.regions + place + 1,
            (registry.count - place) * sizeof(struct ism_region *));
    start_epoch();
    leave_presence(region);
    ism_process_unlock(ISM_LOCK_REGISTRY);
}

/* Bytes from the start of the data at which a lock may begin, so that it lies within the data. */
static size_t lock_places(const struct ism_region *region)
{
    uint64_t size = ism_region_size(region);
    return size >= sizeof(ism_mutex) ? (size_t)(size - sizeof(ism_mutex) + 1) : 0;
}

/* Is it one of the locks of our own, behind the data? */
static bool is_own_lock(const struct ism_region *region, const void *address)
{
    if (region->kind == ISM_KIND_NATIVE)
        return false;
    const struct ism_control *control = ism_control_mapped(&region->memory);
    return address == &control->array_mutex || address == &control->growth_mutex;
}

static struct ism_region *region_at(const void *object, size_t size)
{
    size_t place = rank(object);
    if (place == 0)
        return NULL;
    struct ism_region *region = registry.regions[place - 1];
    size_t offset = (size_t)((const unsigned char *)object - region->memory.address);
    size_t places = lock_places(region);
    bool fits = offset < places && places - offset > size - sizeof(ism_mutex);
    return fits || is_own_lock(region, object) ? region : NULL;
}

/* NULL: the thread has used no lock through this handle. */
static struct ism_holder *find_holder(const struct ism_region *region, ism_life life)
{
    struct ism_holder *holder = region->presence->holders;
    while (holder != NULL && (holder->life != life || holder->region != region))
        holder = holder->next;
    return holder;
}

/* NULL: no memory. */
static struct ism_holder *add_holder(const struct ism_region *region, ism_life life)
{
    struct ism_presence *presence = region->presence;
    struct ism_holder *holder = calloc(1, sizeof *holder);
    if (holder == NULL)
        return NULL;
    holder->life = life;
    holder->generation = ism_process_generation();
    holder->region = region;
    holder->next = presence->holders;
    presence->holders = holder;
    return holder;
}

/* Where the handle's last holder in the list stands. */
static struct ism_holder **place_of_last(const struct ism_region *region)
{
    struct ism_holder **last = NULL;
    for (struct ism_holder **place = &region->presence->holders; *place != NULL; place = &(*place)->next)
        if ((*place)->region == region)
            last = place;
    return last;
}

/* Free the last holder, or have it asked again when all others have been. */
static void settle_last(const struct ism_region *region, ism_life life, bool has_ended)
{
    struct ism_presence *presence = region->presence;
    struct ism_holder **place = place_of_last(region);
    struct ism_holder *holder = place != NULL ? *place : NULL;
    if (holder == NULL || holder->life != life || presence->askers > 0)
        return;
    *place = holder->next;
    if (has_ended) {
        free(holder);
        return;
    }
    holder->next = presence->holders;
    presence->holders = holder;
}

/* Programs may have a thread for each task: nothing is kept of those that have ended. For each new holder two of
 * the old ones are asked for, so they get no more than the threads that live, and some. */
static void forget_ended(const struct ism_region *region, ism_life own)
{
    for (int i = 0; i < 2; i++) {
        ism_process_lock(ISM_LOCK_REGISTRY);
        struct ism_holder **place = place_of_last(region);
        ism_life life = place != NULL ? (*place)->life : own;
        ism_process_unlock(ISM_LOCK_REGISTRY);
        if (life == own)
            return;
        bool has_ended = ism_life_ended(region->lives, life);
        ism_process_lock(ISM_LOCK_REGISTRY);
        settle_last(region, life, has_ended);
        ism_process_unlock(ISM_LOCK_REGISTRY);
    }
}

/* A lock that lies behind the data is remembered by itself. */
static void remember(struct ism_region *region, struct ism_holder *holder, const void *address)
{
    const uint64_t *word = ism_process_epoch();
    bool is_own = is_own_lock(region, address);
    if (ism_load_relaxed_64(word) == 0)
        start_epoch();
    ism_recent.start = is_own ? (uintptr_t)address : (uintptr_t)region->memory.address;
    ism_recent.length = is_own ? 1 : lock_places(region);
    ism_recent.epoch_word = word;
    ism_recent.epoch = ism_load_relaxed_64(word);
    ism_recent.holder = holder;
    ism_recent.region = region;
}

/* Can locks of the region name lives that this process can ask for? */
static ism_status check_region(const struct ism_region *region)
{
    if (region == NULL)
        return ism_fail(ISM_E_INVALID, NULL, "the object lies in no region that is open");
    if (region->kind == ISM_KIND_NATIVE)
        return ism_fail(ISM_E_UNSUPPORTED, NULL, "\"%s\" is no region of isthmus, which could tell the owners of locks",
                        region->memory.native);
    if (!region->memory.writable)
        return ism_fail(ISM_E_READ_ONLY, NULL, "could not lock in region \"%s\"", region->name);
    uint64_t table = ism_load_relaxed_64(&ism_control_mapped(&region->memory)->life_table);
    if (table == 0 || table != region->life_table)
        return ism_fail(ISM_E_UNSUPPORTED, NULL, "there is no table that names the lock owners of region \"%s\"",
                        region->name);
    return ISM_OK;
}

ism_status ism_registry_find(const void *object, size_t size)
{
    if (ism_recent_holder(object, size) != NULL)
        return ISM_OK;
    if (object == NULL || (uintptr_t)object % 8 != 0)
        return ism_fail(ISM_E_INVALID, NULL, "the object at %p is not 8-byte aligned", object);

    ism_process_lock(ISM_LOCK_REGISTRY);
    struct ism_region *region = region_at(object, size);
    ism_process_unlock(ISM_LOCK_REGISTRY);
    ism_status status = check_region(region);
    if (status != ISM_OK)
        return status;

    struct ism_cause why = {NULL, 0};
    ism_life life = 0;
    status = ism_life_take(region->lives, &life, &why);
    if (status != ISM_OK)
        return ism_fail(status, &why, "could not enter this thread among the lock owners");
    ism_process_lock(ISM_LOCK_REGISTRY);
    struct ism_holder *holder = find_holder(region, life);
    bool is_new = holder == NULL;
    if (is_new)
        holder = add_holder(region, life);
    if (holder != NULL)
        remember(region, holder, object);
    ism_process_unlock(ISM_LOCK_REGISTRY);
    if (is_new)
        forget_ended(region, life);
    return holder != NULL ? ISM_OK : ism_fail(ISM_E_NO_MEMORY, NULL, "could not lock in region \"%s\"", region->name);
}
