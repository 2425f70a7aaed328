/* spine.c: what isthmus costs beside the bare system calls, as ratios of interleaved rounds in one run.
 *
 *   spine [rounds]      prints a table; exit status 1 if a ratio is over its limit
 *
 * A ratio is the median over the rounds of (isthmus / bare) within a round, so that slow and fast phases of a
 * machine hit both sides. The region that is opened belongs to another process. */
#include "bare.h"
#include "measure.h"

#include <isthmus/isthmus.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define MEBIBYTE ((size_t)1 << 20)

/* One side of a comparison: do it `times` times. */
typedef void (*action)(size_t size, unsigned times);

struct row {
    const char *what;
    action bare;
    action ours;
    size_t size;
    unsigned times; /* per sample */
    double limit;   /* of the ratio; 0: for information */
};

static void touch(void *address)
{
    *(volatile char *)address = 1;
}

/* ---- regions ---- */

static void create_once(size_t size)
{
    ism_region_options options = {.size = size};
    ism_region *region;
    if (ism_region_create("bench.create", &options, &region) != ISM_OK)
        measure_die("create");
    touch(ism_region_data(region));
    if (ism_region_close(region) != ISM_OK)
        measure_die("close");
}

static void create(size_t size, unsigned times)
{
    while (times-- > 0)
        create_once(size);
}

static void bare_create(size_t size, unsigned times)
{
    while (times-- > 0) {
        struct bare_region region;
        if (bare_region_create(&region, "/isthmus-bench-bare", size) != 0)
            measure_die("bare create");
        touch(region.address);
        bare_region_close(&region);
        bare_region_remove("/isthmus-bench-bare");
    }
}

static void open_existing(unsigned times, bool touches)
{
    while (times-- > 0) {
        ism_region *region;
        if (ism_region_open("bench.open", NULL, &region) != ISM_OK)
            measure_die("open");
        if (touches)
            touch(ism_region_data(region));
        if (ism_region_close(region) != ISM_OK)
            measure_die("close");
    }
}

static void bare_open_existing(unsigned times, bool touches)
{
    while (times-- > 0) {
        struct bare_region region;
        if (bare_region_open(&region, "/isthmus-bench-open") != 0)
            measure_die("bare open");
        if (touches)
            touch(region.address);
        bare_region_close(&region);
    }
}

static void open_only(size_t size, unsigned times)
{
    (void)size;
    open_existing(times, false);
}

static void open_and_touch(size_t size, unsigned times)
{
    (void)size;
    open_existing(times, true);
}

static void bare_open_only(size_t size, unsigned times)
{
    (void)size;
    bare_open_existing(times, false);
}

static void bare_open_and_touch(size_t size, unsigned times)
{
    (void)size;
    bare_open_existing(times, true);
}

/* ---- locks ---- */

static ism_region *lock_region;
static struct bare_locks *bare_locks;

static void lock_and_unlock(size_t size, unsigned times)
{
    (void)size;
    ism_mutex *mutex = ism_region_data(lock_region);
    while (times-- > 0)
        if (ism_mutex_lock(mutex) != ISM_OK || ism_mutex_unlock(mutex) != ISM_OK)
            measure_die("lock");
}

static void bare_lock_and_unlock(size_t size, unsigned times)
{
    (void)size;
    while (times-- > 0) {
        bare_lock(bare_locks);
        bare_unlock(bare_locks);
    }
}

static void robust_lock_and_unlock(size_t size, unsigned times)
{
    (void)size;
    while (times-- > 0)
        if (bare_robust_lock(bare_locks) != 0 || bare_robust_unlock(bare_locks) != 0)
            measure_die("robust lock");
}

static void prepare_locks(void)
{
    ism_region_options options = {.size = 4096};
    if (ism_region_create("bench.lock", &options, &lock_region) != ISM_OK)
        measure_die("create");
    bare_locks = bare_locks_make();
    if (bare_locks == NULL)
        measure_die("bare locks");
}

/* ---- the owner of what is opened: another process ---- */

static int owner_input;

static void own(int input, int output)
{
    ism_region_options options = {.size = MEBIBYTE};
    ism_region *region;
    struct bare_region bare;
    char end;
    if (ism_region_create("bench.open", &options, &region) != ISM_OK ||
        bare_region_create(&bare, "/isthmus-bench-open", MEBIBYTE) != 0)
        measure_die("create");
    memset(ism_region_data(region), 1, MEBIBYTE);
    memset(bare.address, 1, MEBIBYTE);
    if (write(output, "r", 1) == 1)
        (void)!read(input, &end, 1); /* until the benchmark ends, however it ends */
    bare_region_close(&bare);
    bare_region_remove("/isthmus-bench-open");
    (void)ism_region_close(region);
    exit(0);
}

static void start_owner(void)
{
    int to_owner[2], from_owner[2];
    char ready;
    if (pipe(to_owner) != 0 || pipe(from_owner) != 0)
        measure_die("pipe");
    if (fork() == 0) {
        (void)close(to_owner[1]);
        own(to_owner[0], from_owner[1]);
    }
    (void)close(to_owner[0]);
    (void)close(from_owner[1]);
    if (read(from_owner[0], &ready, 1) != 1)
        measure_die("owner");
    owner_input = to_owner[1];
}

/* ---- measuring ---- */

static double sample(action side, const struct row *row)
{
    double start = measure_seconds();
    side(row->size, row->times);
    return (measure_seconds() - start) / row->times * 1e6;
}

static double sample_bare(void *row)
{
    return sample(((const struct row *)row)->bare, row);
}

static double sample_ours(void *row)
{
    return sample(((const struct row *)row)->ours, row);
}

static const struct row rows[] = {
    {"lock + unlock, uncontended", bare_lock_and_unlock, lock_and_unlock, 0, 200000, 1.30},
    {"  the same, against glibc's robust mutex", robust_lock_and_unlock, lock_and_unlock, 0, 200000, 1.00},
    {"create + touch + close, 4 KiB", bare_create, create, 4096, 50, 1.60},
    {"create + touch + close, 1 MiB", bare_create, create, MEBIBYTE, 10, 1.10},
    {"create + touch + close, 64 MiB", bare_create, create, 64 * MEBIBYTE, 1, 1.10},
    {"open + touch + close, 1 MiB", bare_open_and_touch, open_and_touch, 0, 100, 1.30},
    {"open + close, 1 MiB", bare_open_only, open_only, 0, 100, 1.60},
};

int main(int argc, char **argv)
{
    unsigned rounds = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 35;
    if (rounds == 0 || rounds > ROUNDS_MAX) {
        (void)fprintf(stderr, "bench: rounds: 1 to %d\n", ROUNDS_MAX);
        return 2;
    }
    start_owner();
    prepare_locks();
    bool is_good = true;
    measure_head("us, medians of rounds", "bare", "isthmus");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct row row = rows[i];
        is_good = measure_compare(row.what, row.limit, rounds, sample_bare, sample_ours, &row) && is_good;
    }
    (void)ism_region_close(lock_region);
    (void)close(owner_input);
    (void)wait(NULL);
    return is_good ? 0 : 1;
}
