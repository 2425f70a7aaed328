/* lifetime_test.c: how long a region lives: until its last process ends or for good (R6), until it is removed
 * (R7), through forks (R12); and how one sees what there is and frees what was left (R13). */
#include "regions.h"

#include <stdlib.h>

#define SIZE 10000u

/* ---- R6 ---- */

static void r6_a_region_ends_with_its_last_close(void **state)
{
    const char *name = NAME("x");
    ism_region_info info;

    (void)state;
    ism_region *region = create_region(name, SIZE), *again = open_region(name);
    assert_status(ism_region_get_info(region, &info), ISM_OK);
    assert_int_equal(info.lifetime, ISM_LIFETIME_PROCESSES);
    assert_int_equal(info.stale, 0);
    if (info.path[0] != '\0')
        assert_true(native_file_exists(info.path));
    close_region(region);
    assert_status(status_of_open(name, NULL), ISM_OK);
    close_region(again);
    assert_status(status_of_open(name, NULL), ISM_E_NOT_FOUND);
    assert_status(ism_region_look(name, &info), ISM_E_NOT_FOUND);
    assert_int_equal(leftovers_regions(name), 0);
    if (info.path[0] != '\0')
        assert_false(native_file_exists(info.path));
}

static void r6_a_region_outlives_its_creator_while_another_has_it(void **state)
{
    const char *name = NAME("x");

    (void)state;
    struct process *creator = peer_obeying(), *user = peer_obeying();
    assert_answer(ask(creator, "create %s size=%u", name, SIZE), "ISM_OK");
    assert_answer(ask(creator, "fill 4"), "ok");
    assert_answer(ask(user, "open %s", name), "ISM_OK");
    kill_and_wait(creator);
    assert_answer(ask(user, "holds 4"), "yes");
    ism_region *region = open_region(name);
    dismiss(user);
    assert_true(region_holds(region, 4));
    assert_status(status_of_create(name, &(ism_region_options){.size = SIZE}), ISM_E_EXISTS);
    close_region(region);
    assert_status(status_of_open(name, NULL), ISM_E_NOT_FOUND);
}

static void r6_attaching_confers_no_ownership(void **state)
{
    const char *name = NAME("x");

    (void)state;
    ism_region *region = create_region(name, SIZE);
    for (int i = 0; i < 4; i++) {
        struct process *peer = peer_obeying();
        assert_answer(ask(peer, "open %s size=%u", name, SIZE + 1), "ISM_E_SIZE");
        assert_answer(ask(peer, i % 2 ? "open %s" : "open %s read-only", name), "ISM_OK");
        if (i < 2)
            dismiss(peer);
        else
            kill_and_wait(peer);
        assert_int_equal(leftovers_live_regions(name), 1);
        assert_status(status_of_open(name, NULL), ISM_OK);
    }
    close_region(region);
}

static void r6_exit_without_close_is_as_good(void **state)
{
    const char *name = NAME("x");

    (void)state;
    struct process *peer = peer_obeying();
    assert_answer(ask(peer, "create %s size=%u", name, SIZE), "ISM_OK");
    tell(peer, "exit");
    assert_int_equal(process_wait(peer), 0);
    assert_int_equal(leftovers_live_regions(name), 0);
    assert_status(status_of_open(name, NULL), ISM_E_NOT_FOUND);
    ism_region *region = create_region(name, SIZE);
    close_region(region);
}

