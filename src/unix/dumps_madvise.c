/* dumps_madvise.c: madvise() keeps pages out of core dumps (FreeBSD). */
#include "advice.h"

#include <sys/mman.h>

bool ism_advice_leave_out_of_dumps(unsigned char *address, uint64_t length)
{
    return madvise(address, (size_t)length, MADV_NOCORE) == 0;
}
