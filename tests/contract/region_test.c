/* region_test.c: regions keep their promises: names (R1), create and open (R2), size (R3), memory that is there
 * (R4), lifetime (R6), removal (R7), access (R8), reading only (R9), fork (R12), looking and tidying (R13),
 * failures that leave nothing (E3), threads (E4). */
#include "suite.h"

#include <stdlib.h>

#define SIZE 10000u

static ism_region *create(const char *name, uint64_t size)
{
    ism_region_options options = {.size = size};
    ism_region *region = NULL;
    assert_status(ism_region_create(name, &options, &region), ISM_OK);
    assert_non_null(region);
    return region;
}

static ism_region *open_existing(const char *name)
{
    ism_region *region = NULL;
    assert_status(ism_region_open(name, NULL, &region), ISM_OK);
    assert_non_null(region);
    return region;
}

static void close_region(ism_region *region)
{
    assert_status(ism_region_close(region), ISM_OK);
}

/* A failing open that also sets its out parameter to NULL. */
static ism_status status_of_open(const char *name, const ism_region_options *options)
{
    ism_region *region = (ism_region *)(void *)&region;
    ism_status status = ism_region_open(name, options, &region);
    if (status == ISM_OK)
        close_region(region);
    else
        assert_null(region);
    return status;
}

static ism_status status_of_create(const char *name, const ism_region_options *options)
{
    ism_region *region = (ism_region *)(void *)&region;
    ism_status status = ism_region_create(name, options, &region);
    if (status == ISM_OK)
        close_region(region);
    else
        assert_null(region);
    return status;
}

static bool holds(const ism_region *region, unsigned char byte)
{
    const unsigned char *bytes = ism_region_data(region);
    for (uint64_t i = 0; i < ism_region_size(region); i++)
        if (bytes[i] != byte)
            return false;
    return true;
}

/* ---- R1 ---- */

static void r1_names_of_allowed_bytes_are_taken(void **state)
{
    char prefix[40], name[ISM_NAME_MAX + 1];
    const char *endings[] = {"A", "z", "0", "9", ".", "..", "-", "_", "a.b-c_d", "UPPER", ".hidden"};

    (void)state;
    (void)snprintf(prefix, sizeof prefix, "test-%llu-", (unsigned long long)process_own_id());
    for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++) {
        (void)snprintf(name, sizeof name, "%s%s", prefix, endings[i]);
        ism_region *region = create(name, 1);
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

    ism_region *one = create(first, 100);
    assert_status(status_of_open(second, NULL), ISM_E_NOT_FOUND);
    ism_region *other = create(second, 200);
    memset(ism_region_data(one), 1, 100);
    assert_true(holds(other, 0));
    ism_region *again = open_existing(first);
    assert_int_equal(ism_region_size(again), 100);
    assert_true(holds(again, 1));
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
    ism_region *small = create(lower, 1), *large = create(upper, 2);
    ism_region *again = open_existing(upper);
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
    ism_region *region = create(name, 1);
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
        regions[i] = create(name, sizeof i);
        assert_true(holds(regions[i], 0));
        memcpy(ism_region_data(regions[i]), &i, sizeof i);
    }
    for (int i = 0; i < COUNT; i++) {
        (void)snprintf(name, sizeof name, "%s-%d", NAME("n"), i);
        ism_region *region = open_existing(name);
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
    ism_region *region = create(name, SIZE);
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
    ism_region *region = create(name, SIZE);
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
    ism_region_options options = {.size = SIZE,
                                  .initialiser = refuse_with_a_fact,
                                  .initialiser_context = &size_seen};

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
        ism_region *region = create(name, SIZE + 1);
        assert_true(holds(region, 0));
        close_region(region);
    }
}

static void r2_an_existing_region_must_have_the_size_that_was_asked_for(void **state)
{
    const char *name = NAME("x");
    ism_region_options options = {.size = SIZE + 1};
    ism_region *region, *other;

    (void)state;
    region = create(name, SIZE);
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
    const uint64_t sizes[] = {1,     2,     15,    4095,  4096,    4097,    8191,
                              16384, 16385, 65535, 65536, 65537, 1048577, 5000000};

    (void)state;
    struct process *peer = peer_obeying();
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        char expected[32];
        ism_region_info info;
        ism_region *region = create(NAME("x"), sizes[i]);
        (void)snprintf(expected, sizeof expected, "%llu", (unsigned long long)sizes[i]);
        assert_int_equal(ism_region_size(region), sizes[i]);
        assert_status(ism_region_get_info(region, &info), ISM_OK);
        assert_int_equal(info.size, sizes[i]);
        assert_true(holds(region, 0));
        assert_answer(ask(peer, "open %s", NAME("x")), "ISM_OK");
        assert_answer(ask(peer, "size"), expected);
        assert_answer(ask(peer, "fill 9"), "ok");
        assert_true(holds(region, 9));
        assert_answer(ask(peer, "close"), "ISM_OK");
        close_region(region);
    }
    dismiss(peer);
    assert_int_equal(ism_region_size(NULL), 0);
}

