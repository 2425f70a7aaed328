/* fake.h: the calls by which other systems sleep on a word, played by Linux's futex. Each fake_*.c plays those of one
 * system, as strictly as that one is: what it would refuse is refused, and what is not meant for shared memory wakes
 * nobody in another process. */
#ifndef ISTHMUS_TESTS_FAKE_H
#define ISTHMUS_TESTS_FAKE_H

#include <stdbool.h>
#include <stdint.h>

/* What can be noticed of the system that is played. */
struct fake_traits {
    bool can_sleep;       /* else each sleeper looks by itself */
    bool tells_of_nobody; /* a wake that found nobody is told */
    bool leaves_faults;   /* a page that is not in memory is the caller's to bring in */
};
extern const struct fake_traits fake_traits;

/* So many of the next calls to sleep fail with an error. */
void fake_refuse(int code, unsigned times);

/* Calls to sleep, in this process. */
unsigned fake_sleeps(void);

/* How many, in all processes, are asleep on a word in shared memory. */
unsigned fake_asleep(uint32_t *word);

/* For the fakes: sleep (0 nanoseconds: for ever), with an error number or 0; and wake, with how many were woken. */
int fake_sleep(void *word, uint64_t value, bool is_shared, uint64_t nanoseconds);
unsigned fake_wake(void *word, bool is_shared, int most);

#endif
