/* interleaving_test.c: a process is held before and after each system call of creating, of its first lock, of the last
 * close and of removing, while another one comes to use the same name. Whoever then goes on: there is one region or none,
 * both have the same one, and what they were told is what happened (R2, R6, R7, S2).
 *
 * Where the process is held inside a lock of names, the other one waits until it is let go; that is right
 * too. So the other one is given a moment, not waited for. */
#include "regions.h"

#include <stdlib.h>

#include "churn.h"

#define STOPS 400 /* more than any of these passes has */
#define COUNTS 5

static const char *const options = "size=8192 within=15000";

/* Who looks a name up keeps all others out. */
static bool waits_for_names(void)
{
    return !backend_is("posix") || lease_is("sidefile");
}

static void give_a_moment(void)
{
    process_spin(3000);
}

/* Let it make so many stops. False: it has got to the end of what is held. */
static bool hold_at(struct process *held, unsigned stop)
{
    return process_step(held, PROCESS_CALLS, stop) == PROCESS_RUNNING;
}

static bool is_attached(const ism_region_info *info, const struct process *process)
{
    for (uint32_t i = 0; i < info->attached_count; i++)
        if (info->attached[i] == process_id(process))
            return true;
    return false;
}

/* There is one region of that name, and these two have it. */
static void assert_together(const char *name, const struct process *one, const struct process *other)
{
    ism_region_info info;
    assert_int_equal(leftovers_live_regions(name), 1);
    assert_status(ism_region_look(name, &info), ISM_OK);
    assert_true(is_attached(&info, one));
    assert_true(is_attached(&info, other));
    assert_int_equal(info.attached_count, 2);
}

/* How many stops a pass has until it says something. */
static unsigned count_stops_once(const char *name, const char *part, const char *last_words)
{
    struct process *held = hold_at_start(name, part);
    char line[64] = "";
    unsigned stops = 0;

    while (stops < STOPS && !process_has_output(held) && hold_at(held, 1))
        stops++;
    process_release(held);
    assert_true(process_read_line(held, line, sizeof line));
    assert_string_equal(line, last_words);
    dismiss(held);
    return stops;
}

/* Other tests may hold the lock of names meanwhile, and whoever waits for it makes more stops: the least of several
 * counts is right. is_there: is there such a region before? */
static unsigned count_stops(const char *name, bool is_there, const char *part, const char *last_words)
{
    unsigned least = STOPS;
    for (int i = 0; i < COUNTS; i++) {
        ism_region *region = is_there ? create_region(name, CHURN_SIZE) : NULL;
        const unsigned stops = count_stops_once(name, part, last_words);
        least = stops < least ? stops : least;
        close_region(region);
    }
    assert_in_range(least, 2, STOPS - 1);
    print_message("%s: %u stops\n", part, least);
    return least;
}

static void r2_another_creator_may_come_at_each_system_call_of_a_creation(void **state)
{
    const char *name = NAME("x");

    (void)state;
    const unsigned stops = count_stops(name, false, "join", "joined");
    struct process *other = peer_obeying(), *tidier = peer_obeying();
    for (unsigned stop = 0; stop < stops; stop++) {
        struct process *held = hold_at_start(name, "join");
        assert_true(hold_at(held, stop));
        tell(other, "open_or_create %s %s", name, options);
        tell(tidier, "tidy");
        give_a_moment();
        process_release(held);
        assert_answer(answer(other), "ISM_OK");
        assert_answer(answer(tidier), "ISM_OK");
        assert_answer(answer(held), "joined");
        assert_together(name, held, other);
        dismiss(held);
        assert_answer(ask(other, "close"), "ISM_OK");
        assert_int_equal(leftovers_regions(name), 0);
    }
    dismiss(other);
    dismiss(tidier);
}

