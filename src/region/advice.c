/* advice.c: what a handle would like of its memory beyond having it (R14): asked for at create, open and
 * growth, told in the region's info. A refusal costs nothing but the flag.
 *
 * All but the core dumps bring memory in, which is safe only where it was set aside. So of a lazy region that is
 * done first; who may only read can't, and gets none of it. */
#include "handle.h"

#define BRINGS_IN (ISM_REGION_PREFAULT | ISM_REGION_LOCKED | ISM_REGION_HUGE_PAGES)

static void ask(struct ism_region *region, uint64_t offset, uint64_t length, uint32_t flags)
{
    uint32_t wanted = region->wanted & flags;
    if (wanted != 0)
        region->granted &= ~wanted | ism_memory_advise(&region->memory, offset, length, wanted);
}

void ism_advise_fresh(struct ism_region *region, uint64_t offset, uint64_t length)
{
    ask(region, offset, length, ISM_REGION_HUGE_PAGES | ISM_REGION_NO_CORE_DUMP);
}

void ism_advise_committed(struct ism_region *region, uint64_t offset, uint64_t length)
{
    ask(region, offset, length, ISM_REGION_PREFAULT | ISM_REGION_LOCKED);
}

void ism_advise_found(struct ism_region *region, uint64_t offset, uint64_t length)
{
    struct ism_cause ignored;
    if (!region->committed && (region->wanted & BRINGS_IN) != 0 &&
        (!region->memory.writable || ism_memory_commit(&region->memory, offset, length, &ignored) != ISM_OK)) {
        region->wanted &= ~BRINGS_IN;
        region->granted &= ~BRINGS_IN;
    }
    ask(region, offset, length, ISM_ADVICE);
}