/* Three users, all killed; then each way to use the name again. */
static void r6_region_is_gone_after_kill_of_all(void **state)
{
    const char *name = NAME("x");
    ism_region_info info;
    ism_region *region;

    (void)state;
    for (int way = 0; way < 4; way++) {
        struct process *peers[3];
        for (int i = 0; i < 3; i++) {
            peers[i] = peer_obeying();
            assert_answer(ask(peers[i], "open_or_create %s size=%u", name, SIZE), "ISM_OK");
            assert_answer(ask(peers[i], "fill %d", i + 1), "ok");
        }
        for (int i = 0; i < 3; i++)
            process_kill(peers[i]);
        for (int i = 0; i < 3; i++)
            assert_int_equal(process_wait(peers[i]), PROCESS_KILLED);

        assert_int_equal(leftovers_live_regions(name), 0);
        if (ism_region_look(name, &info) == ISM_OK)
            assert_int_equal(info.stale, 1);
        else
            assert_status(ism_error_last()->status, ISM_E_NOT_FOUND);
        if (way == 0)
            assert_status(status_of_open(name, NULL), ISM_E_NOT_FOUND);
        if (way == 1)
            assert_status(ism_region_remove(name), ISM_E_NOT_FOUND);
        if (way == 2)
            assert_status(ism_region_tidy(NULL, NULL), ISM_OK);
        if (way > 0 && way < 3)
            assert_int_equal(leftovers_regions(name), 0);
        assert_status(ism_region_open_or_create(name, &(ism_region_options){.size = SIZE + 5}, &region), ISM_OK);
        assert_true(region_holds(region, 0));
        close_region(region);
        process_free_all();
    }
}

static void r6_persistent_regions_stay_until_removed(void **state)
{
    const char *name = NAME("x");
    ism_region_options options = {.size = SIZE, .lifetime = ISM_LIFETIME_PERSISTENT};
    ism_region_info info;

    (void)state;
    struct process *peer = peer_obeying();
    assert_answer(ask(peer, "create %s size=%u persistent", name, SIZE), "ISM_OK");
    assert_answer(ask(peer, "fill 6"), "ok");
    kill_and_wait(peer);
    for (int i = 0; i < 2; i++) {
        assert_status(ism_region_tidy(NULL, NULL), ISM_OK);
        assert_status(ism_region_look(name, &info), ISM_OK);
        assert_int_equal(info.lifetime, ISM_LIFETIME_PERSISTENT);
        assert_int_equal(info.stale, 0);
        ism_region *region = open_region(name);
        assert_true(region_holds(region, 6));
        close_region(region);
    }
    assert_status(status_of_create(name, &options), ISM_E_EXISTS);
    assert_status(ism_region_remove(name), ISM_OK);
    assert_status(status_of_open(name, NULL), ISM_E_NOT_FOUND);
}

/* Half-made at its creator's death, it was never a region, and does not stay. */
static void r6_a_persistent_region_that_was_never_ready_is_started_over(void **state)
{
    const char *name = NAME("x");

    (void)state;
    struct process *peer = peer_obeying();
    assert_answer(ask(peer, "create %s size=%u persistent halting", name, SIZE), "initialising");
    kill_and_wait(peer);
    assert_status(status_of_open(name, NULL), ISM_E_NOT_FOUND);
    struct process *next = peer_obeying();
    assert_answer(ask(next, "open_or_create %s size=%u persistent pattern", name, SIZE), "ISM_OK");
    assert_answer(ask(next, "initialised"), "1");
    assert_answer(ask(next, "pattern"), "yes");
    dismiss(next);
    assert_status(ism_region_remove(name), ISM_OK);
}

static void create_persistent(const char *name, unsigned char byte, ism_region_info *info)
{
    ism_region_options options = {.size = SIZE, .lifetime = ISM_LIFETIME_PERSISTENT};
    ism_region *region;

    assert_status(ism_region_create(name, &options, &region), ISM_OK);
    assert_status(ism_region_get_info(region, info), ISM_OK);
    memset(ism_region_data(region), byte, SIZE);
    close_region(region);
    assert_status(status_of_open(name, NULL), ISM_OK);
}

