/* locks.h: a region with locks at its start, for the tests of locks. Peers say what happened in the order of
 * their pipes; no test depends on how long anything takes. */
#ifndef ISTHMUS_TESTS_LOCKS_H
#define ISTHMUS_TESTS_LOCKS_H

#include "suite.h"

#define SIZE 65536u
#define SOON (20 * ISM_SECOND) /* a deadline that only a hanging library meets */

struct shared {
    ism_mutex mutex;
    ism_mutex other;
    uint8_t reserved[32];
    volatile uint64_t word;
};

static ism_region *region;
static struct shared *shared;

static inline void create(const char *name)
{
    ism_region_options options = {.size = SIZE};
    assert_status(ism_region_create(name, &options, &region), ISM_OK);
    shared = ism_region_data(region);
}

static inline void close_region(void)
{
    assert_status(ism_region_close(region), ISM_OK);
    region = NULL;
}

static inline struct process *peer_with(const char *name)
{
    struct process *peer = peer_obeying();
    assert_answer(ask(peer, "open %s", name), "ISM_OK");
    return peer;
}

static inline ism_status lock_soon(ism_mutex *mutex)
{
    return ism_mutex_lock_until(mutex, ism_deadline_after(SOON));
}

#endif
