/* backend.h: the seam. All that the portable rooms (region, sync, array) and a backend know of each
 * other. Five questions, one answer of each chosen at build time:
 *
 *   memory   objects of shared memory by native name
 *   lease    is anyone still attached to an object?
 *   wait     sleep while a word in shared memory holds a value
 *   life     which thread am I, and is that other one alive?
 *   process  clock, random bytes, fork, locks within this process
 *
 * For every function: names and sizes are checked already; pointers are not NULL; out parameters are
 * written only on ISM_OK; on any status below zero nothing is left behind and *why says which system
 * call failed (an empty call: none did). Nothing logs or aborts. Functions without *why can't fail.
 *
 * Same situation, same status, on every backend:
 *   the native name is free                    ISM_E_NOT_FOUND
 *   the native name is taken                   ISM_E_EXISTS
 *   another user's object, or none of ours     ISM_E_FOREIGN
 *   permission is missing                      ISM_E_ACCESS
 *   the memory's file system or limit is full  ISM_E_NO_SPACE
 *   no private memory or address space         ISM_E_NO_MEMORY
 *   descriptors, segments, handles used up     ISM_E_LIMIT
 *   anything else                              ISM_E_SYSTEM */
#ifndef ISM_BACKEND_H
#define ISM_BACKEND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <isthmus/region.h>
#include <isthmus/status.h>

/* Which system call failed, and its code. */
struct ism_cause {
    const char *call; /* a string literal; NULL: none */
    int64_t code;     /* errno or GetLastError() */
};

/* What core must act on. */
struct ism_traits {
    const char *name;           /* of the backend: "posix", "sysv", "win32" */
    unsigned candidates;        /* native names that one name may have, tried in order */
    unsigned shared_candidates; /* the same for names that all users share; 0: no object can be open to others */
    bool names_are_exact;       /* a native name belongs to one name only */
    bool tells_scopes;          /* names of ISM_SCOPE_MACHINE are others than those of ISM_SCOPE_SESSION */
    bool keeps_persistent;      /* objects can outlive their last process */
    bool frees_names;           /* a name can be freed while processes have the object */
    bool locks_names;           /* ism_lease_begin() keeps others out */
    bool lease_names_holders;   /* ism_lease_holders() knows who; otherwise the attach list is kept */
    bool reserves_lazily;       /* memory that was not committed can be touched all the same */
};
extern const struct ism_traits ism_backend_traits;

/* ---- memory ---- */

/* An object of shared memory that this process has a handle of. Only its backend looks at handle, mark,
 * identity and kind. */
struct ism_memory {
    char native[ISM_NATIVE_NAME_MAX + 1];
    intptr_t handle;        /* descriptor, segment id or section handle */
    intptr_t mark;          /* a handle that goes with it; 0: none */
    uint64_t identity;      /* tells the object from a later one of the same native name; measured */
    uint64_t length;        /* of the whole object, in bytes; measured */
    unsigned char *address; /* NULL until it is mapped */
    bool writable;
    bool made;       /* through this handle; set by core */
    bool leased;     /* ism_lease_take() succeeded */
    bool alone;      /* ism_lease_take_alone() did */
    uint64_t forks;  /* ism_process_forks() when it was leased */
    unsigned kind;   /* the backend's own; measured */
    bool faults;     /* touching what was not committed ends the process; measured */
    uint64_t owner;  /* the user whose it is, 0 where users have no numbers; measured */
    uint32_t access; /* an ism_access, as the system applies it; measured */
};

/* What a protection is that none of ism_access has. */
#define ISM_ACCESS_NONE UINT32_MAX

/* How an object is to be made. */
struct ism_memory_plan {
    uint64_t length; /* of the whole object, in bytes */
    bool persistent; /* it outlives its last process */
    bool sparse;     /* parts of it may never be committed */
    ism_access access;
};

/* Whose names are meant. */
struct ism_names {
    bool shared;     /* those that all users share, else those of this user */
    ism_scope scope; /* ISM_SCOPE_SESSION unless traits.tells_scopes */
};

/* Size of a page: objects are made and mapped in multiples of it. */
size_t ism_memory_page(void);

