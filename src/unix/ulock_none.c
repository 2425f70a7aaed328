/* ulock_none.c: before its public calls macOS has none that may be used. */
#include "ulock.h"

#include <errno.h>

int ism_ulock_wait(uint32_t *word, uint32_t value, uint64_t nanoseconds)
{
    (void)word;
    (void)value;
    (void)nanoseconds;
    errno = ENOSYS;
    return -1;
}

int ism_ulock_wake(uint32_t *word, bool all)
{
    (void)word;
    (void)all;
    errno = ENOSYS;
    return -1;
}
