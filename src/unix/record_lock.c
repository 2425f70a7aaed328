/* record_lock.c: byte-range locks by F_OFD_SETLK (Linux 3.15, macOS 15 SDK).
 *
 * The older F_SETLK would not do: it drops all locks of a process on a file as soon as any descriptor of
 * that file is closed anywhere in the process. */
#include "record_lock.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static struct flock range(int type, uint64_t start, uint64_t length)
{
    struct flock lock = {0}; /* l_pid must be 0 */
    lock.l_type = (short)type;
    lock.l_whence = SEEK_SET;
    lock.l_start = (off_t)start;
    lock.l_len = (off_t)length;
    return lock;
}

int ism_record_lock(int descriptor, int type, uint64_t start, uint64_t length)
{
    struct flock lock = range(type, start, length);
    if (fcntl(descriptor, F_OFD_SETLK, &lock) == 0)
        return 0;
    return errno == EACCES ? EAGAIN : errno;
}

int ism_record_lock_wait(int descriptor, uint64_t start, uint64_t length)
{
    struct flock lock = range(F_WRLCK, start, length);
    while (fcntl(descriptor, F_OFD_SETLKW, &lock) == -1)
        if (errno != EINTR)
            return errno;
    return 0;
}

int ism_record_conflict(int descriptor, uint64_t start, uint64_t length, int *type, uint64_t *found)
{
    struct flock lock = range(F_WRLCK, start, length);
    if (fcntl(descriptor, F_OFD_GETLK, &lock) == -1)
        return errno;
    *type = lock.l_type;
    *found = (uint64_t)lock.l_start;
    return 0;
}
