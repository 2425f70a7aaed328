/* macos_limits.c: a preload for tests on Linux. Objects of shared memory can do no more than those of
 * macOS can, and what macOS lacks altogether is refused, so a library that passes its tests here does
 * not rely on it.
 *
 *   names      at most 31 bytes: ENAMETOOLONG from shm_open, EINVAL from shm_unlink; no slash inside
 *   creation   the mode is taken as it is given, whatever the umask
 *   size       set once, rounded up to pages of 16 KiB
 *   fstat      permissions, owner and size alone: no type, no inode, no links
 *   mmap       shared only; not before there is a size, not past it, no writing by a descriptor for
 *              reading; where pages of 16 KiB begin
 *   the rest   read, write, locks, chmod, chown, allocation, seals: refused
 *   elsewhere  no folder of objects, no memfd, no private views of the system, no advice that Linux
 *              added
 *
 * What counts is the object (its device is that of the folder), not the descriptor's number, so it
 * holds through dup, fork and exec. An object is sized once it has a size. Not covered: calls that
 * bypass the C library, and what the kernel does for it by itself. */
#undef _FILE_OFFSET_BITS /* it would give two functions one name; longs have 64 bits here */

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define FOLDER "/dev/shm"
#define NAME_MAX_MACOS 31
#define PAGE 16384

#define EXPORT __attribute__((visibility("default")))

static int refuse(int code)
{
    errno = code;
    return -1;
}

/* The next definition of a function, in the C library. */
static void find(const char *name, void *function)
{
    void *found = dlsym(RTLD_NEXT, name);
    memcpy(function, &found, sizeof found);
}

static bool kernel_stat(int descriptor, struct stat *out)
{
    return syscall(SYS_newfstatat, descriptor, "", out, AT_EMPTY_PATH) == 0;
}

/* Is the descriptor one of an object of shared memory? errno stays. */
static bool is_object(int descriptor, struct stat *found)
{
    struct stat folder;
    int code = errno;
    bool is = syscall(SYS_newfstatat, AT_FDCWD, FOLDER, &folder, 0) == 0 && kernel_stat(descriptor, found) &&
              S_ISREG(found->st_mode) && found->st_dev == folder.st_dev;
    errno = code;
    return is;
}

static off_t whole_pages(off_t length)
{
    return (length + PAGE - 1) / PAGE * PAGE;
}

/* ---- names ---- */

static bool has_inner_slash(const char *name)
{
    return strchr(name + (name[0] == '/'), '/') != NULL;
}

EXPORT int shm_open(const char *name, int flags, mode_t mode)
{
    static int (*next)(const char *, int, mode_t);
    if (next == NULL)
        find("shm_open", &next);
    if (name[0] == '\0' || has_inner_slash(name))
        return refuse(EINVAL);
    if (strlen(name) > NAME_MAX_MACOS)
        return refuse(ENAMETOOLONG);
    if ((flags & O_TRUNC) != 0)
        return refuse(EINVAL);
    int descriptor = next(name, flags, mode);
    if (descriptor != -1 && (flags & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL))
        (void)syscall(SYS_fchmod, descriptor, mode & 0777);
    return descriptor;
}

EXPORT int shm_unlink(const char *name)
{
    static int (*next)(const char *);
    if (next == NULL)
        find("shm_unlink", &next);
    if (name[0] == '\0' || has_inner_slash(name) || strlen(name) > NAME_MAX_MACOS)
        return refuse(EINVAL);
    return next(name);
}

/* ---- size ---- */

EXPORT int ftruncate(int descriptor, off_t length)
{
    struct stat found;
    if (!is_object(descriptor, &found))
        return (int)syscall(SYS_ftruncate, descriptor, length);
    if (found.st_size != 0 || length <= 0)
        return refuse(EINVAL);
    return (int)syscall(SYS_ftruncate, descriptor, whole_pages(length));
}

EXPORT int ftruncate64(int descriptor, off_t length)
{
    return ftruncate(descriptor, length);
}

EXPORT int fallocate(int descriptor, int mode, off_t offset, off_t length)
{
    struct stat found;
    if (is_object(descriptor, &found))
        return refuse(ENOSYS);
    return (int)syscall(SYS_fallocate, descriptor, mode, offset, length);
}

EXPORT int fallocate64(int descriptor, int mode, off_t offset, off_t length)
{
    return fallocate(descriptor, mode, offset, length);
}

EXPORT int posix_fallocate(int descriptor, off_t offset, off_t length)
{
    return fallocate(descriptor, 0, offset, length) == 0 ? 0 : errno;
}

EXPORT int posix_fallocate64(int descriptor, off_t offset, off_t length)
{
    return posix_fallocate(descriptor, offset, length);
}

