/* sealed_test.c: regions without a name, handed over as descriptors that nobody can shrink (R10). */
#include "regions.h"

#include <stdlib.h>

#define SIZE 10000u

static ism_status create_sealed(const ism_region_options *options, ism_region **region)
{
    *region = (ism_region *)(void *)region;
    ism_status status = ism_region_create_sealed(options, region);
    if (status != ISM_OK)
        assert_null(*region);
    return status;
}

static ism_region *sealed_region(uint32_t flags)
{
    const ism_region_options options = {.size = SIZE, .flags = flags};
    ism_region *region;
    assert_status(create_sealed(&options, &region), ISM_OK);
    return region;
}

static intptr_t descriptor_of(const ism_region *region)
{
    intptr_t descriptor;
    assert_status(ism_region_get_descriptor(region, &descriptor), ISM_OK);
    assert_true(descriptor >= 0);
    return descriptor;
}

static ism_status status_of_open_descriptor(intptr_t descriptor, const ism_region_options *options)
{
    ism_region *region = (ism_region *)(void *)&region;
    ism_status status = ism_region_open_descriptor(descriptor, options, &region);
    return close_opened(status, region);
}

static bool are_supported(void)
{
    const ism_region_options options = {.size = SIZE};
    ism_region *region;
    ism_status status = create_sealed(&options, &region);
    if (status == ISM_OK)
        close_region(region);
    else
        assert_status(status, ISM_E_UNSUPPORTED);
    return status == ISM_OK;
}

#define needs_sealed_regions()                                                                                         \
    do {                                                                                                               \
        if (!are_supported())                                                                                          \
            skip_because("this backend has no sealed descriptors");                                                    \
    } while (0)

/* A socket's address of this test's own. */
static const char *address(void)
{
    static char text[64];
    (void)snprintf(text, sizeof text, "test-%llu-sealed", (unsigned long long)process_own_id());
    return text;
}

static void hand_over(struct process *from, struct process *to, const char *options, const char *expected)
{
    tell(to, "receive_descriptor %s %s", address(), options);
    assert_answer(answer(to), "waiting");
    assert_answer(ask(from, "send_descriptor %s", address()), "yes");
    assert_answer(answer(to), expected);
}

/* ---- everywhere ---- */

static void r10_only_sealed_regions_have_descriptors(void **state)
{
    intptr_t descriptor = 5;

    (void)state;
    ism_region *region = create_region(NAME("x"), SIZE);
    assert_status(ism_region_get_descriptor(region, &descriptor), ISM_E_UNSUPPORTED);
    assert_int_equal(descriptor, -1);
    assert_status(ism_region_get_descriptor(region, NULL), ISM_E_INVALID);
    assert_status(ism_region_get_descriptor(NULL, &descriptor), ISM_E_INVALID);
    close_region(region);
    assert_status(ism_region_create_sealed(&(ism_region_options){.size = 1}, NULL), ISM_E_INVALID);
    assert_status(ism_region_open_descriptor(0, NULL, NULL), ISM_E_INVALID);
    if (!are_supported())
        assert_status(status_of_open_descriptor(0, NULL), ISM_E_UNSUPPORTED);
}

static ism_status fail_to_initialise(ism_region *region, void *context)
{
    (void)region;
    (void)context;
    return ISM_E_FILE;
}

static void r10_a_sealed_region_keeps_the_other_promises(void **state)
{
    ism_region_info info;
    ism_region *region;
    char token[ISM_TOKEN_MAX + 1];

    (void)state;
    needs_sealed_regions();
    assert_status(create_sealed(NULL, &region), ISM_E_INVALID);
    assert_status(create_sealed(&(ism_region_options){.size = 0}, &region), ISM_E_SIZE);
    assert_status(create_sealed(&(ism_region_options){.size = UINT64_MAX}, &region), ISM_E_SIZE);
    assert_status(create_sealed(&(ism_region_options){.size = 1, .flags = ISM_REGION_READ_ONLY}, &region),
                  ISM_E_INVALID);
    assert_status(create_sealed(&(ism_region_options){.size = 1, .lifetime = ISM_LIFETIME_PERSISTENT}, &region),
                  ISM_E_UNSUPPORTED);
    assert_status(create_sealed(&(ism_region_options){.size = 1, .initialiser = fail_to_initialise}, &region),
                  ISM_E_INITIALISER);
    region = sealed_region(0);
    assert_int_equal(ism_region_size(region), SIZE);
    assert_true(region_holds(region, 0));
    assert_string_equal(ism_region_native_name(region), "");
    assert_status(ism_region_get_info(region, &info), ISM_OK);
    assert_string_equal(info.native_name, "");
    assert_string_equal(info.path, "");
    assert_int_equal(info.size, SIZE);
    assert_int_equal(info.lifetime, ISM_LIFETIME_PROCESSES);
    assert_true(info.ready && info.committed && !info.stale);
    assert_int_equal(leftovers_regions(info.name), 0);
    assert_status(ism_region_get_token(region, token), ISM_E_UNSUPPORTED);
    close_region(region);
}

