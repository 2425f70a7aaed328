/* semaphore_test.c: permits are neither lost nor given twice (S4), whoever dies while waiting or posting; waits end only
 * for a reason (S9). */
#include "objects.h"

static ism_semaphore *semaphore;

static void start(const char *name)
{
    create_objects(name);
    semaphore = &objects->semaphore;
}

static ism_status wait_shortly(uint64_t milliseconds)
{
    return ism_semaphore_wait_until(semaphore, ism_deadline_after(milliseconds * ISM_MILLISECOND));
}

static void s4_zero_bytes_are_a_semaphore_without_permits(void **state)
{
    (void)state;
    assert_int_equal(sizeof(ism_semaphore), 16);
    assert_int_equal(_Alignof(ism_semaphore), 8);
    start(NAME("x"));
    assert_int_equal(ism_semaphore_permits(semaphore), 0);
    assert_int_equal(ism_semaphore_permits(NULL), 0);
    assert_status(ism_semaphore_try_wait(semaphore), ISM_E_BUSY);
    assert_status(ism_semaphore_wait_until(semaphore, passed()), ISM_E_TIMED_OUT);
    assert_status(wait_shortly(20), ISM_E_TIMED_OUT);
    close_region();
}

static void s4_each_permit_is_taken_once(void **state)
{
    (void)state;
    start(NAME("x"));
    struct process *peer = peer_with(NAME("x"));
    assert_status(ism_semaphore_post(semaphore, 5), ISM_OK);
    assert_status(ism_semaphore_post(semaphore, 0), ISM_OK);
    assert_int_equal(ism_semaphore_permits(semaphore), 5);
    assert_status(ism_semaphore_wait(semaphore), ISM_OK);
    assert_status(ism_semaphore_try_wait(semaphore), ISM_OK);
    assert_status(ism_semaphore_wait_until(semaphore, passed()), ISM_OK);
    assert_status(ism_semaphore_wait_until(semaphore, ISM_FOREVER), ISM_OK);
    assert_int_equal(ism_semaphore_permits(semaphore), 1);
    assert_answer(ask(peer, "permit %u", AT(semaphore)), "ISM_OK");
    assert_answer(ask(peer, "try_permit %u", AT(semaphore)), "ISM_E_BUSY");
    assert_answer(ask(peer, "permit_within %u 0", AT(semaphore)), "ISM_E_TIMED_OUT");
    assert_answer(ask(peer, "post %u 1", AT(semaphore)), "ISM_OK");
    assert_status(ism_semaphore_try_wait(semaphore), ISM_OK);
    assert_status(ism_semaphore_try_wait(semaphore), ISM_E_BUSY);
    assert_int_equal(ism_semaphore_permits(&objects->other_semaphore), 0);
    dismiss(peer);
    close_region();
}

static void s4_there_are_no_more_permits_than_can_be_told(void **state)
{
    (void)state;
    start(NAME("x"));
    struct process *peer = peer_with(NAME("x"));
    assert_status(ism_semaphore_post(semaphore, ISM_PERMITS_MAX + 1u), ISM_E_LIMIT);
    assert_status(ism_semaphore_post(semaphore, UINT32_MAX), ISM_E_LIMIT);
    assert_int_equal(ism_semaphore_permits(semaphore), 0);
    assert_status(ism_semaphore_post(semaphore, ISM_PERMITS_MAX), ISM_OK);
    assert_int_equal(ism_semaphore_permits(semaphore), ISM_PERMITS_MAX);
    assert_status(ism_semaphore_post(semaphore, 1), ISM_E_LIMIT);
    assert_status(ism_semaphore_post(semaphore, UINT32_MAX), ISM_E_LIMIT);
    assert_answer(ask(peer, "post %u 1", AT(semaphore)), "ISM_E_LIMIT");
    assert_status(ism_semaphore_post(semaphore, 0), ISM_OK);
    assert_int_equal(ism_semaphore_permits(semaphore), ISM_PERMITS_MAX);
    assert_answer(ask(peer, "permit %u", AT(semaphore)), "ISM_OK");
    assert_status(ism_semaphore_post(semaphore, 2), ISM_E_LIMIT);
    assert_status(ism_semaphore_post(semaphore, 1), ISM_OK);
    dismiss(peer);
    close_region();
}

