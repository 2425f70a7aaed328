/* condition_test.c: waiting under a mutex for what others change (S5): no signal is lost, whoever dies; waits end only
 * for a reason (S9). */
#include "objects.h"

static void start(const char *name)
{
    create_objects(name);
}

/* A peer that owns the mutex waits. */
static void tell_to_own_and_wait(struct process *peer, const char *verb, const char *milliseconds)
{
    char words[64];
    (void)snprintf(words, sizeof words, "%u %s", AT(mutex), milliseconds);
    assert_answer(ask(peer, "lock %u", AT(mutex)), "ISM_OK");
    tell_to_wait(peer, &objects->condition, verb, words);
}

static ism_status lock_and_mend(void)
{
    ism_status status = lock_soon(&objects->mutex);
    if (status == ISM_OWNER_DIED)
        assert_status(ism_mutex_consistent(&objects->mutex), ISM_OK);
    return status;
}

static void assert_mutex_is_free(void)
{
    assert_status(lock_soon(&objects->mutex), ISM_OK);
    assert_status(ism_mutex_unlock(&objects->mutex), ISM_OK);
}

static void s5_zero_bytes_are_a_condition_that_nobody_waits_for(void **state)
{
    (void)state;
    assert_int_equal(sizeof(ism_condition), 16);
    assert_int_equal(_Alignof(ism_condition), 8);
    start(NAME("x"));
    const ism_condition fresh = objects->condition;
    assert_status(ism_condition_signal(&objects->condition), ISM_OK);
    assert_status(ism_condition_broadcast(&objects->condition), ISM_OK);
    assert_memory_equal(&objects->condition, &fresh, sizeof fresh);
    assert_status(ism_mutex_lock(&objects->mutex), ISM_OK);
    assert_status(ism_condition_wait_until(&objects->condition, &objects->mutex, passed()), ISM_E_TIMED_OUT);
    assert_status(
        ism_condition_wait_until(&objects->condition, &objects->mutex, ism_deadline_after(15 * ISM_MILLISECOND)),
        ISM_E_TIMED_OUT);
    assert_status(ism_mutex_lock(&objects->mutex), ISM_E_DEADLOCK);
    assert_status(ism_mutex_unlock(&objects->mutex), ISM_OK);
    close_region();
}

static void s5_who_does_not_own_the_mutex_can_not_wait(void **state)
{
    ism_mutex *mutex;

    (void)state;
    start(NAME("x"));
    mutex = &objects->mutex;
    struct process *peer = peer_with(NAME("x"));
    const ism_condition fresh = objects->condition;
    assert_status(ism_condition_wait(&objects->condition, mutex), ISM_E_NOT_OWNER);
    assert_answer(ask(peer, "lock %u", AT(mutex)), "ISM_OK");
    assert_status(ism_condition_wait(&objects->condition, mutex), ISM_E_NOT_OWNER);
    assert_status(ism_condition_wait_until(&objects->condition, mutex, passed()), ISM_E_NOT_OWNER);
    kill_and_wait(peer);
    assert_status(ism_mutex_lock(mutex), ISM_OWNER_DIED);
    assert_status(ism_condition_wait(&objects->condition, mutex), ISM_E_INVALID);
    assert_status(ism_condition_wait_until(&objects->condition, mutex, passed()), ISM_E_INVALID);
    assert_memory_equal(&objects->condition, &fresh, sizeof fresh);
    assert_status(ism_mutex_consistent(mutex), ISM_OK);
    assert_status(ism_condition_wait_until(&objects->condition, mutex, passed()), ISM_E_TIMED_OUT);
    assert_status(ism_mutex_unlock(mutex), ISM_OK);
    close_region();
}

