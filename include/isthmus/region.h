/* Named pieces of shared memory (promises R1 to R11, R14).
 *
 * A region has a name, an exact size and a lifetime. Any number of processes of one user may have
 * it open; each sees the same bytes, at an address of its own. */
#ifndef ISTHMUS_REGION_H
#define ISTHMUS_REGION_H

#include "sync.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A name has 1 to ISM_NAME_MAX bytes of A-Z a-z 0-9 . _ - and is neither "." nor "..". Case matters
 * everywhere. Names are a user's own: two users' regions of one name have nothing in common. Regions that
 * are open to others (ism_access) have names of their own, which all users share. */
#define ISM_NAME_MAX 200
#define ISM_NATIVE_NAME_MAX 255 /* bytes of the longest name that an operating system is given */
#define ISM_PATH_MAX 511        /* bytes of the longest path of a region that is a file */
#define ISM_TOKEN_MAX 255       /* bytes of the longest token */
#define ISM_ATTACHED_MAX 64     /* processes of which ism_region_info tells the ids */

/* What this process has open. */
typedef struct ism_region ism_region;

typedef enum ism_lifetime {
    /* Gone with the last process that has it open, however that process ended. */
    ISM_LIFETIME_PROCESSES = 0,
    /* There until it is removed or the machine restarts; on Windows also until the user logs off. */
    ISM_LIFETIME_PERSISTENT = 1
} ism_lifetime;

/* Who may use a region, by the operating system's own protection (R8), whatever the umask is. */
typedef enum {
    ISM_ACCESS_OWNER = 0, /* the user who made it */
    /* Also the members of its creator's effective group; on Windows of the primary group of the process's token, which is
     * commonly one that all of the machine's or the domain's users are in, and may be set to another. */
    ISM_ACCESS_GROUP = 1,
    /* Every user of the machine. Any of them may then spoil what is in it, hold its locks for ever, and take
     * a name that nobody has yet: ism_region_info tells the owner (not on Windows, where the object itself does). */
    ISM_ACCESS_EVERYONE = 2
} ism_access;

/* How far a name reaches. Only Windows makes a difference: there each logon session has names of its own, and those of
 * the machine are others, which all sessions see. Creating a region of the machine takes the privilege
 * SeCreateGlobalPrivilege there, which services and administrators have; opening one does not. Between a service and a
 * user's program only regions of the machine can be shared. */
typedef enum ism_scope { ISM_SCOPE_SESSION = 0, ISM_SCOPE_MACHINE = 1 } ism_scope;

/* Open for reading only: needs no write permission, and a write through it faults (R9). */
#define ISM_REGION_READ_ONLY 0x1u
/* Reserve nothing at creation. Then a full memory file system kills the process that touches the
 * memory (SIGBUS), instead of failing the create with ISM_E_NO_SPACE (R4). */
#define ISM_REGION_LAZY 0x2u

/* What this handle would like of its memory (R14), at create and open. Each is taken where the system can;
 * a refusal is no failure, and ism_region_info.granted tells what was had. The first three bring in all of the
 * memory, of a lazy region too where there is room; of a lazy region that is opened for reading only they
 * are not taken. */

/* Bring the memory in at once, and enter it in this process's page tables, so that first touches are fast. */
#define ISM_REGION_PREFAULT 0x4u
/* Keep the memory from being swapped out while this handle is open. Systems limit how much a process may
 * lock (on Linux RLIMIT_MEMLOCK); a forked child has the memory, but not locked. */
#define ISM_REGION_LOCKED 0x8u
/* Use huge pages for as much of the memory as fills whole ones. Granted only if the system confirms it: Linux
 * from 6.1 on, where the administrator allows huge pages for shared memory (the mount option huge= of
 * /dev/shm for posix, /sys/kernel/mm/transparent_hugepage/shmem_enabled for sysv: advise, always,
 * within_size). Best asked for by the creator: what lies in small pages is copied. */
