/* mutex_test.c: the lock keeps its promises: one owner at a time, misuse told (S1), the death of an owner told
 * to the next, wherever and however it dies (S2), waits that end only for a reason (S9).
 *
 * A region's first 64 bytes hold locks, the rest is data. Peers say what happened in the order of their
 * pipes; no test depends on how long anything takes. */
#include "suite.h"

#include <stdlib.h>

#define SIZE 65536u
#define SOON (20 * ISM_SECOND) /* a deadline that only a hanging library meets */

struct shared {
    ism_mutex mutex;
    ism_mutex other;
    uint8_t reserved[32];
    volatile uint64_t word;
};

static ism_region *region;
static struct shared *shared;

static void create(const char *name)
{
    ism_region_options options = {.size = SIZE};
    assert_status(ism_region_create(name, &options, &region), ISM_OK);
    shared = ism_region_data(region);
}

static void close_region(void)
{
    assert_status(ism_region_close(region), ISM_OK);
    region = NULL;
}

static struct process *peer_with(const char *name)
{
    struct process *peer = peer_obeying();
    assert_answer(ask(peer, "open %s", name), "ISM_OK");
    return peer;
}

static ism_status lock_soon(ism_mutex *mutex)
{
    return ism_mutex_lock_until(mutex, ism_deadline_after(SOON));
}

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

/* ---- S2 ---- */

/* After the death of an owner: the calling thread is told, mends, and the lock is as new. */
static void recover_and_use(struct process *peer)
{
    assert_status(ism_mutex_consistent(&shared->mutex), ISM_OK);
    assert_status(ism_mutex_consistent(&shared->mutex), ISM_E_INVALID);
    assert_answer(ask(peer, "try 0"), "ISM_E_BUSY");
    assert_status(ism_mutex_unlock(&shared->mutex), ISM_OK);
    assert_answer(ask(peer, "lock 0"), "ISM_OK");
    assert_answer(ask(peer, "unlock 0"), "ISM_OK");
    assert_status(ism_mutex_lock(&shared->mutex), ISM_OK);
    assert_status(ism_mutex_unlock(&shared->mutex), ISM_OK);
}

static void s2_owner_death_is_told_to_the_next_locker(void **state)
{
    (void)state;
    create(NAME("x"));
    struct process *peer = peer_with(NAME("x"));
    for (int way = 0; way < 3; way++) {
        struct process *owner = peer_with(NAME("x"));
        assert_answer(ask(owner, "lock 0"), "ISM_OK");
        kill_and_wait(owner);
        if (way == 0)
            assert_status(ism_mutex_lock(&shared->mutex), ISM_OWNER_DIED);
        if (way == 1)
            assert_status(ism_mutex_try_lock(&shared->mutex), ISM_OWNER_DIED);
        if (way == 2)
            assert_status(ism_mutex_lock_until(&shared->mutex, ism_deadline_after(0)),
                          ISM_OWNER_DIED);
        recover_and_use(peer);
        process_free(owner);
    }
    dismiss(peer);
    close_region();
}

static void s2_owner_death_is_told_to_one_who_waits(void **state)
{
    (void)state;
    create(NAME("x"));
    struct process *owner = peer_with(NAME("x")), *waiter = peer_with(NAME("x"));
    assert_answer(ask(owner, "lock 0"), "ISM_OK");
    ism_mutex as_owned = shared->mutex;
    tell(waiter, "lock 0");
    await_waiter(&shared->mutex, &as_owned);
    kill_and_wait(owner);
    assert_answer(answer(waiter), "ISM_OWNER_DIED");
    assert_answer(ask(waiter, "consistent 0"), "ISM_OK");
    assert_answer(ask(waiter, "unlock 0"), "ISM_OK");
    assert_status(ism_mutex_lock(&shared->mutex), ISM_OK);
    assert_status(ism_mutex_unlock(&shared->mutex), ISM_OK);
    dismiss(waiter);
    close_region();
}

