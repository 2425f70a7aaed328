/* fake_os_sync.c: the public calls of macOS 14.4. */
#include "fake.h"

#include <errno.h>
#include <limits.h>
#include <stddef.h>

const struct fake_traits fake_traits = {.can_sleep = true, .tells_of_nobody = true, .leaves_faults = true};

int os_sync_wait_on_address_with_timeout(void *address, uint64_t value, size_t size, uint32_t flags, uint32_t clock,
                                         uint64_t nanoseconds);
int os_sync_wake_by_address_any(void *address, size_t size, uint32_t flags);
int os_sync_wake_by_address_all(void *address, size_t size, uint32_t flags);

static int fail(int code)
{
    errno = code;
    return -1;
}

static bool is_wrong(const void *address, size_t size, uint32_t flags)
{
    return size != sizeof(uint32_t) || (uintptr_t)address % size != 0 || flags > 1;
}

int os_sync_wait_on_address_with_timeout(void *address, uint64_t value, size_t size, uint32_t flags, uint32_t clock,
                                         uint64_t nanoseconds)
{
    if (is_wrong(address, size, flags) || clock != 32 || nanoseconds == 0)
        return fail(EINVAL);
    int code = fake_sleep(address, value, flags == 1, nanoseconds);
    return code == 0 || code == EAGAIN ? 0 : fail(code);
}

static int wake(void *address, size_t size, uint32_t flags, int most)
{
    if (is_wrong(address, size, flags))
        return fail(EINVAL);
    return fake_wake(address, flags == 1, most) > 0 ? 0 : fail(ENOENT);
}

int os_sync_wake_by_address_any(void *address, size_t size, uint32_t flags)
{
    return wake(address, size, flags, 1);
}

int os_sync_wake_by_address_all(void *address, size_t size, uint32_t flags)
{
    return wake(address, size, flags, INT_MAX);
}
