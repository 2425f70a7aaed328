/* leased.h: an object by the seam alone that nobody takes from its maker. */
#ifndef ISTHMUS_TESTS_LEASED_H
#define ISTHMUS_TESTS_LEASED_H

#include "backend.h"

/* Make an object, and have it by a lease, between ism_lease_begin() and ism_lease_end(). Where names are not locked,
 * others who tidy may free it before it has one, as what a dead creator left: then it is made anew. To be left by
 * ism_lease_leave(). */
static inline ism_status make_leased(const char *native, const struct ism_memory_plan *plan, struct ism_memory *out)
{
    struct ism_cause why = {NULL, 0};
    for (;;) {
        ism_status status = ism_memory_create(native, plan, out, &why);
        if (status != ISM_OK)
            return status;
        status = ism_memory_measure(out, &why);
        if (status == ISM_OK)
            status = ism_lease_take(out, &why);
        if (status == ISM_OK)
            status = ism_memory_measure(out, &why);
        if (status == ISM_OK)
            return ISM_OK;
        ism_memory_close(out);
        if (status != ISM_E_BUSY && status != ISM_E_NOT_FOUND)
            return status;
    }
}

#endif
