/* cores_online.c: how many processors are there, where a process's affinity can't be asked. */
#include "../backend.h"

#include <unistd.h>

unsigned ism_process_cores(void)
{
    long count = sysconf(_SC_NPROCESSORS_ONLN);
    return count > 0 ? (unsigned)count : 1;
}