/* ---- handing over ---- */

static void r10_a_descriptor_opens_the_region_in_the_same_process(void **state)
{
    ism_region *other;

    (void)state;
    needs_sealed_regions();
    ism_region *region = sealed_region(0);
    assert_status(ism_region_open_descriptor(descriptor_of(region), NULL, &other), ISM_OK);
    memset(ism_region_data(region), 7, SIZE);
    assert_true(region_holds(other, 7));
    close_region(region);
    assert_true(region_holds(other, 7));
    assert_status(status_of_open_descriptor(descriptor_of(other), NULL), ISM_OK);
    assert_status(status_of_open_descriptor(descriptor_of(other), &(ism_region_options){.size = SIZE}), ISM_OK);
    assert_status(status_of_open_descriptor(descriptor_of(other), &(ism_region_options){.size = 1}), ISM_E_SIZE);
    assert_status(status_of_open_descriptor(descriptor_of(other), &(ism_region_options){.flags = ISM_REGION_LAZY}),
                  ISM_E_INVALID);
    close_region(other);
}

static void r10_over_a_socket_to_an_unrelated_process(void **state)
{
    (void)state;
    needs_sealed_regions();
    struct process *maker = peer_obeying(), *other = peer_obeying(), *third = peer_obeying();
    assert_answer(ask(maker, "create_sealed - size=%u pattern", SIZE), "ISM_OK");
    hand_over(maker, other, "", "ISM_OK");
    assert_answer(ask(other, "pattern"), "yes");
    hand_over(other, third, "read-only", "ISM_OK");
    kill_and_wait(maker);
    assert_answer(ask(third, "pattern"), "yes");
    assert_answer(ask(other, "poke 5 99"), "ok");
    assert_answer(ask(third, "peek 5"), "99");
    dismiss(other);
    assert_answer(ask(third, "peek 5"), "99");
    dismiss(third);
}

static void r10_through_exec_to_another_program(void **state)
{
    (void)state;
    needs_sealed_regions();
    struct process *peer = peer_obeying();
    assert_answer(ask(peer, "create_sealed - size=%u pattern", SIZE), "ISM_OK");
    assert_answer(ask(peer, "exec_with_descriptor"), "ISM_OK");
    assert_answer(ask(peer, "pattern"), "yes");
    dismiss(peer);
}

static void r12_a_forked_child_keeps_a_sealed_region(void **state)
{
    (void)state;
    needs_sealed_regions();
    struct process *peer = peer_obeying(), *other = peer_obeying();
    assert_answer(ask(peer, "create_sealed - size=%u one-writer", SIZE), "ISM_OK");
    assert_answer(ask(peer, "fork"), "child");
    assert_answer(ask(peer, "fill 8"), "ok");
    hand_over(peer, other, "read-only", "ISM_OK");
    assert_answer(ask(peer, "close"), "ISM_OK");
    tell(peer, "exit");
    assert_answer(answer(peer), "parent");
    assert_answer(ask(peer, "holds 8"), "yes");
    dismiss(peer);
    assert_answer(ask(other, "holds 8"), "yes");
    dismiss(other);
}

static void s2_a_dead_owner_of_a_lock_in_a_sealed_region_is_told(void **state)
{
    (void)state;
    needs_sealed_regions();
    struct process *maker = peer_obeying(), *other = peer_obeying();
    assert_answer(ask(maker, "create_sealed - size=%u", SIZE), "ISM_OK");
    hand_over(maker, other, "", "ISM_OK");
    assert_answer(ask(maker, "lock 64"), "ISM_OK");
    assert_answer(ask(other, "try 64"), "ISM_E_BUSY");
    kill_and_wait(maker);
    assert_answer(ask(other, "lock 64"), "ISM_OWNER_DIED");
    assert_answer(ask(other, "consistent 64"), "ISM_OK");
    assert_answer(ask(other, "unlock 64"), "ISM_OK");
    dismiss(other);
}

