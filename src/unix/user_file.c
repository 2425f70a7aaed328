/* user_file.c: the user's file, see user_file.h.
 *
 * Two descriptions of the file are open. By `lease` the process says that it uses the file: forked
 * children share that, as they share the regions. By `locks` it holds what must end with itself, so
 * forked children close it at once: else a parent's death would not be seen while a child lives.
 * Bytes that are locked lie far behind the end of the file:
 *   LEASE   read-locked by all who use the file, write-locked to initialise or remove it
 *   NAMES   write-locked while names are looked up and changed
 *   LIVES   two bytes per slot, write-locked while the slot's thread lives: the first by who takes it, who then writes
 *           its serial, the second after that, so that this one is never locked beside the serial of an earlier life */
#include "user_file.h"

#include "../atomics.h"
#include "after_fork.h"
#include "descriptor.h"
#include "life_word.h"
#include "record_lock.h"
#include "system_error.h"
#include "user_folder.h"
#include "user_id.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAGIC UINT64_C(0x0a72657375737369)        /* "issuser\n" on little-endian machines */
#define MAGIC_TURNED UINT64_C(0x697373757365720a) /* the same of the other byte order */
#define VERSION 1u

#define WORDS_OFFSET (UINT64_C(1) << 20) /* behind the serials */
#define LEASE_OFFSET (UINT64_C(1) << 40)
#define NAMES_OFFSET (LEASE_OFFSET + 1)
#define LIVES_OFFSET (LEASE_OFFSET + (UINT64_C(1) << 32))

#define PATIENCE (UINT64_C(2000000000)) /* nanoseconds for another process to initialise the file */
#define PAUSE (UINT64_C(200000))

struct header {
    uint64_t magic;
    uint32_t version;
    uint32_t features;
    uint64_t id;
    uint8_t reserved[40];
};

/* Guarded by ISM_LOCK_REGISTRY, but for the child's handler, which is alone. */
static struct {
    int lease;
    int locks;
    uint64_t id;
    ino_t inode;
    uint64_t generation; /* of the process, that opened `locks` */
    uint64_t round;      /* counts how often `locks` was given up, with all lives that it held */
    uint64_t users;      /* calls of use less those of leave: regions that are open in this process */
} file = {-1, -1, 0, 0, 0, 1, 0};

static void path_of(char path[128])
{
    char folder[ISM_USER_FOLDER_MAX + 1];
    ism_user_folder(folder);
    (void)snprintf(path, 128, "%s/isthmus.%lu", folder, (unsigned long)ism_user_id());
}

uint64_t ism_user_file_serial_offset(uint32_t slot)
{
    return sizeof(struct header) + (uint64_t)slot * sizeof(uint32_t);
}

uint64_t ism_user_file_slot_offset(uint32_t slot)
{
    return LIVES_OFFSET + 2 * (uint64_t)slot;
}

uint64_t ism_user_file_life_offset(uint32_t slot)
{
    return ism_user_file_slot_offset(slot) + 1;
}

uint64_t ism_user_file_words_offset(void)
{
    return WORDS_OFFSET;
}

static void give_up_locks(void)
{
    if (file.locks != -1)
        (void)close(file.locks);
    file.locks = -1;
    file.round++;
}

static ism_status lock_lease(int descriptor, int type, struct ism_cause *why)
{
    return ism_record_lock(descriptor, type, LEASE_OFFSET, 1, why);
}

/* The test for being the last needs a description that is not shared with a forked child. */
static void unlink_if_unused(ino_t inode)
{
    char path[128];
    struct stat status;
    struct ism_cause ignored;
    path_of(path);
    int descriptor = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (descriptor == -1)
        return;
    if (lock_lease(descriptor, F_WRLCK, &ignored) == ISM_OK && fstat(descriptor, &status) == 0 &&
        status.st_ino == inode && status.st_nlink > 0)
        (void)unlink(path);
    (void)close(descriptor);
}

/* The last process to end removes the file. Handlers that run later may use regions again: they start anew,
 * with lives of another round. */
static void remove_if_last(void)
{
    ism_process_lock(ISM_LOCK_REGISTRY);
    if (file.lease != -1 && file.users == 0) {
        ism_life_word_end_all();
        give_up_locks();
        (void)close(file.lease);
        file.lease = -1;
        ism_store_relaxed_64(ism_process_epoch(), 0); /* no thread may lock by a life that it remembers */
        unlink_if_unused(file.inode);
    }
    ism_process_unlock(ISM_LOCK_REGISTRY);
}