/* Compose the native name of a region. candidate < traits.candidates, or traits.shared_candidates. Never fails:
 * a name that does not fit is hashed. */
void ism_memory_native_name(const char *name, struct ism_names names, unsigned candidate,
                            char native[ISM_NATIVE_NAME_MAX + 1]);

/* Which names is it among? Whoever's object bears one of those that all users share, it is not ISM_E_FOREIGN for
 * that. */
struct ism_names ism_memory_names(const char *native);

static inline bool ism_memory_is_shared(const char *native)
{
    return ism_memory_names(native).shared;
}

/* Make an object, all zero, if the native name is free. It is open for writing. ism_memory_measure()
 * is called next. ISM_E_BUSY: what is left of a dead one is in the way for now. */
ism_status ism_memory_create(const char *native, const struct ism_memory_plan *plan, struct ism_memory *out,
                             struct ism_cause *why);

/* Get a handle of an existing object. Follows no symbolic link. */
ism_status ism_memory_open(const char *native, bool writable, struct ism_memory *out, struct ism_cause *why);

/* See what an open object is: fills in what is measured; one that was just made has the access that was planned
 * afterwards, whatever the umask is. ISM_E_FOREIGN: it belongs to another user, though its name is this one's, or is
 * no shared memory. ISM_E_NOT_FOUND: its name was freed meanwhile. */
ism_status ism_memory_measure(struct ism_memory *memory, struct ism_cause *why);

/* Map the whole object at memory->address, for writing if memory->writable. Does nothing if it is
 * mapped already. */
ism_status ism_memory_map(struct ism_memory *memory, struct ism_cause *why);

/* Set memory aside for a range of a mapped object, so that touching it can't fail later. */
ism_status ism_memory_commit(struct ism_memory *memory, uint64_t offset, uint64_t length, struct ism_cause *why);

/* Ask for what R14 offers, for a range of a mapped object: wanted holds ISM_REGION_PREFAULT, _LOCKED,
 * _HUGE_PAGES and _NO_CORE_DUMP. Returns those that are in force for the whole range; what the system refuses is
 * left out. Other processes may use the memory meanwhile. PREFAULT is asked for what was committed; HUGE_PAGES
 * before the commit where the range is fresh, and brings the memory in as well. */
uint32_t ism_memory_advise(struct ism_memory *memory, uint64_t offset, uint64_t length, uint32_t wanted);

/* Copy bytes from or to the object; the range lies within its length. May map it. Whoever reads bytes that
 * were written so also sees all that the writer had stored in the object before (release, acquire). The first
 * eight bytes are written last, or all at once: a writer who is killed leaves the old ones. */
ism_status ism_memory_read(struct ism_memory *memory, uint64_t offset, void *bytes, size_t size, struct ism_cause *why);
ism_status ism_memory_write(struct ism_memory *memory, uint64_t offset, const void *bytes, size_t size,
                            struct ism_cause *why);

/* Free the native name, if it still means this object; whoever has it mapped keeps it. Where names can't be
 * freed (traits.frees_names), the object at least no longer outlives its last process. The object was
 * opened for writing. ISM_E_NOT_FOUND: the name is gone, or means another object by now.
 * ISM_E_BUSY: somebody else is at it and does not get done. ISM_E_ACCESS: only its owner may; but if the caller
 * has a shared object alone, its memory is freed, its name is left to a hollow object, and that is ISM_OK. */
ism_status ism_memory_unlink(struct ism_memory *memory, struct ism_cause *why);

/* Is nothing left of a shared object but its name, which its owner is to free? It was measured. */
bool ism_memory_is_hollow(struct ism_memory *memory);

/* Unmap and close. For objects without a lease; those with one are left by ism_lease_leave(). */
void ism_memory_close(struct ism_memory *memory);

/* The path of the file that the object is; "" where objects are no files. */
void ism_memory_path(const char *native, char path[ISM_PATH_MAX + 1]);

/* Visit the native names of this user's objects that may be regions, and of shared ones, until the visitor answers false.
 * The visitor may create, open and unlink. */