static void r5_a_sealed_region_grows_in_place(void **state)
{
    ism_region *region, *other;

    (void)state;
    needs_sealed_regions();
    for (int one_writer = 0; one_writer < 2; one_writer++) {
        const ism_region_options options = {
            .size = SIZE, .capacity = 10 * SIZE, .flags = one_writer ? ISM_REGION_ONE_WRITER : 0};
        const ism_region_options reading = {.flags = ISM_REGION_READ_ONLY};
        assert_status(create_sealed(&options, &region), ISM_OK);
        assert_status(ism_region_open_descriptor(descriptor_of(region), &reading, &other), ISM_OK);
        assert_status(ism_region_grow(region, 9 * SIZE), ISM_OK);
        assert_int_equal(ism_region_size(other), 9 * SIZE);
        memset(ism_region_data(region), 7, 9 * SIZE);
        assert_true(region_holds(other, 7));
        assert_status(ism_region_grow(region, 11 * SIZE), ISM_E_SIZE);
        close_region(other);
        close_region(region);
    }
}

/* ---- seals ---- */

static void r10_nobody_changes_its_length(void **state)
{
    const unsigned lengths[] = {0, 1, 4096, SIZE, 1u << 20};

    (void)state;
    needs_sealed_regions();
    struct process *maker = peer_obeying(), *other = peer_obeying();
    assert_answer(ask(maker, "create_sealed - size=%u pattern", SIZE), "ISM_OK");
    hand_over(maker, other, "", "ISM_OK");
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        assert_answer(ask(other, "truncate %u", lengths[i]), "no");
        assert_answer(ask(maker, "truncate %u", lengths[i]), "no");
    }
    assert_answer(ask(maker, "pattern"), "yes");
    assert_answer(ask(other, "write_descriptor 0 9"), "yes");
    assert_answer(ask(maker, "peek 0"), "9");
    dismiss(other);
    dismiss(maker);
}

static void r10_one_writer_is_the_only_one(void **state)
{
    (void)state;
    needs_sealed_regions();
    struct process *maker = peer_obeying(), *other = peer_obeying();
    assert_answer(ask(maker, "create_sealed - size=%u one-writer pattern", SIZE), "ISM_OK");
    hand_over(maker, other, "", "ISM_E_ACCESS");
    hand_over(maker, other, "read-only", "ISM_OK");
    assert_answer(ask(other, "pattern"), "yes");
    assert_answer(ask(other, "write_descriptor 0 9"), "no");
    assert_answer(ask(maker, "write_descriptor 0 9"), "no");
    assert_answer(ask(maker, "poke 0 9"), "ok");
    assert_answer(ask(other, "peek 0"), "9");
    assert_answer(ask(maker, "fill 0"), "ok");
    assert_answer(ask(maker, "lock 64"), "ISM_OK");
    assert_answer(ask(maker, "unlock 64"), "ISM_OK");
    assert_answer(ask(other, "lock 64"), "ISM_E_READ_ONLY");
    dismiss(other);
    dismiss(maker);
}

static void r9_a_descriptor_that_can_only_read_opens_for_reading(void **state)
{
    (void)state;
    needs_sealed_regions();
    ism_region *region = sealed_region(0);
    intptr_t reader = descriptor_read_only(descriptor_of(region));
    assert_true(reader >= 0);
    assert_status(status_of_open_descriptor(reader, NULL), ISM_E_ACCESS);
    assert_status(status_of_open_descriptor(reader, &(ism_region_options){.flags = ISM_REGION_READ_ONLY}), ISM_OK);
    descriptor_close(reader);
    close_region(region);
}

static void check_descriptor(intptr_t descriptor, ism_status expected)
{
    assert_true(descriptor >= 0);
    assert_status(status_of_open_descriptor(descriptor, NULL), expected);
    descriptor_close(descriptor);
}

static void r10_what_is_not_sealed_is_refused(void **state)
{
    static const unsigned char bytes[8192];
    ism_region_info info;

    (void)state;
    needs_sealed_regions();
    assert_status(status_of_open_descriptor(-1, NULL), ISM_E_INVALID);
    assert_status(status_of_open_descriptor(INTPTR_MIN, NULL), ISM_E_INVALID);
    assert_status(status_of_open_descriptor(INTPTR_MAX, NULL), ISM_E_INVALID);
    assert_status(status_of_open_descriptor(4095, NULL), ISM_E_INVALID);
    check_descriptor(descriptor_of_pipe(), ISM_E_FOREIGN);
    check_descriptor(descriptor_of_file("/dev/null"), ISM_E_FOREIGN);
    check_descriptor(descriptor_make(bytes, sizeof bytes, false), ISM_E_FOREIGN);
    ism_region *region = create_region(NAME("x"), SIZE);
    assert_status(ism_region_get_info(region, &info), ISM_OK);
    check_descriptor(descriptor_of_file(info.path), ISM_E_FOREIGN);
    close_region(region);
}

/* ---- hostile bytes ---- */

