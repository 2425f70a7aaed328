/* atomics.h: atomic operations on plain words in shared memory.
 *
 * Not <stdatomic.h>: its types may be larger than the plain ones, may hide a lock that another process
 * can't see, and Microsoft's compiler lacks them in C. A word is a uint32_t or a uint64_t that is
 * aligned to its size; each name says its memory order. A compare-exchange that fails is relaxed. */
#ifndef ISM_ATOMICS_H
#define ISM_ATOMICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if defined(_MSC_VER) && !defined(__clang__)

#include <intrin.h>

/* Code for ARM64EC, which runs beside emulated x64 code, says that it is for x64, but its processor orders as weakly as
 * every ARM. Interlocked intrinsics are full barriers, and so stronger than every order that is named here. Plain
 * volatile accesses are atomic, but on 32-bit processors not for 64 bits: there a load of a vector register is on x86, which
 * needs no permission to write as an exchange would, and exclusive ones are on ARM. */
static inline uint64_t ism_load_relaxed_64(const uint64_t *word)
{
#if defined(_M_X64) || defined(_M_ARM64)
    return *(const volatile uint64_t *)word;
#elif defined(_M_IX86)
    __m128i loaded = _mm_loadl_epi64((const __m128i *)word);
    uint64_t value;
    _ReadWriteBarrier();
    _mm_storel_epi64((__m128i *)&value, loaded);
    return value;
#else
    return (uint64_t)__ldrexd((const volatile int64_t *)word);
#endif
}

/* No later access passes the loads before it. */
static inline void ism_loaded(void)
{
    _ReadWriteBarrier();
#if defined(_M_ARM64) || defined(_M_ARM64EC)
    __dmb(_ARM64_BARRIER_ISHLD);
#elif defined(_M_ARM)
    __dmb(_ARM_BARRIER_ISH);
#endif
}

static inline uint64_t ism_load_acquire_64(const uint64_t *word)
{
    uint64_t value = ism_load_relaxed_64(word);
    ism_loaded();
    return value;
}

static inline uint32_t ism_load_acquire_32(const uint32_t *word)
{
    uint32_t value = *(const volatile uint32_t *)word;
    ism_loaded();
    return value;
}

static inline bool ism_compare_exchange_acquire_64(uint64_t *word, uint64_t *expected, uint64_t desired)
{
    uint64_t seen =
        (uint64_t)_InterlockedCompareExchange64((volatile int64_t *)word, (int64_t)desired, (int64_t)*expected);
    bool exchanged = seen == *expected;
    *expected = seen;
    return exchanged;
}

static inline bool ism_compare_exchange_release_64(uint64_t *word, uint64_t *expected, uint64_t desired)
{
    return ism_compare_exchange_acquire_64(word, expected, desired);
}

static inline bool ism_compare_exchange_relaxed_64(uint64_t *word, uint64_t *expected, uint64_t desired)
{
    return ism_compare_exchange_acquire_64(word, expected, desired);
}

static inline bool ism_compare_exchange_acquire_release_64(uint64_t *word, uint64_t *expected, uint64_t desired)
{
    return ism_compare_exchange_acquire_64(word, expected, desired);
}

static inline bool ism_compare_exchange_sequential_64(uint64_t *word, uint64_t *expected, uint64_t desired)
{
    return ism_compare_exchange_acquire_64(word, expected, desired);
}

/* A plain load may pass an earlier store, though not an earlier exchange. */
static inline uint64_t ism_load_sequential_64(const uint64_t *word)
{
    return ism_load_acquire_64(word);
}

static inline bool ism_compare_exchange_release_32(uint32_t *word, uint32_t *expected, uint32_t desired)
{
    uint32_t seen = (uint32_t)_InterlockedCompareExchange((volatile long *)word, (long)desired, (long)*expected);
    bool exchanged = seen == *expected;
    *expected = seen;
    return exchanged;
}

static inline bool ism_compare_exchange_relaxed_32(uint32_t *word, uint32_t *expected, uint32_t desired)
{
    return ism_compare_exchange_release_32(word, expected, desired);
}

static inline void ism_store_relaxed_64(uint64_t *word, uint64_t value)
{
#if defined(_M_X64) || defined(_M_ARM64)
    *(volatile uint64_t *)word = value;
#else
    uint64_t seen = *word;
    while (!ism_compare_exchange_acquire_64(word, &seen, value))
        continue; /* these processors have no 64-bit exchange */
#endif
}

#define ISM_LITTLE_ENDIAN 1 /* as is every system that this compiler builds for */

static inline void ism_fence_release(void)
{
    long word = 0;
    (void)_InterlockedExchange(&word, 1);
}

static inline void ism_store_release_64(uint64_t *word, uint64_t value)
{
    _ReadWriteBarrier();
#if defined(_M_ARM64) || defined(_M_ARM64EC)
    ism_fence_release();
#endif
    ism_store_relaxed_64(word, value);
}