static void r3_the_first_byte_is_page_aligned(void **state)
{
    (void)state;
    ism_region *region = create(NAME("x"), 1), *again = open_existing(NAME("x"));
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
        ism_region *region = create(NAME("x"), SIZE);
        assert_true(holds(region, 0));
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
    region = create(NAME("x"), 5000);
    assert_status(ism_region_get_info(region, &info), ISM_OK);
    assert_int_equal(info.capacity, 5000);
    close_region(region);
}

static void r3_sizes_go_beyond_32_bits(void **state)
{
    const uint64_t size = UINT64_C(5) << 30;
    ism_region_options options = {.size = size, .flags = ISM_REGION_LAZY};
    ism_region *region;

    (void)state;
    if (sizeof(void *) < 8) {
        assert_status(status_of_create(NAME("x"), &options), ISM_E_SIZE);
        return;
    }
    assert_status(ism_region_create(NAME("x"), &options, &region), ISM_OK);
    assert_int_equal(ism_region_size(region), size);
    ((volatile char *)ism_region_data(region))[size - 1] = 3;
    struct process *peer = peer_obeying();
    assert_answer(ask(peer, "open %s", NAME("x")), "ISM_OK");
    assert_answer(ask(peer, "peek %llu", (unsigned long long)size - 1), "3");
    assert_answer(ask(peer, "peek %llu", (unsigned long long)size - 2), "0");
    dismiss(peer);
    close_region(region);
}

/* ---- R4 ---- */

