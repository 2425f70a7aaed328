/* sync.c: what the locks cost when processes meet in them, and when one is killed.
 *
 *   sync [rounds] [seconds]     prints tables; exit status 1 if a figure is over its limit. The seconds are those of each
 *                               row on fairness
 *
 * The bare side is a futex that nobody's death is seen in. Processes that are bound to cores take turns over the first two. */
#include "bare.h"
#include "measure.h"

#include <isthmus/isthmus.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define PROCESSES_MAX 64
#define PAIRS 200000u /* of lock and unlock, of all processes together */
#define TRIPS 2000u

/* Each in cache lines of its own. */
struct board {
    _Alignas(64) ism_mutex mutex;
    _Alignas(64) ism_mutex other;
    _Alignas(64) ism_rwlock rwlock;
    _Alignas(64) ism_semaphore semaphores[2];
    _Alignas(64) volatile uint64_t counter;
    _Alignas(64) volatile double at; /* a moment that one process tells another */
    struct {
        _Alignas(64) volatile uint64_t count;
    } own[PROCESSES_MAX];
};

static struct board *board;
static struct bare_locks *locks;
static unsigned processes; /* of the row */
static bool binds;
static unsigned seconds; /* of a row on fairness or load */

static void expect(ism_status status)
{
    if (status != ISM_OK)
        measure_die("lock");
}

static void bind_to(unsigned core)
{
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(core % 2, &one);
    (void)sched_setaffinity(0, sizeof one, &one);
}

/* ---- contended ---- */

static void lock_bare(unsigned index)
{
    bind_to(index);
    for (unsigned i = 0; i < PAIRS / processes; i++) {
        bare_lock(locks);
        board->counter = board->counter + 1;
        bare_unlock(locks);
    }
}

static void lock_ours(unsigned index)
{
    bind_to(index);
    for (unsigned i = 0; i < PAIRS / processes; i++) {
        expect(ism_mutex_lock(&board->mutex));
        board->counter = board->counter + 1;
        expect(ism_mutex_unlock(&board->mutex));
    }
}

/* ---- there and back ---- */

static void ping_bare(unsigned index)
{
    bind_to(binds ? 0 : index);
    for (unsigned i = 0; i < TRIPS; i++) {
        if (index == 1)
            bare_wait(locks, 0);
        bare_post(locks, index);
        if (index == 0)
            bare_wait(locks, 1);
    }
}

static void ping_ours(unsigned index)
{
    bind_to(binds ? 0 : index);
    for (unsigned i = 0; i < TRIPS; i++) {
        if (index == 1)
            expect(ism_semaphore_wait(&board->semaphores[0]));
        expect(ism_semaphore_post(&board->semaphores[index], 1));
        if (index == 0)
            expect(ism_semaphore_wait(&board->semaphores[1]));
    }
}

/* ---- readers ---- */

static void read_and_leave(unsigned index)
{
    bind_to(index);
    for (unsigned i = 0; i < PAIRS; i++) {
        expect(ism_rwlock_read_lock(&board->rwlock));
        expect(ism_rwlock_unlock(&board->rwlock));
    }
}

static void lock_alone(unsigned index)
{
    bind_to(index);
    for (unsigned i = 0; i < PAIRS; i++) {
        expect(ism_mutex_lock(&board->mutex));
        expect(ism_mutex_unlock(&board->mutex));
    }
}

/* ---- the sides of comparisons: microseconds for each lock or trip ---- */

struct side {
    void (*act)(unsigned index);
    unsigned processes;
    unsigned times; /* that the time is divided by */
};

struct sides {
    struct side bare, ours;
};

static double take(const struct side *side)
{
    processes = side->processes;
    return measure_together(processes, side->act) / side->times * 1e6;
}

static double take_bare(void *context)
{
    return take(&((const struct sides *)context)->bare);
}

static double take_ours(void *context)
{
    return take(&((const struct sides *)context)->ours);
}