static void s2_of_several_who_wait_one_is_told_and_the_others_get_a_whole_lock(void **state)
{
    enum { WAITERS = 4 };
    struct process *waiters[WAITERS];
    int told = 0;

    (void)state;
    create(NAME("x"));
    struct process *owner = peer_with(NAME("x"));
    assert_answer(ask(owner, "lock 0"), "ISM_OK");
    ism_mutex as_owned = shared->mutex;
    for (int i = 0; i < WAITERS; i++) {
        waiters[i] = peer_with(NAME("x"));
        tell(waiters[i], "locked_round 0");
    }
    await_waiter(&shared->mutex, &as_owned);
    kill_and_wait(owner);
    for (int i = 0; i < WAITERS; i++) {
        const char *status = answer(waiters[i]);
        told += strcmp(status, "ISM_OWNER_DIED") == 0;
        if (strcmp(status, "ISM_OWNER_DIED") != 0)
            assert_answer(status, "ISM_OK");
    }
    assert_int_equal(told, 1);
    for (int i = 0; i < WAITERS; i++)
        dismiss(waiters[i]);
    close_region();
}

static void s2_the_death_of_an_owning_thread_is_told(void **state)
{
    (void)state;
    create(NAME("x"));
    struct process *peer = peer_with(NAME("x"));
    assert_answer(ask(peer, "lock_in_thread 0"), "ISM_OK");
    assert_status(ism_mutex_lock(&shared->mutex), ISM_OWNER_DIED);
    recover_and_use(peer);
    assert_answer(ask(peer, "lock_in_thread 0"), "ISM_OK");
    assert_answer(ask(peer, "lock 0"), "ISM_OWNER_DIED");
    assert_answer(ask(peer, "consistent 0"), "ISM_OK");
    assert_answer(ask(peer, "unlock 0"), "ISM_OK");
    assert_answer(ask(peer, "close"), "ISM_OK");
    dismiss(peer);
    close_region();
}

static void s2_exit_while_owning_is_a_death(void **state)
{
    (void)state;
    create(NAME("x"));
    struct process *owner = peer_with(NAME("x")), *peer = peer_with(NAME("x"));
    assert_answer(ask(owner, "lock 0"), "ISM_OK");
    tell(owner, "exit");
    assert_int_equal(process_wait(owner), 0);
    assert_status(ism_mutex_lock(&shared->mutex), ISM_OWNER_DIED);
    recover_and_use(peer);
    dismiss(peer);
    close_region();
}

static void s2_an_exec_while_owning_is_a_death(void **state)
{
    (void)state;
    create(NAME("x"));
    struct process *owner = peer_with(NAME("x")), *peer = peer_with(NAME("x"));
    assert_answer(ask(owner, "lock 0"), "ISM_OK");
    if (strcmp(ask(owner, "exec"), "exec") != 0) {
        dismiss(peer);
        process_free(owner);
        close_region();
        skip_because("this system has no exec");
    }
    assert_status(ism_mutex_lock(&shared->mutex), ISM_OWNER_DIED);
    recover_and_use(peer);
    dismiss(owner);
    dismiss(peer);
    close_region();
}

static void s2_a_stopped_owner_is_alive(void **state)
{
    (void)state;
    create(NAME("x"));
    struct process *owner = peer_with(NAME("x"));
    assert_answer(ask(owner, "lock 0"), "ISM_OK");
    process_suspend(owner);
    assert_status(ism_mutex_try_lock(&shared->mutex), ISM_E_BUSY);
    assert_status(ism_mutex_lock_until(&shared->mutex, ism_deadline_after(50 * ISM_MILLISECOND)),
                  ISM_E_TIMED_OUT);
    process_resume(owner);
    assert_answer(ask(owner, "unlock 0"), "ISM_OK");
    assert_status(ism_mutex_lock(&shared->mutex), ISM_OK);
    assert_status(ism_mutex_unlock(&shared->mutex), ISM_OK);
    dismiss(owner);
    close_region();
}

static void s2_killed_while_stopped_is_dead(void **state)
{
    (void)state;
    create(NAME("x"));
    struct process *owner = peer_with(NAME("x")), *peer = peer_with(NAME("x"));
    assert_answer(ask(owner, "lock 0"), "ISM_OK");
    process_suspend(owner);
    kill_and_wait(owner);
    assert_status(ism_mutex_lock(&shared->mutex), ISM_OWNER_DIED);
    recover_and_use(peer);
    dismiss(peer);
    close_region();
}

