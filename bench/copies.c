/* copies.c: from which size on sharing an array beats copying it through pipes, for 1, 4 and 16 workers.
 *
 *   copies [rounds]     prints a table, and a line for each number of workers
 *
 * A job: one process fills an array, each worker adds it up and answers with the sum. "pipe": each is sent a copy. "shared
 * anew": the array is a region that is created, opened by each worker, and removed, all for one job. "kept open": the region
 * is there and open before, as it is for who has many jobs. The workers have been started, and wait at their pipes. */
#include "measure.h"

#include <isthmus/isthmus.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define NAME "bench.copies"
#define WORKERS_MAX 16
#define LEAST 1024u
#define MOST (64u << 20)
#define SIZES 9 /* each four times the one before */

enum way { PIPE, ANEW, KEPT, WAYS };

static unsigned workers;
static size_t numbers;   /* in the array */
static ism_region *kept; /* in all processes */
static double *array;    /* of this process: what is sent, or was */
static int to[WORKERS_MAX], from_all[2];

static void send_all(int pipe, const void *bytes, size_t length)
{
    for (const char *next = bytes; length > 0;) {
        ssize_t sent = write(pipe, next, length);
        if (sent <= 0)
            measure_die("write");
        next += sent;
        length -= (size_t)sent;
    }
}

static bool receive_all(int pipe, void *bytes, size_t length)
{
    for (char *next = bytes; length > 0;) {
        ssize_t got = read(pipe, next, length);
        if (got <= 0)
            return false;
        next += got;
        length -= (size_t)got;
    }
    return true;
}

static ism_region *create(void)
{
    ism_region_options options = {.size = numbers * sizeof *array};
    ism_region *region;
    if (ism_region_create(NAME, &options, &region) != ISM_OK)
        measure_die("create");
    return region;
}

/* ---- a worker ---- */

static double sum(const double *values)
{
    double total = 0;
    for (size_t i = 0; i < numbers; i++)
        total += values[i];
    return total;
}

static double sum_of_region(enum way way)
{
    ism_region *region = kept;
    if (way == ANEW && ism_region_open(NAME, NULL, &region) != ISM_OK)
        measure_die("open");
    double total = sum(ism_region_data(region));
    if (way == ANEW && ism_region_close(region) != ISM_OK)
        measure_die("close");
    return total;
}

static void work(int input, int output)
{
    enum way way;
    while (receive_all(input, &way, sizeof way)) {
        if (way == PIPE && !receive_all(input, array, numbers * sizeof *array))
            break;
        double total = way == PIPE ? sum(array) : sum_of_region(way);
        send_all(output, &total, sizeof total);
    }
    _exit(0);
}

static void start_workers(void)
{
    if (pipe(from_all) != 0)
        measure_die("pipe");
    for (unsigned i = 0; i < workers; i++) {
        int pair[2];
        if (pipe(pair) != 0)
            measure_die("pipe");
        to[i] = pair[1];
        if (fork() != 0) {
            (void)close(pair[0]);
            continue;
        }
        for (unsigned j = 0; j <= i; j++)
            (void)close(to[j]);
        work(pair[0], from_all[1]);
    }
}

static void end_workers(void)
{
    for (unsigned i = 0; i < workers; i++)
        (void)close(to[i]);
    while (wait(NULL) > 0)
        continue;
    (void)close(from_all[0]);
    (void)close(from_all[1]);
}

/* ---- who fills ---- */

static void fill(double *values)
{
    for (size_t i = 0; i < numbers; i++)
        values[i] = (double)(i % 8);
}

static void send_job(unsigned index, enum way way)
{
    send_all(to[index], &way, sizeof way);
    if (way == PIPE)
        send_all(to[index], array, numbers * sizeof *array);
}

static void check_answers(void)
{
    double total = 0, answer;
    for (unsigned i = 0; i < workers; i++) {
        if (!receive_all(from_all[0], &answer, sizeof answer))
            measure_die("worker");
        total += answer;
    }
    if (total != workers * (double)(numbers / 8 * 28))
        measure_die("a wrong sum");
}

/* Microseconds for a job. */
static double take(enum way way)
{
    double start = measure_seconds();
    ism_region *region = way == ANEW ? create() : kept;
    fill(way == PIPE ? array : ism_region_data(region));
    for (unsigned i = 0; i < workers; i++)
        send_job(i, way);
    check_answers();
    if (way == ANEW && (ism_region_remove(NAME) != ISM_OK || ism_region_close(region) != ISM_OK))
        measure_die("remove");
    return (measure_seconds() - start) * 1e6;
}

static void keep_region(void)
{
    kept = create();
    if (ism_region_remove(NAME) != ISM_OK) /* the name is for those that are made anew */
        measure_die("remove");
}

static void measure_size(unsigned rounds, double medians[WAYS])
{
    static double times[WAYS][ROUNDS_MAX];
    keep_region();
    start_workers();
    for (int way = 0; way < WAYS; way++)
        (void)take((enum way)way);
    for (unsigned i = 0; i < rounds; i++)
        for (int way = 0; way < WAYS; way++)
            times[way][i] = take((enum way)way);
    for (int way = 0; way < WAYS; way++)
        medians[way] = measure_median(times[way], rounds);
    end_workers();
    if (ism_region_close(kept) != ISM_OK)
        measure_die("close");
}

static void say_from(const char *what, size_t size)
{
    if (size > MOST)
        (void)printf("; %s never up to %u MiB", what, MOST >> 20);
    else
        (void)printf("; %s from %zu KiB on", what, size >> 10);
}

static void measure_workers(unsigned rounds)
{
    size_t wins[WAYS] = {0, SIZE_MAX, SIZE_MAX};
    size_t size = LEAST;
    for (unsigned i = 0; i < SIZES; i++, size *= 4) {
        double medians[WAYS];
        numbers = size / sizeof *array;
        measure_size(rounds, medians);
        for (int way = ANEW; way < WAYS; way++)
            if (medians[way] >= medians[PIPE])
                wins[way] = SIZE_MAX;
            else if (wins[way] == SIZE_MAX)
                wins[way] = size;
        (void)printf("copies %20u %24zu %12.1f %12.1f %12.1f\n", workers, size, medians[PIPE], medians[ANEW],
                     medians[KEPT]);
        (void)fflush(stdout);
    }
    (void)printf("workers: %u; less time than by a pipe", workers);
    say_from("shared anew", wins[ANEW]);
    say_from("kept open", wins[KEPT]);
    (void)printf("\n");
}

int main(int argc, char **argv)
{
    unsigned rounds = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 15;
    array = malloc(MOST);
    if (rounds == 0 || rounds > ROUNDS_MAX || array == NULL)
        measure_die("rounds");
    (void)printf("%-6s %20s %24s %12s %12s %12s\n", "us", "workers", "bytes", "pipe", "shared anew", "kept open");
    for (workers = 1; workers <= WORKERS_MAX; workers *= 4)
        measure_workers(rounds);
    free(array);
    return 0;
}
