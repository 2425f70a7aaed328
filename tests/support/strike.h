/* strike.h: kills at any instruction of what a victim does to an object, where programs can be traced. After each of
 * them those who are left use the object, and are told the truth. Or others do what it waits for at any
 * instruction: then it has to go on. */
#ifndef ISTHMUS_TESTS_STRIKE_H
#define ISTHMUS_TESTS_STRIKE_H

#include "objects.h"

/* Where the objects lie, as peers are told. */
#define RWLOCK "0"
#define SEMAPHORE "512"
#define EVENT "544"
#define CONDITION "560"
#define MUTEX "576"
#define BARRIER "592"
#define ONCE "608"
#define PAIR "640"

_Static_assert(offsetof(struct objects, semaphore) == 512 && offsetof(struct objects, event) == 544 &&
                   offsetof(struct objects, condition) == 560 && offsetof(struct objects, mutex) == 576 &&
                   offsetof(struct objects, barrier) == 592 && offsetof(struct objects, once) == 608 &&
                   offsetof(struct objects, words) == 640,
               "where the objects lie");

struct strike {
    unsigned kills;              /* about so many, spread over what the victim does */
    size_t object;               /* that it is about: its first word shows that somebody waits */
    const char *before, *during; /* what the victim does before it is traced, and then: see peer_sync.c */
    bool waits;                  /* in the end the victim waits, for as long as it lives */
    void (*prepare)(void);       /* the objects, which are all zero; or NULL */
    const char *beside;          /* what the survivor does: it waits already, */
    bool comes_late;             /* or comes when the victim stands where it will be killed; NULL: nothing */
    void (*meanwhile)(void);     /* done while the victim stands, before it gets a little further; or NULL */
    bool lives;                  /* the victim is not killed, but let go, and has to end by itself */
    void (*help)(void);          /* done after that; or NULL */
    void (*judge)(void);         /* after the kill; it hears the survivor */
};

static struct process *survivor;
static unsigned kills; /* of one strike */

static inline void await_change(const volatile uint64_t *word, uint64_t before)
{
    const uint64_t until = process_milliseconds() + PROCESS_LIMIT;
    while (*word == before) {
        assert_true(process_milliseconds() < until);
        process_pause();
    }
}

static inline const volatile uint64_t *object_of(const struct strike *strike)
{
    return (const volatile uint64_t *)(const void *)((unsigned char *)objects + strike->object);
}

static inline struct process *hold_victim(const struct strike *strike, const char *name)
{
    memset(objects, 0, sizeof *objects);
    if (strike->prepare != NULL)
        strike->prepare();
    struct process *victim = peer_start("step", name, strike->before, strike->during, NULL);
    assert_answer(answer(victim), "ready");
    assert_true(process_trace(victim, "go\n"));
    return victim;
}

static inline void await_survivor(const struct strike *strike)
{
    const uint64_t before = *object_of(strike);
    tell(survivor, "%s", strike->beside);
    await_change(object_of(strike), before);
}

/* Let it run until it waits, or ends. Returns the instructions that this took. */
static inline unsigned step_to_end(const struct strike *strike, struct process *victim)
{
    enum { LONGEST = 100000 };
    const uint64_t before = *object_of(strike);
    unsigned length = 0;

    while (length < LONGEST && process_step(victim, PROCESS_INSTRUCTIONS, 1) == PROCESS_RUNNING &&
           !(strike->waits && *object_of(strike) != before))
        length++;
    return length;
}

/* Kill a victim after so many instructions, or (none given) when it waits or has ended, and tell how many those were; else
 * whether it had ended by then. */
static inline bool strike_at(const struct strike *strike, const char *name, unsigned stop, unsigned *length)
{
    enum { FURTHER = 100 };
    struct process *victim = hold_victim(strike, name);
    if (strike->beside != NULL && !strike->comes_late)
        await_survivor(strike);
    if (length != NULL)
        *length = step_to_end(strike, victim);
    int status = process_step(victim, PROCESS_INSTRUCTIONS, stop);
    const bool has_ended = status != PROCESS_RUNNING;
    if (strike->comes_late)
        tell(survivor, "%s", strike->beside);
    if (strike->meanwhile != NULL) {
        strike->meanwhile();
        if (status == PROCESS_RUNNING && !strike->lives)
            status = process_step(victim, PROCESS_INSTRUCTIONS, kills * 37 % FURTHER);
    }
    if (strike->lives)
        process_release(victim);
    else
        process_kill(victim);
    if (strike->help != NULL)
        strike->help();
    const bool was_killed = status == PROCESS_RUNNING && !strike->lives;
    assert_int_equal(process_wait(victim), was_killed ? PROCESS_KILLED : 0);
    process_free(victim);
    kills++;
    strike->judge();
    return has_ended;
}

/* Where a look takes long, there are fewer of them. */
static inline void carry_out(const struct strike *strike, const char *name)
{
    enum { MILLISECONDS = 8000, BEYOND = 40 }; /* what it does when it has slept once or twice */
    const uint64_t start = process_milliseconds();
    unsigned length, stop = 0;
    bool has_ended = false;

    kills = 0;
    (void)strike_at(strike, name, 0, &length);
    if (strike->waits)
        length += BEYOND;
    unsigned stride = length / strike->kills + 1;
    while (!has_ended && !(strike->waits && stop > length)) {
        has_ended = strike_at(strike, name, stop, NULL);
        if (process_milliseconds() - start > MILLISECONDS)
            stride = stride * 3 / 2 + 1;
        stop += stride;
    }
    print_message(strike->lives ? "stopped %u times within %u instructions of \"%s\"\n"
                                : "killed %u times within %u instructions of \"%s\"\n",
                  kills, length, strike->during);
}

static inline void carry_out_all(const struct strike *strikes, size_t count, const char *name)
{
    create_objects(name);
    survivor = peer_with(name);
    for (size_t i = 0; i < count; i++)
        carry_out(&strikes[i], name);
    dismiss(survivor);
    close_region();
}

#define NO_TRACE "this system can't trace programs for a test"

#endif
