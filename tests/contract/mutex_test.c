/* mutex_test.c: one owner at a time, and misuse is told (S1); waits end only for a reason (S9). */
#include "locks.h"

/* ---- S1 ---- */

static void s1_zero_bytes_are_a_free_lock(void **state)
{
    (void)state;
    assert_int_equal(sizeof(ism_mutex), 16);
    create(NAME("x"));
    assert_status(ism_mutex_lock(&shared->mutex), ISM_OK);
    assert_status(ism_mutex_unlock(&shared->mutex), ISM_OK);
    assert_status(ism_mutex_try_lock(&shared->mutex), ISM_OK);
    assert_status(ism_mutex_unlock(&shared->mutex), ISM_OK);
    assert_status(lock_soon(&shared->mutex), ISM_OK);
    assert_status(ism_mutex_unlock(&shared->mutex), ISM_OK);
    assert_status(ism_mutex_lock_until(&shared->mutex, ISM_FOREVER), ISM_OK);
    assert_status(ism_mutex_unlock(&shared->mutex), ISM_OK);
    close_region();
}

static void s1_a_free_lock_is_taken_even_after_the_deadline(void **state)
{
    (void)state;
    create(NAME("x"));
    ism_deadline passed = ism_deadline_after(0);
    assert_true(passed != ISM_FOREVER);
    assert_status(ism_mutex_lock_until(&shared->mutex, passed), ISM_OK);
    assert_status(ism_mutex_unlock(&shared->mutex), ISM_OK);
    close_region();
}

static void s1_locking_again_is_an_error_and_changes_nothing(void **state)
{
    (void)state;
    create(NAME("x"));
    struct process *peer = peer_with(NAME("x"));
    assert_status(ism_mutex_lock(&shared->mutex), ISM_OK);
    assert_status(ism_mutex_lock(&shared->mutex), ISM_E_DEADLOCK);
    assert_status(ism_mutex_try_lock(&shared->mutex), ISM_E_DEADLOCK);
    assert_status(lock_soon(&shared->mutex), ISM_E_DEADLOCK);
    assert_status(ism_mutex_lock_until(&shared->mutex, ism_deadline_after(0)), ISM_E_DEADLOCK);
    assert_answer(ask(peer, "try 0"), "ISM_E_BUSY");
    assert_status(ism_mutex_unlock(&shared->mutex), ISM_OK);
    assert_answer(ask(peer, "try 0"), "ISM_OK");
    assert_answer(ask(peer, "unlock 0"), "ISM_OK");
    dismiss(peer);
    close_region();
}

struct attempt {
    ism_mutex *mutex;
    ism_status locked, unlocked, consistent;
};

static void attempt_another_threads(void *context)
{
    struct attempt *attempt = context;
    attempt->locked = ism_mutex_try_lock(attempt->mutex);
    attempt->unlocked = ism_mutex_unlock(attempt->mutex);
    attempt->consistent = ism_mutex_consistent(attempt->mutex);
}

static void s1_only_the_owner_unlocks(void **state)
{
    (void)state;
    create(NAME("x"));
    struct process *peer = peer_with(NAME("x"));
    struct attempt attempt = {.mutex = &shared->mutex};
    assert_status(ism_mutex_unlock(&shared->mutex), ISM_E_NOT_OWNER);
    assert_status(ism_mutex_consistent(&shared->mutex), ISM_E_NOT_OWNER);
    assert_status(ism_mutex_lock(&shared->mutex), ISM_OK);
    assert_answer(ask(peer, "unlock 0"), "ISM_E_NOT_OWNER");
    assert_answer(ask(peer, "consistent 0"), "ISM_E_NOT_OWNER");
    struct thread *thread = thread_start(attempt_another_threads, &attempt);
    assert_non_null(thread);
    thread_join(thread);
    assert_status(attempt.locked, ISM_E_BUSY);
    assert_status(attempt.unlocked, ISM_E_NOT_OWNER);
    assert_status(attempt.consistent, ISM_E_NOT_OWNER);
    assert_status(ism_mutex_consistent(&shared->mutex), ISM_E_INVALID);
    assert_status(ism_mutex_unlock(&shared->mutex), ISM_OK);
    assert_status(ism_mutex_unlock(&shared->mutex), ISM_E_NOT_OWNER);
    dismiss(peer);
    close_region();
}

