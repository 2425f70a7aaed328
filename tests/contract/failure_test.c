/* failure_test.c: a failed call leaves nothing behind (E3); calls do not get into each other's way, and nothing is
 * taken away that is in use (E4). */
#include "regions.h"

#define SIZE 10000u

/* ---- E3, E4 ---- */

static void e3_a_failed_call_leaves_nothing(void **state)
{
    const char *name = NAME("x"), *half = NAME("half");
    ism_region_options wrong_size = {.size = SIZE + 1}, now = {.deadline = ism_deadline_after(0)};
    ism_region_options zero = {.size = 0}, huge = {.size = UINT64_MAX};

    (void)state;
    struct process *peer = peer_obeying();
    assert_answer(ask(peer, "create %s size=%u", name, SIZE), "ISM_OK");
    assert_answer(ask(peer, "create %s size=%u halting", half, SIZE), "initialising");
    leftovers_mark();
    assert_status(status_of_open(NAME("none"), NULL), ISM_E_NOT_FOUND);
    assert_true(leftovers_none());
    assert_status(status_of_open(name, &wrong_size), ISM_E_SIZE);
    assert_true(leftovers_none());
    assert_status(status_of_open(half, &now), ISM_E_TIMED_OUT);
    assert_true(leftovers_none());
    assert_status(status_of_create(name, &wrong_size), ISM_E_EXISTS);
    assert_true(leftovers_none());
    assert_status(status_of_create(NAME("y"), &zero), ISM_E_SIZE);
    assert_status(status_of_create(NAME("y"), &huge), ISM_E_SIZE);
    assert_true(leftovers_none());
    assert_int_equal(leftovers_regions(NAME("y")), 0);
    assert_answer(ask(peer, "go"), "ISM_OK");
    dismiss(peer);
}

/* One descriptor fewer than create needs, at each of its steps. */
static void e3_create_without_enough_descriptors_leaves_nothing(void **state)
{
    const char *status;
    unsigned more = 0, failed = 0;

    (void)state;
    do {
        struct process *peer = peer_obeying();
        status = ask(peer, "confined_create %u %s size=%u", more, NAME("x"), SIZE);
        if (strcmp(status, "no") == 0) {
            dismiss(peer);
            skip_because("this system can't limit descriptors for a test");
        }
        if (strcmp(status, "ISM_OK") != 0) {
            assert_answer(status, "ISM_E_LIMIT");
            failed++;
            assert_int_equal(leftovers_regions(NAME("x")), 0);
        }
        dismiss(peer);
    } while (strcmp(status, "ISM_OK") != 0 && ++more < 20);
    assert_answer(status, "ISM_OK");
    assert_true(failed > 0 || more == 0);
}

static void e3_create_without_address_space_leaves_nothing(void **state)
{
    (void)state;
    struct process *peer = peer_obeying();
    assert_answer(ask(peer, "create %s size=100", NAME("x")), "ISM_OK");
    if (strcmp(ask(peer, "confine_addresses 8388608"), "yes") != 0) {
        dismiss(peer);
        skip_because("this system can't limit addresses for a test");
    }
    assert_answer(ask(peer, "create %s size=67108864", NAME("y")), "ISM_E_NO_MEMORY");
    assert_int_equal(leftovers_regions(NAME("y")), 0);
    assert_answer(ask(peer, "create %s size=1048576", NAME("y")), "ISM_OK");
    assert_answer(ask(peer, "fill 1"), "ok");
    assert_answer(ask(peer, "close"), "ISM_OK");
    dismiss(peer);
}

struct opener {
    const char *name;
    int wrong; /* the last status that had no place */
};

static void open_and_close_often(void *context)
{
    struct opener *opener = context;
    ism_region_options options = {.size = SIZE};

    for (int i = 0; i < 200; i++) {
        ism_region *region;
        ism_status status = ism_region_open_or_create(opener->name, &options, &region);
        if (status == ISM_OK && ((volatile unsigned char *)ism_region_data(region))[i] == 0)
            status = ism_region_close(region);
        if (status != ISM_OK)
            opener->wrong = status;
    }
}

