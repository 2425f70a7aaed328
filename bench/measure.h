/* measure.h: what the programs of this folder share: the clock, the median, and how they give up. */
#ifndef BENCH_MEASURE_H
#define BENCH_MEASURE_H

#include <stdbool.h>

#define ROUNDS_MAX 1001

/* Seconds since some time ago. */
double measure_seconds(void);

/* Sorts the values. */
double measure_median(double *values, unsigned count);

/* One side of a comparison, once: how long it took. */
typedef double (*measure_side)(void *context);

/* Take both sides in turn, the first of each not counted, and print a line: medians of both sides, and the
 * median of the ratios within a round, so that slow and fast phases of a machine hit both. limit: of the
 * ratio; 0: for information. Returns whether it is within. */
bool measure_compare(const char *what, double limit, unsigned rounds, measure_side bare, measure_side ours,
                     void *context);

/* Take one side so often, the first not counted, and print a line: the median and the highest of what it returns.
 * limit: of the median; most: of the highest; 0: for information. Returns whether they are within. */
bool measure_at_most(const char *what, double limit, double most, unsigned rounds, measure_side side, void *context);

/* How long it takes so many processes, from when all may begin until all have done what is theirs. */
double measure_together(unsigned processes, void (*act)(unsigned index));

/* The line above those of comparisons. */
void measure_head(const char *unit, const char *bare, const char *ours);

/* Print what failed, with the library's last error, and end with status 2. */
void measure_die(const char *what);

#endif
