/* refusals_linux.c: a kernel that refuses what another one grants, played by a filter of system calls. */
#include "../../src/atomics.h"
#include "native.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#ifdef SYS_fcntl64
#define FCNTL SYS_fcntl64
#else
#define FCNTL SYS_fcntl
#endif

#ifndef SYS_futex_waitv
#define SYS_futex_waitv 449
#endif

static bool install(struct sock_filter *steps, size_t count)
{
    struct sock_fprog filter = {(unsigned short)count, steps};
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0;
}

/* gVisor's kernel answers EINVAL to locks of open file descriptions. */
static bool refuse_locks(void)
{
    const unsigned command = (unsigned)offsetof(struct seccomp_data, args[1]) + (ISM_LITTLE_ENDIAN ? 0 : 4);
    struct sock_filter steps[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, FCNTL, 0, 4),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, command),
        BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, F_OFD_GETLK, 0, 2),
        BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, F_OFD_SETLKW, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EINVAL),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    return install(steps, sizeof steps / sizeof steps[0]);
}

/* As a container's filter does, or a kernel that is too old. */
static bool refuse_calls(unsigned one, unsigned other, unsigned code)
{
    struct sock_filter steps[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, one, 1, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, other, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | code),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    return install(steps, sizeof steps / sizeof steps[0]);
}

bool native_refuse(const char *what)
{
    if (strcmp(what, "locks") == 0)
        return refuse_locks();
    if (strcmp(what, "futex_waitv") == 0)
        return refuse_calls(SYS_futex_waitv, SYS_futex_waitv, EPERM);
    if (strcmp(what, "robust_lists") == 0)
        return refuse_calls(SYS_set_robust_list, SYS_get_robust_list, ENOSYS);
    if (strcmp(what, "memfd") == 0)
        return refuse_calls(SYS_memfd_create, SYS_memfd_create, EPERM);
    return strcmp(what, "fallocate") == 0 && refuse_calls(SYS_fallocate, SYS_fallocate, EPERM);
}
