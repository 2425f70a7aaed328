/* advice_generic.c: pages are brought in by touching them, which works anywhere; there are no calls for huge pages
 * (macOS), or the kernel uses them of its own accord and does not tell (FreeBSD). */
#include "advice.h"

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

void ism_advice_give_back(unsigned char *address, uint64_t length)
{
    (void)address;
    (void)length;
}
