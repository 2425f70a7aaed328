/* containers_test.c: processes that see different process ids share regions and locks: who lives and who is dead
 * is told right, though ids of one container mean nothing, or another process, in the other (R6, R13, S2). Two
 * peers are in containers of their own, as the same process of each. */
#include "regions.h"

#include <stdlib.h>

#define SIZE 10000u
#define NO_CONTAINER "this system or user can't make containers for a test"

/* A peer whose answers come from inside a container. */
static struct process *peer_contained(void)
{
    struct process *peer = peer_obeying();
    if (strcmp(ask(peer, "contain"), "contained") == 0) {
        assert_true(atoi(ask(peer, "id")) <= 3); /* an emulator may have taken 2 for a thread of its own */
        return peer;
    }
    dismiss(peer);
    return NULL;
}

/* Kill what is in the container. Who made it ends without a clean-up: it can start no thread any more, which some
 * tools do at an orderly end. */
static void kill_contained(struct process *peer)
{
    assert_answer(ask(peer, "die"), "parent");
    tell(peer, "exit");
    assert_int_equal(process_wait(peer), 0);
    process_free(peer);
}

static void end_contained(struct process *peer)
{
    assert_answer(ask(peer, "close"), "ISM_OK");
    kill_contained(peer);
}

static void r6_a_region_lives_as_long_as_a_process_of_any_container(void **state)
{
    const char *name = NAME("x");

    (void)state;
    for (int survivor = 0; survivor < 2; survivor++) {
        struct process *peers[2] = {peer_contained(), peer_contained()};
        if (peers[0] == NULL || peers[1] == NULL)
            skip_because(NO_CONTAINER);
        assert_answer(ask(peers[0], "create %s size=%u", name, SIZE), "ISM_OK");
        assert_answer(ask(peers[0], "fill 7"), "ok");
        assert_answer(ask(peers[1], "open %s", name), "ISM_OK");
        assert_answer(ask(peers[1], "holds 7"), "yes");
        assert_answer(ask(peers[1], "create %s size=%u", name, SIZE), "ISM_E_EXISTS");
        assert_answer(ask(peers[1], "tidy"), "ISM_OK");
        kill_contained(peers[!survivor]);
        assert_status(ism_region_tidy(NULL, NULL), ISM_OK);
        assert_int_equal(leftovers_live_regions(name), 1);
        assert_answer(ask(peers[survivor], "tidy"), "ISM_OK");
        assert_answer(ask(peers[survivor], "holds 7"), "yes");
        assert_answer(ask(peers[survivor], "open %s", name), "ISM_OK");
        kill_contained(peers[survivor]);
        assert_int_equal(leftovers_live_regions(name), 0);
        assert_status(status_of_open(name, NULL), ISM_E_NOT_FOUND);
        close_region(create_region(name, SIZE));
    }
}

/* One who sees no process of that id, and one who is that id itself, must not take it for dead or for its own. */
static void r6_what_only_another_container_has_is_not_tidied_but_what_died_there_is(void **state)
{
    const char *name = NAME("x");

    (void)state;
    struct process *owner = peer_contained(), *tidier = peer_contained();
    if (owner == NULL || tidier == NULL)
        skip_because(NO_CONTAINER);
    assert_answer(ask(owner, "create %s size=%u", name, SIZE), "ISM_OK");
    assert_answer(ask(tidier, "tidy"), "ISM_OK");
    assert_answer(ask(tidier, "regions %s", name), "1");
    assert_answer(ask(tidier, "create %s size=%u", name, SIZE), "ISM_E_EXISTS");
    assert_answer(ask(owner, "holds 0"), "yes");
    kill_contained(owner);
    assert_answer(ask(tidier, "open %s", name), "ISM_E_NOT_FOUND");
    assert_answer(ask(tidier, "tidy"), "ISM_OK");
    assert_answer(ask(tidier, "regions %s", name), "0");
    assert_int_equal(leftovers_regions(name), 0);
    kill_contained(tidier);
}