static void e2_a_sealed_object_of_hostile_bytes_is_refused(void **state)
{
    const size_t sizes[] = {0, 1, 4095, 4096, 8191, 8192, 12288};
    unsigned char *bytes = calloc(1, 65536);

    (void)state;
    assert_non_null(bytes);
    needs_sealed_regions();
    for (int fill = 0; fill < 2; fill++) {
        memset(bytes, fill ? 0xa5 : 0, 65536);
        for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
            check_descriptor(descriptor_make(bytes, sizes[i], true), ISM_E_FOREIGN);
    }
    free(bytes);
}

/* A copy of a real one, changed at each byte of the control block that never changes, is never taken for it. */
static void e2_a_changed_control_block_is_refused(void **state)
{
    const size_t page = process_page_size();
    const size_t whole = (SIZE + page - 1) / page * page + page, block = whole - page;

    (void)state;
    needs_sealed_regions();
    unsigned char *bytes = malloc(whole);
    assert_non_null(bytes);
    ism_region *region = sealed_region(0);
    memcpy(bytes, ism_region_data(region), whole);
    check_descriptor(descriptor_make(bytes, whole, true), ISM_OK);
    for (size_t at = block; at < block + 256; at++) {
        bytes[at] ^= 0x10;
        intptr_t descriptor = descriptor_make(bytes, whole, true);
        ism_status status = status_of_open_descriptor(descriptor, NULL);
        assert_true(status == ISM_E_CORRUPT || status == ISM_E_VERSION || status == ISM_E_FOREIGN);
        descriptor_close(descriptor);
        bytes[at] ^= 0x10;
    }
    check_descriptor(descriptor_make(bytes, whole - page, true), ISM_E_FOREIGN);
    memset(bytes + block + 272, 0, 4); /* not ready */
    check_descriptor(descriptor_make(bytes, whole, true), ISM_E_BUSY);
    free(bytes);
    close_region(region);
}

static void r4_what_does_not_fit_is_refused(void **state)
{
    (void)state;
    needs_sealed_regions();
    struct process *peer = peer_obeying();
    if (strcmp(ask(peer, "confine_addresses %u", 64u << 20), "yes") != 0)
        skip_because("this system does not limit addresses");
    assert_answer(ask(peer, "create_sealed - size=%u lazy", 512u << 20), "ISM_E_NO_MEMORY");
    assert_answer(ask(peer, "create_sealed - size=%u", 1u << 20), "ISM_OK");
    dismiss(peer);
}

/* What any process may ask for, and Linux has always had. */
static void r14_a_sealed_region_gets_what_it_asks_for(void **state)
{
    const uint32_t wanted = ISM_REGION_PREFAULT | ISM_REGION_NO_CORE_DUMP;
    ism_region_info info;

    (void)state;
    needs_sealed_regions();
    for (uint32_t lazy = 0; lazy <= ISM_REGION_LAZY; lazy += ISM_REGION_LAZY) {
        ism_region *region = sealed_region(wanted | lazy);
        assert_status(ism_region_get_info(region, &info), ISM_OK);
        bool is_heeded = native_in_force(ism_region_data(region), 1, ISM_REGION_NO_CORE_DUMP) == NATIVE_IN_FORCE;
        assert_int_equal(info.granted, is_heeded ? wanted : ISM_REGION_PREFAULT);
        close_region(region);
    }
    ism_region *region = sealed_region(0);
    assert_status(ism_region_get_info(region, &info), ISM_OK);
    assert_int_equal(info.granted, 0);
    close_region(region);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        promise(r10_only_sealed_regions_have_descriptors),
        promise(r10_a_sealed_region_keeps_the_other_promises),
        promise(r10_a_descriptor_opens_the_region_in_the_same_process),
        promise(r10_over_a_socket_to_an_unrelated_process),
        promise(r10_through_exec_to_another_program),
        promise(r12_a_forked_child_keeps_a_sealed_region),
        promise(s2_a_dead_owner_of_a_lock_in_a_sealed_region_is_told),
        promise(r5_a_sealed_region_grows_in_place),
        promise(r10_nobody_changes_its_length),
        promise(r10_one_writer_is_the_only_one),
        promise(r9_a_descriptor_that_can_only_read_opens_for_reading),
        promise(r10_what_is_not_sealed_is_refused),
        promise(e2_a_sealed_object_of_hostile_bytes_is_refused),
        promise(e2_a_changed_control_block_is_refused),
        promise(r4_what_does_not_fit_is_refused),
        promise(r14_a_sealed_region_gets_what_it_asks_for),
    };
    return cmocka_run_group_tests_name("sealed", tests, NULL, NULL);
}
