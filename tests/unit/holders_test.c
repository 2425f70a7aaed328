/* holders_test.c: what a process keeps of the threads that took locks in a region: nothing, once they have ended, and
 * the region, while they are in a call. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include <pthread.h>
#include <unistd.h>

#include "region/handle.h"
#include "sync/sleeper.h"

#define SIZE 4096
#define LIVING 5
#define ENDED 300

static ism_region *create(ism_access access)
{
    ism_region_options options = {.size = SIZE, .access = access};
    ism_region *region;
    char name[64];
    (void)snprintf(name, sizeof name, "test-%llu-holders", (unsigned long long)ism_process_id());
    return ism_region_create(name, &options, &region) == ISM_OK ? region : NULL;
}

static void *lock_and_end(void *mutex)
{
    return ism_mutex_lock(mutex) >= ISM_OK && ism_mutex_consistent(mutex) != ISM_E_NOT_OWNER &&
                   ism_mutex_unlock(mutex) == ISM_OK
               ? mutex
               : NULL;
}

static void *die_with_lock(void *mutex)
{
    return ism_mutex_lock(mutex) >= ISM_OK ? mutex : NULL;
}

static int have_locked[2], may_end[2]; /* pipes: a byte of each that has, and closed when all may */

static void *lock_and_stay(void *mutex)
{
    char byte = 0;
    void *result = lock_and_end(mutex);
    if (write(have_locked[1], &byte, 1) != 1 || read(may_end[0], &byte, 1) != 0)
        return NULL;
    return result;
}

static void run(void *(*job)(void *), void *mutex)
{
    pthread_t thread;
    void *result;
    assert_int_equal(pthread_create(&thread, NULL, job, mutex), 0);
    assert_int_equal(pthread_join(thread, &result), 0);
    assert_non_null(result);
}

static unsigned count_holders(const ism_region *region)
{
    unsigned count = 0;
    for (const struct ism_holder *holder = region->presence->holders; holder != NULL; holder = holder->next)
        count++;
    return count;
}

static void churn(ism_region *region)
{
    pthread_t living[LIVING];
    char byte;
    ism_mutex *mutexes = ism_region_data(region);

    assert_int_equal(pipe(have_locked), 0);
    assert_int_equal(pipe(may_end), 0);
    for (int i = 0; i < LIVING; i++)
        assert_int_equal(pthread_create(&living[i], NULL, lock_and_stay, &mutexes[i]), 0);
    for (int i = 0; i < LIVING; i++)
        assert_int_equal(read(have_locked[0], &byte, 1), 1);
    for (int i = 0; i < ENDED; i++)
        run(i % 7 == 0 ? die_with_lock : lock_and_end, &mutexes[LIVING]);
    assert_true(count_holders(region) >= LIVING);
    assert_true(count_holders(region) <= 4 * LIVING);
    assert_int_equal(close(may_end[1]), 0);
    for (int i = 0; i < LIVING; i++) {
        void *result;
        assert_int_equal(pthread_join(living[i], &result), 0);
        assert_non_null(result);
    }
    for (int i = 0; i < 2 * LIVING; i++)
        run(lock_and_end, &mutexes[0]);
    assert_true(count_holders(region) <= LIVING);
    assert_int_equal(close(have_locked[0]) | close(have_locked[1]) | close(may_end[0]), 0);
}

static void s1_nothing_is_kept_of_threads_that_have_ended(void **state)
{
    (void)state;
    ism_region *region = create(ISM_ACCESS_OWNER);
    assert_non_null(region);
    churn(region);
    assert_int_equal(ism_region_close(region), ISM_OK);
}

static void s1_nothing_is_kept_of_them_in_a_shared_region(void **state)
{
    (void)state;
    if (ism_backend_traits.shared_candidates == 0)
        skip();
    ism_region *region = create(ISM_ACCESS_EVERYONE);
    assert_non_null(region);
    churn(region);
    assert_int_equal(ism_region_close(region), ISM_OK);
}

/* Waiting for a condition takes a mutex within its own call. */
static void e4_a_call_within_another_ends_only_itself(void **state)
{
    (void)state;
    ism_region *region = create(ISM_ACCESS_OWNER);
    assert_non_null(region);
    assert_non_null(lock_and_end(ism_region_data(region)));
    struct ism_holder *holder = region->presence->holders;
    ism_call_begin(holder);
    ism_call_begin(holder);
    ism_call_end(holder);
    assert_int_equal(ism_region_close(region), ISM_E_BUSY);
    ism_call_end(holder);
    assert_int_equal(ism_region_close(region), ISM_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(s1_nothing_is_kept_of_threads_that_have_ended),
        cmocka_unit_test(s1_nothing_is_kept_of_them_in_a_shared_region),
        cmocka_unit_test(e4_a_call_within_another_ends_only_itself),
    };
    return cmocka_run_group_tests_name("holders", tests, NULL, NULL);
}
