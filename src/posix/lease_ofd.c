/* lease_ofd.c: whoever has an object holds a read lock on a byte of it, by the open file description
 * that it was mapped through; where objects can't be locked, on a byte of its side file (side_file.h).
 *
 * The kernel drops the lock with the last descriptor and mapping of the description: at close, exec or
 * death, even of a zombie; forked children share it. It works for read-only descriptors and across pid
 * namespaces. The byte's place tells the process's id, so one lock says whether and who. The bytes, far
 * behind the end of the file:
 *   NAME      write-locked by the one who is about to unlink the object
 *   HOLDERS   one byte per process id, read-locked while it has the object
 * Whoever discards write-locks them all. Looking and taking are two steps, with others in between: so whoever
 * takes has seen a holder before, and looks afterwards whether the object still means anything; and whoever says
 * that it is dead writes that into it first, while he has it alone (core does both). */
#include "../unix/record_lock.h"
#include "posix.h"

#include <fcntl.h>

#define NAME_OFFSET (UINT64_C(1) << 40)
#define PLACES (UINT64_C(1) << 32) /* more than there are process ids */
#define HOLDERS_OFFSET (NAME_OFFSET + 1)
#define ALL_LENGTH (1 + PLACES)

#define PATIENCE UINT64_C(100000000) /* nanoseconds that others get to unlink or discard */
#define PAUSE UINT64_C(100000)

ism_status ism_posix_lock_name(const struct ism_memory *memory, struct ism_cause *why)
{
    if (memory->alone)
        return ISM_OK;
    uint64_t end = ism_process_now() + PATIENCE;
    ism_status status;
    while ((status = ism_record_lock((int)memory->handle, F_WRLCK, NAME_OFFSET, 1, why)) == ISM_E_BUSY) {
        if (ism_process_now() >= end)
            return status;
        ism_process_pause(PAUSE);
    }
    /* Where locks are refused nobody else gets a lease either, and a maker takes back what it made. */
    return memory->made && !memory->leased ? ISM_OK : status;
}

enum ism_lease ism_lease_look(const struct ism_memory *memory)
{
    int type;
    uint64_t start;
    if (ism_record_conflict((int)memory->handle, HOLDERS_OFFSET, PLACES, &type, &start) != 0)
        return ISM_LEASE_HELD; /* no answer: nothing may be discarded */
    if (type == F_UNLCK)
        return ISM_LEASE_NONE;
    return type == F_RDLCK ? ISM_LEASE_HELD : ISM_LEASE_LEAVING;
}

ism_status ism_lease_take(struct ism_memory *memory, struct ism_cause *why)
{
    ism_status status = ism_record_lock((int)memory->handle, F_RDLCK, HOLDERS_OFFSET + ism_process_id(), 1, why);
    if (status != ISM_OK)
        return status;
    memory->leased = true;
    memory->forks = ism_process_forks();
    return ISM_OK;
}

ism_status ism_lease_take_alone(struct ism_memory *memory, struct ism_cause *why)
{
    ism_status status = ism_record_lock((int)memory->handle, F_WRLCK, NAME_OFFSET, ALL_LENGTH, why);
    if (status == ISM_OK)
        memory->alone = true;
    return status;
}

/* Free the object if nobody has it. The handle has no lease any more. One who has it alone may do so only for a
 * moment, to look at it closely. */
static void free_if_alone(struct ism_memory *memory)
{
    struct ism_cause ignored;
    uint64_t end = 0;
    enum ism_lease lease;
    while ((lease = ism_lease_look(memory)) != ISM_LEASE_HELD) {
        if (lease == ISM_LEASE_NONE && ism_lease_take_alone(memory, &ignored) == ISM_OK) {
            (void)ism_memory_unlink(memory, &ignored);
            return;
        }
        uint64_t now = ism_process_now();
        if (end == 0)
            end = now + PATIENCE;
        if (now >= end)
            return;
        ism_process_pause(PAUSE);
    }
}

/* First give up the own lock, then see whether nobody else has one: two last leavers who did it the other
 * way round could each see the other and both go. A creator is often alone, and sees that in one step. A
 * description that may be shared with a forked child, or that can't write, serves for neither; then a fresh one
 * does. */
void ism_lease_leave(struct ism_memory *memory, bool free_if_last)
{
    struct ism_memory fresh;
    struct ism_cause ignored;
    bool is_shared = memory->forks != ism_process_forks();
    if (!free_if_last || is_shared || !memory->writable) {
        uint64_t identity = memory->identity;
        if (!is_shared) /* a process that is just being spawned may have the descriptor too, until it executes */
            ism_record_unlock((int)memory->handle, NAME_OFFSET, ALL_LENGTH);
        ism_memory_close(memory);
        if (!free_if_last || ism_memory_open(memory->native, true, &fresh, &ignored) != ISM_OK)
            return;
        if (ism_memory_measure(&fresh, &ignored) == ISM_OK && fresh.identity == identity)
            free_if_alone(&fresh);
        ism_memory_close(&fresh);
        return;
    }
    if (memory->made && ism_lease_take_alone(memory, &ignored) == ISM_OK) {
        (void)ism_memory_unlink(memory, &ignored);
    } else {
        ism_record_unlock((int)memory->handle, NAME_OFFSET, ALL_LENGTH);
        free_if_alone(memory);
    }
    ism_memory_close(memory);
}

/* The kernel reports any lock in the range, not the first one: search on both sides of it. */
static unsigned holders_between(const struct ism_memory *memory, uint64_t start, uint64_t end, uint64_t *ids,
                                unsigned limit)
{
    int type;
    uint64_t found;
    unsigned count = 0;
    while (count < limit && start < end &&
           ism_record_conflict((int)memory->handle, start, end - start, &type, &found) == 0 && type == F_RDLCK &&
           found >= start && found < end) {
        ids[count++] = found - HOLDERS_OFFSET;
        count += holders_between(memory, start, found, ids + count, limit - count);
        start = found + 1;
    }
    return count;
}

unsigned ism_lease_holders(const struct ism_memory *memory, uint64_t *ids, unsigned limit)
{
    uint64_t own = HOLDERS_OFFSET + ism_process_id();
    unsigned count = 0;
    if (!memory->leased)
        return holders_between(memory, HOLDERS_OFFSET, HOLDERS_OFFSET + PLACES, ids, limit);
    if (limit > 0)
        ids[count++] = ism_process_id(); /* one's own description's locks are not reported */
    count += holders_between(memory, HOLDERS_OFFSET, own, ids + count, limit - count);
    return count + holders_between(memory, own + 1, HOLDERS_OFFSET + PLACES, ids + count, limit - count);
}
