/* native.c: objects of shm_open() that other software knows.
 *
 * The system keeps their sizes to the byte, and keeps them until they are unlinked. Others see the name
 * as soon as it is taken, with a size of 0 at first; there is no way to publish both at once. */
#include "../unix/descriptor.h"
#include "../unix/system_error.h"
#include "posix.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

const struct ism_native_traits ism_native_traits = {
    .lifetime = ISM_LIFETIME_PERSISTENT,
    .keeps_exact_sizes = true,
};

const char *ism_native_complaint(const char *name, bool is_new)
{
    (void)is_new;
    return ism_posix_native_complaint(name, NAME_MAX - 1);
}

static ism_status measure(struct ism_memory *memory, struct ism_cause *why)
{
    struct stat found;
    if (fstat((int)memory->handle, &found) == -1)
        return ism_system_failure(why, "fstat", errno);
    if (!S_ISREG(found.st_mode))
        return ISM_E_FOREIGN;
    memory->identity = (uint64_t)found.st_ino;
    memory->length = (uint64_t)found.st_size;
    return ISM_OK;
}

ism_status ism_native_create(const char *name, uint64_t length, struct ism_memory *out, struct ism_cause *why)
{
    struct ism_memory memory;
    struct ism_cause ignored;
    int descriptor = ism_descriptor_keep(shm_open(name, O_RDWR | O_CREAT | O_EXCL, 0600));
    if (descriptor == -1)
        return ism_system_failure(why, "shm_open", errno);
    ism_posix_fill(&memory, name, descriptor, true);
    ism_status status = measure(&memory, why);
    if (status == ISM_OK)
        status = ism_posix_give_size(descriptor, 0600, length, why);
    if (status == ISM_OK)
        status = measure(&memory, why);
    if (status == ISM_OK) {
        *out = memory;
        return ISM_OK;
    }
    bool is_known = memory.identity != 0;
    (void)ism_native_remove(name, is_known ? &memory : NULL, &ignored);
    (void)close(descriptor);
    return status;
}

ism_status ism_native_open(const char *name, bool writable, struct ism_memory *out, struct ism_cause *why)
{
    struct ism_memory memory;
    /* Not blocking: it may be a pipe, or a file with a lease on it. */
    int descriptor = ism_descriptor_keep(shm_open(name, (writable ? O_RDWR : O_RDONLY) | O_NONBLOCK, 0));
    if (descriptor == -1)
        return ism_posix_open_failure(why, errno);
    ism_posix_fill(&memory, name, descriptor, writable);
    ism_status status = measure(&memory, why);
    if (status == ISM_OK)
        *out = memory;
    else
        (void)close(descriptor);
    return status;
}

/* No lock keeps other software from exchanging the object between the look and the unlink. */
ism_status ism_native_remove(const char *name, const struct ism_memory *only, struct ism_cause *why)
{
    struct stat found;
    char path[ISM_PATH_MAX + 1];
    ism_memory_path(name, path);
    if (only != NULL && lstat(path, &found) == -1)
        return ism_system_failure(why, "lstat", errno);
    if (only != NULL && (uint64_t)found.st_ino != only->identity)
        return ISM_E_NOT_FOUND;
    return shm_unlink(name) == 0 ? ISM_OK : ism_system_failure(why, "shm_unlink", errno);
}