static void r6_another_may_come_at_each_system_call_of_the_last_close(void **state)
{
    const char *name = NAME("x");
    ism_region_info info;

    (void)state;
    const unsigned stops = count_stops(name, false, "leave", "left");
    struct process *other = peer_obeying();
    for (unsigned stop = 0; stop < stops; stop++) {
        struct process *held = hold_at_start(name, "leave");
        assert_true(hold_at(held, stop));
        tell(other, "open_or_create %s %s", name, options);
        give_a_moment();
        process_release(held);
        assert_answer(answer(held), "left");
        assert_answer(answer(other), "ISM_OK");
        dismiss(held);
        assert_int_equal(leftovers_live_regions(name), 1);
        assert_status(ism_region_look(name, &info), ISM_OK);
        assert_true(is_attached(&info, other));
        assert_int_equal(info.attached_count, 1);
        assert_answer(ask(other, "close"), "ISM_OK");
        assert_int_equal(leftovers_regions(name), 0);
    }
    dismiss(other);
}

/* The other one removes the region and makes a new one of its name. As many removals are told as regions are
 * gone. */
static void r7_another_may_remove_and_create_at_each_system_call_of_a_removal(void **state)
{
    const char *name = NAME("x");

    (void)state;
    const unsigned stops = count_stops(name, false, "remove", "ISM_E_NOT_FOUND") + 20;
    struct process *other = peer_obeying();
    for (unsigned stop = 0; stop < stops; stop++) {
        ism_region *old = create_region(name, CHURN_SIZE);
        struct process *held = hold_at_start(name, "remove");
        (void)hold_at(held, stop);
        tell(other, "remove %s", name);
        tell(other, "open_or_create %s %s", name, options);
        give_a_moment();
        process_release(held);
        unsigned told = strcmp(answer(held), "ISM_OK") == 0;
        const char *removed = answer(other);
        told += strcmp(removed, "ISM_OK") == 0;
        if (strcmp(removed, "ISM_OK") != 0)
            assert_answer(removed, "ISM_E_NOT_FOUND");
        assert_answer(answer(other), "ISM_OK");
        dismiss(held);
        unsigned gone = 1 + (leftovers_live_regions(name) == 0);
        assert_int_equal(told, gone);
        assert_answer(ask(other, "close"), "ISM_OK");
        close_region(old);
        assert_int_equal(leftovers_regions(name), 0);
    }
    dismiss(other);
}

/* A creation is held while another process removes what there is so far: the creator is not disturbed. */
static void r7_a_removal_at_each_system_call_of_a_creation_is_told_once(void **state)
{
    const char *name = NAME("x");

    (void)state;
    const unsigned stops = count_stops(name, false, "join", "joined");
    struct process *remover = peer_obeying();
    for (unsigned stop = 0; stop < stops; stop++) {
        struct process *held = hold_at_start(name, "join");
        assert_true(hold_at(held, stop));
        tell(remover, "remove %s", name);
        give_a_moment();
        process_release(held);
        assert_answer(answer(held), "joined");
        const char *removed = answer(remover);
        if (strcmp(removed, "ISM_OK") != 0)
            assert_answer(removed, "ISM_E_NOT_FOUND");
        assert_int_equal(leftovers_live_regions(name), strcmp(removed, "ISM_OK") != 0);
        dismiss(held);
        assert_int_equal(leftovers_regions(name), 0);
    }
    dismiss(remover);
}

/* And the removed region's creator and its remover are killed where they are. */
static void r7_killed_at_each_system_call_a_removal_leaves_a_name_that_works(void **state)
{
    const char *name = NAME("x");
    const unsigned creator_stops[] = {0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 24, 28, 32, 40};

    (void)state;
    for (size_t i = 0; i < sizeof creator_stops / sizeof creator_stops[0]; i++)
        for (unsigned stop = 0; stop < 24; stop += 3) {
            struct process *creator = hold_at_start(name, "join");
            assert_true(hold_at(creator, creator_stops[i]));
            struct process *remover = hold_at_start(name, "remove");
            (void)hold_at(remover, stop);
            process_kill(remover);
            process_kill(creator);
            (void)process_wait(remover);
            (void)process_wait(creator);
            assert_int_equal(leftovers_live_regions(name), 0);
            assert_status(status_of_open(name, NULL), ISM_E_NOT_FOUND);
            close_region(create_region(name, 4321));
            assert_int_equal(leftovers_regions(name), 0);
            process_free(remover);
            process_free(creator);
        }
}

