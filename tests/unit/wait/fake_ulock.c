/* fake_ulock.c: macOS before 14.4, by its private calls. */
#include "fake.h"

#include <errno.h>
#include <limits.h>

const struct fake_traits fake_traits = {.can_sleep = true, .tells_of_nobody = true, .leaves_faults = true};

int __ulock_wait(uint32_t operation, void *address, uint64_t value, uint32_t microseconds);
int __ulock_wake(uint32_t operation, void *address, uint64_t thread);

static int fail(int code)
{
    errno = code;
    return -1;
}

/* Of one process, and shared. */
static bool is_known(uint32_t operation)
{
    return operation == 1 || operation == 3;
}

int __ulock_wait(uint32_t operation, void *address, uint64_t value, uint32_t microseconds)
{
    if (!is_known(operation))
        return fail(EINVAL);
    int code = fake_sleep(address, value, operation == 3, (uint64_t)microseconds * 1000);
    return code == 0 || code == EAGAIN ? 0 : fail(code);
}

int __ulock_wake(uint32_t operation, void *address, uint64_t thread)
{
    const uint32_t all = 0x100;
    if (!is_known(operation & ~all) || thread != 0)
        return fail(EINVAL);
    return fake_wake(address, (operation & ~all) == 3, (operation & all) != 0 ? INT_MAX : 1) > 0 ? 0 : fail(ENOENT);
}