#define ISM_REGION_HUGE_PAGES 0x10u
/* Leave the memory out of this process's core dumps; on Windows (10, 1703 and later) out of those that Windows Error
 * Reporting makes, up to 4 GiB at a time. */
#define ISM_REGION_NO_CORE_DUMP 0x20u

/* Creating a sealed region: whoever opens its descriptor can only read it, and the system sees to that. Only
 * who made it, and the children that it forks, can write. */
#define ISM_REGION_ONE_WRITER 0x40u

/* Fills a fresh region, all zero, before any other process can get it.
 * region:  open for writing, to be used only until the callback returns.
 * context: what the options said.
 * Returns: ISM_OK, or anything else to give up the region: it is then removed, and the create
 *          fails with ISM_E_INITIALISER. */
typedef ism_status (*ism_region_initialiser)(ism_region *region, void *context);

/* How to create or open. Zero every field that is not set: zero is the default of each. */
typedef struct ism_region_options {
    uint64_t size;                      /* in bytes, 1 or more; when opening: what it must be, 0 any */
    uint64_t capacity;                  /* create: the size that it may grow to, in bytes; 0: as size */
    ism_lifetime lifetime;              /* create */
    ism_access access;                  /* create: who may use it; open: OWNER looks among this user's names, GROUP and
                        * EVERYONE among those that all users share, and GROUP takes no region that is open
                        * to everyone */
    ism_scope scope;                    /* both */
    uint32_t flags;                     /* ISM_REGION_READ_ONLY (open), _LAZY (create), those of R14 (both), ... */
    ism_deadline deadline;              /* how long to wait for a living process that initialises the region */
    ism_region_initialiser initialiser; /* create; NULL: leave it zero */
    void *initialiser_context;
} ism_region_options;

/* What is known of a region. */
typedef struct ism_region_info {
    char name[ISM_NAME_MAX + 1];               /* "" of a native region */
    char native_name[ISM_NATIVE_NAME_MAX + 1]; /* as the operating system knows it */
    char path[ISM_PATH_MAX + 1];               /* the file that it is; "" where regions are no files */
    uint64_t size;                             /* in bytes, exactly as created */
    uint64_t capacity;                         /* in bytes */
    ism_lifetime lifetime;
    ism_access access;
    uint64_t owner;          /* user id of the one who made it; 0 on Windows, where users have no numbers */
    int stale;               /* nobody has it and nobody can get it: its memory waits to be freed */
    int ready;               /* 0: it is being initialised, or whoever did so died */
    int committed;           /* touching it can't fail for want of space (R4); 0 with ISM_REGION_LAZY */
    uint32_t granted;        /* flags of R14 that are in force, told by ism_region_get_info() alone; for what
                       * another process has grown the region by they are not asked */
    uint32_t attached_count; /* how many ids follow */
    uint64_t attached[ISM_ATTACHED_MAX]; /* ids of processes that have it open, as far as known */
} ism_region_info;

/* Create a region that does not exist yet, and open it for writing.
 * name:    see ISM_NAME_MAX; copied.
 * options: size is required; flags may be ISM_REGION_LAZY and those of R14.
 * out:     on ISM_OK the region, to be given back to ism_region_close(); otherwise NULL.
 * Returns: ISM_OK; ISM_E_INVALID (NULL, or a flag that does not belong here); ISM_E_NAME;
 *          ISM_E_SIZE (0, over the capacity, or more than this process can address); ISM_E_EXISTS
 *          (also while another process initialises it); ISM_E_NO_SPACE; ISM_E_NO_MEMORY;
 *          ISM_E_LIMIT (descriptors, or the system's number of segments); ISM_E_ACCESS
 *          (on Windows also a region of the machine, without the privilege: see ism_scope);
 *          ISM_E_FOREIGN (the native name is taken by something else); ISM_E_VERSION, ISM_E_CORRUPT
 *          (by a region that this version can't read, or a damaged one); ISM_E_TIMED_OUT (somebody was
 *          still discarding a dead one at the deadline); ISM_E_INITIALISER; ISM_E_UNSUPPORTED (a
 *          persistent region of a Windows user without a profile, on Windows one that is open to others or
 *          of the machine, a region for others than its owner on systems that have none, or a system without the locks that leases need);
 *          ISM_E_NOT_FOUND (the system has no place for shared memory); ISM_E_SYSTEM.
 *          An object that a dead process left behind under the name is freed first.
 * Threads: any. Processes: exactly one of several creates. Not in a signal handler. Blocks: only in
 *          the callback, and while the system zeroes the memory. Since: 0.1.
 * Promises: R1, R2, R3, R4, R6, R8, R14, E3. */
