/* wait_futex.c: sleep on a word by the Linux futex call, in its form for shared memory: the kernel knows
 * the word by object and offset, whatever address each process mapped it at.
 *
 * Where a watched life has a word that the kernel marks at its death, one call sleeps on both. The kernel wakes one of
 * those who watch such a word, and that one wakes the others. */
#include "../backend.h"
#include "life_word.h"

#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#ifndef SYS_futex_waitv
#define SYS_futex_waitv 449 /* Linux 5.16; the headers may be older than the kernel */
#endif

#define SECOND UINT64_C(1000000000)

/* What the call without "time64" in its name takes on every architecture. */
struct kernel_time {
    long seconds;
    long nanoseconds;
};

/* What newer calls take, and a word that they wait on. */
struct kernel_time_64 {
    int64_t seconds;
    int64_t nanoseconds;
};

struct waited_word {
    uint64_t value;
    uint64_t address;
    uint32_t flags;
    uint32_t reserved;
};

#define FLAGS_SHARED_32 2u /* FUTEX_32, without FUTEX_PRIVATE_FLAG */

static void sleep_on_one(uint32_t *word, uint32_t value, uint64_t nanoseconds)
{
    struct kernel_time longest = {(long)(nanoseconds / SECOND), (long)(nanoseconds % SECOND)};
    (void)syscall(SYS_futex, word, FUTEX_WAIT, value, &longest, NULL, 0);
}

static struct waited_word waited(const uint32_t *word, uint32_t value)
{
    struct waited_word word_and_value = {value, (uintptr_t)word, FLAGS_SHARED_32, 0};
    return word_and_value;
}

/* False: the kernel, or a filter of its calls, refuses that. */
static bool sleep_on_both(const uint32_t *word, uint32_t value, const uint32_t *life_word, uint32_t life_value,
                          uint64_t nanoseconds)
{
    const struct waited_word words[] = {waited(word, value), waited(life_word, life_value)};
    uint64_t end = ism_process_now() + nanoseconds;
    struct kernel_time_64 until = {(int64_t)(end / SECOND), (int64_t)(end % SECOND)};
    return syscall(SYS_futex_waitv, words, 2, 0, &until, CLOCK_MONOTONIC) != -1 || errno == EAGAIN ||
           errno == ETIMEDOUT || errno == EINTR;
}

void ism_wait_sleep(const struct ism_place *place, uint32_t value, ism_life watched, uint64_t nanoseconds)
{
    uint32_t *life_word;
    uint32_t life_value;
    bool watches = watched != 0 && place->lives == NULL && ism_life_word_watch(watched, &life_word, &life_value);
    if (!watches || !sleep_on_both(place->word, value, life_word, life_value, nanoseconds))
        sleep_on_one(place->word, value, nanoseconds);
    if (watches && ism_life_word_is_marked(-1, watched))
        (void)syscall(SYS_futex, life_word, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
}

bool ism_wait_wake(const struct ism_place *place, bool all)
{
    return syscall(SYS_futex, place->word, FUTEX_WAKE, all ? INT_MAX : 1, NULL, NULL, 0) > 0;
}
