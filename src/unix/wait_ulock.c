/* wait_ulock.c: sleep on a word by the calls of macOS that compare it and wait, in their form for shared memory: the
 * kernel knows the word by object and offset, whatever address each process mapped it at.
 *
 * They are public since macOS 14.4, and linked weakly, so that a program also starts on older systems. There ulock.h
 * has older calls, or none; then a sleeper looks at the word from time to time, as it does when the kernel refuses to
 * let it sleep: for want of memory, or because a peer sleeps on the word as on one of 64 bits. No life is watched. */
#include "../atomics.h"
#include "../backend.h"
#include "ulock.h"
#include "wait_poll.h"

#include <errno.h>

/* As <os/os_sync_wait_on_address.h> has them. It is not included: it is missing from older SDKs, and where it is there,
 * the compiler would warn of calls that the oldest system to be served lacks. */
int os_sync_wait_on_address_with_timeout(void *address, uint64_t value, size_t size, uint32_t flags, uint32_t clock,
                                         uint64_t nanoseconds) __attribute__((weak));
int os_sync_wake_by_address_any(void *address, size_t size, uint32_t flags) __attribute__((weak));
int os_sync_wake_by_address_all(void *address, size_t size, uint32_t flags) __attribute__((weak));

#define IN_SHARED_MEMORY 1u /* OS_SYNC_WAIT_ON_ADDRESS_SHARED, OS_SYNC_WAKE_BY_ADDRESS_SHARED */
#define MACH_CLOCK 32u      /* OS_CLOCK_MACH_ABSOLUTE_TIME */

static int sleep_on(uint32_t *word, uint32_t value, uint64_t nanoseconds)
{
    if (os_sync_wait_on_address_with_timeout == NULL)
        return ism_ulock_wait(word, value, nanoseconds);
    return os_sync_wait_on_address_with_timeout(word, value, sizeof *word, IN_SHARED_MEMORY, MACH_CLOCK, nanoseconds);
}

void ism_wait_sleep(const struct ism_place *place, uint32_t value, ism_life watched, uint64_t nanoseconds)
{
    (void)watched;
    uint64_t now = ism_process_now();
    uint64_t end = now + nanoseconds;
    /* No call is made with a time of 0, which means for ever, or nothing. Relaxed would do, as in wait_poll.c. */
    while (ism_load_acquire_32(place->word) == value && now < end) {
        if (sleep_on(place->word, value, end - now) >= 0 || errno == ETIMEDOUT || errno == EINTR)
            return;
        if (errno != EFAULT) { /* a page that is not in memory: the next look brings it in */
            ism_wait_poll(place->word, value, end - now);
            return;
        }
        now = ism_process_now();
    }
}

/* If nobody sleeps by these calls, that is an error, too. */
bool ism_wait_wake(const struct ism_place *place, bool all)
{
    if (os_sync_wait_on_address_with_timeout == NULL)
        return ism_ulock_wake(place->word, all) >= 0;
    if (all)
        return os_sync_wake_by_address_all(place->word, sizeof *place->word, IN_SHARED_MEMORY) >= 0;
    return os_sync_wake_by_address_any(place->word, sizeof *place->word, IN_SHARED_MEMORY) >= 0;
}