static void s5_one_who_waits_goes_on_with_the_mutex(void **state)
{
    static const char *const waits[] = {"condition_wait", "condition_wait_within"};
    (void)state;
    start(NAME("x"));
    struct process *peer = peer_with(NAME("x"));
    for (int round = 0; round < 8; round++) {
        tell_to_own_and_wait(peer, waits[round % 2], "15000");
        assert_status(lock_soon(&objects->mutex), ISM_OK); /* it was given back */
        if (round % 4 < 2)
            assert_status(ism_condition_signal(&objects->condition), ISM_OK);
        else
            assert_status(ism_condition_broadcast(&objects->condition), ISM_OK);
        assert_false(process_has_output(peer));
        assert_status(ism_mutex_unlock(&objects->mutex), ISM_OK);
        assert_answer(answer(peer), "ISM_OK");
        assert_status(ism_mutex_try_lock(&objects->mutex), ISM_E_BUSY);
        assert_answer(ask(peer, "unlock %u", AT(mutex)), "ISM_OK");
    }
    dismiss(peer);
    close_region();
}

static void s5_when_the_deadline_passes_the_mutex_is_owned_again(void **state)
{
    (void)state;
    start(NAME("x"));
    struct process *peer = peer_with(NAME("x"));
    assert_answer(ask(peer, "lock %u", AT(mutex)), "ISM_OK");
    assert_answer(ask(peer, "condition_wait_within %u %u 20", AT(condition), AT(mutex)), "ISM_E_TIMED_OUT");
    assert_status(ism_mutex_try_lock(&objects->mutex), ISM_E_BUSY);
    assert_answer(ask(peer, "condition_wait_within %u %u 0", AT(condition), AT(mutex)), "ISM_E_TIMED_OUT");
    assert_answer(ask(peer, "unlock %u", AT(mutex)), "ISM_OK");
    assert_mutex_is_free();
    dismiss(peer);
    close_region();
}

/* The mutex may lie in another region than the condition, and be mapped elsewhere. */
static void s5_condition_and_mutex_may_lie_apart_and_in_any_mapping(void **state)
{
    ism_region *again, *elsewhere;

    (void)state;
    start(NAME("x"));
    struct process *peer = peer_with(NAME("x"));
    assert_status(ism_region_open(NAME("x"), NULL, &again), ISM_OK);
    struct objects *same = ism_region_data(again);
    tell_to_own_and_wait(peer, "condition_wait", "");
    assert_status(lock_soon(&same->mutex), ISM_OK);
    assert_status(ism_condition_signal(&same->condition), ISM_OK);
    assert_status(ism_mutex_unlock(&objects->mutex), ISM_OK);
    assert_answer(answer(peer), "ISM_OK");
    assert_answer(ask(peer, "unlock %u", AT(mutex)), "ISM_OK");
    assert_status(ism_region_close(again), ISM_OK);

    ism_region_options options = {.size = SIZE};
    assert_status(ism_region_create(NAME("y"), &options, &elsewhere), ISM_OK);
    ism_mutex *mutex = ism_region_data(elsewhere);
    assert_status(ism_mutex_lock(mutex), ISM_OK);
    assert_status(ism_condition_wait_until(&objects->condition, mutex, passed()), ISM_E_TIMED_OUT);
    assert_status(ism_region_close(elsewhere), ISM_E_BUSY);
    assert_status(ism_mutex_unlock(mutex), ISM_OK);
    assert_status(ism_region_close(elsewhere), ISM_OK);
    dismiss(peer);
    close_region();
}

/* Consumers wait for what producers give: nobody sleeps on beside an item. */
static void exchange(const char *name, int takers, int givers, unsigned times)
{
    struct process *peers[6];

    start(name);
    for (int i = 0; i < takers + givers; i++)
        peers[i] = peer_with(name);
    for (int i = 0; i < takers + givers; i++)
        tell(peers[i], "%s %u %u %u %u", i < takers ? "take_items" : "give_items", AT(condition), AT(mutex),
             AT(words[0]), times / (unsigned)(i < takers ? takers : givers));
    for (int i = 0; i < takers + givers; i++)
        assert_answer(answer(peers[i]), "ISM_OK");
    assert_int_equal(objects->words[0], 0);
    assert_mutex_is_free();
    for (int i = 0; i < takers + givers; i++)
        dismiss(peers[i]);
    close_region();
}

