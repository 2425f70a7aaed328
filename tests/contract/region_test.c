/* region_test.c: what a region is: its name (R1), how it comes to be and is found (R2), its size (R3), and
 * memory that is there (R4). */
#include "regions.h"

#include <stdlib.h>

#define SIZE 10000u

/* ---- R1 ---- */

static void r1_names_of_allowed_bytes_are_taken(void **state)
{
    char prefix[40], name[ISM_NAME_MAX + 1];
    const char *endings[] = {"A", "z", "0", "9", ".", "..", "-", "_", "a.b-c_d", "UPPER", ".hidden"};

    (void)state;
    (void)snprintf(prefix, sizeof prefix, "test-%llu-", (unsigned long long)process_own_id());
    for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++) {
        (void)snprintf(name, sizeof name, "%s%s", prefix, endings[i]);
        ism_region *region = create_region(name, 1);
        assert_status(status_of_open(name, NULL), ISM_OK);
        close_region(region);
    }
}

static void r1_a_name_has_up_to_200_bytes_and_all_of_them_count(void **state)
{
    char first[ISM_NAME_MAX + 1], second[ISM_NAME_MAX + 1];

    (void)state;
    int length = snprintf(first, sizeof first, "%s", NAME("x"));
    memset(first + length, '0', sizeof first - 1 - (size_t)length);
    first[ISM_NAME_MAX] = '\0';
    memcpy(second, first, sizeof second);
    second[ISM_NAME_MAX - 1] = '1';

    ism_region *one = create_region(first, 100);
    assert_status(status_of_open(second, NULL), ISM_E_NOT_FOUND);
    ism_region *other = create_region(second, 200);
    memset(ism_region_data(one), 1, 100);
    assert_true(region_holds(other, 0));
    ism_region *again = open_region(first);
    assert_int_equal(ism_region_size(again), 100);
    assert_true(region_holds(again, 1));
    close_region(again);
    close_region(other);
    close_region(one);
}

/* One-letter names are everybody's in a test run: only what the library says to them is asked. */
static void r1_anything_else_is_no_name(void **state)
{
    char long_name[ISM_NAME_MAX + 2];
    const char *names[] = {"", ".", "..", "a/b", "/a", "a b", "a\\b", "a:b", "a\nb", "\xc3\xa4", "a*", "~"};
    ism_region_options options = {.size = 1};
    ism_region_info info;

    (void)state;
    memset(long_name, 'x', sizeof long_name - 1);
    long_name[sizeof long_name - 1] = '\0';
    for (size_t i = 0; i <= sizeof names / sizeof names[0]; i++) {
        const char *name = i < sizeof names / sizeof names[0] ? names[i] : long_name;
        assert_status(status_of_create(name, &options), ISM_E_NAME);
        assert_status(status_of_open(name, NULL), ISM_E_NAME);
        ism_region *region = (ism_region *)(void *)&info;
        assert_status(ism_region_open_or_create(name, &options, &region), ISM_E_NAME);
        assert_null(region);
        assert_status(ism_region_remove(name), ISM_E_NAME);
        assert_status(ism_region_look(name, &info), ISM_E_NAME);
    }
}

static void r1_case_matters(void **state)
{
    const char *lower = NAME("a"), *upper = NAME("A");

    (void)state;
    ism_region *small = create_region(lower, 1), *large = create_region(upper, 2);
    ism_region *again = open_region(upper);
    assert_int_equal(ism_region_size(again), 2);
    close_region(again);
    close_region(large);
    assert_status(status_of_open(upper, NULL), ISM_E_NOT_FOUND);
    assert_status(status_of_open(lower, NULL), ISM_OK);
    close_region(small);
}

static void r1_the_native_name_is_told_and_is_the_same_for_all(void **state)
{
    const char *name = NAME("x");
    ism_region_info info;

    (void)state;
    ism_region *region = create_region(name, 1);
    const char *native = ism_region_native_name(region);
    assert_string_not_equal(native, "");
    struct process *peer = peer_obeying();
    assert_answer(ask(peer, "open %s", name), "ISM_OK");
    assert_answer(ask(peer, "native"), native);
    assert_status(ism_region_get_info(region, &info), ISM_OK);
    assert_string_equal(info.native_name, native);
    assert_string_equal(info.name, name);
    dismiss(peer);
    close_region(region);
    assert_string_equal(ism_region_native_name(NULL), "");
}

/* Every region of this user goes through the names that the system gives; none of those is what another
 * region's is. */