EXPORT int fstat(int descriptor, struct stat *out)
{
    struct stat found;
    if (!kernel_stat(descriptor, out))
        return -1;
    if (is_object(descriptor, &found)) {
        memset(out, 0, sizeof *out);
        out->st_mode = found.st_mode & 0777;
        out->st_uid = found.st_uid;
        out->st_gid = found.st_gid;
        out->st_size = whole_pages(found.st_size);
    }
    return 0;
}

EXPORT int fstat64(int descriptor, struct stat64 *out)
{
    _Static_assert(sizeof(struct stat) == sizeof(struct stat64), "built with 64 bits of offset");
    return fstat(descriptor, (struct stat *)(void *)out);
}

/* ---- mapping ---- */

static int mapping_error(int descriptor, const struct stat *found, size_t length, int protection, int flags,
                         off_t offset)
{
    int access = (int)syscall(SYS_fcntl, descriptor, F_GETFL) & O_ACCMODE;
    if ((flags & (MAP_SHARED | MAP_PRIVATE)) != MAP_SHARED || (protection & PROT_EXEC) != 0)
        return EINVAL;
    if (offset % PAGE != 0 || offset + (off_t)length > whole_pages(found->st_size))
        return EINVAL;
    return (protection & PROT_WRITE) != 0 && access == O_RDONLY ? EPERM : 0;
}

typedef void *mmap_function(void *, size_t, int, int, int, off_t);

