/* wait_futex_openbsd.c: sleep on a word by OpenBSD's futex call, in its form for shared memory: since OpenBSD 6.4 the
 * kernel knows a word that is mapped MAP_SHARED by object and offset, whatever address each process mapped it at.
 *
 * When the kernel refuses to let it sleep, a sleeper looks at the word from time to time. No life is watched. */
#include "../backend.h"
#include "wait_poll.h"

#include <errno.h>
#include <limits.h>
#include <sys/time.h>

#include <sys/futex.h>

#define SECOND UINT64_C(1000000000)

/* ECANCELED is a signal, like EINTR. */
static bool is_refusal(int code)
{
    return code != EAGAIN && code != ETIMEDOUT && code != EINTR && code != ECANCELED;
}

void ism_wait_sleep(const struct ism_place *place, uint32_t value, ism_life watched, uint64_t nanoseconds)
{
    (void)watched;
    struct timespec longest = {(time_t)(nanoseconds / SECOND), (long)(nanoseconds % SECOND)};
    if (futex(place->word, FUTEX_WAIT, (int)value, &longest, NULL) == -1 && is_refusal(errno))
        ism_wait_poll(place->word, value, nanoseconds);
}

bool ism_wait_wake(const struct ism_place *place, bool all)
{
    return futex(place->word, FUTEX_WAKE, all ? INT_MAX : 1, NULL, NULL) > 0;
}