static void r4_the_info_tells_whether_the_memory_is_there(void **state)
{
    ism_region_options options = {.size = SIZE, .flags = ISM_REGION_LAZY};
    ism_region_info info;
    ism_region *region;

    (void)state;
    region = create(NAME("x"), SIZE);
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

/* ---- R6 ---- */

static void r6_a_region_ends_with_its_last_close(void **state)
{
    const char *name = NAME("x");
    ism_region_info info;

    (void)state;
    ism_region *region = create(name, SIZE), *again = open_existing(name);
    assert_status(ism_region_get_info(region, &info), ISM_OK);
    assert_int_equal(info.lifetime, ISM_LIFETIME_PROCESSES);
    assert_int_equal(info.stale, 0);
    if (info.path[0] != '\0')
        assert_true(native_file_exists(info.path));
    close_region(region);
    assert_status(status_of_open(name, NULL), ISM_OK);
    close_region(again);
    assert_status(status_of_open(name, NULL), ISM_E_NOT_FOUND);
    assert_status(ism_region_look(name, &info), ISM_E_NOT_FOUND);
    assert_int_equal(leftovers_regions(name), 0);
    if (info.path[0] != '\0')
        assert_false(native_file_exists(info.path));
}

static void r6_a_region_outlives_its_creator_while_another_has_it(void **state)
{
    const char *name = NAME("x");

    (void)state;
    struct process *creator = peer_obeying(), *user = peer_obeying();
    assert_answer(ask(creator, "create %s size=%u", name, SIZE), "ISM_OK");
    assert_answer(ask(creator, "fill 4"), "ok");
    assert_answer(ask(user, "open %s", name), "ISM_OK");
    kill_and_wait(creator);
    assert_answer(ask(user, "holds 4"), "yes");
    ism_region *region = open_existing(name);
    dismiss(user);
    assert_true(holds(region, 4));
    assert_status(status_of_create(name, &(ism_region_options){.size = SIZE}), ISM_E_EXISTS);
    close_region(region);
    assert_status(status_of_open(name, NULL), ISM_E_NOT_FOUND);
}

static void r6_attaching_confers_no_ownership(void **state)
{
    const char *name = NAME("x");

    (void)state;
    ism_region *region = create(name, SIZE);
    for (int i = 0; i < 4; i++) {
        struct process *peer = peer_obeying();
        assert_answer(ask(peer, "open %s size=%u", name, SIZE + 1), "ISM_E_SIZE");
        assert_answer(ask(peer, i % 2 ? "open %s" : "open %s read-only", name), "ISM_OK");
        if (i < 2)
            dismiss(peer);
        else
            kill_and_wait(peer);
        assert_int_equal(leftovers_live_regions(name), 1);
        assert_status(status_of_open(name, NULL), ISM_OK);
    }
    close_region(region);
}

static void r6_exit_without_close_is_as_good(void **state)
{
    const char *name = NAME("x");

    (void)state;
    struct process *peer = peer_obeying();
    assert_answer(ask(peer, "create %s size=%u", name, SIZE), "ISM_OK");
    tell(peer, "exit");
    assert_int_equal(process_wait(peer), 0);
    assert_int_equal(leftovers_live_regions(name), 0);
    assert_status(status_of_open(name, NULL), ISM_E_NOT_FOUND);
    ism_region *region = create(name, SIZE);
    close_region(region);
}

/* Three users, all killed; then each way to use the name again. */
static void r6_region_is_gone_after_kill_of_all(void **state)
{
    const char *name = NAME("x");
    ism_region_info info;
    ism_region *region;

    (void)state;
    for (int way = 0; way < 4; way++) {
        struct process *peers[3];
        for (int i = 0; i < 3; i++) {
            peers[i] = peer_obeying();
            assert_answer(ask(peers[i], "open_or_create %s size=%u", name, SIZE), "ISM_OK");
            assert_answer(ask(peers[i], "fill %d", i + 1), "ok");
        }
        for (int i = 0; i < 3; i++)
            process_kill(peers[i]);
        for (int i = 0; i < 3; i++)
            assert_int_equal(process_wait(peers[i]), PROCESS_KILLED);

        assert_int_equal(leftovers_live_regions(name), 0);
        if (ism_region_look(name, &info) == ISM_OK)
            assert_int_equal(info.stale, 1);
        else
            assert_status(ism_error_last()->status, ISM_E_NOT_FOUND);
        if (way == 0)
            assert_status(status_of_open(name, NULL), ISM_E_NOT_FOUND);
        if (way == 1)
            assert_status(ism_region_remove(name), ISM_E_NOT_FOUND);
        if (way == 2)
            assert_status(ism_region_tidy(NULL, NULL), ISM_OK);
        if (way > 0 && way < 3)
            assert_int_equal(leftovers_regions(name), 0);
        assert_status(ism_region_open_or_create(name, &(ism_region_options){.size = SIZE + 5}, &region),
                      ISM_OK);
        assert_true(holds(region, 0));
        close_region(region);
        process_free_all();
    }
}

static void r6_persistent_regions_stay_until_removed(void **state)
{
    const char *name = NAME("x");
    ism_region_options options = {.size = SIZE, .lifetime = ISM_LIFETIME_PERSISTENT};
    ism_region_info info;

    (void)state;
    if (backend_is("win32")) {
        assert_status(status_of_create(name, &options), ISM_E_UNSUPPORTED);
        assert_int_equal(leftovers_regions(name), 0);
        return;
    }
    struct process *peer = peer_obeying();
    assert_answer(ask(peer, "create %s size=%u persistent", name, SIZE), "ISM_OK");
    assert_answer(ask(peer, "fill 6"), "ok");
    kill_and_wait(peer);
    for (int i = 0; i < 2; i++) {
        assert_status(ism_region_tidy(NULL, NULL), ISM_OK);
        assert_status(ism_region_look(name, &info), ISM_OK);
        assert_int_equal(info.lifetime, ISM_LIFETIME_PERSISTENT);
        assert_int_equal(info.stale, 0);
        ism_region *region = open_existing(name);
        assert_true(holds(region, 6));
        close_region(region);
    }
    assert_status(status_of_create(name, &options), ISM_E_EXISTS);
    assert_status(ism_region_remove(name), ISM_OK);
    assert_status(status_of_open(name, NULL), ISM_E_NOT_FOUND);
}

/* Half-made at its creator's death, it was never a region, and does not stay. */
static void r6_a_persistent_region_that_was_never_ready_is_started_over(void **state)
{
    const char *name = NAME("x");

    (void)state;
    struct process *peer = peer_obeying();
    if (backend_is("win32")) {
        assert_answer(ask(peer, "create %s size=%u persistent halting", name, SIZE),
                      "ISM_E_UNSUPPORTED");
        dismiss(peer);
        return;
    }
    assert_answer(ask(peer, "create %s size=%u persistent halting", name, SIZE), "initialising");
    kill_and_wait(peer);
    assert_status(status_of_open(name, NULL), ISM_E_NOT_FOUND);
    struct process *next = peer_obeying();
    assert_answer(ask(next, "open_or_create %s size=%u persistent pattern", name, SIZE), "ISM_OK");
    assert_answer(ask(next, "initialised"), "1");
    assert_answer(ask(next, "pattern"), "yes");
    dismiss(next);
    assert_status(ism_region_remove(name), ISM_OK);
}

/* ---- R7 ---- */

static void r7_a_removed_name_is_free_at_once_and_the_memory_stays(void **state)
{
    const char *name = NAME("x");

    (void)state;
    struct process *peer = peer_obeying();
    ism_region *old = create(name, SIZE);
    assert_answer(ask(peer, "open %s", name), "ISM_OK");
    memset(ism_region_data(old), 8, SIZE);
    assert_status(ism_region_remove(name), ISM_OK);
    assert_status(status_of_open(name, NULL), ISM_E_NOT_FOUND);
    assert_status(ism_region_remove(name), ISM_E_NOT_FOUND);
    assert_int_equal(leftovers_live_regions(name), 0);
    assert_answer(ask(peer, "holds 8"), "yes");

    ism_region *fresh = create(name, SIZE);
    assert_true(holds(fresh, 0));
    assert_answer(ask(peer, "fill 9"), "ok");
    assert_true(holds(old, 9));
    assert_true(holds(fresh, 0));
    assert_int_equal(leftovers_live_regions(name), 1);
    close_region(old);
    assert_answer(ask(peer, "holds 9"), "yes");
    dismiss(peer);
    assert_status(status_of_open(name, NULL), ISM_OK);
    close_region(fresh);
}

static void r7_a_name_can_be_taken_away_again_and_again(void **state)
{
    enum { COUNT = 12 };
    ism_region *regions[COUNT];
    const char *name = NAME("x");

    (void)state;
    for (int i = 0; i < COUNT; i++) {
        regions[i] = create(name, SIZE);
        memset(ism_region_data(regions[i]), i + 1, SIZE);
        assert_status(ism_region_remove(name), ISM_OK);
    }
    for (int i = 0; i < COUNT; i++)
        assert_true(holds(regions[i], (unsigned char)(i + 1)));
    for (int i = 0; i < COUNT; i++)
        close_region(regions[i]);
}

static void r7_of_several_removers_one_succeeds(void **state)
{
    enum { PEERS = 4, ROUNDS = 10 };
    struct process *peers[PEERS];

    (void)state;
    for (int i = 0; i < PEERS; i++)
        peers[i] = peer_obeying();
    for (int round = 0; round < ROUNDS; round++) {
        int removed = 0;
        ism_region *region = create(NAME("x"), SIZE);
        for (int i = 0; i < PEERS; i++)
            tell(peers[i], "remove %s", NAME("x"));
        for (int i = 0; i < PEERS; i++) {
            const char *status = answer(peers[i]);
            removed += strcmp(status, "ISM_OK") == 0;
            if (strcmp(status, "ISM_OK") != 0)
                assert_answer(status, "ISM_E_NOT_FOUND");
        }
        assert_int_equal(removed, 1);
        close_region(region);
    }
    for (int i = 0; i < PEERS; i++)
        dismiss(peers[i]);
}

static void r7_removing_the_old_one_does_not_touch_the_new_one(void **state)
{
    const char *name = NAME("x");

    (void)state;
    struct process *peer = peer_obeying();
    assert_answer(ask(peer, "create %s size=%u", name, SIZE), "ISM_OK");
    assert_status(ism_region_remove(name), ISM_OK);
    ism_region *fresh = create(name, SIZE);
    memset(ism_region_data(fresh), 3, SIZE);
    assert_answer(ask(peer, "close"), "ISM_OK");
    assert_int_equal(leftovers_live_regions(name), 1);
    assert_answer(ask(peer, "open %s", name), "ISM_OK");
    assert_answer(ask(peer, "holds 3"), "yes");
    close_region(fresh);
    dismiss(peer);
}

/* ---- R8 ---- */

static void r8_a_region_is_its_owners_only(void **state)
{
    const char *name = NAME("x");

    (void)state;
    ism_region *region = create(name, SIZE);
    struct process *peer = peer_obeying();
    if (!backend_is("win32"))
        assert_true(native_owner_only(ism_region_native_name(region)));
    if (strcmp(ask(peer, "become_other_user"), "yes") != 0) {
        close_region(region);
        skip_because("this system or user can't become another user for a test");
    }
    assert_answer(ask(peer, "open %s", name), "ISM_E_NOT_FOUND");
    assert_answer(ask(peer, "remove %s", name), "ISM_E_NOT_FOUND");
    assert_answer(ask(peer, "regions %s", name), "0");
    assert_answer(ask(peer, "create %s size=100", name), "ISM_OK");
    assert_answer(ask(peer, "holds 0"), "yes");
    memset(ism_region_data(region), 1, SIZE);
    assert_answer(ask(peer, "holds 0"), "yes");
    dismiss(peer);
    assert_status(status_of_open(name, NULL), ISM_OK);
    close_region(region);
}

/* What the library has never made stays what it is, whoever put it where a region would be. */
static void check_planted(const char *name, const void *bytes, size_t size, struct native_object *planted)
{
    ism_region_options options = {.size = SIZE};
    ism_region_info info;
    ism_region *region;

    ism_status opened = status_of_open(name, NULL);
    assert_true(opened == ISM_E_FOREIGN || opened == ISM_E_NOT_FOUND);
    ism_status looked = ism_region_look(name, &info);
    assert_true(looked == ISM_E_FOREIGN || looked == ISM_E_NOT_FOUND);
    ism_status removed = ism_region_remove(name);
    assert_true(removed == ISM_E_FOREIGN || removed == ISM_E_NOT_FOUND);
    assert_status(ism_region_tidy(NULL, NULL), ISM_OK);
    ism_status created = ism_region_create(name, &options, &region);
    if (created == ISM_OK) {
        assert_true(holds(region, 0));
        memset(ism_region_data(region), 9, SIZE);
        assert_status(status_of_open(name, NULL), ISM_OK);
        close_region(region);
    } else {
        assert_status(created, ISM_E_FOREIGN);
        assert_null(region);
    }
    if (planted != NULL)
        assert_true(native_untouched(planted, bytes, size));
}

static void native_name_of(const char *name, char native[ISM_NATIVE_NAME_MAX + 1])
{
    ism_region *region = create(name, SIZE);
    (void)snprintf(native, ISM_NATIVE_NAME_MAX + 1, "%s", ism_region_native_name(region));
    close_region(region);
}

static void r8_a_foreign_object_of_that_name_is_refused_and_left_alone(void **state)
{
    static unsigned char bytes[20000];
    const size_t sizes[] = {1, 896, 4096, 8192, 20000};
    char native[ISM_NATIVE_NAME_MAX + 1];

    (void)state;
    memset(bytes, 0x5a, sizeof bytes);
    native_name_of(NAME("x"), native);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct native_object *planted = native_plant(native, bytes, sizes[i]);
        assert_non_null(planted);
        check_planted(NAME("x"), bytes, sizes[i], planted);
        native_uproot(planted);
    }
}

