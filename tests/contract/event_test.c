/* event_test.c: an event lets all go on who watch it, or one of those who take it (S6), whoever dies while waiting
 * or setting; waits end only for a reason (S9). */
#include "objects.h"

static ism_event *event;

static void start(const char *name)
{
    create_objects(name);
    event = &objects->event;
}

static void s6_zero_bytes_are_an_event_that_is_not_set(void **state)
{
    (void)state;
    assert_int_equal(sizeof(ism_event), 16);
    assert_int_equal(_Alignof(ism_event), 8);
    start(NAME("x"));
    assert_status(ism_event_try_wait(event), ISM_E_BUSY);
    assert_status(ism_event_try_take(event), ISM_E_BUSY);
    assert_status(ism_event_wait_until(event, passed()), ISM_E_TIMED_OUT);
    assert_status(ism_event_take_until(event, passed()), ISM_E_TIMED_OUT);
    assert_status(ism_event_wait_until(event, ism_deadline_after(15 * ISM_MILLISECOND)), ISM_E_TIMED_OUT);
    assert_status(ism_event_take_until(event, ism_deadline_after(15 * ISM_MILLISECOND)), ISM_E_TIMED_OUT);
    assert_status(ism_event_reset(event), ISM_OK);
    assert_status(ism_event_try_wait(event), ISM_E_BUSY);
    close_region();
}

static void s6_set_it_stays_set_until_it_is_reset_or_taken(void **state)
{
    (void)state;
    start(NAME("x"));
    struct process *peer = peer_with(NAME("x"));
    assert_status(ism_event_set(event), ISM_OK);
    for (int i = 0; i < 2; i++) {
        assert_status(ism_event_wait(event), ISM_OK);
        assert_status(ism_event_try_wait(event), ISM_OK);
        assert_status(ism_event_wait_until(event, passed()), ISM_OK);
        assert_answer(ask(peer, "event_wait %u", AT(event)), "ISM_OK");
    }
    assert_answer(ask(peer, "event_reset %u", AT(event)), "ISM_OK");
    assert_status(ism_event_try_wait(event), ISM_E_BUSY);
    assert_answer(ask(peer, "event_set %u", AT(event)), "ISM_OK");
    assert_status(ism_event_take(event), ISM_OK);
    assert_status(ism_event_try_take(event), ISM_E_BUSY);
    assert_status(ism_event_try_wait(event), ISM_E_BUSY);
    assert_status(ism_event_set(event), ISM_OK);
    assert_status(ism_event_set(event), ISM_OK); /* set twice is set */
    assert_status(ism_event_try_take(event), ISM_OK);
    assert_answer(ask(peer, "try_event_take %u", AT(event)), "ISM_E_BUSY");
    assert_status(ism_event_set(event), ISM_OK);
    assert_status(ism_event_take_until(event, passed()), ISM_OK);
    assert_answer(ask(peer, "event_take_within %u 0", AT(event)), "ISM_E_TIMED_OUT");
    dismiss(peer);
    close_region();
}

static void s6_it_is_the_same_through_every_mapping(void **state)
{
    ism_region *again;

    (void)state;
    start(NAME("x"));
    assert_status(ism_region_open(NAME("x"), NULL, &again), ISM_OK);
    ism_event *same = &((struct objects *)ism_region_data(again))->event;
    assert_status(ism_event_set(same), ISM_OK);
    assert_status(ism_event_try_wait(event), ISM_OK);
    assert_status(ism_event_try_take(event), ISM_OK);
    assert_status(ism_event_try_wait(same), ISM_E_BUSY);
    assert_status(ism_region_close(again), ISM_OK);
    close_region();
}

