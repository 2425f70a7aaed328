/* advice_freebsd.c: pages are brought in by touching them, and madvise() keeps them out of core dumps. Huge
 * pages the kernel uses of its own accord, and does not tell. */
#include "advice.h"

#include <sys/mman.h>

bool ism_advice_prefault(unsigned char *address, uint64_t length, bool writable)
{
    ism_advice_touch(address, length, writable);
    return true;
}

bool ism_advice_use_huge_pages(unsigned char *address, uint64_t length, bool writable)
{
    (void)address;
    (void)length;
    (void)writable;
    return false;
}

bool ism_advice_leave_out_of_dumps(unsigned char *address, uint64_t length)
{
    return madvise(address, (size_t)length, MADV_NOCORE) == 0;
}
