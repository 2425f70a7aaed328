/* memory.c: objects made by shm_open().
 *
 * On Linux they are files of a memory file system: they have inodes, can be locked and listed, and are
 * sparse until they are committed by posix_fallocate(). A name can be freed while processes have the
 * object, but in a sticky folder only by the object's owner: what others leave is shrunk to one byte, a
 * length that no region has, and its name goes by another candidate. Weak side: anyone who may write the
 * object may also shrink it, and touching what is gone kills with SIGBUS; only sealed descriptors exclude
 * that. */
#include "../unix/access_mode.h"
#include "../unix/descriptor.h"
#include "../unix/folder.h"
#include "../unix/system_error.h"
#include "../unix/user_id.h"
#include "posix.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

const struct ism_traits ism_backend_traits = {
    .name = "posix",
    .candidates = 1,
    .shared_candidates = 8,
    .names_are_exact = true,
    .tells_scopes = false,
    .keeps_persistent = true,
    .frees_names = true,
    .locks_names = false,
    .lease_names_holders = true,
    .reserves_lazily = true,
};

size_t ism_memory_page(void)
{
    return (size_t)sysconf(_SC_PAGESIZE);
}

#define SHARED_PREFIX "/isthmus.all."
#define HOLLOW_LENGTH 1

#define PATIENCE UINT64_C(20000000) /* nanoseconds that a creator gets to give an object its mode */
#define PAUSE UINT64_C(100000)

/* 9 + 10 + 1 + 200 + 2 bytes always fit. No name has a '~' in it. */
void ism_memory_native_name(const char *name, struct ism_names names, unsigned candidate,
                            char native[ISM_NATIVE_NAME_MAX + 1])
{
    if (!names.shared)
        (void)snprintf(native, ISM_NATIVE_NAME_MAX + 1, "/isthmus.%lu.%s", (unsigned long)ism_user_id(), name);
    else if (candidate == 0)
        (void)snprintf(native, ISM_NATIVE_NAME_MAX + 1, SHARED_PREFIX "%s", name);
    else
        (void)snprintf(native, ISM_NATIVE_NAME_MAX + 1, SHARED_PREFIX "%s~%u", name, candidate);
}

struct ism_names ism_memory_names(const char *native)
{
    return (struct ism_names){.shared = strncmp(native, SHARED_PREFIX, strlen(SHARED_PREFIX)) == 0};
}

ism_status ism_memory_create(const char *native, const struct ism_memory_plan *plan, struct ism_memory *out,
                             struct ism_cause *why)
{
    int descriptor = ism_descriptor_keep(shm_open(native, O_RDWR | O_CREAT | O_EXCL, ism_access_mode(plan->access)));
    if (descriptor == -1)
        return ism_system_failure(why, "shm_open", errno);
    struct ism_memory memory;
    ism_posix_fill(&memory, native, descriptor, true);
    memory.access = (uint32_t)plan->access;
    if (ftruncate(descriptor, (off_t)plan->length) == 0) {
        *out = memory;
        return ISM_OK;
    }
    ism_status status = ism_system_failure(why, "ftruncate", errno);
    struct ism_cause ignored;
    if (ism_memory_measure(&memory, &ignored) == ISM_OK)
        (void)ism_memory_unlink(&memory, &ignored);
    (void)close(descriptor);
    return status;
}

/* What can be seen from outside of a shared object that may not be opened. */
enum outlook { OUTLOOK_CLOSED, OUTLOOK_HOLLOW, OUTLOOK_UNFINISHED };

static enum outlook look_from_outside(const char *native)
{
    char path[ISM_PATH_MAX + 1];
    struct stat found;
    ism_memory_path(native, path);
    if (lstat(path, &found) == -1 || !S_ISREG(found.st_mode))
        return OUTLOOK_UNFINISHED; /* it has gone meanwhile: the next try tells */
    if (found.st_size == HOLLOW_LENGTH)
        return OUTLOOK_HOLLOW;
    uint32_t access = ism_mode_access(found.st_mode);
    return access == ISM_ACCESS_GROUP ? OUTLOOK_CLOSED : OUTLOOK_UNFINISHED;
}

/* Open a shared object. Where the umask takes bits, its creator may be just about to give them back; else it never got
 * them, and is none of ours. */
static int open_shared(const char *native, int flags, int *code)
{
    uint64_t end = ism_process_now() + PATIENCE;
    bool was_closed = false;
    for (;;) {
        int descriptor = ism_descriptor_keep(shm_open(native, flags, 0));
        *code = descriptor == -1 ? errno : 0;
        if (*code != EACCES)
            return descriptor;
        enum outlook outlook = look_from_outside(native);
        if (outlook == OUTLOOK_CLOSED && was_closed) /* it was not just given its mode */
            return -1;
        was_closed = outlook == OUTLOOK_CLOSED;
        if (outlook == OUTLOOK_HOLLOW || ism_process_now() >= end) {
            *code = ELOOP; /* foreign */
            return -1;
        }
        ism_process_pause(PAUSE);
    }
}

ism_status ism_memory_open(const char *native, bool writable, struct ism_memory *out, struct ism_cause *why)
{
    /* Not blocking: somebody may have planted a pipe, or a file with a lease on it. */
    int flags = (writable ? O_RDWR : O_RDONLY) | O_NONBLOCK, code = 0, descriptor;
    if (ism_memory_is_shared(native)) {
        descriptor = open_shared(native, flags, &code);
    } else {
        descriptor = ism_descriptor_keep(shm_open(native, flags, 0));
        code = errno;
    }
    if (descriptor == -1)
        return ism_posix_open_failure(why, code);
    ism_posix_fill(out, native, descriptor, writable);
    return ISM_OK;
}