static void r2_an_initialiser_in_another_container_is_waited_for_or_followed(void **state)
{
    const char *name = NAME("x");

    (void)state;
    struct process *first = peer_contained(), *second = peer_contained();
    if (first == NULL || second == NULL)
        skip_because(NO_CONTAINER);
    assert_answer(ask(first, "open_or_create %s size=%u halting", name, SIZE), "initialising");
    assert_answer(ask(second, "open_or_create %s size=%u pattern within=30", name, SIZE), "ISM_E_TIMED_OUT");
    assert_answer(ask(second, "open %s within=30", name), "ISM_E_TIMED_OUT");
    process_end_input(first);
    assert_answer(ask(second, "open_or_create %s size=%u pattern within=15000", name, SIZE), "ISM_OK");
    assert_answer(ask(second, "initialised"), "1");
    assert_answer(ask(second, "pattern"), "yes");
    process_free(first);
    end_contained(second);
    assert_int_equal(leftovers_regions(name), 0);
}

static void s2_an_owner_in_another_container_is_alive_until_it_dies(void **state)
{
    const char *name = NAME("x");

    (void)state;
    struct process *owner = peer_contained(), *other = peer_contained();
    if (owner == NULL || other == NULL)
        skip_because(NO_CONTAINER);
    ism_region *region = create_region(name, SIZE);
    ism_mutex *mutex = ism_region_data(region);
    assert_answer(ask(owner, "open %s", name), "ISM_OK");
    assert_answer(ask(other, "open %s", name), "ISM_OK");
    assert_answer(ask(owner, "lock 0"), "ISM_OK");
    assert_answer(ask(other, "try 0"), "ISM_E_BUSY");
    assert_answer(ask(other, "unlock 0"), "ISM_E_NOT_OWNER");
    assert_answer(ask(other, "lock_within 0 50"), "ISM_E_TIMED_OUT");
    assert_status(ism_mutex_try_lock(mutex), ISM_E_BUSY);
    kill_contained(owner);
    assert_answer(ask(other, "lock 0"), "ISM_OWNER_DIED");
    assert_answer(ask(other, "consistent 0"), "ISM_OK");
    assert_answer(ask(other, "unlock 0"), "ISM_OK");
    assert_answer(ask(other, "lock 0"), "ISM_OK");
    kill_contained(other);
    assert_status(ism_mutex_lock(mutex), ISM_OWNER_DIED);
    assert_status(ism_mutex_consistent(mutex), ISM_OK);
    assert_status(ism_mutex_unlock(mutex), ISM_OK);
    close_region(region);
}

/* Who waits is told of a death that no process id could have told it of. */
static void s2_who_waits_is_told_of_a_death_in_another_container(void **state)
{
    const char *name = NAME("x");

    (void)state;
    struct process *owner = peer_contained(), *waiter = peer_contained();
    if (owner == NULL || waiter == NULL)
        skip_because(NO_CONTAINER);
    ism_region *region = create_region(name, SIZE);
    ism_mutex *mutex = ism_region_data(region);
    assert_answer(ask(owner, "open %s", name), "ISM_OK");
    assert_answer(ask(waiter, "open %s", name), "ISM_OK");
    assert_answer(ask(owner, "lock 0"), "ISM_OK");
    ism_mutex as_owned = *mutex;
    tell(waiter, "locked_round 0");
    await_waiter(mutex, &as_owned);
    kill_contained(owner);
    assert_answer(answer(waiter), "ISM_OWNER_DIED");
    assert_status(ism_mutex_lock(mutex), ISM_OK);
    assert_status(ism_mutex_unlock(mutex), ISM_OK);
    end_contained(waiter);
    close_region(region);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        promise(r6_a_region_lives_as_long_as_a_process_of_any_container),
        promise(r6_what_only_another_container_has_is_not_tidied_but_what_died_there_is),
        promise(r2_an_initialiser_in_another_container_is_waited_for_or_followed),
        promise(s2_an_owner_in_another_container_is_alive_until_it_dies),
        promise(s2_who_waits_is_told_of_a_death_in_another_container),
    };
    return cmocka_run_group_tests_name("containers", tests, NULL, NULL);
}
