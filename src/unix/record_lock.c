/* record_lock.c: byte-range locks by F_OFD_SETLK (Linux 3.15, XNU since 2015).
 *
 * The older F_SETLK would not do: it drops all locks of a process on a file as soon as any descriptor of
 * that file is closed anywhere in the process. */
#include "record_lock.h"

#include "system_error.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#if defined(__APPLE__) && !defined(F_OFD_SETLK)
#define F_OFD_SETLK 90 /* the kernel has had them for longer than the headers, since version 15 */
#define F_OFD_SETLKW 91
#define F_OFD_GETLK 92
#endif

static struct flock range(int type, uint64_t start, uint64_t length)
{
    struct flock lock = {0}; /* l_pid must be 0 */
    lock.l_type = (short)type;
    lock.l_whence = SEEK_SET;
    lock.l_start = (off_t)start;
    lock.l_len = (off_t)length;
    return lock;
}

static ism_status answer(int code, struct ism_cause *why)
{
    if (code == EAGAIN || code == EACCES) {
        *why = (struct ism_cause){NULL, 0};
        return ISM_E_BUSY;
    }
    ism_status status = ism_system_failure(why, "fcntl", code);
    return code == EINVAL ? ISM_E_UNSUPPORTED : status;
}

ism_status ism_record_lock(int descriptor, int type, uint64_t start, uint64_t length, struct ism_cause *why)
{
    struct flock lock = range(type, start, length);
    return fcntl(descriptor, F_OFD_SETLK, &lock) == 0 ? ISM_OK : answer(errno, why);
}

void ism_record_unlock(int descriptor, uint64_t start, uint64_t length)
{
    struct flock lock = range(F_UNLCK, start, length);
    (void)fcntl(descriptor, F_OFD_SETLK, &lock);
}

ism_status ism_record_lock_wait(int descriptor, uint64_t start, uint64_t length, struct ism_cause *why)
{
    struct flock lock = range(F_WRLCK, start, length);
    while (fcntl(descriptor, F_OFD_SETLKW, &lock) == -1)
        if (errno != EINTR)
            return answer(errno, why);
    return ISM_OK;
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