static void s2_unlock_without_consistent_gives_the_lock_up_for_all(void **state)
{
    (void)state;
    create(NAME("x"));
    struct process *owner = peer_with(NAME("x")), *peer = peer_with(NAME("x"));
    assert_answer(ask(owner, "lock 0"), "ISM_OK");
    kill_and_wait(owner);
    assert_status(ism_mutex_lock(&shared->mutex), ISM_OWNER_DIED);
    ism_mutex as_owned = shared->mutex;
    tell(peer, "lock 0");
    await_waiter(&shared->mutex, &as_owned);
    assert_status(ism_mutex_unlock(&shared->mutex), ISM_OK);
    assert_answer(answer(peer), "ISM_E_UNRECOVERABLE");
    assert_answer(ask(peer, "try 0"), "ISM_E_UNRECOVERABLE");
    assert_answer(ask(peer, "lock_within 0 10"), "ISM_E_UNRECOVERABLE");
    assert_answer(ask(peer, "unlock 0"), "ISM_E_NOT_OWNER");
    assert_status(ism_mutex_lock(&shared->mutex), ISM_E_UNRECOVERABLE);
    assert_status(ism_mutex_consistent(&shared->mutex), ISM_E_NOT_OWNER);
    struct process *late = peer_with(NAME("x"));
    assert_answer(ask(late, "lock 0"), "ISM_E_UNRECOVERABLE");
    assert_answer(ask(late, "lock 16"), "ISM_OK");
    assert_answer(ask(late, "unlock 16"), "ISM_OK");
    dismiss(late);
    dismiss(peer);
    close_region();
}

static void s2_all_who_wait_are_told_that_it_was_given_up(void **state)
{
    enum { WAITERS = 4 };
    struct process *waiters[WAITERS];

    (void)state;
    create(NAME("x"));
    struct process *owner = peer_with(NAME("x"));
    assert_answer(ask(owner, "lock 0"), "ISM_OK");
    kill_and_wait(owner);
    assert_status(ism_mutex_lock(&shared->mutex), ISM_OWNER_DIED);
    ism_mutex as_owned = shared->mutex;
    for (int i = 0; i < WAITERS; i++) {
        waiters[i] = peer_with(NAME("x"));
        tell(waiters[i], "lock 0");
    }
    await_waiter(&shared->mutex, &as_owned);
    assert_status(ism_mutex_unlock(&shared->mutex), ISM_OK);
    for (int i = 0; i < WAITERS; i++)
        assert_answer(answer(waiters[i]), "ISM_E_UNRECOVERABLE");
    for (int i = 0; i < WAITERS; i++)
        dismiss(waiters[i]);
    close_region();
}

static void s2_one_who_dies_while_mending_is_an_owner_who_died(void **state)
{
    (void)state;
    create(NAME("x"));
    struct process *peer = peer_with(NAME("x"));
    for (int i = 0; i < 3; i++) {
        struct process *owner = peer_with(NAME("x"));
        assert_answer(ask(owner, "lock 0"), i == 0 ? "ISM_OK" : "ISM_OWNER_DIED");
        kill_and_wait(owner);
    }
    assert_status(ism_mutex_lock(&shared->mutex), ISM_OWNER_DIED);
    recover_and_use(peer);
    dismiss(peer);
    close_region();
}

static void s2_one_who_dies_after_mending_died_too(void **state)
{
    (void)state;
    create(NAME("x"));
    struct process *first = peer_with(NAME("x")), *second = peer_with(NAME("x"));
    assert_answer(ask(first, "lock 0"), "ISM_OK");
    kill_and_wait(first);
    assert_answer(ask(second, "lock 0"), "ISM_OWNER_DIED");
    assert_answer(ask(second, "consistent 0"), "ISM_OK");
    kill_and_wait(second);
    struct process *peer = peer_with(NAME("x"));
    assert_status(ism_mutex_lock(&shared->mutex), ISM_OWNER_DIED);
    recover_and_use(peer);
    dismiss(peer);
    close_region();
}

static void s2_a_lock_given_back_before_death_is_whole(void **state)
{
    (void)state;
    create(NAME("x"));
    struct process *owner = peer_with(NAME("x"));
    assert_answer(ask(owner, "lock 0"), "ISM_OK");
    assert_answer(ask(owner, "lock 16"), "ISM_OK");
    assert_answer(ask(owner, "unlock 0"), "ISM_OK");
    kill_and_wait(owner);
    assert_status(ism_mutex_lock(&shared->mutex), ISM_OK);
    assert_status(ism_mutex_unlock(&shared->mutex), ISM_OK);
    assert_status(ism_mutex_lock(&shared->other), ISM_OWNER_DIED);
    assert_status(ism_mutex_consistent(&shared->other), ISM_OK);
    assert_status(ism_mutex_unlock(&shared->other), ISM_OK);
    close_region();
}