static void s6_one_who_waits_is_woken(void **state)
{
    static const char *const waits[] = {"event_wait", "event_wait_within", "event_take", "event_take_within"};
    (void)state;
    start(NAME("x"));
    struct process *peer = peer_with(NAME("x"));
    for (int round = 0; round < 3; round++)
        for (int i = 0; i < 4; i++) {
            memset(event, 0, sizeof *event);
            tell_to_wait(peer, event, waits[i], "15000");
            assert_status(ism_event_set(event), ISM_OK);
            assert_answer(answer(peer), "ISM_OK");
            assert_status(ism_event_try_wait(event), i < 2 ? ISM_OK : ISM_E_BUSY);
        }
    dismiss(peer);
    close_region();
}

/* All but the first may come before or after it is set. */
static void s6_all_who_watch_go_on(void **state)
{
    enum { PEERS = 4 };
    struct process *peers[PEERS];

    (void)state;
    start(NAME("x"));
    for (int i = 0; i < PEERS; i++)
        peers[i] = peer_with(NAME("x"));
    tell_to_wait(peers[0], event, "event_wait", "");
    for (int i = 1; i < PEERS; i++)
        tell(peers[i], "event_wait %u", AT(event));
    assert_status(ism_event_set(event), ISM_OK);
    for (int i = 0; i < PEERS; i++)
        assert_answer(answer(peers[i]), "ISM_OK");
    assert_status(ism_event_try_wait(event), ISM_OK);
    for (int i = 0; i < PEERS; i++)
        dismiss(peers[i]);
    close_region();
}

static void s6_one_who_watches_misses_no_set_that_is_reset_at_once(void **state)
{
    enum { ROUNDS = 20 };
    (void)state;
    start(NAME("x"));
    struct process *peer = peer_with(NAME("x"));
    for (int round = 0; round < ROUNDS; round++) {
        memset(event, 0, sizeof *event);
        tell_to_wait(peer, event, round % 2 ? "event_wait" : "event_wait_within", "15000");
        if (round % 4 < 2)
            process_suspend(peer);
        assert_status(ism_event_set(event), ISM_OK);
        if (round % 3 == 0)
            assert_status(ism_event_take(event), ISM_OK);
        else
            assert_status(ism_event_reset(event), ISM_OK);
        if (round % 4 < 2)
            process_resume(peer);
        assert_answer(answer(peer), "ISM_OK");
        assert_status(ism_event_try_wait(event), ISM_E_BUSY);
    }
    dismiss(peer);
    close_region();
}

static void s6_of_those_who_take_it_one_goes_on_for_each_set(void **state)
{
    enum { PEERS = 3 };
    struct process *peers[PEERS];
    bool has_it[PEERS] = {false};

    (void)state;
    start(NAME("x"));
    for (int i = 0; i < PEERS; i++) {
        peers[i] = peer_with(NAME("x"));
        if (i == 0)
            tell_to_wait(peers[i], event, "event_take", "");
        else
            tell(peers[i], "event_take %u", AT(event));
    }
    for (int set = 1; set <= PEERS; set++) {
        int got = 0;
        assert_status(ism_event_set(event), ISM_OK);
        const uint64_t until = process_milliseconds() + PROCESS_LIMIT;
        while (got < set && process_milliseconds() < until) {
            got = 0;
            for (int i = 0; i < PEERS; i++)
                got += has_it[i] = has_it[i] || process_has_output(peers[i]);
            process_pause();
        }
        assert_int_equal(got, set);
        assert_status(ism_event_try_wait(event), ISM_E_BUSY);
    }
    for (int i = 0; i < PEERS; i++)
        assert_answer(answer(peers[i]), "ISM_OK");
    for (int i = 0; i < PEERS; i++)
        dismiss(peers[i]);
    close_region();
}

static void s6_who_watches_goes_on_beside_who_takes(void **state)
{
    (void)state;
    start(NAME("x"));
    struct process *watcher = peer_with(NAME("x")), *taker = peer_with(NAME("x"));
    for (int round = 0; round < 10; round++) {
        memset(event, 0, sizeof *event);
        tell_to_wait(round % 2 ? watcher : taker, event, round % 2 ? "event_wait" : "event_take", "");
        tell_to_wait(round % 2 ? taker : watcher, event, round % 2 ? "event_take" : "event_wait", "");
        assert_status(ism_event_set(event), ISM_OK);
        assert_answer(answer(watcher), "ISM_OK");
        assert_answer(answer(taker), "ISM_OK");
        assert_status(ism_event_try_wait(event), ISM_E_BUSY);
    }
    dismiss(watcher);
    dismiss(taker);
    close_region();
}

