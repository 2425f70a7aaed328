/* measure.c: see measure.h. */
#include "measure.h"

#include <isthmus/isthmus.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

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

bool measure_compare(const char *what, double limit, unsigned rounds, measure_side bare, measure_side ours,
                     void *context)
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

bool measure_at_most(const char *what, double limit, double most, unsigned rounds, measure_side side, void *context)
{
    static double values[ROUNDS_MAX];
    (void)side(context);
    for (unsigned i = 0; i < rounds; i++)
        values[i] = side(context);
    double median = measure_median(values, rounds), highest = values[rounds - 1];
    bool is_good = (limit == 0 || median <= limit) && (most == 0 || highest <= most);
    (void)printf("%-52s %12.4f %12.4f", what, median, highest);
    if (limit != 0)
        (void)printf("  <= %.2f", limit);
    if (most != 0)
        (void)printf(", at most %.0f", most);
    (void)printf("%s\n", limit == 0 && most == 0 ? "" : is_good ? "  ok" : "  OVER");
    (void)fflush(stdout);
    return is_good;
}

static void take_part(unsigned index, void (*act)(unsigned index), int go, int done)
{
    char byte = 0;
    if (write(done, "r", 1) != 1 || read(go, &byte, 1) != 1)
        _exit(2);
    act(index);
    _exit(write(done, "d", 1) == 1 ? 0 : 2);
}

static void await(int done, unsigned processes)
{
    char byte;
    for (unsigned i = 0; i < processes; i++)
        if (read(done, &byte, 1) != 1)
            measure_die("worker");
}

double measure_together(unsigned processes, void (*act)(unsigned index))
{
    int go[2], done[2];
    if (pipe(go) != 0 || pipe(done) != 0)
        measure_die("pipe");
    for (unsigned i = 0; i < processes; i++)
        if (fork() == 0)
            take_part(i, act, go[0], done[1]);
    await(done[0], processes);
    double start = measure_seconds();
    for (unsigned i = 0; i < processes; i++)
        if (write(go[1], "g", 1) != 1)
            measure_die("worker");
    (void)close(done[1]);
    await(done[0], processes);
    double time = measure_seconds() - start;
    while (wait(NULL) > 0)
        continue;
    (void)close(go[0]);
    (void)close(go[1]);
    (void)close(done[0]);
    return time;
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