/* This user's own object without any content is what a creator leaves that was killed at its first steps. */
static void r8_an_empty_object_is_a_dead_creators(void **state)
{
    static const unsigned char nothing[8192];
    const size_t sizes[] = {0, sizeof nothing};
    const char *name = NAME("x");
    char native[ISM_NATIVE_NAME_MAX + 1];

    (void)state;
    native_name_of(name, native);
    for (size_t i = 0; i < 2; i++) {
        struct native_object *planted = native_plant(native, nothing, sizes[i]);
        assert_non_null(planted);
        assert_status(status_of_open(name, NULL), ISM_E_NOT_FOUND);
        ism_region *region = create(name, SIZE);
        assert_true(holds(region, 0));
        close_region(region);
        native_uproot(planted);
    }
    assert_int_equal(leftovers_regions(name), 0);
}

static void r8_an_object_planted_by_another_user_is_refused(void **state)
{
    const char *name = NAME("x");
    char native[ISM_NATIVE_NAME_MAX + 1];

    (void)state;
    native_name_of(name, native);
    struct process *peer = peer_obeying();
    if (strcmp(ask(peer, "become_other_user"), "yes") != 0)
        skip_because("this system or user can't become another user for a test");
    assert_answer(ask(peer, "plant %s 12288", native), "yes");
    check_planted(name, NULL, 0, NULL);
    assert_answer(ask(peer, "uproot"), "yes");
    dismiss(peer);
}