ISM_API ism_status ism_region_create(const char *name, const ism_region_options *options, ism_region **out);

/* Open a region that exists.
 * name:    see ISM_NAME_MAX.
 * options: NULL for the defaults; flags may be ISM_REGION_READ_ONLY and those of R14.
 * out:     on ISM_OK the region, to be given back to ism_region_close(); otherwise NULL.
 * Returns: ISM_OK; ISM_E_INVALID; ISM_E_NAME; ISM_E_NOT_FOUND (also for one whose processes have
 *          all died); ISM_E_SIZE (another size than the options say, or more than this process can
 *          address); ISM_E_TIMED_OUT (a living process was still initialising it at the deadline);
 *          ISM_E_ACCESS; ISM_E_FOREIGN; ISM_E_VERSION; ISM_E_CORRUPT (its control block makes no
 *          sense); ISM_E_NO_MEMORY; ISM_E_LIMIT; ISM_E_NO_SPACE (for the table of lock owners; on Windows
 *          also for memory that others only call set aside); ISM_E_SYSTEM. No open removes a region.
 * Threads: any. Not in a signal handler. Blocks: until the deadline, and only while a living process
 *          initialises the region. Since: 0.1. Promises: R1, R2, R3, R6, R8, R9, R14, E2, E3,
 *          E5. */
ISM_API ism_status ism_region_open(const char *name, const ism_region_options *options, ism_region **out);

/* Open a region for writing, or create it if there is none. The callback runs once per region; every
 * other process gets the region only when it has returned. If the one who runs it dies, the next
 * process starts over with a fresh region.
 * name:    see ISM_NAME_MAX.
 * options: as for ism_region_create(); size must be what an existing region has.
 * out:     on ISM_OK the region, to be given back to ism_region_close(); otherwise NULL.
 * Returns: what ism_region_create() and ism_region_open() do, but neither ISM_E_EXISTS nor
 *          ISM_E_NOT_FOUND.
 * Threads: any. Not in a signal handler. Blocks: as both. Since: 0.1.
 * Promises: R1, R2, R3, R4, R6, R8, E2, E3, E5. */
ISM_API ism_status ism_region_open_or_create(const char *name, const ism_region_options *options, ism_region **out);

/* Give back what was opened: the memory is unmapped and must not be touched any more. The last process
 * to close a region of ISM_LIFETIME_PROCESSES frees it.
 * region:  NULL is allowed and does nothing.
 * Returns: ISM_OK; ISM_E_BUSY: a thread of this process owns or waits for a lock in it, through
 *          this handle, or has not yet returned from the call by which it let others go on (an
 *          unlock, a post, ...); nothing was changed.
 * Threads: any, but nobody may use the region meanwhile. In a forked child: yes, the parent keeps
 *          it. Not in a signal handler. Blocks: no. Since: 0.1. Promises: R6, R12, E4. */
ISM_API ism_status ism_region_close(ism_region *region);

/* Free a name. Whoever has the region open keeps its memory; the name can be created anew at once. On Windows that is
 * the session's, or else the machine's.
 * name:    see ISM_NAME_MAX.
 * Returns: ISM_OK; ISM_E_NAME; ISM_E_INVALID; ISM_E_NOT_FOUND (also for one whose processes have all
 *          died, which is freed on the way); ISM_E_ACCESS; ISM_E_FOREIGN; ISM_E_VERSION; ISM_E_CORRUPT
 *          (damaged, and it bears another name; else a damaged one is removed); ISM_E_BUSY (somebody
 *          else is removing it, and does not get done); ISM_E_LIMIT; ISM_E_SYSTEM.
 * Threads: any; of several processes one gets ISM_OK. Not in a signal handler. Blocks: no.
 * Since: 0.1. Promises: R6, R7. */
