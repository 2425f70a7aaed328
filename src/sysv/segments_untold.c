/* segments_untold.c: systems that list segments only through private headers, or not at all. */
#include "sysv.h"

/* POSIX and the BSDs answer ENOSPC for the number of segments only. */
bool ism_sysv_are_segments_used_up(void)
{
    return true;
}

ism_status ism_memory_list(ism_memory_visitor visitor, void *context, struct ism_cause *why)
{
    (void)visitor;
    (void)context;
    *why = (struct ism_cause){NULL, 0};
    return ISM_E_UNSUPPORTED;
}
