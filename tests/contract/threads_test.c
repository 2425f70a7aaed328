/* threads_test.c: threads over one mapping guard plain data by each object of isthmus/sync.h (S1, S3 to S8): whoever gets
 * at the data sees all that was written before, and nobody writes meanwhile; and they close what was locked (E4). Built
 * for ThreadSanitizer (ci/tsan), which sees no other process, this shows where an order is missing, even if the
 * processor forgives it. */
#include "objects.h"

enum { THREADS = 3 };

/* Neither atomic nor volatile. */
static struct plain {
    uint64_t count, copy;
    uint64_t written[THREADS];
} * plain;

static unsigned rounds;

struct worker {
    unsigned index;
    ism_status bad; /* the first status that was not expected */
    uint64_t told;
};

static void note(struct worker *worker, ism_status status)
{
    if (worker->bad == ISM_OK)
        worker->bad = status;
}

static void count_up(void)
{
    plain->count++;
    plain->copy++;
}

/* Let threads do the same at the same time; returns how many times they were told something. */
static uint64_t run(void (*work)(void *))
{
    struct worker workers[THREADS];
    struct thread *threads[THREADS];
    uint64_t told = 0;

    for (unsigned i = 0; i < THREADS; i++) {
        workers[i] = (struct worker){.index = i, .bad = ISM_OK};
        threads[i] = thread_start(work, &workers[i]);
        assert_non_null(threads[i]);
    }
    for (unsigned i = 0; i < THREADS; i++)
        thread_join(threads[i]);
    for (unsigned i = 0; i < THREADS; i++) {
        assert_status(workers[i].bad, ISM_OK);
        told += workers[i].told;
    }
    return told;
}

static void begin(const char *name)
{
    create_objects(name);
    plain = (struct plain *)(void *)((unsigned char *)ism_region_data(region) + 4096);
    rounds = backend_is("win32") ? 100 : 3000;
}

static void assert_counted(uint64_t times)
{
    assert_int_equal(plain->count, times);
    assert_int_equal(plain->copy, times);
    close_region();
}

static void count_under_mutex(void *context)
{
    for (unsigned i = 0; i < rounds; i++) {
        note(context, lock_soon(&objects->mutex));
        count_up();
        note(context, ism_mutex_unlock(&objects->mutex));
    }
}

static void s1_a_mutex_guards_plain_data(void **state)
{
    (void)state;
    begin(NAME("x"));
    (void)run(count_under_mutex);
    assert_counted(THREADS * rounds);
}

/* Every fourth time it writes, otherwise it reads; what it reads is whole. */
static void read_and_write(void *context)
{
    struct worker *worker = context;
    for (unsigned i = 0; i < rounds; i++) {
        bool writes = (i + worker->index) % 4 == 0;
        note(worker, writes ? ism_rwlock_write_lock_until(&objects->rwlock, soon())
                            : ism_rwlock_read_lock_until(&objects->rwlock, soon()));
        if (writes) {
            count_up();
            worker->told++;
        } else if (plain->count != plain->copy)
            note(worker, ISM_E_CORRUPT);
        note(worker, ism_rwlock_unlock(&objects->rwlock));
    }
}

static void s3_a_read_write_lock_guards_plain_data(void **state)
{
    (void)state;
    begin(NAME("x"));
    uint64_t written = run(read_and_write);
    assert_true(written > 0);
    assert_counted(written);
}

static void count_by_permit(void *context)
{
    for (unsigned i = 0; i < rounds; i++) {
        note(context, ism_semaphore_wait_until(&objects->semaphore, soon()));
        count_up();
        note(context, ism_semaphore_post(&objects->semaphore, 1));
    }
}

static void s4_a_permit_guards_plain_data(void **state)
{
    (void)state;
    begin(NAME("x"));
    assert_status(ism_semaphore_post(&objects->semaphore, 1), ISM_OK);
    (void)run(count_by_permit);
    assert_counted(THREADS * rounds);
}

