/* wait_futex.c: sleep on a word by the Linux futex call, in its form for shared memory: the kernel knows
 * the word by object and offset, whatever address each process mapped it at. */
#include "../backend.h"

#include <limits.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

/* What the call without "time64" in its name takes on every architecture. */
struct kernel_time {
    long seconds;
    long nanoseconds;
};

void ism_wait_sleep(const struct ism_place *place, uint32_t value, ism_life watched,
                    uint64_t nanoseconds)
{
    (void)watched; /* one futex can't watch two words; core bounds the sleep and asks again */
    struct kernel_time longest = {(long)(nanoseconds / UINT64_C(1000000000)),
                                  (long)(nanoseconds % UINT64_C(1000000000))};
    (void)syscall(SYS_futex, place->word, FUTEX_WAIT, value, &longest, NULL, 0);
}

bool ism_wait_wake(const struct ism_place *place, bool all)
{
    return syscall(SYS_futex, place->word, FUTEX_WAKE, all ? INT_MAX : 1, NULL, NULL, 0) > 0;
}