static void e4_threads_create_open_and_close_at_the_same_time(void **state)
{
    enum { THREADS = 4 };
    struct opener openers[THREADS];
    struct thread *threads[THREADS];

    (void)state;
    for (int i = 0; i < THREADS; i++) {
        openers[i] = (struct opener){NAME(i < 3 ? "x" : "y"), ISM_OK};
        threads[i] = thread_start(open_and_close_often, &openers[i]);
        assert_non_null(threads[i]);
    }
    for (int i = 0; i < THREADS; i++)
        thread_join(threads[i]);
    for (int i = 0; i < THREADS; i++)
        assert_status(openers[i].wrong, ISM_OK);
    assert_int_equal(leftovers_regions(NAME("x")), 0);
}

static void e4_a_region_with_a_held_lock_is_busy(void **state)
{
    (void)state;
    ism_region *region = create_region(NAME("x"), SIZE), *again = open_region(NAME("x"));
    unsigned char *bytes = ism_region_data(region);
    ism_mutex *mutex = ism_region_data(region);
    bytes[64] = 7;
    assert_status(ism_mutex_lock(mutex), ISM_OK);
    assert_status(ism_region_close(region), ISM_E_BUSY);
    assert_status(ism_mutex_lock(mutex), ISM_E_DEADLOCK);
    assert_int_equal(bytes[64], 7);
    close_region(again);
    assert_status(ism_region_close(region), ISM_E_BUSY);
    assert_status(ism_mutex_unlock(mutex), ISM_OK);
    close_region(region);
    assert_status(ism_region_close(NULL), ISM_OK);
}

static void e4_a_lock_given_back_through_another_handle_is_given_back(void **state)
{
    (void)state;
    for (int first = 0; first < 2; first++) {
        ism_region *handles[2] = {create_region(NAME("x"), SIZE), open_region(NAME("x"))};
        assert_status(ism_mutex_lock(ism_region_data(handles[0])), ISM_OK);
        assert_status(ism_mutex_unlock(ism_region_data(handles[1])), ISM_OK);
        close_region(handles[first]);
        ism_mutex *mutex = ism_region_data(handles[!first]);
        assert_status(ism_mutex_lock(mutex), ISM_OK);
        assert_status(ism_region_close(handles[!first]), ISM_E_BUSY);
        assert_status(ism_mutex_unlock(mutex), ISM_OK);
        close_region(handles[!first]);
    }
}

struct waiter {
    ism_mutex *mutex;
    ism_status locked;
    ism_status unlocked;
};

static void wait_for_lock(void *context)
{
    struct waiter *waiter = context;
    waiter->locked = ism_mutex_lock_until(waiter->mutex, ism_deadline_after(20 * ISM_SECOND));
    waiter->unlocked = ism_mutex_unlock(waiter->mutex);
}

/* That a thread waits shows in the lock's bytes, which say that somebody has to be woken. */
static void e4_a_region_whose_lock_is_waited_for_is_busy(void **state)
{
    (void)state;
    ism_region *region = create_region(NAME("x"), SIZE);
    volatile ism_mutex *mutex = ism_region_data(region);
    struct waiter waiter = {ism_region_data(region), ISM_E_SYSTEM, ISM_E_SYSTEM};
    struct process *peer = peer_obeying();
    assert_answer(ask(peer, "open %s", NAME("x")), "ISM_OK");
    assert_answer(ask(peer, "lock 0"), "ISM_OK");
    const uint64_t before[2] = {mutex->opaque[0], mutex->opaque[1]};
    const uint64_t until = process_milliseconds() + PROCESS_LIMIT;

    struct thread *thread = thread_start(wait_for_lock, &waiter);
    assert_non_null(thread);
    while (mutex->opaque[0] == before[0] && mutex->opaque[1] == before[1] && process_milliseconds() < until)
        process_pause();
    ism_status closed = ism_region_close(region);
    const char *unlocked = ask(peer, "unlock 0");
    thread_join(thread);
    assert_status(closed, ISM_E_BUSY);
    assert_answer(unlocked, "ISM_OK");
    assert_status(waiter.locked, ISM_OK);
    assert_status(waiter.unlocked, ISM_OK);
    dismiss(peer);
    close_region(region);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        promise(e3_a_failed_call_leaves_nothing),
        promise(e3_create_without_enough_descriptors_leaves_nothing),
        promise(e3_create_without_address_space_leaves_nothing),
        promise(e4_threads_create_open_and_close_at_the_same_time),
        promise(e4_a_region_with_a_held_lock_is_busy),
        promise(e4_a_lock_given_back_through_another_handle_is_given_back),
        promise(e4_a_region_whose_lock_is_waited_for_is_busy),
    };
    return cmocka_run_group_tests_name("failure", tests, NULL, NULL);
}
