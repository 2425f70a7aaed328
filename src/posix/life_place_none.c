/* life_place_none.c: objects that are no files are open to their owner only, and need no table of their own. */
#include "../unix/life_shared.h"

ism_status ism_life_find_place(const struct ism_memory *object, struct ism_life_place *out,
                               struct ism_cause *why)
{
    (void)object;
    (void)out;
    *why = (struct ism_cause){NULL, 0};
    return ISM_E_UNSUPPORTED;
}