static void s5_no_signal_is_lost(void **state)
{
    const unsigned times = backend_is("win32") ? 120 : 6000;

    (void)state;
    exchange(NAME("x"), 1, 1, times);
    exchange(NAME("y"), 3, 1, times);
    exchange(NAME("z"), 3, 3, times);
}

static void s5_each_signal_lets_one_go_on(void **state)
{
    enum { PEERS = 4 };
    struct process *peers[PEERS];
    char words[64];

    (void)state;
    start(NAME("x"));
    (void)snprintf(words, sizeof words, "%u %u 1", AT(mutex), AT(words[0]));
    for (int i = 0; i < PEERS; i++) {
        peers[i] = peer_with(NAME("x"));
        tell_to_wait(peers[i], &objects->condition, "take_items", words);
    }
    for (int i = 0; i < PEERS; i++) {
        assert_status(lock_soon(&objects->mutex), ISM_OK);
        objects->words[0] = objects->words[0] + 1;
        assert_status(ism_condition_signal(&objects->condition), ISM_OK);
        assert_status(ism_mutex_unlock(&objects->mutex), ISM_OK);
    }
    for (int i = 0; i < PEERS; i++)
        assert_answer(answer(peers[i]), "ISM_OK");
    assert_int_equal(objects->words[0], 0);
    for (int i = 0; i < PEERS; i++)
        dismiss(peers[i]);
    close_region();
}

static void s5_a_broadcast_lets_all_go_on(void **state)
{
    enum { PEERS = 4 };
    struct process *peers[PEERS];

    (void)state;
    start(NAME("x"));
    for (int i = 0; i < PEERS; i++) {
        peers[i] = peer_with(NAME("x"));
        tell_to_own_and_wait(peers[i], "condition_wait", "");
    }
    assert_status(lock_soon(&objects->mutex), ISM_OK);
    assert_status(ism_condition_broadcast(&objects->condition), ISM_OK);
    assert_status(ism_mutex_unlock(&objects->mutex), ISM_OK);
    bool answered[PEERS] = {false};
    for (int i = 0; i < PEERS; i++) { /* one after the other, as the mutex is theirs */
        const uint64_t until = process_milliseconds() + PROCESS_LIMIT;
        int next = 0;
        while (answered[next] || !process_has_output(peers[next])) {
            assert_true(process_milliseconds() < until);
            next = (next + 1) % PEERS;
            if (next == 0)
                process_pause();
        }
        answered[next] = true;
        assert_answer(answer(peers[next]), "ISM_OK");
        assert_answer(ask(peers[next], "unlock %u", AT(mutex)), "ISM_OK");
    }
    assert_mutex_is_free();
    for (int i = 0; i < PEERS; i++)
        dismiss(peers[i]);
    close_region();
}

struct consumer {
    unsigned times;
    ism_status status;
};

static void consume(void *context)
{
    struct consumer *consumer = context;
    for (unsigned i = 0; i < consumer->times && consumer->status == ISM_OK; i++) {
        consumer->status = lock_soon(&objects->mutex);
        while (consumer->status == ISM_OK && objects->words[0] == 0)
            consumer->status = ism_condition_wait_until(&objects->condition, &objects->mutex, soon());
        if (consumer->status != ISM_OK)
            return;
        objects->words[0] = objects->words[0] - 1;
        consumer->status = ism_mutex_unlock(&objects->mutex);
    }
}

static void s5_threads_wait_for_each_other_too(void **state)
{
    enum { THREADS = 3 };
    struct consumer consumers[THREADS];
    struct thread *threads[THREADS];
    const unsigned times = backend_is("win32") ? 100 : 2000;

    (void)state;
    start(NAME("x"));
    for (int i = 0; i < THREADS; i++) {
        consumers[i] = (struct consumer){times, ISM_OK};
        threads[i] = thread_start(consume, &consumers[i]);
        assert_non_null(threads[i]);
    }
    for (unsigned i = 0; i < THREADS * times; i++) {
        assert_status(lock_soon(&objects->mutex), ISM_OK);
        objects->words[0] = objects->words[0] + 1;
        assert_status(ism_mutex_unlock(&objects->mutex), ISM_OK);
        assert_status(ism_condition_signal(&objects->condition), ISM_OK);
    }
    for (int i = 0; i < THREADS; i++)
        thread_join(threads[i]);
    for (int i = 0; i < THREADS; i++)
        assert_status(consumers[i].status, ISM_OK);
    assert_int_equal(objects->words[0], 0);
    close_region();
}

