/* Locks that live in shared memory and survive the death of their owner (promises S1, S2, S9).
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

#define ISM_MILLISECOND ((uint64_t)1000000)  /* in nanoseconds */
#define ISM_SECOND ((uint64_t)1000000000)    /* in nanoseconds */

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

/* A lock that one thread of one process owns at a time. Look into it only through the calls below:
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

#ifdef __cplusplus
}
#endif

#endif
