/* sync_layout_test.c: the bytes of what lies in shared memory to lock and to wait by are those of every earlier build of
 * this layout version, on every compiler and word size (E5): the library writes the golden bytes, and reads them as what
 * they mean. They are written down here anew, not taken from the library. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <isthmus/isthmus.h>

#include "region/handle.h"

/* Two threads that are dead, in slots 0x000015 and 0x0a0b0c. */
#define LIFE UINT64_C(0x1122334400000015)
#define OTHER UINT64_C(0x55667788000a0b0c)

static struct objects {
    ism_mutex mutex;
    ism_rwlock rwlock;
    ism_semaphore semaphore;
    ism_event event;
    ism_condition condition;
    ism_barrier barrier;
    ism_once once;
} * objects;

static ism_region *region;
static uint64_t own_life;

/* What a status is called, so that a failure tells it. */
#define assert_status(expression, expected) assert_string_equal(ism_status_name(expression), ism_status_name(expected))

/* From now on this thread locks by that life. */
static void become(uint64_t life)
{
    assert_int_equal(ism_registry_find(objects, sizeof(ism_mutex)), ISM_OK);
    ism_recent.holder->life = life;
}

static int create_region(void **state)
{
    char name[ISM_NAME_MAX + 1];
    const ism_region_options options = {.size = 4096};

    (void)state;
    (void)snprintf(name, sizeof name, "test-%llu-layout", (unsigned long long)ism_process_id());
    if (ism_region_create(name, &options, &region) != ISM_OK)
        return -1;
    objects = ism_region_data(region);
    become(0);
    struct ism_cause why = {NULL, 0};
    return ism_life_take(region->lives, &own_life, &why) == ISM_OK ? 0 : -1;
}

static int close_region(void **state)
{
    (void)state;
    become(own_life);
    return ism_region_close(region) == ISM_OK ? 0 : -1;
}

static bool is_little_endian(void)
{
    const uint16_t one = 1;
    unsigned char first;
    memcpy(&first, &one, 1);
    return first == 1;
}

/* Each test begins as nobody, with fresh memory. */
static int begin(void **state)
{
    (void)state;
    become(0);
    memset(objects, 0, sizeof *objects);
    return 0;
}

/* ---- golden bytes ---- */

static unsigned char golden[512];

/* Eight bytes of an object are to be these; all that are not told are to be zero. */
static void expect(size_t offset, const char *bytes)
{
    unsigned value[8];
    assert_int_equal(sscanf(bytes, "%2x %2x %2x %2x %2x %2x %2x %2x", &value[0], &value[1], &value[2], &value[3],
                            &value[4], &value[5], &value[6], &value[7]),
                     8);
    for (size_t i = 0; i < 8; i++)
        golden[offset + i] = (unsigned char)value[i];
}

static void expect_own_life(size_t offset, unsigned char flags)
{
    memcpy(golden + offset, &own_life, 8);
    golden[offset + 3] = flags;
}

static void assert_golden(const void *object, size_t size)
{
    assert_memory_equal(object, golden, size);
    memset(golden, 0, sizeof golden);
}
#define ASSERT_GOLDEN(member) assert_golden(&objects->member, sizeof objects->member)

/* The object as another process left it. */
#define FIND_GOLDEN(member)                                                                                            \
    do {                                                                                                               \
        memcpy(&objects->member, golden, sizeof objects->member);                                                      \
        memset(golden, 0, sizeof golden);                                                                              \
    } while (0)

static void skip_unless_little_endian(void)
{
    if (!is_little_endian()) {
        print_message("[  SKIPPED ] the golden bytes are those of little-endian machines\n");
        skip();
    }
}

/* A call that waits, and in the end is late: time enough to say in the word that it waits. */
#define WAIT_UNTIL_IT_SHOWS(member, call)                                                                              \
    do {                                                                                                               \
        const uint64_t before = objects->member.opaque[0];                                                             \
        do                                                                                                             \
            assert_status(call, ISM_E_TIMED_OUT);                                                                      \
        while (((volatile uint64_t *)objects->member.opaque)[0] == before);                                            \
    } while (0)

