/* wait_test.c: what the seam says of sleeping on a word, shown for the answers of other systems, whose calls are played
 * here (wait/fake.h). A wake-up that is lost is a test that hangs, until CTest ends it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "atomics.h"
#include "backend.h"
#include "wait/fake.h"

#define VERY_LONG UINT64_C(600000000000) /* longer than the test may take */
#define MILLISECOND UINT64_C(1000000)
#define SLEEPERS 8

/* One word of an object that is mapped twice; children use the other mapping. */
static struct ism_place here, there;

static uint32_t *map(int object)
{
    void *address = mmap(NULL, ism_memory_page(), PROT_READ | PROT_WRITE, MAP_SHARED, object, 0);
    assert_ptr_not_equal(address, MAP_FAILED);
    return address;
}

static int map_word(void **state)
{
    (void)state;
    int object = memfd_create("wait", MFD_CLOEXEC);
    assert_int_not_equal(object, -1);
    assert_int_equal(ftruncate(object, (off_t)ism_memory_page()), 0);
    here.word = map(object);
    there.word = map(object);
    return close(object);
}

static int reset(void **state)
{
    (void)state;
    fake_refuse(0, 0);
    *here.word = 0;
    return 0;
}

static void put(const struct ism_place *place, uint32_t value)
{
    __atomic_store_n(place->word, value, __ATOMIC_RELEASE); /* pairs with the acquire of sleep_until() */
}

/* As core does: who returns for no reason sleeps again. */
static void sleep_until(const struct ism_place *place, uint32_t wanted)
{
    uint32_t seen;
    while ((seen = ism_load_acquire_32(place->word)) != wanted)
        ism_wait_sleep(place, seen, 0, VERY_LONG);
}

/* A child that does it, and ends. */
static pid_t start(void (*act)(void))
{
    pid_t child = fork();
    assert_int_not_equal(child, -1);
    if (child == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        act();
        _exit(0);
    }
    return child;
}

