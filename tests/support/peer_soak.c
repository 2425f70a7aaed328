/* peer_soak.c: soak COUNT: so many processes create, open, lock, change and close regions, and are killed at any
 * moment of that or end without a word. In between, the next process has to find or make a whole region; how long
 * that took is printed. At the end nothing may be left: no file, segment or semaphore set in the world of shared
 * memory that the soak has of its own where it can, and no descriptor or mapping in those who did not die. It says
 * what it counted and ends with 0 if that is right. */
#include "churn.h"
#include "native.h"
#include "peer.h"
#include "process.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DRIVERS 2 /* that kill, each its own children; all use the same names */
#define NAMES 4
#define UNKILLED 50 /* lives that are measured first */
#define WORLD (UINT64_C(1) << 30)
#define PATIENCE (15 * ISM_SECOND)
#define SLOW 100u /* milliseconds that the next process should not need */

static uint64_t seed;

struct driver {
    unsigned number;
    unsigned cycles;
    unsigned killed;
    unsigned slow;    /* times that the next process needed longer than SLOW */
    uint64_t longest; /* milliseconds */
};

static void fail(const char *what, ism_status status)
{
    peer_say("%s: %s: %s", what, ism_status_name(status), status < 0 ? ism_error_last()->message : "");
    process_end_self(3);
}

static const char *name_of(unsigned number)
{
    static char name[32];
    (void)snprintf(name, sizeof name, "soak-%u", number % NAMES);
    return name;
}

/* What a dead initialiser has written is never found again: the region is started over. */
static ism_status initialise(ism_region *region, void *context)
{
    struct churn *churn = ism_region_data(region);

    (void)context;
    if (churn->pattern[0] != 0)
        fail("initialised twice", ISM_OK);
    peer_fill_pattern(churn->pattern, sizeof churn->pattern);
    return ISM_OK;
}

static ism_region *join(const char *name)
{
    ism_region_options options;
    ism_region *region;

    memset(&options, 0, sizeof options);
    options.size = CHURN_SIZE;
    options.initialiser = initialise;
    options.deadline = ism_deadline_after(PATIENCE);
    ism_status status = ism_region_open_or_create(name, &options, &region);
    if (status != ISM_OK)
        fail("open or create", status);
    const struct churn *churn = ism_region_data(region);
    if (!peer_holds_pattern(churn->pattern, sizeof churn->pattern))
        fail("a region that is not whole", ISM_OK);
    return region;
}

/* What the lock guards is whole, unless the death of an owner is told. */
static void change_under_lock(struct churn *churn)
{
    ism_status status = ism_mutex_lock_until(&churn->mutex, ism_deadline_after(PATIENCE));

    if (status == ISM_OWNER_DIED) {
        churn->second = churn->first;
        status = ism_mutex_consistent(&churn->mutex);
    }
    if (status != ISM_OK)
        fail("lock", status);
    if (churn->first != churn->second)
        fail("torn, and nobody said so", ISM_OK);
    churn->first = churn->first + 1;
    churn->second = churn->second + 1;
    status = ism_mutex_unlock(&churn->mutex);
    if (status != ISM_OK)
        fail("unlock", status);
}

/* Of some, the region is left open, and some take the name away. */
static void live(unsigned number)
{
    ism_region *region = join(name_of(number));
    change_under_lock(ism_region_data(region));
    if (number % 8 == 1)
        (void)ism_region_remove(name_of(number));
    if (number % 3 != 0)
        (void)ism_region_close(region);
    process_end_self(0);
}

/* Microseconds that a child takes from its fork to its end, when it need not wait for others: the shortest of
 * several. */
static unsigned measure_life(struct driver *driver)
{
    uint64_t shortest = UINT64_MAX;
    for (unsigned i = 0; i < UNKILLED; i++) {
        const uint64_t start = process_microseconds();
        int64_t child = process_fork();
        if (child == 0)
            live(driver->cycles);
        process_wait_for_fork(child);
        driver->cycles++;
        const uint64_t life = process_microseconds() - start;
        shortest = life < shortest ? life : shortest;
    }
    return (unsigned)shortest;
}