struct taker {
    ism_event *from, *to;
    unsigned times;
    ism_status status;
};

static void take_and_set(void *context)
{
    struct taker *taker = context;
    for (unsigned i = 0; i < taker->times && taker->status == ISM_OK; i++) {
        taker->status = ism_event_take_until(taker->from, soon());
        objects->words[0] = objects->words[0] + 1;
        if (taker->status == ISM_OK)
            taker->status = ism_event_set(taker->to);
    }
}

/* What was written before it was set is seen by who takes it. */
static void s6_threads_take_turns(void **state)
{
    const unsigned times = backend_is("win32") ? 200 : 3000;

    (void)state;
    start(NAME("x"));
    ism_event *other = (ism_event *)(void *)&objects->other_semaphore /* zero bytes */;
    struct taker takers[2] = {{event, other, times, ISM_OK}, {other, event, times, ISM_OK}};
    assert_status(ism_event_set(event), ISM_OK);
    struct thread *thread = thread_start(take_and_set, &takers[0]);
    assert_non_null(thread);
    take_and_set(&takers[1]);
    thread_join(thread);
    assert_status(takers[0].status, ISM_OK);
    assert_status(takers[1].status, ISM_OK);
    assert_int_equal(objects->words[0], 2 * times);
    close_region();
}

/* ---- death ---- */

static void s6_what_a_dead_setter_set_is_set(void **state)
{
    (void)state;
    start(NAME("x"));
    struct process *peer = peer_with(NAME("x"));
    assert_answer(ask(peer, "event_set %u", AT(event)), "ISM_OK");
    kill_and_wait(peer);
    assert_status(ism_event_wait(event), ISM_OK);
    assert_status(ism_event_take(event), ISM_OK);
    close_region();
}

/* The one who watches or takes is killed before the event is set, or right after: perhaps with the wake-up, and
 * perhaps with the event: then it is set again. */
static void s6_a_killed_waiter_keeps_no_event_from_others(void **state)
{
    enum { ROUNDS = 12 };
    static const char *const waits[] = {"event_take", "event_wait"};
    (void)state;
    start(NAME("x"));
    struct process *survivor = peer_with(NAME("x"));
    for (int round = 0; round < ROUNDS; round++) {
        struct process *victim = peer_with(NAME("x"));
        memset(event, 0, sizeof *event);
        tell_to_wait(victim, event, waits[round % 3 == 0], "");
        tell(survivor, "%s %u", waits[round % 4 == 0], AT(event));
        if (round % 2 == 0)
            process_kill(victim);
        assert_status(ism_event_set(event), ISM_OK);
        kill_and_wait(victim);
        if (round % 2 == 1 && ism_event_try_wait(event) == ISM_E_BUSY)
            assert_status(ism_event_set(event), ISM_OK);
        assert_answer(answer(survivor), "ISM_OK");
        process_free(victim);
    }
    dismiss(survivor);
    close_region();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        promise(s6_zero_bytes_are_an_event_that_is_not_set),
        promise(s6_set_it_stays_set_until_it_is_reset_or_taken),
        promise(s6_it_is_the_same_through_every_mapping),
        promise(s6_one_who_waits_is_woken),
        promise(s6_all_who_watch_go_on),
        promise(s6_one_who_watches_misses_no_set_that_is_reset_at_once),
        promise(s6_of_those_who_take_it_one_goes_on_for_each_set),
        promise(s6_who_watches_goes_on_beside_who_takes),
        promise(s6_threads_take_turns),
        promise(s6_what_a_dead_setter_set_is_set),
        promise(s6_a_killed_waiter_keeps_no_event_from_others),
    };
    return cmocka_run_group_tests_name("event", tests, NULL, NULL);
}
