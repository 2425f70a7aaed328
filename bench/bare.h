/* bare.h: the system calls and atomics that isthmus is measured against, as functions that are called. */
#ifndef BENCH_BARE_H
#define BENCH_BARE_H

#include <stdbool.h>
#include <stddef.h>

struct bare_region {
    void *address;
    size_t size;
};

/* shm_open, ftruncate, posix_fallocate, mmap, close. 0, or -1. */
int bare_region_create(struct bare_region *region, const char *name, size_t size);
/* shm_open, fstat, mmap, close. 0, or -1. */
int bare_region_open(struct bare_region *region, const char *name);
void bare_region_close(struct bare_region *region);
void bare_region_remove(const char *name);

struct bare_locks;
struct bare_locks *bare_locks_make(void);

/* Compare-and-swap 0 -> 1, exchange -> 0, with futex calls for a lock that is contended. */
void bare_lock(struct bare_locks *locks);
void bare_unlock(struct bare_locks *locks);

/* A semaphore: a futex that is never spun on. */
void bare_post(struct bare_locks *locks, unsigned which);
void bare_wait(struct bare_locks *locks, unsigned which);

/* The C library's process-shared robust mutex. 0, or an error number. */
int bare_robust_lock(struct bare_locks *locks);
int bare_robust_unlock(struct bare_locks *locks);

#endif