/* The umask may have taken some bits from an object that was just made. */
static ism_status give_mode(const struct ism_memory *memory, mode_t found, struct ism_cause *why)
{
    mode_t wanted = ism_access_mode((ism_access)memory->access);
    if ((found & 07777) != wanted && fchmod((int)memory->handle, wanted) == -1)
        return ism_system_failure(why, "fchmod", errno);
    return ISM_OK;
}

ism_status ism_memory_measure(struct ism_memory *memory, struct ism_cause *why)
{
    struct stat found;
    if (fstat((int)memory->handle, &found) == -1)
        return ism_system_failure(why, "fstat", errno);
    if (!S_ISREG(found.st_mode) || (found.st_uid != ism_user_id() && !ism_memory_is_shared(memory->native)))
        return ISM_E_FOREIGN;
    if (found.st_nlink == 0)
        return ISM_E_NOT_FOUND;
    if (found.st_nlink > 1 && ism_memory_is_shared(memory->native))
        return ISM_E_FOREIGN; /* another user may have linked a file of somebody's here */
    memory->identity = (uint64_t)found.st_ino;
    memory->length = (uint64_t)found.st_size;
    memory->owner = (uint64_t)found.st_uid;
    if (memory->made)
        return give_mode(memory, found.st_mode, why);
    memory->access = ism_mode_access(found.st_mode);
    return ISM_OK;
}

ism_status ism_memory_map(struct ism_memory *memory, struct ism_cause *why)
{
    if (memory->address != NULL)
        return ISM_OK;
    return ism_posix_map(memory, (int)memory->handle, why);
}

ism_status ism_memory_commit(struct ism_memory *memory, uint64_t offset, uint64_t length, struct ism_cause *why)
{
    int code;
    do { /* some kernels let any signal interrupt it */
        code = posix_fallocate((int)memory->handle, (off_t)offset, (off_t)length);
    } while (code == EINTR);
    return code == 0 ? ISM_OK : ism_system_failure(why, "posix_fallocate", code);
}

ism_status ism_memory_read(struct ism_memory *memory, uint64_t offset, void *bytes, size_t size, struct ism_cause *why)
{
    ssize_t got = pread((int)memory->handle, bytes, size, (off_t)offset);
    __atomic_thread_fence(__ATOMIC_ACQUIRE); /* pairs with the release of ism_memory_write() */
    if (got == -1)
        return ism_system_failure(why, "pread", errno);
    return (size_t)got == size ? ISM_OK : ISM_E_CORRUPT; /* it has shrunk meanwhile */
}

ism_status ism_memory_write(struct ism_memory *memory, uint64_t offset, const void *bytes, size_t size,
                            struct ism_cause *why)
{
    __atomic_thread_fence(__ATOMIC_RELEASE); /* pairs with the acquire of ism_memory_read() */
    ssize_t put = pwrite((int)memory->handle, bytes, size, (off_t)offset);
    return put == (ssize_t)size ? ISM_OK : ism_system_failure(why, "pwrite", errno);
}

ism_status ism_memory_unlink(struct ism_memory *memory, struct ism_cause *why)
{
    ism_status status = ism_posix_lock_name(memory, why);
    if (status != ISM_OK)
        return status;
    char path[ISM_PATH_MAX + 1];
    ism_memory_path(memory->native, path);
    struct stat found;
    if (lstat(path, &found) == -1)
        return ism_system_failure(why, "lstat", errno);
    if ((uint64_t)found.st_ino != memory->identity)
        return ISM_E_NOT_FOUND;
    if (shm_unlink(memory->native) == 0)
        return ISM_OK;
    status = ism_system_failure(why, "shm_unlink", errno);
    bool is_hollowed = status == ISM_E_ACCESS && memory->alone && ism_memory_is_shared(memory->native) &&
                       ftruncate((int)memory->handle, HOLLOW_LENGTH) == 0;
    return is_hollowed ? ISM_OK : status;
}

bool ism_memory_is_hollow(struct ism_memory *memory)
{
    return memory->length == HOLLOW_LENGTH;
}

void ism_memory_close(struct ism_memory *memory)
{
    if (memory->address != NULL)
        (void)munmap(memory->address, (size_t)memory->length);
    (void)close((int)memory->handle);
    memory->address = NULL;
    memory->handle = -1;
}

void ism_memory_path(const char *native, char path[ISM_PATH_MAX + 1])
{
    (void)snprintf(path, ISM_PATH_MAX + 1, "%s%s", ISM_RUNTIME_DIRECTORY, native);
}

ism_status ism_memory_list(ism_memory_visitor visitor, void *context, struct ism_cause *why)
{
    DIR *directory = opendir(ISM_RUNTIME_DIRECTORY);
    if (directory == NULL)
        return ism_system_failure(why, "opendir", errno);
    char prefix[ISM_NATIVE_NAME_MAX + 1];
    ism_memory_native_name("", (struct ism_names){.shared = false}, 0, prefix);
    const struct dirent *entry;
    ism_status status = ISM_OK;
    bool goes_on = true;
    while (goes_on && (entry = ism_folder_next(directory, &status, why)) != NULL) {
        char native[sizeof entry->d_name + 1];
        (void)snprintf(native, sizeof native, "/%s", entry->d_name);
        bool is_region = strncmp(native, prefix, strlen(prefix)) == 0 || ism_memory_is_shared(native);
        if (is_region && strlen(native) <= ISM_NATIVE_NAME_MAX)
            goes_on = visitor(native, context);
    }
    (void)closedir(directory);
    return status;
}