static void r1_many_names_are_as_many_regions(void **state)
{
    enum { COUNT = 200 };
    ism_region *regions[COUNT];
    char name[ISM_NAME_MAX + 1];

    (void)state;
    for (int i = 0; i < COUNT; i++) {
        (void)snprintf(name, sizeof name, "%s-%d", NAME("n"), i);
        regions[i] = create_region(name, sizeof i);
        assert_true(region_holds(regions[i], 0));
        memcpy(ism_region_data(regions[i]), &i, sizeof i);
    }
    for (int i = 0; i < COUNT; i++) {
        (void)snprintf(name, sizeof name, "%s-%d", NAME("n"), i);
        ism_region *region = open_region(name);
        assert_memory_equal(ism_region_data(region), &i, sizeof i);
        close_region(region);
    }
    for (int i = 0; i < COUNT; i++)
        close_region(regions[i]);
}

/* ---- R2 ---- */

static void r2_a_region_must_exist_to_be_opened_and_must_not_to_be_created(void **state)
{
    const char *name = NAME("x");
    ism_region_options options = {.size = SIZE};

    (void)state;
    assert_status(status_of_open(name, NULL), ISM_E_NOT_FOUND);
    ism_region *region = create_region(name, SIZE);
    assert_status(status_of_create(name, &options), ISM_E_EXISTS);
    assert_status(status_of_open(name, NULL), ISM_OK);
    struct process *peer = peer_obeying();
    assert_answer(ask(peer, "create %s size=%u", name, SIZE), "ISM_E_EXISTS");
    assert_answer(ask(peer, "open %s", name), "ISM_OK");
    dismiss(peer);
    close_region(region);
}

static void r2_what_one_process_writes_the_others_read(void **state)
{
    const char *name = NAME("x");

    (void)state;
    ism_region *region = create_region(name, SIZE);
    unsigned char *bytes = ism_region_data(region);
    struct process *peer = peer_obeying();
    assert_answer(ask(peer, "open_or_create %s size=%u", name, SIZE), "ISM_OK");
    assert_answer(ask(peer, "holds 0"), "yes");
    memset(bytes, 77, SIZE);
    assert_answer(ask(peer, "holds 77"), "yes");
    assert_answer(ask(peer, "poke %u 5", SIZE - 1), "ok");
    assert_int_equal(bytes[SIZE - 1], 5);
    dismiss(peer);
    close_region(region);
}

/* All are told to create before anyone is asked for the outcome. */
static void r2_exactly_one_of_many_processes_creates(void **state)
{
    enum { PEERS = 5, ROUNDS = 20 };
    struct process *peers[PEERS];

    (void)state;
    for (int i = 0; i < PEERS; i++)
        peers[i] = peer_obeying();
    for (int round = 0; round < ROUNDS; round++) {
        int created = 0;
        for (int i = 0; i < PEERS; i++)
            tell(peers[i], "create %s size=%u", NAME("x"), SIZE);
        for (int i = 0; i < PEERS; i++) {
            const char *status = answer(peers[i]);
            created += strcmp(status, "ISM_OK") == 0;
            if (strcmp(status, "ISM_OK") != 0)
                assert_answer(status, "ISM_E_EXISTS");
        }
        assert_int_equal(created, 1);
        for (int i = 0; i < PEERS; i++)
            (void)ask(peers[i], "close");
        assert_int_equal(leftovers_regions(NAME("x")), 0);
    }
    for (int i = 0; i < PEERS; i++)
        dismiss(peers[i]);
}

static void r2_the_initialiser_runs_once_and_nobody_sees_less_than_all_of_it(void **state)
{
    enum { PEERS = 5, ROUNDS = 20 };
    struct process *peers[PEERS];

    (void)state;
    for (int i = 0; i < PEERS; i++)
        peers[i] = peer_obeying();
    for (int round = 1; round <= ROUNDS; round++) {
        int runs = 0;
        for (int i = 0; i < PEERS; i++)
            tell(peers[i], "open_or_create %s size=200000 pattern", NAME("x"));
        for (int i = 0; i < PEERS; i++) {
            assert_answer(answer(peers[i]), "ISM_OK");
            tell(peers[i], "pattern");
        }
        for (int i = 0; i < PEERS; i++) {
            assert_answer(answer(peers[i]), "yes");
            runs += atoi(ask(peers[i], "initialised"));
        }
        assert_int_equal(runs, round);
        for (int i = 0; i < PEERS; i++)
            assert_answer(ask(peers[i], "close"), "ISM_OK");
    }
    for (int i = 0; i < PEERS; i++)
        dismiss(peers[i]);
}

