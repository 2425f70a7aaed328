/* cores_affinity.c: how many processors this process may run on, where the kernel tells its affinity. */
#include "../backend.h"

#include <sched.h>

unsigned ism_process_cores(void)
{
    cpu_set_t usable;
    CPU_ZERO(&usable);
    if (sched_getaffinity(0, sizeof usable, &usable) != 0)
        return 1;
    int count = CPU_COUNT(&usable);
    return count > 0 ? (unsigned)count : 1;
}
