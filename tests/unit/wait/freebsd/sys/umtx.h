/* What <sys/umtx.h> of FreeBSD offers to wait_umtx.c, written after the manual page _umtx_op(2). */
#ifndef ISTHMUS_TESTS_UMTX_H
#define ISTHMUS_TESTS_UMTX_H

#include <stdint.h>
#include <sys/types.h>
#include <time.h>

#define UMTX_OP_WAKE 3
#define UMTX_OP_WAIT_UINT 11
#define UMTX_OP_WAIT_UINT_PRIVATE 15
#define UMTX_OP_WAKE_PRIVATE 16

struct _umtx_time {
    struct timespec _timeout;
    uint32_t _flags;
    uint32_t _clockid;
};

int _umtx_op(void *object, int operation, u_long value, void *first, void *second);

#endif
