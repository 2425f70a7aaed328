/* Locks, and what else processes wait by, that live in shared memory and survive the death of those who use them
 * (promises S1 to S9).
 *
 * An object is a plain struct in the memory of a region that this process has open for writing:
 * 8-byte aligned, of the same layout in every process and for every compiler. Zero bytes are a
 * valid idle object, so fresh memory needs no initialisation, and there is nothing to destroy. */
#ifndef ISTHMUS_SYNC_H
#define ISTHMUS_SYNC_H

#include "status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A point of time in nanoseconds on the system's monotonic clock, or ISM_FOREVER. */
typedef uint64_t ism_deadline;

/* No deadline. Zero, so that it is what a zeroed struct of options says. */
#define ISM_FOREVER ((ism_deadline)0)

#define ISM_MILLISECOND ((uint64_t)1000000) /* in nanoseconds */
#define ISM_SECOND ((uint64_t)1000000000)   /* in nanoseconds */

/* The deadline that lies some time ahead.
 * nanoseconds: the time from now on; 0 gives a deadline that has passed already.
 * Returns: the deadline, never ISM_FOREVER; a time beyond the clock's range gives the last moment
 *          that the clock can tell, in some 500 years.
 * Threads: any. Blocks: no. Since: 0.1. */
ISM_API ism_deadline ism_deadline_after(uint64_t nanoseconds);

#if defined(__cplusplus) && __cplusplus >= 201103L
#define ISM_ALIGNED_8 alignas(8)
#elif defined(_MSC_VER)
#define ISM_ALIGNED_8 __declspec(align(8))
#else
#define ISM_ALIGNED_8 __attribute__((aligned(8)))
#endif

/* ---- mutex (S1, S2) ---- */

/* A lock that one thread of one process owns at a time. Look into it, as into all that follow, only through the calls below:
 * what the words mean is a matter of the library's layout version. */
typedef struct ism_mutex {
    ISM_ALIGNED_8 uint64_t opaque[2];
} ism_mutex;

/* Take the lock, waiting for it as long as it takes.
 * mutex:   in memory of a region that is open for writing in this process.
 * Returns: ISM_OK;
 *          ISM_OWNER_DIED: the lock is yours, and its last owner died (or ended its thread) while
 *            holding it: mend what it protects, then call ism_mutex_consistent() before unlocking;
 *          ISM_E_DEADLOCK: this thread owns it already;
 *          ISM_E_UNRECOVERABLE: somebody who had been told ISM_OWNER_DIED unlocked it without
 *            ism_mutex_consistent(); it can't be locked any more;
 *          ISM_E_INVALID: NULL, not 8-byte aligned, or not in memory of an open region;
 *          ISM_E_READ_ONLY: the region is open for reading only;
 *          ISM_E_UNSUPPORTED: the region names its lock owners in a table that is lost or that this
 *            process may not open, so that it could not tell the living from the dead;
 *          ISM_E_LIMIT, ISM_E_NO_MEMORY, ISM_E_NO_SPACE, ISM_E_ACCESS, ISM_E_SYSTEM: this thread
 *            could not be entered in that table; only its first lock can return these.
 * Threads: any number, of any number of processes. Not in a signal handler. In a forked child: yes,
 *          the child owns nothing that its parent locked. A thread that is cancelled while it waits
 *          does not own the lock; one that ends while owning it counts as dead.
 * Blocks: yes; a signal does not end the wait. Free and uncontended: no system call.
 * Since: 0.1. Promises: S1, S2, S9. */
ISM_API ism_status ism_mutex_lock(ism_mutex *mutex);

/* Take the lock if that is possible at once; a lock whose owner is dead is free.
 * mutex:   as for ism_mutex_lock().
 * Returns: as ism_mutex_lock(); ISM_E_BUSY: another living thread owns it.
 * Threads: as ism_mutex_lock(). Blocks: no. Since: 0.1. Promises: S1, S2. */
ISM_API ism_status ism_mutex_try_lock(ism_mutex *mutex);

/* Take the lock, waiting for it until a deadline.
 * mutex:    as for ism_mutex_lock().
 * deadline: from ism_deadline_after(), or ISM_FOREVER; a lock that is free is taken even when the
 *           deadline has passed.
 * Returns: as ism_mutex_lock(); ISM_E_TIMED_OUT: a living thread still owned it at the deadline.
 * Threads: as ism_mutex_lock(). Blocks: until the deadline. Since: 0.1. Promises: S1, S2, S9. */
