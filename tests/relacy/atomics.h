/* atomics.h: stands in for src/atomics.h when Relacy checks src/sync: each operation on a word of shared memory becomes
 * one of Relacy's, with the order that the source names, or with a weaker one where a bug is seeded.
 *
 * It is included before everything else, so that the real header finds its guard defined. An operation that is not here
 * is a compile error: then it is to be added. */
#ifndef ISM_ATOMICS_H
#define ISM_ATOMICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../../src/compiler.h"

enum order { RELAXED, ACQUIRE, RELEASE, ACQUIRE_RELEASE, SEQUENTIAL };

/* Where an operation stands in the source. The linker lists them all, those in headers once for each file that uses
 * them. */
struct site {
    const char *file;
    int line;
    const char *function;
    const char *unit;   /* the file that was compiled */
    enum order order;   /* as it is written there */
    enum order tried;   /* as it is run */
    bool is_load;       /* known once it was run, */
    uint64_t scenarios; /* in these: a bit for each */
};

#ifdef __cplusplus
extern "C" {
#endif

/* The operations. A word that is not in the shared memory belongs to one thread. */
uint64_t relacy_load(const uint64_t *word, struct site *site);
void relacy_store(uint64_t *word, uint64_t value);
bool relacy_compare_exchange(uint64_t *word, uint64_t *expected, uint64_t desired, struct site *site);

/* What seam.c asks: the kernel's part. */
unsigned relacy_thread(void);
bool relacy_has_ended(unsigned thread);
bool relacy_is_late(void);
void relacy_sleep(const uint32_t *word, uint32_t value);
bool relacy_wake(const uint32_t *word, bool all);

/* Before each run of a scenario: no thread has used the memory yet. */
void seam_begin(uint64_t *memory, size_t size);
/* The life of a thread, as its locks name it. */
uint64_t seam_life(unsigned thread);

#ifdef __cplusplus
}
#else

#define SITE(order)                                                                                                    \
    ({                                                                                                                 \
        static struct site site = {__FILE__, __LINE__, __func__, __BASE_FILE__, order, order, false, 0};               \
        static struct site *const listed __attribute__((section("sites"), used)) = &site;                              \
        listed;                                                                                                        \
    })

#define ism_load_relaxed_64(word) relacy_load(word, SITE(RELAXED))
#define ism_load_acquire_64(word) relacy_load(word, SITE(ACQUIRE))
#define ism_load_sequential_64(word) relacy_load(word, SITE(SEQUENTIAL))
#define ism_store_relaxed_64(word, value) relacy_store(word, value)
#define ism_store_release_64(word, value) relacy_store(word, value)
#define ism_compare_exchange_relaxed_64(word, expected, desired)                                                       \
    relacy_compare_exchange(word, expected, desired, SITE(RELAXED))
#define ism_compare_exchange_acquire_64(word, expected, desired)                                                       \
    relacy_compare_exchange(word, expected, desired, SITE(ACQUIRE))
#define ism_compare_exchange_release_64(word, expected, desired)                                                       \
    relacy_compare_exchange(word, expected, desired, SITE(RELEASE))
#define ism_compare_exchange_acquire_release_64(word, expected, desired)                                               \
    relacy_compare_exchange(word, expected, desired, SITE(ACQUIRE_RELEASE))
#define ism_compare_exchange_sequential_64(word, expected, desired)                                                    \
    relacy_compare_exchange(word, expected, desired, SITE(SEQUENTIAL))

static inline void ism_spin_pause(void)
{
}

static inline uint32_t *ism_low_half(uint64_t *word)
{
    return (uint32_t *)(void *)word;
}

#endif

/* Relacy's threads are fibers of one thread: what is a thread's own lies in a section of its own, which is exchanged
 * when they take turns. */
#undef ISM_THREAD_LOCAL
#define ISM_THREAD_LOCAL __attribute__((section("thread_locals")))

#endif
