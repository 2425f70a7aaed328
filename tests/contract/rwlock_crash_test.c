/* rwlock_crash_test.c: kill -9 at any instruction of what readers and writers do (S3). Two words are equal whenever
 * nobody writes; where they are not, somebody is told. */
#include "strike.h"

static unsigned told;

static ism_rwlock dead_reader, dead_writer, dead_in_turn;

/* What the lock looks like when somebody has died. */
static void make_corpses(const char *name)
{
    create_objects(name);
    struct process *reader = peer_with(name), *writer = peer_with(name);
    assert_answer(ask(reader, "write_lock " RWLOCK), "ISM_OK");
    kill_and_wait(reader);
    memcpy(&dead_writer, &objects->rwlock, sizeof dead_writer);
    memset(&objects->rwlock, 0, sizeof objects->rwlock);
    process_free(reader);
    reader = peer_with(name);
    assert_answer(ask(reader, "read_lock " RWLOCK), "ISM_OK");
    memcpy(&dead_reader, &objects->rwlock, sizeof dead_reader);
    tell_to_wait(writer, &objects->rwlock, "write_lock", "");
    kill_and_wait(writer);
    kill_and_wait(reader);
    memcpy(&dead_in_turn, &objects->rwlock, sizeof dead_in_turn);
    memset(&objects->rwlock, 0, sizeof objects->rwlock);
    process_free(reader);
    process_free(writer);
    close_region();
}

static void with_dead_reader(void)
{
    memcpy(&objects->rwlock, &dead_reader, sizeof dead_reader);
}

static void with_dead_in_turn(void)
{
    memcpy(&objects->rwlock, &dead_in_turn, sizeof dead_in_turn);
}

static void with_dead_writer(void)
{
    memcpy(&objects->rwlock, &dead_writer, sizeof dead_writer);
    objects->words[0] = 1;
}

static void read_here(void)
{
    assert_status(ism_rwlock_read_lock(&objects->rwlock), ISM_OK);
}

static void leave_here(void)
{
    assert_status(ism_rwlock_unlock(&objects->rwlock), ISM_OK);
}

/* The next one, who reads or writes in turns. */
static ism_status take_next(void)
{
    return kills % 2 == 0 ? ism_rwlock_write_lock_until(&objects->rwlock, soon())
                          : ism_rwlock_read_lock_until(&objects->rwlock, soon());
}

/* Nothing is left of the dead one, as both kinds of survivors see. */
static void judge_idle(void)
{
    for (int i = 0; i < 2; i++) {
        assert_status(i == 0 ? ism_rwlock_write_lock_until(&objects->rwlock, soon())
                             : ism_rwlock_read_lock_until(&objects->rwlock, soon()),
                      ISM_OK);
        leave_here();
    }
    assert_answer(ask(survivor, "write_round " RWLOCK), "ISM_OK");
}

/* Nobody is told of the death of one who changed nothing. */
static void judge_undamaged(void)
{
    assert_status(take_next(), ISM_OK);
    leave_here();
    judge_idle();
}

/* What is torn is told. */
static void judge_told(void)
{
    ism_status status = take_next();
    if (status == ISM_OWNER_DIED) {
        told++;
        assert_answer(ask(survivor, "try_read_lock " RWLOCK), "ISM_E_BUSY");
        objects->words[1] = objects->words[0];
        assert_status(ism_rwlock_consistent(&objects->rwlock), ISM_OK);
    } else {
        assert_status(status, ISM_OK);
    }
    assert_int_equal(objects->words[0], objects->words[1]);
    leave_here();
    judge_idle();
}

static void judge_heard(void)
{
    assert_answer(answer(survivor), "ISM_OK");
    judge_idle();
}

static void judge_heard_or_told(void)
{
    const char *status = answer(survivor);
    if (strcmp(status, "ISM_OWNER_DIED") != 0)
        assert_answer(status, "ISM_OK");
    judge_idle();
}