/* Each way to meet what is left. */
static void r6_a_persistent_region_is_gone_after_a_restart(void **state)
{
    enum { BY_OPEN, BY_REMOVE, BY_TIDY, BY_CREATE, WAYS };
    const char *name = NAME("x");
    ism_region_options options = {.size = SIZE, .lifetime = ISM_LIFETIME_PERSISTENT};
    ism_region_info info;
    ism_region *region;

    (void)state;
    for (int way = 0; way < WAYS; way++) {
        create_persistent(name, 6, &info);
        if (!native_restart(info.path)) {
            assert_status(ism_region_remove(name), ISM_OK);
            skip_because("a restart of this system can't be had for a test");
        }
        assert_true(native_file_exists(info.path));
        if (way == BY_OPEN)
            assert_status(status_of_open(name, NULL), ISM_E_NOT_FOUND);
        if (way == BY_REMOVE)
            assert_status(ism_region_remove(name), ISM_E_NOT_FOUND);
        if (way == BY_TIDY)
            assert_status(ism_region_tidy(NULL, NULL), ISM_OK);
        if (way == BY_TIDY)
            assert_false(native_file_exists(info.path));
        assert_int_equal(leftovers_regions(name), 0);
        assert_status(ism_region_open_or_create(name, &options, &region), ISM_OK);
        assert_true(region_holds(region, 0));
        assert_status(ism_region_remove(name), ISM_OK);
        close_region(region);
        assert_false(native_file_exists(info.path));
    }
}

static void r6_the_file_of_a_removed_persistent_region_goes_with_its_last_user(void **state)
{
    const char *name = NAME("x");
    ism_region_info info;

    (void)state;
    for (int killed = 0; killed < 2; killed++) {
        struct process *peer = peer_obeying();
        create_persistent(name, 5, &info);
        assert_answer(ask(peer, "open %s", name), "ISM_OK");
        assert_status(ism_region_remove(name), ISM_OK);
        assert_answer(ask(peer, "holds 5"), "yes");
        assert_status(status_of_open(name, NULL), ISM_E_NOT_FOUND);
        if (killed)
            kill_and_wait(peer);
        else
            dismiss(peer);
        assert_status(ism_region_tidy(NULL, NULL), ISM_OK);
        assert_int_equal(leftovers_regions(name), 0);
        if (info.path[0] != '\0')
            assert_false(native_file_exists(info.path));
    }
}

/* Where the system's files ignore case, too. */
static void r6_persistent_regions_whose_names_differ_in_case_are_two(void **state)
{
    const char *small = NAME("abcdefgh"), *large = NAME("aBcdefgH");
    ism_region_info info;

    (void)state;
    create_persistent(small, 1, &info);
    create_persistent(large, 2, &info);
    ism_region *first = open_region(small), *second = open_region(large);
    assert_true(region_holds(first, 1));
    assert_true(region_holds(second, 2));
    close_region(first);
    close_region(second);
    assert_int_equal(leftovers_regions(small), 1);
    assert_int_equal(leftovers_regions(large), 1);
    assert_status(ism_region_remove(small), ISM_OK);
    assert_status(status_of_open(small, NULL), ISM_E_NOT_FOUND);
    assert_status(status_of_open(large, NULL), ISM_OK);
    assert_status(ism_region_remove(large), ISM_OK);
}

/* Two processes come to a region that nobody has, as fast as they can. */
static void r6_who_opens_a_persistent_region_anew_has_the_same_as_others(void **state)
{
    const char *name = NAME("x");
    ism_region_info info;

    (void)state;
    create_persistent(name, 7, &info);
    struct process *one = peer_obeying(), *two = peer_obeying();
    for (int round = 0; round < 20; round++) {
        tell(one, "open %s", name);
        tell(two, "open %s", name);
        assert_answer(answer(one), "ISM_OK");
        assert_answer(answer(two), "ISM_OK");
        assert_answer(ask(one, "poke 3 %d", round + 1), "ok");
        assert_int_equal(atoi(ask(two, "peek 3")), round + 1);
        assert_answer(ask(one, "close"), "ISM_OK");
        assert_answer(ask(two, "close"), "ISM_OK");
    }
    dismiss(one);
    dismiss(two);
    assert_status(ism_region_remove(name), ISM_OK);
}

