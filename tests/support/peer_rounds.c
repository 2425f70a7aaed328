/* peer_rounds.c: processes that get into each other's way as often as they can.
 *
 *   keep NAME OTHER ROUNDS   makes NAME, opens it again by its name, and opens OTHER, which another keeper makes;
 *                            whatever it has it must still find by name, for nobody removes regions
 *   tidy END                 tidies and lists until there is a region of the name END, and leaves stale regions
 *                            of the names END-1, END-2 ... for itself and others to find, where it can
 *   fork NAME ROUNDS         forks while its other threads create, open, lock and close: see the end of the file
 */
#include "peer.h"
#include "process.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SIZE 8192u
#define PATIENCE (15 * ISM_SECOND) /* a deadline that only a hanging library meets */

/* What is wrong ends the process, in a forked child too; the parent then passes the end on. */
static void give_up(const char *what, ism_status status)
{
    peer_say("%s: %s: %s", what, ism_status_name(status), status < 0 ? ism_error_last()->message : "");
    process_end_self(3);
}

static void expect(ism_status status, const char *what)
{
    if (status != ISM_OK)
        give_up(what, status);
}

static ism_region *make(const char *name, ism_status *status)
{
    ism_region_options options;
    ism_region *region = NULL;

    memset(&options, 0, sizeof options);
    options.size = SIZE;
    options.deadline = ism_deadline_after(PATIENCE);
    *status = ism_region_create(name, &options, &region);
    return region;
}

static ism_region *find(const char *name, ism_status *status)
{
    ism_region_options options;
    ism_region *region = NULL;

    memset(&options, 0, sizeof options);
    options.deadline = ism_deadline_after(PATIENCE);
    *status = ism_region_open(name, &options, &region);
    return region;
}

static volatile uint64_t *words_of(const ism_region *region)
{
    return ism_region_data(region);
}

/* ---- keep ---- */

/* Who has a region finds it by name: the same memory, not called stale. */
static void expect_kept(const char *name, const ism_region *kept, uint64_t value)
{
    ism_region_info info;
    ism_status status;
    ism_region *again = find(name, &status);

    expect(status, "open what is kept");
    words_of(kept)[1] = value;
    if (words_of(again)[1] != value)
        give_up("another region stands in the place of one that is kept", ISM_OK);
    expect(ism_region_look(name, &info), "look at what is kept");
    if (info.stale)
        give_up("what is kept is called stale", ISM_OK);
    expect(ism_region_close(again), "close");
}

/* The other keeper has it at the moment or not; once it is had here, it stays though the other closes it. */
static void visit(const char *other)
{
    ism_status status;
    ism_region *region = find(other, &status);

    if (status == ISM_E_NOT_FOUND)
        return;
    expect(status, "open another's");
    ism_status looked;
    ism_region *again = find(other, &looked);
    expect(looked, "open another's while it is kept here");
    words_of(region)[2] = words_of(region)[2] + 1;
    expect(ism_region_close(region), "close");
    expect(ism_region_close(again), "close");
}

/* A visitor may have the last round's region still. */
static void keep_once(const char *name, const char *other, uint64_t value)
{
    const uint64_t until = process_milliseconds() + PROCESS_LIMIT;
    ism_status status;
    ism_region *region;

    while ((region = make(name, &status)) == NULL) {
        if (status != ISM_E_EXISTS || process_milliseconds() > until)
            give_up("create", status);
        visit(other);
    }
    if (words_of(region)[1] != 0)
        give_up("not fresh", ISM_OK);
    expect_kept(name, region, value);
    visit(other);
    expect_kept(name, region, value + 1);
    expect(ism_region_close(region), "close");
}

int peer_keep(int count, char **words)
{
    if (count != 4)
        return 2;
    for (unsigned long left = strtoul(words[3], NULL, 10); left > 0; left--)
        keep_once(words[1], words[2], left);
    peer_say("ok");
    return 0;
}

/* ---- tidy ---- */

static int count_freed(const ism_region_info *info, ism_status outcome, void *context)
{
    (void)info;
    *(unsigned *)context += outcome == ISM_OK;
    return 0;
}

static int look_at_all(const ism_region_info *info, ism_status outcome, void *context)
{
    (void)outcome;
    (void)context;
    if (info->name[0] != '\0' && (info->size == 0 || info->size > info->capacity))
        give_up("listed with an impossible size", ISM_OK);
    return 0;
}

/* Another process of the name may have left it already. */
static void leave_stale(const char *end, unsigned number)
{
    char name[ISM_NAME_MAX + 1];
    ism_status status;

    (void)snprintf(name, sizeof name, "%.150s-%u", end, number);
    int64_t child = process_fork();
    if (child == 0) {
        (void)make(name, &status);
        process_end_self(0);
    }
    if (child > 0)
        process_wait_for_fork(child);
}

