/* memory.c: objects made by shmget().
 *
 * The native name is a key of 32 bits, in hexadecimal: a byte for the kind, and 24 bits of a hash over user, name
 * and candidate. Names can collide, so there are several candidates, and core compares full names.
 * A key does not tell who made a segment: ftok(path, 'i') gives keys with that top byte, too. So
 * ours are one byte short of whole pages, which hardly any others are, as soon as they exist; the
 * system maps whole pages all the same. Freeing a key (IPC_RMID) leaves the memory to those who
 * have it; macOS refuses it to newcomers. Only owner and creator may free a key: what others leave
 * of a segment that they may use is emptied, and marked in the byte that it is short by. Weak sides: kernel.shm_rmid_forced=1 frees persistent
 * objects with their last process; only Linux lists segments without private headers, so elsewhere
 * what a crash left behind is found by its name alone. */
#include "sysv.h"

#include "../unix/access_mode.h"
#include "../unix/advice.h"
#include "../unix/name_hash.h"
#include "../unix/system_error.h"
#include "../unix/user_id.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <unistd.h>

#define KEY_KIND UINT32_C(0xff000000)
#define SHORT_BY 1 /* bytes that a segment lacks to whole pages */

const struct ism_traits ism_backend_traits = {
    .name = "sysv",
    .candidates = 8,
    .shared_candidates = 8,
    .names_are_exact = false,
    .tells_scopes = false,
    .keeps_persistent = true,
    .frees_names = true,
    .locks_names = true,
    .lease_names_holders = false,
    .reserves_lazily = true,
};

size_t ism_memory_page(void)
{
    return (size_t)sysconf(_SC_PAGESIZE);
}

void ism_sysv_native_of_key(uint32_t key, char native[ISM_NATIVE_NAME_MAX + 1])
{
    (void)snprintf(native, ISM_NATIVE_NAME_MAX + 1, "0x%08lx", (unsigned long)key);
}

bool ism_sysv_is_region_key(uint32_t key)
{
    return (key & KEY_KIND) == ism_sysv_kinds.own || (key & KEY_KIND) == ism_sysv_kinds.shared;
}

static key_t key_of(const char *native)
{
    return (key_t)strtoul(native, NULL, 16);
}

void ism_memory_native_name(const char *name, struct ism_names names, unsigned candidate,
                            char native[ISM_NATIVE_NAME_MAX + 1])
{
    uint64_t hashed = ism_name_hash(names.shared ? UINT64_MAX : ism_user_id(), candidate, name);
    uint32_t kind = names.shared ? ism_sysv_kinds.shared : ism_sysv_kinds.own;
    uint32_t key = kind | (uint32_t)(hashed & ~KEY_KIND);
    ism_sysv_native_of_key(key, native);
}

struct ism_names ism_memory_names(const char *native)
{
    return (struct ism_names){.shared = ((uint32_t)key_of(native) & KEY_KIND) == ism_sysv_kinds.shared};
}

/* Whoever created a segment may give it to another user, and still change and free it. */
bool ism_sysv_is_ours(const struct shmid_ds *found, bool shared)
{
    return (shared || found->shm_perm.uid == ism_user_id()) && found->shm_perm.cuid == found->shm_perm.uid &&
           ((uint64_t)found->shm_segsz + SHORT_BY) % ism_memory_page() == 0;
}

static bool is_gone(int code)
{
    return code == EINVAL || code == EIDRM;
}

ism_status ism_sysv_stat(const struct ism_memory *memory, struct shmid_ds *found, struct ism_cause *why)
{
    bool shared = ism_memory_is_shared(memory->native);
    if (shmctl((int)memory->handle, IPC_STAT, found) == -1) {
        int code = errno;
        ism_status status = ism_system_failure(why, "shmctl", code);
        if (is_gone(code))
            return ISM_E_NOT_FOUND;
        return code == EACCES && !shared ? ISM_E_FOREIGN : status; /* ours can be read by this user */
    }
    if (ism_sysv_is_ours(found, shared))
        return ISM_OK;
    *why = (struct ism_cause){NULL, 0};
    return ISM_E_FOREIGN;
}

/* Does its key still mean it? A segment loses its key by IPC_RMID, at once and for good: ISM_E_NOT_FOUND. */
static ism_status check_key(const struct ism_memory *memory, struct ism_cause *why)
{
    int id = shmget(key_of(memory->native), 0, 0);
    if (id == -1 && errno != ENOENT)
        return ism_system_failure(why, "shmget", errno);
    *why = (struct ism_cause){NULL, 0};
    return id == (int)memory->handle ? ISM_OK : ISM_E_NOT_FOUND;
}

static void note(struct ism_memory *memory, const struct shmid_ds *found)
{
    memory->length = (uint64_t)found->shm_segsz + SHORT_BY;
    memory->owner = (uint64_t)found->shm_perm.uid;
    memory->access = ism_mode_access((mode_t)(found->shm_perm.mode & 0777));
}

/* No handle is given to a segment that is not ours: even attaching to it would be noticed. */
static ism_status fill(struct ism_memory *memory, const char *native, int id, bool writable, struct ism_cause *why)
{
    struct shmid_ds found;
    memset(memory, 0, sizeof *memory);
    memcpy(memory->native, native, strlen(native) + 1);
    memory->handle = id;
    memory->identity = (uint64_t)id;
    memory->writable = writable;
    ism_status status = ism_sysv_stat(memory, &found, why);
    if (status == ISM_OK)
        note(memory, &found);
    return status;
}