/* The one who is killed creates as fast as it can; each time it is killed a little later. */
static void r6_creating_a_persistent_region_can_be_killed_at_any_time(void **state)
{
    enum { ROUNDS = 16, STEP = 150 /* microseconds */ };
    const char *name = NAME("x");
    ism_region_options options = {.size = SIZE, .lifetime = ISM_LIFETIME_PERSISTENT};
    ism_region_info info;
    ism_region *region;

    (void)state;
    create_persistent(name, 1, &info);
    assert_status(ism_region_remove(name), ISM_OK);
    for (unsigned round = 0; round < ROUNDS; round++) {
        struct process *peer = peer_obeying();
        assert_answer(ask(peer, "create %s size=1", NAME("other")), "ISM_OK");
        tell(peer, "create %s size=%u persistent pattern", name, SIZE);
        process_spin(round * STEP);
        kill_and_wait(peer);
        ism_status status = ism_region_open(name, NULL, &region);
        if (status == ISM_OK) {
            assert_true(((volatile unsigned char *)ism_region_data(region))[SIZE - 1] != 0);
            close_region(region);
            assert_status(ism_region_remove(name), ISM_OK);
        } else {
            assert_status(status, ISM_E_NOT_FOUND);
        }
        assert_int_equal(leftovers_live_regions(name), 0);
        assert_status(ism_region_open_or_create(name, &options, &region), ISM_OK);
        assert_true(region_holds(region, 0));
        assert_status(ism_region_remove(name), ISM_OK);
        close_region(region);
        assert_status(ism_region_tidy(NULL, NULL), ISM_OK);
        assert_int_equal(leftovers_regions(name), 0);
        if (info.path[0] != '\0')
            assert_false(native_file_exists(info.path));
    }
}

/* ---- R7 ---- */

static void r7_a_removed_name_is_free_at_once_and_the_memory_stays(void **state)
{
    const char *name = NAME("x");

    (void)state;
    struct process *peer = peer_obeying();
    ism_region *old = create_region(name, SIZE);
    assert_answer(ask(peer, "open %s", name), "ISM_OK");
    memset(ism_region_data(old), 8, SIZE);
    assert_status(ism_region_remove(name), ISM_OK);
    assert_status(status_of_open(name, NULL), ISM_E_NOT_FOUND);
    assert_status(ism_region_remove(name), ISM_E_NOT_FOUND);
    assert_int_equal(leftovers_live_regions(name), 0);
    assert_answer(ask(peer, "holds 8"), "yes");

    ism_region *fresh = create_region(name, SIZE);
    assert_true(region_holds(fresh, 0));
    assert_answer(ask(peer, "fill 9"), "ok");
    assert_true(region_holds(old, 9));
    assert_true(region_holds(fresh, 0));
    assert_int_equal(leftovers_live_regions(name), 1);
    close_region(old);
    assert_answer(ask(peer, "holds 9"), "yes");
    dismiss(peer);
    assert_status(status_of_open(name, NULL), ISM_OK);
    close_region(fresh);
}

static void r7_a_name_can_be_taken_away_again_and_again(void **state)
{
    enum { COUNT = 12 };
    ism_region *regions[COUNT];
    const char *name = NAME("x");

    (void)state;
    for (int i = 0; i < COUNT; i++) {
        regions[i] = create_region(name, SIZE);
        memset(ism_region_data(regions[i]), i + 1, SIZE);
        assert_status(ism_region_remove(name), ISM_OK);
    }
    for (int i = 0; i < COUNT; i++)
        assert_true(region_holds(regions[i], (unsigned char)(i + 1)));
    for (int i = 0; i < COUNT; i++)
        close_region(regions[i]);
}

static void r7_of_several_removers_one_succeeds(void **state)
{
    enum { PEERS = 4, ROUNDS = 50 };
    struct process *peers[PEERS];

    (void)state;
    for (int i = 0; i < PEERS; i++)
        peers[i] = peer_obeying();
    for (int round = 0; round < ROUNDS; round++) {
        int removed = 0;
        ism_region *region = create_region(NAME("x"), SIZE);
        for (int i = 0; i < PEERS; i++)
            tell(peers[i], "remove %s", NAME("x"));
        for (int i = 0; i < PEERS; i++) {
            const char *status = answer(peers[i]);
            removed += strcmp(status, "ISM_OK") == 0;
            if (strcmp(status, "ISM_OK") != 0)
                assert_answer(status, "ISM_E_NOT_FOUND");
        }
        assert_int_equal(removed, 1);
        close_region(region);
    }
    for (int i = 0; i < PEERS; i++)
        dismiss(peers[i]);
}

