/* measure.c: see measure.h. */
#include "measure.h"

#include <isthmus/isthmus.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

double measure_seconds(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static int compare(const void *left, const void *right)
{
    double difference = *(const double *)left - *(const double *)right;
    return (difference > 0) - (difference < 0);
}

double measure_median(double *values, unsigned count)
{
    qsort(values, count, sizeof *values, compare);
    return values[count / 2];
}

bool measure_compare(const char *what, double limit, unsigned rounds, measure_side bare,
                     measure_side ours, void *context)
{
    static double bare_times[ROUNDS_MAX], our_times[ROUNDS_MAX], ratios[ROUNDS_MAX];
    (void)bare(context);
    (void)ours(context);
    for (unsigned i = 0; i < rounds; i++) {
        if (i % 2 == 0)
            bare_times[i] = bare(context);
        our_times[i] = ours(context);
        if (i % 2 != 0)
            bare_times[i] = bare(context);
        ratios[i] = our_times[i] / bare_times[i];
    }
    double ratio = measure_median(ratios, rounds);
    bool is_good = limit == 0 || ratio <= limit;
    (void)printf("%-52s %12.4f %12.4f %6.2f", what, measure_median(bare_times, rounds),
                 measure_median(our_times, rounds), ratio);
    if (limit != 0)
        (void)printf("  <= %.2f  %s", limit, is_good ? "ok" : "OVER");
    (void)printf("\n");
    (void)fflush(stdout);
    return is_good;
}

void measure_head(const char *unit, const char *bare, const char *ours)
{
    (void)printf("%-52s %12s %12s %6s\n", unit, bare, ours, "ratio");
    (void)fflush(stdout);
}

void measure_die(const char *what)
{
    (void)fprintf(stderr, "bench: %s: %s\n", what, ism_error_last()->message);
    exit(2);
}
