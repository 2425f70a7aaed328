/* objects.h: a region with one object of each kind, for the tests of all that is waited by. */
#ifndef ISTHMUS_TESTS_OBJECTS_H
#define ISTHMUS_TESTS_OBJECTS_H

#include "locks.h"

struct objects {
    ism_rwlock rwlock;
    ism_semaphore semaphore;
    ism_semaphore other_semaphore;
    ism_event event;
    ism_condition condition;
    ism_mutex mutex;
    ism_barrier barrier;
    ism_once once;
    volatile uint64_t words[8];
};

static struct objects *objects;

/* Where something of it lies, as peers say it. */
#define AT(member) ((unsigned)offsetof(struct objects, member))

static inline void create_objects(const char *name)
{
    create(name);
    objects = ism_region_data(region);
}

static inline ism_deadline soon(void)
{
    return ism_deadline_after(SOON);
}

static inline ism_deadline passed(void)
{
    return ism_deadline_after(0);
}

/* Have a peer wait for an object, and go on when the object says that somebody does: its first word is another
 * then. */
static inline void tell_to_wait(struct process *peer, const void *object, const char *verb, const char *words)
{
    const volatile uint64_t *word = object;
    const uint64_t before = *word, until = process_milliseconds() + PROCESS_LIMIT;
    const unsigned offset = (unsigned)((const unsigned char *)object - (unsigned char *)objects);

    tell(peer, "%s %u %s", verb, offset, words);
    while (*word == before) {
        assert_true(process_milliseconds() < until);
        process_pause();
    }
}

/* A forked peer answers as its child; NULL where there is no fork. */
static inline bool forks(struct process *peer)
{
    return strcmp(ask(peer, "fork"), "no") != 0;
}

#endif