/* ---- death ---- */

/* The waiter's mutex is owned by another one before the waiter's deadline. False: that one was not in time. */
static bool owns_it_in_time(struct process *peer, struct process *owner)
{
    const uint64_t until = process_milliseconds() + PROCESS_LIMIT;

    tell(owner, "lock %u", AT(mutex));
    while (!process_has_output(owner) && !process_has_output(peer)) {
        assert_true(process_milliseconds() < until);
        process_pause();
    }
    if (process_has_output(owner)) {
        assert_answer(answer(owner), "ISM_OK");
        return true;
    }
    assert_answer(answer(peer), "ISM_E_TIMED_OUT");
    assert_answer(ask(peer, "unlock %u", AT(mutex)), "ISM_OK");
    assert_answer(answer(owner), "ISM_OK");
    assert_answer(ask(owner, "unlock %u", AT(mutex)), "ISM_OK");
    return false;
}

static void s5_the_death_of_the_mutexs_owner_is_told_to_one_who_waits(void **state)
{
    (void)state;
    for (int way = 0; way < 3; way++) {
        start(NAME("x"));
        struct process *peer = peer_with(NAME("x")), *owner = peer_with(NAME("x"));
        do
            tell_to_own_and_wait(peer, way == 0 ? "condition_wait" : "condition_wait_within",
                                 way == 1 ? "15000" : "200");
        while (!owns_it_in_time(peer, owner));
        if (way < 2) /* else the deadline passes */
            assert_answer(ask(owner, "condition_signal %u", AT(condition)), "ISM_OK");
        kill_and_wait(owner);
        assert_answer(answer(peer), "ISM_OWNER_DIED");
        assert_answer(ask(peer, "consistent %u", AT(mutex)), "ISM_OK");
        assert_answer(ask(peer, "unlock %u", AT(mutex)), "ISM_OK");
        assert_mutex_is_free();
        dismiss(peer);
        process_free(owner);
        close_region();
    }
}

static void s5_a_mutex_that_was_given_up_meanwhile_is_told(void **state)
{
    (void)state;
    start(NAME("x"));
    struct process *peer = peer_with(NAME("x")), *owner = peer_with(NAME("x"));
    tell_to_own_and_wait(peer, "condition_wait", "");
    assert_answer(ask(owner, "lock %u", AT(mutex)), "ISM_OK");
    kill_and_wait(owner);
    assert_status(ism_mutex_lock(&objects->mutex), ISM_OWNER_DIED);
    assert_status(ism_mutex_unlock(&objects->mutex), ISM_OK);
    assert_status(ism_condition_broadcast(&objects->condition), ISM_OK);
    assert_answer(answer(peer), "ISM_E_UNRECOVERABLE");
    assert_answer(ask(peer, "unlock %u", AT(mutex)), "ISM_E_NOT_OWNER");
    assert_answer(ask(peer, "condition_wait %u %u", AT(condition), AT(mutex)), "ISM_E_NOT_OWNER");
    dismiss(peer);
    close_region();
}

/* A victim waits beside a survivor, and is killed before the signal, or right after it, perhaps with the wake-up, and
 * perhaps with the mutex, or the item: then there is another one. */
