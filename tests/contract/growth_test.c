/* growth_test.c: a region grows in place, for everybody who has it, whoever is killed meanwhile (R5). */
#include "regions.h"

#include <stdlib.h>

#include "churn.h"

#define FIRST 5000u
#define CAPACITY (8u << 20)
#define STOPS 200

static ism_region *create_growing(const char *name, uint64_t size, uint64_t capacity)
{
    ism_region_options options = {.size = size, .capacity = capacity};
    ism_region *region = NULL;
    assert_status(ism_region_create(name, &options, &region), ISM_OK);
    return region;
}

static void assert_zero(const ism_region *region, uint64_t from)
{
    const unsigned char *bytes = ism_region_data(region);
    for (uint64_t i = from; i < ism_region_size(region); i++)
        assert_int_equal(bytes[i], 0);
}

static void r5_everybody_sees_the_new_size_at_the_old_address(void **state)
{
    const char *name = NAME("x");

    (void)state;
    ism_region *region = create_growing(name, FIRST, CAPACITY);
    unsigned char *address = ism_region_data(region);
    memset(address, 7, FIRST);
    struct process *writer = peer_obeying(), *reader = peer_obeying();
    assert_answer(ask(writer, "open %s size=%u", name, FIRST), "ISM_OK");
    assert_answer(ask(reader, "open %s read-only", name), "ISM_OK");
    assert_answer(ask(writer, "grow 100000"), "ISM_OK");
    assert_int_equal(ism_region_size(region), 100000);
    assert_ptr_equal(ism_region_data(region), address);
    assert_zero(region, FIRST);
    assert_int_equal(address[FIRST - 1], 7);
    address[99999] = 9;
    assert_answer(ask(reader, "size"), "100000");
    assert_answer(ask(reader, "peek 99999"), "9");
    assert_status(ism_region_grow(region, CAPACITY), ISM_OK);
    address[CAPACITY - 1] = 5;
    assert_answer(ask(reader, "peek %u", CAPACITY - 1), "5");
    assert_answer(ask(writer, "size"), "8388608");
    assert_answer(ask(writer, "close"), "ISM_OK");
    assert_answer(ask(writer, "open %s size=%u", name, FIRST), "ISM_E_SIZE");
    assert_answer(ask(writer, "open %s size=%u", name, CAPACITY), "ISM_OK");
    dismiss(writer);
    dismiss(reader);
    close_region(region);
}

static void r5_info_tells_size_and_capacity(void **state)
{
    ism_region_info info;

    (void)state;
    ism_region *region = create_growing(NAME("x"), FIRST, CAPACITY);
    assert_status(ism_region_grow(region, FIRST + 1), ISM_OK);
    assert_status(ism_region_get_info(region, &info), ISM_OK);
    assert_int_equal(info.size, FIRST + 1);
    assert_int_equal(info.capacity, CAPACITY);
    assert_status(ism_region_look(NAME("x"), &info), ISM_OK);
    assert_int_equal(info.size, FIRST + 1);
    close_region(region);
}

static void r5_what_can_not_grow_says_so_and_stays(void **state)
{
    ism_region_options reading = {.flags = ISM_REGION_READ_ONLY};
    ism_region *reader = NULL;

    (void)state;
    ism_region *region = create_growing(NAME("x"), FIRST, CAPACITY);
    assert_status(ism_region_open(NAME("x"), &reading, &reader), ISM_OK);
    assert_status(ism_region_grow(NULL, 1), ISM_E_INVALID);
    assert_status(ism_region_grow(reader, FIRST + 1), ISM_E_READ_ONLY);
    assert_status(ism_region_grow(region, CAPACITY + 1), ISM_E_SIZE);
    assert_status(ism_region_grow(region, UINT64_MAX), ISM_E_SIZE);
    assert_status(ism_region_grow(region, FIRST), ISM_OK);
    assert_status(ism_region_grow(region, 1), ISM_OK);
    assert_int_equal(ism_region_size(region), FIRST);
    close_region(reader);
    close_region(region);
    region = create_region(NAME("x"), FIRST);
    assert_status(ism_region_grow(region, FIRST + 1), ISM_E_SIZE);
    close_region(region);
}

