/* peer_soak_sync.c: soak_sync OBJECT COUNT: three workers use one kind of object (rwlock, semaphore, event, condition,
 * barrier or once) over and over; so many times one of them is killed, wherever it is, and another one takes its place. After each
 * kill each of them has to get on. Whatever a worker sees that must not be ends it with a line that says so. */
#include "peer.h"
#include "process.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WORKERS 3
#define STEPS 2         /* that each has to get on after a kill */
#define SURVIVAL 15000u /* milliseconds in which it has to */
#define PATIENCE (15 * ISM_SECOND)
#define MOMENT (4 * ISM_MILLISECOND) /* after which one looks whether what it waits for died with somebody */
#define ONCES 262144u
#define SPARE 65536u /* of these, for the last of them to be used up by */

struct line {
    volatile uint64_t steps;
    volatile uint64_t told; /* how often a death was told */
    uint64_t reserved[6];
};

struct soak {
    struct line lines[WORKERS];
    ism_rwlock rwlock;
    ism_semaphore semaphores[2];
    ism_event events[2];
    ism_condition condition;
    ism_mutex mutex;
    ism_barrier barrier;
    volatile uint64_t items;
    volatile uint64_t pair[2];
    volatile uint64_t next; /* of the following that is to be done */
    ism_once onces[ONCES];
    volatile uint64_t done[ONCES][2];
};

static struct soak *soak;
static unsigned self;
static uint64_t seed;

static void give_up(const char *what, ism_status status)
{
    peer_say("worker %u: %s: %s: %s", self, what, ism_status_name(status), status < 0 ? ism_error_last()->message : "");
    process_end_self(3);
}

static void expect(ism_status status, const char *what)
{
    if (status != ISM_OK)
        give_up(what, status);
}

static void step(void)
{
    soak->lines[self].steps = soak->lines[self].steps + 1;
}

static void told(void)
{
    soak->lines[self].told = soak->lines[self].told + 1;
}

static unsigned random_below(unsigned limit)
{
    return (unsigned)(peer_random(&seed) % limit);
}

static ism_deadline patience(void)
{
    return ism_deadline_after(PATIENCE);
}

/* ---- what workers do ---- */

static void check_pair(void)
{
    if (soak->pair[0] != soak->pair[1])
        give_up("torn, and nobody said so", ISM_OK);
}

static void use_rwlock(void)
{
    const bool writes = random_below(2) == 0;
    ism_status status = writes ? ism_rwlock_write_lock_until(&soak->rwlock, patience())
                               : ism_rwlock_read_lock_until(&soak->rwlock, patience());
    if (status == ISM_OWNER_DIED) {
        told();
        soak->pair[1] = soak->pair[0];
        status = ism_rwlock_consistent(&soak->rwlock);
    }
    expect(status, "lock");
    check_pair();
    if (writes)
        soak->pair[0] = soak->pair[0] + 1;
    process_spin(random_below(10));
    if (writes)
        soak->pair[1] = soak->pair[1] + 1;
    check_pair();
    expect(ism_rwlock_unlock(&soak->rwlock), "unlock");
    step();
}

/* One permit goes to and fro; when it has died with somebody there is another one. */
static void use_semaphore(void)
{
    ism_semaphore *from = &soak->semaphores[self % 2], *to = &soak->semaphores[1 - self % 2];
    ism_status status = ism_semaphore_wait_until(from, ism_deadline_after(MOMENT));
    if (status == ISM_OK) {
        expect(ism_semaphore_post(to, 1), "post");
        step();
    } else if (status != ISM_E_TIMED_OUT) {
        give_up("wait", status);
    } else if (ism_semaphore_permits(from) + ism_semaphore_permits(to) == 0) {
        told();
        expect(ism_semaphore_post(from, 1), "post");
    }
}

static void use_event(void)
{
    ism_event *from = &soak->events[self % 2], *to = &soak->events[1 - self % 2];
    ism_deadline soon = ism_deadline_after(MOMENT);
    ism_status status = self == 2 ? ism_event_wait_until(from, soon) : ism_event_take_until(from, soon);
    if (status == ISM_OK) {
        expect(ism_event_set(to), "set");
        step();
    } else if (status == ISM_E_TIMED_OUT) {
        told();
        expect(ism_event_set(from), "set");
    } else {
        give_up("wait", status);
    }
}

static ism_status accept(ism_status status)
{
    if (status != ISM_OWNER_DIED)
        return status;
    told();
    return ism_mutex_consistent(&soak->mutex);
}

/* The first gives, the others take. */
static void use_condition(void)
{
    expect(accept(ism_mutex_lock_until(&soak->mutex, patience())), "lock");
    if (self == 0) {
        soak->items = soak->items + (soak->items < 4);
        expect(ism_condition_signal(&soak->condition), "signal");
    } else {
        ism_status status = ISM_OK;
        while (status == ISM_OK && soak->items == 0)
            status = accept(ism_condition_wait_until(&soak->condition, &soak->mutex, patience()));
        expect(status, "wait");
        soak->items = soak->items - 1;
    }
    expect(ism_mutex_unlock(&soak->mutex), "unlock");
    step();
}

