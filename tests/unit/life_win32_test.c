/* life_win32_test.c: the mutexes that are lives on Windows: who sleeps is woken by their end, however many sleep and
 * whoever of them dies as well; and what others do under their names does no harm.
 *
 * The program starts itself as the other processes. They sleep for much longer than a test may take. */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "backend.h"
#include "process.h"
#include "win32/user.h"

#include <sddl.h>

#define MICROSECOND UINT64_C(1000) /* in nanoseconds */
#define MILLISECOND UINT64_C(1000000)
#define VERY_LONG (600000 * MILLISECOND)
#define SLEEPERS 64

static ism_life life_of_this(void)
{
    struct ism_cause why = {NULL, 0};
    ism_life life = 0;
    assert_int_equal(ism_life_take(NULL, &life, &why), ISM_OK);
    return life;
}

static bool has_ended(ism_life life)
{
    return ism_life_ended(NULL, life);
}

/* Nobody changes the word, and nobody rings. */
static void sleep_watching(ism_life life, uint64_t nanoseconds)
{
    uint32_t word = 0;
    struct ism_place place = {.word = &word, .region = 1};
    ism_wait_sleep(&place, 0, life, nanoseconds);
}

/* ---- the other processes ---- */

static void say(uint64_t number)
{
    (void)printf("%016" PRIx64 "\n", number);
    (void)fflush(stdout);
}

static int await_kill(void)
{
    while (getchar() != EOF)
        continue;
    return 0;
}

/* Say which life this is, and wait to be killed. */
static int live(void)
{
    struct ism_cause why = {NULL, 0};
    ism_life life;
    process_follow_starter();
    if (ism_life_take(NULL, &life, &why) != ISM_OK)
        return 1;
    say(life);
    return await_kill();
}

/* Sleep as long as a life lasts, say when that was over, and live on with what is left of the wait. */
static int outlive(ism_life life)
{
    process_follow_starter();
    say(life);
    while (!has_ended(life))
        sleep_watching(life, VERY_LONG);
    say(ism_process_now());
    return await_kill();
}

static uint64_t heard(struct process *process)
{
    char line[32];
    assert_true(process_read_line(process, line, sizeof line));
    return strtoull(line, NULL, 16);
}

static struct process *start(const char *role, ism_life life)
{
    char path[MAX_PATH], number[32];
    assert_in_range(GetModuleFileNameA(NULL, path, MAX_PATH), 1, MAX_PATH - 1);
    (void)snprintf(number, sizeof number, "%016" PRIx64, life);
    const char *const arguments[] = {path, role, number, NULL};
    struct process *process = process_start(arguments);
    assert_non_null(process);
    return process;
}

static struct process *start_living(ism_life *life)
{
    struct process *process = start("live", 0);
    *life = heard(process);
    assert_false(has_ended(*life));
    return process;
}

static void start_sleepers(ism_life life, struct process *sleepers[], unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        sleepers[i] = start("outlive", life);
    for (unsigned i = 0; i < count; i++)
        assert_int_equal(heard(sleepers[i]), life);
}

/* It has learned of the end, so many nanoseconds after then. */
static uint64_t await_sleeper(struct process *sleeper, uint64_t then)
{
    uint64_t now = heard(sleeper);
    return now > then ? now - then : 0;
}

static int end_all(void **state)
{
    (void)state;
    process_free_all();
    return 0;
}

/* ---- deaths ---- */

static void s2_who_sleeps_is_woken_by_the_death_of_the_watched(void **state)
{
    enum { ROUNDS = 20 };
    uint64_t sum = 0, most = 0;

    (void)state;
    for (unsigned round = 0; round < ROUNDS; round++) {
        ism_life life;
        struct process *sleeper, *living = start_living(&life);
        start_sleepers(life, &sleeper, 1);
        Sleep(round % 4 * 5);
        uint64_t then = ism_process_now();
        process_kill(living);
        uint64_t took = await_sleeper(sleeper, then);
        sum += took;
        most = took > most ? took : most;
        assert_true(has_ended(life));
        process_free_all();
    }
    print_message("woken %" PRIu64 " us after a kill, %" PRIu64 " at most\n", sum / ROUNDS / MICROSECOND,
                  most / MICROSECOND);
}

