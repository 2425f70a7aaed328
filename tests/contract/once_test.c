/* once_test.c: something is done once by one of many, and if that one dies the next starts over (S8). What is done
 * here is to make two words 1: who dies half way leaves the first one. */
#include "objects.h"

static ism_once *once;
static int runs;

static void start(const char *name)
{
    create_objects(name);
    once = &objects->once;
    runs = 0;
}

static ism_status do_it(void *context)
{
    assert_ptr_equal(context, &runs);
    runs++;
    objects->words[0] = 1;
    objects->words[1] = objects->words[1] + 1;
    return ISM_OK;
}

static ism_status fail_to(void *context)
{
    runs++;
    return *(const ism_status *)context;
}

static void assert_done(void)
{
    const int before = runs;
    for (int i = 0; i < 3; i++)
        assert_status(ism_once_run(once, do_it, &runs), ISM_OK);
    assert_int_equal(runs, before);
    assert_int_equal(objects->words[0], 1);
    assert_int_equal(objects->words[1], 1);
}

static void s8_zero_bytes_are_something_not_done_and_it_is_done_once(void **state)
{
    (void)state;
    assert_int_equal(sizeof(ism_once), 32);
    assert_int_equal(_Alignof(ism_once), 8);
    start(NAME("x"));
    struct process *peer = peer_with(NAME("x"));
    assert_status(ism_once_run(once, do_it, &runs), ISM_OK);
    assert_int_equal(runs, 1);
    assert_done();
    assert_answer(ask(peer, "once %u %u", AT(once), AT(words[0])), "ISM_OK");
    assert_done();
    dismiss(peer);
    close_region();
}

static void s8_what_failed_is_tried_again_by_the_next(void **state)
{
    ism_status answers[] = {ISM_E_FILE, ISM_E_INVALID, ISM_OWNER_DIED, ISM_LAST_PARTY, ISM_E_DEADLOCK};

    (void)state;
    start(NAME("x"));
    struct process *peer = peer_with(NAME("x"));
    for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
        assert_status(ism_once_run(once, fail_to, &answers[i]), ISM_E_INITIALISER);
        assert_int_equal(runs, i + 1);
        assert_answer(ask(peer, "once_failing %u", AT(once)), "ISM_E_INITIALISER");
    }
    assert_answer(ask(peer, "once %u %u", AT(once), AT(words[0])), "ISM_OK");
    assert_status(ism_once_run(once, fail_to, &answers[0]), ISM_OK);
    assert_done();
    dismiss(peer);
    close_region();
}

static void s8_nothing_to_do_is_refused(void **state)
{
    (void)state;
    start(NAME("x"));
    assert_status(ism_once_run(once, NULL, NULL), ISM_E_INVALID);
    assert_status(ism_once_run(once, do_it, &runs), ISM_OK);
    assert_status(ism_once_run(once, NULL, NULL), ISM_E_INVALID);
    close_region();
}

static ism_status call_again(void *context)
{
    *(ism_status *)context = ism_once_run(once, do_it, &runs);
    return ISM_E_FILE;
}

static void s8_called_from_within_it_would_wait_for_itself(void **state)
{
    ism_status inner = ISM_OK;

    (void)state;
    start(NAME("x"));
    assert_status(ism_once_run(once, call_again, &inner), ISM_E_INITIALISER);
    assert_status(inner, ISM_E_DEADLOCK);
    assert_int_equal(runs, 0);
    assert_status(ism_once_run(once, do_it, &runs), ISM_OK);
    assert_done();
    close_region();
}

static ism_status close_region_within(void *context)
{
    *(ism_status *)context = ism_region_close(region);
    return ISM_OK;
}

static void s8_while_it_is_done_its_region_is_not_closed(void **state)
{
    ism_status closed = ISM_OK;

    (void)state;
    start(NAME("x"));
    assert_status(ism_once_run(once, close_region_within, &closed), ISM_OK);
    assert_status(closed, ISM_E_BUSY);
    close_region();
}

static void s8_it_is_the_same_through_every_mapping(void **state)
{
    ism_region *again;

    (void)state;
    start(NAME("x"));
    assert_status(ism_region_open(NAME("x"), NULL, &again), ISM_OK);
    assert_status(ism_once_run(&((struct objects *)ism_region_data(again))->once, do_it, &runs), ISM_OK);
    assert_int_equal(runs, 1);
    assert_done();
    assert_status(ism_region_close(again), ISM_OK);
    close_region();
}

static void s8_others_wait_until_it_is_done(void **state)
{
    enum { PEERS = 4 };
    struct process *peers[PEERS];

    (void)state;
    start(NAME("x"));
    for (int i = 0; i < PEERS; i++)
        peers[i] = peer_with(NAME("x"));
    assert_answer(ask(peers[0], "once_halting %u %u", AT(once), AT(words[0])), "running");
    for (int i = 1; i < PEERS; i++) {
        char words[32];
        (void)snprintf(words, sizeof words, "%u", AT(words[0]));
        if (i == 1)
            tell_to_wait(peers[i], once, "once", words);
        else
            tell(peers[i], "once %u %u", AT(once), AT(words[0]));
    }
    for (int i = 1; i < PEERS; i++)
        assert_false(process_has_output(peers[i]));
    assert_answer(ask(peers[0], "go"), "ISM_OK");
    for (int i = 1; i < PEERS; i++)
        assert_answer(answer(peers[i]), "ISM_OK");
    assert_done();
    for (int i = 0; i < PEERS; i++)
        dismiss(peers[i]);
    close_region();
}

