/* What <sys/futex.h> of OpenBSD offers to wait_futex_openbsd.c, written after the manual page futex(2). */
#ifndef ISTHMUS_TESTS_FUTEX_H
#define ISTHMUS_TESTS_FUTEX_H

#include <stdint.h>
#include <time.h>

#define FUTEX_WAIT 1
#define FUTEX_WAKE 2
#define FUTEX_PRIVATE_FLAG 128

int futex(volatile uint32_t *word, int operation, int value, const struct timespec *longest, volatile uint32_t *other);

#endif