/* Each region is there until somebody is told that he removed it, and only one is. */
static void r7_as_many_removals_are_told_as_regions_were_removed(void **state)
{
    enum { PEERS = 3, REGIONS = 200, REGIONS_ON_WINE = 20 };
    struct process *peers[PEERS];
    const unsigned count = backend_is("win32") ? REGIONS_ON_WINE : REGIONS;
    const char *name = NAME("x"), *end = NAME("end");
    unsigned told = 0;

    (void)state;
    for (int i = 0; i < PEERS; i++) {
        peers[i] = peer_obeying();
        tell(peers[i], "remove_until %s %s", name, end);
    }
    for (unsigned i = 0; i < count; i++) {
        const uint64_t until = process_milliseconds() + PROCESS_LIMIT;
        ism_region *region = create_region(name, SIZE);
        while (status_of_open(name, NULL) != ISM_E_NOT_FOUND)
            assert_true(process_milliseconds() < until);
        close_region(region);
    }
    ism_region *stop = create_region(end, 1);
    for (int i = 0; i < PEERS; i++) {
        const char *number = answer(peers[i]);
        if (strncmp(number, "ISM_", 4) == 0)
            assert_answer(number, "how often");
        told += (unsigned)atoi(number);
    }
    assert_int_equal(told, count);
    for (int i = 0; i < PEERS; i++)
        dismiss(peers[i]);
    close_region(stop);
}

/* The old one's memory stays, and ends with its own last process, however many new ones come after it. */
static void r7_several_generations_of_a_name_live_side_by_side(void **state)
{
    enum { GENERATIONS = 4 };
    const char *name = NAME("x");
    struct process *peers[GENERATIONS];
    ism_region *regions[GENERATIONS];

    (void)state;
    for (int i = 0; i < GENERATIONS; i++) {
        peers[i] = peer_obeying();
        regions[i] = create_region(name, SIZE + (unsigned)i);
        memset(ism_region_data(regions[i]), i + 1, SIZE + (size_t)i);
        assert_answer(ask(peers[i], "open %s size=%u", name, SIZE + (unsigned)i), "ISM_OK");
        if (i + 1 < GENERATIONS)
            assert_status(ism_region_remove(name), ISM_OK);
    }
    for (int i = 0; i < GENERATIONS; i++) {
        assert_answer(ask(peers[i], "holds %d", i + 1), "yes");
        assert_answer(ask(peers[i], "poke 9 %d", 100 + i), "ok");
    }
    assert_int_equal(leftovers_live_regions(name), 1);
    for (int i = 0; i < GENERATIONS; i++)
        assert_int_equal(((volatile unsigned char *)ism_region_data(regions[i]))[9], 100 + i);
    for (int i = 0; i < GENERATIONS; i += 2) {
        kill_and_wait(peers[i]);
        assert_int_equal(((volatile unsigned char *)ism_region_data(regions[i]))[9], 100 + i);
        close_region(regions[i]);
        assert_status(status_of_open(name, NULL), ISM_OK);
    }
    for (int i = 1; i < GENERATIONS; i += 2) {
        assert_answer(ask(peers[i], "peek 9"), i == 1 ? "101" : "103");
        close_region(regions[i]);
        dismiss(peers[i]);
    }
    assert_status(status_of_open(name, NULL), ISM_E_NOT_FOUND);
    assert_status(ism_region_tidy(NULL, NULL), ISM_OK);
    assert_int_equal(leftovers_regions(name), 0);
}

