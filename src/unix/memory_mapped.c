/* memory_mapped.c: bytes of objects that can only be mapped: System V's segments, and objects of shm_open() that
 * are no files.
 *
 * There is no file system that could set memory aside, so pages are brought in: the system promises more objects
 * than it has memory for. */
#include "../atomics.h"
#include "advice.h"

#include <errno.h>
#include <string.h>

ism_status ism_memory_commit(struct ism_memory *memory, uint64_t offset, uint64_t length, struct ism_cause *why)
{
    uint64_t within = offset % ism_memory_page();
    if (ism_advice_prefault(memory->address + (offset - within), length + within, true))
        return ISM_OK;
    *why = (struct ism_cause){"madvise", errno};
    return ISM_E_NO_SPACE;
}

ism_status ism_memory_read(struct ism_memory *memory, uint64_t offset, void *bytes, size_t size, struct ism_cause *why)
{
    ism_status status = ism_memory_map(memory, why);
    if (status != ISM_OK)
        return status;
    memcpy(bytes, memory->address + offset, size);
    __atomic_thread_fence(__ATOMIC_ACQUIRE); /* pairs with the release of ism_publish_bytes() */
    return ISM_OK;
}

ism_status ism_memory_write(struct ism_memory *memory, uint64_t offset, const void *bytes, size_t size,
                            struct ism_cause *why)
{
    ism_status status = ism_memory_map(memory, why);
    if (status != ISM_OK)
        return status;
    ism_publish_bytes(memory->address + offset, bytes, size);
    return ISM_OK;
}