static void r8_no_symbolic_link_is_followed(void **state)
{
    const char *name = NAME("x"), *target = NAME("target");
    ism_region_options options = {.size = SIZE};
    ism_region_info info, target_info;
    ism_region *other;

    (void)state;
    ism_region *region = create(name, SIZE), *behind = create(target, SIZE);
    assert_status(ism_region_get_info(region, &info), ISM_OK);
    assert_status(ism_region_get_info(behind, &target_info), ISM_OK);
    close_region(region);
    if (info.path[0] == '\0') {
        close_region(behind);
        skip_because("regions are no files here, so there are no links to them");
    }
    assert_true(native_plant_link(info.path, target_info.path));
    assert_status(status_of_open(name, NULL), ISM_E_FOREIGN);
    assert_status(status_of_create(name, &options), ISM_E_FOREIGN);
    assert_status(ism_region_open_or_create(name, &options, &other), ISM_E_FOREIGN);
    assert_status(ism_region_remove(name), ISM_E_FOREIGN);
    assert_status(ism_region_tidy(NULL, NULL), ISM_OK);
    assert_true(native_file_exists(info.path));
    assert_status(status_of_open(target, NULL), ISM_OK);
    assert_true(native_remove_file(info.path));
    close_region(behind);
}

/* ---- R9 ---- */

static void r9_a_write_through_a_read_only_handle_faults(void **state)
{
    const char *name = NAME("x");
    char line[64];

    (void)state;
    ism_region *region = create(name, SIZE);
    memset(ism_region_data(region), 5, SIZE);
    struct process *peer = peer_obeying();
    assert_answer(ask(peer, "open %s read-only", name), "ISM_OK");
    assert_answer(ask(peer, "holds 5"), "yes");
    ((volatile char *)ism_region_data(region))[0] = 6;
    assert_answer(ask(peer, "peek 0"), "6");
    tell(peer, "poke 1 7");
    assert_false(process_read_line(peer, line, sizeof line));
    assert_int_not_equal(process_wait(peer), 0);
    assert_int_not_equal(process_wait(peer), PROCESS_RUNNING);
    assert_int_equal(((volatile char *)ism_region_data(region))[1], 5);
    close_region(region);
}