/* Each has the mutex for a moment, and gives it to the next. */
static void s2_all_who_sleep_are_woken_by_a_death(void **state)
{
    struct process *sleepers[SLEEPERS];
    uint64_t most = 0;
    ism_life life;

    (void)state;
    struct process *living = start_living(&life);
    start_sleepers(life, sleepers, SLEEPERS);
    uint64_t then = ism_process_now();
    process_kill(living);
    for (unsigned i = 0; i < SLEEPERS; i++) {
        uint64_t took = await_sleeper(sleepers[i], then);
        most = took > most ? took : most;
    }
    print_message("%d woken %" PRIu64 " us after a kill\n", SLEEPERS, most / MICROSECOND);
}

static void s2_sleepers_that_are_killed_as_well_keep_nobody_asleep(void **state)
{
    enum { ROUNDS = 4, COUNT = 8 };
    struct process *sleepers[COUNT];

    (void)state;
    for (unsigned round = 0; round < ROUNDS; round++) {
        ism_life life;
        struct process *living = start_living(&life);
        start_sleepers(life, sleepers, COUNT);
        process_kill(living);
        for (unsigned i = 0; i < COUNT; i += 2)
            process_kill(sleepers[i]);
        for (unsigned i = 1; i < COUNT; i += 2)
            (void)await_sleeper(sleepers[i], 0);
        process_free_all();
    }
}

/* ---- threads ---- */

static struct {
    HANDLE has_life, may_end;
    ism_life life;
} of_thread;

static void live_until_told(void *unused)
{
    (void)unused;
    of_thread.life = life_of_this();
    (void)SetEvent(of_thread.has_life);
    (void)WaitForSingleObject(of_thread.may_end, INFINITE);
    thread_end_self();
}

static struct thread *start_living_thread(void)
{
    struct thread *thread = thread_start(live_until_told, NULL);
    assert_non_null(thread);
    assert_int_equal(WaitForSingleObject(of_thread.has_life, PROCESS_LIMIT), WAIT_OBJECT_0);
    return thread;
}

static void end_thread(struct thread *thread)
{
    (void)SetEvent(of_thread.may_end);
    thread_join(thread);
}

static int make_events(void **state)
{
    (void)state;
    of_thread.has_life = CreateEventW(NULL, FALSE, FALSE, NULL);
    of_thread.may_end = CreateEventW(NULL, FALSE, FALSE, NULL);
    return of_thread.has_life != NULL && of_thread.may_end != NULL ? 0 : -1;
}

/* Its process has the mutex open all the while: what was abandoned once, and then had and given back, has ended still. */
static void s2_the_end_of_a_thread_wakes_who_sleeps_and_lasts(void **state)
{
    enum { COUNT = 4 };
    struct process *sleepers[COUNT];

    (void)state;
    struct thread *thread = start_living_thread();
    start_sleepers(of_thread.life, sleepers, COUNT);
    assert_false(has_ended(of_thread.life));
    end_thread(thread);
    for (unsigned i = 0; i < COUNT; i++)
        (void)await_sleeper(sleepers[i], 0);
    for (unsigned i = 0; i < COUNT; i++) {
        assert_true(has_ended(of_thread.life));
        sleep_watching(of_thread.life, VERY_LONG);
    }
}

/* Sleeps that end by time, by a death and by a life that is gone. */
static void e3_who_watched_keeps_nothing_open(void **state)
{
    unsigned before = 0;

    (void)state;
    for (unsigned round = 0; round < 12; round++) {
        ism_life life;
        struct process *living = start_living(&life);
        for (unsigned i = 0; i < 10; i++)
            sleep_watching(life, MILLISECOND);
        process_kill(living);
        while (!has_ended(life))
            sleep_watching(life, VERY_LONG);
        process_free(living);
        sleep_watching(life, VERY_LONG);
        if (round == 1)
            before = process_count().handles;
    }
    assert_in_range(process_count().handles, 1, before);
}

