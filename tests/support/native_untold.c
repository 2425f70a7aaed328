/* native_untold.c: for systems that don't tell what is in force of a mapping. */
#include "native.h"

enum native_force native_in_force(const void *address, uint64_t size, uint32_t flag)
{
    (void)address;
    (void)size;
    (void)flag;
    return NATIVE_NOT_TOLD;
}
