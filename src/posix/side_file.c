/* side_file.c: making, finding and reading side files, see side_file.h.
 *
 * Their names are hexadecimal numbers, since some file systems take "A" and "a" for the same. What
 * is written of one is written in one call, at its start; so who is killed in between leaves it
 * empty.
 *
 * Those of shared names lie in the folder around the users' own, which is the system's and sticky. In a folder that
 * some user has made, that user could rename and remove the others' files. Weak side: any user who may lock a side file
 * may cut it, as it may spoil the object. */
#include "side_file.h"

#include "../unix/access_mode.h"
#include "../unix/descriptor.h"
#include "../unix/folder.h"
#include "../unix/system_error.h"
#include "../unix/user_folder.h"
#include "../unix/user_id.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAGIC UINT64_C(0x0a65646973747369)        /* "istside\n" on little-endian machines */
#define MAGIC_TURNED UINT64_C(0x697374736964650a) /* the same of the other byte order */
#define VERSION 1u

struct header {
    uint64_t magic;
    uint32_t version;
    uint32_t features;
    uint64_t length;
    uint8_t reserved[40];
};

bool ism_side_file_is_shared(const char *native)
{
    return strncmp(native, ISM_SIDE_FILE_PREFIX_SHARED, strlen(ISM_SIDE_FILE_PREFIX_SHARED)) == 0;
}

void ism_side_file_path(const char *native, char path[ISM_PATH_MAX + 1])
{
    char folder[ISM_USER_FOLDER_MAX + 1] = ISM_RUNTIME_DIRECTORY;
    if (!ism_side_file_is_shared(native))
        ism_user_folder(folder);
    (void)snprintf(path, ISM_PATH_MAX + 1, "%s%s", folder, native);
}

/* The umask may have taken bits, and some systems give files the group of their folder. */
static ism_status give_mode(int descriptor, ism_access access, struct ism_cause *why)
{
    struct stat made;
    mode_t mode = ism_access_mode(access);
    if (fstat(descriptor, &made) == -1)
        return ism_system_failure(why, "fstat", errno);
    if (access == ISM_ACCESS_GROUP && made.st_gid != getegid() && fchown(descriptor, (uid_t)-1, getegid()) == -1)
        return ism_system_failure(why, "fchown", errno);
    if ((made.st_mode & 0777) != mode && fchmod(descriptor, mode) == -1)
        return ism_system_failure(why, "fchmod", errno);
    return ISM_OK;
}

