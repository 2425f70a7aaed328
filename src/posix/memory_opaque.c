/* memory_opaque.c: objects made by shm_open() that are no files (macOS, FreeBSD): they can't be
 * locked, listed, read or written, only mapped; they have no inode; they get their size once,
 * rounded up to pages; their names have room for 31 bytes on macOS.
 *
 * So each has a side file (side_file.h), which stands for it: the handle is the side file's
 * descriptor, and identity, length and lease are the side file's. The object is opened only to map
 * it. The native name is a hash, so a name has several candidates, and core compares full names.
 *
 * The side file is made before the object and unlinked after it, so a kill leaves a side file
 * without an object, never an object without a side file. An object whose side file is missing was
 * robbed of it by others: somebody may have it, so nobody touches it, and its name's next candidate
 * serves. An object that is missing though somebody has its side file (macOS frees a user's names
 * when he logs out) leaves its memory to those who have it, and again the next candidate serves.
 * Weak side: the former are freed by their last process if it closes them, but after a kill only by
 * a restart of the system.
 *
 * Who may write a shared object may unlink it (macOS, FreeBSD), but its side file only its owner: what others leave is
 * a side file of one byte, which its owner is to unlink, and the name's next candidate serves meanwhile. */
#include "../unix/access_mode.h"
#include "../unix/advice.h"
#include "../unix/name_hash.h"
#include "../unix/system_error.h"
#include "../unix/user_id.h"
#include "posix.h"
#include "side_file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

const struct ism_traits ism_backend_traits = {
    .name = "posix",
    .candidates = 8,
    .shared_candidates = 8,
    .names_are_exact = false,
    .tells_scopes = false,
    .keeps_persistent = true,
    .frees_names = true,
    .locks_names = true,
    .lease_names_holders = true,
    .reserves_lazily = true,
};

#define LOOKS 3 /* at a side file that may just be made */

size_t ism_memory_page(void)
{
    return (size_t)sysconf(_SC_PAGESIZE);
}

void ism_memory_native_name(const char *name, struct ism_names names, unsigned candidate,
                            char native[ISM_NATIVE_NAME_MAX + 1])
{
    const char *prefix = names.shared ? ISM_SIDE_FILE_PREFIX_SHARED : ISM_SIDE_FILE_PREFIX;
    uint64_t user = names.shared ? UINT64_MAX : (uint64_t)ism_user_id();
    (void)snprintf(native, ISM_NATIVE_NAME_MAX + 1, "%s%0*" PRIx64, prefix, ISM_SIDE_FILE_DIGITS,
                   ism_name_hash(user, candidate, name));
}

struct ism_names ism_memory_names(const char *native)
{
    return (struct ism_names){.shared = ism_side_file_is_shared(native)};
}

/* Make the object of a side file, and map it. */
static ism_status make_object(struct ism_memory *memory, uint64_t length, struct ism_cause *why)
{
    mode_t mode = ism_access_mode((ism_access)memory->access);
    int object = shm_open(memory->native, O_RDWR | O_CREAT | O_EXCL, mode);
    if (object == -1)
        return ism_system_failure(why, "shm_open", errno);
    memory->length = length;
    ism_status status = ism_posix_give_size(object, mode, length, why);
    if (status == ISM_OK)
        status = ism_posix_map(memory, object, why);
    (void)close(object);
    if (status == ISM_OK)
        status = ism_side_file_fill((int)memory->handle, length, why);
    if (status != ISM_OK)
        (void)shm_unlink(memory->native);
    return status;
}

ism_status ism_memory_create(const char *native, const struct ism_memory_plan *plan, struct ism_memory *out,
                             struct ism_cause *why)
{
    int descriptor;
    struct ism_memory memory;
    struct ism_side_file made;
    ism_status status = ism_side_file_create(native, plan->access, &descriptor, why);
    if (status != ISM_OK)
        return status;
    ism_posix_fill(&memory, native, descriptor, true);
    memory.access = (uint32_t)plan->access;
    status = ism_side_file_look(descriptor, ism_memory_is_shared(native), &made, why);
    if (status == ISM_OK)
        status = make_object(&memory, plan->length, why);
    if (status == ISM_OK) {
        memory.identity = made.identity;
        memory.owner = made.owner;
        *out = memory;
        return ISM_OK;
    }
    struct ism_cause ignored;
    (void)ism_side_file_unlink(native, &ignored);
    ism_memory_close(&memory);
    return status;
}

/* Not blocking: on a system that lists objects as files somebody may have planted a pipe. */
static bool object_exists(const char *native)
{
    int object = shm_open(native, O_RDONLY | O_NONBLOCK, 0);
    if (object == -1)
        return errno != ENOENT;
    (void)close(object);
    return true;
}

ism_status ism_memory_open(const char *native, bool writable, struct ism_memory *out, struct ism_cause *why)
{
    int descriptor;
    ism_status status = ISM_E_NOT_FOUND;
    for (int i = 0; i < LOOKS && status == ISM_E_NOT_FOUND; i++) {
        status = ism_side_file_open(native, writable, &descriptor, why);
        if (status == ISM_E_NOT_FOUND && !object_exists(native))
            return status;
    }
    if (status == ISM_OK)
        ism_posix_fill(out, native, descriptor, writable);
    if (status != ISM_E_NOT_FOUND)
        return status;
    *why = (struct ism_cause){NULL, 0};
    return ISM_E_FOREIGN; /* its side file is lost, or it was never ours */
}