static inline void ism_spin_pause(void)
{
#if defined(_M_ARM64) || defined(_M_ARM64EC) || defined(_M_ARM)
    __yield();
#else
    _mm_pause();
#endif
}

#else

/* The ABI of 32-bit x86 aligns a uint64_t to 4 bytes. That a word is aligned to its size is what lets clang do without
 * the library of atomic operations there. */
typedef uint64_t ism_word_64 __attribute__((aligned(8)));

static inline uint64_t ism_load_relaxed_64(const uint64_t *word)
{
    return __atomic_load_n((const ism_word_64 *)word, __ATOMIC_RELAXED);
}

static inline uint64_t ism_load_acquire_64(const uint64_t *word)
{
    return __atomic_load_n((const ism_word_64 *)word, __ATOMIC_ACQUIRE);
}

static inline uint32_t ism_load_acquire_32(const uint32_t *word)
{
    return __atomic_load_n(word, __ATOMIC_ACQUIRE);
}

static inline bool ism_compare_exchange_acquire_64(uint64_t *word, uint64_t *expected, uint64_t desired)
{
    return __atomic_compare_exchange_n((ism_word_64 *)word, expected, desired, false, __ATOMIC_ACQUIRE,
                                       __ATOMIC_RELAXED);
}

static inline bool ism_compare_exchange_release_64(uint64_t *word, uint64_t *expected, uint64_t desired)
{
    return __atomic_compare_exchange_n((ism_word_64 *)word, expected, desired, false, __ATOMIC_RELEASE,
                                       __ATOMIC_RELAXED);
}

static inline bool ism_compare_exchange_relaxed_64(uint64_t *word, uint64_t *expected, uint64_t desired)
{
    return __atomic_compare_exchange_n((ism_word_64 *)word, expected, desired, false, __ATOMIC_RELAXED,
                                       __ATOMIC_RELAXED);
}

static inline bool ism_compare_exchange_acquire_release_64(uint64_t *word, uint64_t *expected, uint64_t desired)
{
    return __atomic_compare_exchange_n((ism_word_64 *)word, expected, desired, false, __ATOMIC_ACQ_REL,
                                       __ATOMIC_RELAXED);
}

static inline bool ism_compare_exchange_sequential_64(uint64_t *word, uint64_t *expected, uint64_t desired)
{
    return __atomic_compare_exchange_n((ism_word_64 *)word, expected, desired, false, __ATOMIC_SEQ_CST,
                                       __ATOMIC_RELAXED);
}

static inline uint64_t ism_load_sequential_64(const uint64_t *word)
{
    return __atomic_load_n((const ism_word_64 *)word, __ATOMIC_SEQ_CST);
}

static inline bool ism_compare_exchange_release_32(uint32_t *word, uint32_t *expected, uint32_t desired)
{
    return __atomic_compare_exchange_n(word, expected, desired, false, __ATOMIC_RELEASE, __ATOMIC_RELAXED);
}

static inline bool ism_compare_exchange_relaxed_32(uint32_t *word, uint32_t *expected, uint32_t desired)
{
    return __atomic_compare_exchange_n(word, expected, desired, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED);
}

static inline void ism_store_relaxed_64(uint64_t *word, uint64_t value)
{
    __atomic_store_n((ism_word_64 *)word, value, __ATOMIC_RELAXED);
}

static inline void ism_store_release_64(uint64_t *word, uint64_t value)
{
    __atomic_store_n((ism_word_64 *)word, value, __ATOMIC_RELEASE);
}

static inline void ism_fence_release(void)
{
    __atomic_thread_fence(__ATOMIC_RELEASE);
}

#define ISM_LITTLE_ENDIAN (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__)

/* Tells the processor that this is a waiting loop: it saves power, and gives a sibling thread room. */
static inline void ism_spin_pause(void)
{
#if defined(__x86_64__) || defined(__i386__)
    __asm__ __volatile__("pause");
#elif defined(__aarch64__) || defined(__arm__)
    __asm__ __volatile__("yield");
#else
    __asm__ __volatile__("" ::: "memory");
#endif
}

#endif

/* Copy bytes into shared memory, the first eight of them last: whoever is killed in between leaves those as they
 * were, and whoever reads them there before the rest, with acquire order, sees all that was stored before. */
static inline void ism_publish_bytes(void *to, const void *from, size_t size)
{
    const size_t first = size < 8 ? size : 8;
    memcpy((unsigned char *)to + first, (const unsigned char *)from + first, size - first);
    ism_fence_release(); /* pairs with the acquire of ism_memory_read() */
    memcpy(to, from, first);
}

/* The half of a 64-bit word that holds its lower 32 bits. */
static inline uint32_t *ism_low_half(uint64_t *word)
{
    return (uint32_t *)(void *)word + (ISM_LITTLE_ENDIAN ? 0 : 1);
}

#endif