/* The kernel's own robust list ends at 2048. */
static void s2_every_lock_of_a_dead_owner_is_told(void **state)
{
    enum { LOCKS = 4000 };
    (void)state;
    create(NAME("x"));
    struct process *owner = peer_with(NAME("x"));
    ism_mutex *locks = ism_region_data(region);
    assert_answer(ask(owner, "lock_many 0 %d", LOCKS), "ISM_OK");
    kill_and_wait(owner);
    for (int i = 0; i < LOCKS; i++) {
        assert_status(ism_mutex_try_lock(&locks[i]), ISM_OWNER_DIED);
        assert_status(ism_mutex_consistent(&locks[i]), ISM_OK);
        assert_status(ism_mutex_unlock(&locks[i]), ISM_OK);
    }
    assert_status(ism_mutex_try_lock(&locks[LOCKS]), ISM_OK);
    assert_status(ism_mutex_unlock(&locks[LOCKS]), ISM_OK);
    close_region();
}

/* Those who wait are killed while they do; whoever is left gets the lock. */
static void s2_a_killed_waiter_keeps_nobody_from_the_lock(void **state)
{
    enum { ROUNDS = 10 };
    (void)state;
    create(NAME("x"));
    struct process *survivor = peer_with(NAME("x"));
    for (int round = 0; round < ROUNDS; round++) {
        struct process *victim = peer_with(NAME("x"));
        memset(&shared->mutex, 0, sizeof shared->mutex);
        assert_status(ism_mutex_lock(&shared->mutex), ISM_OK);
        ism_mutex as_owned = shared->mutex;
        tell(victim, "lock 0");
        await_waiter(&shared->mutex, &as_owned);
        tell(survivor, "lock_within 0 15000");
        if (round % 2 == 0)
            process_kill(victim);
        assert_status(ism_mutex_unlock(&shared->mutex), ISM_OK);
        process_kill(victim);
        const char *status = answer(survivor);
        if (strcmp(status, "ISM_OWNER_DIED") == 0)
            assert_answer(ask(survivor, "consistent 0"), "ISM_OK");
        else
            assert_answer(status, "ISM_OK");
        assert_answer(ask(survivor, "unlock 0"), "ISM_OK");
        process_free(victim);
    }
    dismiss(survivor);
    close_region();
}

/* Slots and ids are used again; the dead must not be taken for the living that follow them. */
static void s2_a_dead_owner_is_not_taken_for_a_later_process(void **state)
{
    enum { FOLLOWERS = 10 };
    struct process *followers[FOLLOWERS];

    (void)state;
    create(NAME("x"));
    struct process *owner = peer_with(NAME("x"));
    assert_answer(ask(owner, "lock 0"), "ISM_OK");
    kill_and_wait(owner);
    process_free(owner);
    for (int i = 0; i < FOLLOWERS; i++) {
        followers[i] = peer_with(NAME("x"));
        assert_answer(ask(followers[i], "lock %d", 64 + 16 * i), "ISM_OK");
    }
    assert_answer(ask(followers[3], "unlock 0"), "ISM_E_NOT_OWNER");
    assert_answer(ask(followers[4], "try 0"), "ISM_OWNER_DIED");
    assert_answer(ask(followers[4], "consistent 0"), "ISM_OK");
    assert_answer(ask(followers[4], "unlock 0"), "ISM_OK");
    for (int i = 0; i < FOLLOWERS; i++)
        assert_answer(ask(followers[i], "unlock %d", 64 + 16 * i), "ISM_OK");
    for (int i = 0; i < FOLLOWERS; i++)
        dismiss(followers[i]);
    close_region();
}