int peer_tidy(int count, char **words)
{
    ism_region_info info;
    unsigned freed = 0, round = 0;

    if (count != 2)
        return 2;
    while (ism_region_look(words[1], &info) != ISM_OK) {
        leave_stale(words[1], 1 + round++ % 3);
        expect(ism_region_tidy(count_freed, &freed), "tidy");
        expect(ism_region_list(look_at_all, NULL), "list");
    }
    peer_say("ok %u", freed);
    return 0;
}

/* ---- fork ---- */

/* What the threads and the forked children have in common. */
static struct {
    char kept[ISM_NAME_MAX + 1];   /* open in this process from before any fork */
    char shared[ISM_NAME_MAX + 1]; /* opened or created by all */
    ism_region *region;            /* the kept one; begins with a lock */
    volatile bool is_over;
} crowd;

static ism_mutex *crowd_lock(void)
{
    return ism_region_data(crowd.region);
}

/* A child of fork() is killed in some rounds, never while it owns this lock: nobody is told of a death. */
static void lock_and_unlock(void)
{
    expect(ism_mutex_lock_until(crowd_lock(), ism_deadline_after(PATIENCE)), "lock");
    words_of(crowd.region)[4] = words_of(crowd.region)[4] + 1;
    expect(ism_mutex_unlock(crowd_lock()), "unlock");
}

static void join_and_leave(const char *name)
{
    ism_region_options options;
    ism_region *region;

    memset(&options, 0, sizeof options);
    options.size = SIZE;
    options.deadline = ism_deadline_after(PATIENCE);
    expect(ism_region_open_or_create(name, &options, &region), "open or create");
    words_of(region)[0] = 1;
    expect(ism_region_close(region), "close");
}

static void keep_joining(void *unused)
{
    (void)unused;
    while (!crowd.is_over)
        join_and_leave(crowd.shared);
}

static void keep_creating(void *unused)
{
    char name[ISM_NAME_MAX + 1];
    ism_status status;

    (void)unused;
    (void)snprintf(name, sizeof name, "%.150s-made", crowd.kept);
    while (!crowd.is_over) {
        ism_region *region = make(name, &status);
        if (region == NULL && status != ISM_E_EXISTS)
            give_up("create", status);
        expect(ism_region_close(region), "close");
    }
}

static void keep_locking(void *unused)
{
    (void)unused;
    while (!crowd.is_over)
        lock_and_unlock();
}

/* The region of the parent is there, no lock of the parent's threads is the child's, and all calls work. */
static void use_in_child(unsigned round)
{
    char name[ISM_NAME_MAX + 1];

    if (words_of(crowd.region)[5] != round)
        give_up("the child does not see its parent's region", ISM_OK);
    ism_status status = ism_mutex_unlock(crowd_lock());
    if (status != ISM_E_NOT_OWNER)
        give_up("unlock in a child", status);
    lock_and_unlock();
    join_and_leave(crowd.shared);
    (void)snprintf(name, sizeof name, "%.150s-child", crowd.kept);
    join_and_leave(name);
    expect(ism_region_tidy(NULL, NULL), "tidy");
    expect_kept(crowd.kept, crowd.region, round);
}

/* Of three children one uses everything and closes what it has, one uses it and is killed, and one never calls. */
static void live_as_child(unsigned round)
{
    if (round % 3 != 2)
        use_in_child(round);
    if (round % 3 == 0)
        expect(ism_region_close(crowd.region), "close in a child");
    if (round % 3 == 1)
        process_kill_self();
    process_end_self(0);
}

static bool fork_once(unsigned round)
{
    words_of(crowd.region)[5] = round;
    int64_t child = process_fork();
    if (child == 0)
        live_as_child(round);
    if (child < 0)
        return false;
    int status = process_wait_for_fork_until_limit(child);
    if (status == PROCESS_RUNNING)
        give_up("a forked child hangs", ISM_OK);
    if (status != (round % 3 == 1 ? PROCESS_KILLED : 0))
        give_up("a forked child failed", ISM_OK);
    lock_and_unlock();
    return true;
}

int peer_fork_often(int count, char **words)
{
    void (*const work[])(void *) = {keep_joining, keep_creating, keep_locking};
    enum { THREADS = sizeof work / sizeof work[0] };
    struct thread *threads[THREADS];
    ism_status status;
    bool can = true;

    if (count != 3)
        return 2;
    (void)snprintf(crowd.kept, sizeof crowd.kept, "%.150s", words[1]);
    (void)snprintf(crowd.shared, sizeof crowd.shared, "%.150s-shared", words[1]);
    crowd.region = make(crowd.kept, &status);
    expect(status, "create");
    for (int i = 0; i < THREADS; i++)
        threads[i] = thread_start(work[i], NULL);
    const unsigned rounds = (unsigned)strtoul(words[2], NULL, 10);
    for (unsigned round = 0; can && round < rounds; round++)
        can = fork_once(round);
    crowd.is_over = true;
    for (int i = 0; i < THREADS; i++)
        if (threads[i] != NULL)
            thread_join(threads[i]);
    expect(ism_region_close(crowd.region), "close");
    peer_say(can ? "ok" : "no");
    return 0;
}