#define WRITE "write_lock " RWLOCK
#define CHANGE "change " PAIR ";rwlock_unlock " RWLOCK
#define MEND "mend " PAIR ";rwlock_consistent " RWLOCK ";rwlock_unlock " RWLOCK
#define READ "read_lock " RWLOCK ";rwlock_unlock " RWLOCK

/* The thread is known, but has not used the lock; or it has. */
#define ENTERED "mutex_lock " MUTEX ";mutex_unlock " MUTEX
#define USED READ ";" WRITE ";rwlock_unlock " RWLOCK

static void s3_killed_at_any_instruction_a_reader_leaves_nothing(void **state)
{
    static const struct strike strikes[] = {
        {.kills = 80, .before = USED, .during = READ, .judge = judge_undamaged},
        {.kills = 25, .before = ENTERED, .during = READ, .prepare = with_dead_reader, .judge = judge_undamaged},
        {.kills = 30, .before = ENTERED, .during = READ, .prepare = with_dead_in_turn, .judge = judge_undamaged},
        {.kills = 40,
         .before = "read_lock " RWLOCK,
         .during = "rwlock_unlock " RWLOCK,
         .beside = "write_round " RWLOCK,
         .judge = judge_heard},
    };

    (void)state;
    if (!process_can_trace())
        skip_because(NO_TRACE);
    make_corpses(NAME("x"));
    carry_out_all(strikes, sizeof strikes / sizeof strikes[0], NAME("x"));
}

static void s3_killed_at_any_instruction_a_writer_leaves_a_lock_that_tells(void **state)
{
    static const struct strike strikes[] = {
        {.kills = 80, .before = WRITE, .during = CHANGE, .judge = judge_told},
        {.kills = 40, .before = USED, .during = WRITE, .judge = judge_told},
        {.kills = 25, .before = ENTERED, .during = WRITE, .prepare = with_dead_reader, .judge = judge_told},
        {.kills = 25, .before = ENTERED, .during = WRITE, .prepare = with_dead_in_turn, .judge = judge_told},
        {.kills = 40,
         .before = WRITE,
         .during = "rwlock_unlock " RWLOCK,
         .beside = "read_round " RWLOCK,
         .judge = judge_heard_or_told},
        {.kills = 40,
         .before = ENTERED,
         .during = WRITE ";" CHANGE,
         .waits = true,
         .prepare = read_here,
         .meanwhile = leave_here,
         .judge = judge_told},
        {.kills = 30,
         .before = ENTERED,
         .during = WRITE ";" CHANGE,
         .waits = true,
         .prepare = read_here,
         .meanwhile = leave_here,
         .lives = true,
         .judge = judge_undamaged},
    };

    (void)state;
    if (!process_can_trace())
        skip_because(NO_TRACE);
    make_corpses(NAME("x"));
    told = 0;
    carry_out_all(strikes, sizeof strikes / sizeof strikes[0], NAME("x"));
    assert_true(told > 0);
    print_message("%u times the death of a writer was told\n", told);
}

static void s3_killed_at_any_instruction_of_mending_it_leaves_a_lock_that_tells(void **state)
{
    static const struct strike strikes[] = {
        {.kills = 40, .before = WRITE, .during = MEND, .prepare = with_dead_writer, .judge = judge_told},
        {.kills = 25,
         .before = ENTERED,
         .during = "read_lock " RWLOCK ";" MEND,
         .prepare = with_dead_writer,
         .judge = judge_told},
    };

    (void)state;
    if (!process_can_trace())
        skip_because(NO_TRACE);
    make_corpses(NAME("x"));
    told = 0;
    carry_out_all(strikes, sizeof strikes / sizeof strikes[0], NAME("x"));
    assert_true(told > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        promise(s3_killed_at_any_instruction_a_reader_leaves_nothing),
        promise(s3_killed_at_any_instruction_a_writer_leaves_a_lock_that_tells),
        promise(s3_killed_at_any_instruction_of_mending_it_leaves_a_lock_that_tells),
    };
    return cmocka_run_group_tests_name("rwlock crash", tests, NULL, NULL);
}
