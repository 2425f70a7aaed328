/* initialising_test.c: whoever makes a region ready may be killed at any time: the next process ends up with a
 * whole region all the same, and of several who come at once exactly one makes it ready (R2). How long the next
 * one took is printed, not judged. */
#include "regions.h"

#include <stdlib.h>

#include "churn.h"

/* Long enough for any test, short enough to end a hanging one; every peer fills with the same pattern. */
static const char *const options = "size=8192 within=15000 pattern";

/* Let it make so many stops, and kill it. Returns PROCESS_KILLED, or its exit status if it ended before. */
static int kill_at(struct process *victim, unsigned stop)
{
    int status = process_step(victim, PROCESS_CALLS, stop);
    if (status == PROCESS_RUNNING && !process_has_output(victim)) {
        process_kill(victim);
        status = process_wait(victim);
    }
    return status;
}

/* The next process's region is whole, and its own initialiser made it so. */
static void assert_made_whole(struct process *next, unsigned runs)
{
    char expected[16];
    (void)snprintf(expected, sizeof expected, "%u", runs);
    assert_answer(ask(next, "pattern"), "yes");
    assert_answer(ask(next, "initialised"), expected);
    assert_answer(ask(next, "close"), "ISM_OK");
}

static void r2_killed_at_each_system_call_of_creating_it_leaves_a_whole_region_to_the_next(void **state)
{
    const char *name = NAME("x");
    unsigned stop = 0;
    uint64_t longest = 0;
    struct process *victim;

    (void)state;
    if (!process_can_trace())
        skip_because("this system can't trace programs for a test");
    struct process *next = peer_obeying();
    while (victim = hold_at_start(name, "join"), kill_at(victim, stop) == PROCESS_KILLED) {
        const uint64_t start = process_milliseconds();
        assert_answer(ask(next, "open_or_create %s %s", name, options), "ISM_OK");
        const uint64_t took = process_milliseconds() - start;
        longest = took > longest ? took : longest;
        assert_made_whole(next, ++stop);
        process_free(victim);
    }
    process_free(victim);
    assert_status(ism_region_tidy(NULL, NULL), ISM_OK);
    assert_int_equal(leftovers_regions(name), 0);
    assert_in_range(stop, 20, 1000);
    print_message("killed at %u stops; the next one had its region within %llu ms\n", stop,
                  (unsigned long long)longest);
    dismiss(next);
}

/* Whoever made it ready did all of it: one of the two, or the creator just before it was killed, which leaves room
 * for a lock before its pattern. */
static void assert_one_whole(const char *name, struct process *one, struct process *two, bool by_waiter)
{
    const char *expected = by_waiter ? "yes" : "no";

    assert_answer(ask(one, "pattern"), expected);
    assert_answer(ask(two, "pattern"), expected);
    ism_region *region = open_region(name);
    const unsigned char *pattern = (const unsigned char *)ism_region_data(region);
    const size_t before = by_waiter ? 0 : offsetof(struct churn, pattern);
    for (size_t i = before; i < CHURN_SIZE; i++)
        assert_int_equal(pattern[i], churn_pattern(i - before));
    close_region(region);
}