static void count_by_event(void *context)
{
    for (unsigned i = 0; i < rounds; i++) {
        note(context, ism_event_take_until(&objects->event, soon()));
        count_up();
        note(context, ism_event_set(&objects->event));
    }
}

static void s6_who_takes_an_event_is_alone(void **state)
{
    (void)state;
    begin(NAME("x"));
    assert_status(ism_event_set(&objects->event), ISM_OK);
    (void)run(count_by_event);
    assert_counted(THREADS * rounds);
}

/* The first one writes and sets, and all see it; each has to have seen it before the next is written. */
static void watch(void *context)
{
    struct worker *worker = context;
    for (unsigned i = 1; i <= rounds / 4; i++) {
        if (worker->index == 0) {
            count_up();
            note(worker, ism_event_set(&objects->event));
        } else
            note(worker, ism_event_wait_until(&objects->event, soon()));
        if (plain->count != i)
            note(worker, ISM_E_CORRUPT);
        (void)ism_barrier_arrive_until(&objects->barrier, THREADS, soon());
        if (worker->index == 0)
            note(worker, ism_event_reset(&objects->event));
        (void)ism_barrier_arrive_until(&objects->barrier, THREADS, soon());
    }
}

static void s6_who_waits_for_an_event_sees_what_was_before(void **state)
{
    (void)state;
    begin(NAME("x"));
    (void)run(watch);
    assert_counted(rounds / 4);
}

/* They take turns, and tell each other with or without the mutex. */
static void take_turns(void *context)
{
    struct worker *worker = context;
    for (unsigned i = 0; i < rounds / 4; i++) {
        note(worker, lock_soon(&objects->mutex));
        while (plain->count % THREADS != worker->index && worker->bad == ISM_OK)
            note(worker, ism_condition_wait_until(&objects->condition, &objects->mutex, soon()));
        count_up();
        if (i % 2 == 0)
            note(worker, ism_condition_broadcast(&objects->condition));
        note(worker, ism_mutex_unlock(&objects->mutex));
        if (i % 2 != 0)
            note(worker, ism_condition_broadcast(&objects->condition));
    }
}

static void s5_who_was_told_sees_what_was_changed(void **state)
{
    (void)state;
    begin(NAME("x"));
    (void)run(take_turns);
    assert_counted(THREADS * (rounds / 4));
}

/* What all wrote before is seen by each, who then lets all write again. */
static void meet(void *context)
{
    struct worker *worker = context;
    for (unsigned i = 1; i <= rounds / 4; i++) {
        plain->written[worker->index] = i;
        for (int times = 0; times < 2; times++) {
            ism_status status = ism_barrier_arrive_until(&objects->barrier, THREADS, soon());
            worker->told += status == ISM_LAST_PARTY;
            note(worker, status == ISM_LAST_PARTY ? ISM_OK : status);
            for (int other = 0; times == 0 && other < THREADS; other++)
                if (plain->written[other] != i)
                    note(worker, ISM_E_CORRUPT);
        }
    }
}

static void s7_who_is_through_sees_what_all_wrote(void **state)
{
    (void)state;
    begin(NAME("x"));
    assert_int_equal(run(meet), 2 * (rounds / 4));
    assert_counted(0);
}

static ism_status count_once(void *context)
{
    (void)context;
    count_up();
    return ISM_OK;
}

/* One who knows that it is done need not have waited for it. */
static void do_once(void *context)
{
    struct worker *worker = context;
    ism_once *onces = (ism_once *)(void *)(plain + 1);
    for (unsigned i = 0; i < 500; i++) {
        note(worker, ism_once_run(&onces[i], count_once, NULL));
        if (plain->count < i + 1)
            note(worker, ISM_E_CORRUPT);
        (void)ism_barrier_arrive_until(&objects->barrier, THREADS, soon());
    }
}