static void watch_process(void)
{
    ism_after_fork(give_up_locks);
    (void)atexit(remove_if_last);
}

/* A folder, a socket or a device may have its name. */
static ism_status planted_or(ism_status status, const struct ism_cause *why)
{
    return why->code == EISDIR || why->code == ENXIO ? ISM_E_FOREIGN : status;
}

/* Make or open the file. Open first: the sticky directory's protection refuses O_CREAT on a file that is
 * there and belongs to somebody else. */
static ism_status open_path(const char *path, int *out, struct ism_cause *why)
{
    for (;;) {
        int descriptor = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
        if (descriptor == -1 && errno == ENOENT)
            descriptor = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_CREAT | O_EXCL, 0600);
        descriptor = ism_descriptor_keep(descriptor);
        if (descriptor != -1) {
            *out = descriptor;
            return ISM_OK;
        }
        if (errno != EEXIST)
            return planted_or(ism_system_failure(why, "open", errno), why);
    }
}

/* ISM_OK: it is whole. ISM_E_NOT_FOUND: it was never written, or only in part. */
static ism_status read_header(int descriptor, uint64_t *id, struct ism_cause *why)
{
    struct header header = {0};
    ssize_t got = pread(descriptor, &header, sizeof header, 0);
    if (got == -1)
        return ism_system_failure(why, "pread", errno);
    if (got < (ssize_t)sizeof header || header.magic == 0)
        return ISM_E_NOT_FOUND;
    if (header.magic == MAGIC_TURNED)
        return ISM_E_VERSION;
    if (header.magic != MAGIC)
        return ISM_E_FOREIGN;
    if (header.version != VERSION || header.features != 0)
        return ISM_E_VERSION;
    *id = header.id;
    return header.id != 0 ? ISM_OK : ISM_E_CORRUPT;
}

/* Whoever gets the write lock first writes the header; the others come later and find it. */
static ism_status initialise(int descriptor, struct ism_cause *why)
{
    struct header header = {MAGIC, VERSION, 0, 0, {0}};
    struct stat found;
    if (fstat(descriptor, &found) == -1)
        return ism_system_failure(why, "fstat", errno);
    if (found.st_nlink > 1) /* somebody may have linked another one of the user's files here */
        return ISM_E_FOREIGN;
    if (fchmod(descriptor, 0600) == -1) /* the umask may have taken our own bits */
        return ism_system_failure(why, "fchmod", errno);
    if (ftruncate(descriptor, 0) == -1)
        return ism_system_failure(why, "ftruncate", errno);
    while (header.id == 0) {
        ism_status status = ism_process_random(&header.id, sizeof header.id, why);
        if (status != ISM_OK)
            return status;
    }
    if (pwrite(descriptor, &header, sizeof header, 0) != (ssize_t)sizeof header)
        return ism_system_failure(why, "pwrite", errno);
    return ISM_OK;
}

/* ISM_E_BUSY: it was removed meanwhile. */
static ism_status check_file(int descriptor, ino_t *inode, struct ism_cause *why)
{
    struct stat found;
    if (fstat(descriptor, &found) == -1)
        return ism_system_failure(why, "fstat", errno);
    if (!S_ISREG(found.st_mode) || found.st_uid != ism_user_id())
        return ISM_E_FOREIGN;
    *inode = found.st_ino;
    return found.st_nlink == 0 ? ISM_E_BUSY : ISM_OK;
}

/* Have the file whole, writing its header if nobody has yet. */
static ism_status have_header(int descriptor, uint64_t *id, struct ism_cause *why)
{
    ism_status status = read_header(descriptor, id, why);
    if (status != ISM_E_NOT_FOUND)
        return status;
    status = lock_lease(descriptor, F_WRLCK, why);
    if (status != ISM_OK)
        return status;
    status = read_header(descriptor, id, why);
    if (status == ISM_E_NOT_FOUND) {
        status = initialise(descriptor, why);
        if (status == ISM_OK)
            status = read_header(descriptor, id, why);
    }
    return status == ISM_OK ? lock_lease(descriptor, F_RDLCK, why) : status;
}