/* A lock in a region that has no name any more is as good as any, its owner's death included. */
static void r7_a_removed_regions_lock_still_tells_of_its_owners_death(void **state)
{
    const char *name = NAME("x");

    (void)state;
    ism_region *old = create_region(name, SIZE);
    struct process *owner = peer_obeying();
    assert_answer(ask(owner, "open %s", name), "ISM_OK");
    assert_answer(ask(owner, "lock 0"), "ISM_OK");
    assert_status(ism_region_remove(name), ISM_OK);
    ism_region *fresh = create_region(name, SIZE);
    assert_status(ism_mutex_try_lock(ism_region_data(fresh)), ISM_OK);
    assert_status(ism_mutex_try_lock(ism_region_data(old)), ISM_E_BUSY);
    kill_and_wait(owner);
    assert_status(ism_mutex_try_lock(ism_region_data(old)), ISM_OWNER_DIED);
    assert_status(ism_mutex_unlock(ism_region_data(old)), ISM_OK);
    assert_status(ism_mutex_unlock(ism_region_data(fresh)), ISM_OK);
    close_region(old);
    close_region(fresh);
}

static void r7_removing_the_old_one_does_not_touch_the_new_one(void **state)
{
    const char *name = NAME("x");

    (void)state;
    struct process *peer = peer_obeying();
    assert_answer(ask(peer, "create %s size=%u", name, SIZE), "ISM_OK");
    assert_status(ism_region_remove(name), ISM_OK);
    ism_region *fresh = create_region(name, SIZE);
    memset(ism_region_data(fresh), 3, SIZE);
    assert_answer(ask(peer, "close"), "ISM_OK");
    assert_int_equal(leftovers_live_regions(name), 1);
    assert_answer(ask(peer, "open %s", name), "ISM_OK");
    assert_answer(ask(peer, "holds 3"), "yes");
    close_region(fresh);
    dismiss(peer);
}

/* ---- R12 ---- */

static void r12_a_forked_child_keeps_the_region_when_its_parent_has_died(void **state)
{
    const char *name = NAME("x");

    (void)state;
    struct process *peer = peer_obeying();
    assert_answer(ask(peer, "create %s size=%u", name, SIZE), "ISM_OK");
    assert_answer(ask(peer, "fill 2"), "ok");
    if (strcmp(ask(peer, "fork"), "no") == 0) {
        dismiss(peer);
        skip_because("this system has no fork");
    }
    kill_and_wait(peer);
    assert_answer(ask(peer, "holds 2"), "yes");
    assert_int_equal(leftovers_live_regions(name), 1);
    ism_region *region = open_region(name);
    assert_answer(ask(peer, "poke 0 3"), "ok");
    assert_int_equal(((volatile char *)ism_region_data(region))[0], 3);
    close_region(region);
    assert_answer(ask(peer, "close"), "ISM_OK");
    assert_status(status_of_open(name, NULL), ISM_E_NOT_FOUND);
    assert_int_equal(leftovers_regions(name), 0);
    process_end_input(peer);
    assert_true(process_output_ended(peer));
}

static void r12_closing_in_the_child_leaves_the_parents_region_and_the_other_way_round(void **state)
{
    const char *name = NAME("x");

    (void)state;
    struct process *peer = peer_obeying();
    assert_answer(ask(peer, "create %s size=%u", name, SIZE), "ISM_OK");
    if (strcmp(ask(peer, "fork"), "no") == 0) {
        dismiss(peer);
        skip_because("this system has no fork");
    }
    assert_answer(ask(peer, "close"), "ISM_OK");
    assert_status(status_of_open(name, NULL), ISM_OK);
    assert_answer(ask(peer, "open %s", name), "ISM_OK");
    assert_answer(ask(peer, "fill 7"), "ok");
    assert_answer(ask(peer, "exit"), "parent");
    assert_answer(ask(peer, "holds 7"), "yes");
    assert_status(status_of_open(name, NULL), ISM_OK);
    assert_answer(ask(peer, "close"), "ISM_OK");
    assert_status(status_of_open(name, NULL), ISM_E_NOT_FOUND);
    assert_int_equal(leftovers_regions(name), 0);
    dismiss(peer);
}

