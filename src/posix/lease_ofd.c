/* lease_ofd.c: whoever has an object holds a read lock on a byte of it, by the open file description
 * that it was mapped through.
 *
 * The kernel drops the lock with the last descriptor and mapping of the description: at close, exec or
 * death, even of a zombie; forked children share it. It works for read-only descriptors and across pid
 * namespaces. The byte's place tells the process's id, so one lock says whether and who. The bytes, far
 * behind the end of the object:
 *   NAME      write-locked by the one who is about to unlink the object
 *   HOLDERS   one byte per process id; write-locked as a whole, with NAME, by the one who discards
 * No opener takes a lock before it has seen another holder's, so two of them can't bring a dead region back
 * to life by seeing each other; one that then finds that it can't use the region leaves as a holder. */
#include "../unix/record_lock.h"
#include "../unix/system_error.h"
#include "posix.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#define NAME_OFFSET (UINT64_C(1) << 40)
#define HOLDERS_OFFSET (NAME_OFFSET + 1)
#define HOLDERS_LENGTH (UINT64_C(1) << 32)
#define ALL_LENGTH (HOLDERS_LENGTH + 1)

#define PATIENCE UINT64_C(1000000000) /* nanoseconds that another process gets to unlink */
#define PAUSE UINT64_C(100000)

ism_status ism_posix_lock_name(const struct ism_memory *memory, struct ism_cause *why)
{
    if (memory->alone)
        return ISM_OK;
    uint64_t end = ism_process_now() + PATIENCE;
    for (;;) {
        int code = ism_record_lock((int)memory->handle, F_WRLCK, NAME_OFFSET, 1);
        if (code == 0)
            return ISM_OK;
        if (code != EAGAIN)
            return ism_system_failure(why, "fcntl", code);
        if (ism_process_now() >= end)
            return ISM_E_BUSY;
        ism_process_pause(PAUSE);
    }
}

ism_status ism_lease_begin(struct ism_cause *why)
{
    (void)why;
    return ISM_OK;
}

void ism_lease_end(void)
{
}

enum ism_lease ism_lease_look(const struct ism_memory *memory)
{
    int type;
    uint64_t start;
    if (ism_record_conflict((int)memory->handle, HOLDERS_OFFSET, HOLDERS_LENGTH, &type, &start) != 0)
        return ISM_LEASE_HELD; /* no answer: nothing may be discarded */
    if (type == F_UNLCK)
        return ISM_LEASE_NONE;
    return type == F_WRLCK ? ISM_LEASE_LEAVING : ISM_LEASE_HELD;
}

ism_status ism_lease_take(struct ism_memory *memory, struct ism_cause *why)
{
    int code = ism_record_lock((int)memory->handle, F_RDLCK, HOLDERS_OFFSET + ism_process_id(), 1);
    if (code == EAGAIN)
        return ISM_E_BUSY;
    if (code != 0)
        return ism_system_failure(why, "fcntl", code);
    memory->leased = true;
    memory->forks = ism_process_forks();
    return ISM_OK;
}

ism_status ism_lease_take_alone(struct ism_memory *memory, struct ism_cause *why)
{
    int code = ism_record_lock((int)memory->handle, F_WRLCK, NAME_OFFSET, ALL_LENGTH);
    if (code == EAGAIN)
        return ISM_E_BUSY;
    if (code != 0)
        return ism_system_failure(why, "fcntl", code);
    memory->alone = true;
    return ISM_OK;
}

/* Free the object if nobody has it. The handle has no lease any more. */
static void free_if_alone(struct ism_memory *memory)
{
    struct ism_cause ignored;
    if (ism_lease_take_alone(memory, &ignored) == ISM_OK)
        (void)ism_memory_unlink(memory, &ignored);
}

/* First give up the own lock, then see whether nobody else has one: two last leavers who did it the other
 * way round could each see the other and both go. A description that may be shared with a forked child,
 * or that can't write, serves for neither; then a fresh one does. */
void ism_lease_leave(struct ism_memory *memory, bool free_if_last)
{
    struct ism_memory fresh;
    struct ism_cause ignored;
    bool is_shared = memory->forks != ism_process_forks();
    if (!free_if_last || is_shared || !memory->writable) {
        uint64_t identity = memory->identity;
        ism_memory_close(memory);
        if (!free_if_last || ism_memory_open(memory->native, true, &fresh, &ignored) != ISM_OK)
            return;
        if (ism_memory_measure(&fresh, &ignored) == ISM_OK && fresh.identity == identity)
            free_if_alone(&fresh);
        ism_memory_close(&fresh);
        return;
    }
    if (memory->address != NULL)
        (void)munmap(memory->address, (size_t)memory->length);
    memory->address = NULL;
    (void)ism_record_lock((int)memory->handle, F_UNLCK, NAME_OFFSET, ALL_LENGTH);
    free_if_alone(memory);
    ism_memory_close(memory);
}

/* The kernel reports any lock in the range, not the first one: search on both sides of it. */
static unsigned holders_between(const struct ism_memory *memory, uint64_t start, uint64_t end,
                                uint64_t *ids, unsigned limit)
{
    int type;
    uint64_t found;
    unsigned count = 0;
    while (count < limit && start < end &&
           ism_record_conflict((int)memory->handle, start, end - start, &type, &found) == 0 &&
           type == F_RDLCK && found >= start && found < end) {
        ids[count++] = found - HOLDERS_OFFSET;
        count += holders_between(memory, start, found, ids + count, limit - count);
        start = found + 1;
    }
    return count;
}

unsigned ism_lease_holders(const struct ism_memory *memory, uint64_t *ids, unsigned limit)
{
    unsigned count = 0;
    if (memory->leased && limit > 0)
        ids[count++] = ism_process_id();
    return count + holders_between(memory, HOLDERS_OFFSET, HOLDERS_OFFSET + HOLDERS_LENGTH,
                                   ids + count, limit - count);
}