/* Two are waiting already when the creator is killed. */
static void r2_killed_at_each_system_call_of_creating_it_leaves_one_region_to_two_who_wait(void **state)
{
    enum { STRIDE = 3 };
    const char *name = NAME("x");
    unsigned stop = 0, runs = 0;
    bool goes_on = true;

    (void)state;
    if (!process_can_trace())
        skip_because("this system can't trace programs for a test");
    struct process *one = peer_obeying(), *two = peer_obeying();
    for (; goes_on; stop += STRIDE) {
        struct process *victim = hold_at_start(name, "join");
        goes_on = process_step(victim, PROCESS_CALLS, stop) == PROCESS_RUNNING && !process_has_output(victim);
        tell(one, "open_or_create %s %s", name, options);
        tell(two, "open_or_create %s %s", name, options);
        process_spin(1000);
        kill_and_wait(victim);
        assert_answer(answer(one), "ISM_OK");
        assert_answer(answer(two), "ISM_OK");
        const unsigned before = runs;
        runs = (unsigned)(atoi(ask(one, "initialised")) + atoi(ask(two, "initialised")));
        assert_in_range(runs, before, before + 1);
        assert_one_whole(name, one, two, runs > before);
        assert_int_equal(leftovers_live_regions(name), 1);
        assert_answer(ask(one, "close"), "ISM_OK");
        assert_answer(ask(two, "close"), "ISM_OK");
        assert_int_equal(leftovers_regions(name), 0);
        process_free(victim);
    }
    assert_in_range(stop, 20, 1000);
    print_message("killed at %u stops; %u times one of those who waited made it ready\n", stop / STRIDE, runs);
    assert_true(runs > stop / STRIDE / 2);
    dismiss(one);
    dismiss(two);
}

/* The one who has said something; nobody else may have. */
static struct process *await_one(struct process *const peers[], unsigned count)
{
    const uint64_t until = process_milliseconds() + PROCESS_LIMIT;
    struct process *speaker = NULL;

    while (speaker == NULL) {
        assert_true(process_milliseconds() < until);
        process_pause();
        for (unsigned i = 0; i < count; i++)
            if (peers[i] != NULL && process_has_output(peers[i]))
                speaker = peers[i];
    }
    for (unsigned i = 0; i < count; i++)
        if (peers[i] != NULL && peers[i] != speaker)
            assert_false(process_has_output(peers[i]));
    return speaker;
}

static void forget(struct process *peers[], unsigned count, struct process *peer)
{
    for (unsigned i = 0; i < count; i++)
        if (peers[i] == peer)
            peers[i] = NULL;
    process_free(peer);
}

static void r2_of_many_initialisers_killed_in_turn_exactly_one_succeeds(void **state)
{
    enum { PEERS = 6, KILLS = 4 };
    const char *name = NAME("x");
    struct process *peers[PEERS];
    int runs = 0;

    (void)state;
    for (int i = 0; i < PEERS; i++) {
        peers[i] = peer_obeying();
        tell(peers[i], "open_or_create %s size=8192 within=15000 halting", name);
    }
    for (int i = 0; i < KILLS; i++) {
        struct process *initialiser = await_one(peers, PEERS);
        assert_answer(answer(initialiser), "initialising");
        kill_and_wait(initialiser);
        forget(peers, PEERS, initialiser);
    }
    struct process *last = await_one(peers, PEERS);
    assert_answer(answer(last), "initialising");
    tell(last, "go");
    for (int i = 0; i < PEERS; i++)
        if (peers[i] != NULL) {
            assert_answer(answer(peers[i]), "ISM_OK");
            assert_answer(ask(peers[i], "pattern"), "yes");
            runs += atoi(ask(peers[i], "initialised"));
        }
    assert_int_equal(runs, 1);
    assert_int_equal(leftovers_live_regions(name), 1);
    for (int i = 0; i < PEERS; i++)
        if (peers[i] != NULL)
            dismiss(peers[i]);
}

/* An initialiser that lives keeps others waiting, whatever happens to those. */
static void r2_killing_those_who_wait_disturbs_no_initialiser(void **state)
{
    const char *name = NAME("x");

    (void)state;
    struct process *initialiser = peer_obeying();
    assert_answer(ask(initialiser, "open_or_create %s size=8192 halting", name), "initialising");
    for (int i = 0; i < 4; i++) {
        struct process *waiter = peer_obeying();
        tell(waiter, i % 2 == 0 ? "open %s" : "open_or_create %s size=8192 pattern", name);
        process_spin(1000 * (unsigned)i);
        kill_and_wait(waiter);
        process_free(waiter);
        assert_int_equal(leftovers_live_regions(name), 1);
        assert_status(ism_region_tidy(NULL, NULL), ISM_OK);
    }
    assert_answer(ask(initialiser, "go"), "ISM_OK");
    assert_answer(ask(initialiser, "pattern"), "yes");
    assert_status(status_of_open(name, NULL), ISM_OK);
    dismiss(initialiser);
}