static void s1_a_lock_is_the_same_through_every_mapping(void **state)
{
    ism_region *again;

    (void)state;
    create(NAME("x"));
    assert_status(ism_region_open(NAME("x"), NULL, &again), ISM_OK);
    ism_mutex *same = &((struct shared *)ism_region_data(again))->mutex;
    assert_status(ism_mutex_lock(&shared->mutex), ISM_OK);
    assert_status(ism_mutex_try_lock(same), ISM_E_DEADLOCK);
    assert_status(ism_mutex_unlock(same), ISM_OK);
    assert_status(ism_mutex_try_lock(&shared->mutex), ISM_OK);
    assert_status(ism_mutex_unlock(&shared->mutex), ISM_OK);
    assert_status(ism_region_close(again), ISM_OK);
    close_region();
}

static void s1_locks_are_independent_wherever_they_lie(void **state)
{
    enum { LOCKS = SIZE / sizeof(ism_mutex) };
    (void)state;
    create(NAME("x"));
    struct process *peer = peer_with(NAME("x"));
    ism_mutex *locks = ism_region_data(region);
    for (int i = 0; i < LOCKS; i += 2)
        assert_status(ism_mutex_lock(&locks[i]), ISM_OK);
    assert_answer(ask(peer, "try 0"), "ISM_E_BUSY");
    assert_answer(ask(peer, "try 16"), "ISM_OK");
    assert_answer(ask(peer, "try %u", SIZE - 32), "ISM_E_BUSY");
    assert_answer(ask(peer, "try %u", SIZE - 16), "ISM_OK");
    for (int i = 0; i < LOCKS; i += 2)
        assert_status(ism_mutex_unlock(&locks[i]), ISM_OK);
    assert_answer(ask(peer, "try 0"), "ISM_OK");
    dismiss(peer);
    close_region();
}

static void s1_another_process_gets_the_lock_when_it_is_free(void **state)
{
    (void)state;
    create(NAME("x"));
    struct process *peer = peer_with(NAME("x"));
    assert_status(ism_mutex_lock(&shared->mutex), ISM_OK);
    assert_answer(ask(peer, "try 0"), "ISM_E_BUSY");
    ism_mutex as_owned = shared->mutex;
    tell(peer, "lock 0");
    await_waiter(&shared->mutex, &as_owned);
    assert_status(ism_mutex_unlock(&shared->mutex), ISM_OK);
    assert_answer(answer(peer), "ISM_OK");
    assert_status(ism_mutex_try_lock(&shared->mutex), ISM_E_BUSY);
    assert_answer(ask(peer, "unlock 0"), "ISM_OK");
    assert_status(ism_mutex_lock(&shared->mutex), ISM_OK);
    assert_status(ism_mutex_unlock(&shared->mutex), ISM_OK);
    dismiss(peer);
    close_region();
}

static void s1_who_waits_gets_the_lock_or_is_told_that_the_deadline_passed(void **state)
{
    (void)state;
    create(NAME("x"));
    struct process *peer = peer_with(NAME("x"));
    assert_status(ism_mutex_lock(&shared->mutex), ISM_OK);
    assert_answer(ask(peer, "lock_within 0 0"), "ISM_E_TIMED_OUT");
    assert_answer(ask(peer, "lock_within 0 40"), "ISM_E_TIMED_OUT");
    tell(peer, "lock_within 0 15000");
    assert_status(ism_mutex_unlock(&shared->mutex), ISM_OK);
    assert_answer(answer(peer), "ISM_OK");
    assert_answer(ask(peer, "unlock 0"), "ISM_OK");
    dismiss(peer);
    close_region();
}

static void s1_one_owner_at_a_time(void **state)
{
    enum { PEERS = 4, TIMES = 20000, TIMES_ON_WINE = 1000 };
    struct process *peers[PEERS];
    unsigned times = backend_is("win32") ? TIMES_ON_WINE : TIMES;

    (void)state;
    create(NAME("x"));
    for (int i = 0; i < PEERS; i++)
        peers[i] = peer_with(NAME("x"));
    for (int i = 0; i < PEERS; i++)
        tell(peers[i], "count 0 64 %u", times);
    for (int i = 0; i < PEERS; i++)
        assert_answer(answer(peers[i]), "ISM_OK");
    assert_int_equal(shared->word, PEERS * times);
    for (int i = 0; i < PEERS; i++)
        dismiss(peers[i]);
    close_region();
}

struct counter {
    unsigned times;
    ism_status status;
};

static void count_in_thread(void *context)
{
    struct counter *counter = context;
    for (unsigned i = 0; i < counter->times; i++) {
        ism_status status = lock_soon(&shared->mutex);
        shared->word = shared->word + 1;
        if (status == ISM_OK)
            status = ism_mutex_unlock(&shared->mutex);
        if (status != ISM_OK)
            counter->status = status;
    }
}

