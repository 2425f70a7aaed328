/* orders_test.c: all who have a region are killed, in every order and at every step of getting and leaving it: it
 * lives as long as one of them does, and no longer (R6). */
#include "regions.h"

#include "churn.h"

#define MEMBERS 3

static struct process *members[MEMBERS];

/* Its creator, one who opens it, and one who only reads. */
static void assemble(const char *name)
{
    const char *const ways[MEMBERS] = {"create %s size=8192 pattern", "open %s", "open %s read-only"};
    for (int i = 0; i < MEMBERS; i++) {
        members[i] = peer_obeying();
        assert_answer(ask(members[i], ways[i], name), "ISM_OK");
    }
}

static void assert_alive(const char *name, struct process *member)
{
    assert_answer(ask(member, "pattern"), "yes");
    assert_int_equal(leftovers_live_regions(name), 1);
    assert_status(status_of_open(name, NULL), ISM_OK);
    assert_status(ism_region_tidy(NULL, NULL), ISM_OK);
    assert_answer(ask(member, "pattern"), "yes");
}

static void assert_gone(const char *name)
{
    assert_int_equal(leftovers_live_regions(name), 0);
    assert_status(status_of_open(name, NULL), ISM_E_NOT_FOUND);
    ism_region *region = create_region(name, CHURN_SIZE);
    assert_true(region_holds(region, 0));
    close_region(region);
    assert_int_equal(leftovers_regions(name), 0);
}

/* Bit i of ways: whether member i is killed, or goes by itself. */
static void part(const char *name, const int order[MEMBERS], unsigned ways)
{
    for (int i = 0; i < MEMBERS; i++) {
        struct process *member = members[order[i]];
        if ((ways >> order[i] & 1) != 0)
            kill_and_wait(member);
        else
            assert_answer(ask(member, "close"), "ISM_OK");
        if (i + 1 < MEMBERS)
            assert_alive(name, members[order[i + 1]]);
    }
}

static void r6_killed_or_closing_in_any_order_the_last_one_ends_it(void **state)
{
    static const int orders[][MEMBERS] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
    const char *name = NAME("x");
    const unsigned first = backend_is("win32") ? 7 : 0;

    (void)state;
    for (size_t order = 0; order < sizeof orders / sizeof orders[0]; order++)
        for (unsigned ways = first; ways < 1u << MEMBERS; ways++) {
            assemble(name);
            part(name, orders[order], ways);
            assert_gone(name);
            process_free_all();
        }
}

/* A persistent one outlives them all. */
static void r6_killed_in_any_order_they_leave_a_persistent_region(void **state)
{
    const char *name = NAME("x");

    (void)state;
    for (int first = 0; first < MEMBERS; first++) {
        struct process *creator = peer_obeying();
        const char *created = ask(creator, "create %s size=8192 persistent pattern", name);
        if (strcmp(created, "ISM_E_UNSUPPORTED") == 0) {
            dismiss(creator);
            skip_because("persistent regions are not possible here");
        }
        assert_answer(created, "ISM_OK");
        members[0] = creator;
        for (int i = 1; i < MEMBERS; i++) {
            members[i] = peer_obeying();
            assert_answer(ask(members[i], "open %s", name), "ISM_OK");
        }
        for (int i = 0; i < MEMBERS; i++)
            kill_and_wait(members[(first + i) % MEMBERS]);
        assert_status(ism_region_tidy(NULL, NULL), ISM_OK);
        struct process *next = peer_obeying();
        assert_answer(ask(next, "open_or_create %s size=8192", name), "ISM_OK");
        assert_answer(ask(next, "pattern"), "yes");
        assert_status(ism_region_remove(name), ISM_OK);
        process_free_all();
    }
}

/* ---- at every step ---- */

/* It may have got to the end of its part, and ended by itself. */
static void kill_if_alive(struct process *process)
{
    process_kill(process);
    if (process_wait(process) != PROCESS_KILLED)
        assert_int_equal(process_wait(process), 0);
}

/* How often a pass stops until it says something. */
static unsigned count_stops(const char *name, const char *part_of_it)
{
    struct process *held = hold_at_start(name, part_of_it);
    unsigned stops = 0;

    while (!process_has_output(held) && process_step(held, PROCESS_CALLS, 1) == PROCESS_RUNNING)
        stops++;
    assert_in_range(stops, 2, 1000);
    kill_if_alive(held);
    process_free(held);
    assert_gone(name);
    return stops;
}

