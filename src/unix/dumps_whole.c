/* dumps_whole.c: there is no call that keeps pages out of core dumps (macOS). */
#include "advice.h"

bool ism_advice_leave_out_of_dumps(unsigned char *address, uint64_t length)
{
    (void)address;
    (void)length;
    return false;
}