static void r5_a_lock_in_the_new_memory_works(void **state)
{
    (void)state;
    ism_region *region = create_growing(NAME("x"), 4096, CAPACITY);
    ism_mutex *early = ism_region_data(region), *late = early + 4096;
    assert_status(ism_mutex_lock(early), ISM_OK);
    assert_status(ism_mutex_lock(late), ISM_E_INVALID);
    assert_status(ism_region_grow(region, 1u << 20), ISM_OK);
    assert_status(ism_mutex_lock(late), ISM_OK);
    assert_status(ism_mutex_unlock(late), ISM_OK);
    assert_status(ism_mutex_unlock(early), ISM_OK);
    close_region(region);
}

static void r5_many_grow_at_once_and_the_largest_counts(void **state)
{
    enum { GROWERS = 4, TIMES = 200, STEP = 1000 };
    struct process *growers[GROWERS];

    (void)state;
    ism_region *region = create_growing(NAME("x"), 1, CAPACITY);
    for (unsigned i = 0; i < GROWERS; i++) {
        growers[i] = peer_obeying();
        assert_answer(ask(growers[i], "open %s", NAME("x")), "ISM_OK");
    }
    for (unsigned i = 0; i < GROWERS; i++)
        tell(growers[i], "grow_by %u %u", STEP, TIMES);
    for (unsigned i = 0; i < GROWERS; i++)
        assert_answer(answer(growers[i]), "ISM_OK");
    uint64_t size = ism_region_size(region);
    assert_in_range(size, 1 + STEP * TIMES, 1 + STEP * TIMES * GROWERS);
    assert_int_equal((size - 1) % STEP, 0);
    for (unsigned i = 0; i < GROWERS; i++)
        dismiss(growers[i]);
    close_region(region);
}

/* At each system call: before, it has grown; after, it has or has not; the next one can. */
static void r5_a_grower_may_be_killed_at_each_system_call(void **state)
{
    const char *name = NAME("x");
    int step = PROCESS_RUNNING;

    (void)state;
    if (!process_can_trace())
        skip_because("this system can't trace programs for a test");
    ism_region *region = create_growing(name, CHURN_SIZE, CAPACITY);
    for (unsigned stop = 0; step == PROCESS_RUNNING && stop < STOPS; stop++) {
        uint64_t size = ism_region_size(region);
        struct process *grower = hold_at_start(name, "grow");
        step = process_step(grower, PROCESS_CALLS, stop);
        process_kill(grower);
        (void)process_wait(grower);
        process_free(grower);
        uint64_t now = ism_region_size(region);
        assert_true(now == size || now == size + CHURN_SIZE);
        assert_status(ism_region_grow(region, now + 100), ISM_OK);
        assert_zero(region, size);
    }
    assert_int_not_equal(step, PROCESS_RUNNING);
    close_region(region);
}

static void r5_a_hostile_size_stays_within_the_capacity(void **state)
{
    const uint64_t sizes[] = {0, 1, FIRST - 1, CAPACITY + 1, UINT64_MAX};

    (void)state;
    ism_region *region = create_growing(NAME("x"), FIRST, CAPACITY);
    unsigned char *size = (unsigned char *)ism_region_data(region) + CAPACITY + 256;
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        memcpy(size, &sizes[i], sizeof sizes[i]);
        assert_int_equal(ism_region_size(region), FIRST);
    }
    assert_status(ism_region_grow(region, FIRST * 2), ISM_OK);
    assert_int_equal(ism_region_size(region), FIRST * 2);
    close_region(region);
}

static void r5_a_region_that_is_not_reserved_grows_too(void **state)
{
    ism_region_options options = {.size = FIRST, .capacity = CAPACITY, .flags = ISM_REGION_LAZY};
    ism_region *region = NULL;

    (void)state;
    assert_status(ism_region_create(NAME("x"), &options, &region), ISM_OK);
    assert_status(ism_region_grow(region, CAPACITY), ISM_OK);
    ((unsigned char *)ism_region_data(region))[CAPACITY - 1] = 1;
    close_region(region);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        promise(r5_everybody_sees_the_new_size_at_the_old_address),
        promise(r5_info_tells_size_and_capacity),
        promise(r5_what_can_not_grow_says_so_and_stays),
        promise(r5_a_lock_in_the_new_memory_works),
        promise(r5_many_grow_at_once_and_the_largest_counts),
        promise(r5_a_grower_may_be_killed_at_each_system_call),
        promise(r5_a_hostile_size_stays_within_the_capacity),
        promise(r5_a_region_that_is_not_reserved_grows_too),
    };
    return cmocka_run_group_tests_name("growth", tests, NULL, NULL);
}
