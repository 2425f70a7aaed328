/* owner_death_test.c: the death of a lock's owner is told to the next, wherever and however it dies (S2). */
#include "locks.h"

/* After the death of an owner: the calling thread is told, mends, and the lock is as new. */
static void recover_and_use(struct process *peer)
{
    assert_status(ism_mutex_consistent(&shared->mutex), ISM_OK);
    assert_status(ism_mutex_consistent(&shared->mutex), ISM_E_INVALID);
    assert_answer(ask(peer, "try 0"), "ISM_E_BUSY");
    assert_status(ism_mutex_unlock(&shared->mutex), ISM_OK);
    assert_answer(ask(peer, "lock 0"), "ISM_OK");
    assert_answer(ask(peer, "unlock 0"), "ISM_OK");
    assert_status(ism_mutex_lock(&shared->mutex), ISM_OK);
    assert_status(ism_mutex_unlock(&shared->mutex), ISM_OK);
}

static void s2_owner_death_is_told_to_the_next_locker(void **state)
{
    (void)state;
    create(NAME("x"));
    struct process *peer = peer_with(NAME("x"));
    for (int way = 0; way < 3; way++) {
        struct process *owner = peer_with(NAME("x"));
        assert_answer(ask(owner, "lock 0"), "ISM_OK");
        kill_and_wait(owner);
        if (way == 0)
            assert_status(ism_mutex_lock(&shared->mutex), ISM_OWNER_DIED);
        if (way == 1)
            assert_status(ism_mutex_try_lock(&shared->mutex), ISM_OWNER_DIED);
        if (way == 2)
            assert_status(ism_mutex_lock_until(&shared->mutex, ism_deadline_after(0)), ISM_OWNER_DIED);
        recover_and_use(peer);
        process_free(owner);
    }
    dismiss(peer);
    close_region();
}

static void s2_owner_death_is_told_to_one_who_waits(void **state)
{
    (void)state;
    create(NAME("x"));
    struct process *owner = peer_with(NAME("x")), *waiter = peer_with(NAME("x"));
    assert_answer(ask(owner, "lock 0"), "ISM_OK");
    ism_mutex as_owned = shared->mutex;
    tell(waiter, "lock 0");
    await_waiter(&shared->mutex, &as_owned);
    kill_and_wait(owner);
    assert_answer(answer(waiter), "ISM_OWNER_DIED");
    assert_answer(ask(waiter, "consistent 0"), "ISM_OK");
    assert_answer(ask(waiter, "unlock 0"), "ISM_OK");
    assert_status(ism_mutex_lock(&shared->mutex), ISM_OK);
    assert_status(ism_mutex_unlock(&shared->mutex), ISM_OK);
    dismiss(waiter);
    close_region();
}

static void s2_of_several_who_wait_one_is_told_and_the_others_get_a_whole_lock(void **state)
{
    enum { WAITERS = 4 };
    struct process *waiters[WAITERS];
    int told = 0;

    (void)state;
    create(NAME("x"));
    struct process *owner = peer_with(NAME("x"));
    assert_answer(ask(owner, "lock 0"), "ISM_OK");
    ism_mutex as_owned = shared->mutex;
    for (int i = 0; i < WAITERS; i++) {
        waiters[i] = peer_with(NAME("x"));
        tell(waiters[i], "locked_round 0");
    }
    await_waiter(&shared->mutex, &as_owned);
    kill_and_wait(owner);
    for (int i = 0; i < WAITERS; i++) {
        const char *status = answer(waiters[i]);
        told += strcmp(status, "ISM_OWNER_DIED") == 0;
        if (strcmp(status, "ISM_OWNER_DIED") != 0)
            assert_answer(status, "ISM_OK");
    }
    assert_int_equal(told, 1);
    for (int i = 0; i < WAITERS; i++)
        dismiss(waiters[i]);
    close_region();
}