ISM_API ism_status ism_region_remove(const char *name);

/* The same among the names that all users share. Only the region's owner, or who may do anything, can.
 * name:    see ISM_NAME_MAX.
 * scope:   see ism_scope.
 * Returns: as ism_region_remove(); ISM_E_INVALID also for an unknown scope; ISM_E_ACCESS also for another
 *          user's region; ISM_E_TIMED_OUT (System V, Windows: another process does not get done with looking names
 *          up);
 *          ISM_E_UNSUPPORTED where regions can't be open to others.
 * Threads: any; of several processes one gets ISM_OK. Not in a signal handler. Blocks: no.
 * Since: 0.1. Promises: R6, R7, R8. */
ISM_API ism_status ism_region_remove_shared(const char *name, ism_scope scope);

/* Create a region whose name nobody knows or guesses: "anonymous-" and 128 random bits. It is found by its token, and
 * like any other in all else.
 * options: as for ism_region_create().
 * out:     on ISM_OK the region, to be given back to ism_region_close(); otherwise NULL.
 * Returns: as ism_region_create().
 * Threads: any. Not in a signal handler. Blocks: as ism_region_create(). Since: 0.1. Promises: R10, E3. */
ISM_API ism_status ism_region_create_anonymous(const ism_region_options *options, ism_region **out);

/* The text by which another process of those who may open a region finds it: of letters, digits and . _ - alone,
 * beginning with a letter, so that it can be an argument or a line. It tells the region's name and id, and gives
 * no right to it.
 * region:  open.
 * token:   filled on ISM_OK, otherwise an empty string.
 * Returns: ISM_OK; ISM_E_INVALID; ISM_E_UNSUPPORTED (a native region, which its native name
 *          finds, or a sealed one).
 * Threads: any. Not in a signal handler. Blocks: no. Since: 0.1. Promise: R10. */
ISM_API ism_status ism_region_get_token(const ism_region *region, char token[ISM_TOKEN_MAX + 1]);

/* Open the region that a token was made of, and no other.
 * token:   what ism_region_get_token() gave, in whatever process; it may come from anybody.
 * options: as for ism_region_open(); whose names are meant, and their scope, the token says: of the access only
 *          ISM_ACCESS_GROUP counts, which takes no region that is open to everyone.
 * out:     on ISM_OK the region, to be given back to ism_region_close(); otherwise NULL.
 * Returns: what ism_region_open() does; ISM_E_NOT_FOUND also if its name means another region by now;
 *          ISM_E_TOKEN (no token, or a damaged one); ISM_E_VERSION also for a later version's token.
 * Threads: any. Not in a signal handler. Blocks: as ism_region_open(). Since: 0.1. Promises: R10, E2, E3. */
ISM_API ism_status ism_region_open_token(const char *token, const ism_region_options *options, ism_region **out);

/* Create a region that has no name, is handed over as a descriptor, and can't be made shorter by anybody: so no peer can
 * have a touch of it kill a process (SIGBUS), as it can with a named region. It is gone when nobody has it open.
 * options: as for ism_region_create(); flags may also be ISM_REGION_ONE_WRITER. The deadline is not used.
 * out:     on ISM_OK the region, to be given back to ism_region_close(); otherwise NULL.
 * Returns: ISM_OK; ISM_E_UNSUPPORTED (everywhere but on Linux with the posix backend; a persistent one; a kernel that
 *          does not know ISM_REGION_ONE_WRITER); ISM_E_INVALID; ISM_E_SIZE; ISM_E_NO_SPACE; ISM_E_NO_MEMORY;
 *          ISM_E_LIMIT; ISM_E_ACCESS; ISM_E_INITIALISER; ISM_E_SYSTEM.
 * Threads: any. Not in a signal handler. Blocks: only in the callback, and while the system zeroes the memory.
 * Since: 0.1. Promises: R3, R4, R10, E3. */
