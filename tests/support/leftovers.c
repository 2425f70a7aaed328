/* leftovers.c: see leftovers.h. The library opens some things once per process and keeps them; they are had
 * opened before the first count. Other tests may run at the same time, so only regions of this process's own
 * names are looked at. Weak side: a region whose name can't be read is found by its native name only. */
#include "suite.h"

#define NAMES 8

static struct process_counts before; /* the test */
static struct process_counts marked;
static unsigned regions_before; /* what an earlier test left behind for good */

struct search {
    const char *name;
    bool live_only;
    unsigned count;
    char found[ISM_NAME_MAX + 1];
};

static const char *prefix(void)
{
    static char text[32];
    (void)snprintf(text, sizeof text, "test-%llu-", (unsigned long long)process_own_id());
    return text;
}

const char *leftovers_name(const char *test, const char *what)
{
    static char names[NAMES][ISM_NAME_MAX + 1];
    static size_t used;
    char *name = names[used++ % NAMES];

    int length = snprintf(name, sizeof names[0], "%s%s-%s", prefix(), test, what);
    assert_in_range(length, 1, ISM_NAME_MAX);
    return name;
}

static int count_region(const ism_region_info *info, ism_status outcome, void *context)
{
    struct search *search = context;

    (void)outcome;
    if (strncmp(info->name, search->name, strlen(search->name)) != 0 &&
        (info->name[0] != '\0' || strstr(info->native_name, search->name) == NULL))
        return 0;
    if (search->live_only && info->stale)
        return 0;
    search->count++;
    (void)snprintf(search->found, sizeof search->found, "%s", info->name);
    return 0;
}

static struct search search_regions(const char *name, bool live_only)
{
    struct search search = {name, live_only, 0, ""};
    assert_status(ism_region_list(count_region, &search), ISM_OK);
    return search;
}

unsigned leftovers_regions(const char *name)
{
    return search_regions(name, false).count;
}

unsigned leftovers_live_regions(const char *name)
{
    return search_regions(name, true).count;
}

/* Create, lock, list and look among shared names once, so that what the library keeps is there. */
static void warm_up(void)
{
    ism_region_options options = {.size = 4096};
    ism_region_info info;
    ism_region *region;

    (void)ism_region_look_shared(NAME("once"), ISM_SCOPE_SESSION, &info);
    assert_status(ism_region_create(NAME("once"), &options, &region), ISM_OK);
    assert_status(ism_mutex_lock(ism_region_data(region)), ISM_OK);
    assert_status(ism_mutex_unlock(ism_region_data(region)), ISM_OK);
    assert_status(ism_region_close(region), ISM_OK);
    (void)leftovers_regions(prefix());
}

int leftovers_begin(void **state)
{
    static bool warm;

    (void)state;
    if (!warm)
        warm_up();
    warm = true;
    before = marked = process_count();
    regions_before = leftovers_regions(prefix());
    return 0;
}

void leftovers_mark(void)
{
    marked = process_count();
}

static bool no_more(const char *what, unsigned now, unsigned then)
{
    if (now > then)
        print_error("left behind: %u %s more than the %u of before\n", now - then, what, then);
    return now <= then;
}

static bool no_more_than(const struct process_counts *then)
{
    struct process_counts now = process_count();
    bool handles = no_more("handles", now.handles, then->handles);
    bool mappings = no_more("mappings", now.mappings, then->mappings);
    return handles && mappings;
}

bool leftovers_none(void)
{
    return no_more_than(&marked);
}

/* Free what a test left, so that the next one is judged by its own deeds. */
static bool no_regions(void)
{
    struct search search = search_regions(prefix(), false);

    if (search.count <= regions_before)
        return true;
    print_error("left behind: %u regions, such as \"%s\"\n", search.count, search.found);
    for (unsigned i = search.count; i > 0; i--) {
        (void)ism_region_remove(search.found);
        search = search_regions(prefix(), false);
    }
    return false;
}

int leftovers_end(void **state)
{
    (void)state;
    process_free_all();
    bool regions = no_regions();
    bool own = no_more_than(&before);
    bool children = no_more("children", process_count().children, 0);
    return regions && own && children ? 0 : -1;
}
