/* process.c: clock, random bytes, fork, and locks within this process, for every Unix.
 *
 * A fork is noticed twice: by handlers of pthread_atfork, and by a page that the kernel wipes in the
 * child where it can (Linux: MADV_WIPEONFORK), which a fork that runs no handlers can't avoid. The
 * handlers also hold the locks over the fork, so that the child finds them free. */
#include "../atomics.h"
#include "after_fork.h"
#include "system_error.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>
#ifdef __APPLE__
#include <sys/random.h> /* getentropy(), which others have in unistd.h */
#endif

static pthread_mutex_t locks[] = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_MUTEX_INITIALIZER};
static pthread_once_t prepared = PTHREAD_ONCE_INIT;
static uint64_t forks;
static uint64_t generation;

/* Guarded by ISM_LOCK_REGISTRY, but for the child's handler, which is alone. */
static void (*after_fork[ISM_AFTER_FORK_MAX])(void);
static size_t after_fork_count;

/* Words that are zero in a fresh process and in a forked child. */
struct wiped {
    uint64_t epoch;
    uint64_t id; /* of this process; 0: the fork that made it is not counted yet */
};
static struct wiped spare; /* serves where no page can be had: the handlers still clear it */
static struct wiped *wiped = &spare;

static void count_birth(void)
{
    ism_store_relaxed_64(&forks, forks + 1);
    ism_store_relaxed_64(&generation, generation + 1);
    ism_store_relaxed_64(&wiped->epoch, 0);
    ism_store_relaxed_64(&wiped->id, (uint64_t)getpid());
}

static void unlock_after_fork(void)
{
    (void)pthread_mutex_unlock(&locks[ISM_LOCK_REGISTRY]);
    (void)pthread_mutex_unlock(&locks[ISM_LOCK_NAMES]);
}

static void before_fork(void)
{
    (void)pthread_mutex_lock(&locks[ISM_LOCK_NAMES]);
    (void)pthread_mutex_lock(&locks[ISM_LOCK_REGISTRY]);
}

static void after_fork_in_parent(void)
{
    ism_store_relaxed_64(&forks, forks + 1);
    unlock_after_fork();
}

static void after_fork_in_child(void)
{
    count_birth();
    unlock_after_fork();
    for (size_t i = 0; i < after_fork_count; i++)
        after_fork[i]();
}

void ism_after_fork(void (*call)(void))
{
    assert(after_fork_count < ISM_AFTER_FORK_MAX);
    after_fork[after_fork_count++] = call;
}

static void prepare(void)
{
#ifdef MADV_WIPEONFORK
    size_t page = ism_memory_page();
    void *fresh = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (fresh != MAP_FAILED) {
        (void)madvise(fresh, page, MADV_WIPEONFORK); /* refused before Linux 4.14 */
        wiped = fresh;
    }
#endif
    wiped->id = (uint64_t)getpid();
    (void)pthread_atfork(before_fork, after_fork_in_parent, after_fork_in_child);
}

uint64_t ism_process_now(void)
{
    struct timespec now = {0, 0};
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec + 1;
}

void ism_process_pause(uint64_t nanoseconds)
{
    struct timespec length = {(time_t)(nanoseconds / UINT64_C(1000000000)), (long)(nanoseconds % UINT64_C(1000000000))};
    (void)nanosleep(&length, NULL);
}

ism_status ism_process_random(void *bytes, size_t size, struct ism_cause *why)
{
    return getentropy(bytes, size) == 0 ? ISM_OK : ism_system_failure(why, "getentropy", errno);
}

unsigned ism_process_cores(void)
{
    long count = sysconf(_SC_NPROCESSORS_ONLN);
    return count > 0 ? (unsigned)count : 1;
}

uint64_t ism_process_id(void)
{
    (void)ism_process_generation();
    return ism_load_relaxed_64(&wiped->id); /* glibc asks the kernel at every getpid() */
}

uint64_t *ism_process_epoch(void)
{
    (void)pthread_once(&prepared, prepare);
    return &wiped->epoch;
}

uint64_t ism_process_forks(void)
{
    (void)ism_process_generation();
    return ism_load_relaxed_64(&forks);
}

uint64_t ism_process_generation(void)
{
    (void)pthread_once(&prepared, prepare);
    if (ism_load_relaxed_64(&wiped->id) == 0)
        count_birth();
    return ism_load_relaxed_64(&generation);
}

static _Thread_local struct {
    int depth;
    int outer_state;
} shield;

void ism_process_shield(void)
{
    int state;
    (void)pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
    if (shield.depth++ == 0)
        shield.outer_state = state;
}

void ism_process_unshield(void)
{
    int state;
    if (--shield.depth == 0)
        (void)pthread_setcancelstate(shield.outer_state, &state);
}

/* A thread that is cancelled in a system call inside would leave the lock behind. */
void ism_process_lock(enum ism_process_lock which)
{
    (void)pthread_once(&prepared, prepare);
    ism_process_shield();
    (void)pthread_mutex_lock(&locks[which]);
}

void ism_process_unlock(enum ism_process_lock which)
{
    (void)pthread_mutex_unlock(&locks[which]);
    ism_process_unshield();
}