ISM_API ism_status ism_region_create_sealed(const ism_region_options *options, ism_region **out);

/* The descriptor by which a sealed region is handed over: a forked child inherits it, another program may too if it
 * is duplicated without close-on-exec, and SCM_RIGHTS sends it to any process.
 * region:  open, and sealed.
 * out:     on ISM_OK the descriptor, which belongs to the region and ends with it; otherwise -1.
 * Returns: ISM_OK; ISM_E_INVALID; ISM_E_UNSUPPORTED (any other region).
 * Threads: any. Not in a signal handler. Blocks: no. Since: 0.1. Promise: R10. */
ISM_API ism_status ism_region_get_descriptor(const ism_region *region, intptr_t *out);

/* Open the sealed region that a descriptor means.
 * descriptor: of this process, and from whomever it may be; it stays the caller's.
 * options: NULL for the defaults; flags may be ISM_REGION_READ_ONLY, and have to be where the descriptor can't write or
 *          the region has one writer. size: what it must have, 0 any. The deadline is not used.
 * out:     on ISM_OK the region, to be given back to ism_region_close(); otherwise NULL. Its locks answer
 *          ISM_E_UNSUPPORTED to another user than its creator.
 * Returns: ISM_OK; ISM_E_UNSUPPORTED; ISM_E_INVALID (also if it is no descriptor); ISM_E_FOREIGN (no sealed region: one
 *          could still be made shorter); ISM_E_BUSY (its initialiser has not returned); ISM_E_SIZE; ISM_E_ACCESS;
 *          ISM_E_VERSION; ISM_E_CORRUPT; ISM_E_NO_MEMORY; ISM_E_LIMIT; ISM_E_NO_SPACE (for the table of lock owners);
 *          ISM_E_SYSTEM.
 * Threads: any. Not in a signal handler. Blocks: no. Since: 0.1. Promises: R9, R10, E2, E3, E5. */
ISM_API ism_status ism_region_open_descriptor(intptr_t descriptor, const ism_region_options *options, ism_region **out);

/* Make shared memory that other software attaches to by its native name: one that shm_open() takes ("/video")
 * on POSIX systems, such as Python's shared_memory; a key ("0x1234", or in decimal) on System V; a section
 * ("video", "Local\video", "Global\video") on Windows. No byte of ours lies in it. It is listed by no call
 * here, has no locks (ISM_E_UNSUPPORTED) and does not grow. It lives as long as the system lets it: on Windows
 * with its last handle, elsewhere until it is removed or the machine restarts; ism_region_info tells.
 * native_name: see above; the names of regions are refused.
 * options: size is required, and rounded up to pages where the system does so (Windows): ism_region_size()
 *          tells what came of it. flags may be ISM_REGION_LAZY. A lifetime of ISM_LIFETIME_PROCESSES, the
 *          default, takes what the system gives. The deadline is not used.
 * out:     on ISM_OK the region, to be given back to ism_region_close(), which removes nothing; otherwise NULL.
 * Returns: ISM_OK; ISM_E_INVALID; ISM_E_NAME (no native name of this system, or a region's); ISM_E_SIZE (0, or
 *          more than this process can address); ISM_E_EXISTS; ISM_E_UNSUPPORTED (an initialiser, since other
 *          software can't be made to wait for it; a capacity over the size; a persistent one on Windows);
 *          ISM_E_NO_SPACE; ISM_E_NO_MEMORY; ISM_E_LIMIT; ISM_E_ACCESS; ISM_E_FOREIGN (the name is that of
 *          something else than shared memory); ISM_E_SYSTEM.
 * Threads: any. Processes: exactly one of several creates; others may see the object before it has its size.
 *          Not in a signal handler. Blocks: only while the system zeroes the memory. Since: 0.1.
 * Promises: R4, R8, R11, E3. */
