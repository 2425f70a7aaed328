/* namespaces_none.c: where no process can have a world of its own. */
#include "native.h"
#include "process.h"

bool native_confine_memory(uint64_t bytes)
{
    (void)bytes;
    return false;
}

bool native_confine_objects(unsigned count)
{
    (void)count;
    return false;
}

bool native_confine_object_size(uint64_t bytes)
{
    (void)bytes;
    return false;
}

bool native_allow_segments(unsigned count)
{
    (void)count;
    return false;
}

bool native_allow_huge_pages(void)
{
    return false;
}

int64_t process_fork_contained(void)
{
    return -1;
}