ISM_API ism_status ism_mutex_lock_until(ism_mutex *mutex, ism_deadline deadline);

/* Give the lock back. After ISM_OWNER_DIED without ism_mutex_consistent() this gives up what it
 * protects: everybody else is told ISM_E_UNRECOVERABLE from then on.
 * mutex:   one that this thread locked.
 * Returns: ISM_OK; ISM_E_NOT_OWNER: this thread does not own it, nothing was changed;
 *          ISM_E_INVALID: as for ism_mutex_lock().
 * Threads: the one that locked it. Blocks: no. Since: 0.1. Promises: S1, S2, S9. */
ISM_API ism_status ism_mutex_unlock(ism_mutex *mutex);

/* Say that what the lock protects is whole again after ISM_OWNER_DIED.
 * mutex:   one that this thread locked and was told ISM_OWNER_DIED about.
 * Returns: ISM_OK; ISM_E_NOT_OWNER: this thread does not own it;
 *          ISM_E_INVALID: as for ism_mutex_lock(), or there was nothing to mend.
 * Threads: the one that locked it. Blocks: no. Since: 0.1. Promise: S2. */
ISM_API ism_status ism_mutex_consistent(ism_mutex *mutex);

/* ---- read-write lock (S3) ---- */

/* A lock that one writer owns alone, or up to ISM_READERS_MAX readers at once; more readers wait. A writer who waits
 * keeps new readers out, so readers don't starve writers. The death of a writer is told as that of a mutex's
 * owner; the death of a reader does no damage and is not told. */
typedef struct ism_rwlock {
    ISM_ALIGNED_8 uint64_t opaque[64];
} ism_rwlock;

#define ISM_READERS_MAX 60

/* Take the lock for reading, waiting for it as long as it takes.
 * lock:    in memory of a region that is open for writing in this process.
 * Returns: as ism_mutex_lock(), but ISM_E_UNRECOVERABLE comes of ism_rwlock_consistent() and ISM_E_DEADLOCK is told
 *          to a thread that has the lock in whatever way;
 *          ISM_OWNER_DIED: the last writer died while writing, and since only one who is alone can mend
 *            what it left, this thread has the lock as a writer now: mend, then call
 *            ism_rwlock_consistent() before unlocking.
 * Threads: as ism_mutex_lock(). Blocks: yes; a signal does not end the wait. Without a writer, and once this thread
 *          has used this lock: no system call. Since: 0.1. Promises: S3, S9. */
ISM_API ism_status ism_rwlock_read_lock(ism_rwlock *lock);

/* The same if that is possible at once.
 * lock:    as for ism_rwlock_read_lock().
 * Returns: as ism_rwlock_read_lock(); ISM_E_BUSY: somebody writes or waits for it, another reader is just let
 *          in after a writer, or there are too many readers.
 * Threads: as ism_mutex_lock(). Blocks: no. Since: 0.1. Promise: S3. */
ISM_API ism_status ism_rwlock_try_read_lock(ism_rwlock *lock);

/* The same, waiting until a deadline.
 * lock:     as for ism_rwlock_read_lock().
 * deadline: as for ism_mutex_lock_until().
 * Returns: as ism_rwlock_read_lock(); ISM_E_TIMED_OUT.
 * Threads: as ism_mutex_lock(). Blocks: until the deadline. Since: 0.1. Promises: S3, S9. */
ISM_API ism_status ism_rwlock_read_lock_until(ism_rwlock *lock, ism_deadline deadline);

/* Take the lock for writing, waiting for it as long as it takes.
 * lock:    as for ism_rwlock_read_lock().
 * Returns: as ism_rwlock_read_lock(); ISM_OWNER_DIED: the last writer died while writing.
 * Threads: as ism_mutex_lock(). Blocks: yes; a signal does not end the wait. Free: no system call.
 * Since: 0.1. Promises: S3, S9. */
ISM_API ism_status ism_rwlock_write_lock(ism_rwlock *lock);

/* The same if that is possible at once.
 * lock:    as for ism_rwlock_read_lock().
 * Returns: as ism_rwlock_write_lock(); ISM_E_BUSY: somebody reads or writes, is just let in, or has just found that it
 *          can't be.
 * Threads: as ism_mutex_lock(). Blocks: no. Since: 0.1. Promise: S3. */
ISM_API ism_status ism_rwlock_try_write_lock(ism_rwlock *lock);