ISM_API ism_status ism_region_create_native(const char *native_name, const ism_region_options *options,
                                            ism_region **out);

/* Attach to shared memory that other software made, or ism_region_create_native().
 * native_name: as for ism_region_create_native(); on System V also the id of a segment ("id:65538").
 * options: NULL for the defaults; flags may be ISM_REGION_READ_ONLY. size: what the object must have; where sizes
 *          are rounded up (Windows), what it must have at least. The deadline is not used.
 * out:     on ISM_OK the region, to be given back to ism_region_close(), which removes nothing; otherwise NULL.
 *          Its size is what the system says. If whoever made it shrinks it, touching what is gone kills (SIGBUS).
 * Returns: ISM_OK; ISM_E_INVALID; ISM_E_NAME; ISM_E_NOT_FOUND; ISM_E_SIZE (another one than the options say; 0,
 *          as while its maker is making it; or more than this process can address); ISM_E_ACCESS;
 *          ISM_E_FOREIGN; ISM_E_NO_MEMORY; ISM_E_LIMIT; ISM_E_SYSTEM. No open removes anything.
 * Threads: any. Not in a signal handler. Blocks: no. Since: 0.1. Promises: R9, R11, E3. */
ISM_API ism_status ism_region_open_native(const char *native_name, const ism_region_options *options, ism_region **out);

/* Free a native name. Whoever has the object mapped keeps its memory.
 * native_name: as for ism_region_open_native().
 * Returns: ISM_OK; ISM_E_INVALID; ISM_E_NAME; ISM_E_NOT_FOUND; ISM_E_ACCESS; ISM_E_UNSUPPORTED (on Windows:
 *          the system frees a section's name by itself, with the last handle of it); ISM_E_SYSTEM.
 * Threads: any; of several processes one gets ISM_OK. Not in a signal handler. Blocks: no. Since: 0.1.
 * Promise: R11. */
ISM_API ism_status ism_region_remove_native(const char *native_name);

/* The region's memory.
 * region:  open.
 * Returns: the address of its first byte in this process, page-aligned; NULL for NULL.
 * Threads: any; may be called from a signal handler. Blocks: no. Since: 0.1. Promise: R3. */
ISM_API void *ism_region_data(const ism_region *region);

/* How large the region is now.
 * region:  open.
 * Returns: its size in bytes, exactly as created on every system, or as any process has grown it since; 0 for
 *          NULL.
 * Threads: any; may be called from a signal handler. Blocks: no. Since: 0.1. Promises: R3, R5. */
ISM_API uint64_t ism_region_size(const ism_region *region);

/* Make the region at least so large, in place: no address changes, the new bytes are zero, and every process
 * that has it open can use them at once, and sees the new size by ism_region_size(). A region never shrinks.
 * region:  open for writing.
 * size:    in bytes, up to the capacity that it was created with; one that is no larger than the region is
 *          changes nothing.
 * Returns: ISM_OK; ISM_E_INVALID (NULL); ISM_E_READ_ONLY; ISM_E_SIZE (over the capacity); ISM_E_NO_SPACE,
 *          ISM_E_NO_MEMORY (nothing has changed); ISM_E_UNRECOVERABLE, ISM_E_DEADLOCK (another process has
 *          spoiled the control block); ISM_E_UNSUPPORTED, ISM_E_LIMIT, ISM_E_ACCESS, ISM_E_SYSTEM (as
 *          ism_mutex_lock()); ISM_E_UNSUPPORTED also for a native region.
 * Threads: any. Processes: any number at once; the largest size counts. One that is killed meanwhile keeps
 *          nobody else from growing it. Not in a signal handler. Blocks: while another process grows the region,
 *          and while the system zeroes the memory. Since: 0.1. Promises: R4, R5. */
ISM_API ism_status ism_region_grow(ism_region *region, uint64_t size);

