/* sealed_memfd.c: objects of memfd_create() (Linux), sealed against every change of length.
 *
 * Whoever has such a descriptor can't take memory away from under those who have it mapped, so no touch of it
 * kills (SIGBUS). The kernel frees it with the last descriptor and mapping. A later kernel may insist on objects
 * that can't be made executable; an earlier one does not know how to be asked for them. */
#include "../unix/descriptor.h"
#include "../unix/system_error.h"
#include "posix.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x8U
#endif
#ifndef F_SEAL_FUTURE_WRITE
#define F_SEAL_FUTURE_WRITE 0x10
#endif

static int make(const char *label)
{
    const unsigned flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
    int descriptor = memfd_create(label, flags | MFD_NOEXEC_SEAL);
    if (descriptor == -1 && errno == EINVAL)
        descriptor = memfd_create(label, flags);
    return ism_descriptor_keep(descriptor);
}

static ism_status measure(struct ism_memory *memory, struct ism_cause *why)
{
    struct stat found;
    if (fstat((int)memory->handle, &found) == -1)
        return ism_system_failure(why, "fstat", errno);
    memory->identity = (uint64_t)found.st_ino;
    memory->length = (uint64_t)found.st_size;
    return ISM_OK;
}

/* Its mode keeps other users who were given it for reading from opening it anew for writing. */
ism_status ism_sealed_create(const char *label, uint64_t length, struct ism_memory *out, struct ism_cause *why)
{
    struct ism_memory memory;
    int descriptor = make(label);
    if (descriptor == -1) {
        int code = errno;
        ism_status status = ism_system_failure(why, "memfd_create", code);
        return code == ENOSYS || code == EPERM ? ISM_E_UNSUPPORTED : status; /* EPERM: a container's filter */
    }
    ism_posix_fill(&memory, "", descriptor, true);
    ism_status status = ISM_OK;
    if (fchmod(descriptor, 0600) == -1)
        status = ism_system_failure(why, "fchmod", errno);
    else if (ftruncate(descriptor, (off_t)length) == -1)
        status = ism_system_failure(why, "ftruncate", errno);
    else
        status = measure(&memory, why);
    if (status == ISM_OK)
        *out = memory;
    else
        (void)close(descriptor);
    return status;
}

ism_status ism_sealed_seal(struct ism_memory *memory, bool others_may_write, struct ism_cause *why)
{
    int seals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;
    if (!others_may_write)
        seals |= F_SEAL_FUTURE_WRITE;
    if (fcntl((int)memory->handle, F_ADD_SEALS, seals) == 0)
        return ISM_OK;
    int code = errno; /* EINVAL: a kernel before that seal */
    ism_status status = ism_system_failure(why, "fcntl", code);
    return code == EINVAL ? ISM_E_UNSUPPORTED : status;
}

/* Files of other kinds have no seals, or none but the one against sealing. Those of huge pages do; where none is
 * free a touch of one kills, whatever its seals are. */
static ism_status check_seals(int descriptor)
{
    struct statfs system;
    int seals = fcntl(descriptor, F_GET_SEALS);
    if (seals == -1 || (seals & F_SEAL_SHRINK) == 0 || fstatfs(descriptor, &system) == -1)
        return ISM_E_FOREIGN;
    return (uint32_t)system.f_type != HUGETLBFS_MAGIC ? ISM_OK : ISM_E_FOREIGN;
}

ism_status ism_sealed_open(intptr_t descriptor, bool writable, struct ism_memory *out, struct ism_cause *why)
{
    struct ism_memory memory;
    if (descriptor < 0 || descriptor > INT32_MAX)
        return ISM_E_INVALID;
    int own = fcntl((int)descriptor, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    if (own == -1) {
        int code = errno;
        ism_status status = ism_system_failure(why, "fcntl", code);
        return code == EBADF ? ISM_E_INVALID : status;
    }
    ism_posix_fill(&memory, "", own, writable);
    ism_status status = check_seals(own);
    if (status == ISM_OK)
        status = measure(&memory, why);
    if (status == ISM_OK)
        *out = memory;
    else
        (void)close(own);
    return status;
}
