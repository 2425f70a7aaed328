/* fake.c: see fake.h. */
#include "fake.h"

#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define SECOND UINT64_C(1000000000)

static unsigned sleeps;
static unsigned refusals;
static int refusal;

void fake_refuse(int code, unsigned times)
{
    refusal = code;
    refusals = times;
}

unsigned fake_sleeps(void)
{
    return sleeps;
}

static int operation(int name, bool is_shared)
{
    return is_shared ? name : name | FUTEX_PRIVATE_FLAG;
}

int fake_sleep(void *word, uint64_t value, bool is_shared, uint64_t nanoseconds)
{
    const struct timespec longest = {(time_t)(nanoseconds / SECOND), (long)(nanoseconds % SECOND)};
    sleeps++;
    if (refusals > 0) {
        refusals--;
        return refusal;
    }
    if (value > UINT32_MAX)
        return EAGAIN;
    return syscall(SYS_futex, word, operation(FUTEX_WAIT, is_shared), (uint32_t)value,
                   nanoseconds != 0 ? &longest : NULL, NULL, 0) == -1
               ? errno
               : 0;
}

unsigned fake_wake(void *word, bool is_shared, int most)
{
    long woken = syscall(SYS_futex, word, operation(FUTEX_WAKE, is_shared), most, NULL, NULL, 0);
    return woken > 0 ? (unsigned)woken : 0;
}

/* They are told to sleep on where they sleep, which counts them. */
unsigned fake_asleep(uint32_t *word)
{
    long asleep = syscall(SYS_futex, word, FUTEX_CMP_REQUEUE, 0, INT_MAX, word, *word);
    return asleep > 0 ? (unsigned)asleep : 0;
}