static void s2_the_death_of_an_owning_thread_is_told(void **state)
{
    (void)state;
    create(NAME("x"));
    struct process *peer = peer_with(NAME("x"));
    assert_answer(ask(peer, "lock_in_thread 0"), "ISM_OK");
    assert_status(ism_mutex_lock(&shared->mutex), ISM_OWNER_DIED);
    recover_and_use(peer);
    assert_answer(ask(peer, "lock_in_thread 0"), "ISM_OK");
    assert_answer(ask(peer, "lock 0"), "ISM_OWNER_DIED");
    assert_answer(ask(peer, "consistent 0"), "ISM_OK");
    assert_answer(ask(peer, "unlock 0"), "ISM_OK");
    assert_answer(ask(peer, "close"), "ISM_OK");
    dismiss(peer);
    close_region();
}

static void s2_exit_while_owning_is_a_death(void **state)
{
    (void)state;
    create(NAME("x"));
    struct process *owner = peer_with(NAME("x")), *peer = peer_with(NAME("x"));
    assert_answer(ask(owner, "lock 0"), "ISM_OK");
    tell(owner, "exit");
    assert_int_equal(process_wait(owner), 0);
    assert_status(ism_mutex_lock(&shared->mutex), ISM_OWNER_DIED);
    recover_and_use(peer);
    dismiss(peer);
    close_region();
}

static void s2_an_exec_while_owning_is_a_death(void **state)
{
    (void)state;
    create(NAME("x"));
    struct process *owner = peer_with(NAME("x")), *peer = peer_with(NAME("x"));
    assert_answer(ask(owner, "lock 0"), "ISM_OK");
    if (strcmp(ask(owner, "exec"), "exec") != 0) {
        dismiss(peer);
        process_free(owner);
        close_region();
        skip_because("this system has no exec");
    }
    assert_status(ism_mutex_lock(&shared->mutex), ISM_OWNER_DIED);
    recover_and_use(peer);
    dismiss(owner);
    dismiss(peer);
    close_region();
}

static void s2_a_stopped_owner_is_alive(void **state)
{
    (void)state;
    create(NAME("x"));
    struct process *owner = peer_with(NAME("x"));
    assert_answer(ask(owner, "lock 0"), "ISM_OK");
    process_suspend(owner);
    assert_status(ism_mutex_try_lock(&shared->mutex), ISM_E_BUSY);
    assert_status(ism_mutex_lock_until(&shared->mutex, ism_deadline_after(50 * ISM_MILLISECOND)), ISM_E_TIMED_OUT);
    process_resume(owner);
    assert_answer(ask(owner, "unlock 0"), "ISM_OK");
    assert_status(ism_mutex_lock(&shared->mutex), ISM_OK);
    assert_status(ism_mutex_unlock(&shared->mutex), ISM_OK);
    dismiss(owner);
    close_region();
}

static void s2_killed_while_stopped_is_dead(void **state)
{
    (void)state;
    create(NAME("x"));
    struct process *owner = peer_with(NAME("x")), *peer = peer_with(NAME("x"));
    assert_answer(ask(owner, "lock 0"), "ISM_OK");
    process_suspend(owner);
    kill_and_wait(owner);
    assert_status(ism_mutex_lock(&shared->mutex), ISM_OWNER_DIED);
    recover_and_use(peer);
    dismiss(peer);
    close_region();
}

static void s2_unlock_without_consistent_gives_the_lock_up_for_all(void **state)
{
    (void)state;
    create(NAME("x"));
    struct process *owner = peer_with(NAME("x")), *peer = peer_with(NAME("x"));
    assert_answer(ask(owner, "lock 0"), "ISM_OK");
    kill_and_wait(owner);
    assert_status(ism_mutex_lock(&shared->mutex), ISM_OWNER_DIED);
    ism_mutex as_owned = shared->mutex;
    tell(peer, "lock 0");
    await_waiter(&shared->mutex, &as_owned);
    assert_status(ism_mutex_unlock(&shared->mutex), ISM_OK);
    assert_answer(answer(peer), "ISM_E_UNRECOVERABLE");
    assert_answer(ask(peer, "try 0"), "ISM_E_UNRECOVERABLE");
    assert_answer(ask(peer, "lock_within 0 10"), "ISM_E_UNRECOVERABLE");
    assert_answer(ask(peer, "unlock 0"), "ISM_E_NOT_OWNER");
    assert_status(ism_mutex_lock(&shared->mutex), ISM_E_UNRECOVERABLE);
    assert_status(ism_mutex_consistent(&shared->mutex), ISM_E_NOT_OWNER);
    struct process *late = peer_with(NAME("x"));
    assert_answer(ask(late, "lock 0"), "ISM_E_UNRECOVERABLE");
    assert_answer(ask(late, "lock 16"), "ISM_OK");
    assert_answer(ask(late, "unlock 16"), "ISM_OK");
    dismiss(late);
    dismiss(peer);
    close_region();
}

