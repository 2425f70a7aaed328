/* fake_openbsd.c: OpenBSD. */
#include "fake.h"

#include <errno.h>
#include <sys/futex.h>

const struct fake_traits fake_traits = {.can_sleep = true, .tells_of_nobody = true};

static int sleep_for(uint32_t *word, int value, bool is_shared, const struct timespec *longest)
{
    uint64_t nanoseconds = (uint64_t)longest->tv_sec * 1000000000 + (uint64_t)longest->tv_nsec;
    if (longest->tv_sec < 0 || longest->tv_nsec < 0 || longest->tv_nsec >= 1000000000)
        return EINVAL;
    return nanoseconds == 0 ? ETIMEDOUT : fake_sleep(word, (uint32_t)value, is_shared, nanoseconds);
}

int futex(volatile uint32_t *word, int operation, int value, const struct timespec *longest, volatile uint32_t *other)
{
    bool is_shared = (operation & FUTEX_PRIVATE_FLAG) == 0;
    int name = operation & ~FUTEX_PRIVATE_FLAG, code = ENOSYS;
    (void)other;
    if (name == FUTEX_WAKE)
        return (int)fake_wake((uint32_t *)(uintptr_t)word, is_shared, value);
    if (name == FUTEX_WAIT)
        code = sleep_for((uint32_t *)(uintptr_t)word, value, is_shared, longest);
    errno = code;
    return code == 0 ? 0 : -1;
}
