/* barrier_test.c: a number of parties wait for each other, over and over (S7), and who dies after it has arrived has
 * arrived; waits end only for a reason (S9). */
#include "objects.h"

static ism_barrier *barrier;

static void start(const char *name)
{
    create_objects(name);
    barrier = &objects->barrier;
}

/* Nobody has arrived, and any number of parties may meet. */
static void assert_idle(void)
{
    assert_status(ism_barrier_arrive_until(barrier, 7, passed()), ISM_E_TIMED_OUT);
    assert_status(ism_barrier_arrive(barrier, 1), ISM_LAST_PARTY);
}

static void s7_zero_bytes_are_a_barrier_where_nobody_waits(void **state)
{
    (void)state;
    assert_int_equal(sizeof(ism_barrier), 16);
    assert_int_equal(_Alignof(ism_barrier), 8);
    start(NAME("x"));
    for (int i = 0; i < 3; i++) {
        assert_status(ism_barrier_arrive(barrier, 1), ISM_LAST_PARTY);
        assert_status(ism_barrier_arrive_until(barrier, 1, passed()), ISM_LAST_PARTY);
        assert_status(ism_barrier_arrive_until(barrier, 2, passed()), ISM_E_TIMED_OUT);
        assert_status(ism_barrier_arrive_until(barrier, ISM_PARTIES_MAX, passed()), ISM_E_TIMED_OUT);
        assert_status(ism_barrier_arrive_until(barrier, 3, ism_deadline_after(ISM_MILLISECOND * 15)), ISM_E_TIMED_OUT);
    }
    close_region();
}

static void s7_an_impossible_number_of_parties_is_refused(void **state)
{
    (void)state;
    start(NAME("x"));
    struct process *peer = peer_with(NAME("x"));
    const uint32_t numbers[] = {0, ISM_PARTIES_MAX + 1u, 0x10001u, UINT32_MAX};
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        assert_status(ism_barrier_arrive(barrier, numbers[i]), ISM_E_INVALID);
        assert_status(ism_barrier_arrive_until(barrier, numbers[i], passed()), ISM_E_INVALID);
    }
    tell_to_wait(peer, barrier, "arrive", "2");
    assert_status(ism_barrier_arrive(barrier, 3), ISM_E_INVALID);
    assert_status(ism_barrier_arrive(barrier, 1), ISM_E_INVALID);
    assert_status(ism_barrier_arrive_until(barrier, 65535, passed()), ISM_E_INVALID);
    assert_status(ism_barrier_arrive(barrier, 2), ISM_LAST_PARTY);
    assert_answer(answer(peer), "ISM_OK");
    assert_idle();
    dismiss(peer);
    close_region();
}

static void s7_all_go_on_when_the_last_has_come_and_one_is_told(void **state)
{
    enum { PEERS = 4 };
    struct process *peers[PEERS];

    (void)state;
    start(NAME("x"));
    for (int i = 0; i < PEERS; i++)
        peers[i] = peer_with(NAME("x"));
    for (int round = 0; round < 4; round++) {
        int last = 0;
        for (int i = 0; i < PEERS - 1; i++)
            tell_to_wait(peers[i], barrier, round % 2 ? "arrive_within" : "arrive", "4 15000");
        for (int i = 0; i < PEERS - 1; i++)
            assert_false(process_has_output(peers[i]));
        tell(peers[PEERS - 1], "arrive %u %d", AT(barrier), PEERS);
        for (int i = 0; i < PEERS; i++) {
            const char *status = answer(peers[i]);
            last += strcmp(status, "ISM_LAST_PARTY") == 0;
            if (i < PEERS - 1)
                assert_answer(status, "ISM_OK");
        }
        assert_int_equal(last, 1);
    }
    assert_idle();
    for (int i = 0; i < PEERS; i++)
        dismiss(peers[i]);
    close_region();
}

static void s7_it_is_the_same_through_every_mapping(void **state)
{
    ism_region *again;

    (void)state;
    start(NAME("x"));
    struct process *peer = peer_with(NAME("x"));
    assert_status(ism_region_open(NAME("x"), NULL, &again), ISM_OK);
    tell_to_wait(peer, barrier, "arrive", "2");
    assert_status(ism_barrier_arrive(&((struct objects *)ism_region_data(again))->barrier, 2), ISM_LAST_PARTY);
    assert_answer(answer(peer), "ISM_OK");
    assert_status(ism_region_close(again), ISM_OK);
    dismiss(peer);
    close_region();
}

static void s7_who_gives_up_has_not_arrived(void **state)
{
    (void)state;
    start(NAME("x"));
    struct process *first = peer_with(NAME("x")), *second = peer_with(NAME("x"));
    tell_to_wait(first, barrier, "arrive", "3");
    assert_answer(ask(second, "arrive_within %u 3 10", AT(barrier)), "ISM_E_TIMED_OUT");
    assert_status(ism_barrier_arrive_until(barrier, 3, passed()), ISM_E_TIMED_OUT);
    assert_status(ism_barrier_arrive_until(barrier, 3, passed()), ISM_E_TIMED_OUT);
    assert_false(process_has_output(first));
    tell_to_wait(second, barrier, "arrive", "3");
    assert_status(ism_barrier_arrive_until(barrier, 3, passed()), ISM_LAST_PARTY);
    assert_answer(answer(first), "ISM_OK");
    assert_answer(answer(second), "ISM_OK");
    assert_answer(ask(first, "arrive_within %u 2 20", AT(barrier)), "ISM_E_TIMED_OUT");
    assert_idle();
    dismiss(first);
    dismiss(second);
    close_region();
}

