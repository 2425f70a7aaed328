/* elements.h: the demo's arithmetic, for elements of every data type.
 *
 * Each element has a position between the array's least value, 0, and its greatest, 1. Counting
 * sorts positions into 256 bins; stretching moves what lies between two cut-offs apart until it
 * fills the whole range. Of a complex number the real part counts and moves. Infinities and NaNs
 * have no position: they are counted apart, and stay as they are. */
#ifndef ISTHMUS_TOOL_ELEMENTS_H
#define ISTHMUS_TOOL_ELEMENTS_H

#include <stdbool.h>
#include <stdint.h>

#include <isthmus/array.h>

#define ELEMENTS_BINS 256

/* Consists of 64-bit words, as all that the demo shares. */
struct range {
    uint64_t dtype; /* an ism_dtype */
    uint64_t least; /* a key of elements.c for integers, otherwise the bits of a double */
    uint64_t greatest;
    uint64_t low_cut; /* what stretching maps to 0 and to 1, in bins */
    uint64_t high_cut;
};

struct tally {
    uint64_t bins[ELEMENTS_BINS];
    uint64_t apart; /* infinities and NaNs */
};

/* Find the least and the greatest value; without any, or without a finite one, both are 0. */
void elements_find_range(ism_dtype dtype, const void *data, uint64_t count, struct range *out);

/* Choose the cut-offs such that at most 2 % of the counted elements lie below and above them. */
void elements_choose_cuts(struct range *range, const struct tally *counted);

/* Add the elements to a tally. */
void elements_count(const struct range *range, const void *data, uint64_t count, struct tally *tally);

/* Stretch the elements in place. Doing it twice is not doing it once. */
void elements_stretch(const struct range *range, void *data, uint64_t count);

/* The least or the greatest value in digits. Returns text. */
const char *elements_describe(const struct range *range, bool greatest, char text[32]);

void tally_add(struct tally *sum, const struct tally *more);
uint64_t tally_elements(const struct tally *tally);

#endif