static void use_barrier(void)
{
    ism_status status = ism_barrier_arrive_until(&soak->barrier, WORKERS, ism_deadline_after(MOMENT));
    if (status >= ISM_OK)
        step();
    else if (status != ISM_E_TIMED_OUT)
        give_up("arrive", status);
}

static ism_status do_one(void *context)
{
    volatile uint64_t *pair = context;
    if (pair[1] != 0)
        told(); /* a dead one was as good as done */
    pair[0] = 7;
    process_spin(random_below(10));
    pair[1] = 7;
    return ISM_OK;
}

static void use_once(void)
{
    const uint64_t next = soak->next;
    if (next >= ONCES)
        give_up("all is done", ISM_OK);
    volatile uint64_t *pair = soak->done[next];
    expect(ism_once_run(&soak->onces[next], do_one, (void *)(uintptr_t)pair), "once");
    if (pair[0] != 7 || pair[1] != 7)
        give_up("not done", ISM_OK);
    if (soak->next == next)
        soak->next = next + 1;
    step();
}

static const struct {
    const char *name;
    void (*use)(void);
} objects[] = {
    {"rwlock", use_rwlock},       {"semaphore", use_semaphore}, {"event", use_event},
    {"condition", use_condition}, {"barrier", use_barrier},     {"once", use_once},
};

/* ---- the one who kills ---- */

static int64_t workers[WORKERS];
static void (*use)(void);

static void start(unsigned worker)
{
    const uint64_t start = peer_random(&seed);
    workers[worker] = process_fork();
    if (workers[worker] != 0)
        return;
    process_follow_starter();
    self = worker;
    seed = start;
    for (;;)
        use();
}

static void fail(const char *what)
{
    for (unsigned i = 0; i < WORKERS; i++)
        peer_say("worker %u: %" PRIu64 " steps", i, soak->lines[i].steps);
    peer_say("%s", what);
    process_end_self(3);
}

static void await_steps(unsigned worker, uint64_t steps)
{
    const uint64_t from = soak->lines[worker].steps, until = process_milliseconds() + SURVIVAL;
    while (soak->lines[worker].steps - from < steps) {
        if (process_milliseconds() > until)
            fail("one who was left does not get on");
        process_pause();
    }
}

static void kill_worker(unsigned worker)
{
    if (process_kill_fork(workers[worker]) != PROCESS_KILLED)
        fail("a worker has ended");
}

/* Before the last one is done all are started over. */
static void renew_onces(void)
{
    if (soak->next < ONCES - SPARE)
        return;
    for (unsigned i = 0; i < WORKERS; i++)
        kill_worker(i);
    memset(soak->onces, 0, sizeof soak->onces);
    memset((void *)(uintptr_t)soak->done, 0, sizeof soak->done);
    soak->next = 0;
    for (unsigned i = 0; i < WORKERS; i++)
        start(i);
}

static void kill_often(unsigned count)
{
    for (unsigned i = 0; i < WORKERS; i++)
        start(i);
    for (unsigned kill = 0; kill < count; kill++) {
        const unsigned victim = random_below(WORKERS);
        await_steps(victim, 1 + random_below(3));
        process_spin(random_below(100));
        kill_worker(victim);
        start(victim);
        for (unsigned i = 0; i < WORKERS; i++)
            await_steps(i, STEPS);
        renew_onces();
    }
    for (unsigned i = 0; i < WORKERS; i++)
        kill_worker(i);
}

int peer_soak_sync(int count, char **words)
{
    ism_region_options options;
    ism_region *region;
    char name[64];

    for (size_t i = 0; count == 3 && i < sizeof objects / sizeof objects[0]; i++)
        if (strcmp(words[1], objects[i].name) == 0)
            use = objects[i].use;
    if (use == NULL)
        return 2;
    const unsigned kills = (unsigned)strtoul(words[2], NULL, 10);
    memset(&options, 0, sizeof options);
    options.size = sizeof *soak;
    (void)snprintf(name, sizeof name, "soak-sync-%" PRIu64, process_own_id());
    expect(ism_region_create(name, &options, &region), "create");
    soak = ism_region_data(region);
    const uint64_t begin = process_milliseconds();
    kill_often(kills);
    uint64_t steps = 0, deaths = 0;
    for (unsigned i = 0; i < WORKERS; i++) {
        steps += soak->lines[i].steps;
        deaths += soak->lines[i].told;
    }
    peer_say("%s: %u kills in %" PRIu64 " s; %" PRIu64 " steps; %" PRIu64 " times something had died with somebody",
             words[1], kills, (process_milliseconds() - begin) / 1000, steps, deaths);
    expect(ism_region_close(region), "close");
    return 0;
}