static void s1_threads_exclude_each_other_too(void **state)
{
    enum { THREADS = 4 };
    struct counter counters[THREADS];
    struct thread *threads[THREADS];
    unsigned times = backend_is("win32") ? 500 : 10000;

    (void)state;
    create(NAME("x"));
    for (int i = 0; i < THREADS; i++) {
        counters[i] = (struct counter){times, ISM_OK};
        threads[i] = thread_start(count_in_thread, &counters[i]);
        assert_non_null(threads[i]);
    }
    for (int i = 0; i < THREADS; i++)
        thread_join(threads[i]);
    for (int i = 0; i < THREADS; i++)
        assert_status(counters[i].status, ISM_OK);
    assert_int_equal(shared->word, THREADS * times);
    close_region();
}

static void all_calls_say(ism_mutex *mutex, ism_status expected)
{
    assert_status(ism_mutex_lock(mutex), expected);
    assert_status(ism_mutex_try_lock(mutex), expected);
    assert_status(lock_soon(mutex), expected);
    assert_status(ism_mutex_unlock(mutex), expected);
    assert_status(ism_mutex_consistent(mutex), expected);
}

static void s1_what_is_no_lock_is_refused(void **state)
{
    static ism_mutex in_static_memory;
    ism_mutex on_the_stack;

    (void)state;
    memset(&on_the_stack, 0, sizeof on_the_stack);
    create(NAME("x"));
    unsigned char *bytes = ism_region_data(region);
    all_calls_say(NULL, ISM_E_INVALID);
    all_calls_say(&on_the_stack, ISM_E_INVALID);
    all_calls_say(&in_static_memory, ISM_E_INVALID);
    all_calls_say((ism_mutex *)(void *)(bytes - 16), ISM_E_INVALID);
    for (unsigned misaligned = 1; misaligned < 8; misaligned++)
        all_calls_say((ism_mutex *)(uintptr_t)((uintptr_t)bytes + misaligned), ISM_E_INVALID);
    all_calls_say((ism_mutex *)(void *)(bytes + SIZE - 8), ISM_E_INVALID);
    all_calls_say((ism_mutex *)(void *)(bytes + SIZE), ISM_E_INVALID);
    close_region();
    all_calls_say((ism_mutex *)(void *)bytes, ISM_E_INVALID);
}

/* A thread keeps in mind where it locked last; that must not outlive the region. */
struct comings_and_goings {
    volatile int turn; /* even: the main thread's, odd: the other's */
    ism_status statuses[8];
};

static void await_turn(const struct comings_and_goings *common, int turn)
{
    while (common->turn != turn)
        process_pause();
}

static void lock_in_turns(void *context)
{
    struct comings_and_goings *common = context;
    for (int turn = 1; turn < 8; turn += 2) {
        await_turn(common, turn);
        common->statuses[turn - 1] = ism_mutex_lock(&shared->mutex);
        common->statuses[turn] = ism_mutex_unlock(&shared->mutex);
        common->turn = turn + 1;
    }
}

static void s1_a_region_in_the_place_of_a_closed_one_has_locks_of_its_own(void **state)
{
    struct comings_and_goings common = {0, {ISM_OK}};

    (void)state;
    struct thread *thread = thread_start(lock_in_turns, &common);
    assert_non_null(thread);
    for (int turn = 0; turn < 8; turn += 2) {
        create(turn % 4 == 0 ? NAME("x") : NAME("y"));
        common.turn = turn + 1;
        await_turn(&common, turn + 2);
        close_region();
    }
    thread_join(thread);
    for (int i = 0; i < 8; i++)
        assert_status(common.statuses[i], ISM_OK);
}

static void s1_a_lock_in_a_read_only_region_is_refused(void **state)
{
    ism_region_options options = {.flags = ISM_REGION_READ_ONLY};
    ism_region *reader;

    (void)state;
    create(NAME("x"));
    assert_status(ism_region_open(NAME("x"), &options, &reader), ISM_OK);
    ism_mutex *mutex = ism_region_data(reader);
    assert_status(ism_mutex_lock(mutex), ISM_E_READ_ONLY);
    assert_status(ism_mutex_try_lock(mutex), ISM_E_READ_ONLY);
    assert_status(lock_soon(mutex), ISM_E_READ_ONLY);
    assert_status(ism_mutex_lock(&shared->mutex), ISM_OK);
    assert_status(ism_mutex_unlock(&shared->mutex), ISM_OK);
    assert_status(ism_region_close(reader), ISM_OK);
    close_region();
}