static ism_deadline shortly(void)
{
    return ism_deadline_after(2 * ISM_MILLISECOND);
}

/* ---- the objects ---- */

static void e5_objects_have_the_same_size_and_alignment_everywhere(void **state)
{
    (void)state;
    assert_int_equal(sizeof(ism_mutex), 16);
    assert_int_equal(sizeof(ism_rwlock), 512);
    assert_int_equal(sizeof(ism_semaphore), 16);
    assert_int_equal(sizeof(ism_event), 16);
    assert_int_equal(sizeof(ism_condition), 16);
    assert_int_equal(sizeof(ism_barrier), 16);
    assert_int_equal(sizeof(ism_once), 32);
    assert_int_equal(_Alignof(ism_mutex), 8);
    assert_int_equal(_Alignof(ism_rwlock), 8);
    assert_int_equal(_Alignof(ism_semaphore), 8);
    assert_int_equal(_Alignof(ism_event), 8);
    assert_int_equal(_Alignof(ism_condition), 8);
    assert_int_equal(_Alignof(ism_barrier), 8);
    assert_int_equal(_Alignof(ism_once), 8);
}

static void e5_s1_golden_bytes_of_a_mutex(void **state)
{
    (void)state;
    skip_unless_little_endian();
    become(LIFE);
    assert_status(ism_mutex_lock(&objects->mutex), ISM_OK);
    expect(0, "15 00 00 00 44 33 22 11");
    ASSERT_GOLDEN(mutex);
    assert_status(ism_mutex_unlock(&objects->mutex), ISM_OK);
    ASSERT_GOLDEN(mutex);

    become(own_life);
    assert_status(ism_mutex_lock(&objects->mutex), ISM_OK);
    become(LIFE);
    WAIT_UNTIL_IT_SHOWS(mutex, ism_mutex_lock_until(&objects->mutex, shortly()));
    expect_own_life(0, 0x80);
    ASSERT_GOLDEN(mutex);
    become(own_life);
    assert_status(ism_mutex_unlock(&objects->mutex), ISM_OK);
}

static void e5_s2_golden_bytes_of_a_mutex_whose_owner_died(void **state)
{
    (void)state;
    skip_unless_little_endian();
    expect(0, "15 00 00 80 44 33 22 11");
    FIND_GOLDEN(mutex);
    become(OTHER);
    assert_status(ism_mutex_lock(&objects->mutex), ISM_OWNER_DIED);
    expect(0, "0c 0b 0a c0 88 77 66 55");
    ASSERT_GOLDEN(mutex);
    assert_status(ism_mutex_consistent(&objects->mutex), ISM_OK);
    expect(0, "0c 0b 0a 80 88 77 66 55");
    ASSERT_GOLDEN(mutex);
    assert_status(ism_mutex_unlock(&objects->mutex), ISM_OK);

    expect(0, "15 00 00 40 44 33 22 11");
    FIND_GOLDEN(mutex);
    assert_status(ism_mutex_lock(&objects->mutex), ISM_OWNER_DIED);
    assert_status(ism_mutex_unlock(&objects->mutex), ISM_OK);
    expect(0, "00 00 00 20 00 00 00 00");
    ASSERT_GOLDEN(mutex);
    assert_status(ism_mutex_lock(&objects->mutex), ISM_E_UNRECOVERABLE);
}