static void r9_reading_needs_no_permission_to_write(void **state)
{
    const char *name = NAME("x");
    char native[ISM_NATIVE_NAME_MAX + 1];

    (void)state;
    struct process *owner = peer_obeying(), *reader = peer_obeying();
    if (strcmp(ask(owner, "become_other_user"), "yes") != 0 ||
        strcmp(ask(reader, "become_other_user"), "yes") != 0)
        skip_because("this system or user can't become one without privileges for a test");
    assert_answer(ask(owner, "create %s size=%u pattern", name, SIZE), "ISM_OK");
    (void)snprintf(native, sizeof native, "%s", ask(owner, "native"));
    assert_answer(ask(owner, "forbid_writing %s", native), "yes");
    assert_answer(ask(reader, "open %s", name), "ISM_E_ACCESS");
    assert_answer(ask(reader, "open %s read-only", name), "ISM_OK");
    assert_answer(ask(reader, "pattern"), "yes");
    assert_answer(ask(owner, "close"), "ISM_OK");
    assert_answer(ask(reader, "pattern"), "yes");
    assert_answer(ask(reader, "close"), "ISM_OK");
    assert_answer(ask(reader, "open %s read-only", name), "ISM_E_NOT_FOUND");
    if (strcmp(ask(owner, "regions %s", name), "0") != 0) {
        assert_answer(ask(owner, "allow_writing %s", native), "yes");
        assert_answer(ask(owner, "tidy"), "ISM_OK");
        assert_answer(ask(owner, "regions %s", name), "0");
    }
    dismiss(reader);
    dismiss(owner);
}

static void r9_the_last_reader_ends_the_region_too(void **state)
{
    const char *name = NAME("x");

    (void)state;
    for (int killed = 0; killed < 2; killed++) {
        struct process *peer = peer_obeying();
        ism_region *region = create(name, SIZE);
        assert_answer(ask(peer, "open %s read-only", name), "ISM_OK");
        close_region(region);
        assert_int_equal(leftovers_live_regions(name), 1);
        if (killed)
            kill_and_wait(peer);
        else
            dismiss(peer);
        assert_status(status_of_open(name, NULL), ISM_E_NOT_FOUND);
        assert_int_equal(leftovers_live_regions(name), 0);
    }
    assert_status(ism_region_tidy(NULL, NULL), ISM_OK);
}

static void r9_creating_takes_no_read_only_handle(void **state)
{
    ism_region_options options = {.size = SIZE, .flags = ISM_REGION_READ_ONLY};
    ism_region *region;

    (void)state;
    assert_status(status_of_create(NAME("x"), &options), ISM_E_INVALID);
    assert_status(ism_region_open_or_create(NAME("x"), &options, &region), ISM_E_INVALID);
    assert_null(region);
    assert_int_equal(leftovers_regions(NAME("x")), 0);
}

/* ---- R12 ---- */

static void r12_a_forked_child_keeps_the_region_when_its_parent_has_died(void **state)
{
    const char *name = NAME("x");

    (void)state;
    struct process *peer = peer_obeying();
    assert_answer(ask(peer, "create %s size=%u", name, SIZE), "ISM_OK");
    assert_answer(ask(peer, "fill 2"), "ok");
    if (strcmp(ask(peer, "fork"), "no") == 0) {
        dismiss(peer);
        skip_because("this system has no fork");
    }
    kill_and_wait(peer);
    assert_answer(ask(peer, "holds 2"), "yes");
    assert_int_equal(leftovers_live_regions(name), 1);
    ism_region *region = open_existing(name);
    assert_answer(ask(peer, "poke 0 3"), "ok");
    assert_int_equal(((volatile char *)ism_region_data(region))[0], 3);
    close_region(region);
    assert_answer(ask(peer, "close"), "ISM_OK");
    assert_status(status_of_open(name, NULL), ISM_E_NOT_FOUND);
    assert_int_equal(leftovers_regions(name), 0);
    process_end_input(peer);
    assert_true(process_output_ended(peer));
}

static void r12_closing_in_the_child_leaves_the_parents_region_and_the_other_way_round(void **state)
{
    const char *name = NAME("x");

    (void)state;
    struct process *peer = peer_obeying();
    assert_answer(ask(peer, "create %s size=%u", name, SIZE), "ISM_OK");
    if (strcmp(ask(peer, "fork"), "no") == 0) {
        dismiss(peer);
        skip_because("this system has no fork");
    }
    assert_answer(ask(peer, "close"), "ISM_OK");
    assert_status(status_of_open(name, NULL), ISM_OK);
    assert_answer(ask(peer, "open %s", name), "ISM_OK");
    assert_answer(ask(peer, "fill 7"), "ok");
    assert_answer(ask(peer, "exit"), "parent");
    assert_answer(ask(peer, "holds 7"), "yes");
    assert_status(status_of_open(name, NULL), ISM_OK);
    assert_answer(ask(peer, "close"), "ISM_OK");
    assert_status(status_of_open(name, NULL), ISM_E_NOT_FOUND);
    assert_int_equal(leftovers_regions(name), 0);
    dismiss(peer);
}

