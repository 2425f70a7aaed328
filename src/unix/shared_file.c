/* shared_file.c: /dev/shm/isthmus.all, made by the first who needs it, and writable for every user. Only its owner
 * may remove it, so it stays until the system starts anew. Weak sides: who makes it first, with another mode,
 * keeps all other users from sharing regions; and any user can make the others wait for a while, again and again. */
#include "shared_file.h"
#include "descriptor.h"

#include "record_lock.h"
#include "system_error.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define MODE 0666
#define NAMES_OFFSET (UINT64_C(1) << 40)
#define PATIENCE UINT64_C(2000000000)    /* nanoseconds that others get to look names up */
#define MODE_PATIENCE UINT64_C(20000000) /* nanoseconds that its maker gets to give it its mode */
#define PAUSE UINT64_C(100000)

/* Guarded by ISM_LOCK_NAMES. */
static struct {
    int descriptor;
    uint64_t generation; /* of the process: a forked child's locks must be its own */
} file = {-1, 0};

void ism_shared_file_path(char path[ISM_PATH_MAX + 1])
{
    (void)snprintf(path, ISM_PATH_MAX + 1, "%s/isthmus.all", ISM_RUNTIME_DIRECTORY);
}

/* Open first: the sticky folder's protection refuses O_CREAT on a file of somebody else's. Whoever has just made it
 * may not have given it its mode yet. */
int ism_shared_file_open(const char *path, mode_t mode)
{
    const int flags = O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;
    uint64_t end = ism_process_now() + MODE_PATIENCE;
    for (;;) {
        int descriptor = open(path, flags);
        if (descriptor == -1 && errno == ENOENT && mode != 0)
            descriptor = open(path, flags | O_CREAT | O_EXCL, mode);
        bool may_change = mode != 0 && descriptor == -1 && (errno == EEXIST || errno == EACCES);
        if (!may_change || ism_process_now() >= end)
            return ism_descriptor_keep(descriptor);
        ism_process_pause(PAUSE);
    }
}

/* Nothing is in a file that lacks its mode, and it has no other name: somebody may have linked one of this user's own
 * files here, and what is in that is nobody else's. For the same reason a file of another mode is not written to. */
ism_status ism_shared_file_mend(int descriptor, const struct stat *found, mode_t mode, gid_t group,
                                struct ism_cause *why)
{
    bool has_group = found->st_gid == group, has_mode = (found->st_mode & 07777) == mode;
    *why = (struct ism_cause){NULL, 0};
    if (has_group && has_mode)
        return ISM_OK;
    if (found->st_uid != geteuid() || found->st_size != 0 || found->st_nlink > 1)
        return ISM_E_FOREIGN;
    if (!has_group && fchown(descriptor, (uid_t)-1, group) == -1)
        return ism_system_failure(why, "fchown", errno);
    if (fchmod(descriptor, mode) == -1)
        return ism_system_failure(why, "fchmod", errno);
    return ISM_OK;
}

static ism_status check(int descriptor, struct ism_cause *why)
{
    struct stat found;
    if (fstat(descriptor, &found) == -1)
        return ism_system_failure(why, "fstat", errno);
    if (!S_ISREG(found.st_mode))
        return ISM_E_FOREIGN;
    return ism_shared_file_mend(descriptor, &found, MODE, found.st_gid, why);
}

static void give_up(void)
{
    if (file.descriptor != -1)
        (void)close(file.descriptor);
    file.descriptor = -1;
}

static ism_status have_file(struct ism_cause *why)
{
    char path[ISM_PATH_MAX + 1];
    if (file.generation != ism_process_generation())
        give_up();
    if (file.descriptor != -1)
        return ISM_OK;
    ism_shared_file_path(path);
    int descriptor = ism_shared_file_open(path, MODE);
    if (descriptor == -1) {
        int code = errno;
        ism_status status = ism_system_failure(why, "open", code);
        return code == EISDIR || code == ENXIO ? ISM_E_FOREIGN : status; /* a folder, or a socket */
    }
    ism_status status = check(descriptor, why);
    if (status != ISM_OK) {
        (void)close(descriptor);
        return status;
    }
    file.descriptor = descriptor;
    file.generation = ism_process_generation();
    return ISM_OK;
}

/* Does the path still mean the file that is open? */
static bool is_current(void)
{
    char path[ISM_PATH_MAX + 1];
    struct stat opened, named;
    ism_shared_file_path(path);
    return fstat(file.descriptor, &opened) == 0 && lstat(path, &named) == 0 && opened.st_ino == named.st_ino &&
           opened.st_dev == named.st_dev;
}

static ism_status lock_until(uint64_t end, struct ism_cause *why)
{
    ism_status status;
    while ((status = ism_record_lock(file.descriptor, F_WRLCK, NAMES_OFFSET, 1, why)) == ISM_E_BUSY) {
        if (ism_process_now() >= end)
            return ISM_E_TIMED_OUT;
        ism_process_pause(PAUSE);
    }
    return status;
}

ism_status ism_shared_file_lock_names(struct ism_cause *why)
{
    uint64_t end = ism_process_now() + PATIENCE;
    for (;;) {
        ism_status status = have_file(why);
        if (status == ISM_OK)
            status = lock_until(end, why);
        if (status != ISM_OK || is_current())
            return status;
        give_up(); /* somebody has removed it */
    }
}

void ism_shared_file_unlock_names(void)
{
    ism_record_unlock(file.descriptor, NAMES_OFFSET, 1);
}

/* One that was copied into another file makes another id: who may put a file in the place of this one, and can read
 * the number, can still not make the lives in it look ended. */
static uint64_t bound_id(uint64_t number, const struct stat *found)
{
    uint64_t id = number ^ (uint64_t)found->st_ino * UINT64_C(0x9e3779b97f4a7c15);
    return id != 0 ? id : number;
}

ism_status ism_shared_file_read_id(int descriptor, bool draws, uint64_t *identity, uint64_t *id, struct ism_cause *why)
{
    struct stat found;
    uint64_t number = 0;
    if (fstat(descriptor, &found) == -1)
        return ism_system_failure(why, "fstat", errno);
    ssize_t got = pread(descriptor, &number, sizeof number, 0);
    if (got == -1)
        return ism_system_failure(why, "pread", errno);
    if (got < (ssize_t)sizeof number || number == 0) {
        *why = (struct ism_cause){NULL, 0};
        ism_status status = draws ? ism_process_random(&number, sizeof number, why) : ISM_E_UNSUPPORTED;
        if (status != ISM_OK)
            return status;
        number |= 1; /* 0 is no table */
        if (pwrite(descriptor, &number, sizeof number, 0) != (ssize_t)sizeof number)
            return ism_system_failure(why, "pwrite", errno);
    }
    *identity = (uint64_t)found.st_ino;
    *id = bound_id(number, &found);
    return ISM_OK;
}

ism_status ism_shared_file_tell(uint64_t *identity, uint64_t *id, struct ism_cause *why)
{
    return ism_shared_file_read_id(file.descriptor, true, identity, id, why);
}