static void r2_while_the_initialiser_runs_others_wait_until_their_deadline(void **state)
{
    const char *name = NAME("x");
    ism_region_options now = {.size = SIZE, .deadline = ism_deadline_after(0)};
    ism_region *region;
    ism_region_info info;

    (void)state;
    struct process *creator = peer_obeying(), *opener = peer_obeying();
    assert_answer(ask(creator, "open_or_create %s size=%u halting", name, SIZE), "initialising");
    assert_answer(ask(opener, "open %s within=30", name), "ISM_E_TIMED_OUT");
    assert_status(status_of_open(name, &now), ISM_E_TIMED_OUT);
    assert_status(ism_region_open_or_create(name, &now, &region), ISM_E_TIMED_OUT);
    assert_null(region);
    assert_status(status_of_create(name, &(ism_region_options){.size = SIZE}), ISM_E_EXISTS);
    assert_status(ism_region_look(name, &info), ISM_OK);
    assert_int_equal(info.ready, 0);
    assert_int_equal(info.stale, 0);

    tell(opener, "open %s", name);
    assert_answer(ask(creator, "go"), "ISM_OK");
    assert_answer(answer(opener), "ISM_OK");
    assert_answer(ask(opener, "pattern"), "yes");
    assert_status(ism_region_look(name, &info), ISM_OK);
    assert_int_equal(info.ready, 1);
    dismiss(opener);
    dismiss(creator);
}

static void r2_a_failing_initialiser_leaves_no_region(void **state)
{
    const char *name = NAME("x");

    (void)state;
    struct process *creator = peer_obeying(), *opener = peer_obeying(), *second = peer_obeying();
    assert_answer(ask(creator, "create %s size=%u failing", name, SIZE), "ISM_E_INITIALISER");
    assert_status(status_of_open(name, NULL), ISM_E_NOT_FOUND);
    assert_int_equal(leftovers_regions(name), 0);

    assert_answer(ask(creator, "create %s size=%u halting", name, SIZE), "initialising");
    tell(opener, "open %s within=15000", name);
    tell(second, "open_or_create %s size=%u pattern within=15000", name, SIZE);
    assert_answer(ask(creator, "fail"), "ISM_E_INITIALISER");
    assert_answer(answer(second), "ISM_OK");
    assert_answer(ask(second, "pattern"), "yes");
    const char *opened = answer(opener);
    if (strcmp(opened, "ISM_E_NOT_FOUND") != 0)
        assert_answer(opened, "ISM_OK");
    dismiss(second);
    dismiss(opener);
    dismiss(creator);
}

static ism_status refuse_with_a_fact(ism_region *region, void *context)
{
    *(uint64_t *)context = ism_region_size(region);
    return ISM_OWNER_DIED;
}

static void r2_an_initialiser_gets_region_and_context_and_only_ok_is_success(void **state)
{
    const char *name = NAME("x");
    uint64_t size_seen = 0;
    ism_region_options options = {.size = SIZE, .initialiser = refuse_with_a_fact, .initialiser_context = &size_seen};

    (void)state;
    assert_status(status_of_create(name, &options), ISM_E_INITIALISER);
    assert_int_equal(size_seen, SIZE);
    assert_status(status_of_open(name, NULL), ISM_E_NOT_FOUND);
}

static void r2_a_dead_initialisers_region_is_started_over(void **state)
{
    const char *name = NAME("x");

    (void)state;
    struct process *creator = peer_obeying(), *opener = peer_obeying(), *next = peer_obeying();
    assert_answer(ask(creator, "open_or_create %s size=%u halting", name, SIZE), "initialising");
    tell(opener, "open %s within=15000", name);
    tell(next, "open_or_create %s size=%u halting within=15000", name, SIZE);
    kill_and_wait(creator);
    assert_answer(answer(next), "initialising");
    tell(next, "go");
    assert_answer(answer(next), "ISM_OK");
    assert_answer(ask(next, "pattern"), "yes");
    assert_answer(ask(next, "initialised"), "1");
    const char *opened = answer(opener);
    if (strcmp(opened, "ISM_E_NOT_FOUND") != 0)
        assert_answer(opened, "ISM_OK");
    dismiss(opener);
    dismiss(next);
}