static void r12_an_exec_gives_the_region_up(void **state)
{
    const char *name = NAME("x");

    (void)state;
    struct process *peer = peer_obeying();
    assert_answer(ask(peer, "create %s size=%u", name, SIZE), "ISM_OK");
    if (strcmp(ask(peer, "exec"), "exec") != 0) {
        dismiss(peer);
        skip_because("this system has no exec");
    }
    assert_int_equal(leftovers_live_regions(name), 0);
    assert_status(status_of_open(name, NULL), ISM_E_NOT_FOUND);
    assert_status(ism_region_tidy(NULL, NULL), ISM_OK);
    dismiss(peer);
}

/* ---- R13 ---- */

struct visits {
    const char *name;
    unsigned count;
    ism_status outcome;
    ism_region_info info;
};

static int visit(const ism_region_info *info, ism_status outcome, void *context)
{
    struct visits *visits = context;
    if (strcmp(info->name, visits->name) == 0) {
        visits->count++;
        visits->outcome = outcome;
        visits->info = *info;
    }
    return 0;
}

static void r13_a_list_shows_each_region_once_with_what_it_is(void **state)
{
    struct visits visits = {.name = NAME("x")};
    ism_region_options options = {.size = 777, .capacity = 88888};
    ism_region_info info;
    ism_region *region;

    (void)state;
    assert_status(ism_region_create(NAME("x"), &options, &region), ISM_OK);
    assert_status(ism_region_list(visit, &visits), ISM_OK);
    assert_int_equal(visits.count, 1);
    assert_status(visits.outcome, ISM_OK);
    assert_status(ism_region_look(NAME("x"), &info), ISM_OK);
    assert_int_equal(visits.info.size, 777);
    assert_int_equal(info.size, 777);
    assert_int_equal(visits.info.capacity, 88888);
    assert_int_equal(visits.info.stale, 0);
    assert_int_equal(visits.info.ready, 1);
    assert_string_equal(visits.info.native_name, ism_region_native_name(region));
    assert_string_equal(visits.info.path, info.path);
    close_region(region);
}

static bool is_attached(const ism_region_info *info, uint64_t id)
{
    for (uint32_t i = 0; i < info->attached_count; i++)
        if (info->attached[i] == id)
            return true;
    return false;
}

static void r13_the_info_tells_who_is_attached(void **state)
{
    const char *name = NAME("x");
    ism_region_info info;

    (void)state;
    ism_region *region = create(name, SIZE);
    struct process *peer = peer_obeying(), *reader = peer_obeying();
    assert_answer(ask(peer, "open %s", name), "ISM_OK");
    assert_answer(ask(reader, "open %s", name), "ISM_OK");
    assert_status(ism_region_get_info(region, &info), ISM_OK);
    assert_true(is_attached(&info, process_own_id()));
    assert_true(is_attached(&info, process_id(peer)));
    assert_true(is_attached(&info, process_id(reader)));
    assert_int_equal(info.attached_count, 3);
    dismiss(reader);
    kill_and_wait(peer);
    process_free(peer);
    assert_status(ism_region_look(name, &info), ISM_OK);
    assert_true(is_attached(&info, process_own_id()));
    assert_int_equal(info.attached_count, 1);
    close_region(region);
}

static int stop_at_once(const ism_region_info *info, ism_status outcome, void *context)
{
    (void)info;
    (void)outcome;
    ++*(unsigned *)context;
    return 1;
}

static void r13_a_visitor_can_stop_and_can_call_the_library(void **state)
{
    unsigned visited = 0;

    (void)state;
    ism_region *one = create(NAME("x"), 1), *two = create(NAME("y"), 1);
    assert_status(ism_region_list(stop_at_once, &visited), ISM_OK);
    assert_int_equal(visited, 1);
    close_region(two);
    close_region(one);
}

static int remove_visited(const ism_region_info *info, ism_status outcome, void *context)
{
    (void)outcome;
    if (strncmp(info->name, context, strlen(context)) == 0) {
        assert_status(status_of_open(info->name, NULL), ISM_OK);
        assert_status(ism_region_remove(info->name), ISM_OK);
    }
    return 0;
}

static void r13_a_visitor_may_remove_what_it_visits(void **state)
{
    char prefix[ISM_NAME_MAX + 1];

    (void)state;
    (void)snprintf(prefix, sizeof prefix, "%s", NAME("x"));
    ism_region *one = create(NAME("x1"), 1), *two = create(NAME("x2"), 1);
    assert_status(ism_region_list(remove_visited, prefix), ISM_OK);
    assert_int_equal(leftovers_regions(prefix), 0);
    close_region(two);
    close_region(one);
}

