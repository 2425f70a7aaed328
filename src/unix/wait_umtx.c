/* wait_umtx.c: sleep on a word by FreeBSD's _umtx_op(), in its form for shared memory: the kernel knows the word by
 * object and offset, whatever address each process mapped it at.
 *
 * When the kernel refuses to let it sleep, a sleeper looks at the word from time to time. No life is watched. Weak
 * side: the kernel does not tell whether anybody slept, so what was waited for once is taken for waited for ever after,
 * and costs a call whenever it is given up. */
#include "../backend.h"
#include "wait_poll.h"

#include <errno.h>
#include <limits.h>
#include <sys/types.h>
#include <sys/umtx.h>
#include <time.h>

#define SECOND UINT64_C(1000000000)

void ism_wait_sleep(const struct ism_place *place, uint32_t value, ism_life watched, uint64_t nanoseconds)
{
    (void)watched;
    struct _umtx_time longest = {._timeout = {(time_t)(nanoseconds / SECOND), (long)(nanoseconds % SECOND)},
                                 ._clockid = CLOCK_MONOTONIC};
    void *size = (void *)sizeof longest; /* what the call takes in the place of an address */
    if (_umtx_op(place->word, UMTX_OP_WAIT_UINT, value, size, &longest) == -1 && errno != ETIMEDOUT && errno != EINTR)
        ism_wait_poll(place->word, value, nanoseconds);
}

bool ism_wait_wake(const struct ism_place *place, bool all)
{
    return _umtx_op(place->word, UMTX_OP_WAKE, all ? INT_MAX : 1, NULL, NULL) != -1;
}
