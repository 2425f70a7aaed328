/* fork_test.c: a forked child keeps its parent's regions, counts for them as one more process, and owns no lock
 * (R12): whatever it does, also nothing; see lifetime_test.c for the plain cases. */
#include "regions.h"

#include <inttypes.h>

#define SIZE 10000u
#define NO_FORK "this system has no fork"

/* A peer with a region, and its forked child, which answers now. NULL where there is no fork. */
static struct process *peer_forked(const char *name, uint64_t *child)
{
    unsigned long long id = 0;
    struct process *peer = peer_obeying();

    assert_answer(ask(peer, "create %s size=%u", name, SIZE), "ISM_OK");
    assert_answer(ask(peer, "fill 5"), "ok");
    if (strcmp(ask(peer, "fork"), "no") == 0) {
        dismiss(peer);
        return NULL;
    }
    assert_int_equal(sscanf(ask(peer, "id"), "%llu", &id), 1);
    assert_int_not_equal(id, process_id(peer));
    *child = id;
    return peer;
}

static void await_end_of(uint64_t id)
{
    const uint64_t until = process_milliseconds() + PROCESS_LIMIT;
    while (!process_gone(id)) {
        assert_true(process_milliseconds() < until);
        process_pause();
    }
}

static void assert_gone(const char *name)
{
    assert_int_equal(leftovers_live_regions(name), 0);
    assert_status(status_of_open(name, NULL), ISM_E_NOT_FOUND);
    close_region(create_region(name, SIZE));
    assert_int_equal(leftovers_regions(name), 0);
}

/* It only waits for input, and has called nothing since the fork. */
static void r12_a_child_that_never_calls_keeps_the_region_until_it_is_killed(void **state)
{
    const char *name = NAME("x");
    uint64_t child;

    (void)state;
    struct process *peer = peer_forked(name, &child);
    if (peer == NULL)
        skip_because(NO_FORK);
    kill_and_wait(peer);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(leftovers_live_regions(name), 1);
        assert_status(status_of_open(name, NULL), ISM_OK);
        assert_status(ism_region_tidy(NULL, NULL), ISM_OK);
    }
    assert_answer(ask(peer, "holds 5"), "yes");
    tell(peer, "die");
    await_end_of(child);
    assert_gone(name);
}

static void r12_a_childs_death_leaves_the_region_to_its_parent(void **state)
{
    const char *name = NAME("x");
    uint64_t child;

    (void)state;
    for (int way = 0; way < 2; way++) {
        struct process *peer = peer_forked(name, &child);
        if (peer == NULL)
            skip_because(NO_FORK);
        if (way == 1)
            assert_answer(ask(peer, "close"), "ISM_OK");
        assert_answer(ask(peer, "die"), "parent");
        assert_answer(ask(peer, "holds 5"), "yes");
        assert_int_equal(leftovers_live_regions(name), 1);
        assert_status(ism_region_tidy(NULL, NULL), ISM_OK);
        assert_status(status_of_open(name, NULL), ISM_OK);
        kill_and_wait(peer);
        assert_gone(name);
        process_free(peer);
    }
}

/* The last of three generations ends it, in whatever order the others went. */
static void r12_a_grandchild_keeps_the_region_too(void **state)
{
    const char *name = NAME("x");
    uint64_t child;
    unsigned long long grandchild = 0;

    (void)state;
    struct process *peer = peer_forked(name, &child);
    if (peer == NULL)
        skip_because(NO_FORK);
    assert_answer(ask(peer, "fork"), "child");
    assert_int_equal(sscanf(ask(peer, "id"), "%llu", &grandchild), 1);
    kill_and_wait(peer);
    assert_answer(ask(peer, "holds 5"), "yes");
    assert_status(status_of_open(name, NULL), ISM_OK);
    assert_answer(ask(peer, "die"), "parent");
    assert_answer(ask(peer, "holds 5"), "yes");
    assert_status(status_of_open(name, NULL), ISM_OK);
    tell(peer, "die");
    await_end_of(child);
    assert_gone(name);
}

/* Its parent has the region still in one case, and is dead in the other. */
static void r12_a_child_that_becomes_another_program_gives_the_region_up(void **state)
{
    const char *name = NAME("x");
    uint64_t child;

    (void)state;
    for (int orphaned = 0; orphaned < 2; orphaned++) {
        struct process *peer = peer_forked(name, &child);
        if (peer == NULL)
            skip_because(NO_FORK);
        if (orphaned) {
            kill_and_wait(peer);
            assert_status(status_of_open(name, NULL), ISM_OK);
        }
        assert_answer(ask(peer, "exec"), "exec");
        assert_int_equal(leftovers_live_regions(name), !orphaned);
        assert_status(status_of_open(name, NULL), orphaned ? ISM_E_NOT_FOUND : ISM_OK);
        assert_answer(ask(peer, "open_or_create %s size=%u", name, SIZE), "ISM_OK");
        assert_answer(ask(peer, "holds %d", orphaned ? 0 : 5), "yes");
        if (orphaned) {
            tell(peer, "die");
            await_end_of(child);
        } else {
            assert_answer(ask(peer, "die"), "parent");
            assert_answer(ask(peer, "holds 5"), "yes");
            kill_and_wait(peer);
        }
        assert_gone(name);
        process_free(peer);
    }
}

