/* bare.c: see bare.h. In a file of its own, so that nothing is inlined into the loops that measure. */
#include "bare.h"

#include <fcntl.h>
#include <linux/futex.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

struct bare_locks {
    _Alignas(64) atomic_uint word; /* 0 free, 1 held, 2 held and somebody may sleep */
    _Alignas(64) pthread_mutex_t robust;
    struct {
        _Alignas(64) atomic_uint permits;
        atomic_uint waiters;
    } semaphores[2];
};

static int map(struct bare_region *region, int descriptor, size_t size)
{
    region->size = size;
    region->address = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
    (void)close(descriptor);
    return region->address == MAP_FAILED ? -1 : 0;
}

int bare_region_create(struct bare_region *region, const char *name, size_t size)
{
    int descriptor = shm_open(name, O_RDWR | O_CREAT | O_EXCL, 0600);
    if (descriptor == -1)
        return -1;
    if (ftruncate(descriptor, (off_t)size) != 0 || posix_fallocate(descriptor, 0, (off_t)size) != 0) {
        (void)close(descriptor);
        return -1;
    }
    return map(region, descriptor, size);
}

int bare_region_open(struct bare_region *region, const char *name)
{
    struct stat found;
    int descriptor = shm_open(name, O_RDWR, 0);
    if (descriptor == -1)
        return -1;
    if (fstat(descriptor, &found) != 0) {
        (void)close(descriptor);
        return -1;
    }
    return map(region, descriptor, (size_t)found.st_size);
}

void bare_region_close(struct bare_region *region)
{
    (void)munmap(region->address, region->size);
}

void bare_region_remove(const char *name)
{
    (void)shm_unlink(name);
}

struct bare_locks *bare_locks_make(void)
{
    pthread_mutexattr_t attributes;
    struct bare_locks *locks = mmap(NULL, sizeof *locks, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (locks == MAP_FAILED)
        return NULL;
    (void)pthread_mutexattr_init(&attributes);
    (void)pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
    (void)pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
    (void)pthread_mutex_init(&locks->robust, &attributes);
    (void)pthread_mutexattr_destroy(&attributes);
    return locks;
}

void bare_lock(struct bare_locks *locks)
{
    unsigned seen = 0;
    if (atomic_compare_exchange_strong_explicit(&locks->word, &seen, 1, memory_order_acquire, memory_order_relaxed))
        return;
    while (atomic_exchange_explicit(&locks->word, 2, memory_order_acquire) != 0)
        (void)syscall(SYS_futex, &locks->word, FUTEX_WAIT, 2, NULL, NULL, 0);
}

void bare_unlock(struct bare_locks *locks)
{
    if (atomic_exchange_explicit(&locks->word, 0, memory_order_release) == 2)
        (void)syscall(SYS_futex, &locks->word, FUTEX_WAKE, 1, NULL, NULL, 0);
}

void bare_post(struct bare_locks *locks, unsigned which)
{
    atomic_fetch_add(&locks->semaphores[which].permits, 1);
    if (atomic_load(&locks->semaphores[which].waiters) != 0)
        (void)syscall(SYS_futex, &locks->semaphores[which].permits, FUTEX_WAKE, 1, NULL, NULL, 0);
}

static bool take_permit(atomic_uint *permits)
{
    unsigned seen = atomic_load(permits);
    while (seen != 0)
        if (atomic_compare_exchange_weak(permits, &seen, seen - 1))
            return true;
    return false;
}

void bare_wait(struct bare_locks *locks, unsigned which)
{
    atomic_uint *permits = &locks->semaphores[which].permits;
    while (!take_permit(permits)) {
        atomic_fetch_add(&locks->semaphores[which].waiters, 1);
        (void)syscall(SYS_futex, permits, FUTEX_WAIT, 0, NULL, NULL, 0);
        atomic_fetch_sub(&locks->semaphores[which].waiters, 1);
    }
}

int bare_robust_lock(struct bare_locks *locks)
{
    return pthread_mutex_lock(&locks->robust);
}

int bare_robust_unlock(struct bare_locks *locks)
{
    return pthread_mutex_unlock(&locks->robust);
}
