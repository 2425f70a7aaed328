/* peer_sync.c: commands that use the objects of isthmus/sync.h which lie at an OFFSET of the peer's region. Each
 * says the status.
 *
 *   read_lock OFFSET, try_read_lock OFFSET, read_lock_within OFFSET MILLISECONDS, and the same with write_lock
 *   rwlock_unlock OFFSET, rwlock_consistent OFFSET
 *   read_round OFFSET, write_round OFFSET
 *                                     of locking, after consistent if need be and unlock
 *   read_until OFFSET STOP, write_until OFFSET STOP
 *                                     the first that is not ISM_OK of such rounds until the word at STOP is not 0
 *   read_pairs OFFSET PAIR TIMES, write_pairs OFFSET PAIR TIMES
 *                                     the same so often, looking at two words that are equal whenever nobody writes,
 *                                     and changing them; ISM_E_CORRUPT if they were not
 *   change PAIR, mend PAIR            ISM_OK of changing them, or of making them equal
 *   post OFFSET COUNT, permit OFFSET, try_permit OFFSET, permit_within OFFSET MILLISECONDS
 *   pass_permits FROM TO TIMES        of taking a permit here and posting it there so often
 *   event_set OFFSET, event_reset OFFSET, and event_wait, try_event_wait, event_wait_within OFFSET MILLISECONDS,
 *   and the same with event_take
 *   condition_wait CONDITION MUTEX, condition_wait_within CONDITION MUTEX MILLISECONDS
 *   condition_signal CONDITION, condition_broadcast CONDITION
 *   take_items CONDITION MUTEX WORD TIMES, give_items CONDITION MUTEX WORD TIMES
 *                                     of taking 1 from a word so often when it is not 0, or adding 1 and signalling;
 *                                     who dies meanwhile does no harm
 *   arrive OFFSET PARTIES, arrive_within OFFSET PARTIES MILLISECONDS
 *   meet OFFSET PARTIES WORDS PARTY TIMES
 *                                     of arriving so often; ISM_E_CORRUPT if one of the other parties had not
 *   once OFFSET PAIR, once_failing OFFSET, once_dying OFFSET PAIR, once_halting OFFSET PAIR
 *                                     what is done is changing two words, or nothing, answering an error; or half of
 *                                     it; or, between the two halves, saying "running" and reading a line
 *   mutex_lock OFFSET, mutex_unlock OFFSET
 *   in_thread COMMAND...              what a thread that has ended since was told
 *
 * Beside that it carries out such commands while a test traces it: see peer_step(). */
#include "peer.h"
#include "process.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WORDS 8
#define STEPS 8

static unsigned char *data; /* of the region that is meant */

static void *at(const char *offset)
{
    return data + strtoull(offset, NULL, 10);
}

static volatile uint64_t *words_at(const char *offset)
{
    return (volatile uint64_t *)at(offset);
}

static uint32_t number(const char *word)
{
    return (uint32_t)strtoul(word, NULL, 10);
}

static ism_deadline within(const char *milliseconds)
{
    return ism_deadline_after(strtoull(milliseconds, NULL, 10) * ISM_MILLISECOND);
}

/* Commands that are one call. */
#define PLAIN(name, call)                                                                                              \
    static ism_status name(char **words)                                                                               \
    {                                                                                                                  \
        return call(at(words[1]));                                                                                     \
    }
#define TIMED(name, call)                                                                                              \
    static ism_status name(char **words)                                                                               \
    {                                                                                                                  \
        return call(at(words[1]), within(words[2]));                                                                   \
    }

/* ---- read-write locks ---- */

PLAIN(obey_read_lock, ism_rwlock_read_lock)
PLAIN(obey_try_read_lock, ism_rwlock_try_read_lock)
TIMED(obey_read_lock_within, ism_rwlock_read_lock_until)
PLAIN(obey_write_lock, ism_rwlock_write_lock)
PLAIN(obey_try_write_lock, ism_rwlock_try_write_lock)
TIMED(obey_write_lock_within, ism_rwlock_write_lock_until)
PLAIN(obey_rwlock_unlock, ism_rwlock_unlock)
PLAIN(obey_rwlock_consistent, ism_rwlock_consistent)

static ism_status end_round(ism_rwlock *lock, ism_status locked)
{
    if (locked == ISM_OWNER_DIED)
        (void)ism_rwlock_consistent(lock);
    ism_status unlocked = locked >= ISM_OK ? ism_rwlock_unlock(lock) : locked;
    return unlocked == ISM_OK ? locked : unlocked;
}

