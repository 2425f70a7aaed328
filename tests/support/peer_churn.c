/* peer_churn.c: a worker that is there to be killed: churn NAME BOARD WORKER SEED; or to be
 * traced: pass NAME all|first|grow|have|join|leave|lock|open|remove|tidy|unlock.
 *
 * It opens or creates the region, with an initialiser that takes long enough to be killed in; under the lock it
 * breaks an invariant of two words and mends it; it closes, and now and then removes the region. Whatever it
 * is told that it should not be told ends it with a line that says so: a status that has no place here, a
 * region whose initialiser is not done, an invariant that is broken although nobody said that an owner died. */
#include "churn.h"
#include "peer.h"
#include "process.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PATIENCE (15 * ISM_SECOND) /* for one call: longer than any other worker's death is noticed */

static struct churn_line *line; /* NULL: nobody looks */
static uint64_t seed;

static void step(void)
{
    if (line != NULL)
        line->steps = line->steps + 1;
}

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

/* In small steps and over again from the start, so that a kill finds it half done. */
static ism_status initialise(ism_region *region, void *context)
{
    struct churn *churn = ism_region_data(region);

    (void)context;
    for (size_t i = 0; i < sizeof churn->pattern; i += 64) {
        peer_fill_pattern(churn->pattern, i + 64 < sizeof churn->pattern ? i + 64 : sizeof churn->pattern);
        step();
    }
    if (line != NULL)
        line->created = line->created + 1;
    return ISM_OK;
}

/* Lock, whatever the last owner left. */
static void lock(struct churn *churn)
{
    ism_status status = ism_mutex_lock_until(&churn->mutex, ism_deadline_after(PATIENCE));

    if (status == ISM_OWNER_DIED) {
        if (line != NULL)
            line->owner_died = line->owner_died + 1;
        step();
        churn->second = churn->first;
        step();
        expect(ism_mutex_consistent(&churn->mutex), "consistent");
    } else if (status != ISM_OK) {
        give_up("lock", status);
    }
    if (churn->first != churn->second)
        give_up("torn, and nobody said so", ISM_OK);
}

/* Microseconds: mostly short, but now and then so long that a killer who waits for it is in time. */
static unsigned time_to_hold(void)
{
    uint64_t choice = peer_random(&seed);
    return line != NULL && choice % 8 == 0 ? 2000 : (unsigned)(choice % 60);
}

static void change_under_lock(struct churn *churn)
{
    const unsigned time = time_to_hold();

    lock(churn);
    step();
    churn->first = churn->first + 1;
    if (line != NULL)
        line->holds = time > 1000;
    process_spin(time);
    if (line != NULL)
        line->holds = 0;
    step();
    churn->second = churn->second + 1;
    expect(ism_mutex_unlock(&churn->mutex), "unlock");
    step();
}

static ism_region *join(const char *name)
{
    ism_region_options options;
    ism_region *region;

    memset(&options, 0, sizeof options);
    options.size = CHURN_SIZE;
    options.initialiser = initialise;
    options.deadline = ism_deadline_after(PATIENCE);
    expect(ism_region_open_or_create(name, &options, &region), "open or create");
    return region;
}

static void work_once(const char *name, unsigned changes, bool remove)
{
    step();
    ism_region *region = join(name);
    step();
    struct churn *churn = ism_region_data(region);
    if (!peer_holds_pattern(churn->pattern, sizeof churn->pattern))
        give_up("opened before its initialiser was done", ISM_OK);
    for (; changes > 0; changes--)
        change_under_lock(churn);
    if (remove) {
        ism_status status = ism_region_remove(name);
        if (status != ISM_OK && status != ISM_E_NOT_FOUND)
            give_up("remove", status);
        step();
    }
    expect(ism_region_close(region), "close");
    step();
}

/* A line of input, or its end, ends the work. */
static void wait_for_end(void *context)
{
    char text[16];
    (void)fgets(text, sizeof text, stdin);
    *(volatile bool *)context = true;
}