static void e5_s3_golden_bytes_of_a_read_write_lock(void **state)
{
    (void)state;
    skip_unless_little_endian();
    become(LIFE);
    assert_status(ism_rwlock_write_lock(&objects->rwlock), ISM_OK);
    expect(0, "15 00 00 00 44 33 22 11");
    ASSERT_GOLDEN(rwlock);
    assert_status(ism_rwlock_unlock(&objects->rwlock), ISM_OK);
    ASSERT_GOLDEN(rwlock);

    become(own_life);
    assert_status(ism_rwlock_read_lock(&objects->rwlock), ISM_OK);
    expect(16, "01 00 00 00 00 00 00 00");
    expect_own_life(64, 0);
    ASSERT_GOLDEN(rwlock);
    become(OTHER); /* it waits for the slot: marks it, and gives the turn back */
    do
        assert_status(ism_rwlock_write_lock_until(&objects->rwlock, shortly()), ISM_E_TIMED_OUT);
    while (((const unsigned char *)&objects->rwlock)[67] == 0);
    expect(16, "01 00 00 00 00 00 00 00");
    expect_own_life(64, 0x80);
    ASSERT_GOLDEN(rwlock);
    become(own_life);
    assert_status(ism_rwlock_unlock(&objects->rwlock), ISM_OK);
    expect(8, "01 00 00 00 00 00 00 00");
    expect(16, "01 00 00 00 00 00 00 00");
    ASSERT_GOLDEN(rwlock);
}

static void e5_s3_golden_bytes_of_a_read_write_lock_of_the_dead(void **state)
{
    (void)state;
    skip_unless_little_endian();
    become(LIFE);
    expect(0, "0c 0b 0a 10 88 77 66 55"); /* on its way to the lock */
    expect(504, "0c 0b 0a 80 88 77 66 55");
    FIND_GOLDEN(rwlock);
    assert_status(ism_rwlock_write_lock(&objects->rwlock), ISM_OK);
    expect(0, "15 00 00 00 44 33 22 11");
    ASSERT_GOLDEN(rwlock);
    assert_status(ism_rwlock_unlock(&objects->rwlock), ISM_OK);
    expect(0, "0c 0b 0a 00 88 77 66 55");
    FIND_GOLDEN(rwlock);
    assert_status(ism_rwlock_write_lock(&objects->rwlock), ISM_OWNER_DIED);
    expect(0, "15 00 00 40 44 33 22 11");
    ASSERT_GOLDEN(rwlock);
    assert_status(ism_rwlock_consistent(&objects->rwlock), ISM_OK);
    assert_status(ism_rwlock_unlock(&objects->rwlock), ISM_OK);
}

static void e5_s4_golden_bytes_of_a_semaphore(void **state)
{
    ism_semaphore *semaphore = &objects->semaphore;

    (void)state;
    skip_unless_little_endian();
    become(LIFE);
    assert_status(ism_semaphore_post(semaphore, 0x01020304), ISM_OK);
    expect(0, "04 03 02 01 01 00 00 00");
    ASSERT_GOLDEN(semaphore);
    assert_status(ism_semaphore_wait(semaphore), ISM_OK);
    expect(0, "03 03 02 01 01 00 00 00");
    ASSERT_GOLDEN(semaphore);
    expect(0, "00 00 00 00 07 00 00 00");
    FIND_GOLDEN(semaphore);
    WAIT_UNTIL_IT_SHOWS(semaphore, ism_semaphore_wait_until(semaphore, shortly()));
    expect(0, "00 00 00 80 07 00 00 00");
    ASSERT_GOLDEN(semaphore);
    expect(0, "01 00 00 80 07 00 00 00");
    FIND_GOLDEN(semaphore);
    assert_int_equal(ism_semaphore_permits(semaphore), 1);
    assert_status(ism_semaphore_wait(semaphore), ISM_OK);
    expect(0, "00 00 00 80 07 00 00 00");
    ASSERT_GOLDEN(semaphore);
}

static void e5_s6_golden_bytes_of_an_event(void **state)
{
    (void)state;
    skip_unless_little_endian();
    become(LIFE);
    assert_status(ism_event_set(&objects->event), ISM_OK);
    expect(0, "03 00 00 00 00 00 00 00");
    ASSERT_GOLDEN(event);
    assert_status(ism_event_reset(&objects->event), ISM_OK);
    expect(0, "02 00 00 00 00 00 00 00");
    ASSERT_GOLDEN(event);
    WAIT_UNTIL_IT_SHOWS(event, ism_event_take_until(&objects->event, shortly()));
    expect(0, "02 00 00 80 00 00 00 00");
    ASSERT_GOLDEN(event);
    WAIT_UNTIL_IT_SHOWS(event, ism_event_wait_until(&objects->event, shortly()));
    expect(0, "02 00 00 c0 00 00 00 00");
    ASSERT_GOLDEN(event);
    assert_status(ism_event_set(&objects->event), ISM_OK);
    expect(0, "05 00 00 00 00 00 00 00");
    ASSERT_GOLDEN(event);
    assert_status(ism_event_take(&objects->event), ISM_OK);
    expect(0, "04 00 00 00 00 00 00 00");
    ASSERT_GOLDEN(event);
}