static ism_status obey_read_round(char **words)
{
    return end_round(at(words[1]), ism_rwlock_read_lock(at(words[1])));
}

static ism_status obey_write_round(char **words)
{
    return end_round(at(words[1]), ism_rwlock_write_lock(at(words[1])));
}

static ism_status obey_read_until(char **words)
{
    ism_status status = ISM_OK;
    while (*words_at(words[2]) == 0 && status == ISM_OK)
        status = obey_read_round(words);
    return status;
}

static ism_status obey_write_until(char **words)
{
    ism_status status = ISM_OK;
    while (*words_at(words[2]) == 0 && status == ISM_OK)
        status = obey_write_round(words);
    return status;
}

static ism_status obey_change(char **words)
{
    volatile uint64_t *pair = words_at(words[1]);
    pair[0] = pair[0] + 1;
    pair[1] = pair[1] + 1;
    return ISM_OK;
}

static ism_status obey_mend(char **words)
{
    volatile uint64_t *pair = words_at(words[1]);
    pair[1] = pair[0];
    return ISM_OK;
}

/* So often under the lock: the pair is whole, and then changed or not. */
static ism_status pass_pairs(char **words, ism_status (*lock)(ism_rwlock *), bool changes)
{
    const volatile uint64_t *pair = words_at(words[2]);
    ism_status status = ISM_OK;

    for (uint32_t times = number(words[3]); times > 0 && status == ISM_OK; times--) {
        status = lock(at(words[1]));
        if (status == ISM_OK && pair[0] != pair[1])
            status = ISM_E_CORRUPT;
        if (status == ISM_OK && changes)
            status = obey_change(words + 1);
        if (status == ISM_OK)
            status = ism_rwlock_unlock(at(words[1]));
    }
    return status;
}

static ism_status obey_read_pairs(char **words)
{
    return pass_pairs(words, ism_rwlock_read_lock, false);
}

static ism_status obey_write_pairs(char **words)
{
    return pass_pairs(words, ism_rwlock_write_lock, true);
}

/* ---- semaphores ---- */

static ism_status obey_post(char **words)
{
    return ism_semaphore_post(at(words[1]), number(words[2]));
}

PLAIN(obey_permit, ism_semaphore_wait)
PLAIN(obey_try_permit, ism_semaphore_try_wait)
TIMED(obey_permit_within, ism_semaphore_wait_until)

static ism_status obey_pass_permits(char **words)
{
    ism_status status = ISM_OK;
    for (uint32_t times = number(words[3]); times > 0 && status == ISM_OK; times--) {
        status = ism_semaphore_wait(at(words[1]));
        if (status == ISM_OK)
            status = ism_semaphore_post(at(words[2]), 1);
    }
    return status;
}

/* ---- events ---- */

PLAIN(obey_event_set, ism_event_set)
PLAIN(obey_event_reset, ism_event_reset)
PLAIN(obey_event_wait, ism_event_wait)
PLAIN(obey_try_event_wait, ism_event_try_wait)
TIMED(obey_event_wait_within, ism_event_wait_until)
PLAIN(obey_event_take, ism_event_take)
PLAIN(obey_try_event_take, ism_event_try_take)
TIMED(obey_event_take_within, ism_event_take_until)

/* ---- conditions ---- */

static ism_status obey_condition_wait(char **words)
{
    return ism_condition_wait(at(words[1]), at(words[2]));
}

static ism_status obey_condition_wait_within(char **words)
{
    return ism_condition_wait_until(at(words[1]), at(words[2]), within(words[3]));
}

PLAIN(obey_condition_signal, ism_condition_signal)
PLAIN(obey_condition_broadcast, ism_condition_broadcast)
PLAIN(obey_mutex_lock, ism_mutex_lock)
PLAIN(obey_mutex_unlock, ism_mutex_unlock)

/* A word is whole whoever dies. */
static ism_status accept(ism_mutex *mutex, ism_status locked)
{
    return locked == ISM_OWNER_DIED ? ism_mutex_consistent(mutex) : locked;
}

