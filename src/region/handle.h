/* handle.h: what the rooms of the library know of an open region, beyond its public face. */
#ifndef ISM_HANDLE_H
#define ISM_HANDLE_H

#include "../atomics.h"
#include "../backend.h"
#include "../compiler.h"

struct ism_holder;

struct ism_region {
    struct ism_memory memory;
    char name[ISM_NAME_MAX + 1];
    uint64_t id;         /* random, the same in all processes */
    uint64_t life_table; /* that this process uses; 0: it could not be had */
    uint64_t size;
    uint64_t capacity;
    ism_lifetime lifetime;
    struct ism_holder *holders; /* guarded by ISM_LOCK_REGISTRY */
};

/* One thread as an owner of locks in one region of this process. Only its thread writes it; closing the
 * region reads it. */
struct ism_holder {
    ism_life life;
    uint64_t held;       /* locks that it owns */
    uint64_t waits;      /* 1 while it waits for one */
    uint64_t generation; /* of the process: holders of an earlier one are a parent's */
    struct ism_region *region;
    struct ism_holder *next;
};

/* The lock of an array (A3), which lies in the control block of the region that holds it. */
ism_mutex *ism_region_array_mutex(const ism_region *region);

/* Where a region is found by the addresses in it, see registry.c. Adding fails for want of memory. */
bool ism_registry_add(struct ism_region *region);
/* ISM_E_BUSY: a living thread of this process owns or waits for a lock in it. */
ism_status ism_registry_remove(struct ism_region *region);

/* Each thread remembers the region that it used last. */
struct ism_recent {
    uintptr_t start;
    size_t length;
    const uint64_t *epoch_word;
    uint64_t epoch; /* what the word held: it changes when any region is closed, and at a fork */
    struct ism_holder *holder;
};
extern ISM_THREAD_LOCAL struct ism_recent ism_recent;

/* The holder for an object at that address; on any status but ISM_OK the thread's error says why. */
ism_status ism_registry_holder(const void *address, struct ism_holder **out);

/* The same without a call if it is the region that the thread used last; otherwise NULL. */
static inline struct ism_holder *ism_recent_holder(const void *address)
{
    const struct ism_recent *recent = &ism_recent;
    if (ISM_LIKELY((uintptr_t)address - recent->start < recent->length &&
                   ism_load_relaxed_64(recent->epoch_word) == recent->epoch &&
                   (uintptr_t)address % 8 == 0))
        return recent->holder;
    return NULL;
}

#endif
