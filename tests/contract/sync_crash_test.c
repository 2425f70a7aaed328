/* sync_crash_test.c: kill -9 at any instruction of what is done to a semaphore (S4), a condition (S5), an event
 * (S6), a barrier (S7) and to what is done once (S8). Whoever is left gets on, with what the dead one gave, or with
 * one thing more where the dead one gave nothing, or took it along. */
#include "strike.h"

/* The thread is known. */
#define ENTERED "mutex_lock " MUTEX ";mutex_unlock " MUTEX

#define carry_out_these(strikes)                                                                                       \
    do {                                                                                                               \
        if (!process_can_trace())                                                                                      \
            skip_because(NO_TRACE);                                                                                    \
        carry_out_all(strikes, sizeof(strikes) / sizeof((strikes)[0]), NAME("x"));                                     \
    } while (0)

/* ---- semaphore ---- */

static void post_one(void)
{
    assert_status(ism_semaphore_post(&objects->semaphore, 1), ISM_OK);
}

static void post_two(void)
{
    assert_status(ism_semaphore_post(&objects->semaphore, 2), ISM_OK);
}

/* One permit is there now, and the semaphore is as new. */
static void assert_semaphore_works(uint32_t most_left)
{
    ism_semaphore *semaphore = &objects->semaphore;
    assert_in_range(ism_semaphore_permits(semaphore), 0, most_left);
    while (ism_semaphore_try_wait(semaphore) == ISM_OK)
        continue;
    post_two();
    assert_status(ism_semaphore_wait(semaphore), ISM_OK);
    assert_answer(ask(survivor, "permit " SEMAPHORE), "ISM_OK");
    assert_int_equal(ism_semaphore_permits(semaphore), 0);
}

/* A permit that lies there has to be found by who waits; where none is, there is one more. */
static void judge_permits(void)
{
    if (ism_semaphore_permits(&objects->semaphore) == 0)
        post_one();
    assert_answer(answer(survivor), "ISM_OK");
    assert_semaphore_works(2);
}

static void judge_taken(void)
{
    assert_in_range(ism_semaphore_permits(&objects->semaphore), 1, 2);
    assert_semaphore_works(2);
}

static void judge_none_left(void)
{
    assert_int_equal(ism_semaphore_permits(&objects->semaphore), 0);
    assert_semaphore_works(0);
}

static void s4_killed_at_any_instruction_it_keeps_no_permit_from_others(void **state)
{
    static const struct strike strikes[] = {
        {.kills = 90,
         .object = offsetof(struct objects, semaphore),
         .before = ENTERED,
         .during = "post " SEMAPHORE " 1",
         .beside = "permit " SEMAPHORE,
         .judge = judge_permits},
        {.kills = 60,
         .object = offsetof(struct objects, semaphore),
         .before = ENTERED,
         .during = "post " SEMAPHORE " 3",
         .beside = "permit " SEMAPHORE,
         .judge = judge_permits},
        {.kills = 60,
         .object = offsetof(struct objects, semaphore),
         .before = ENTERED,
         .during = "permit " SEMAPHORE,
         .prepare = post_two,
         .judge = judge_taken},
        {.kills = 100,
         .object = offsetof(struct objects, semaphore),
         .before = ENTERED,
         .during = "permit " SEMAPHORE,
         .waits = true,
         .beside = "permit " SEMAPHORE,
         .comes_late = true,
         .meanwhile = post_one,
         .judge = judge_permits},
        {.kills = 40,
         .object = offsetof(struct objects, semaphore),
         .before = ENTERED,
         .during = "permit " SEMAPHORE,
         .waits = true,
         .meanwhile = post_one,
         .lives = true,
         .judge = judge_none_left},
    };

    (void)state;
    carry_out_these(strikes);
}

/* ---- condition ---- */

static void lock_here(void)
{
    ism_status status = lock_soon(&objects->mutex);
    if (status == ISM_OWNER_DIED)
        status = ism_mutex_consistent(&objects->mutex);
    assert_status(status, ISM_OK);
}

static void unlock_here(void)
{
    assert_status(ism_mutex_unlock(&objects->mutex), ISM_OK);
}

static bool has_given;

/* Unless the victim stands there with the mutex. */
static void give_item(void)
{
    has_given = false;
    ism_status status = ism_mutex_try_lock(&objects->mutex);
    if (status == ISM_E_BUSY)
        return;
    assert_status(status, ISM_OK);
    objects->words[0] = objects->words[0] + 1;
    assert_status(ism_condition_signal(&objects->condition), ISM_OK);
    unlock_here();
    has_given = true;
}

static void give_item_at_last(void)
{
    if (has_given)
        return;
    lock_here();
    objects->words[0] = objects->words[0] + 1;
    assert_status(ism_condition_signal(&objects->condition), ISM_OK);
    unlock_here();
}