/* False: a child found something wrong, and has said what. */
static bool kill_one(struct driver *driver, unsigned life)
{
    int64_t child = process_fork();
    if (child == 0)
        live(driver->cycles);
    driver->cycles++;
    process_spin((unsigned)(peer_random(&seed) % life));
    int status = process_kill_fork(child);
    driver->killed += status == PROCESS_KILLED;
    return status == PROCESS_KILLED || status == 0;
}

static void be_next(struct driver *driver)
{
    const uint64_t start = process_milliseconds();
    ism_region *region = join(name_of(driver->cycles));
    const uint64_t took = process_milliseconds() - start;

    driver->longest = took > driver->longest ? took : driver->longest;
    driver->slow += took > SLOW;
    change_under_lock(ism_region_data(region));
    ism_status status = ism_region_close(region);
    if (status != ISM_OK)
        fail("close", status);
}

static void drive(struct driver *driver, unsigned cycles)
{
    seed = driver->number;
    be_next(driver);
    const struct process_counts before = process_count();
    const unsigned life = measure_life(driver) * 3 / 2;
    while (driver->cycles < cycles) {
        if (!kill_one(driver, life))
            fail("a child failed", ISM_OK);
        if (driver->cycles % 4 == 0)
            be_next(driver);
    }
    const struct process_counts after = process_count();
    peer_say("driver %u: %u cycles, %u of them killed in the first %u us; the next one had a whole region "
             "within %llu ms, %u times after %u ms",
             driver->number, driver->cycles, driver->killed, life, (unsigned long long)driver->longest, driver->slow,
             SLOW);
    if (after.handles > before.handles || after.mappings > before.mappings)
        fail("descriptors or mappings are left", ISM_OK);
    exit(0);
}

static int count_stale(const ism_region_info *info, ism_status outcome, void *context)
{
    (void)info;
    *(unsigned *)context += outcome == ISM_OK;
    return 0;
}

/* Nobody lives any more: all that there is is stale, and is freed. */
static void clean_up(void)
{
    unsigned freed = 0;
    ism_region_info info;

    ism_status status = ism_region_tidy(count_stale, &freed);
    if (status != ISM_OK)
        fail("tidy", status);
    for (unsigned i = 0; i < NAMES; i++)
        if (ism_region_look(name_of(i), &info) != ISM_E_NOT_FOUND)
            fail("left after tidying", ISM_OK);
    peer_say("freed at the end: %u regions", freed);
    exit(0);
}

static bool await_all(int64_t children[], unsigned count)
{
    bool right = true;
    for (unsigned i = 0; i < count; i++) {
        int status;
        while ((status = process_wait_for_fork_until_limit(children[i])) == PROCESS_RUNNING)
            ;
        right = right && status == 0;
    }
    return right;
}

/* This process itself uses no region: what it counts is what is there without anybody. */
int peer_soak(int count, char **words)
{
    const uint64_t start = process_milliseconds();
    int64_t children[DRIVERS];
    struct driver driver = {0, 0, 0, 0, 0};

    if (count != 2)
        return 2;
    const unsigned cycles = (unsigned)strtoul(words[1], NULL, 10);
    if (!native_confine_memory(WORLD))
        peer_say("without a world of its own: what others do at the same time is counted, too");
    const struct native_counts before = native_count();
    for (unsigned i = 0; i < DRIVERS; i++) {
        driver.number = i + 1;
        if ((children[i] = process_fork()) == 0)
            drive(&driver, cycles / DRIVERS);
    }
    bool right = await_all(children, DRIVERS);
    const uint64_t took = process_milliseconds() - start + 1;
    if ((children[0] = process_fork()) == 0)
        clean_up();
    right = await_all(children, 1) && right;
    const struct native_counts after = native_count();
    peer_say("%u cycles in %llu s, %llu per second; left: %u files, %u segments, %u semaphore sets", cycles,
             (unsigned long long)(took / 1000), (unsigned long long)cycles * 1000 / took, after.files - before.files,
             after.segments - before.segments, after.semaphore_sets - before.semaphore_sets);
    return right && after.files == before.files && after.segments == before.segments &&
                   after.semaphore_sets == before.semaphore_sets
               ? 0
               : 1;
}
