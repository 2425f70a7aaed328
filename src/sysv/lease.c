/* lease.c: whoever has an object is attached to it, and the kernel counts the attachments.
 *
 * The count (shm_nattch) is exact in that it is zero when nobody has the object: forked children
 * have attachments of their own; exec and death end them, that of a zombie too. (Linux counts each
 * piece of a mapping that mprotect() or mlock() has split.) It does not tell a holder from one who
 * only looks, since reading needs an attachment as well. So whoever looks, takes or discards does
 * it inside the names lock of the user's file, which a death ends too, after the attachments. Weak
 * side: processes that share segments but not the user's file (containers with a common IPC
 * namespace) may see each other's looks as leases, and a discard there can meet a newcomer. */
#include "sysv.h"

enum ism_lease ism_lease_look(const struct ism_memory *memory)
{
    struct ism_cause ignored;
    struct shmid_ds now;
    ism_status status = ism_sysv_stat(memory, &now, &ignored);
    if (status == ISM_E_NOT_FOUND)
        return ISM_LEASE_NONE;
    if (status != ISM_OK)
        return ISM_LEASE_HELD; /* no answer: nothing may be discarded */
    uint64_t own = memory->address != NULL ? 1 : 0;
    return (uint64_t)now.shm_nattch > own ? ISM_LEASE_HELD : ISM_LEASE_NONE;
}

ism_status ism_lease_take(struct ism_memory *memory, struct ism_cause *why)
{
    ism_status status = ism_memory_map(memory, why);
    if (status != ISM_OK)
        return status == ISM_E_NOT_FOUND ? ISM_E_BUSY : status;
    memory->leased = true;
    memory->forks = ism_process_forks();
    return ISM_OK;
}

/* Between begin and end nobody else can come. */
ism_status ism_lease_take_alone(struct ism_memory *memory, struct ism_cause *why)
{
    if (ism_lease_look(memory) != ISM_LEASE_NONE) {
        *why = (struct ism_cause){NULL, 0};
        return ISM_E_BUSY;
    }
    memory->alone = true;
    return ISM_OK;
}

void ism_lease_leave(struct ism_memory *memory, bool free_if_last)
{
    struct ism_cause ignored;
    ism_memory_close(memory);
    if (free_if_last && ism_lease_take_alone(memory, &ignored) == ISM_OK) {
        (void)ism_memory_unlink(memory, &ignored);
        ism_memory_close(memory);
    }
}

/* The kernel counts them, but only the attach list in the control block names them. */
unsigned ism_lease_holders(const struct ism_memory *memory, uint64_t *ids, unsigned limit)
{
    (void)memory;
    (void)ids;
    (void)limit;
    return 0;
}