/* Is that the object that the side file speaks of? Its owner can't make it shorter. If they are not protected alike,
 * the access is none that a region has. */
static ism_status check_object(struct ism_memory *memory, const struct ism_side_file *side, int object,
                               struct ism_cause *why)
{
    struct stat found;
    if (fstat(object, &found) == -1)
        return ism_system_failure(why, "fstat", errno);
    *why = (struct ism_cause){NULL, 0};
    if ((uint64_t)found.st_uid != side->owner)
        return ISM_E_FOREIGN;
    if (ism_mode_access(found.st_mode) != side->access ||
        (side->access == ISM_ACCESS_GROUP && (uint64_t)found.st_gid != side->group))
        memory->access = ISM_ACCESS_NONE;
    return (uint64_t)found.st_size >= memory->length ? ISM_OK : ISM_E_CORRUPT;
}

/* As the object's name is freed before its side file's, an object that was opened while the side
 * file has its name is the side file's. */
static ism_status measure_by(struct ism_memory *memory, int object, int code, struct ism_cause *why)
{
    struct ism_side_file found;
    ism_status status = ism_side_file_look((int)memory->handle, ism_memory_is_shared(memory->native), &found, why);
    if (status != ISM_OK)
        return status;
    if (!found.is_named)
        return ISM_E_NOT_FOUND;
    memory->identity = found.identity;
    memory->owner = found.owner;
    memory->access = found.access;
    if (memory->address != NULL)
        return ISM_OK;
    memory->length = found.length;
    if (ism_memory_is_hollow(memory))
        return ISM_OK;
    /* It was taken away, or dead processes left the side file. */
    bool is_missing = object == -1 && code == ENOENT;
    memory->length = is_missing ? 0 : found.length;
    if (memory->length == 0 || memory->length > PTRDIFF_MAX)
        return ISM_OK;
    if (object == -1)
        return ism_system_failure(why, "shm_open", code);
    status = check_object(memory, &found, object, why);
    return status == ISM_OK ? ism_posix_map(memory, object, why) : status;
}

ism_status ism_memory_measure(struct ism_memory *memory, struct ism_cause *why)
{
    if (memory->address != NULL)
        return measure_by(memory, -1, 0, why);
    int object = shm_open(memory->native, (memory->writable ? O_RDWR : O_RDONLY) | O_NONBLOCK, 0);
    int code = errno;
    ism_status status = measure_by(memory, object, code, why);
    if (object != -1)
        (void)close(object);
    return status;
}

/* What is measured is mapped, unless it is not made yet. */
ism_status ism_memory_map(struct ism_memory *memory, struct ism_cause *why)
{
    if (memory->address != NULL)
        return ISM_OK;
    ism_status status = ism_memory_measure(memory, why);
    if (status == ISM_OK && memory->address == NULL)
        status = ISM_E_NOT_FOUND;
    return status;
}

/* An object of ours whose side file is gone, and nobody else has: no name of ours means it any
 * more, so it is freed now or never. */
static ism_status unlink_lost(struct ism_memory *memory)
{
    if (memory->alone)
        (void)shm_unlink(memory->native);
    return ISM_E_NOT_FOUND;
}

/* The folder of shared side files is the system's, and sticky. */
static bool may_free(const struct ism_memory *memory)
{
    return !ism_memory_is_shared(memory->native) || memory->owner == (uint64_t)geteuid() || geteuid() == 0;
}

/* Free the object, or, where only its owner may, its memory at least; and mark the rest. */
static ism_status hollow_out(struct ism_memory *memory, struct ism_cause *why)
{
    *why = (struct ism_cause){NULL, 0};
    if (!memory->alone || !memory->writable)
        return ISM_E_ACCESS;
    if (shm_unlink(memory->native) == -1 && errno != ENOENT && memory->address != NULL)
        ism_advice_give_back(memory->address, memory->length);
    return ism_side_file_hollow_out((int)memory->handle, why);
}

ism_status ism_memory_unlink(struct ism_memory *memory, struct ism_cause *why)
{
    ism_status status = ism_posix_lock_name(memory, why);
    if (status != ISM_OK)
        return status;
    uint64_t named;
    status = ism_side_file_named(memory->native, &named, why);
    if (status == ISM_E_NOT_FOUND)
        return unlink_lost(memory);
    if (status == ISM_OK && named != memory->identity)
        status = ISM_E_NOT_FOUND;
    if (status == ISM_OK && !may_free(memory))
        return hollow_out(memory, why);
    bool was_hollow = ism_memory_is_hollow(memory); /* others may have another object by now */
    if (status == ISM_OK && shm_unlink(memory->native) == -1 && errno != ENOENT && !was_hollow)
        status = ism_system_failure(why, "shm_unlink", errno);
    return status == ISM_OK ? ism_side_file_unlink(memory->native, why) : status;
}

bool ism_memory_is_hollow(struct ism_memory *memory)
{
    return memory->length == ISM_SIDE_FILE_HOLLOW;
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
    (void)native;
    path[0] = '\0';
}

ism_status ism_memory_list(ism_memory_visitor visitor, void *context, struct ism_cause *why)
{
    return ism_side_file_list(visitor, context, why);
}