static void s2_all_who_wait_are_told_that_it_was_given_up(void **state)
{
    enum { WAITERS = 4 };
    struct process *waiters[WAITERS];

    (void)state;
    create(NAME("x"));
    struct process *owner = peer_with(NAME("x"));
    assert_answer(ask(owner, "lock 0"), "ISM_OK");
    kill_and_wait(owner);
    assert_status(ism_mutex_lock(&shared->mutex), ISM_OWNER_DIED);
    ism_mutex as_owned = shared->mutex;
    for (int i = 0; i < WAITERS; i++) {
        waiters[i] = peer_with(NAME("x"));
        tell(waiters[i], "lock 0");
    }
    await_waiter(&shared->mutex, &as_owned);
    assert_status(ism_mutex_unlock(&shared->mutex), ISM_OK);
    for (int i = 0; i < WAITERS; i++)
        assert_answer(answer(waiters[i]), "ISM_E_UNRECOVERABLE");
    for (int i = 0; i < WAITERS; i++)
        dismiss(waiters[i]);
    close_region();
}

static void s2_one_who_dies_while_mending_is_an_owner_who_died(void **state)
{
    (void)state;
    create(NAME("x"));
    struct process *peer = peer_with(NAME("x"));
    for (int i = 0; i < 3; i++) {
        struct process *owner = peer_with(NAME("x"));
        assert_answer(ask(owner, "lock 0"), i == 0 ? "ISM_OK" : "ISM_OWNER_DIED");
        kill_and_wait(owner);
    }
    assert_status(ism_mutex_lock(&shared->mutex), ISM_OWNER_DIED);
    recover_and_use(peer);
    dismiss(peer);
    close_region();
}

static void s2_one_who_dies_after_mending_died_too(void **state)
{
    (void)state;
    create(NAME("x"));
    struct process *first = peer_with(NAME("x")), *second = peer_with(NAME("x"));
    assert_answer(ask(first, "lock 0"), "ISM_OK");
    kill_and_wait(first);
    assert_answer(ask(second, "lock 0"), "ISM_OWNER_DIED");
    assert_answer(ask(second, "consistent 0"), "ISM_OK");
    kill_and_wait(second);
    struct process *peer = peer_with(NAME("x"));
    assert_status(ism_mutex_lock(&shared->mutex), ISM_OWNER_DIED);
    recover_and_use(peer);
    dismiss(peer);
    close_region();
}

static void s2_a_lock_given_back_before_death_is_whole(void **state)
{
    (void)state;
    create(NAME("x"));
    struct process *owner = peer_with(NAME("x"));
    assert_answer(ask(owner, "lock 0"), "ISM_OK");
    assert_answer(ask(owner, "lock 16"), "ISM_OK");
    assert_answer(ask(owner, "unlock 0"), "ISM_OK");
    kill_and_wait(owner);
    assert_status(ism_mutex_lock(&shared->mutex), ISM_OK);
    assert_status(ism_mutex_unlock(&shared->mutex), ISM_OK);
    assert_status(ism_mutex_lock(&shared->other), ISM_OWNER_DIED);
    assert_status(ism_mutex_consistent(&shared->other), ISM_OK);
    assert_status(ism_mutex_unlock(&shared->other), ISM_OK);
    close_region();
}

/* The kernel's own robust list ends at 2048. */
static void s2_every_lock_of_a_dead_owner_is_told(void **state)
{
    enum { LOCKS = 4000 };
    (void)state;
    create(NAME("x"));
    struct process *owner = peer_with(NAME("x"));
    ism_mutex *locks = ism_region_data(region);
    assert_answer(ask(owner, "lock_many 0 %d", LOCKS), "ISM_OK");
    kill_and_wait(owner);
    for (int i = 0; i < LOCKS; i++) {
        assert_status(ism_mutex_try_lock(&locks[i]), ISM_OWNER_DIED);
        assert_status(ism_mutex_consistent(&locks[i]), ISM_OK);
        assert_status(ism_mutex_unlock(&locks[i]), ISM_OK);
    }
    assert_status(ism_mutex_try_lock(&locks[LOCKS]), ISM_OK);
    assert_status(ism_mutex_unlock(&locks[LOCKS]), ISM_OK);
    close_region();
}