static void r12_an_exec_gives_the_region_up(void **state)
{
    const char *name = NAME("x");

    (void)state;
    struct process *peer = peer_obeying();
    assert_answer(ask(peer, "create %s size=%u", name, SIZE), "ISM_OK");
    if (strcmp(ask(peer, "exec"), "exec") != 0) {
        dismiss(peer);
        skip_because("this system has no exec");
    }
    assert_int_equal(leftovers_live_regions(name), 0);
    assert_status(status_of_open(name, NULL), ISM_E_NOT_FOUND);
    assert_status(ism_region_tidy(NULL, NULL), ISM_OK);
    dismiss(peer);
}

/* ---- R13 ---- */

struct visits {
    const char *name;
    unsigned count;
    ism_status outcome;
    ism_region_info info;
};

static int visit(const ism_region_info *info, ism_status outcome, void *context)
{
    struct visits *visits = context;
    if (strcmp(info->name, visits->name) == 0) {
        visits->count++;
        visits->outcome = outcome;
        visits->info = *info;
    }
    return 0;
}

static void r13_a_list_shows_each_region_once_with_what_it_is(void **state)
{
    struct visits visits = {.name = NAME("x")};
    ism_region_options options = {.size = 777, .capacity = 88888};
    ism_region_info info;
    ism_region *region;

    (void)state;
    assert_status(ism_region_create(NAME("x"), &options, &region), ISM_OK);
    assert_status(ism_region_list(visit, &visits), ISM_OK);
    assert_int_equal(visits.count, 1);
    assert_status(visits.outcome, ISM_OK);
    assert_status(ism_region_look(NAME("x"), &info), ISM_OK);
    assert_int_equal(visits.info.size, 777);
    assert_int_equal(info.size, 777);
    assert_int_equal(visits.info.capacity, 88888);
    assert_int_equal(visits.info.stale, 0);
    assert_int_equal(visits.info.ready, 1);
    assert_string_equal(visits.info.native_name, ism_region_native_name(region));
    assert_string_equal(visits.info.path, info.path);
    close_region(region);
}

static bool is_attached(const ism_region_info *info, uint64_t id)
{
    for (uint32_t i = 0; i < info->attached_count; i++)
        if (info->attached[i] == id)
            return true;
    return false;
}

static void r13_the_info_tells_who_is_attached(void **state)
{
    const char *name = NAME("x");
    ism_region_info info;

    (void)state;
    ism_region *region = create_region(name, SIZE);
    struct process *peer = peer_obeying(), *reader = peer_obeying();
    assert_answer(ask(peer, "open %s", name), "ISM_OK");
    assert_answer(ask(reader, "open %s", name), "ISM_OK");
    assert_status(ism_region_get_info(region, &info), ISM_OK);
    assert_true(is_attached(&info, process_own_id()));
    assert_true(is_attached(&info, process_id(peer)));
    assert_true(is_attached(&info, process_id(reader)));
    assert_int_equal(info.attached_count, 3);
    dismiss(reader);
    kill_and_wait(peer);
    process_free(peer);
    assert_status(ism_region_look(name, &info), ISM_OK);
    assert_true(is_attached(&info, process_own_id()));
    assert_int_equal(info.attached_count, 1);
    close_region(region);
}

static int stop_at_once(const ism_region_info *info, ism_status outcome, void *context)
{
    (void)info;
    (void)outcome;
    ++*(unsigned *)context;
    return 1;
}

static void r13_a_visitor_can_stop_and_can_call_the_library(void **state)
{
    unsigned visited = 0;

    (void)state;
    ism_region *one = create_region(NAME("x"), 1), *two = create_region(NAME("y"), 1);
    assert_status(ism_region_list(stop_at_once, &visited), ISM_OK);
    assert_int_equal(visited, 1);
    close_region(two);
    close_region(one);
}