static void s2_a_forked_child_owns_nothing_and_its_parents_death_is_told(void **state)
{
    (void)state;
    create(NAME("x"));
    struct process *parent = peer_with(NAME("x"));
    assert_answer(ask(parent, "lock 0"), "ISM_OK");
    if (strcmp(ask(parent, "fork"), "no") == 0) {
        process_free(parent);
        close_region();
        skip_because("this system has no fork");
    }
    assert_answer(ask(parent, "unlock 0"), "ISM_E_NOT_OWNER");
    assert_answer(ask(parent, "try 0"), "ISM_E_BUSY");
    assert_answer(ask(parent, "lock_within 0 20"), "ISM_E_TIMED_OUT");
    assert_answer(ask(parent, "lock 16"), "ISM_OK");
    assert_status(ism_mutex_try_lock(&shared->mutex), ISM_E_BUSY);
    kill_and_wait(parent);
    assert_status(ism_mutex_try_lock(&shared->other), ISM_E_BUSY);
    assert_answer(ask(parent, "lock 0"), "ISM_OWNER_DIED");
    assert_answer(ask(parent, "consistent 0"), "ISM_OK");
    assert_answer(ask(parent, "unlock 0"), "ISM_OK");
    assert_answer(ask(parent, "unlock 16"), "ISM_OK");
    process_end_input(parent);
    assert_true(process_output_ended(parent));
    close_region();
}

static void s2_a_forked_childs_death_does_not_end_its_parent(void **state)
{
    (void)state;
    create(NAME("x"));
    struct process *parent = peer_with(NAME("x"));
    assert_answer(ask(parent, "lock 0"), "ISM_OK");
    if (strcmp(ask(parent, "fork"), "no") == 0) {
        process_free(parent);
        close_region();
        skip_because("this system has no fork");
    }
    assert_answer(ask(parent, "lock 16"), "ISM_OK");
    assert_answer(ask(parent, "exit"), "parent");
    assert_status(ism_mutex_try_lock(&shared->mutex), ISM_E_BUSY);
    assert_status(ism_mutex_try_lock(&shared->other), ISM_OWNER_DIED);
    assert_status(ism_mutex_consistent(&shared->other), ISM_OK);
    assert_status(ism_mutex_unlock(&shared->other), ISM_OK);
    assert_answer(ask(parent, "unlock 0"), "ISM_OK");
    dismiss(parent);
    close_region();
}

static void s2_a_forked_child_may_close_what_its_parent_has_locked(void **state)
{
    (void)state;
    create(NAME("x"));
    struct process *parent = peer_with(NAME("x"));
    assert_answer(ask(parent, "lock 0"), "ISM_OK");
    if (strcmp(ask(parent, "fork"), "no") == 0) {
        process_free(parent);
        close_region();
        skip_because("this system has no fork");
    }
    assert_answer(ask(parent, "close"), "ISM_OK");
    assert_answer(ask(parent, "exit"), "parent");
    assert_answer(ask(parent, "close"), "ISM_E_BUSY");
    assert_answer(ask(parent, "unlock 0"), "ISM_OK");
    assert_answer(ask(parent, "close"), "ISM_OK");
    dismiss(parent);
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
        promise(s2_owner_death_is_told_to_the_next_locker),
        promise(s2_owner_death_is_told_to_one_who_waits),
        promise(s2_of_several_who_wait_one_is_told_and_the_others_get_a_whole_lock),
        promise(s2_the_death_of_an_owning_thread_is_told),
        promise(s2_exit_while_owning_is_a_death),
        promise(s2_an_exec_while_owning_is_a_death),
        promise(s2_a_stopped_owner_is_alive),
        promise(s2_killed_while_stopped_is_dead),
        promise(s2_unlock_without_consistent_gives_the_lock_up_for_all),
        promise(s2_all_who_wait_are_told_that_it_was_given_up),
        promise(s2_one_who_dies_while_mending_is_an_owner_who_died),
        promise(s2_one_who_dies_after_mending_died_too),
        promise(s2_a_lock_given_back_before_death_is_whole),
        promise(s2_every_lock_of_a_dead_owner_is_told),
        promise(s2_a_killed_waiter_keeps_nobody_from_the_lock),
        promise(s2_a_dead_owner_is_not_taken_for_a_later_process),
        promise(s2_a_forked_child_owns_nothing_and_its_parents_death_is_told),
        promise(s2_a_forked_childs_death_does_not_end_its_parent),
        promise(s2_a_forked_child_may_close_what_its_parent_has_locked),
        promise(s9_a_signal_does_not_end_a_wait),
        promise(s9_deadlines_are_monotonic_and_reach_far),
        promise(s9_a_wait_until_the_last_moment_waits),
    };
    return cmocka_run_group_tests_name("mutex", tests, NULL, NULL);
}