static void r2_a_dead_initialisers_region_is_nothing_to_open_and_no_obstacle_to_create(void **state)
{
    const char *name = NAME("x");

    (void)state;
    for (int i = 0; i < 3; i++) {
        struct process *creator = peer_obeying();
        assert_answer(ask(creator, "create %s size=%u halting", name, SIZE), "initialising");
        kill_and_wait(creator);
        process_free(creator);
        if (i == 0)
            assert_status(status_of_open(name, NULL), ISM_E_NOT_FOUND);
        if (i == 1)
            assert_status(ism_region_remove(name), ISM_E_NOT_FOUND);
        ism_region *region = create_region(name, SIZE + 1);
        assert_true(region_holds(region, 0));
        close_region(region);
    }
}

static void r2_an_existing_region_must_have_the_size_that_was_asked_for(void **state)
{
    const char *name = NAME("x");
    ism_region_options options = {.size = SIZE + 1};
    ism_region *region, *other;

    (void)state;
    region = create_region(name, SIZE);
    assert_status(status_of_open(name, &options), ISM_E_SIZE);
    assert_status(ism_region_open_or_create(name, &options, &other), ISM_E_SIZE);
    assert_null(other);
    options.size = SIZE;
    assert_status(status_of_open(name, &options), ISM_OK);
    assert_status(ism_region_open_or_create(name, &options, &other), ISM_OK);
    close_region(other);
    close_region(region);
}

/* ---- R3 ---- */

static void r3_the_size_is_exactly_what_was_asked(void **state)
{
    const uint64_t sizes[] = {1, 2, 15, 4095, 4096, 4097, 8191, 16384, 16385, 65535, 65536, 65537, 1048577, 5000000};

    (void)state;
    struct process *peer = peer_obeying();
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        char expected[32];
        ism_region_info info;
        ism_region *region = create_region(NAME("x"), sizes[i]);
        (void)snprintf(expected, sizeof expected, "%llu", (unsigned long long)sizes[i]);
        assert_int_equal(ism_region_size(region), sizes[i]);
        assert_status(ism_region_get_info(region, &info), ISM_OK);
        assert_int_equal(info.size, sizes[i]);
        assert_true(region_holds(region, 0));
        assert_answer(ask(peer, "open %s", NAME("x")), "ISM_OK");
        assert_answer(ask(peer, "size"), expected);
        assert_answer(ask(peer, "fill 9"), "ok");
        assert_true(region_holds(region, 9));
        assert_answer(ask(peer, "close"), "ISM_OK");
        close_region(region);
    }
    dismiss(peer);
    assert_int_equal(ism_region_size(NULL), 0);
}

static void r3_the_first_byte_is_page_aligned(void **state)
{
    (void)state;
    ism_region *region = create_region(NAME("x"), 1), *again = open_region(NAME("x"));
    assert_int_equal((uintptr_t)ism_region_data(region) % process_page_size(), 0);
    assert_int_equal((uintptr_t)ism_region_data(again) % process_page_size(), 0);
    assert_null(ism_region_data(NULL));
    close_region(again);
    close_region(region);
}

static void r3_fresh_memory_is_zero_whatever_was_there_before(void **state)
{
    (void)state;
    for (unsigned char byte = 1; byte < 5; byte++) {
        ism_region *region = create_region(NAME("x"), SIZE);
        assert_true(region_holds(region, 0));
        memset(ism_region_data(region), byte, SIZE);
        close_region(region);
    }
}

static void r3_a_capacity_is_room_that_is_not_size_yet(void **state)
{
    ism_region_options options = {.size = 5000, .capacity = 100000};
    ism_region_info info;
    ism_region *region;

    (void)state;
    assert_status(ism_region_create(NAME("x"), &options, &region), ISM_OK);
    assert_int_equal(ism_region_size(region), 5000);
    assert_status(ism_region_get_info(region, &info), ISM_OK);
    assert_int_equal(info.capacity, 100000);
    close_region(region);
    region = create_region(NAME("x"), 5000);
    assert_status(ism_region_get_info(region, &info), ISM_OK);
    assert_int_equal(info.capacity, 5000);
    close_region(region);
}

static void r3_what_a_process_cannot_address_is_no_size(void **state)
{
    ism_region_options options = {.size = UINT64_C(5) << 30, .flags = ISM_REGION_LAZY};

    (void)state;
    if (sizeof(void *) < 8)
        assert_status(status_of_create(NAME("x"), &options), ISM_E_SIZE);
    options.size = UINT64_MAX;
    assert_status(status_of_create(NAME("x"), &options), ISM_E_SIZE);
}

