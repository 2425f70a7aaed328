/* crowd_test.c: regions are made, found, listed and tidied by many processes at once, and no region that somebody
 * has is ever lost (R13). ci/soak does the same for as long as one likes. */
#include "regions.h"

#define TIDIERS 2

static void r13_tidying_never_removes_a_region_that_somebody_has(void **state)
{
    enum { TURNS = 3 };
    const char *end = NAME("end"), *rounds = backend_is("win32") ? "10" : "100";
    char one[ISM_NAME_MAX + 1], two[ISM_NAME_MAX + 1];
    struct process *tidiers[TIDIERS];
    unsigned freed = 0, more;

    (void)state;
    (void)snprintf(one, sizeof one, "%s", NAME("one"));
    (void)snprintf(two, sizeof two, "%s", NAME("two"));
    for (int i = 0; i < TIDIERS; i++)
        tidiers[i] = peer_start("tidy", end, NULL);
    for (int turn = 0; turn < TURNS; turn++) {
        struct process *keepers[2] = {peer_start("keep", one, two, rounds, NULL),
                                      peer_start("keep", two, one, rounds, NULL)};
        for (int i = 0; i < 2; i++)
            assert_answer(answer(keepers[i]), "ok");
        for (int i = 0; i < 2; i++)
            dismiss(keepers[i]);
    }
    ism_region *stop = create_region(end, 1);
    for (int i = 0; i < TIDIERS; i++) {
        const char *told = answer(tidiers[i]);
        if (sscanf(told, "ok %u", &more) != 1)
            assert_answer(told, "ok");
        freed += more;
    }
    for (int i = 0; i < TIDIERS; i++)
        dismiss(tidiers[i]);
    close_region(stop);
    print_message("%d times %s rounds of two keepers; %u stale regions freed meanwhile\n", TURNS, rounds, freed);
    if (!backend_is("win32"))
        assert_true(freed > 0);
    assert_status(ism_region_tidy(NULL, NULL), ISM_OK);
    assert_int_equal(leftovers_regions(one), 0);
    assert_int_equal(leftovers_regions(two), 0);
}

/* The tidier is held at each of its steps, while a region is made, and left to it half made or whole. */
static void r13_a_region_may_be_made_at_each_system_call_of_a_tidying(void **state)
{
    const char *name = NAME("x");
    unsigned stop = 0;
    bool goes_on = true;

    (void)state;
    if (!process_can_trace())
        skip_because("this system can't trace programs for a test");
    struct process *maker = peer_obeying();
    for (; goes_on; stop++) {
        struct process *dead = peer_obeying();
        assert_answer(ask(dead, "create %s size=8192", name), "ISM_OK");
        kill_and_wait(dead);
        struct process *tidier = hold_at_start(name, "tidy");
        goes_on = process_step(tidier, PROCESS_CALLS, stop) == PROCESS_RUNNING && !process_has_output(tidier);
        tell(maker, "open_or_create %s size=8192 within=15000 pattern", name);
        process_spin(500);
        process_release(tidier);
        assert_answer(answer(tidier), "ISM_OK");
        assert_answer(answer(maker), "ISM_OK");
        assert_answer(ask(maker, "pattern"), "yes");
        assert_int_equal(leftovers_live_regions(name), 1);
        assert_answer(ask(maker, "close"), "ISM_OK");
        assert_int_equal(leftovers_regions(name), 0);
        process_free(dead);
        process_free(tidier);
    }
    assert_in_range(stop, 5, 2000);
    print_message("held at %u stops\n", stop);
    dismiss(maker);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        promise(r13_tidying_never_removes_a_region_that_somebody_has),
        promise(r13_a_region_may_be_made_at_each_system_call_of_a_tidying),
    };
    return cmocka_run_group_tests_name("crowd", tests, NULL, NULL);
}