static ism_status make_at(const char *path, int *descriptor, struct ism_cause *why)
{
    *descriptor = ism_descriptor_keep(open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
    return *descriptor != -1 ? ISM_OK : ism_system_failure(why, "open", errno);
}

ism_status ism_side_file_create(const char *native, ism_access access, int *descriptor, struct ism_cause *why)
{
    int made;
    char path[ISM_PATH_MAX + 1];
    ism_side_file_path(native, path);
    ism_status status = make_at(path, &made, why);
    if (status == ISM_E_NOT_FOUND && !ism_side_file_is_shared(native)) { /* the folder is missing */
        status = ism_user_folder_make(why);
        if (status == ISM_OK)
            status = make_at(path, &made, why);
    }
    if (status != ISM_OK)
        return status;
    status = give_mode(made, access, why);
    if (status == ISM_OK) {
        *descriptor = made;
        return ISM_OK;
    }
    (void)unlink(path);
    (void)close(made);
    return status;
}

/* A shared one that this user may not open: only a whole one of a group's region is in the way of what it wants. */
static bool is_closed(const char *path)
{
    struct stat found;
    return lstat(path, &found) == 0 && S_ISREG(found.st_mode) && found.st_size != ISM_SIDE_FILE_HOLLOW &&
           ism_mode_access(found.st_mode) == ISM_ACCESS_GROUP;
}

ism_status ism_side_file_open(const char *native, bool writable, int *descriptor, struct ism_cause *why)
{
    char path[ISM_PATH_MAX + 1];
    ism_side_file_path(native, path);
    /* Not blocking: somebody may have planted a pipe, or a file with a lease on it. */
    const int flags = O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;
    int found = ism_descriptor_keep(open(path, (writable ? O_RDWR : O_RDONLY) | flags));
    if (found != -1) {
        *descriptor = found;
        return ISM_OK;
    }
    int code = errno;
    ism_status status = ism_system_failure(why, "open", code);
    bool is_odd = code == EISDIR || code == ENXIO || code == EAGAIN;
    if (ism_side_file_is_shared(native) && (is_odd || (code == EACCES && !is_closed(path))))
        return ISM_E_FOREIGN;
    return status;
}

static ism_status read_length(int descriptor, uint64_t *length, struct ism_cause *why)
{
    struct header header = {0};
    ssize_t got = pread(descriptor, &header, sizeof header, 0);
    if (got == -1)
        return ism_system_failure(why, "pread", errno);
    *why = (struct ism_cause){NULL, 0};
    *length = 0;
    if (got < (ssize_t)sizeof header)
        return ISM_OK; /* not written yet, or by one who was killed */
    if (header.magic == MAGIC_TURNED)
        return ISM_E_VERSION;
    if (header.magic != MAGIC)
        return ISM_E_FOREIGN;
    if (header.version != VERSION || header.features != 0)
        return ISM_E_VERSION;
    *length = header.length;
    return ISM_OK;
}

ism_status ism_side_file_look(int descriptor, bool shared, struct ism_side_file *out, struct ism_cause *why)
{
    struct stat found;
    if (fstat(descriptor, &found) == -1)
        return ism_system_failure(why, "fstat", errno);
    /* Among shared ones others may have planted anything, such as a link to another file of this user's. */
    bool is_possible =
        shared ? found.st_nlink <= 1 && found.st_size <= (off_t)sizeof(struct header) : found.st_uid == ism_user_id();
    if (!S_ISREG(found.st_mode) || !is_possible) {
        *why = (struct ism_cause){NULL, 0};
        return ISM_E_FOREIGN;
    }
    out->identity = (uint64_t)found.st_ino;
    out->is_named = found.st_nlink > 0;
    out->owner = (uint64_t)found.st_uid;
    out->group = (uint64_t)found.st_gid;
    out->access = ism_mode_access(found.st_mode);
    out->length = ISM_SIDE_FILE_HOLLOW;
    if (found.st_size == ISM_SIDE_FILE_HOLLOW)
        return ISM_OK;
    return read_length(descriptor, &out->length, why);
}

ism_status ism_side_file_fill(int descriptor, uint64_t length, struct ism_cause *why)
{
    struct header header = {MAGIC, VERSION, 0, length, {0}};
    ssize_t put = pwrite(descriptor, &header, sizeof header, 0);
    if (put == -1)
        return ism_system_failure(why, "pwrite", errno);
    return put == (ssize_t)sizeof header ? ISM_OK : ism_system_failure(why, "pwrite", ENOSPC);
}

ism_status ism_side_file_hollow_out(int descriptor, struct ism_cause *why)
{
    if (ftruncate(descriptor, ISM_SIDE_FILE_HOLLOW) == -1)
        return ism_system_failure(why, "ftruncate", errno);
    return ISM_OK;
}

ism_status ism_side_file_named(const char *native, uint64_t *identity, struct ism_cause *why)
{
    char path[ISM_PATH_MAX + 1];
    struct stat found;
    ism_side_file_path(native, path);
    if (lstat(path, &found) == -1)
        return ism_system_failure(why, "lstat", errno);
    *identity = (uint64_t)found.st_ino;
    return ISM_OK;
}

ism_status ism_side_file_unlink(const char *native, struct ism_cause *why)
{
    char path[ISM_PATH_MAX + 1];
    ism_side_file_path(native, path);
    return unlink(path) == 0 ? ISM_OK : ism_system_failure(why, "unlink", errno);
}

static bool is_side_file(const char *native, const char *prefix)
{
    const size_t start = strlen(prefix);
    return strncmp(native, prefix, start) == 0 && strlen(native) == start + ISM_SIDE_FILE_DIGITS &&
           strspn(native + start, "0123456789abcdef") == ISM_SIDE_FILE_DIGITS;
}

/* goes_on: has the visitor never answered false? */
static ism_status list_in(const char *folder, const char *prefix, ism_memory_visitor visitor, void *context,
                          bool *goes_on, struct ism_cause *why)
{
    DIR *directory = opendir(folder);
    if (directory == NULL && errno == ENOENT)
        return ISM_OK; /* this user has had no region yet */
    if (directory == NULL)
        return ism_system_failure(why, "opendir", errno);
    const struct dirent *entry;
    ism_status status = ISM_OK;
    while (*goes_on && (entry = ism_folder_next(directory, &status, why)) != NULL) {
        char native[sizeof entry->d_name + 1];
        (void)snprintf(native, sizeof native, "/%s", entry->d_name);
        if (is_side_file(native, prefix))
            *goes_on = visitor(native, context);
    }
    (void)closedir(directory);
    return status;
}

ism_status ism_side_file_list(ism_memory_visitor visitor, void *context, struct ism_cause *why)
{
    char folder[ISM_USER_FOLDER_MAX + 1];
    bool goes_on = true;
    ism_user_folder(folder);
    ism_status status = list_in(folder, ISM_SIDE_FILE_PREFIX, visitor, context, &goes_on, why);
    if (status != ISM_OK || !goes_on)
        return status;
    return list_in(ISM_RUNTIME_DIRECTORY, ISM_SIDE_FILE_PREFIX_SHARED, visitor, context, &goes_on, why);
}
