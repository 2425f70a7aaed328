/* fuzz.h: what the targets have in common. A target is one function that is given bytes which nobody has checked: by
 * libFuzzer, which makes them up (ci/fuzz), or by drive.c, which takes them from files (the suite, on every build). */
#ifndef ISTHMUS_TESTS_FUZZ_H
#define ISTHMUS_TESTS_FUZZ_H

#include <isthmus/isthmus.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The name is libFuzzer's. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* What holds whatever the bytes are. */
#define must(condition) ((condition) ? (void)0 : fuzz_fail(__FILE__, __LINE__, #condition))

static inline void fuzz_fail(const char *where, int line, const char *condition)
{
    (void)fprintf(stderr, "%s:%d: not so: %s\n", where, line, condition);
    abort();
}

/* The next bytes of an input; where it has ended, zeros. */
struct input {
    const uint8_t *at;
    size_t left;
};

static inline uint64_t take(struct input *input, unsigned bytes)
{
    uint64_t value = 0;
    for (unsigned i = 0; i < bytes && input->left > 0; i++, input->left--)
        value |= (uint64_t)*input->at++ << 8 * i;
    return value;
}

/* A copy of its exact size, with zeros behind it, where a sanitizer sees one byte too many. */
static inline void *copy_of(const void *bytes, size_t size, size_t zeros)
{
    char *copy = malloc(size + zeros > 0 ? size + zeros : 1);
    must(copy != NULL);
    if (size > 0)
        memcpy(copy, bytes, size);
    memset(copy + size, 0, zeros);
    return copy;
}

#endif