typedef bool (*ism_memory_visitor)(const char *native, void *context);
ism_status ism_memory_list(ism_memory_visitor visitor, void *context, struct ism_cause *why);

/* ---- native objects: what other software makes, or attaches to; no lease, no byte of ours ---- */

/* What such an object is like here. */
struct ism_native_traits {
    ism_lifetime lifetime;  /* the system's own */
    bool keeps_exact_sizes; /* otherwise a size is rounded up to pages */
};
extern const struct ism_native_traits ism_native_traits;

/* What is wrong with a native name, in words that complete "the native name ... "; NULL: nothing. is_new: it
 * is to be given to a new object. The name is hostile, and of any length. */
const char *ism_native_complaint(const char *name, bool is_new);

/* Make an object for this user alone, if the name is free; or get a handle of one, whoever's it is, if the
 * system lets this user. It is measured, but neither committed nor mapped yet. ISM_E_FOREIGN: what bears the
 * name is no shared memory. */
ism_status ism_native_create(const char *name, uint64_t length, struct ism_memory *out, struct ism_cause *why);
ism_status ism_native_open(const char *name, bool writable, struct ism_memory *out, struct ism_cause *why);

/* Free the name. only: if it still means this object; NULL: whatever it means. ISM_E_UNSUPPORTED: the system
 * frees it by itself, with the last handle. */
ism_status ism_native_remove(const char *name, const struct ism_memory *only, struct ism_cause *why);

/* ---- sealed objects: without a name, handed over as descriptors, of a length that nobody can change ---- */

/* Make an object, all zero, for this user alone, and measure it; the system's tools show the label. It is not sealed
 * yet. ISM_E_UNSUPPORTED: there are none here. */
ism_status ism_sealed_create(const char *label, uint64_t length, struct ism_memory *out, struct ism_cause *why);

/* From now on its length stays what it is; and unless others may write, what is mapped for writing already is all
 * through which it is written. */
ism_status ism_sealed_seal(struct ism_memory *memory, bool others_may_write, struct ism_cause *why);

/* Get a handle of one's own of the object that a descriptor means, and measure it. ISM_E_INVALID: it is no
 * descriptor. ISM_E_FOREIGN: what it means can be made shorter. */
ism_status ism_sealed_open(intptr_t descriptor, bool writable, struct ism_memory *out, struct ism_cause *why);

/* ---- lease ---- */

enum ism_lease {
    ISM_LEASE_NONE,   /* no process has the object */
    ISM_LEASE_HELD,   /* at least one process has a lease, and lives */
    ISM_LEASE_LEAVING /* somebody is about to discard it, or to take a lease: look again soon */
};

/* From begin to end no other thread of this process looks up, creates, leases, leaves or discards an object,
 * nor does it fork; where the lease needs that to be exact (traits.locks_names), no other process does either
 * with objects among those names. Not nested. A process that dies in between ends it. All that follows
 * here, and opening, creating and unlinking, is done in between. */
ism_status ism_lease_begin(struct ism_names names, struct ism_cause *why);
void ism_lease_end(void);

/* Does anyone have a lease on this object, the caller's own handle not counted? To be asked before
 * ism_lease_take(). */
enum ism_lease ism_lease_look(const struct ism_memory *memory);

/* Be counted as having the object, from now until ism_lease_leave(), exit or death, in forked children
 * too. ISM_E_BUSY: it is being discarded. Where names are not locked it may have been already: then measuring it
 * again tells. */
ism_status ism_lease_take(struct ism_memory *memory, struct ism_cause *why);

/* Make sure that nobody else has the object, and that nobody gets it until the caller closes it. ISM_E_BUSY: somebody has. The object was opened for writing. */
ism_status ism_lease_take_alone(struct ism_memory *memory, struct ism_cause *why);

/* Unmap and close an object with a lease. If free_if_last and nobody else has it, it is freed; where begin failed,
 * core leaves without that. */
void ism_lease_leave(struct ism_memory *memory, bool free_if_last);

/* Process ids of those who have the object, as far as the lease tells. Returns how many were stored. */
unsigned ism_lease_holders(const struct ism_memory *memory, uint64_t *ids, unsigned limit);

/* ---- life ---- */