static void s8_what_is_done_once_is_seen_by_all(void **state)
{
    (void)state;
    begin(NAME("x"));
    (void)run(do_once);
    assert_counted(500);
}

/* Its end would take locks that order it before the other's steps. */
static void count_one(void *context)
{
    note(context, lock_soon(&objects->mutex));
    count_up();
    note(context, ism_mutex_unlock(&objects->mutex));
    process_pause();
}

static void close_at_last(void)
{
    ism_status status;
    do
        status = ism_region_close(region);
    while (status == ISM_E_BUSY);
    assert_status(status, ISM_OK);
}

/* That another thread has given the lock back is known from the lock alone. */
static void e4_a_region_may_be_closed_once_its_last_lock_was_given_back(void **state)
{
    (void)state;
    for (int i = 0; i < 50; i++) {
        struct worker worker = {.bad = ISM_OK};
        bool was_there = false;
        begin(NAME("x"));
        struct thread *thread = thread_start(count_one, &worker);
        assert_non_null(thread);
        while (!was_there) {
            assert_status(lock_soon(&objects->mutex), ISM_OK);
            was_there = plain->count == 1;
            assert_status(ism_mutex_unlock(&objects->mutex), ISM_OK);
        }
        close_at_last();
        thread_join(thread);
        assert_status(worker.bad, ISM_OK);
    }
    begin(NAME("x")); /* win32 forgets a thread that has ended when the next region is left */
    close_region();
}

static void post_one(void *context)
{
    process_pause(); /* so that the other one sleeps */
    note(context, ism_semaphore_post(&objects->semaphore, 1));
}

static void set_it(void *context)
{
    process_pause();
    note(context, ism_event_set(&objects->event));
}

static void come_as_well(void *context)
{
    struct worker *worker = context;
    process_pause();
    ism_status status = ism_barrier_arrive(&objects->barrier, 2);
    note(worker, status == ISM_LAST_PARTY ? ISM_OK : status);
}

static ism_status await_permit(void)
{
    return ism_semaphore_wait(&objects->semaphore);
}

static ism_status take_event(void)
{
    return ism_event_take(&objects->event);
}

static ism_status come(void)
{
    ism_status status = ism_barrier_arrive(&objects->barrier, 2);
    return status == ISM_LAST_PARTY ? ISM_OK : status;
}

/* Who lets another thread go on may not have returned yet when that one closes. */
static void e4_a_region_may_be_closed_by_whom_another_thread_let_go_on(void **state)
{
    static const struct {
        void (*let_go_on)(void *);
        ism_status (*wait)(void);
    } ways[] = {{post_one, await_permit}, {set_it, take_event}, {come_as_well, come}};

    (void)state;
    for (unsigned i = 0; i < 150; i++) {
        struct worker worker = {.bad = ISM_OK};
        begin(NAME("x"));
        struct thread *thread = thread_start(ways[i % 3].let_go_on, &worker);
        assert_non_null(thread);
        assert_status(ways[i % 3].wait(), ISM_OK);
        close_at_last();
        thread_join(thread);
        assert_status(worker.bad, ISM_OK);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        promise(s1_a_mutex_guards_plain_data),
        promise(s3_a_read_write_lock_guards_plain_data),
        promise(s4_a_permit_guards_plain_data),
        promise(s6_who_takes_an_event_is_alone),
        promise(s6_who_waits_for_an_event_sees_what_was_before),
        promise(s5_who_was_told_sees_what_was_changed),
        promise(s7_who_is_through_sees_what_all_wrote),
        promise(s8_what_is_done_once_is_seen_by_all),
        promise(e4_a_region_may_be_closed_once_its_last_lock_was_given_back),
        promise(e4_a_region_may_be_closed_by_whom_another_thread_let_go_on),
    };
    return cmocka_run_group_tests_name("threads", tests, NULL, NULL);
}