/* The same, waiting until a deadline.
 * lock:     as for ism_rwlock_read_lock().
 * deadline: as for ism_mutex_lock_until().
 * Returns: as ism_rwlock_write_lock(); ISM_E_TIMED_OUT.
 * Threads: as ism_mutex_lock(). Blocks: until the deadline. Since: 0.1. Promises: S3, S9. */
ISM_API ism_status ism_rwlock_write_lock_until(ism_rwlock *lock, ism_deadline deadline);

/* Give the lock back, whether it was taken for reading or for writing. After ISM_OWNER_DIED without
 * ism_rwlock_consistent() this gives up what it protects, as ism_mutex_unlock() does.
 * lock:    one that this thread has.
 * Returns: ISM_OK; ISM_E_NOT_OWNER: this thread does not have it; ISM_E_INVALID.
 * Threads: the one that took it. Blocks: no. Since: 0.1. Promises: S3, S9. */
ISM_API ism_status ism_rwlock_unlock(ism_rwlock *lock);

/* Say that what the lock protects is whole again after ISM_OWNER_DIED.
 * lock:    one that this thread was told ISM_OWNER_DIED about.
 * Returns: ISM_OK; ISM_E_NOT_OWNER: this thread does not have it as a writer; ISM_E_INVALID: also if there was
 *          nothing to mend.
 * Threads: the one that took it. Blocks: no. Since: 0.1. Promise: S3. */
ISM_API ism_status ism_rwlock_consistent(ism_rwlock *lock);

/* ---- semaphore (S4) ---- */

/* A number of permits. Nobody owns a permit: one that its taker dies with is gone. */
typedef struct ism_semaphore {
    ISM_ALIGNED_8 uint64_t opaque[2];
} ism_semaphore;

#define ISM_PERMITS_MAX 0x7fffffffu

/* Add permits, and wake as many who wait for one.
 * semaphore: in memory of a region that is open for writing in this process.
 * permits:   how many, 0 or more.
 * Returns: ISM_OK; ISM_E_LIMIT: there would be more than ISM_PERMITS_MAX, nothing was added; ISM_E_INVALID,
 *          ISM_E_READ_ONLY, ISM_E_UNSUPPORTED and what a first lock can return, as ism_mutex_lock().
 * Threads: as ism_mutex_lock(). Blocks: no. Nobody waits: no system call. Since: 0.1. Promises: S4, S9. */
ISM_API ism_status ism_semaphore_post(ism_semaphore *semaphore, uint32_t permits);

/* Take a permit, waiting for one as long as it takes. What its poster wrote before is seen then.
 * semaphore: as for ism_semaphore_post().
 * Returns: ISM_OK, and otherwise as ism_semaphore_post().
 * Threads: as ism_mutex_lock(). Blocks: yes; a signal does not end the wait. A permit is there: no system call.
 * Since: 0.1. Promises: S4, S9. */
ISM_API ism_status ism_semaphore_wait(ism_semaphore *semaphore);

/* The same if that is possible at once.
 * semaphore: as for ism_semaphore_post().
 * Returns: as ism_semaphore_wait(); ISM_E_BUSY: there is none.
 * Threads: as ism_mutex_lock(). Blocks: no. Since: 0.1. Promise: S4. */
ISM_API ism_status ism_semaphore_try_wait(ism_semaphore *semaphore);

/* The same, waiting until a deadline.
 * semaphore: as for ism_semaphore_post().
 * deadline:  as for ism_mutex_lock_until().
 * Returns: as ism_semaphore_wait(); ISM_E_TIMED_OUT.
 * Threads: as ism_mutex_lock(). Blocks: until the deadline. Since: 0.1. Promises: S4, S9. */
ISM_API ism_status ism_semaphore_wait_until(ism_semaphore *semaphore, ism_deadline deadline);

/* How many permits there are at this moment.
 * semaphore: as for ism_semaphore_post().
 * Returns: the number; 0 for NULL.
 * Threads: any. Blocks: no. Since: 0.1. Promise: S4. */
ISM_API uint32_t ism_semaphore_permits(const ism_semaphore *semaphore);

/* ---- event (S6) ---- */

/* Something that has happened, or not yet. One and the same event serves as what is called manual reset, by
 * ism_event_wait(), and as auto reset, by ism_event_take(). */
typedef struct ism_event {
    ISM_ALIGNED_8 uint64_t opaque[2];
} ism_event;