static void s5_a_killed_waiter_keeps_no_signal_from_others(void **state)
{
    enum { ROUNDS = 12 };
    char words[64];

    (void)state;
    start(NAME("x"));
    struct process *survivor = peer_with(NAME("x"));
    (void)snprintf(words, sizeof words, "%u %u 1", AT(mutex), AT(words[0]));
    for (int round = 0; round < ROUNDS; round++) {
        struct process *victim = peer_with(NAME("x"));
        memset(&objects->mutex, 0, sizeof objects->mutex);
        objects->words[0] = 0;
        tell_to_wait(victim, &objects->condition, "take_items", words);
        tell_to_wait(survivor, &objects->condition, "take_items", words);
        if (round % 2 == 0)
            process_kill(victim);
        assert_status(lock_soon(&objects->mutex), ISM_OK);
        objects->words[0] = 1;
        assert_status(ism_condition_signal(&objects->condition), ISM_OK);
        assert_status(ism_mutex_unlock(&objects->mutex), ISM_OK);
        kill_and_wait(victim);
        (void)lock_and_mend();
        const bool was_taken = objects->words[0] == 0;
        objects->words[0] = 1;
        assert_status(ism_mutex_unlock(&objects->mutex), ISM_OK);
        if (was_taken)
            assert_status(ism_condition_signal(&objects->condition), ISM_OK);
        assert_answer(answer(survivor), "ISM_OK");
        process_free(victim);
    }
    dismiss(survivor);
    close_region();
}

static void s5_what_a_dead_signaller_signalled_is_signalled(void **state)
{
    (void)state;
    start(NAME("x"));
    struct process *peer = peer_with(NAME("x"));
    for (int all = 0; all < 2; all++) {
        struct process *signaller = peer_with(NAME("x"));
        tell_to_own_and_wait(peer, "condition_wait", "");
        assert_answer(ask(signaller, "%s %u", all ? "condition_broadcast" : "condition_signal", AT(condition)),
                      "ISM_OK");
        kill_and_wait(signaller);
        assert_answer(answer(peer), "ISM_OK");
        assert_answer(ask(peer, "unlock %u", AT(mutex)), "ISM_OK");
        process_free(signaller);
    }
    dismiss(peer);
    close_region();
}

static void s5_a_forked_child_does_not_own_the_mutex(void **state)
{
    (void)state;
    start(NAME("x"));
    struct process *peer = peer_with(NAME("x"));
    assert_answer(ask(peer, "lock %u", AT(mutex)), "ISM_OK");
    if (!forks(peer)) {
        assert_answer(ask(peer, "unlock %u", AT(mutex)), "ISM_OK");
        dismiss(peer);
        close_region();
        skip_because("this system has no fork");
    }
    assert_answer(ask(peer, "condition_wait %u %u", AT(condition), AT(mutex)), "ISM_E_NOT_OWNER");
    assert_answer(ask(peer, "exit"), "parent");
    assert_answer(ask(peer, "condition_wait_within %u %u 1", AT(condition), AT(mutex)), "ISM_E_TIMED_OUT");
    assert_answer(ask(peer, "unlock %u", AT(mutex)), "ISM_OK");
    dismiss(peer);
    close_region();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        promise(s5_zero_bytes_are_a_condition_that_nobody_waits_for),
        promise(s5_who_does_not_own_the_mutex_can_not_wait),
        promise(s5_one_who_waits_goes_on_with_the_mutex),
        promise(s5_when_the_deadline_passes_the_mutex_is_owned_again),
        promise(s5_condition_and_mutex_may_lie_apart_and_in_any_mapping),
        promise(s5_no_signal_is_lost),
        promise(s5_each_signal_lets_one_go_on),
        promise(s5_a_broadcast_lets_all_go_on),
        promise(s5_threads_wait_for_each_other_too),
        promise(s5_the_death_of_the_mutexs_owner_is_told_to_one_who_waits),
        promise(s5_a_mutex_that_was_given_up_meanwhile_is_told),
        promise(s5_a_killed_waiter_keeps_no_signal_from_others),
        promise(s5_what_a_dead_signaller_signalled_is_signalled),
        promise(s5_a_forked_child_does_not_own_the_mutex),
    };
    return cmocka_run_group_tests_name("condition", tests, NULL, NULL);
}