static ism_status obey_take_items(char **words)
{
    ism_mutex *mutex = at(words[2]);
    volatile uint64_t *items = words_at(words[3]);
    ism_status status = ISM_OK;

    for (uint32_t times = number(words[4]); times > 0 && status == ISM_OK; times--) {
        status = accept(mutex, ism_mutex_lock(mutex));
        while (status == ISM_OK && *items == 0)
            status = accept(mutex, ism_condition_wait(at(words[1]), mutex));
        if (status != ISM_OK)
            break;
        *items = *items - 1;
        status = ism_mutex_unlock(mutex);
    }
    return status;
}

static ism_status obey_give_items(char **words)
{
    ism_mutex *mutex = at(words[2]);
    volatile uint64_t *items = words_at(words[3]);
    ism_status status = ISM_OK;

    for (uint32_t times = number(words[4]); times > 0 && status == ISM_OK; times--) {
        status = accept(mutex, ism_mutex_lock(mutex));
        if (status != ISM_OK)
            break;
        *items = *items + 1;
        status = ism_condition_signal(at(words[1]));
        ism_status unlocked = ism_mutex_unlock(mutex);
        status = status == ISM_OK ? unlocked : status;
    }
    return status;
}

/* ---- barriers ---- */

static ism_status obey_arrive(char **words)
{
    return ism_barrier_arrive(at(words[1]), number(words[2]));
}

static ism_status obey_arrive_within(char **words)
{
    return ism_barrier_arrive_until(at(words[1]), number(words[2]), within(words[3]));
}

/* Has each party come to this round? None can be further than the next one. */
static bool all_came(const volatile uint64_t *rounds, uint32_t parties, uint64_t round)
{
    bool right = true;
    for (uint32_t i = 0; i < parties; i++)
        right = right && (rounds[i] == round || rounds[i] == round + 1);
    return right;
}

static ism_status obey_meet(char **words)
{
    volatile uint64_t *rounds = words_at(words[3]);
    const uint32_t parties = number(words[2]), party = number(words[4]), times = number(words[5]);

    for (uint64_t round = 1; round <= times; round++) {
        rounds[party] = round;
        ism_status status = ism_barrier_arrive(at(words[1]), parties);
        if (status < ISM_OK)
            return status;
        if (!all_came(rounds, parties, round))
            return ISM_E_CORRUPT;
    }
    return ISM_OK;
}

/* ---- once ---- */

static void change_half(volatile uint64_t *pair)
{
    pair[0] = 1;
}

static ism_status change_whole(void *context)
{
    volatile uint64_t *pair = words_at(context);
    change_half(pair);
    pair[1] = pair[1] + 1;
    return ISM_OK;
}

static ism_status change_nothing(void *context)
{
    (void)context;
    return ISM_E_FILE;
}

static ism_status change_and_die(void *context)
{
    change_half(words_at(context));
    process_kill_self();
    return ISM_E_FILE;
}

static ism_status change_with_a_halt(void *context)
{
    char line[16];
    change_half(words_at(context));
    peer_say("running");
    (void)fgets(line, sizeof line, stdin);
    return change_whole(context);
}

static ism_status obey_once(char **words)
{
    return ism_once_run(at(words[1]), change_whole, words[2]);
}

static ism_status obey_once_failing(char **words)
{
    return ism_once_run(at(words[1]), change_nothing, NULL);
}

static ism_status obey_once_dying(char **words)
{
    return ism_once_run(at(words[1]), change_and_die, words[2]);
}

static ism_status obey_once_halting(char **words)
{
    return ism_once_run(at(words[1]), change_with_a_halt, words[2]);
}

/* ---- the table ---- */

typedef ism_status obeying(char **words);

static obeying obey_in_thread;