/* Set the event: all who wait go on, or, if there are only such who take, one of those.
 * event:   in memory of a region that is open for writing in this process.
 * Returns: ISM_OK; ISM_E_INVALID, ISM_E_READ_ONLY, ISM_E_UNSUPPORTED and what a first lock can return, as
 *          ism_mutex_lock().
 * Threads: as ism_mutex_lock(). Blocks: no. Nobody waits: no system call. Since: 0.1. Promises: S6, S9. */
ISM_API ism_status ism_event_set(ism_event *event);

/* Undo that.
 * event:   as for ism_event_set().
 * Returns: as ism_event_set().
 * Threads: as ism_mutex_lock(). Blocks: no; no system call. Since: 0.1. Promises: S6, S9. */
ISM_API ism_status ism_event_reset(ism_event *event);

/* Wait until the event is set, and leave it set (manual reset). What its setter wrote before is seen then.
 * event:   as for ism_event_set().
 * Returns: as ism_event_set().
 * Threads: as ism_mutex_lock(). Blocks: yes; a signal does not end the wait. It is set: no system call.
 * Since: 0.1. Promises: S6, S9. */
ISM_API ism_status ism_event_wait(ism_event *event);

/* Is the event set?
 * event:   as for ism_event_set().
 * Returns: as ism_event_wait(); ISM_E_BUSY: it is not set.
 * Threads: as ism_mutex_lock(). Blocks: no. Since: 0.1. Promise: S6. */
ISM_API ism_status ism_event_try_wait(ism_event *event);

/* Wait until the event is set or a deadline passes.
 * event:    as for ism_event_set().
 * deadline: as for ism_mutex_lock_until().
 * Returns: as ism_event_wait(); ISM_E_TIMED_OUT.
 * Threads: as ism_mutex_lock(). Blocks: until the deadline. Since: 0.1. Promises: S6, S9. */
ISM_API ism_status ism_event_wait_until(ism_event *event, ism_deadline deadline);

/* Wait until the event is set, and reset it in the same step (auto reset): of several who take it one goes on.
 * event:   as for ism_event_set().
 * Returns: as ism_event_set().
 * Threads: as ism_mutex_lock(). Blocks: yes; a signal does not end the wait. It is set: no system call.
 * Since: 0.1. Promises: S6, S9. */
ISM_API ism_status ism_event_take(ism_event *event);

/* The same if that is possible at once.
 * event:   as for ism_event_set().
 * Returns: as ism_event_take(); ISM_E_BUSY: it is not set.
 * Threads: as ism_mutex_lock(). Blocks: no. Since: 0.1. Promise: S6. */
ISM_API ism_status ism_event_try_take(ism_event *event);

/* The same, waiting until a deadline.
 * event:    as for ism_event_set().
 * deadline: as for ism_mutex_lock_until().
 * Returns: as ism_event_take(); ISM_E_TIMED_OUT.
 * Threads: as ism_mutex_lock(). Blocks: until the deadline. Since: 0.1. Promises: S6, S9. */
ISM_API ism_status ism_event_take_until(ism_event *event, ism_deadline deadline);

/* ---- condition (S5) ---- */

/* A place to wait, under a mutex, for what others change under that mutex. All who wait at one time use one
 * mutex. As of every condition variable, a wait may return for no reason: look again at what was waited for. */
typedef struct ism_condition {
    ISM_ALIGNED_8 uint64_t opaque[2];
} ism_condition;

/* Give the mutex back, wait for a signal, and take the mutex again, as long as it takes.
 * condition: in memory of a region that is open for writing in this process.
 * mutex:     one that this thread owns, in such a region, which may be another one.
 * Returns: ISM_OK: the mutex is the thread's again;
 *          ISM_OWNER_DIED: it is, and another owner of it died meanwhile, see ism_mutex_lock();
 *          ISM_E_UNRECOVERABLE: it is not, since meanwhile it was given up;
 *          ISM_E_NOT_OWNER: this thread does not own the mutex; nothing was changed;
 *          ISM_E_INVALID: also if ism_mutex_consistent() is still to be called; nothing was changed;
 *          ISM_E_READ_ONLY, ISM_E_UNSUPPORTED and what a first lock can return, as ism_mutex_lock().
 * Threads: as ism_mutex_lock(). Blocks: yes. Since: 0.1. Promises: S5, S9. */
ISM_API ism_status ism_condition_wait(ism_condition *condition, ism_mutex *mutex);

