/* handle.h: what the rooms of the library know of an open region, beyond its public face. */
#ifndef ISM_HANDLE_H
#define ISM_HANDLE_H

#include "../atomics.h"
#include "../backend.h"
#include "../compiler.h"

struct ism_region;

/* One thread as an owner of locks through one handle of a region. */
struct ism_holder {
    ism_life life;
    uint64_t held;        /* locks taken less locks given back; written by its thread alone */
    uint64_t in_call;     /* calls within each other that wait, or let others go on; written by its thread alone */
    uint64_t inherited;   /* what a handle that is closed left: guarded by ISM_LOCK_REGISTRY */
    uint64_t generation;  /* of the process: holders of an earlier one are a parent's */
    const uint64_t *last; /* the word that it took last, NULL since it gave one back */
    const struct ism_region *region;
    struct ism_holder *next;
};

enum ism_kind {
    ISM_KIND_NAMED,  /* with a control block, and a lease */
    ISM_KIND_NATIVE, /* with neither: nothing of it is ours */
    ISM_KIND_SEALED  /* with a control block; the kernel counts who has it */
};

/* A region as far as this process has it, through however many handles: a lock that was taken through one may
 * be given back through another, so the holders of all of them count together. */
struct ism_presence {
    uint64_t id;       /* the region's, */
    uint64_t identity; /* its object's, */
    enum ism_kind kind;
    size_t handles;
    size_t askers; /* threads that go through the holders: none is freed or moved meanwhile */
    struct ism_holder *holders;
    struct ism_presence *next;
};

struct ism_region {
    struct ism_memory memory;
    enum ism_kind kind;
    char name[ISM_NAME_MAX + 1];
    uint64_t id;                  /* random, the same in all processes */
    uint64_t life_table;          /* that this process uses; 0: none */
    struct ism_life_table *lives; /* the same; NULL: this user's */
    uint64_t size;                /* when it was opened: see ism_region_size() */
    uint64_t capacity;
    uint64_t touchable; /* a size that it has grown to, and up to which it can be touched: see ism_region_size() */
    bool committed;     /* its memory was set aside, and so is what it grows by */
    ism_lifetime lifetime;
    uint32_t wanted;               /* flags of R14 that the options asked for */
    uint32_t granted;              /* those of them that nothing was refused of so far */
    struct ism_presence *presence; /* what it points to is guarded by ISM_LOCK_REGISTRY */
};

/* As ism_region_open(), but only the region of that id: another one of the name is ISM_E_NOT_FOUND. */
ism_status ism_region_open_exact(const char *name, uint64_t id, const ism_region_options *options, ism_region **out);

/* Is that what may be asked for of a new region, or of one that is there? If not, with a message. */
ism_status ism_region_check_new(const char *name, const ism_region_options *options);
ism_status ism_region_check_known(const char *name, const ism_region_options *options);

/* The steps that all ways to have a region share; see region.c and create.c. */
struct ism_control;
ism_status ism_region_use_lives(struct ism_region *region, uint32_t flags);
/* Is the data set aside at creation? Set memory aside for the control block, and if so for the data. */
bool ism_region_commits_data(const ism_region_options *options);
ism_status ism_region_commit(struct ism_memory *memory, const ism_region_options *options, bool with_data,
                             struct ism_cause *why);
ism_status ism_region_draw_id(uint64_t *id, struct ism_cause *why);
/* What others call set aside may be not. Where touching it would fault then, set a range of a mapped object aside once
 * more. */
ism_status ism_region_set_aside_again(const struct ism_memory *memory, uint64_t offset, uint64_t length,
                                      struct ism_cause *why);
void ism_region_keep(struct ism_region *region, const struct ism_memory *memory, const struct ism_control *control);
ism_status ism_region_initialise(struct ism_region *region, const ism_region_options *options);
void ism_region_give_up(struct ism_region *region);

/* The lock of an array (A3), which lies in the control block of the region that holds it. */
ism_mutex *ism_region_array_mutex(const ism_region *region);

/* The flags that ask for something of the memory (R14). */
#define ISM_ADVICE (ISM_REGION_PREFAULT | ISM_REGION_LOCKED | ISM_REGION_HUGE_PAGES | ISM_REGION_NO_CORE_DUMP)

/* Ask for what the region's options wanted, for a range of a mapped region, and keep account of what is granted;
 * see ism_memory_advise(). A fresh range is advised by the first before it is committed, and by the second
 * afterwards; a range that is found, or stays lazy, by the third. */
void ism_advise_fresh(struct ism_region *region, uint64_t offset, uint64_t length);
void ism_advise_committed(struct ism_region *region, uint64_t offset, uint64_t length);
void ism_advise_found(struct ism_region *region, uint64_t offset, uint64_t length);

/* Where a region is found by the addresses in it, see registry.c. Adding fails for want of memory. */
bool ism_registry_add(struct ism_region *region);
/* ISM_E_BUSY, with a message: a living thread of this process owns a lock, or is in a call on an object, through this
 * handle. */
ism_status ism_registry_check_idle(const struct ism_region *region);
void ism_registry_remove(struct ism_region *region);

/* Each thread remembers the region that it used last. */
struct ism_recent {
    uintptr_t start;
    size_t length; /* bytes at which a mutex may begin */
    const uint64_t *epoch_word;
    uint64_t epoch; /* what the word held: it changes when any region is closed, and at a fork */
    struct ism_holder *holder;
    struct ism_region *region;
};
extern ISM_THREAD_LOCAL struct ism_recent ism_recent;

/* Have the thread remember the region that an object of so many bytes lies in, with the thread's holder: both
 * are then in ism_recent. No object is smaller than a mutex. On any status but ISM_OK the thread's error says why. */
ism_status ism_registry_find(const void *object, size_t size);

/* The same without a call if it is the region that the thread used last; otherwise NULL. */
static inline struct ism_holder *ism_recent_holder(const void *object, size_t size)
{
    const struct ism_recent *recent = &ism_recent;
    const size_t beyond = size - sizeof(ism_mutex);
    const uintptr_t offset = (uintptr_t)object - recent->start;
    if (ISM_LIKELY(offset < recent->length && recent->length - offset > beyond &&
                   ism_load_relaxed_64(recent->epoch_word) == recent->epoch && (uintptr_t)object % 8 == 0))
        return recent->holder;
    return NULL;
}

#endif