/* Those who wait are killed while they do; whoever is left gets the lock. */
static void s2_a_killed_waiter_keeps_nobody_from_the_lock(void **state)
{
    enum { ROUNDS = 10 };
    (void)state;
    create(NAME("x"));
    struct process *survivor = peer_with(NAME("x"));
    for (int round = 0; round < ROUNDS; round++) {
        struct process *victim = peer_with(NAME("x"));
        memset(&shared->mutex, 0, sizeof shared->mutex);
        assert_status(ism_mutex_lock(&shared->mutex), ISM_OK);
        ism_mutex as_owned = shared->mutex;
        tell(victim, "lock 0");
        await_waiter(&shared->mutex, &as_owned);
        tell(survivor, "lock_within 0 15000");
        if (round % 2 == 0)
            process_kill(victim);
        assert_status(ism_mutex_unlock(&shared->mutex), ISM_OK);
        process_kill(victim);
        const char *status = answer(survivor);
        if (strcmp(status, "ISM_OWNER_DIED") == 0)
            assert_answer(ask(survivor, "consistent 0"), "ISM_OK");
        else
            assert_answer(status, "ISM_OK");
        assert_answer(ask(survivor, "unlock 0"), "ISM_OK");
        process_free(victim);
    }
    dismiss(survivor);
    close_region();
}

/* Slots and ids are used again; the dead must not be taken for the living that follow them. */
static void s2_a_dead_owner_is_not_taken_for_a_later_process(void **state)
{
    enum { FOLLOWERS = 10 };
    struct process *followers[FOLLOWERS];

    (void)state;
    create(NAME("x"));
    struct process *owner = peer_with(NAME("x"));
    assert_answer(ask(owner, "lock 0"), "ISM_OK");
    kill_and_wait(owner);
    process_free(owner);
    for (int i = 0; i < FOLLOWERS; i++) {
        followers[i] = peer_with(NAME("x"));
        assert_answer(ask(followers[i], "lock %d", 64 + 16 * i), "ISM_OK");
    }
    assert_answer(ask(followers[3], "unlock 0"), "ISM_E_NOT_OWNER");
    assert_answer(ask(followers[4], "try 0"), "ISM_OWNER_DIED");
    assert_answer(ask(followers[4], "consistent 0"), "ISM_OK");
    assert_answer(ask(followers[4], "unlock 0"), "ISM_OK");
    for (int i = 0; i < FOLLOWERS; i++)
        assert_answer(ask(followers[i], "unlock %d", 64 + 16 * i), "ISM_OK");
    for (int i = 0; i < FOLLOWERS; i++)
        dismiss(followers[i]);
    close_region();
}

/* The upper half of a lock's first word is the serial of its owner's life, the lower one names a slot, which is
 * taken again in time. Here a living owner's slot stands beside the serial of one that was there before. */
static void s2_a_slot_that_was_taken_again_is_not_its_dead_owner(void **state)
{
    (void)state;
    create(NAME("x"));
    struct process *owner = peer_with(NAME("x"));
    assert_answer(ask(owner, "lock 0"), "ISM_OK");
    assert_status(ism_mutex_try_lock(&shared->mutex), ISM_E_BUSY);
    shared->mutex.opaque[0] ^= (uint64_t)1 << 40;
    assert_status(ism_mutex_try_lock(&shared->mutex), ISM_OWNER_DIED);
    assert_status(ism_mutex_consistent(&shared->mutex), ISM_OK);
    assert_answer(ask(owner, "unlock 0"), "ISM_E_NOT_OWNER");
    assert_status(ism_mutex_unlock(&shared->mutex), ISM_OK);
    dismiss(owner);
    close_region();
}

/* A peer that has locked the first mutex, and then forked; it is the child that answers. NULL: this system has
 * no fork. */
static struct process *forked_with_lock(void)
{
    create(NAME("x"));
    struct process *parent = peer_with(NAME("x"));
    assert_answer(ask(parent, "lock 0"), "ISM_OK");
    if (strcmp(ask(parent, "fork"), "no") == 0) {
        process_free(parent);
        close_region();
        return NULL;
    }
    return parent;
}