/* ---- R4 ---- */

static void r4_the_info_tells_whether_the_memory_is_there(void **state)
{
    ism_region_options options = {.size = SIZE, .flags = ISM_REGION_LAZY};
    ism_region_info info;
    ism_region *region;

    (void)state;
    region = create_region(NAME("x"), SIZE);
    assert_status(ism_region_get_info(region, &info), ISM_OK);
    assert_int_equal(info.committed, 1);
    close_region(region);
    assert_status(ism_region_create(NAME("x"), &options, &region), ISM_OK);
    assert_status(ism_region_get_info(region, &info), ISM_OK);
    assert_int_equal(info.committed, 0);
    close_region(region);
}

static void r4_without_space_create_fails_and_leaves_nothing(void **state)
{
    (void)state;
    struct process *peer = peer_obeying();
    if (strcmp(ask(peer, "confine_memory 2097152"), "yes") != 0)
        skip_because("this system or user can't limit shared memory for a test");
    assert_answer(ask(peer, "create %s size=8388608", NAME("x")), "ISM_E_NO_SPACE");
    assert_answer(ask(peer, "regions test-"), "0");
    assert_answer(ask(peer, "create %s size=1048576", NAME("x")), "ISM_OK");
    assert_answer(ask(peer, "fill 1"), "ok");
    assert_answer(ask(peer, "create %s size=1048576", NAME("y")), "ISM_E_NO_SPACE");
    assert_answer(ask(peer, "close"), "ISM_OK");
    assert_answer(ask(peer, "regions test-"), "0");
    assert_answer(ask(peer, "create %s size=1048576", NAME("y")), "ISM_OK");
    dismiss(peer);
}

static void r4_what_was_created_can_be_touched_when_nothing_is_left(void **state)
{
    char status[32];
    unsigned created;

    (void)state;
    struct process *peer = peer_obeying();
    if (strcmp(ask(peer, "confine_memory 2097152"), "yes") != 0)
        skip_because("this system or user can't limit shared memory for a test");
    assert_answer(ask(peer, "create %s size=500000", NAME("x")), "ISM_OK");
    const char *many = ask(peer, "create_many %s 40000 100", NAME("y"));
    assert_int_equal(sscanf(many, "%31s %u", status, &created), 2);
    assert_string_equal(status, "ISM_E_NO_SPACE");
    assert_in_range(created, 10, 50);
    assert_answer(ask(peer, "fill 200"), "ok");
    assert_answer(ask(peer, "holds 200"), "yes");
    dismiss(peer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        promise(r1_names_of_allowed_bytes_are_taken),
        promise(r1_a_name_has_up_to_200_bytes_and_all_of_them_count),
        promise(r1_anything_else_is_no_name),
        promise(r1_case_matters),
        promise(r1_the_native_name_is_told_and_is_the_same_for_all),
        promise(r1_many_names_are_as_many_regions),
        promise(r2_a_region_must_exist_to_be_opened_and_must_not_to_be_created),
        promise(r2_what_one_process_writes_the_others_read),
        promise(r2_exactly_one_of_many_processes_creates),
        promise(r2_the_initialiser_runs_once_and_nobody_sees_less_than_all_of_it),
        promise(r2_while_the_initialiser_runs_others_wait_until_their_deadline),
        promise(r2_a_failing_initialiser_leaves_no_region),
        promise(r2_an_initialiser_gets_region_and_context_and_only_ok_is_success),
        promise(r2_a_dead_initialisers_region_is_started_over),
        promise(r2_a_dead_initialisers_region_is_nothing_to_open_and_no_obstacle_to_create),
        promise(r2_an_existing_region_must_have_the_size_that_was_asked_for),
        promise(r3_the_size_is_exactly_what_was_asked),
        promise(r3_the_first_byte_is_page_aligned),
        promise(r3_fresh_memory_is_zero_whatever_was_there_before),
        promise(r3_a_capacity_is_room_that_is_not_size_yet),
        promise(r3_what_a_process_cannot_address_is_no_size),
        promise(r4_the_info_tells_whether_the_memory_is_there),
        promise(r4_without_space_create_fails_and_leaves_nothing),
        promise(r4_what_was_created_can_be_touched_when_nothing_is_left),
    };
    return cmocka_run_group_tests_name("regions", tests, NULL, NULL);
}