/* The remover is held, and so is whatever it has locked, when the last holder is killed. */
static void r7_a_removal_that_is_held_makes_nobody_wait_beyond_the_deadline(void **state)
{
    const char *name = NAME("x");

    (void)state;
    const unsigned stops = count_stops(name, true, "remove", "ISM_OK");
    struct process *other = peer_obeying();
    for (unsigned stop = 0; stop < stops; stop++) {
        struct process *creator = peer_obeying();
        assert_answer(ask(creator, "create %s size=%u", name, CHURN_SIZE), "ISM_OK");
        struct process *remover = hold_at_start(name, "remove");
        (void)hold_at(remover, stop);
        kill_and_wait(creator);
        process_free(creator);
        tell(other, "open %s within=200", name);
        if (waits_for_names())
            process_release(remover);
        const char *status = answer(other);
        if (strcmp(status, "ISM_E_TIMED_OUT") != 0)
            assert_answer(status, "ISM_E_NOT_FOUND");
        if (!waits_for_names())
            process_release(remover);
        (void)answer(remover);
        dismiss(remover);
        assert_int_equal(leftovers_regions(name), 0);
    }
    dismiss(other);
}

/* An initialiser fails while another process, at whatever system call, has a look at what it makes. */
static void e3_a_creation_that_fails_while_it_is_looked_at_leaves_nothing(void **state)
{
    const char *name = NAME("x");

    (void)state;
    struct process *creator = peer_obeying();
    for (unsigned stop = 0; stop < 30; stop++) {
        assert_answer(ask(creator, "create %s size=%u halting", name, CHURN_SIZE), "initialising");
        struct process *opener = hold_at_start(name, "open");
        (void)hold_at(opener, stop);
        tell(creator, "fail");
        if (waits_for_names())
            process_release(opener);
        assert_answer(answer(creator), "ISM_E_INITIALISER");
        assert_int_equal(leftovers_regions(name), 0);
        if (!waits_for_names())
            process_release(opener);
        const char *status = answer(opener);
        if (strcmp(status, "ISM_E_TIMED_OUT") != 0)
            assert_answer(status, "ISM_E_NOT_FOUND");
        dismiss(opener);
        assert_int_equal(leftovers_regions(name), 0);
    }
    dismiss(creator);
}

/* The last holder is killed while one process opens the region and another one removes it. */
static void r7_a_region_that_somebody_just_got_is_removed_all_the_same(void **state)
{
    const char *name = NAME("x");

    (void)state;
    if (waits_for_names())
        skip_because("names are looked up by one process at a time here");
    close_region(create_region(name, CHURN_SIZE));
    const unsigned removals = count_stops(name, false, "remove", "ISM_E_NOT_FOUND");
    const unsigned opens = count_stops(name, true, "have", "ISM_OK");
    for (unsigned open = 0; open < opens; open++)
        for (unsigned removal = 0; removal < removals + 6; removal++) {
            struct process *holder = peer_obeying();
            assert_answer(ask(holder, "create %s size=%u", name, CHURN_SIZE), "ISM_OK");
            struct process *opener = hold_at_start(name, "have");
            struct process *remover = hold_at_start(name, "remove");
            (void)hold_at(opener, open);
            kill_and_wait(holder);
            process_free(holder);
            (void)hold_at(remover, removal);
            process_release(opener);
            give_a_moment();
            process_release(remover);
            bool is_had = strcmp(answer(opener), "ISM_OK") == 0;
            const char *removed = answer(remover);
            if (strcmp(removed, "ISM_OK") != 0)
                assert_answer(removed, "ISM_E_NOT_FOUND");
            if (is_had)
                assert_answer(removed, "ISM_OK");
            assert_int_equal(leftovers_live_regions(name), 0);
            dismiss(opener);
            dismiss(remover);
            assert_int_equal(leftovers_regions(name), 0);
        }
}

/* While it is opened, the region's bytes become those of a version that this one does not know, and its last holder
 * leaves: whoever then can't read it does not free it. */
