/* churn.h: what the workers of the crash test and the test itself have in common. */
#ifndef ISTHMUS_TESTS_CHURN_H
#define ISTHMUS_TESTS_CHURN_H

#include <isthmus/isthmus.h>

#define CHURN_WORKERS 3

/* The region that is made, used and removed over and over. Behind this lies the initialiser's pattern. */
#define CHURN_SIZE 8192u
struct churn {
    ism_mutex mutex;
    volatile uint64_t first; /* while the lock is free, first == second, */
    volatile uint64_t second;
    uint8_t reserved[32];
    uint8_t pattern[CHURN_SIZE - 64];
};

/* The byte of the pattern at an index; never zero. */
static inline uint8_t churn_pattern(uint64_t index)
{
    return (uint8_t)(index % 251 + 1);
}

/* In a region that the test holds: each worker writes its own line. */
struct churn_line {
    volatile uint32_t steps;      /* grows as the worker gets on */
    volatile uint32_t created;    /* how often it was the one that created */
    volatile uint32_t owner_died; /* how often it was told so */
    volatile uint32_t holds;      /* 1 while it owns the lock for so long that a kill meets it */
    uint32_t reserved[12];
};
struct churn_board {
    struct churn_line workers[CHURN_WORKERS];
};

#endif