static void reap(pid_t child)
{
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

static void sleep_until_one(void)
{
    sleep_until(&there, 1);
}

enum { ROUNDS = 1000 };

static void answer(void)
{
    for (uint32_t round = 0; round < ROUNDS; round++) {
        sleep_until(&there, 2 * round + 1);
        put(&there, 2 * round + 2);
        (void)ism_wait_wake(&there, false);
    }
}

static void no_wake_up_between_processes_is_lost(void **state)
{
    (void)state;
    pid_t child = start(answer);
    for (uint32_t round = 0; round < ROUNDS; round++) {
        put(&here, 2 * round + 1);
        (void)ism_wait_wake(&here, false);
        sleep_until(&here, 2 * round + 2);
    }
    reap(child);
}

/* Nothing but a wake ends it. */
static void sleep_once(void)
{
    ism_wait_sleep(&there, 0, 0, VERY_LONG);
}

static void await_sleepers(unsigned count)
{
    while (fake_asleep(here.word) < count)
        (void)poll(NULL, 0, 1);
}

static void start_sleepers(pid_t sleepers[SLEEPERS])
{
    for (int i = 0; i < SLEEPERS; i++)
        sleepers[i] = start(sleep_once);
    await_sleepers(SLEEPERS);
}

static void all_who_sleep_are_woken_at_once(void **state)
{
    pid_t sleepers[SLEEPERS];

    (void)state;
    if (!fake_traits.can_sleep)
        return;
    start_sleepers(sleepers);
    assert_true(ism_wait_wake(&here, true));
    for (int i = 0; i < SLEEPERS; i++)
        reap(sleepers[i]);
}

static void who_sleep_are_woken_one_by_one(void **state)
{
    pid_t sleepers[SLEEPERS];

    (void)state;
    if (!fake_traits.can_sleep)
        return;
    start_sleepers(sleepers);
    for (unsigned left = SLEEPERS; left > 0; left--) {
        assert_int_equal(fake_asleep(here.word), left);
        assert_true(ism_wait_wake(&here, false));
    }
    for (int i = 0; i < SLEEPERS; i++)
        reap(sleepers[i]);
}

static void a_wake_tells_that_nobody_slept(void **state)
{
    (void)state;
    assert_int_equal(ism_wait_wake(&here, false), !fake_traits.tells_of_nobody);
    assert_int_equal(ism_wait_wake(&here, true), !fake_traits.tells_of_nobody);
}

static void a_sleep_ends_with_its_time(void **state)
{
    (void)state;
    for (uint64_t length = 0; length < 50 * MILLISECOND; length = 3 * length + 1) {
        unsigned before = fake_sleeps();
        ism_wait_sleep(&here, 0, 0, length);
        assert_in_range(fake_sleeps() - before, 0, 1);
    }
}

static void nobody_sleeps_on_another_value(void **state)
{
    (void)state;
    ism_wait_sleep(&here, 1, 0, VERY_LONG);
    put(&here, UINT32_MAX);
    ism_wait_sleep(&here, 0, 0, VERY_LONG);
    unsigned before = fake_sleeps();
    ism_wait_sleep(&here, UINT32_MAX, 0, MILLISECOND); /* its sign goes nowhere */
    assert_int_equal(fake_sleeps() - before, fake_traits.can_sleep ? 1 : 0);
}

static void a_sleep_ends_with_a_signal(void **state)
{
    (void)state;
    fake_refuse(EINTR, 1);
    ism_wait_sleep(&here, 0, 0, fake_traits.can_sleep ? VERY_LONG : MILLISECOND);
    fake_refuse(ETIMEDOUT, 1);
    ism_wait_sleep(&here, 0, 0, fake_traits.can_sleep ? VERY_LONG : MILLISECOND);
}

/* No wake is needed then; and it is a sleep, with pauses between the looks, not a race. */
static void who_may_not_sleep_looks_from_time_to_time(void **state)
{
    static const int codes[] = {ENOMEM, EINVAL, ENOSYS, EDOM};

    (void)state;
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        fake_refuse(codes[i], UINT_MAX);
        put(&here, 0);
        unsigned before = fake_sleeps();
        uint64_t start_of_sleep = ism_process_now();
        ism_wait_sleep(&here, 0, 0, 5 * MILLISECOND);
        assert_true(ism_process_now() - start_of_sleep >= 5 * MILLISECOND);
        assert_int_equal(fake_sleeps() - before, fake_traits.can_sleep ? 1 : 0);
        pid_t child = start(sleep_until_one);
        put(&here, 1);
        reap(child);
    }
}

static void a_page_that_is_not_in_memory_is_brought_in(void **state)
{
    (void)state;
    if (!fake_traits.leaves_faults)
        return; /* the system does that itself: the error means another thing */
    fake_refuse(EFAULT, 3);
    pid_t child = start(sleep_once);
    await_sleepers(1);
    assert_true(ism_wait_wake(&here, false));
    reap(child);
    fake_refuse(EFAULT, UINT_MAX);
    ism_wait_sleep(&here, 0, 0, MILLISECOND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(no_wake_up_between_processes_is_lost, reset),
        cmocka_unit_test_setup(all_who_sleep_are_woken_at_once, reset),
        cmocka_unit_test_setup(who_sleep_are_woken_one_by_one, reset),
        cmocka_unit_test_setup(a_wake_tells_that_nobody_slept, reset),
        cmocka_unit_test_setup(a_sleep_ends_with_its_time, reset),
        cmocka_unit_test_setup(nobody_sleeps_on_another_value, reset),
        cmocka_unit_test_setup(a_sleep_ends_with_a_signal, reset),
        cmocka_unit_test_setup(who_may_not_sleep_looks_from_time_to_time, reset),
        cmocka_unit_test_setup(a_page_that_is_not_in_memory_is_brought_in, reset),
    };
    return cmocka_run_group_tests_name("wait", tests, map_word, NULL);
}
