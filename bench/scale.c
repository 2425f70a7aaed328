/* scale.c: what opening and locking cost among many regions, as ratios of interleaved rounds in one run.
 *
 *   scale [rounds] [regions]    prints a table; exit status 1 if a ratio is over its limit
 *
 * "few" has one other region, "many" has so many: in another process, or open in this one. */
#include "measure.h"

#include <isthmus/isthmus.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define NAME "bench.scale"
#define TIMES 2000

static unsigned count = 10000;
static ism_region **crowd;
static unsigned crowd_size;

static ism_region *create(const char *name)
{
    ism_region_options options = {.size = 4096};
    ism_region *region;
    if (ism_region_create(name, &options, &region) != ISM_OK)
        measure_die("create");
    return region;
}

/* Have so many regions open. */
static void gather(unsigned wanted)
{
    char name[64];
    for (; crowd_size < wanted; crowd_size++) {
        (void)snprintf(name, sizeof name, "bench.crowd.%u", crowd_size);
        crowd[crowd_size] = create(name);
    }
    while (crowd_size > wanted)
        if (ism_region_close(crowd[--crowd_size]) != ISM_OK)
            measure_die("close");
}

/* ---- the crowd's own process ---- */

struct other {
    int to, from;
};

static void obey(int input, int output)
{
    unsigned wanted;
    while (read(input, &wanted, sizeof wanted) == (ssize_t)sizeof wanted) {
        gather(wanted);
        if (write(output, "d", 1) != 1)
            break;
    }
    gather(0);
    exit(0);
}

static struct other start_other(void)
{
    int to[2], from[2];
    if (pipe(to) != 0 || pipe(from) != 0)
        measure_die("pipe");
    if (fork() == 0) {
        (void)close(to[1]);
        (void)close(from[0]);
        obey(to[0], from[1]);
    }
    (void)close(to[0]);
    (void)close(from[1]);
    return (struct other){to[1], from[0]};
}

static void have_gather(const struct other *other, unsigned wanted)
{
    char done;
    if (write(other->to, &wanted, sizeof wanted) != (ssize_t)sizeof wanted || read(other->from, &done, 1) != 1)
        measure_die("the other process");
}

/* ---- what is measured ---- */

static double open_and_close(void)
{
    double start = measure_seconds();
    for (int i = 0; i < TIMES; i++) {
        ism_region *region;
        if (ism_region_open(NAME, NULL, &region) != ISM_OK || ism_region_close(region) != ISM_OK)
            measure_die("open");
    }
    return (measure_seconds() - start) / TIMES * 1e6;
}

static double few_elsewhere(void *context)
{
    have_gather(context, 1);
    return open_and_close();
}

static double many_elsewhere(void *context)
{
    have_gather(context, count);
    return open_and_close();
}

static double few_here(void *context)
{
    (void)context;
    gather(1);
    return open_and_close();
}

static double many_here(void *context)
{
    (void)context;
    gather(count);
    return open_and_close();
}

/* Two locks by turns, each in a region of its own: none is the one that was used last. */
static double lock_by_turns(ism_region *one, ism_region *other)
{
    double start = measure_seconds();
    for (int i = 0; i < TIMES * 10; i++) {
        ism_mutex *mutex = ism_region_data(i % 2 == 0 ? one : other);
        if (ism_mutex_lock(mutex) != ISM_OK || ism_mutex_unlock(mutex) != ISM_OK)
            measure_die("lock");
    }
    return (measure_seconds() - start) / (TIMES * 10) * 1e6;
}

static double lock_among_few(void *context)
{
    (void)context;
    gather(2);
    return lock_by_turns(crowd[0], crowd[1]);
}

static double lock_among_many(void *context)
{
    (void)context;
    gather(count);
    return lock_by_turns(crowd[0], crowd[count - 1]);
}

static bool may_have_enough(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return false;
    limit.rlim_cur = limit.rlim_max;
    return setrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur > count + 100;
}

int main(int argc, char **argv)
{
    unsigned rounds = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 7;
    if (argc > 2)
        count = (unsigned)strtoul(argv[2], NULL, 10);
    if (rounds == 0 || rounds > ROUNDS_MAX || count < 2 || !may_have_enough()) {
        (void)fprintf(stderr, "bench: rounds: 1 to %d; regions: 2 to the limit of descriptors\n", ROUNDS_MAX);
        return 2;
    }
    crowd = calloc(count, sizeof *crowd);
    if (crowd == NULL)
        measure_die("memory");
    struct other other = start_other();
    ism_region *region = create(NAME);
    measure_head("us, medians of rounds, few and many regions", "few", "many");
    bool is_good = measure_compare("open + close, the others in another process", 1.20, rounds, few_elsewhere,
                                   many_elsewhere, &other);
    have_gather(&other, 0);
    is_good &= measure_compare("open + close, the others open in this one", 0, rounds, few_here, many_here, NULL);
    is_good &=
        measure_compare("lock + unlock in two regions by turns", 0, rounds, lock_among_few, lock_among_many, NULL);
    gather(0);
    (void)ism_region_close(region);
    (void)close(other.to);
    (void)wait(NULL);
    free(crowd);
    return is_good ? 0 : 1;
}