static void e5_s5_golden_bytes_of_a_condition(void **state)
{
    (void)state;
    skip_unless_little_endian();
    become(LIFE);
    assert_status(ism_mutex_lock(&objects->mutex), ISM_OK);
    assert_status(ism_condition_wait_until(&objects->condition, &objects->mutex, shortly()), ISM_E_TIMED_OUT);
    expect(0, "00 00 00 80 01 00 00 00");
    ASSERT_GOLDEN(condition);
    expect(0, "15 00 00 00 44 33 22 11");
    ASSERT_GOLDEN(mutex);
    assert_status(ism_condition_broadcast(&objects->condition), ISM_OK);
    expect(0, "01 00 00 00 01 00 00 00");
    ASSERT_GOLDEN(condition);
    assert_status(ism_condition_wait_until(&objects->condition, &objects->mutex, shortly()), ISM_E_TIMED_OUT);
    expect(0, "01 00 00 80 02 00 00 00");
    ASSERT_GOLDEN(condition);
    assert_status(ism_mutex_unlock(&objects->mutex), ISM_OK);
}

static void e5_s7_golden_bytes_of_a_barrier(void **state)
{
    (void)state;
    skip_unless_little_endian();
    become(LIFE);
    assert_status(ism_barrier_arrive(&objects->barrier, 1), ISM_LAST_PARTY);
    expect(0, "01 00 00 00 00 00 00 00");
    ASSERT_GOLDEN(barrier);
    expect(0, "04 03 02 01 02 02 03 02"); /* 0x0202 of 0x0203 have arrived */
    FIND_GOLDEN(barrier);
    assert_status(ism_barrier_arrive(&objects->barrier, 0x0202), ISM_E_INVALID);
    assert_status(ism_barrier_arrive(&objects->barrier, 0x0203), ISM_LAST_PARTY);
    expect(0, "05 03 02 01 00 00 00 00");
    ASSERT_GOLDEN(barrier);
}

static ism_status look_at_once(void *context)
{
    (void)context;
    expect(0, "15 00 00 00 44 33 22 11");
    ASSERT_GOLDEN(once);
    return ISM_OK;
}

static void e5_s8_golden_bytes_of_what_is_done_once(void **state)
{
    (void)state;
    skip_unless_little_endian();
    become(LIFE);
    assert_status(ism_once_run(&objects->once, look_at_once, NULL), ISM_OK);
    expect(16, "01 00 00 00 00 00 00 00");
    ASSERT_GOLDEN(once);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(e5_objects_have_the_same_size_and_alignment_everywhere),
        cmocka_unit_test_setup(e5_s1_golden_bytes_of_a_mutex, begin),
        cmocka_unit_test_setup(e5_s2_golden_bytes_of_a_mutex_whose_owner_died, begin),
        cmocka_unit_test_setup(e5_s3_golden_bytes_of_a_read_write_lock, begin),
        cmocka_unit_test_setup(e5_s3_golden_bytes_of_a_read_write_lock_of_the_dead, begin),
        cmocka_unit_test_setup(e5_s4_golden_bytes_of_a_semaphore, begin),
        cmocka_unit_test_setup(e5_s6_golden_bytes_of_an_event, begin),
        cmocka_unit_test_setup(e5_s5_golden_bytes_of_a_condition, begin),
        cmocka_unit_test_setup(e5_s7_golden_bytes_of_a_barrier, begin),
        cmocka_unit_test_setup(e5_s8_golden_bytes_of_what_is_done_once, begin),
    };
    return cmocka_run_group_tests_name("layout", tests, create_region, close_region);
}