/* Where a larger page would begin, in a range that is free. */
static void *free_place(mmap_function *next, size_t length)
{
    size_t room = length + PAGE;
    unsigned char *range = next(NULL, room, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (range == MAP_FAILED)
        return MAP_FAILED;
    size_t before = (PAGE - (uintptr_t)range % PAGE) % PAGE;
    size_t kept = (length + 4095) / 4096 * 4096;
    if (before > 0)
        (void)munmap(range, before);
    if (room - before > kept)
        (void)munmap(range + before + kept, room - before - kept);
    return range + before;
}

EXPORT void *mmap(void *address, size_t length, int protection, int flags, int descriptor, off_t offset)
{
    static mmap_function *next;
    struct stat found;
    if (next == NULL)
        find("mmap", &next);
    if ((flags & MAP_ANONYMOUS) != 0 || !is_object(descriptor, &found))
        return next(address, length, protection, flags, descriptor, offset);
    int code = mapping_error(descriptor, &found, length, protection, flags, offset);
    if (code != 0) {
        errno = code;
        return MAP_FAILED;
    }
    if ((flags & MAP_FIXED) == 0)
        address = free_place(next, length);
    if (address == MAP_FAILED)
        return MAP_FAILED;
    void *mapped = next(address, length, protection, flags | MAP_FIXED, descriptor, offset);
    if (mapped == MAP_FAILED && (flags & MAP_FIXED) == 0) {
        code = errno;
        (void)munmap(address, length);
        errno = code;
    }
    return mapped;
}

EXPORT void *mmap64(void *address, size_t length, int protection, int flags, int descriptor, off_t offset)
{
    return mmap(address, length, protection, flags, descriptor, offset);
}

EXPORT void *mremap(void *address, size_t old_length, size_t length, int flags, ...)
{
    (void)address, (void)old_length, (void)length, (void)flags;
    errno = ENOSYS;
    return MAP_FAILED;
}

/* macOS knows the advice of POSIX, and numbers of its own. */
EXPORT int madvise(void *address, size_t length, int advice)
{
    if (advice > MADV_DONTNEED)
        return refuse(EINVAL);
    return (int)syscall(SYS_madvise, address, length, advice);
}

EXPORT long sysconf(int what)
{
    static long (*next)(int);
    if (next == NULL)
        find("sysconf", &next);
    return what == _SC_PAGESIZE ? PAGE : next(what);
}

EXPORT int getpagesize(void)
{
    return PAGE;
}

/* ---- what files can do, and objects can't ---- */

EXPORT ssize_t read(int descriptor, void *bytes, size_t size)
{
    struct stat found;
    return is_object(descriptor, &found) ? refuse(ENXIO) : syscall(SYS_read, descriptor, bytes, size);
}

EXPORT ssize_t write(int descriptor, const void *bytes, size_t size)
{
    struct stat found;
    return is_object(descriptor, &found) ? refuse(ENXIO) : syscall(SYS_write, descriptor, bytes, size);
}

EXPORT ssize_t pread(int descriptor, void *bytes, size_t size, off_t offset)
{
    struct stat found;
    return is_object(descriptor, &found) ? refuse(ENXIO) : syscall(SYS_pread64, descriptor, bytes, size, offset);
}

EXPORT ssize_t pread64(int descriptor, void *bytes, size_t size, off_t offset)
{
    return pread(descriptor, bytes, size, offset);
}

EXPORT ssize_t pwrite(int descriptor, const void *bytes, size_t size, off_t offset)
{
    struct stat found;
    return is_object(descriptor, &found) ? refuse(ENXIO) : syscall(SYS_pwrite64, descriptor, bytes, size, offset);
}

EXPORT ssize_t pwrite64(int descriptor, const void *bytes, size_t size, off_t offset)
{
    return pwrite(descriptor, bytes, size, offset);
}

EXPORT int flock(int descriptor, int operation)
{
    struct stat found;
    return is_object(descriptor, &found) ? refuse(ENOTSUP) : (int)syscall(SYS_flock, descriptor, operation);
}

EXPORT int fchmod(int descriptor, mode_t mode)
{
    struct stat found;
    return is_object(descriptor, &found) ? refuse(EINVAL) : (int)syscall(SYS_fchmod, descriptor, mode);
}

EXPORT int fchown(int descriptor, uid_t user, gid_t group)
{
    struct stat found;
    return is_object(descriptor, &found) ? refuse(EINVAL) : (int)syscall(SYS_fchown, descriptor, user, group);
}

static int control(int descriptor, int command, void *argument)
{
    struct stat found;
    switch (command) {
    case F_SETLK:
    case F_SETLKW:
    case F_GETLK:
    case F_OFD_SETLK:
    case F_OFD_SETLKW:
    case F_OFD_GETLK:
        if (is_object(descriptor, &found))
            return refuse(EBADF);
        break;
    case F_ADD_SEALS:
    case F_GET_SEALS:
        return refuse(EINVAL);
    default:
        break;
    }
    return (int)syscall(SYS_fcntl, descriptor, command, argument);
}

EXPORT int fcntl(int descriptor, int command, ...)
{
    va_list arguments;
    va_start(arguments, command);
    void *argument = va_arg(arguments, void *);
    va_end(arguments);
    return control(descriptor, command, argument);
}

EXPORT int fcntl64(int descriptor, int command, ...)
{
    va_list arguments;
    va_start(arguments, command);
    void *argument = va_arg(arguments, void *);
    va_end(arguments);
    return control(descriptor, command, argument);
}

EXPORT int ioctl(int descriptor, unsigned long request, ...)
{
    struct stat found;
    va_list arguments;
    va_start(arguments, request);
    void *argument = va_arg(arguments, void *);
    va_end(arguments);
    return is_object(descriptor, &found) ? refuse(ENOTTY) : (int)syscall(SYS_ioctl, descriptor, request, argument);
}

/* ---- what there is no such thing of ---- */

static bool is_hidden(const char *path)
{
    const size_t length = strlen(FOLDER);
    return strncmp(path, FOLDER, length) == 0 && (path[length] == '\0' || path[length] == '/');
}

EXPORT int open(const char *path, int flags, ...)
{
    va_list arguments;
    va_start(arguments, flags);
    mode_t mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(arguments, mode_t) : 0;
    va_end(arguments);
    return is_hidden(path) ? refuse(ENOENT) : (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

EXPORT int open64(const char *path, int flags, ...)
{
    va_list arguments;
    va_start(arguments, flags);
    mode_t mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(arguments, mode_t) : 0;
    va_end(arguments);
    return open(path, flags, mode);
}

EXPORT DIR *opendir(const char *path)
{
    static DIR *(*next)(const char *);
    if (next == NULL)
        find("opendir", &next);
    if (!is_hidden(path))
        return next(path);
    errno = ENOENT;
    return NULL;
}

static int look(const char *path, struct stat *out, int flags)
{
    return is_hidden(path) ? refuse(ENOENT) : (int)syscall(SYS_newfstatat, AT_FDCWD, path, out, flags);
}

EXPORT int stat(const char *restrict path, struct stat *restrict out)
{
    return look(path, out, 0);
}

EXPORT int lstat(const char *restrict path, struct stat *restrict out)
{
    return look(path, out, AT_SYMLINK_NOFOLLOW);
}

EXPORT int stat64(const char *restrict path, struct stat64 *restrict out)
{
    return look(path, (struct stat *)(void *)out, 0);
}

EXPORT int lstat64(const char *restrict path, struct stat64 *restrict out)
{
    return look(path, (struct stat *)(void *)out, AT_SYMLINK_NOFOLLOW);
}

EXPORT int unlink(const char *path)
{
    return is_hidden(path) ? refuse(ENOENT) : (int)syscall(SYS_unlinkat, AT_FDCWD, path, 0);
}

EXPORT int memfd_create(const char *name, unsigned flags)
{
    (void)name, (void)flags;
    return refuse(ENOSYS);
}

EXPORT int unshare(int flags)
{
    (void)flags;
    return refuse(ENOSYS);
}