/* One try to have the file open, leased and whole. ISM_E_BUSY: somebody is initialising or removing it. */
static ism_status try_open(const char *path, int *out, uint64_t *id, ino_t *inode, struct ism_cause *why)
{
    int descriptor = -1;
    ism_status status = open_path(path, &descriptor, why);
    if (status != ISM_OK)
        return status;
    status = lock_lease(descriptor, F_RDLCK, why);
    if (status == ISM_OK || status == ISM_E_BUSY) {
        ism_status checked = check_file(descriptor, inode, why); /* another user's may be locked for ever */
        status = checked != ISM_OK ? checked : status;
    }
    if (status == ISM_OK)
        status = have_header(descriptor, id, why);
    if (status == ISM_OK)
        *out = descriptor;
    else
        (void)close(descriptor);
    return status;
}

static ism_status open_file(struct ism_cause *why)
{
    static pthread_once_t watched = PTHREAD_ONCE_INIT;
    char path[128];
    path_of(path);
    ism_status status = ism_user_folder_make(why);
    if (status != ISM_OK)
        return status;
    uint64_t end = ism_process_now() + PATIENCE;
    while ((status = try_open(path, &file.lease, &file.id, &file.inode, why)) == ISM_E_BUSY && ism_process_now() < end)
        ism_process_pause(PAUSE + ism_process_id() % 64 * 1000); /* not all at the same moment */
    if (status == ISM_OK)
        (void)pthread_once(&watched, watch_process);
    if (status == ISM_E_NO_SPACE)
        unlink_if_unused(file.inode); /* what could not be filled was made just now */
    return status == ISM_E_BUSY ? ISM_E_TIMED_OUT : status;
}

/* The path must still mean the file that the process has a lease on. */
ism_status ism_user_file_open_again(int *descriptor, struct ism_cause *why)
{
    char path[128];
    path_of(path);
    int opened = ism_descriptor_keep(open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
    if (opened == -1) {
        ism_status status = ism_system_failure(why, "open", errno);
        return status == ISM_E_NOT_FOUND ? ISM_E_UNSUPPORTED : status;
    }
    if (!ism_user_file_is_open_at(opened)) {
        (void)close(opened);
        return ISM_E_UNSUPPORTED; /* the table that our regions name lives in is lost */
    }
    *descriptor = opened;
    return ISM_OK;
}

ism_status ism_user_file_use(uint64_t *id, struct ism_cause *why)
{
    ism_process_lock(ISM_LOCK_REGISTRY);
    ism_status status = file.lease == -1 ? open_file(why) : ISM_OK;
    if (status == ISM_OK) {
        file.users++;
        *id = file.id;
    }
    ism_process_unlock(ISM_LOCK_REGISTRY);
    return status;
}

void ism_user_file_leave(void)
{
    ism_process_lock(ISM_LOCK_REGISTRY);
    file.users--;
    ism_process_unlock(ISM_LOCK_REGISTRY);
}

uint64_t ism_user_file_round(void)
{
    if (file.generation != ism_process_generation())
        give_up_locks(); /* they are a parent's: a fork ran no handlers */
    file.generation = ism_process_generation();
    return file.round;
}

void ism_user_file_end_life(uint32_t slot, uint64_t round)
{
    if (file.locks != -1 && ism_user_file_round() == round)
        ism_record_unlock(file.locks, ism_user_file_slot_offset(slot), 2);
}

uint64_t ism_user_file_identity(void)
{
    return (uint64_t)file.inode;
}

bool ism_user_file_is_open_at(int descriptor)
{
    struct stat found;
    return fstat(descriptor, &found) == 0 && found.st_ino == file.inode;
}

ism_status ism_user_file_locks(int *descriptor, struct ism_cause *why)
{
    ism_process_lock(ISM_LOCK_REGISTRY);
    ism_status status = file.lease == -1 ? open_file(why) : ISM_OK;
    (void)ism_user_file_round();
    if (status == ISM_OK && file.locks == -1)
        status = ism_user_file_open_again(&file.locks, why);
    if (status == ISM_OK)
        *descriptor = file.locks;
    ism_process_unlock(ISM_LOCK_REGISTRY);
    return status;
}

ism_status ism_user_file_lock_names(struct ism_cause *why)
{
    int descriptor;
    ism_status status = ism_user_file_locks(&descriptor, why);
    if (status != ISM_OK)
        return status;
    return ism_record_lock_wait(descriptor, NAMES_OFFSET, 1, why);
}

void ism_user_file_unlock_names(void)
{
    ism_record_unlock(file.locks, NAMES_OFFSET, 1);
}