static int remove_visited(const ism_region_info *info, ism_status outcome, void *context)
{
    (void)outcome;
    if (strncmp(info->name, context, strlen(context)) == 0) {
        assert_status(status_of_open(info->name, NULL), ISM_OK);
        assert_status(ism_region_remove(info->name), ISM_OK);
    }
    return 0;
}

static void r13_a_visitor_may_remove_what_it_visits(void **state)
{
    char prefix[ISM_NAME_MAX + 1];

    (void)state;
    (void)snprintf(prefix, sizeof prefix, "%s", NAME("x"));
    ism_region *one = create_region(NAME("x1"), 1), *two = create_region(NAME("x2"), 1);
    assert_status(ism_region_list(remove_visited, prefix), ISM_OK);
    assert_int_equal(leftovers_regions(prefix), 0);
    close_region(two);
    close_region(one);
}

static void r13_tidy_frees_what_the_dead_left_and_nothing_else(void **state)
{
    const char *dead = NAME("dead"), *half = NAME("half"), *alive = NAME("alive");
    struct visits visits = {.name = dead};

    (void)state;
    struct process *victim = peer_obeying(), *maker = peer_obeying();
    ism_region *region = create_region(alive, SIZE);
    memset(ism_region_data(region), 1, SIZE);
    assert_answer(ask(victim, "create %s size=%u", dead, SIZE), "ISM_OK");
    assert_answer(ask(maker, "create %s size=%u halting", half, SIZE), "initialising");
    assert_status(ism_region_tidy(visit, &visits), ISM_OK);
    assert_int_equal(visits.count, 0);
    kill_and_wait(victim);
    assert_status(ism_region_tidy(visit, &visits), ISM_OK);
    if (visits.count > 0)
        assert_status(visits.outcome, ISM_OK);
    assert_int_equal(leftovers_regions(dead), 0);
    assert_int_equal(leftovers_live_regions(alive), 1);
    assert_answer(ask(maker, "go"), "ISM_OK");
    assert_status(status_of_open(half, NULL), ISM_OK);
    dismiss(maker);
    close_region(region);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        promise(r6_a_region_ends_with_its_last_close),
        promise(r6_a_region_outlives_its_creator_while_another_has_it),
        promise(r6_attaching_confers_no_ownership),
        promise(r6_exit_without_close_is_as_good),
        promise(r6_region_is_gone_after_kill_of_all),
        promise(r6_persistent_regions_stay_until_removed),
        promise(r6_a_persistent_region_that_was_never_ready_is_started_over),
        promise(r6_a_persistent_region_is_gone_after_a_restart),
        promise(r6_the_file_of_a_removed_persistent_region_goes_with_its_last_user),
        promise(r6_persistent_regions_whose_names_differ_in_case_are_two),
        promise(r6_who_opens_a_persistent_region_anew_has_the_same_as_others),
        promise(r6_creating_a_persistent_region_can_be_killed_at_any_time),
        promise(r7_a_removed_name_is_free_at_once_and_the_memory_stays),
        promise(r7_a_name_can_be_taken_away_again_and_again),
        promise(r7_of_several_removers_one_succeeds),
        promise(r7_as_many_removals_are_told_as_regions_were_removed),
        promise(r7_several_generations_of_a_name_live_side_by_side),
        promise(r7_a_removed_regions_lock_still_tells_of_its_owners_death),
        promise(r7_removing_the_old_one_does_not_touch_the_new_one),
        promise(r12_a_forked_child_keeps_the_region_when_its_parent_has_died),
        promise(r12_closing_in_the_child_leaves_the_parents_region_and_the_other_way_round),
        promise(r12_an_exec_gives_the_region_up),
        promise(r13_a_list_shows_each_region_once_with_what_it_is),
        promise(r13_the_info_tells_who_is_attached),
        promise(r13_a_visitor_can_stop_and_can_call_the_library),
        promise(r13_a_visitor_may_remove_what_it_visits),
        promise(r13_tidy_frees_what_the_dead_left_and_nothing_else),
    };
    return cmocka_run_group_tests_name("lifetime", tests, NULL, NULL);
}