static void e5_a_failed_open_frees_nothing_that_it_can_not_read(void **state)
{
    enum { VERSION = 8, LIFETIME = 20 };
    const char *name = NAME("x");
    ism_region_info info;

    (void)state;
    if (waits_for_names())
        skip_because("nobody has a region here before it is read");
    const unsigned stops = count_stops(name, true, "open", "ISM_OK");
    for (unsigned stop = 0; stop < stops; stop++) {
        struct process *holder = peer_obeying();
        assert_answer(ask(holder, "create %s size=%u persistent", name, CHURN_SIZE), "ISM_OK");
        assert_status(ism_region_look(name, &info), ISM_OK);
        struct process *opener = hold_at_start(name, "open");
        (void)hold_at(opener, stop);
        assert_answer(ask(holder, "poke %u 0", CHURN_SIZE + LIFETIME), "ok");
        assert_answer(ask(holder, "poke %u 2", CHURN_SIZE + VERSION), "ok");
        tell(holder, "close");
        give_a_moment();
        process_release(opener);
        assert_answer(answer(holder), "ISM_OK");
        const char *status = answer(opener);
        if (strcmp(status, "ISM_OK") != 0)
            assert_answer(status, "ISM_E_VERSION");
        assert_status(status_of_open(name, NULL), ISM_E_VERSION);
        dismiss(opener);
        dismiss(holder);
        assert_true(native_remove_file(info.path));
    }
}

/* Locks whose owners, as many as may all be in the slots that are taken first, died while they had them. */
static ism_mutex *leave_locks_of_the_dead(const char *name, ism_region *region, int count)
{
    enum { OFFSET = 64 };
    struct process *owners[32];

    assert_in_range(count, 1, 32);
    for (int i = 0; i < count; i++) {
        owners[i] = peer_obeying();
        assert_answer(ask(owners[i], "open %s", name), "ISM_OK");
        assert_answer(ask(owners[i], "lock %u", OFFSET + (unsigned)i * (unsigned)sizeof(ism_mutex)), "ISM_OK");
    }
    for (int i = 0; i < count; i++) {
        kill_and_wait(owners[i]);
        process_free(owners[i]);
    }
    return (ism_mutex *)(void *)((unsigned char *)ism_region_data(region) + OFFSET);
}

/* What stood for a dead owner is taken by another one: at no moment of that does the dead one seem to live. */
static void s2_a_death_is_told_while_another_takes_its_slot(void **state)
{
    enum { OWNERS = 24 };
    const char *name = NAME("x");

    (void)state;
    const unsigned stops = count_stops(name, true, "first", "ISM_OK");
    for (unsigned stop = 0; stop < stops; stop++) {
        ism_region *region = create_region(name, CHURN_SIZE);
        assert_status(ism_mutex_try_lock(ism_region_data(region)), ISM_OK);
        assert_status(ism_mutex_unlock(ism_region_data(region)), ISM_OK);
        ism_mutex *locks = leave_locks_of_the_dead(name, region, OWNERS);
        struct process *held = hold_at_start(name, "first");
        (void)hold_at(held, stop);
        for (int i = 0; i < OWNERS; i++) {
            assert_status(ism_mutex_try_lock(&locks[i]), ISM_OWNER_DIED);
            assert_status(ism_mutex_consistent(&locks[i]), ISM_OK);
            assert_status(ism_mutex_unlock(&locks[i]), ISM_OK);
        }
        process_release(held);
        assert_answer(answer(held), "ISM_OK");
        dismiss(held);
        close_region(region);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        promise(r2_another_creator_may_come_at_each_system_call_of_a_creation),
        promise(r6_another_may_come_at_each_system_call_of_the_last_close),
        promise(r7_another_may_remove_and_create_at_each_system_call_of_a_removal),
        promise(r7_a_removal_at_each_system_call_of_a_creation_is_told_once),
        promise(r7_killed_at_each_system_call_a_removal_leaves_a_name_that_works),
        promise(r7_a_removal_that_is_held_makes_nobody_wait_beyond_the_deadline),
        promise(e3_a_creation_that_fails_while_it_is_looked_at_leaves_nothing),
        promise(r7_a_region_that_somebody_just_got_is_removed_all_the_same),
        promise(e5_a_failed_open_frees_nothing_that_it_can_not_read),
        promise(s2_a_death_is_told_while_another_takes_its_slot),
    };
    if (!process_can_trace()) {
        print_message("skipped: this system can't trace programs for a test\n");
        return 77;
    }
    return cmocka_run_group_tests_name("interleaving", tests, NULL, NULL);
}
