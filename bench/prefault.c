/* prefault.c: what the options of R14 save at the first touch of a large region, as ratios of interleaved rounds
 * in one run.
 *
 *   prefault [rounds] [MiB]     prints a table; exit status 1 if a ratio is over its limit
 *
 * Both sides touch each page of memory that was set aside alike before the clock starts; ours opens it with
 * ISM_REGION_PREFAULT first, and that counts. For huge pages the memory is made within the time, on
 * both sides, in a memory file system of the row's own that allows them to who asks. Each row is a process. */
#include "bare.h"
#include "measure.h"

#include <isthmus/isthmus.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#define BARE_NAME "/isthmus-bench-prefault"
#define NAME "bench.prefault"
#define MEBIBYTE ((size_t)1 << 20)

static size_t size = 1024 * MEBIBYTE;

static void touch_all(void *address)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    volatile char *bytes = address;
    for (size_t at = 0; at < size; at += page)
        bytes[at] = 1;
}

static ism_region *create(uint32_t flags)
{
    ism_region_options options = {.size = size, .flags = flags};
    ism_region *region;
    if (ism_region_create(NAME, &options, &region) != ISM_OK)
        measure_die("create");
    return region;
}

static void bare_create(struct bare_region *region)
{
    if (bare_region_create(region, BARE_NAME, size) != 0)
        measure_die("bare create");
}

static void bare_discard(struct bare_region *region)
{
    bare_region_close(region);
    bare_region_remove(BARE_NAME);
}

static void close_region(ism_region *region)
{
    if (ism_region_close(region) != ISM_OK)
        measure_die("close");
}

/* ---- what one process does, once it may ---- */

static void bare_open_and_touch(unsigned index)
{
    (void)index;
    struct bare_region region;
    if (bare_region_open(&region, BARE_NAME) != 0)
        measure_die("bare open");
    touch_all(region.address);
    bare_region_close(&region);
}

static void open_and_touch(unsigned index)
{
    (void)index;
    ism_region_options options = {.flags = ISM_REGION_PREFAULT};
    ism_region *region;
    if (ism_region_open(NAME, &options, &region) != ISM_OK)
        measure_die("open");
    touch_all(ism_region_data(region));
    close_region(region);
}

/* ---- the sides ---- */

static double bare_opened(void *context)
{
    struct bare_region region;
    bare_create(&region);
    double time = measure_together(*(const unsigned *)context, bare_open_and_touch);
    bare_discard(&region);
    return time;
}

static double opened(void *context)
{
    ism_region *region = create(0);
    double time = measure_together(*(const unsigned *)context, open_and_touch);
    close_region(region);
    return time;
}

static double bare_created(void *context)
{
    struct bare_region region;
    (void)context;
    double start = measure_seconds();
    bare_create(&region);
    touch_all(region.address);
    double time = measure_seconds() - start;
    bare_discard(&region);
    return time;
}

static double created(void *context)
{
    double start = measure_seconds();
    ism_region *region = create(*(const uint32_t *)context);
    touch_all(ism_region_data(region));
    double time = measure_seconds() - start;
    close_region(region);
    return time;
}

/* ---- the rows ---- */

static bool by_one(unsigned rounds)
{
    unsigned processes = 1;
    return measure_compare("open with prefault + first touch", 0.95, rounds, bare_opened, opened, &processes);
}

static bool by_two(unsigned rounds)
{
    unsigned processes = 2;
    return measure_compare("  the same by two processes at once", 0.75, rounds, bare_opened, opened, &processes);
}

static bool by_creator(unsigned rounds)
{
    uint32_t flags = ISM_REGION_PREFAULT;
    return measure_compare("create with prefault + first touch", 0.95, rounds, bare_created, created, &flags);
}

static bool grants_huge_pages(void)
{
    ism_region_info info;
    ism_region *region = create(ISM_REGION_HUGE_PAGES);
    if (ism_region_get_info(region, &info) != ISM_OK)
        measure_die("info");
    close_region(region);
    return (info.granted & ISM_REGION_HUGE_PAGES) != 0;
}

static bool by_huge_pages(unsigned rounds)
{
    uint32_t flags = ISM_REGION_HUGE_PAGES | ISM_REGION_PREFAULT;
    const char *what = "create with huge pages + first touch";
    if (unshare(CLONE_NEWNS) == 0 && mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0)
        (void)mount("tmpfs", "/dev/shm", "tmpfs", 0, "huge=advise,mode=1777");
    if (grants_huge_pages())
        return measure_compare(what, 0.40, rounds, bare_created, created, &flags);
    (void)printf("%-52s not granted here\n", what);
    return true;
}

static const struct {
    bool (*measure)(unsigned rounds);
} rows[] = {{by_one}, {by_two}, {by_creator}, {by_huge_pages}};

static bool has_room(void)
{
    long pages = sysconf(_SC_AVPHYS_PAGES), page = sysconf(_SC_PAGESIZE);
    return pages > 0 && (unsigned long long)pages * (unsigned long long)page > 2ULL * size;
}

int main(int argc, char **argv)
{
    unsigned rounds = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 5;
    char head[64];
    int bad = 0;
    if (argc > 2)
        size = (size_t)strtoul(argv[2], NULL, 10) * MEBIBYTE;
    if (rounds == 0 || rounds > ROUNDS_MAX || size == 0 || !has_room()) {
        (void)fprintf(stderr, "bench: rounds: 1 to %d; MiB: 1 to half of the free memory\n", ROUNDS_MAX);
        return 2;
    }
    (void)snprintf(head, sizeof head, "s, medians of rounds, %zu MiB", size / MEBIBYTE);
    measure_head(head, "bare", "isthmus");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int status;
        pid_t row = fork();
        if (row == 0)
            exit(rows[i].measure(rounds) ? 0 : 1);
        if (row == -1 || waitpid(row, &status, 0) != row || status != 0)
            bad = 1;
    }
    return bad;
}