/* The same, waiting for a signal until a deadline; the mutex is taken again whenever that is possible.
 * condition: as for ism_condition_wait().
 * mutex:     as for ism_condition_wait().
 * deadline:  as for ism_mutex_lock_until().
 * Returns: as ism_condition_wait(); ISM_E_TIMED_OUT: there was no signal, and the mutex is the thread's again.
 *          ISM_OWNER_DIED is told rather than that the deadline passed.
 * Threads: as ism_mutex_lock(). Blocks: until the deadline, and for the mutex. Since: 0.1. Promises: S5, S9. */
ISM_API ism_status ism_condition_wait_until(ism_condition *condition, ism_mutex *mutex, ism_deadline deadline);

/* Have one who waits go on. The mutex need not be owned.
 * condition: as for ism_condition_wait().
 * Returns: ISM_OK; ISM_E_INVALID, ISM_E_READ_ONLY, ISM_E_UNSUPPORTED and what a first lock can return, as
 *          ism_mutex_lock().
 * Threads: as ism_mutex_lock(). Blocks: no. Nobody waits: no system call. Since: 0.1. Promises: S5, S9. */
ISM_API ism_status ism_condition_signal(ism_condition *condition);

/* Have all who wait go on.
 * condition: as for ism_condition_wait().
 * Returns: as ism_condition_signal().
 * Threads: as ism_mutex_lock(). Blocks: no. Nobody waits: no system call. Since: 0.1. Promises: S5, S9. */
ISM_API ism_status ism_condition_broadcast(ism_condition *condition);

/* ---- barrier (S7) ---- */

/* Where a number of parties wait for each other, over and over. A party that dies after it has arrived has arrived; of
 * one that dies before, the others learn by their deadline. */
typedef struct ism_barrier {
    ISM_ALIGNED_8 uint64_t opaque[2];
} ism_barrier;

#define ISM_PARTIES_MAX 0xffffu

/* Arrive, and wait until all have.
 * barrier: in memory of a region that is open for writing in this process.
 * parties: how many there are, 1 to ISM_PARTIES_MAX; the same in each call.
 * Returns: ISM_OK; ISM_LAST_PARTY: all have arrived, and this was the last one: exactly one is told;
 *          ISM_E_INVALID: also if those who wait already mean another number of parties;
 *          ISM_E_READ_ONLY, ISM_E_UNSUPPORTED and what a first lock can return, as ism_mutex_lock().
 * Threads: as ism_mutex_lock(). Blocks: yes; a signal does not end the wait. Since: 0.1. Promises: S7, S9. */
ISM_API ism_status ism_barrier_arrive(ism_barrier *barrier, uint32_t parties);

/* The same, waiting until a deadline; then this party has not arrived.
 * barrier:  as for ism_barrier_arrive().
 * parties:  as for ism_barrier_arrive().
 * deadline: as for ism_mutex_lock_until().
 * Returns: as ism_barrier_arrive(); ISM_E_TIMED_OUT.
 * Threads: as ism_mutex_lock(). Blocks: until the deadline. Since: 0.1. Promises: S7, S9. */
ISM_API ism_status ism_barrier_arrive_until(ism_barrier *barrier, uint32_t parties, ism_deadline deadline);

/* ---- once (S8) ---- */

/* Something that is to be done once by one of many processes. */
typedef struct ism_once {
    ISM_ALIGNED_8 uint64_t opaque[4];
} ism_once;

/* Does what is to be done once.
 * context: what the caller said.
 * Returns: ISM_OK: it is done; anything else: it is not, and the next one tries. */
typedef ism_status (*ism_once_callback)(void *context);

/* Do it, unless it was done; while another one is at it wait until it is done. If that one dies the next one starts
 * over: the callback finds what the dead one left.
 * once:     in memory of a region that is open for writing in this process.
 * callback: called by one thread at a time, until one has returned ISM_OK.
 * context:  handed to it.
 * Returns: ISM_OK: it is done, and all that was done is seen; ISM_E_INITIALISER: this thread's callback answered
 *          something else; ISM_E_DEADLOCK: called from within its own callback; ISM_E_INVALID;
 *          ISM_E_READ_ONLY, ISM_E_UNSUPPORTED and what a first lock can return, as ism_mutex_lock().
 * Threads: as ism_mutex_lock(). Blocks: in the callback, and while another one is at it. Done: no system call.
 * Since: 0.1. Promises: S8, S9. */
ISM_API ism_status ism_once_run(ism_once *once, ism_once_callback callback, void *context);

#ifdef __cplusplus
}
#endif

#endif