static void s4_it_is_the_same_through_every_mapping(void **state)
{
    ism_region *again;

    (void)state;
    start(NAME("x"));
    assert_status(ism_region_open(NAME("x"), NULL, &again), ISM_OK);
    ism_semaphore *same = &((struct objects *)ism_region_data(again))->semaphore;
    assert_status(ism_semaphore_post(same, 2), ISM_OK);
    assert_int_equal(ism_semaphore_permits(semaphore), 2);
    assert_status(ism_semaphore_try_wait(semaphore), ISM_OK);
    assert_status(ism_semaphore_try_wait(same), ISM_OK);
    assert_status(ism_semaphore_try_wait(semaphore), ISM_E_BUSY);
    assert_status(ism_region_close(again), ISM_OK);
    close_region();
}

static void s4_one_who_waits_is_woken(void **state)
{
    static const char *const waits[] = {"permit", "permit_within"};
    (void)state;
    start(NAME("x"));
    struct process *peer = peer_with(NAME("x"));
    for (int i = 0; i < 6; i++) {
        memset(semaphore, 0, sizeof *semaphore);
        tell_to_wait(peer, semaphore, waits[i % 2], "15000");
        assert_status(ism_semaphore_post(semaphore, i < 4 ? 1 : 3), ISM_OK);
        assert_answer(answer(peer), "ISM_OK");
        assert_int_equal(ism_semaphore_permits(semaphore), i < 4 ? 0 : 2);
    }
    dismiss(peer);
    close_region();
}

static void wake_four_by(const char *name, unsigned posts, uint32_t permits)
{
    struct process *peers[4];

    start(name);
    for (int i = 0; i < 4; i++) {
        peers[i] = peer_with(name);
        if (i == 0)
            tell_to_wait(peers[i], semaphore, "permit", "");
        else
            tell(peers[i], "permit %u", AT(semaphore));
    }
    for (unsigned i = 0; i < posts; i++)
        assert_status(ism_semaphore_post(semaphore, permits), ISM_OK);
    for (int i = 0; i < 4; i++)
        assert_answer(answer(peers[i]), "ISM_OK");
    assert_int_equal(ism_semaphore_permits(semaphore), posts * permits - 4);
    for (int i = 0; i < 4; i++)
        dismiss(peers[i]);
    close_region();
}

static void s4_as_many_go_on_as_there_are_permits(void **state)
{
    (void)state;
    wake_four_by(NAME("x"), 4, 1);
    wake_four_by(NAME("x"), 1, 4);
    wake_four_by(NAME("x"), 2, 3);
}

/* What one wrote before it posted, who takes the permit sees. */
static void s4_permits_go_to_and_fro(void **state)
{
    enum { TIMES = 3000, TIMES_ON_WINE = 100 };
    const unsigned times = backend_is("win32") ? TIMES_ON_WINE : TIMES;
    struct process *peers[2];

    (void)state;
    start(NAME("x"));
    for (int i = 0; i < 2; i++)
        peers[i] = peer_with(NAME("x"));
    tell(peers[0], "pass_permits %u %u %u", AT(semaphore), AT(other_semaphore), times);
    tell(peers[1], "pass_permits %u %u %u", AT(other_semaphore), AT(semaphore), times);
    assert_status(ism_semaphore_post(semaphore, 1), ISM_OK);
    for (int i = 0; i < 2; i++)
        assert_answer(answer(peers[i]), "ISM_OK");
    assert_int_equal(ism_semaphore_permits(semaphore), 1);
    assert_int_equal(ism_semaphore_permits(&objects->other_semaphore), 0);
    for (int i = 0; i < 2; i++)
        dismiss(peers[i]);
    close_region();
}

struct taker {
    unsigned times;
    ism_status status;
};

static void take_and_post(void *context)
{
    struct taker *taker = context;
    for (unsigned i = 0; i < taker->times && taker->status == ISM_OK; i++) {
        taker->status = ism_semaphore_wait(semaphore);
        if (taker->status != ISM_OK)
            return;
        objects->words[0] = objects->words[0] + 1;
        taker->status = ism_semaphore_post(semaphore, 1);
    }
}

static void s4_one_permit_lets_one_thread_in(void **state)
{
    enum { THREADS = 4 };
    struct taker takers[THREADS];
    struct thread *threads[THREADS];
    const unsigned times = backend_is("win32") ? 200 : 3000;

    (void)state;
    start(NAME("x"));
    assert_status(ism_semaphore_post(semaphore, 1), ISM_OK);
    for (int i = 0; i < THREADS; i++) {
        takers[i] = (struct taker){times, ISM_OK};
        threads[i] = thread_start(take_and_post, &takers[i]);
        assert_non_null(threads[i]);
    }
    for (int i = 0; i < THREADS; i++)
        thread_join(threads[i]);
    for (int i = 0; i < THREADS; i++)
        assert_status(takers[i].status, ISM_OK);
    assert_int_equal(objects->words[0], THREADS * times);
    assert_int_equal(ism_semaphore_permits(semaphore), 1);
    close_region();
}