static const struct {
    const char *verb;
    int words; /* that it needs, with the verb */
    obeying *obey;
} commands[] = {
    {"read_lock", 2, obey_read_lock},
    {"try_read_lock", 2, obey_try_read_lock},
    {"read_lock_within", 3, obey_read_lock_within},
    {"write_lock", 2, obey_write_lock},
    {"try_write_lock", 2, obey_try_write_lock},
    {"write_lock_within", 3, obey_write_lock_within},
    {"rwlock_unlock", 2, obey_rwlock_unlock},
    {"rwlock_consistent", 2, obey_rwlock_consistent},
    {"read_round", 2, obey_read_round},
    {"write_round", 2, obey_write_round},
    {"read_until", 3, obey_read_until},
    {"write_until", 3, obey_write_until},
    {"read_pairs", 4, obey_read_pairs},
    {"write_pairs", 4, obey_write_pairs},
    {"change", 2, obey_change},
    {"mend", 2, obey_mend},
    {"post", 3, obey_post},
    {"permit", 2, obey_permit},
    {"try_permit", 2, obey_try_permit},
    {"permit_within", 3, obey_permit_within},
    {"pass_permits", 4, obey_pass_permits},
    {"event_set", 2, obey_event_set},
    {"event_reset", 2, obey_event_reset},
    {"event_wait", 2, obey_event_wait},
    {"try_event_wait", 2, obey_try_event_wait},
    {"event_wait_within", 3, obey_event_wait_within},
    {"event_take", 2, obey_event_take},
    {"try_event_take", 2, obey_try_event_take},
    {"event_take_within", 3, obey_event_take_within},
    {"condition_wait", 3, obey_condition_wait},
    {"condition_wait_within", 4, obey_condition_wait_within},
    {"condition_signal", 2, obey_condition_signal},
    {"condition_broadcast", 2, obey_condition_broadcast},
    {"take_items", 5, obey_take_items},
    {"give_items", 5, obey_give_items},
    {"arrive", 3, obey_arrive},
    {"arrive_within", 4, obey_arrive_within},
    {"meet", 6, obey_meet},
    {"once", 3, obey_once},
    {"once_failing", 2, obey_once_failing},
    {"once_dying", 3, obey_once_dying},
    {"once_halting", 3, obey_once_halting},
    {"mutex_lock", 2, obey_mutex_lock},
    {"mutex_unlock", 2, obey_mutex_unlock},
    {"in_thread", 2, obey_in_thread},
};

static obeying *find(int count, char **words)
{
    for (size_t i = 0; count > 0 && i < sizeof commands / sizeof commands[0]; i++)
        if (strcmp(words[0], commands[i].verb) == 0 && count >= commands[i].words)
            return commands[i].obey;
    return NULL;
}

struct errand {
    obeying *obey;
    char **words;
    ism_status status;
};

static void run_errand(void *context)
{
    struct errand *errand = context;
    errand->status = errand->obey(errand->words);
}

static ism_status obey_in_thread(char **words)
{
    int count = 0;
    while (words[1 + count] != NULL)
        count++;
    struct errand errand = {find(count, words + 1), words + 1, ISM_E_SYSTEM};
    struct thread *thread = errand.obey != NULL ? thread_start(run_errand, &errand) : NULL;
    if (thread != NULL)
        thread_join(thread);
    return errand.status;
}

bool peer_obey_sync(int count, char **words, void *region_data)
{
    obeying *obey = find(count, words);
    if (obey == NULL)
        return false;
    data = region_data;
    peer_say("%s", ism_status_name(obey(words)));
    return true;
}

/* ---- to be traced ---- */

struct step {
    obeying *obey;
    char *words[WORDS + 1];
};

/* Commands with semicolons between them. */
static int read_steps(char *text, struct step *steps)
{
    char *ends[STEPS];
    int count = 0;

    for (char *part = strtok(text, ";"); part != NULL && count < STEPS; part = strtok(NULL, ";"))
        ends[count++] = part;
    for (int i = 0; i < count; i++) {
        int words = 0;
        for (char *word = strtok(ends[i], " "); word != NULL && words < WORDS; word = strtok(NULL, " "))
            steps[i].words[words++] = word;
        steps[i].words[words] = NULL;
        steps[i].obey = find(words, steps[i].words);
        if (steps[i].obey == NULL)
            process_end_self(2);
    }
    return count;
}

static void carry_out(struct step *steps, int count)
{
    for (int i = 0; i < count; i++)
        if (steps[i].obey(steps[i].words) < ISM_OK)
            process_end_self(3);
}

/* step NAME BEFORE DURING: carries out commands at a region; the test that traces it takes hold of it between BEFORE and
 * DURING. It ends without any clean-up. */
int peer_step(int count, char **words)
{
    struct step before[STEPS], during[STEPS];
    ism_region *region;
    char line[16];

    if (count != 4 || ism_region_open(words[1], NULL, &region) != ISM_OK)
        return 2;
    data = ism_region_data(region);
    const int before_count = read_steps(words[2], before), during_count = read_steps(words[3], during);
    carry_out(before, before_count);
    peer_say("ready");
    (void)fgets(line, sizeof line, stdin);
    process_stop_self();
    carry_out(during, during_count);
    process_end_self(0);
    return 0;
}