static void s2_a_forked_child_owns_nothing_and_its_parents_death_is_told(void **state)
{
    (void)state;
    struct process *parent = forked_with_lock();
    if (parent == NULL)
        skip_because("this system has no fork");
    assert_answer(ask(parent, "unlock 0"), "ISM_E_NOT_OWNER");
    assert_answer(ask(parent, "try 0"), "ISM_E_BUSY");
    assert_answer(ask(parent, "lock_within 0 20"), "ISM_E_TIMED_OUT");
    assert_answer(ask(parent, "lock 16"), "ISM_OK");
    assert_status(ism_mutex_try_lock(&shared->mutex), ISM_E_BUSY);
    kill_and_wait(parent);
    assert_status(ism_mutex_try_lock(&shared->other), ISM_E_BUSY);
    assert_answer(ask(parent, "lock 0"), "ISM_OWNER_DIED");
    assert_answer(ask(parent, "consistent 0"), "ISM_OK");
    assert_answer(ask(parent, "unlock 0"), "ISM_OK");
    assert_answer(ask(parent, "unlock 16"), "ISM_OK");
    process_end_input(parent);
    assert_true(process_output_ended(parent));
    close_region();
}

static void s2_a_forked_childs_death_does_not_end_its_parent(void **state)
{
    (void)state;
    struct process *parent = forked_with_lock();
    if (parent == NULL)
        skip_because("this system has no fork");
    assert_answer(ask(parent, "lock 16"), "ISM_OK");
    assert_answer(ask(parent, "exit"), "parent");
    assert_status(ism_mutex_try_lock(&shared->mutex), ISM_E_BUSY);
    assert_status(ism_mutex_try_lock(&shared->other), ISM_OWNER_DIED);
    assert_status(ism_mutex_consistent(&shared->other), ISM_OK);
    assert_status(ism_mutex_unlock(&shared->other), ISM_OK);
    assert_answer(ask(parent, "unlock 0"), "ISM_OK");
    dismiss(parent);
    close_region();
}

static void s2_a_forked_child_may_close_what_its_parent_has_locked(void **state)
{
    (void)state;
    struct process *parent = forked_with_lock();
    if (parent == NULL)
        skip_because("this system has no fork");
    assert_answer(ask(parent, "close"), "ISM_OK");
    assert_answer(ask(parent, "exit"), "parent");
    assert_answer(ask(parent, "close"), "ISM_E_BUSY");
    assert_answer(ask(parent, "unlock 0"), "ISM_OK");
    assert_answer(ask(parent, "close"), "ISM_OK");
    dismiss(parent);
    close_region();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        promise(s2_owner_death_is_told_to_the_next_locker),
        promise(s2_owner_death_is_told_to_one_who_waits),
        promise(s2_of_several_who_wait_one_is_told_and_the_others_get_a_whole_lock),
        promise(s2_the_death_of_an_owning_thread_is_told),
        promise(s2_exit_while_owning_is_a_death),
        promise(s2_an_exec_while_owning_is_a_death),
        promise(s2_a_stopped_owner_is_alive),
        promise(s2_killed_while_stopped_is_dead),
        promise(s2_unlock_without_consistent_gives_the_lock_up_for_all),
        promise(s2_all_who_wait_are_told_that_it_was_given_up),
        promise(s2_one_who_dies_while_mending_is_an_owner_who_died),
        promise(s2_one_who_dies_after_mending_died_too),
        promise(s2_a_lock_given_back_before_death_is_whole),
        promise(s2_every_lock_of_a_dead_owner_is_told),
        promise(s2_a_killed_waiter_keeps_nobody_from_the_lock),
        promise(s2_a_dead_owner_is_not_taken_for_a_later_process),
        promise(s2_a_slot_that_was_taken_again_is_not_its_dead_owner),
        promise(s2_a_forked_child_owns_nothing_and_its_parents_death_is_told),
        promise(s2_a_forked_childs_death_does_not_end_its_parent),
        promise(s2_a_forked_child_may_close_what_its_parent_has_locked),
    };
    return cmocka_run_group_tests_name("owner death", tests, NULL, NULL);
}