static void s1_a_lock_works_on_in_a_removed_region(void **state)
{
    (void)state;
    create(NAME("x"));
    struct process *peer = peer_with(NAME("x"));
    assert_status(ism_region_remove(NAME("x")), ISM_OK);
    assert_answer(ask(peer, "lock 0"), "ISM_OK");
    ism_mutex as_owned = shared->mutex;
    struct process *stranger = peer_obeying();
    assert_answer(ask(stranger, "create %s size=%u", NAME("x"), SIZE), "ISM_OK");
    assert_answer(ask(stranger, "try 0"), "ISM_OK");
    assert_memory_equal(&shared->mutex, &as_owned, sizeof as_owned);
    assert_status(ism_mutex_try_lock(&shared->mutex), ISM_E_BUSY);
    kill_and_wait(peer);
    assert_status(lock_soon(&shared->mutex), ISM_OWNER_DIED);
    assert_status(ism_mutex_consistent(&shared->mutex), ISM_OK);
    assert_status(ism_mutex_unlock(&shared->mutex), ISM_OK);
    assert_answer(ask(stranger, "unlock 0"), "ISM_OK");
    dismiss(stranger);
    close_region();
}

/* ---- S9 ---- */

/* The waiter sees what was written right before the lock was given back. */
static void s9_a_signal_does_not_end_a_wait(void **state)
{
    (void)state;
    create(NAME("x"));
    struct process *waiter = peer_with(NAME("x"));
    assert_answer(ask(waiter, "accept_interruptions"), "yes");
    assert_status(ism_mutex_lock(&shared->mutex), ISM_OK);
    ism_mutex as_owned = shared->mutex;
    tell(waiter, "lock 0");
    await_waiter(&shared->mutex, &as_owned);
    for (int i = 0; i < 50; i++) {
        process_interrupt(waiter);
        process_pause();
    }
    assert_status(ism_mutex_unlock(&shared->mutex), ISM_OK);
    assert_answer(answer(waiter), "ISM_OK");
    assert_status(ism_mutex_try_lock(&shared->mutex), ISM_E_BUSY);
    assert_answer(ask(waiter, "unlock 0"), "ISM_OK");
    dismiss(waiter);
    close_region();
}

static void s9_deadlines_are_monotonic_and_reach_far(void **state)
{
    (void)state;
    ism_deadline now = ism_deadline_after(0), later = ism_deadline_after(1);
    assert_true(now != ISM_FOREVER && later >= now);
    assert_true(ism_deadline_after(3600 * ISM_SECOND) >= now + 3600 * ISM_SECOND);
    assert_true(ism_deadline_after(UINT64_MAX) > ism_deadline_after(3600 * ISM_SECOND));
    assert_true(ism_deadline_after(UINT64_MAX - 1) > now);
    create(NAME("x"));
    assert_status(ism_mutex_lock_until(&shared->mutex, ism_deadline_after(UINT64_MAX)), ISM_OK);
    assert_status(ism_mutex_unlock(&shared->mutex), ISM_OK);
    close_region();
}

/* A waiter whose deadline is the clock's last moment waits, and does not fail. */
static void s9_a_wait_until_the_last_moment_waits(void **state)
{
    (void)state;
    create(NAME("x"));
    struct process *waiter = peer_with(NAME("x"));
    assert_status(ism_mutex_lock(&shared->mutex), ISM_OK);
    ism_mutex as_owned = shared->mutex;
    tell(waiter, "lock_within 0 18446744073709");
    await_waiter(&shared->mutex, &as_owned);
    assert_status(ism_mutex_unlock(&shared->mutex), ISM_OK);
    assert_answer(answer(waiter), "ISM_OK");
    assert_answer(ask(waiter, "unlock 0"), "ISM_OK");
    dismiss(waiter);
    close_region();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        promise(s1_zero_bytes_are_a_free_lock),
        promise(s1_a_free_lock_is_taken_even_after_the_deadline),
        promise(s1_locking_again_is_an_error_and_changes_nothing),
        promise(s1_only_the_owner_unlocks),
        promise(s1_a_lock_is_the_same_through_every_mapping),
        promise(s1_locks_are_independent_wherever_they_lie),
        promise(s1_another_process_gets_the_lock_when_it_is_free),
        promise(s1_who_waits_gets_the_lock_or_is_told_that_the_deadline_passed),
        promise(s1_one_owner_at_a_time),
        promise(s1_threads_exclude_each_other_too),
        promise(s1_what_is_no_lock_is_refused),
        promise(s1_a_region_in_the_place_of_a_closed_one_has_locks_of_its_own),
        promise(s1_a_lock_in_a_read_only_region_is_refused),
        promise(s1_a_lock_works_on_in_a_removed_region),
        promise(s9_a_signal_does_not_end_a_wait),
        promise(s9_deadlines_are_monotonic_and_reach_far),
        promise(s9_a_wait_until_the_last_moment_waits),
    };
    return cmocka_run_group_tests_name("mutex", tests, NULL, NULL);
}