static void judge_no_items(void)
{
    lock_here();
    assert_int_equal(objects->words[0], 0);
    unlock_here();
}

/* An item that lies there, and that nobody died over, has to be found by who waits; else there is one, and a signal. */
static void judge_items(void)
{
    ism_status status = lock_soon(&objects->mutex);
    if (status == ISM_OWNER_DIED)
        assert_status(ism_mutex_consistent(&objects->mutex), ISM_OK);
    else
        assert_status(status, ISM_OK);
    const bool needs_help = status == ISM_OWNER_DIED || objects->words[0] == 0;
    if (objects->words[0] == 0)
        objects->words[0] = 1;
    if (needs_help)
        assert_status(ism_condition_signal(&objects->condition), ISM_OK);
    unlock_here();
    assert_answer(answer(survivor), "ISM_OK");
    lock_here();
    assert_in_range(objects->words[0], 0, 1);
    objects->words[0] = 0;
    unlock_here();
    assert_answer(ask(survivor, "give_items " CONDITION " " MUTEX " " PAIR " 1"), "ISM_OK");
    assert_answer(ask(survivor, "take_items " CONDITION " " MUTEX " " PAIR " 1"), "ISM_OK");
}

#define TAKE "take_items " CONDITION " " MUTEX " " PAIR " 1"
#define GIVE "give_items " CONDITION " " MUTEX " " PAIR " 1"

static void s5_killed_at_any_instruction_it_keeps_no_signal_from_others(void **state)
{
    static const struct strike strikes[] = {
        {.kills = 170,
         .object = offsetof(struct objects, condition),
         .before = ENTERED,
         .during = GIVE,
         .beside = TAKE,
         .judge = judge_items},
        {.kills = 170,
         .object = offsetof(struct objects, condition),
         .before = ENTERED,
         .during = TAKE,
         .waits = true,
         .beside = TAKE,
         .meanwhile = give_item,
         .judge = judge_items},
        {.kills = 100,
         .object = offsetof(struct objects, condition),
         .before = ENTERED,
         .during = TAKE,
         .waits = true,
         .meanwhile = give_item,
         .lives = true,
         .help = give_item_at_last,
         .judge = judge_no_items},
    };

    (void)state;
    carry_out_these(strikes);
}

/* ---- event ---- */

static void set_here(void)
{
    assert_status(ism_event_set(&objects->event), ISM_OK);
}

static void assert_event_works(void)
{
    assert_status(ism_event_reset(&objects->event), ISM_OK);
    assert_status(ism_event_try_wait(&objects->event), ISM_E_BUSY);
    set_here();
    assert_answer(ask(survivor, "event_wait " EVENT), "ISM_OK");
    assert_answer(ask(survivor, "event_take " EVENT), "ISM_OK");
    assert_status(ism_event_try_wait(&objects->event), ISM_E_BUSY);
}

/* An event that is set has to be found by who waits; else it is set once more. */
static void judge_event(void)
{
    if (ism_event_try_wait(&objects->event) == ISM_E_BUSY)
        set_here();
    assert_answer(answer(survivor), "ISM_OK");
    assert_event_works();
}

static void judge_event_alone(void)
{
    assert_event_works();
}

static void s6_killed_at_any_instruction_it_keeps_no_event_from_others(void **state)
{
    static const struct strike strikes[] = {
        {.kills = 85,
         .object = offsetof(struct objects, event),
         .before = ENTERED,
         .during = "event_set " EVENT,
         .beside = "event_take " EVENT,
         .judge = judge_event},
        {.kills = 85,
         .object = offsetof(struct objects, event),
         .before = ENTERED,
         .during = "event_set " EVENT,
         .beside = "event_wait " EVENT,
         .judge = judge_event},
        {.kills = 40,
         .object = offsetof(struct objects, event),
         .before = ENTERED,
         .during = "event_take " EVENT,
         .prepare = set_here,
         .judge = judge_event_alone},
        {.kills = 85,
         .object = offsetof(struct objects, event),
         .before = ENTERED,
         .during = "event_take " EVENT,
         .waits = true,
         .beside = "event_take " EVENT,
         .comes_late = true,
         .meanwhile = set_here,
         .judge = judge_event},
        {.kills = 50,
         .object = offsetof(struct objects, event),
         .before = ENTERED,
         .during = "event_wait " EVENT,
         .waits = true,
         .beside = "event_take " EVENT,
         .comes_late = true,
         .meanwhile = set_here,
         .judge = judge_event},
        {.kills = 30,
         .object = offsetof(struct objects, event),
         .before = ENTERED,
         .during = "event_take " EVENT,
         .waits = true,
         .meanwhile = set_here,
         .lives = true,
         .judge = judge_event_alone},
    };

    (void)state;
    carry_out_these(strikes);
}

/* ---- barrier ---- */