/* Why shmget() made nothing. EINVAL: larger than any segment may be; ENOMEM: the system's memory
 * for segments is used up, not this process's. */
static ism_status create_failure(key_t key, int code, struct ism_cause *why)
{
    ism_status status = ism_system_failure(why, "shmget", code);
    switch (code) {
    case EINVAL:
    case EACCES:
        /* macOS and old BSDs compare size and mode with those of what is there before EEXIST. */
        if (shmget(key, 0, 0) != -1)
            return ISM_E_EXISTS;
        return code == EINVAL ? ISM_E_NO_SPACE : status;
    case ENOMEM:
        return ISM_E_NO_SPACE;
    case ENOSPC:
        return ism_sysv_are_segments_used_up() ? ISM_E_LIMIT : ISM_E_NO_SPACE;
    default:
        return status;
    }
}

ism_status ism_sysv_make(key_t key, size_t length, ism_access access, int *id, struct ism_cause *why)
{
    *id = shmget(key, length, IPC_CREAT | IPC_EXCL | (int)ism_access_mode(access));
    return *id != -1 ? ISM_OK : create_failure(key, errno, why);
}

/* The umask has no part in a segment's mode. */
ism_status ism_memory_create(const char *native, const struct ism_memory_plan *plan, struct ism_memory *out,
                             struct ism_cause *why)
{
    int id;
    struct ism_memory memory;
    ism_status status = ism_sysv_make(key_of(native), (size_t)plan->length - SHORT_BY, plan->access, &id, why);
    if (status != ISM_OK)
        return status;
    status = fill(&memory, native, id, true, why);
    if (status == ISM_OK)
        *out = memory;
    else if (status != ISM_E_NOT_FOUND)
        (void)shmctl(id, IPC_RMID, NULL);
    return status == ISM_E_NOT_FOUND ? ISM_E_EXISTS : status; /* somebody has freed it already */
}

ism_status ism_memory_open(const char *native, bool writable, struct ism_memory *out, struct ism_cause *why)
{
    int id = shmget(key_of(native), 0, 0);
    if (id == -1) {
        int code = errno;
        ism_status status = ism_system_failure(why, "shmget", code);
        return code == EACCES ? ISM_E_FOREIGN : status; /* no access is asked for here */
    }
    struct ism_memory memory;
    ism_status status = fill(&memory, native, id, writable, why);
    if (status == ISM_OK)
        *out = memory;
    return status;
}

/* Identity and length do not change after the segment was opened; owner and mode may. */
ism_status ism_memory_measure(struct ism_memory *memory, struct ism_cause *why)
{
    struct shmid_ds found;
    ism_status status = ism_sysv_stat(memory, &found, why);
    if (status == ISM_OK)
        note(memory, &found);
    return status == ISM_OK ? check_key(memory, why) : status;
}

ism_status ism_memory_map(struct ism_memory *memory, struct ism_cause *why)
{
    if (memory->address != NULL)
        return ISM_OK;
    void *address = shmat((int)memory->handle, NULL, memory->writable ? 0 : SHM_RDONLY);
    if (address == (void *)-1) {
        int code = errno;
        struct ism_cause ignored;
        ism_status status = ism_system_failure(why, "shmat", code);
        bool has_gone = is_gone(code) && check_key(memory, &ignored) == ISM_E_NOT_FOUND;
        return has_gone ? ISM_E_NOT_FOUND : status;
    }
    memory->address = address;
    return ISM_OK;
}

/* The byte that the segment is short by: no region's data or control block reaches it. */
static unsigned char *mark_of(const struct ism_memory *memory)
{
    return memory->address + memory->length - SHORT_BY;
}

bool ism_memory_is_hollow(struct ism_memory *memory)
{
    struct ism_cause ignored;
    return ism_memory_map(memory, &ignored) == ISM_OK && *(volatile unsigned char *)mark_of(memory) != 0;
}

/* Free what memory the system lets one free, and mark the rest. */
static ism_status hollow_out(struct ism_memory *memory, struct ism_cause *why)
{
    ism_status status = ism_memory_map(memory, why);
    if (status != ISM_OK)
        return status;
    ism_advice_give_back(memory->address, memory->length);
    *(volatile unsigned char *)mark_of(memory) = 1;
    return ISM_OK;
}

ism_status ism_memory_unlink(struct ism_memory *memory, struct ism_cause *why)
{
    ism_status status = check_key(memory, why);
    if (status != ISM_OK)
        return status;
    if (shmctl((int)memory->handle, IPC_RMID, NULL) == 0)
        return ISM_OK;
    int code = errno;
    status = ism_system_failure(why, "shmctl", code);
    if (status == ISM_E_ACCESS && memory->alone && memory->writable && ism_memory_is_shared(memory->native))
        return hollow_out(memory, why);
    return is_gone(code) ? ISM_E_NOT_FOUND : status;
}

void ism_memory_close(struct ism_memory *memory)
{
    if (memory->address != NULL)
        (void)shmdt(memory->address);
    memory->address = NULL;
}

void ism_memory_path(const char *native, char path[ISM_PATH_MAX + 1])
{
    (void)native;
    path[0] = '\0';
}
