/* advice.c: prefaulting, locking, huge pages and core dumps, one after the other.
 *
 * Huge pages come first: what was brought in in small pages would have to be copied. Locking comes before
 * prefaulting would: mlock() brings the pages in for reading only, so both are done if both are wanted.
 * Locks and the rest end with the mapping. */
#include "advice.h"

#include <sys/mman.h>

void ism_advice_touch(unsigned char *address, uint64_t length, bool writable)
{
    size_t page = ism_memory_page();
    for (uint64_t at = 0; at < length; at += page) {
        uint32_t *word = (uint32_t *)(void *)(address + at);
        if (writable) /* relaxed: nothing is told by it */
            (void)__atomic_fetch_add(word, 0, __ATOMIC_RELAXED);
        else
            (void)__atomic_load_n(word, __ATOMIC_RELAXED);
    }
}

uint32_t ism_memory_advise(struct ism_memory *memory, uint64_t offset, uint64_t length, uint32_t wanted)
{
    uint64_t within = offset % ism_memory_page();
    unsigned char *address = memory->address + (offset - within);
    bool writable = memory->writable;
    uint32_t granted = 0;
    length += within;
    if ((wanted & ISM_REGION_NO_CORE_DUMP) != 0 && ism_advice_leave_out_of_dumps(address, length))
        granted |= ISM_REGION_NO_CORE_DUMP;
    if ((wanted & ISM_REGION_HUGE_PAGES) != 0 && ism_advice_use_huge_pages(address, length, writable))
        granted |= ISM_REGION_HUGE_PAGES;
    if ((wanted & ISM_REGION_PREFAULT) != 0 && ism_advice_prefault(address, length, writable))
        granted |= ISM_REGION_PREFAULT;
    if ((wanted & ISM_REGION_LOCKED) != 0 && mlock(address, (size_t)length) == 0)
        granted |= ISM_REGION_LOCKED;
    return granted;
}
