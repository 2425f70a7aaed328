/* object.c: what can be done with the descriptor of any object of shm_open(), ours or not, a file or not. */
#include "../unix/system_error.h"
#include "posix.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

void ism_posix_fill(struct ism_memory *memory, const char *native, int descriptor, bool writable)
{
    memset(memory, 0, sizeof *memory);
    memcpy(memory->native, native, strlen(native) + 1);
    memory->handle = descriptor;
    memory->writable = writable;
}

ism_status ism_posix_open_failure(struct ism_cause *why, int code)
{
    ism_status status = ism_system_failure(why, "shm_open", code);
    bool is_odd = code == EINVAL || code == EISDIR || code == ENXIO || code == EAGAIN;
    return is_odd ? ISM_E_FOREIGN : status; /* EINVAL: a folder, as glibc tells it */
}

ism_status ism_posix_map(struct ism_memory *memory, int descriptor, struct ism_cause *why)
{
    int protection = memory->writable ? PROT_READ | PROT_WRITE : PROT_READ;
    void *address = mmap(NULL, (size_t)memory->length, protection, MAP_SHARED, descriptor, 0);
    if (address == MAP_FAILED)
        return ism_system_failure(why, "mmap", errno);
    memory->address = address;
    return ISM_OK;
}

ism_status ism_posix_give_size(int descriptor, mode_t mode, uint64_t length, struct ism_cause *why)
{
    struct stat made;
    if (fstat(descriptor, &made) == -1)
        return ism_system_failure(why, "fstat", errno);
    if ((made.st_mode & 0777) != mode && fchmod(descriptor, mode) == -1) /* the umask may have taken bits */
        return ism_system_failure(why, "fchmod", errno);
    if (ftruncate(descriptor, (off_t)length) == -1)
        return ism_system_failure(why, "ftruncate", errno);
    return ISM_OK;
}