static bool compare(const char *what, double limit, unsigned rounds, struct side bare, struct side ours)
{
    struct sides sides = {bare, ours};
    return measure_compare(what, limit, rounds, take_bare, take_ours, &sides);
}

static bool compare_all(unsigned rounds)
{
    bool good = true;
    const struct side bare_trips = {ping_bare, 2, TRIPS}, trips = {ping_ours, 2, TRIPS};
    measure_head("us for each", "bare", "isthmus");
    for (unsigned count = 2; count <= 4; count += 2) {
        const struct side bare = {lock_bare, count, PAIRS}, ours = {lock_ours, count, PAIRS};
        good &=
            compare(count == 2 ? "lock + unlock, 2 processes at once" : "  4 processes", 1 / 0.85, rounds, bare, ours);
    }
    binds = true;
    good &= compare("post and be answered, on one core", 1.20, rounds, bare_trips, trips);
    binds = false;
    (void)compare("  on two cores", 0, rounds, bare_trips, trips);
    measure_head("us for each", "before", "this");
    good &= compare("read lock + unlock, beside those of the mutex", 1.50, rounds, (struct side){lock_alone, 1, PAIRS},
                    (struct side){read_and_leave, 1, PAIRS});
    good &= compare("  by two processes at once, beside one", 1.30, rounds, (struct side){read_and_leave, 1, PAIRS},
                    (struct side){read_and_leave, 2, PAIRS});
    return good;
}

/* ---- death ---- */

static pid_t start_owner(void)
{
    int told[2];
    char byte;
    if (pipe(told) != 0)
        measure_die("pipe");
    pid_t owner = fork();
    if (owner == 0) {
        expect(ism_mutex_lock(&board->mutex));
        if (write(told[1], "l", 1) != 1)
            _exit(2);
        for (;;)
            (void)pause();
    }
    if (read(told[0], &byte, 1) != 1)
        measure_die("owner");
    (void)close(told[0]);
    (void)close(told[1]);
    return owner;
}

static void mend(void)
{
    expect(ism_mutex_consistent(&board->mutex));
    expect(ism_mutex_unlock(&board->mutex));
}

/* Told of each death by a byte, it says how long it took to have the lock. It is at work, not just back from a long sleep,
 * and forks nothing: after that each first write to a page costs more than what is measured. */
static void come_when_told(int input, int output)
{
    char byte;
    while (read(input, &byte, 1) == 1) {
        for (int i = 0; i < 5000; i++) {
            expect(ism_mutex_lock(&board->other));
            expect(ism_mutex_unlock(&board->other));
        }
        double start = measure_seconds();
        ism_status status = ism_mutex_lock(&board->mutex);
        board->at = measure_seconds() - start;
        if (status != ISM_OWNER_DIED)
            _exit(2);
        mend();
        if (write(output, "d", 1) != 1)
            break;
    }
    _exit(0);
}

static struct {
    int to, from;
    pid_t process;
} comer;

static void start_comer(void)
{
    int input[2], output[2];
    if (pipe(input) != 0 || pipe(output) != 0)
        measure_die("pipe");
    comer.to = input[1];
    comer.from = output[0];
    comer.process = fork();
    if (comer.process == 0) {
        (void)close(comer.to);
        come_when_told(input[0], output[1]);
    }
    (void)close(input[0]);
    (void)close(output[1]);
}

static void end_comer(void)
{
    (void)close(comer.to);
    (void)close(comer.from);
    (void)waitpid(comer.process, NULL, 0);
}

static double newcomer(void *context)
{
    char byte;
    pid_t owner = start_owner();
    (void)context;
    (void)kill(owner, SIGKILL);
    (void)waitpid(owner, NULL, 0);
    if (write(comer.to, "k", 1) != 1 || read(comer.from, &byte, 1) != 1)
        measure_die("newcomer");
    return board->at * 1e6;
}

