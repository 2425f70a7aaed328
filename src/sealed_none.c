/* sealed_none.c: for systems without descriptors that can be sealed, and for backends whose objects are none. */
#include "backend.h"

ism_status ism_sealed_create(const char *label, uint64_t length, struct ism_memory *out, struct ism_cause *why)
{
    (void)label;
    (void)length;
    (void)out;
    *why = (struct ism_cause){NULL, 0};
    return ISM_E_UNSUPPORTED;
}

ism_status ism_sealed_seal(struct ism_memory *memory, bool others_may_write, struct ism_cause *why)
{
    (void)memory;
    (void)others_may_write;
    *why = (struct ism_cause){NULL, 0};
    return ISM_E_UNSUPPORTED;
}

ism_status ism_sealed_open(intptr_t descriptor, bool writable, struct ism_memory *out, struct ism_cause *why)
{
    (void)descriptor;
    (void)writable;
    (void)out;
    *why = (struct ism_cause){NULL, 0};
    return ISM_E_UNSUPPORTED;
}