/* A peer of a user that no other test has: what happens to its table disturbs none. NULL: this test can't become one. */
static struct process *peer_of_another_user(void)
{
    enum { DORA = 60004, HER_GROUP = 61004 };
    struct process *peer = peer_obeying();
    if (strcmp(ask(peer, "become %d %d", DORA, HER_GROUP), "yes") == 0)
        return peer;
    dismiss(peer);
    return NULL;
}

/* Somebody tidies by hand, and takes the table of lives away: of who lives in the old one nobody who comes later
 * knows, and nothing is guessed. */
static void r2_an_initialiser_in_a_lost_table_keeps_its_region(void **state)
{
    const char *name = NAME("x");

    (void)state;
    struct process *initialiser = peer_of_another_user();
    if (initialiser == NULL)
        skip_because("only root can become other users for a test");
    assert_answer(ask(initialiser, "create %s size=8192 halting", name), "initialising");
    struct process *other = peer_of_another_user();
    assert_answer(ask(other, "remove_life_table"), "yes");
    assert_answer(ask(other, "open_or_create %s size=8192 pattern within=300", name), "ISM_E_TIMED_OUT");
    assert_answer(ask(other, "tidy"), "ISM_OK");
    assert_answer(ask(other, "regions %s", name), "1");
    assert_answer(ask(initialiser, "go"), "ISM_OK");
    assert_answer(ask(other, "open %s", name), "ISM_OK");
    assert_answer(ask(other, "pattern"), "yes");
    dismiss(initialiser);
    dismiss(other);
}

/* Its process lives on, and has the object open: so what it left behind can't be freed, and is passed by. */
static void r2_a_thread_that_ends_in_its_initialiser_leaves_the_name_to_the_next(void **state)
{
    const char *name = NAME("x");

    (void)state;
    struct process *ended = peer_obeying(), *other = peer_obeying();
    for (int i = 0; i < 3; i++) {
        assert_answer(ask(ended, "end_while_initialising %s 8192", name), "ended");
        assert_answer(ask(other, "open %s within=100", name), "ISM_E_NOT_FOUND");
        assert_answer(ask(other, "open_or_create %s size=8192 pattern within=5000", name), "ISM_OK");
        assert_answer(ask(other, "pattern"), "yes");
        assert_answer(ask(ended, "open %s", name), "ISM_OK");
        assert_answer(ask(ended, "close"), "ISM_OK");
        assert_answer(ask(other, "close"), "ISM_OK");
    }
    assert_answer(ask(ended, "end_while_initialising %s 8192", name), "ended");
    assert_answer(ask(other, "tidy"), "ISM_OK");
    assert_answer(ask(other, "remove %s", name), "ISM_E_NOT_FOUND");
    assert_answer(ask(other, "create %s size=8192 within=5000", name), "ISM_OK");
    dismiss(other);
    kill_and_wait(ended);
    assert_status(ism_region_tidy(NULL, NULL), ISM_OK);
    assert_int_equal(leftovers_regions(name), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        promise(r2_killed_at_each_system_call_of_creating_it_leaves_a_whole_region_to_the_next),
        promise(r2_killed_at_each_system_call_of_creating_it_leaves_one_region_to_two_who_wait),
        promise(r2_of_many_initialisers_killed_in_turn_exactly_one_succeeds),
        promise(r2_killing_those_who_wait_disturbs_no_initialiser),
        promise(r2_an_initialiser_in_a_lost_table_keeps_its_region),
        promise(r2_a_thread_that_ends_in_its_initialiser_leaves_the_name_to_the_next),
    };
    return cmocka_run_group_tests_name("initialising", tests, NULL, NULL);
}