/* A thread, for as long as it lives: a slot (24 bits, not 0) below a serial that is drawn anew each time
 * the slot is taken. Bits 24 to 31 are zero: lock words keep their flags there. 0 is no life. */
typedef uint64_t ism_life;

#define ISM_LIFE_BITS UINT64_C(0xffffffff00ffffff)

/* Use the table that this user's lives are entered in, and tell its random id (never 0). Every process
 * uses it while it has a region open, and it lasts as long as any process uses it: so no lock in a region
 * that anyone has open can name a life in a table that is gone. Each call is paired with one of
 * ism_life_table_leave(). */
ism_status ism_life_table_use(uint64_t *id, struct ism_cause *why);
void ism_life_table_leave(void);

/* The table of a shared object, or of one of the whole machine where scopes are told apart: whoever may use the object
 * may use it, and nobody else. Each call is paired with one of
 * ism_life_table_unshare(), and made before the lease is taken. The object was measured. ISM_E_UNSUPPORTED: there is
 * none. */
struct ism_life_table;
ism_status ism_life_table_share(const struct ism_memory *object, struct ism_life_table **out, uint64_t *id,
                                struct ism_cause *why);
void ism_life_table_unshare(struct ism_life_table *table);

/* The calling thread's life in a table (NULL: this user's), the same at each call; a forked child's threads get new
 * ones. */
ism_status ism_life_take(struct ism_life_table *table, ism_life *out, struct ism_cause *why);

/* Has this life of the table ended? The kernel's word: true is never wrong, and once true it stays true. False
 * also if the system gives no answer now. */
bool ism_life_ended(struct ism_life_table *table, ism_life life);

/* The same as far as it can be told without a system call: true where memory says so, else false. */
bool ism_life_is_known_to_have_ended(const struct ism_life_table *table, ism_life life);

/* ---- wait ---- */

/* A 32-bit word that processes sleep on. */
struct ism_place {
    uint32_t *word;               /* where this process has it mapped */
    uint64_t region;              /* the region's random id */
    uint64_t offset;              /* of the word in the region */
    struct ism_life_table *lives; /* the region's; NULL: this user's */
};

/* Sleep while the word holds the value, for no longer than some nanoseconds. Also returns when woken, may
 * return when the watched life ends (0: watch none), and may return for no reason. ism_life_ended() has been asked about
 * that life. */
void ism_wait_sleep(const struct ism_place *place, uint32_t value, ism_life watched, uint64_t nanoseconds);

/* Wake one sleeper, or all. False: nobody was asleep, as far as can be told. */
bool ism_wait_wake(const struct ism_place *place, bool all);

/* ---- process ---- */

/* Nanoseconds on the monotonic clock, the same in all processes; never 0. */
uint64_t ism_process_now(void);

/* Sleep, for about so long. */
void ism_process_pause(uint64_t nanoseconds);

/* Bytes that nobody can guess. */
ism_status ism_process_random(void *bytes, size_t size, struct ism_cause *why);

/* Processors of the machine that run processes; 1 or more. */
unsigned ism_process_cores(void);

/* This process's id, as the system shows it to others. */
uint64_t ism_process_id(void);

/* Is there a living process of that id, as far as this one can see? */
bool ism_process_exists(uint64_t id);

/* A word of this process alone: 0 at its start, and 0 again in a forked child whatever the parent wrote. */
uint64_t *ism_process_epoch(void);

/* How many times this process has forked, or been forked: a lease taken before the last of these may be
 * shared with another process. */
uint64_t ism_process_forks(void);

/* How many forks made this process: what belongs to an earlier generation belongs to a parent. */
uint64_t ism_process_generation(void);

/* Two locks of this process alone; whoever takes both takes them in this order. No fork happens while
 * another thread is inside one. */
enum ism_process_lock { ISM_LOCK_NAMES, ISM_LOCK_REGISTRY };
void ism_process_lock(enum ism_process_lock which);
void ism_process_unlock(enum ism_process_lock which);

/* Between these the calling thread is not cancelled, where threads can be. May be nested. */
void ism_process_shield(void);
void ism_process_unshield(void);

#endif
