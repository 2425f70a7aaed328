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
bool measure_compare(const char *what, double limit, unsigned rounds, measure_side bare,
                     measure_side ours, void *context);

/* The line above those. */
void measure_head(const char *unit, const char *bare, const char *ours);

/* Print what failed, with the library's last error, and end with status 2. */
void measure_die(const char *what);

#endif
