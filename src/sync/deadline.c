/* deadline.c: points of time on the monotonic clock. */
#include "../backend.h"

ism_deadline ism_deadline_after(uint64_t nanoseconds)
{
    uint64_t now = ism_process_now();
    return nanoseconds <= UINT64_MAX - now ? now + nanoseconds : UINT64_MAX;
}