struct runner {
    ism_status status;
};

static void run_in_thread(void *context)
{
    struct runner *runner = context;
    runner->status = ism_once_run(once, do_it, &runs);
    if (objects->words[1] != 1)
        runner->status = ISM_E_CORRUPT;
}

static void s8_of_many_threads_one_does_it(void **state)
{
    enum { THREADS = 16, ROUNDS = 20 };
    struct runner runners[THREADS];
    struct thread *threads[THREADS];

    (void)state;
    start(NAME("x"));
    for (int round = 0; round < ROUNDS; round++) {
        memset(objects, 0, sizeof *objects);
        runs = 0;
        for (int i = 0; i < THREADS; i++) {
            threads[i] = thread_start(run_in_thread, &runners[i]);
            assert_non_null(threads[i]);
        }
        for (int i = 0; i < THREADS; i++)
            thread_join(threads[i]);
        for (int i = 0; i < THREADS; i++)
            assert_status(runners[i].status, ISM_OK);
        assert_int_equal(runs, 1);
    }
    close_region();
}

/* ---- death ---- */

static void s8_if_the_one_who_does_it_dies_the_next_starts_over(void **state)
{
    (void)state;
    start(NAME("x"));
    for (int i = 0; i < 3; i++) {
        struct process *victim = peer_with(NAME("x"));
        tell(victim, "once_dying %u %u", AT(once), AT(words[0]));
        assert_int_not_equal(process_wait(victim), PROCESS_RUNNING);
        assert_int_equal(objects->words[0], 1);
        assert_int_equal(objects->words[1], 0);
        process_free(victim);
    }
    ism_status before = ism_error_last()->status;
    assert_status(ism_once_run(once, do_it, &runs), ISM_OK);
    assert_status(ism_error_last()->status, before);
    assert_int_equal(runs, 1);
    assert_done();
    close_region();
}

static void s8_one_who_waits_starts_over_too(void **state)
{
    char words[32];

    (void)state;
    start(NAME("x"));
    struct process *victim = peer_with(NAME("x")), *peer = peer_with(NAME("x"));
    assert_answer(ask(victim, "once_halting %u %u", AT(once), AT(words[0])), "running");
    (void)snprintf(words, sizeof words, "%u", AT(words[0]));
    tell_to_wait(peer, once, "once", words);
    kill_and_wait(victim);
    assert_answer(answer(peer), "ISM_OK");
    assert_done();
    dismiss(peer);
    close_region();
}

static void s8_a_killed_waiter_keeps_nobody_from_it(void **state)
{
    char words[32];

    (void)state;
    start(NAME("x"));
    struct process *runner = peer_with(NAME("x")), *peer = peer_with(NAME("x"));
    struct process *victim = peer_with(NAME("x"));
    assert_answer(ask(runner, "once_halting %u %u", AT(once), AT(words[0])), "running");
    (void)snprintf(words, sizeof words, "%u", AT(words[0]));
    tell_to_wait(victim, once, "once", words);
    tell(peer, "once %u %u", AT(once), AT(words[0]));
    kill_and_wait(victim);
    assert_answer(ask(runner, "go"), "ISM_OK");
    assert_answer(answer(peer), "ISM_OK");
    assert_done();
    dismiss(runner);
    dismiss(peer);
    close_region();
}

static void s8_what_is_done_stays_done_when_its_doer_dies(void **state)
{
    (void)state;
    start(NAME("x"));
    struct process *victim = peer_with(NAME("x"));
    assert_answer(ask(victim, "once %u %u", AT(once), AT(words[0])), "ISM_OK");
    kill_and_wait(victim);
    assert_done();
    assert_int_equal(runs, 0);
    close_region();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        promise(s8_zero_bytes_are_something_not_done_and_it_is_done_once),
        promise(s8_what_failed_is_tried_again_by_the_next),
        promise(s8_nothing_to_do_is_refused),
        promise(s8_called_from_within_it_would_wait_for_itself),
        promise(s8_while_it_is_done_its_region_is_not_closed),
        promise(s8_it_is_the_same_through_every_mapping),
        promise(s8_others_wait_until_it_is_done),
        promise(s8_of_many_threads_one_does_it),
        promise(s8_if_the_one_who_does_it_dies_the_next_starts_over),
        promise(s8_one_who_waits_starts_over_too),
        promise(s8_a_killed_waiter_keeps_nobody_from_it),
        promise(s8_what_is_done_stays_done_when_its_doer_dies),
    };
    return cmocka_run_group_tests_name("once", tests, NULL, NULL);
}
