/* call_errors_linux.c: errors of Linux's system calls, those of filters and of other kernels' answers to its calls
 * among them.
 *
 * Calls that are not listed can't fail, or not so that a caller could do anything: a munmap() that is refused leaves the
 * mapping, and brk() tells no error. A close() that fails has closed all the same. */
#include "call_errors.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <string.h>
#include <sys/syscall.h>

#ifndef SYS_futex_waitv
#define SYS_futex_waitv 449
#endif

#define ANY 0
#define ERRORS 4

static const struct {
    uint64_t number;
    uint64_t second; /* the argument; or ANY */
    const char *call;
    int codes[ERRORS]; /* up to the first 0 */
} calls[] = {
#define CALL(name, second, ...)                                                                                        \
    {                                                                                                                  \
        SYS_##name, second, #name,                                                                                     \
        {                                                                                                              \
            __VA_ARGS__                                                                                                \
        }                                                                                                              \
    }
    CALL(openat, ANY, EMFILE, EACCES, ENOMEM),
    CALL(close, ANY, EIO),
    CALL(ftruncate, ANY, ENOSPC, ENOMEM),
    CALL(fallocate, ANY, ENOSPC, EINTR),
    CALL(fchmod, ANY, EPERM),
    CALL(getdents64, ANY, EIO),
    CALL(read, ANY, EIO),
    CALL(pread64, ANY, EIO),
    CALL(write, ANY, ENOSPC),
    CALL(pwrite64, ANY, ENOSPC),
    CALL(flock, ANY, ENOLCK),
    CALL(fcntl, F_OFD_SETLK, ENOLCK, EINVAL, EAGAIN),
    CALL(fcntl, F_OFD_GETLK, EINVAL),
    CALL(fcntl, F_OFD_SETLKW, ENOLCK, EINVAL, EINTR),
    CALL(fcntl, F_ADD_SEALS, EPERM),
    CALL(fcntl, F_DUPFD_CLOEXEC, EMFILE),
    CALL(mmap, ANY, ENOMEM),
    CALL(mprotect, ANY, ENOMEM),
    CALL(madvise, ANY, EINVAL),
    CALL(memfd_create, ANY, EMFILE, ENOSYS, EPERM),
    CALL(getrandom, ANY, ENOSYS),
    CALL(prlimit64, ANY, EPERM),
    CALL(get_robust_list, ANY, ENOSYS, EPERM),
    CALL(futex, FUTEX_WAIT, EINTR, EAGAIN),
    CALL(futex_waitv, ANY, EINTR, EAGAIN, ENOSYS, EPERM),
    CALL(nanosleep, ANY, EINTR),
    CALL(clock_nanosleep, ANY, EINTR),
#ifdef SYS_fstat
    CALL(fstat, ANY, EIO),
#endif
#ifdef SYS_newfstatat
    CALL(newfstatat, ANY, EIO),
#endif
#ifdef SYS_unlink /* newer processors have only such calls as name a folder, too */
    CALL(unlink, ANY, EACCES),
    CALL(rename, ANY, EACCES),
    CALL(mkdir, ANY, ENOSPC),
#endif
#ifdef SYS_shmget
    CALL(shmget, ANY, ENOMEM, ENOSPC, EACCES),
    CALL(shmat, ANY, ENOMEM, EACCES),
    CALL(shmctl, ANY, EPERM),
#endif
#undef CALL
};

static const struct {
    int code;
    const char *name;
} names[] = {
#define NAME(code)                                                                                                     \
    {                                                                                                                  \
        code, #code                                                                                                    \
    }
    NAME(EACCES), NAME(EAGAIN), NAME(EINTR),  NAME(EINVAL), NAME(EIO),   NAME(EMFILE),
    NAME(ENOLCK), NAME(ENOMEM), NAME(ENOSPC), NAME(ENOSYS), NAME(EPERM),
#undef NAME
};

static const char *name_of(int code)
{
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (names[i].code == code)
            return names[i].name;
    return "?";
}

bool call_errors_find(uint64_t number, uint64_t second, unsigned which, struct process_error *out)
{
    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) {
        const bool selects = number == SYS_fcntl || number == SYS_futex;
        if (calls[i].number != number || (selects && calls[i].second != second))
            continue;
        if (which >= ERRORS || calls[i].codes[which] == 0)
            return false;
        *out = (struct process_error){calls[i].call, name_of(calls[i].codes[which]), calls[i].codes[which],
                                      calls[i].codes[which] == EINTR, number == SYS_close};
        return true;
    }
    return false;
}
