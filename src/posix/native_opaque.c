/* native_opaque.c: objects of shm_open() that other software knows, where they are no files.
 *
 * The system may round their sizes up to pages (macOS does), and keeps them until they are
 * unlinked. Nothing tells an object from a later one of its name. All that can be done with one is
 * to map it, so that is done at once. Others see the name as soon as it is taken, with a size of 0
 * at first. */
#include "../unix/descriptor.h"
#include "../unix/system_error.h"
#include "posix.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAME_BYTES_MAX 31 /* macOS */

const struct ism_native_traits ism_native_traits = {
    .lifetime = ISM_LIFETIME_PERSISTENT,
    .keeps_exact_sizes = false,
};

const char *ism_native_complaint(const char *name, bool is_new)
{
    (void)is_new;
    return ism_posix_native_complaint(name, NAME_BYTES_MAX);
}

/* Core refuses objects of no size, or of more than can be mapped. */
static ism_status measure(struct ism_memory *memory, struct ism_cause *why)
{
    struct stat found;
    if (fstat((int)memory->handle, &found) == -1)
        return ism_system_failure(why, "fstat", errno);
    memory->length = (uint64_t)found.st_size;
    if (memory->length == 0 || memory->length > PTRDIFF_MAX)
        return ISM_OK;
    return ism_posix_map(memory, (int)memory->handle, why);
}

ism_status ism_native_create(const char *name, uint64_t length, struct ism_memory *out, struct ism_cause *why)
{
    struct ism_memory memory;
    int descriptor = ism_descriptor_keep(shm_open(name, O_RDWR | O_CREAT | O_EXCL, 0600));
    if (descriptor == -1)
        return ism_system_failure(why, "shm_open", errno);
    ism_posix_fill(&memory, name, descriptor, true);
    ism_status status = ism_posix_give_size(descriptor, 0600, length, why);
    if (status == ISM_OK)
        status = measure(&memory, why);
    if (status == ISM_OK) {
        *out = memory;
        return ISM_OK;
    }
    (void)shm_unlink(name);
    ism_memory_close(&memory);
    return status;
}

ism_status ism_native_open(const char *name, bool writable, struct ism_memory *out, struct ism_cause *why)
{
    struct ism_memory memory;
    int descriptor = ism_descriptor_keep(shm_open(name, (writable ? O_RDWR : O_RDONLY) | O_NONBLOCK, 0));
    if (descriptor == -1)
        return ism_system_failure(why, "shm_open", errno);
    ism_posix_fill(&memory, name, descriptor, writable);
    ism_status status = measure(&memory, why);
    if (status == ISM_OK)
        *out = memory;
    else
        ism_memory_close(&memory);
    return status;
}

ism_status ism_native_remove(const char *name, const struct ism_memory *only, struct ism_cause *why)
{
    (void)only;
    return shm_unlink(name) == 0 ? ISM_OK : ism_system_failure(why, "shm_unlink", errno);
}