static void r13_tidy_frees_what_the_dead_left_and_nothing_else(void **state)
{
    const char *dead = NAME("dead"), *half = NAME("half"), *alive = NAME("alive");
    struct visits visits = {.name = dead};

    (void)state;
    struct process *victim = peer_obeying(), *maker = peer_obeying();
    ism_region *region = create(alive, SIZE);
    memset(ism_region_data(region), 1, SIZE);
    assert_answer(ask(victim, "create %s size=%u", dead, SIZE), "ISM_OK");
    assert_answer(ask(maker, "create %s size=%u halting", half, SIZE), "initialising");
    assert_status(ism_region_tidy(visit, &visits), ISM_OK);
    assert_int_equal(visits.count, 0);
    kill_and_wait(victim);
    assert_status(ism_region_tidy(visit, &visits), ISM_OK);
    if (visits.count > 0)
        assert_status(visits.outcome, ISM_OK);
    assert_int_equal(leftovers_regions(dead), 0);
    assert_int_equal(leftovers_live_regions(alive), 1);
    assert_answer(ask(maker, "go"), "ISM_OK");
    assert_status(status_of_open(half, NULL), ISM_OK);
    dismiss(maker);
    close_region(region);
}

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
    ism_region *region = create(NAME("x"), SIZE), *again = open_existing(NAME("x"));
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
        ism_region *handles[2] = {create(NAME("x"), SIZE), open_existing(NAME("x"))};
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
    ism_region *region = create(NAME("x"), SIZE);
    volatile ism_mutex *mutex = ism_region_data(region);
    struct waiter waiter = {ism_region_data(region), ISM_E_SYSTEM, ISM_E_SYSTEM};
    struct process *peer = peer_obeying();
    assert_answer(ask(peer, "open %s", NAME("x")), "ISM_OK");
    assert_answer(ask(peer, "lock 0"), "ISM_OK");
    const uint64_t before[2] = {mutex->opaque[0], mutex->opaque[1]};
    const uint64_t until = process_milliseconds() + PROCESS_LIMIT;

    struct thread *thread = thread_start(wait_for_lock, &waiter);
    assert_non_null(thread);
    while (mutex->opaque[0] == before[0] && mutex->opaque[1] == before[1] &&
           process_milliseconds() < until)
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
        promise(r3_sizes_go_beyond_32_bits),
        promise(r4_the_info_tells_whether_the_memory_is_there),
        promise(r4_without_space_create_fails_and_leaves_nothing),
        promise(r4_what_was_created_can_be_touched_when_nothing_is_left),
        promise(r6_a_region_ends_with_its_last_close),
        promise(r6_a_region_outlives_its_creator_while_another_has_it),
        promise(r6_attaching_confers_no_ownership),
        promise(r6_exit_without_close_is_as_good),
        promise(r6_region_is_gone_after_kill_of_all),
        promise(r6_persistent_regions_stay_until_removed),
        promise(r6_a_persistent_region_that_was_never_ready_is_started_over),
        promise(r7_a_removed_name_is_free_at_once_and_the_memory_stays),
        promise(r7_a_name_can_be_taken_away_again_and_again),
        promise(r7_of_several_removers_one_succeeds),
        promise(r7_removing_the_old_one_does_not_touch_the_new_one),
        promise(r8_a_region_is_its_owners_only),
        promise(r8_a_foreign_object_of_that_name_is_refused_and_left_alone),
        promise(r8_an_empty_object_is_a_dead_creators),
        promise(r8_an_object_planted_by_another_user_is_refused),
        promise(r8_no_symbolic_link_is_followed),
        promise(r9_a_write_through_a_read_only_handle_faults),
        promise(r9_reading_needs_no_permission_to_write),
        promise(r9_the_last_reader_ends_the_region_too),
        promise(r9_creating_takes_no_read_only_handle),
        promise(r12_a_forked_child_keeps_the_region_when_its_parent_has_died),
        promise(r12_closing_in_the_child_leaves_the_parents_region_and_the_other_way_round),
        promise(r12_an_exec_gives_the_region_up),
        promise(r13_a_list_shows_each_region_once_with_what_it_is),
        promise(r13_the_info_tells_who_is_attached),
        promise(r13_a_visitor_can_stop_and_can_call_the_library),
        promise(r13_a_visitor_may_remove_what_it_visits),
        promise(r13_tidy_frees_what_the_dead_left_and_nothing_else),
        promise(e3_a_failed_call_leaves_nothing),
        promise(e3_create_without_enough_descriptors_leaves_nothing),
        promise(e3_create_without_address_space_leaves_nothing),
        promise(e4_threads_create_open_and_close_at_the_same_time),
        promise(e4_a_region_with_a_held_lock_is_busy),
        promise(e4_a_lock_given_back_through_another_handle_is_given_back),
        promise(e4_a_region_whose_lock_is_waited_for_is_busy),
    };
    return cmocka_run_group_tests_name("regions", tests, NULL, NULL);
}