/* ---- death ---- */

static void s4_a_permit_that_its_taker_dies_with_is_gone(void **state)
{
    (void)state;
    start(NAME("x"));
    struct process *peer = peer_with(NAME("x"));
    assert_status(ism_semaphore_post(semaphore, 2), ISM_OK);
    assert_answer(ask(peer, "permit %u", AT(semaphore)), "ISM_OK");
    kill_and_wait(peer);
    assert_int_equal(ism_semaphore_permits(semaphore), 1);
    assert_status(ism_semaphore_try_wait(semaphore), ISM_OK);
    assert_status(ism_semaphore_try_wait(semaphore), ISM_E_BUSY);
    close_region();
}

/* A victim waits beside a survivor. It is killed before the permit comes, or right after that, perhaps with the
 * wake-up, and perhaps with the permit: then there is another one. */
static void s4_a_killed_waiter_keeps_no_permit_from_others(void **state)
{
    enum { ROUNDS = 12 };
    (void)state;
    start(NAME("x"));
    struct process *survivor = peer_with(NAME("x"));
    for (int round = 0; round < ROUNDS; round++) {
        struct process *victim = peer_with(NAME("x"));
        memset(semaphore, 0, sizeof *semaphore);
        tell_to_wait(victim, semaphore, "permit", "");
        tell(survivor, "permit %u", AT(semaphore));
        if (round % 2 == 0)
            process_kill(victim);
        assert_status(ism_semaphore_post(semaphore, 1), ISM_OK);
        kill_and_wait(victim);
        if (round % 2 == 1 && ism_semaphore_permits(semaphore) == 0)
            assert_status(ism_semaphore_post(semaphore, 1), ISM_OK);
        assert_answer(answer(survivor), "ISM_OK");
        assert_in_range(ism_semaphore_permits(semaphore), 0, 1);
        process_free(victim);
    }
    dismiss(survivor);
    close_region();
}

static void s4_permits_of_a_dead_poster_stay(void **state)
{
    (void)state;
    start(NAME("x"));
    struct process *peer = peer_with(NAME("x"));
    assert_answer(ask(peer, "post %u 3", AT(semaphore)), "ISM_OK");
    kill_and_wait(peer);
    assert_int_equal(ism_semaphore_permits(semaphore), 3);
    for (int i = 0; i < 3; i++)
        assert_status(ism_semaphore_wait(semaphore), ISM_OK);
    assert_status(ism_semaphore_try_wait(semaphore), ISM_E_BUSY);
    close_region();
}

static void s4_a_forked_child_waits_and_posts_on_its_own(void **state)
{
    (void)state;
    start(NAME("x"));
    struct process *peer = peer_with(NAME("x"));
    assert_answer(ask(peer, "try_permit %u", AT(semaphore)), "ISM_E_BUSY");
    if (!forks(peer)) {
        dismiss(peer);
        close_region();
        skip_because("this system has no fork");
    }
    tell_to_wait(peer, semaphore, "permit", "");
    assert_status(ism_semaphore_post(semaphore, 1), ISM_OK);
    assert_answer(answer(peer), "ISM_OK");
    assert_answer(ask(peer, "post %u 1", AT(semaphore)), "ISM_OK");
    assert_answer(ask(peer, "exit"), "parent");
    assert_answer(ask(peer, "permit %u", AT(semaphore)), "ISM_OK");
    dismiss(peer);
    close_region();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        promise(s4_zero_bytes_are_a_semaphore_without_permits),
        promise(s4_each_permit_is_taken_once),
        promise(s4_there_are_no_more_permits_than_can_be_told),
        promise(s4_it_is_the_same_through_every_mapping),
        promise(s4_one_who_waits_is_woken),
        promise(s4_as_many_go_on_as_there_are_permits),
        promise(s4_permits_go_to_and_fro),
        promise(s4_one_permit_lets_one_thread_in),
        promise(s4_a_permit_that_its_taker_dies_with_is_gone),
        promise(s4_a_killed_waiter_keeps_no_permit_from_others),
        promise(s4_permits_of_a_dead_poster_stay),
        promise(s4_a_forked_child_waits_and_posts_on_its_own),
    };
    return cmocka_run_group_tests_name("semaphore", tests, NULL, NULL);
}