/* ---- what others do ---- */

/* The thread's own mutex could be had at once, again and again. Only a hostile word names its life. */
static void e2_one_who_is_made_to_watch_itself_sleeps(void **state)
{
    (void)state;
    ism_life life = life_of_this();
    uint64_t then = ism_process_now();
    for (unsigned i = 0; i < 5; i++)
        sleep_watching(life, 40 * MILLISECOND);
    assert_true(ism_process_now() - then > 40 * MILLISECOND);
    assert_false(has_ended(life));
}

/* Plant an object under the name of a life, protected so. */
static HANDLE plant(ism_life life, const char *list, bool is_mutex)
{
    char prefix[ISM_USER_PREFIX_MAX + 1], name[ISM_NATIVE_NAME_MAX + 1];
    SECURITY_ATTRIBUTES attributes = {sizeof attributes, NULL, FALSE};
    ism_user_prefix((struct ism_names){false, ISM_SCOPE_SESSION}, prefix);
    (void)snprintf(name, sizeof name, "%slife.%016" PRIx64, prefix, life);
    assert_true(ConvertStringSecurityDescriptorToSecurityDescriptorA(list, SDDL_REVISION_1,
                                                                     &attributes.lpSecurityDescriptor, NULL));
    HANDLE planted = is_mutex ? CreateMutexA(&attributes, TRUE, name) : CreateEventA(&attributes, TRUE, FALSE, name);
    assert_non_null(planted);
    (void)LocalFree(attributes.lpSecurityDescriptor);
    return planted;
}

/* Another user's object has the name of a life of this user's, which has ended then: or it would have the name. */
static void e2_a_name_that_another_user_took_is_no_life(void **state)
{
    const ism_life life = UINT64_C(0x1234567800abcdef);

    (void)state;
    for (int is_mutex = 0; is_mutex < 2; is_mutex++) {
        HANDLE planted = plant(life, "O:BAD:P(A;;GA;;;WD)", is_mutex != 0);
        assert_true(has_ended(life));
        sleep_watching(life, VERY_LONG);
        (void)CloseHandle(planted);
        assert_true(has_ended(life));
    }
}

/* What may not be opened may be a living thread's of another integrity: it is not said to have ended, and who watches it
 * sleeps for a while. */
static void e2_a_name_that_may_not_be_opened_is_slept_beside(void **state)
{
    const ism_life life = UINT64_C(0x1234567800abcdee);

    (void)state;
    HANDLE planted = plant(life, "O:BAD:P", true);
    unsigned before = process_count().handles;
    uint64_t then = ism_process_now();
    for (unsigned i = 0; i < 5; i++)
        sleep_watching(life, 40 * MILLISECOND);
    assert_true(ism_process_now() - then > 40 * MILLISECOND);
    assert_false(has_ended(life));
    assert_in_range(process_count().handles, 1, before);
    (void)CloseHandle(planted);
    assert_true(has_ended(life));
}

int main(int count, char **words)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(s2_who_sleeps_is_woken_by_the_death_of_the_watched, end_all),
        cmocka_unit_test_teardown(s2_all_who_sleep_are_woken_by_a_death, end_all),
        cmocka_unit_test_teardown(s2_sleepers_that_are_killed_as_well_keep_nobody_asleep, end_all),
        cmocka_unit_test_teardown(s2_the_end_of_a_thread_wakes_who_sleeps_and_lasts, end_all),
        cmocka_unit_test_teardown(e3_who_watched_keeps_nothing_open, end_all),
        cmocka_unit_test(e2_one_who_is_made_to_watch_itself_sleeps),
        cmocka_unit_test(e2_a_name_that_another_user_took_is_no_life),
        cmocka_unit_test(e2_a_name_that_may_not_be_opened_is_slept_beside),
    };
    if (count == 3)
        return strcmp(words[1], "live") == 0 ? live() : outlive(strtoull(words[2], NULL, 16));
    return cmocka_run_group_tests_name("life_win32", tests, make_events, NULL);
}