static void r12_a_child_owns_no_lock_and_can_take_its_own(void **state)
{
    const char *name = NAME("x");
    uint64_t child;

    (void)state;
    struct process *peer = peer_obeying();
    assert_answer(ask(peer, "create %s size=%u", name, SIZE), "ISM_OK");
    assert_answer(ask(peer, "lock 0"), "ISM_OK");
    if (strcmp(ask(peer, "fork"), "no") == 0) {
        dismiss(peer);
        skip_because(NO_FORK);
    }
    assert_int_equal(sscanf(ask(peer, "id"), "%" SCNu64, &child), 1);
    assert_answer(ask(peer, "unlock 0"), "ISM_E_NOT_OWNER");
    assert_answer(ask(peer, "try 0"), "ISM_E_BUSY");
    assert_answer(ask(peer, "lock 64"), "ISM_OK");
    ism_region *region = open_region(name);
    ism_mutex *mutexes = ism_region_data(region);
    assert_status(ism_mutex_try_lock(&mutexes[0]), ISM_E_BUSY);
    assert_status(ism_mutex_try_lock(&mutexes[64 / sizeof(ism_mutex)]), ISM_E_BUSY);
    assert_answer(ask(peer, "die"), "parent");
    assert_status(ism_mutex_try_lock(&mutexes[64 / sizeof(ism_mutex)]), ISM_OWNER_DIED);
    assert_status(ism_mutex_try_lock(&mutexes[0]), ISM_E_BUSY);
    assert_status(ism_mutex_unlock(&mutexes[64 / sizeof(ism_mutex)]), ISM_OK);
    assert_answer(ask(peer, "unlock 0"), "ISM_OK");
    close_region(region);
    dismiss(peer);
}

/* The child keeps nothing of it alive, though it never called. */
static void r12_an_owners_death_is_told_while_its_child_lives(void **state)
{
    const char *name = NAME("x");

    (void)state;
    ism_region *region = create_region(name, SIZE);
    struct process *peer = peer_obeying();
    assert_answer(ask(peer, "open %s", name), "ISM_OK");
    assert_answer(ask(peer, "lock 0"), "ISM_OK");
    if (strcmp(ask(peer, "fork"), "no") == 0) {
        dismiss(peer);
        close_region(region);
        skip_because(NO_FORK);
    }
    assert_status(ism_mutex_try_lock(ism_region_data(region)), ISM_E_BUSY);
    kill_and_wait(peer);
    assert_status(ism_mutex_try_lock(ism_region_data(region)), ISM_OWNER_DIED);
    assert_status(ism_mutex_consistent(ism_region_data(region)), ISM_OK);
    assert_status(ism_mutex_unlock(ism_region_data(region)), ISM_OK);
    assert_answer(ask(peer, "lock 0"), "ISM_OK");
    assert_answer(ask(peer, "unlock 0"), "ISM_OK");
    assert_answer(ask(peer, "close"), "ISM_OK");
    close_region(region);
}

/* Other threads are anywhere in creating, opening, locking and closing while one forks; see peer_rounds.c. */
static void r12_one_may_fork_while_other_threads_use_the_library(void **state)
{
    const char *name = NAME("x");

    (void)state;
    struct process *peer = peer_start("fork", name, "40", NULL);
    const char *told = answer(peer);
    if (strcmp(told, "no") == 0) {
        dismiss(peer);
        skip_because(NO_FORK);
    }
    assert_answer(told, "ok");
    dismiss(peer);
    assert_int_equal(leftovers_live_regions(name), 0);
    assert_status(ism_region_tidy(NULL, NULL), ISM_OK);
    assert_int_equal(leftovers_regions(name), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        promise(r12_a_child_that_never_calls_keeps_the_region_until_it_is_killed),
        promise(r12_a_childs_death_leaves_the_region_to_its_parent),
        promise(r12_a_grandchild_keeps_the_region_too),
        promise(r12_a_child_that_becomes_another_program_gives_the_region_up),
        promise(r12_a_child_owns_no_lock_and_can_take_its_own),
        promise(r12_an_owners_death_is_told_while_its_child_lives),
        promise(r12_one_may_fork_while_other_threads_use_the_library),
    };
    return cmocka_run_group_tests_name("fork", tests, NULL, NULL);
}