/* A step may begin asleep, where the other one holds a lock of names: then it takes long, and fewer will do. */
#define MILLISECONDS 4000
#define FEWEST 60

/* One is held at a step of its part, then the other at a step of its own, and both are killed. Of all pairs of
 * steps as many as there is time for, spread by a stride that meets each once. */
static void kill_both(const char *name, const char *one_part, const char *other_part)
{
    enum { STRIDE = 7919 }; /* a prime */
    const unsigned ones = count_stops(name, one_part), others = count_stops(name, other_part);
    const unsigned all = ones * others;
    const uint64_t until = process_milliseconds() + MILLISECONDS;
    unsigned pairs = 0;

    while (pairs < all && (pairs < FEWEST || process_milliseconds() < until)) {
        const unsigned pair = (unsigned)((uint64_t)pairs * STRIDE % all);
        struct process *one = hold_at_start(name, one_part);
        struct process *other = hold_at_start(name, other_part);
        (void)process_step(one, PROCESS_CALLS, pair / others);
        (void)process_step(other, PROCESS_CALLS, pair % others);
        kill_if_alive(pairs % 2 == 0 ? one : other);
        kill_if_alive(pairs % 2 == 0 ? other : one);
        assert_gone(name);
        process_free(one);
        process_free(other);
        pairs++;
    }
    print_message("%s and %s: killed at %u of %u pairs of steps\n", one_part, other_part, pairs, all);
}

static void r6_two_killed_at_any_steps_of_coming_leave_nothing(void **state)
{
    (void)state;
    if (!process_can_trace())
        skip_because("this system can't trace programs for a test");
    kill_both(NAME("x"), "join", "join");
}

static void r6_two_killed_at_any_steps_of_coming_and_going_leave_nothing(void **state)
{
    (void)state;
    if (!process_can_trace())
        skip_because("this system can't trace programs for a test");
    kill_both(NAME("x"), "leave", "join");
}

static void r6_two_killed_at_any_steps_of_going_leave_nothing(void **state)
{
    (void)state;
    if (!process_can_trace())
        skip_because("this system can't trace programs for a test");
    kill_both(NAME("x"), "leave", "leave");
}

/* One is killed at each step of opening or closing what another has: that one keeps it. */
static void survive_each_step(const char *name, const char *part_of_it)
{
    unsigned stop = 0;
    bool goes_on = true;

    struct process *keeper = peer_obeying();
    assert_answer(ask(keeper, "create %s size=8192 pattern", name), "ISM_OK");
    for (; goes_on; stop++) {
        struct process *victim = hold_at_start(name, part_of_it);
        goes_on = process_step(victim, PROCESS_CALLS, stop) == PROCESS_RUNNING && !process_has_output(victim);
        kill_if_alive(victim);
        assert_alive(name, keeper);
        process_free(victim);
    }
    assert_in_range(stop, 5, 1000);
    kill_and_wait(keeper);
    assert_gone(name);
}

static void r6_killed_at_each_step_of_opening_it_leaves_the_region_to_its_keeper(void **state)
{
    (void)state;
    if (!process_can_trace())
        skip_because("this system can't trace programs for a test");
    survive_each_step(NAME("x"), "join");
}

static void r6_killed_at_each_step_of_closing_it_leaves_the_region_to_its_keeper(void **state)
{
    (void)state;
    if (!process_can_trace())
        skip_because("this system can't trace programs for a test");
    survive_each_step(NAME("x"), "leave");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        promise(r6_killed_or_closing_in_any_order_the_last_one_ends_it),
        promise(r6_killed_in_any_order_they_leave_a_persistent_region),
        promise(r6_two_killed_at_any_steps_of_coming_leave_nothing),
        promise(r6_two_killed_at_any_steps_of_coming_and_going_leave_nothing),
        promise(r6_two_killed_at_any_steps_of_going_leave_nothing),
        promise(r6_killed_at_each_step_of_opening_it_leaves_the_region_to_its_keeper),
        promise(r6_killed_at_each_step_of_closing_it_leaves_the_region_to_its_keeper),
    };
    return cmocka_run_group_tests_name("orders", tests, NULL, NULL);
}
