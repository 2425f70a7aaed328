/* fake_umtx.c: FreeBSD. */
#include "fake.h"

#include <errno.h>
#include <sys/umtx.h>

const struct fake_traits fake_traits = {.can_sleep = true};

/* A time that is over at once is no sleep. */
static int sleep_for(void *word, u_long value, bool is_shared, const struct _umtx_time *longest)
{
    uint64_t nanoseconds = (uint64_t)longest->_timeout.tv_sec * 1000000000 + (uint64_t)longest->_timeout.tv_nsec;
    if (longest->_flags != 0 || longest->_clockid != CLOCK_MONOTONIC || longest->_timeout.tv_nsec >= 1000000000)
        return EINVAL;
    return nanoseconds == 0 ? ETIMEDOUT : fake_sleep(word, value, is_shared, nanoseconds);
}

int _umtx_op(void *object, int operation, u_long value, void *first, void *second)
{
    int code = EINVAL;
    if (operation == UMTX_OP_WAKE || operation == UMTX_OP_WAKE_PRIVATE) {
        (void)fake_wake(object, operation == UMTX_OP_WAKE, (int)value);
        return 0;
    }
    if ((operation == UMTX_OP_WAIT_UINT || operation == UMTX_OP_WAIT_UINT_PRIVATE) &&
        (size_t)first == sizeof(struct _umtx_time))
        code = sleep_for(object, value, operation == UMTX_OP_WAIT_UINT, second);
    if (code == 0 || code == EAGAIN)
        return 0;
    errno = code;
    return -1;
}
