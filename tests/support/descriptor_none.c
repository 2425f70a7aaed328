/* descriptor_none.c: for systems whose shared memory has no descriptors that are handed over. */
#include "descriptor.h"

intptr_t descriptor_make(const void *bytes, size_t size, bool sealed)
{
    (void)bytes;
    (void)size;
    (void)sealed;
    return -1;
}

intptr_t descriptor_of_pipe(void)
{
    return -1;
}

intptr_t descriptor_of_file(const char *path)
{
    (void)path;
    return -1;
}

intptr_t descriptor_inheritable(intptr_t descriptor)
{
    (void)descriptor;
    return -1;
}

intptr_t descriptor_read_only(intptr_t descriptor)
{
    (void)descriptor;
    return -1;
}

void descriptor_close(intptr_t descriptor)
{
    (void)descriptor;
}

bool descriptor_truncate(intptr_t descriptor, uint64_t size)
{
    (void)descriptor;
    (void)size;
    return false;
}

bool descriptor_write(intptr_t descriptor, uint64_t offset, unsigned char byte)
{
    (void)descriptor;
    (void)offset;
    (void)byte;
    return false;
}

bool descriptor_send(const char *address, intptr_t descriptor)
{
    (void)address;
    (void)descriptor;
    return false;
}

intptr_t descriptor_receive(const char *address, void (*waiting)(void))
{
    (void)address;
    (void)waiting;
    return -1;
}
