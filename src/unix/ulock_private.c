/* ulock_private.c: the calls that the public ones are made of; they serve shared memory since macOS 10.15 (xnu 6153).
 *
 * Apple does not document them, may take them away, and may refuse an application that uses them: hence an option of
 * the build. Where they are missing, or know no shared memory, that is an error like any other. */
#include "ulock.h"

#include <errno.h>
#include <stddef.h>

int __ulock_wait(uint32_t operation, void *address, uint64_t value, uint32_t microseconds) __attribute__((weak));
int __ulock_wake(uint32_t operation, void *address, uint64_t thread) __attribute__((weak));

#define COMPARE_AND_WAIT_SHARED 3u /* a word of 32 bits that processes share */
#define WAKE_ALL 0x100u

/* At least one: none would be for ever. Who asks for more than the 71 minutes that fit sleeps so long. */
static uint32_t microseconds(uint64_t nanoseconds)
{
    uint64_t length = nanoseconds / 1000 + 1;
    return length < UINT32_MAX ? (uint32_t)length : UINT32_MAX;
}

int ism_ulock_wait(uint32_t *word, uint32_t value, uint64_t nanoseconds)
{
    if (__ulock_wait != NULL)
        return __ulock_wait(COMPARE_AND_WAIT_SHARED, word, value, microseconds(nanoseconds));
    errno = ENOSYS;
    return -1;
}

int ism_ulock_wake(uint32_t *word, bool all)
{
    if (__ulock_wake != NULL)
        return __ulock_wake(COMPARE_AND_WAIT_SHARED | (all ? WAKE_ALL : 0), word, 0);
    errno = ENOSYS;
    return -1;
}
