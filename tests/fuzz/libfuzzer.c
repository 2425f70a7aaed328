/* libfuzzer.c: what goes with libFuzzer's own main(): a world of its own, so that what others do on the machine does
 * not count, and pauses that end at once where the library gives others a moment, since nobody else is there. */
#include "fuzz.h"
#include "native.h"

#include <time.h>

int LLVMFuzzerInitialize(int *count, char ***words);

int LLVMFuzzerInitialize(int *count, char ***words)
{
    (void)count;
    (void)words;
    (void)native_confine_memory(UINT64_C(256) << 20);
    return 0;
}

/* Tests pause for a millisecond. */
int nanosleep(const struct timespec *length, struct timespec *left)
{
    if (length->tv_nsec < 1000000)
        return 0;
    return clock_nanosleep(CLOCK_MONOTONIC, 0, length, left);
}