static void s7_nobody_goes_on_before_all_have_come(void **state)
{
    enum { PEERS = 4 };
    struct process *peers[PEERS];
    const unsigned times = backend_is("win32") ? 50 : 1000;

    (void)state;
    start(NAME("x"));
    for (int i = 0; i < PEERS; i++)
        peers[i] = peer_with(NAME("x"));
    for (int i = 0; i < PEERS; i++)
        tell(peers[i], "meet %u %d %u %d %u", AT(barrier), PEERS, AT(words[0]), i, times);
    for (int i = 0; i < PEERS; i++)
        assert_answer(answer(peers[i]), "ISM_OK");
    assert_idle();
    for (int i = 0; i < PEERS; i++)
        dismiss(peers[i]);
    close_region();
}

/* ---- many parties of one process ---- */

enum { MANY = 64, ROUNDS = 5 };

struct party {
    ism_status status;
    unsigned last;
};

static void meet_others(void *context)
{
    struct party *party = context;
    for (int round = 0; round < ROUNDS && party->status == ISM_OK; round++) {
        ism_status status = ism_barrier_arrive_until(barrier, MANY, soon());
        party->last += status == ISM_LAST_PARTY;
        party->status = status < ISM_OK ? status : ISM_OK;
    }
}

static void s7_many_threads_meet(void **state)
{
    static struct party parties[MANY];
    struct thread *threads[MANY];
    unsigned last = 0;

    (void)state;
    start(NAME("x"));
    memset(parties, 0, sizeof parties);
    for (int i = 0; i < MANY; i++) {
        threads[i] = thread_start(meet_others, &parties[i]);
        assert_non_null(threads[i]);
    }
    for (int i = 0; i < MANY; i++)
        thread_join(threads[i]);
    for (int i = 0; i < MANY; i++) {
        assert_status(parties[i].status, ISM_OK);
        last += parties[i].last;
    }
    assert_int_equal(last, ROUNDS);
    assert_idle();
    close_region();
}

/* ---- death ---- */

static void s7_who_dies_after_it_has_arrived_has_arrived(void **state)
{
    (void)state;
    start(NAME("x"));
    struct process *survivor = peer_with(NAME("x"));
    for (int round = 0; round < 4; round++) {
        struct process *victim = peer_with(NAME("x"));
        tell_to_wait(victim, barrier, "arrive", "3");
        if (round % 2 == 0)
            kill_and_wait(victim);
        tell_to_wait(survivor, barrier, "arrive", "3");
        process_kill(victim);
        assert_status(ism_barrier_arrive(barrier, 3), ISM_LAST_PARTY);
        assert_answer(answer(survivor), "ISM_OK");
        assert_idle();
        process_free(victim);
    }
    dismiss(survivor);
    close_region();
}

static void s7_of_one_who_dies_before_the_others_learn_by_their_deadline(void **state)
{
    (void)state;
    start(NAME("x"));
    struct process *survivor = peer_with(NAME("x")), *victim = peer_with(NAME("x"));
    tell_to_wait(survivor, barrier, "arrive_within", "2 50");
    kill_and_wait(victim);
    assert_answer(answer(survivor), "ISM_E_TIMED_OUT");
    assert_idle();
    dismiss(survivor);
    close_region();
}

static void s7_who_dies_as_the_last_has_let_the_others_go_on(void **state)
{
    (void)state;
    start(NAME("x"));
    struct process *survivor = peer_with(NAME("x")), *victim = peer_with(NAME("x"));
    tell_to_wait(survivor, barrier, "arrive", "2");
    assert_answer(ask(victim, "arrive %u 2", AT(barrier)), "ISM_LAST_PARTY");
    kill_and_wait(victim);
    assert_answer(answer(survivor), "ISM_OK");
    assert_idle();
    dismiss(survivor);
    close_region();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        promise(s7_zero_bytes_are_a_barrier_where_nobody_waits),
        promise(s7_an_impossible_number_of_parties_is_refused),
        promise(s7_all_go_on_when_the_last_has_come_and_one_is_told),
        promise(s7_it_is_the_same_through_every_mapping),
        promise(s7_who_gives_up_has_not_arrived),
        promise(s7_nobody_goes_on_before_all_have_come),
        promise(s7_many_threads_meet),
        promise(s7_who_dies_after_it_has_arrived_has_arrived),
        promise(s7_of_one_who_dies_before_the_others_learn_by_their_deadline),
        promise(s7_who_dies_as_the_last_has_let_the_others_go_on),
    };
    return cmocka_run_group_tests_name("barrier", tests, NULL, NULL);
}