int peer_churn(int count, char **words)
{
    ism_region *board;
    volatile bool end = false;

    if (count != 5)
        return 2;
    expect(ism_region_open(words[2], NULL, &board), "open the board");
    line = &((struct churn_board *)ism_region_data(board))->workers[atoi(words[3])];
    seed = strtoull(words[4], NULL, 10);
    struct thread *waiter = thread_start(wait_for_end, (void *)(uintptr_t)&end);
    if (waiter == NULL)
        return 2;
    while (!end)
        work_once(words[1], 1 + (unsigned)(peer_random(&seed) % 30), peer_random(&seed) % 4 == 0);
    thread_join(waiter);
    expect(ism_region_close(board), "close the board");
    return 0;
}

/* From here on the test that traces this process counts. */
static void begin(void)
{
    char text[16];
    peer_say("ready");
    (void)fgets(text, sizeof text, stdin);
    process_stop_self();
}

/* The lock alone, of a region that is there and of a process that has locked before. */
static void pass_lock(const char *name, bool begins_locked)
{
    ism_region *region;

    expect(ism_region_open(name, NULL, &region), "open");
    struct churn *churn = ism_region_data(region);
    change_under_lock(churn);
    if (begins_locked)
        lock(churn);
    begin();
    if (!begins_locked)
        lock(churn);
    churn->first = churn->first + 1;
    churn->second = churn->second + 1;
    expect(ism_mutex_unlock(&churn->mutex), "unlock");
}

/* The first lock of a process. */
static void pass_first(const char *name)
{
    ism_region *region;

    expect(ism_region_open(name, NULL, &region), "open");
    begin();
    change_under_lock(ism_region_data(region));
    peer_say("ISM_OK");
}

static void pass_join(const char *name)
{
    char text[16];
    begin();
    ism_region *region = join(name);
    peer_say("joined");
    (void)fgets(text, sizeof text, stdin);
    expect(ism_region_close(region), "close");
}

static void pass_leave(const char *name)
{
    ism_region *region = join(name);
    begin();
    expect(ism_region_close(region), "close");
    peer_say("left");
}

static void pass_open(const char *name)
{
    ism_region *region;

    begin();
    ism_status status = ism_region_open(name, NULL, &region);
    if (status == ISM_OK)
        expect(ism_region_close(region), "close");
    peer_say("%s", ism_status_name(status));
}

/* It goes on having the region for a line more. */
static void pass_have(const char *name)
{
    char text[16];
    ism_region *region;

    begin();
    ism_status status = ism_region_open(name, NULL, &region);
    peer_say("%s", ism_status_name(status));
    (void)fgets(text, sizeof text, stdin);
    if (status == ISM_OK)
        expect(ism_region_close(region), "close");
}

static void pass_remove(const char *name)
{
    begin();
    peer_say("%s", ism_status_name(ism_region_remove(name)));
}

static void pass_grow(const char *name)
{
    ism_region *region;

    expect(ism_region_open(name, NULL, &region), "open");
    begin();
    peer_say("%s", ism_status_name(ism_region_grow(region, ism_region_size(region) + CHURN_SIZE)));
}

static void pass_tidy(const char *name)
{
    (void)name;
    begin();
    peer_say("%s", ism_status_name(ism_region_tidy(NULL, NULL)));
}

static void pass_all(const char *name)
{
    begin();
    work_once(name, 2, false);
}

static void pass_locking(const char *name)
{
    pass_lock(name, false);
}

static void pass_unlocking(const char *name)
{
    pass_lock(name, true);
}

/* It ends without any clean-up. */
int peer_pass(int count, char **words)
{
    static const struct {
        const char *name;
        void (*pass)(const char *name);
    } parts[] = {
        {"all", pass_all},       {"first", pass_first}, {"grow", pass_grow},        {"have", pass_have},
        {"join", pass_join},     {"leave", pass_leave}, {"lock", pass_locking},     {"open", pass_open},
        {"remove", pass_remove}, {"tidy", pass_tidy},   {"unlock", pass_unlocking},
    };

    for (size_t i = 0; count == 3 && i < sizeof parts / sizeof parts[0]; i++)
        if (strcmp(words[2], parts[i].name) == 0) {
            parts[i].pass(words[1]);
            process_end_self(0);
        }
    return 2;
}
