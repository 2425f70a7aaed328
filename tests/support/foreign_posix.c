/* foreign_posix.c: objects of shm_open(). */
#include "foreign.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static bool map(int descriptor, struct foreign *object)
{
    struct stat stat;
    if (fstat(descriptor, &stat) == -1)
        return false;
    object->size = (size_t)stat.st_size;
    object->bytes = mmap(NULL, object->size, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
    (void)close(descriptor);
    return object->bytes != MAP_FAILED;
}

bool foreign_make(const char *native_name, size_t size, struct foreign *object)
{
    int descriptor = shm_open(native_name, O_CREAT | O_EXCL | O_RDWR, 0600);
    return descriptor != -1 && ftruncate(descriptor, (off_t)size) == 0 && map(descriptor, object);
}

bool foreign_attach(const char *native_name, struct foreign *object)
{
    int descriptor = shm_open(native_name, O_RDWR, 0);
    return descriptor != -1 && map(descriptor, object);
}

bool foreign_remove(const char *native_name)
{
    return shm_unlink(native_name) == 0;
}

void foreign_other_name(const char *native_name, char *other, size_t size)
{
    (void)native_name;
    (void)snprintf(other, size, "-");
}

size_t foreign_page_size(void)
{
    return (size_t)sysconf(_SC_PAGESIZE);
}