/* What the operating system calls the region: the name that shm_open() takes on POSIX systems, the
 * key in hexadecimal on System V, the section's name on Windows.
 * region:  open.
 * Returns: a string that is valid until the region is closed; "" for NULL, and for a sealed region.
 * Threads: any; may be called from a signal handler. Blocks: no. Since: 0.1. Promise: R1. */
ISM_API const char *ism_region_native_name(const ism_region *region);

/* All that is known of an open region.
 * region:  open.
 * out:     filled on ISM_OK, otherwise unchanged.
 * Returns: ISM_OK; ISM_E_INVALID; ISM_E_CORRUPT; ISM_E_SYSTEM.
 * Threads: any. Not in a signal handler. Blocks: no. Since: 0.1. Promises: R13, R14. */
ISM_API ism_status ism_region_get_info(const ism_region *region, ism_region_info *out);

/* All that is known of a region, without opening it: looking keeps nothing alive. On Windows the session's names come
 * first, then the machine's.
 * name:    see ISM_NAME_MAX.
 * out:     filled on ISM_OK, otherwise unchanged.
 * Returns: ISM_OK, also for a stale or half-made region; ISM_E_INVALID; ISM_E_NAME;
 *          ISM_E_NOT_FOUND; ISM_E_ACCESS; ISM_E_FOREIGN; ISM_E_VERSION; ISM_E_CORRUPT;
 *          ISM_E_LIMIT; ISM_E_SYSTEM.
 * Threads: any. Not in a signal handler. Blocks: no. Since: 0.1. Promise: R13. */
ISM_API ism_status ism_region_look(const char *name, ism_region_info *out);

/* The same among the names that all users share.
 * name:    see ISM_NAME_MAX.
 * scope:   see ism_scope.
 * out:     filled on ISM_OK, otherwise unchanged.
 * Returns: as ism_region_look(); ISM_E_INVALID also for an unknown scope; ISM_E_TIMED_OUT (System V, Windows: another
 *          process does not get done with looking names up); ISM_E_UNSUPPORTED where regions can't be open to others.
 * Threads: any. Not in a signal handler. Blocks: no. Since: 0.1. Promises: R8, R13. */
ISM_API ism_status ism_region_look_shared(const char *name, ism_scope scope, ism_region_info *out);

/* Called for each region that is listed or tidied.
 * info:    of this region, valid during the call.
 * outcome: listing: ISM_OK; tidying: ISM_OK if it was removed, otherwise why it could not be.
 * context: what the caller said.
 * Returns: 0 to go on, anything else to stop. It may call the library. */
typedef int (*ism_region_visitor)(const ism_region_info *info, ism_status outcome, void *context);

/* Visit every region of this user, and those of others that are open to it, stale and half-made ones
 * included, in no particular order. One of its own that can't be read is visited with what is known: its
 * native name, and the outcome that says why.
 * visitor: called for each.
 * context: handed to it.
 * Returns: ISM_OK, also when the visitor stopped; ISM_E_INVALID; ISM_E_NO_MEMORY; ISM_E_LIMIT;
 *          ISM_E_ACCESS; ISM_E_TIMED_OUT (System V, Windows: another process does not get done with the names that all
 *          users share, which were not visited); ISM_E_SYSTEM.
 * Threads: any. Processes: what is created or removed meanwhile may be visited or not. Not in a
 *          signal handler. Blocks: no. Since: 0.1. Promise: R13. */
ISM_API ism_status ism_region_list(ism_region_visitor visitor, void *context);

/* Free what dead processes left behind, as far as this user may. Never touches a region that a living process has or makes, nor
 * a persistent one.
 * visitor: called for each stale region, removed or not; NULL for nobody.
 * context: handed to it.
 * Returns: as ism_region_list().
 * Threads: any; safe while others create and open. Not in a signal handler. Blocks: no. Since: 0.1.
 * Promises: R6, R13. */
ISM_API ism_status ism_region_tidy(ism_region_visitor visitor, void *context);

#ifdef __cplusplus
}
#endif

#endif
