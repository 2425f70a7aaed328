/* peer_crowd.c: many regions in one process, and many processes with one region.
 *
 *   crowd NAME COUNT     has so many regions open at once, each marked with its number under its own lock, and finds
 *                        each again by name, by lock and by mark, forwards and backwards
 *   attach NAME COUNT    forks so many processes, which each open the region and count themselves under the lock
 *                        at its start; they stay until the input ends
 *
 * Both say "working" now and then, and at last a status. crowd says "refused" first if the system does not allow
 * so many; attach says "no" where there is no fork. */
#include "native.h"
#include "peer.h"
#include "process.h"

#include <stdio.h>
#include <stdlib.h>

#define PART 250 /* after so many it says that it works */
#define BATCH 50 /* processes that come at once */

/* What lies in each region. */
struct mark {
    ism_mutex mutex;
    volatile uint64_t number;
};

static void say_progress(unsigned number)
{
    if (number % PART == 0)
        peer_say("working");
}

static const char *name_of(const char *name, unsigned number)
{
    static char text[ISM_NAME_MAX + 16];
    (void)snprintf(text, sizeof text, "%s-%u", name, number);
    return text;
}

/* ---- many regions ---- */

static ism_status make(const char *name, ism_region **regions, unsigned count, unsigned *made)
{
    const ism_region_options options = {.size = sizeof(struct mark)};
    for (*made = 0; *made < count; ++*made) {
        ism_status status = ism_region_create(name_of(name, *made), &options, &regions[*made]);
        if (status != ISM_OK)
            return status;
        say_progress(*made);
    }
    return ISM_OK;
}

/* Add to the region's number, under its lock. */
static ism_status add(ism_region *region, uint64_t amount)
{
    struct mark *mark = ism_region_data(region);
    ism_status status = ism_mutex_lock(&mark->mutex);
    if (status != ISM_OK)
        return status;
    mark->number = mark->number + amount;
    return ism_mutex_unlock(&mark->mutex);
}

static ism_status check(const char *name, unsigned number)
{
    ism_region *region;
    ism_status status = ism_region_open(name_of(name, number), NULL, &region);
    if (status != ISM_OK)
        return status;
    const struct mark *mark = ism_region_data(region);
    bool is_right = mark->number == 2 * (uint64_t)number;
    status = ism_region_close(region);
    return is_right ? status : ISM_E_CORRUPT;
}

static ism_status use(const char *name, ism_region **regions, unsigned count)
{
    ism_status status = ISM_OK;
    for (unsigned i = 0; i < count && status == ISM_OK; i++) {
        status = add(regions[i], i);
        say_progress(i);
    }
    for (unsigned i = count; i-- > 0 && status == ISM_OK;) {
        status = add(regions[i], i);
        say_progress(i);
    }
    for (unsigned i = 0; i < count && status == ISM_OK; i++) {
        status = check(name, i);
        say_progress(i);
    }
    return status;
}

int peer_crowd(int count, char **words)
{
    unsigned wanted = count > 2 ? (unsigned)strtoul(words[2], NULL, 10) : 0, made = 0;
    ism_region **regions = calloc((size_t)wanted + 1, sizeof *regions);

    if (regions == NULL)
        return 1;
    bool is_allowed = native_allow_regions(wanted);
    ism_status status = make(words[1], regions, wanted, &made);
    if (status == ISM_E_LIMIT && !is_allowed)
        peer_say("refused");
    if (status == ISM_OK)
        status = use(words[1], regions, made);
    for (unsigned i = 0; i < made; i++) { /* neither in order nor against it */
        unsigned place = i % 2 == 0 ? i / 2 : made - 1 - i / 2;
        ism_status closed = ism_region_close(regions[place]);
        status = status == ISM_OK ? closed : status;
        say_progress(i);
    }
    peer_say("%s", ism_status_name(status));
    free(regions);
    return 0;
}

/* ---- many processes ---- */

static void join(const char *name)
{
    ism_region *region;
    process_follow_starter();
    if (ism_region_open(name, NULL, &region) != ISM_OK || add(region, 1) != ISM_OK)
        process_end_self(1);
    while (getchar() != EOF)
        continue;
    process_end_self(ism_region_close(region) == ISM_OK ? 0 : 1);
}

/* Wait until so many have counted themselves. */
static ism_status await(const char *name, unsigned count)
{
    ism_region *region;
    ism_status status = ism_region_open(name, NULL, &region);
    if (status != ISM_OK)
        return status;
    const struct mark *mark = ism_region_data(region);
    while (mark->number < count)
        process_pause();
    peer_say("working");
    return ism_region_close(region);
}

int peer_attach(int count, char **words)
{
    unsigned wanted = count > 2 ? (unsigned)strtoul(words[2], NULL, 10) : 0;
    int64_t *children = calloc((size_t)wanted + 1, sizeof *children);
    ism_status status = ISM_OK;

    if (children == NULL)
        return 1;
    for (unsigned i = 0; i < wanted && status == ISM_OK; i++) {
        children[i] = process_fork();
        if (children[i] == 0)
            join(words[1]);
        if (children[i] == -1) {
            peer_say("no");
            return 0;
        }
        if ((i + 1) % BATCH == 0 || i + 1 == wanted)
            status = await(words[1], i + 1);
    }
    peer_say("%s", ism_status_name(status));
    while (getchar() != EOF)
        continue;
    for (unsigned i = 0; i < wanted && children[i] > 0; i++)
        process_wait_for_fork(children[i]);
    free(children);
    return 0;
}