static void assert_barrier_works(void)
{
    assert_status(ism_barrier_arrive_until(&objects->barrier, 7, passed()), ISM_E_TIMED_OUT);
    tell(survivor, "arrive " BARRIER " 2");
    ism_status status = ism_barrier_arrive_until(&objects->barrier, 2, soon());
    assert_answer(answer(survivor), status == ISM_OK ? "ISM_LAST_PARTY" : "ISM_OK");
    if (status != ISM_OK)
        assert_status(status, ISM_LAST_PARTY);
}

/* The dead one has arrived, or not; then another one does for it. */
static void judge_parties(void)
{
    ism_status status = ism_barrier_arrive_until(&objects->barrier, 2, passed());
    if (status != ISM_E_TIMED_OUT)
        assert_status(status, ISM_LAST_PARTY);
    assert_answer(answer(survivor), "ISM_OK");
    assert_barrier_works();
}

static void judge_party(void)
{
    ism_status status = ism_barrier_arrive_until(&objects->barrier, 2, passed());
    if (status != ISM_E_TIMED_OUT)
        assert_status(status, ISM_LAST_PARTY);
    assert_barrier_works();
}

static ism_status arrived;

static void arrive_shortly(void)
{
    arrived = ism_barrier_arrive_until(&objects->barrier, 2, passed());
}

/* Where the victim had not arrived. */
static void arrive_at_last(void)
{
    if (arrived == ISM_E_TIMED_OUT)
        arrived = ism_barrier_arrive_until(&objects->barrier, 2, soon());
    assert_true(arrived >= ISM_OK);
}

static void s7_killed_at_any_instruction_it_has_arrived_or_not(void **state)
{
    static const struct strike strikes[] = {
        {.kills = 190,
         .object = offsetof(struct objects, barrier),
         .before = ENTERED,
         .during = "arrive " BARRIER " 2",
         .beside = "arrive " BARRIER " 2",
         .judge = judge_parties},
        {.kills = 130,
         .object = offsetof(struct objects, barrier),
         .before = ENTERED,
         .during = "arrive " BARRIER " 2",
         .waits = true,
         .judge = judge_party},
        {.kills = 60,
         .object = offsetof(struct objects, barrier),
         .before = ENTERED,
         .during = "arrive_within " BARRIER " 2 0",
         .waits = true,
         .judge = judge_party},
        {.kills = 40,
         .object = offsetof(struct objects, barrier),
         .before = ENTERED,
         .during = "arrive " BARRIER " 2",
         .waits = true,
         .meanwhile = arrive_shortly,
         .lives = true,
         .help = arrive_at_last,
         .judge = assert_barrier_works},
    };

    (void)state;
    carry_out_these(strikes);
}

/* ---- once ---- */

static ism_status do_it(void *context)
{
    (void)context;
    objects->words[0] = 1;
    objects->words[1] = objects->words[1] + 1;
    return ISM_OK;
}

/* It was done to its end, by one of us, however far the dead one got: a dead one's last step may have been the second
 * word, and then it was done twice. */
static void judge_once_alone(void)
{
    const bool second = objects->words[1] != 0;
    assert_status(ism_once_run(&objects->once, do_it, NULL), ISM_OK);
    assert_int_equal(objects->words[0], 1);
    assert_in_range(objects->words[1], 1, second ? 2 : 1);
    const uint64_t done = objects->words[1];
    assert_answer(ask(survivor, "once " ONCE " " PAIR), "ISM_OK");
    assert_int_equal(objects->words[1], done);
}

static void judge_once(void)
{
    assert_answer(answer(survivor), "ISM_OK");
    assert_int_equal(objects->words[0], 1);
    assert_in_range(objects->words[1], 1, 2);
    const uint64_t done = objects->words[1];
    assert_status(ism_once_run(&objects->once, do_it, NULL), ISM_OK);
    assert_int_equal(objects->words[1], done);
}

static void s8_killed_at_any_instruction_it_is_done_or_started_over(void **state)
{
    static const struct strike strikes[] = {
        {.kills = 180,
         .object = offsetof(struct objects, once),
         .before = ENTERED,
         .during = "once " ONCE " " PAIR,
         .judge = judge_once_alone},
        {.kills = 180,
         .object = offsetof(struct objects, once),
         .before = ENTERED,
         .during = "once " ONCE " " PAIR,
         .beside = "once " ONCE " " PAIR,
         .comes_late = true,
         .judge = judge_once},
    };

    (void)state;
    carry_out_these(strikes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        promise(s4_killed_at_any_instruction_it_keeps_no_permit_from_others),
        promise(s5_killed_at_any_instruction_it_keeps_no_signal_from_others),
        promise(s6_killed_at_any_instruction_it_keeps_no_event_from_others),
        promise(s7_killed_at_any_instruction_it_has_arrived_or_not),
        promise(s8_killed_at_any_instruction_it_is_done_or_started_over),
    };
    return cmocka_run_group_tests_name("sync crash", tests, NULL, NULL);
}