/* In a process of its own, asleep when the owner is killed. */
static double sleeper(void *context)
{
    pid_t owner = start_owner(), waiter = fork();
    (void)context;
    if (waiter == 0) {
        ism_status status = ism_mutex_lock(&board->mutex);
        board->at = measure_seconds() - board->at;
        if (status != ISM_OWNER_DIED)
            _exit(2);
        mend();
        _exit(0);
    }
    (void)usleep(30000);
    int result = 0;
    board->at = measure_seconds();
    (void)kill(owner, SIGKILL);
    if (waitpid(waiter, &result, 0) != waiter || result != 0)
        measure_die("sleeper");
    (void)waitpid(owner, NULL, 0);
    return board->at * 1e6;
}

/* ---- fairness and load ---- */

static void lock_for_seconds(unsigned index)
{
    double end = measure_seconds() + seconds;
    while (measure_seconds() < end) {
        expect(ism_mutex_lock(&board->mutex));
        board->counter = board->counter + 1;
        board->own[index].count = board->own[index].count + 1;
        expect(ism_mutex_unlock(&board->mutex));
    }
}

static bool show_fairness(unsigned count)
{
    uint64_t least = UINT64_MAX, most = 0;
    for (unsigned i = 0; i < count; i++)
        board->own[i].count = 0;
    (void)measure_together(count, lock_for_seconds);
    for (unsigned i = 0; i < count; i++) {
        least = board->own[i].count < least ? board->own[i].count : least;
        most = board->own[i].count > most ? board->own[i].count : most;
    }
    double ratio = least > 0 ? (double)most / (double)least : 1e9;
    (void)printf("%2u processes on one mutex for %2u s: most / least %27.2f  <= 5  %s\n", count, seconds, ratio,
                 ratio <= 5 ? "ok" : "OVER");
    (void)fflush(stdout);
    return ratio <= 5;
}

static double seconds_used(void)
{
    struct rusage used;
    (void)getrusage(RUSAGE_SELF, &used);
    return (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
           (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) * 1e-6;
}

/* The part of a core that one who sleeps for a permit uses, in percent, once it is asleep. */
static double load_of_sleeper(void *context)
{
    (void)context;
    (void)ism_semaphore_wait_until(&board->semaphores[0], ism_deadline_after(ISM_SECOND / 2));
    double before = seconds_used();
    (void)ism_semaphore_wait_until(&board->semaphores[0], ism_deadline_after(seconds * ISM_SECOND));
    return (seconds_used() - before) / seconds * 100;
}

int main(int count, char **words)
{
    ism_region_options options = {.size = sizeof(struct board)};
    ism_region *region;
    unsigned rounds = count > 1 ? (unsigned)strtoul(words[1], NULL, 10) : 7;
    seconds = count > 2 ? (unsigned)strtoul(words[2], NULL, 10) : 2;
    if (ism_region_create("bench.sync", &options, &region) != ISM_OK)
        measure_die("create");
    board = ism_region_data(region);
    locks = bare_locks_make();
    if (rounds == 0 || rounds > ROUNDS_MAX || locks == NULL)
        measure_die("rounds");
    bool good = compare_all(rounds);
    measure_head("us after the owner was killed", "median", "highest");
    start_comer();
    good &= measure_at_most("a newcomer has the lock", 1, 0, rounds * 3, newcomer, NULL);
    end_comer();
    good &= measure_at_most("one who slept has it", 400, 100000, rounds * 3, sleeper, NULL);
    for (unsigned processes_at_once = 2; processes_at_once <= 64;
         processes_at_once = processes_at_once == 2 ? 8 : processes_at_once * 8)
        good &= show_fairness(processes_at_once);
    measure_head("percent of a core", "median", "highest");
    good &= measure_at_most("one who sleeps for a permit", 0.1, 0, 1, load_of_sleeper, NULL);
    if (ism_region_close(region) != ISM_OK)
        measure_die("close");
    return good ? 0 : 1;
}
