/* control_test.c: the library's own bytes in a region are what they were in every earlier build of their
 * version (E5), on every compiler and word size, and nothing that another writes there is believed unchecked
 * (E2). The expected bytes and the checksum are written down here anew, not taken from the library. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "leased.h"
#include "region/control.h"

#define REGION UINT64_C(0x0123456789abcdef)
#define TABLE UINT64_C(0xfedcba9876543210)
#define LIFE UINT64_C(0x1122334400000015)

static const ism_region_options options = {
    .size = 12345,
    .capacity = 100000,
    .lifetime = ISM_LIFETIME_PERSISTENT,
    .flags = ISM_REGION_LAZY,
};

static void e5_the_layout_is_the_same_everywhere(void **state)
{
    struct aligned {
        char before;
        ism_mutex mutex;
    };

    (void)state;
    assert_int_equal(sizeof(ism_mutex), 16);
    assert_int_equal(offsetof(struct aligned, mutex), 8);
    assert_int_equal(sizeof(struct ism_control), 896);
    assert_int_equal(offsetof(struct ism_control, magic), 0);
    assert_int_equal(offsetof(struct ism_control, version), 8);
    assert_int_equal(offsetof(struct ism_control, features), 12);
    assert_int_equal(offsetof(struct ism_control, checksum), 16);
    assert_int_equal(offsetof(struct ism_control, lifetime), 20);
    assert_int_equal(offsetof(struct ism_control, region), 24);
    assert_int_equal(offsetof(struct ism_control, capacity), 32);
    assert_int_equal(offsetof(struct ism_control, flags), 40);
    assert_int_equal(offsetof(struct ism_control, access), 44);
    assert_int_equal(offsetof(struct ism_control, name), 48);
    assert_int_equal(offsetof(struct ism_control, size), 256);
    assert_int_equal(offsetof(struct ism_control, life_table), 264);
    assert_int_equal(offsetof(struct ism_control, ready), 272);
    assert_int_equal(offsetof(struct ism_control, removed), 276);
    assert_int_equal(offsetof(struct ism_control, initialiser), 280);
    assert_int_equal(offsetof(struct ism_control, growth_mutex), 288);
    assert_int_equal(offsetof(struct ism_control, reserved_mutable), 304);
    assert_int_equal(offsetof(struct ism_control, array_mutex), 320);
    assert_int_equal(offsetof(struct ism_control, reserved_line), 336);
    assert_int_equal(offsetof(struct ism_control, attached), 384);
}

static bool is_little_endian(void)
{
    const uint16_t one = 1;
    unsigned char first;
    memcpy(&first, &one, 1);
    return first == 1;
}

static void e5_golden_bytes(void **state)
{
    static const struct {
        size_t offset;
        unsigned char bytes[8];
    } golden[] = {
        {0, {'i', 's', 't', 'h', 'm', 'u', 's', '\n'}},
        {8, {1, 0, 0, 0, 0, 0, 0, 0}},
        {16, {0xd4, 0x6f, 0x6f, 0xa4, 1, 0, 0, 0}},
        {24, {0xef, 0xcd, 0xab, 0x89, 0x67, 0x45, 0x23, 0x01}},
        {32, {0xa0, 0x86, 0x01, 0, 0, 0, 0, 0}},
        {48, {'g', 'o', 'l', 'd', 'e', 'n', '.', 'n'}},
        {56, {'a', 'm', 'e', '-', '1', 0, 0, 0}},
        {256, {0x39, 0x30, 0, 0, 0, 0, 0, 0}},
        {264, {0x10, 0x32, 0x54, 0x76, 0x98, 0xba, 0xdc, 0xfe}},
        {280, {0x15, 0x00, 0x00, 0x00, 0x44, 0x33, 0x22, 0x11}},
    };
    unsigned char expected[896] = {0};
    struct ism_control control;

    (void)state;
    if (!is_little_endian()) {
        print_message("[  SKIPPED ] the golden bytes are those of little-endian machines\n");
        skip();
    }
    for (size_t i = 0; i < sizeof golden / sizeof golden[0]; i++)
        memcpy(expected + golden[i].offset, golden[i].bytes, 8);
    memset(&control, 0xff, sizeof control);
    ism_control_fill(&control, "golden.name-1", &options, REGION, TABLE, LIFE);
    assert_memory_equal(&control, expected, sizeof expected);
}

static void e5_flags_lifetime_and_capacity_are_told(void **state)
{
    ism_region_options defaults = {.size = 77};
    struct ism_control control;

    (void)state;
    ism_control_fill(&control, "x", &defaults, REGION, TABLE, LIFE);
    assert_int_equal(control.flags, 1);
    assert_int_equal(control.lifetime, 0);
    assert_int_equal(control.capacity, 77);
    assert_int_equal(control.size, 77);
    assert_int_equal(control.ready, 0);
    assert_int_equal(control.removed, 0);
}

/* The checksum as control.h promises it, for blocks that a hostile writer made with care. */
static void seal(struct ism_control *control)
{
    uint64_t words[32], sum = UINT64_C(0xcbf29ce484222325);

    control->checksum = 0;
    memcpy(words, control, sizeof words);
    for (size_t i = 0; i < 32; i++) {
        sum = (sum ^ words[i]) * UINT64_C(0x100000001b3);
        sum ^= sum >> 32;
    }
    control->checksum = (uint32_t)sum;
}

/* ---- reading from an object of shared memory ---- */

static struct ism_memory object;
static struct ism_control whole; /* a good block for the object */

static void set_name(char *native)
{
    char name[ISM_NAME_MAX + 1];
    (void)snprintf(name, sizeof name, "test-%llu-control", (unsigned long long)ism_process_id());
    ism_memory_native_name(name, (struct ism_names){.shared = false}, 0, native);
}

static int make_object(void **state)
{
    char native[ISM_NATIVE_NAME_MAX + 1];
    struct ism_cause why = {NULL, 0};
    struct ism_memory_plan plan = {.access = ISM_ACCESS_OWNER};
    uint64_t offset;

    (void)state;
    set_name(native);
    if (!ism_control_place(options.capacity, &offset, &plan.length) ||
        ism_lease_begin((struct ism_names){.shared = false}, &why) != ISM_OK ||
        make_leased(native, &plan, &object) != ISM_OK || ism_memory_map(&object, &why) != ISM_OK)
        return -1;
    ism_control_fill(&whole, "x", &options, REGION, TABLE, LIFE);
    whole.ready = 1;
    return 0;
}

static int remove_object(void **state)
{
    struct ism_cause why = {NULL, 0};
    (void)state;
    ism_status status = ism_memory_unlink(&object, &why);
    ism_lease_leave(&object, false);
    ism_lease_end();
    return status == ISM_OK ? 0 : -1;
}

static ism_status read_as(const struct ism_control *control, struct ism_control *copy, enum ism_control_state *how)
{
    struct ism_cause why = {NULL, 0};
    uint64_t offset, length;

    assert_true(ism_control_place(options.capacity, &offset, &length));
    assert_int_equal(ism_memory_write(&object, offset, control, sizeof *control, &why), ISM_OK);
    return ism_control_read(&object, copy, how, &why);
}

static void assert_read(const struct ism_control *control, ism_status expected)
{
    struct ism_control copy;
    enum ism_control_state how;
    assert_string_equal(ism_status_name(read_as(control, &copy, &how)), ism_status_name(expected));
}

static void e5_what_was_written_is_read(void **state)
{
    struct ism_control copy;
    enum ism_control_state how;

    (void)state;
    assert_int_equal(read_as(&whole, &copy, &how), ISM_OK);
    assert_int_equal(how, ISM_CONTROL_READY);
    assert_memory_equal(&copy, &whole, offsetof(struct ism_control, array_mutex));
    struct ism_control unready = whole;
    unready.ready = 0;
    assert_int_equal(read_as(&unready, &copy, &how), ISM_OK);
    assert_int_equal(how, ISM_CONTROL_UNREADY);
}

static void e5_what_is_not_written_yet_is_unready(void **state)
{
    static const struct ism_control zero;
    struct ism_control copy;
    enum ism_control_state how;

    (void)state;
    assert_int_equal(read_as(&zero, &copy, &how), ISM_OK);
    assert_int_equal(how, ISM_CONTROL_UNREADY);
    assert_memory_equal(&copy, &zero, sizeof zero);
}

static void e5_other_versions_are_refused(void **state)
{
    struct ism_control changed;

    (void)state;
    for (unsigned bit = 0; bit < 32; bit++) {
        changed = whole;
        changed.version ^= UINT32_C(1) << bit;
        assert_read(&changed, ISM_E_VERSION);
        seal(&changed);
        assert_read(&changed, ISM_E_VERSION);
        changed = whole;
        changed.features |= UINT32_C(1) << bit;
        seal(&changed);
        assert_read(&changed, ISM_E_VERSION);
    }
    changed = whole;
    changed.magic ^= 1;
    seal(&changed);
    assert_read(&changed, ISM_E_FOREIGN);
}

static void e5_the_other_byte_order_is_refused(void **state)
{
    const unsigned char *from = (const unsigned char *)&whole;
    struct ism_control turned = whole;

    (void)state;
    for (size_t i = 0; i < sizeof turned.magic; i++)
        ((unsigned char *)&turned.magic)[i] = from[sizeof turned.magic - 1 - i];
    assert_read(&turned, ISM_E_VERSION);
}

static void e2_every_flipped_bit_of_what_never_changes_is_noticed(void **state)
{
    (void)state;
    for (size_t bit = 8 * offsetof(struct ism_control, checksum); bit < 8 * offsetof(struct ism_control, size);
         bit += bit < 400 ? 3 : 37) {
        struct ism_control changed = whole;
        ((unsigned char *)&changed)[bit / 8] ^= (unsigned char)(1u << bit % 8);
        assert_read(&changed, ISM_E_CORRUPT);
    }
}

static void assert_sealed_is_corrupt(struct ism_control *changed)
{
    seal(changed);
    assert_read(changed, ISM_E_CORRUPT);
    *changed = whole;
}

static void e2_impossible_values_are_refused_though_the_checksum_is_right(void **state)
{
    const uint64_t capacities[] = {0, 1, 12344, 65000, 140000, UINT64_MAX, INT64_MAX, 1u << 31, UINT64_MAX - 4095};
    const uint64_t sizes[] = {0, 100001, UINT64_MAX, UINT64_C(1) << 63};
    struct ism_control changed = whole;

    (void)state;
    seal(&changed);
    assert_memory_equal(&changed, &whole, sizeof whole);
    for (size_t i = 0; i < sizeof capacities / sizeof capacities[0]; i++) {
        changed.capacity = capacities[i];
        assert_sealed_is_corrupt(&changed);
    }
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        changed.size = sizes[i];
        assert_sealed_is_corrupt(&changed);
    }
    changed.lifetime = 2;
    assert_sealed_is_corrupt(&changed);
    changed.lifetime = UINT32_MAX;
    assert_sealed_is_corrupt(&changed);
    changed.region = 0;
    assert_sealed_is_corrupt(&changed);
}

static void e2_names_that_are_none_are_refused_though_the_checksum_is_right(void **state)
{
    static const char *const names[] = {"", ".", "..", "a/b", "new\nline", "\x1b[2J", "caf\xc3\xa9"};
    struct ism_control changed = whole;

    (void)state;
    memset(changed.name, 'a', sizeof changed.name);
    assert_sealed_is_corrupt(&changed);
    memset(changed.name, 'a', ISM_NAME_MAX + 1);
    assert_sealed_is_corrupt(&changed);
    memset(changed.name, 'a', ISM_NAME_MAX);
    seal(&changed);
    assert_read(&changed, ISM_OK);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        changed = whole;
        memset(changed.name, 0, sizeof changed.name);
        memcpy(changed.name, names[i], strlen(names[i]));
        assert_sealed_is_corrupt(&changed);
    }
}

/* ---- where it lies ---- */

static void r3_the_block_lies_on_the_page_behind_the_data(void **state)
{
    const uint64_t page = ism_memory_page();
    const uint64_t capacities[] = {1, 15, page - 1, page, page + 1, 10 * page, 10 * page + 1};
    uint64_t offset, length, found;

    (void)state;
    for (size_t i = 0; i < sizeof capacities / sizeof capacities[0]; i++) {
        assert_true(ism_control_place(capacities[i], &offset, &length));
        assert_true(offset >= capacities[i] && offset < capacities[i] + page);
        assert_int_equal(offset % page, 0);
        assert_int_equal(length, offset + page);
        assert_true(ism_control_find(length, &found));
        assert_int_equal(found, offset);
    }
}

static void r3_no_size_overflows(void **state)
{
    const uint64_t page = ism_memory_page(), largest = PTRDIFF_MAX;
    uint64_t offset, length;

    (void)state;
    for (uint64_t less = 0; less < 3 * page; less += page / 4) {
        assert_false(ism_control_place(UINT64_MAX - less, &offset, &length));
        assert_false(ism_control_place(SIZE_MAX - less, &offset, &length));
        if (ism_control_place(largest - less, &offset, &length)) {
            assert_true(offset >= largest - less);
            assert_true(length > offset && length <= largest);
        }
    }
    assert_false(ism_control_place(largest, &offset, &length));
}

static void e2_objects_of_impossible_length_hold_no_block(void **state)
{
    const uint64_t page = ism_memory_page();
    const uint64_t lengths[] = {1, page - 1, page, page + 1, 2 * page - 1, 2 * page + 1, UINT64_MAX};
    uint64_t offset;

    (void)state;
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++)
        assert_false(ism_control_find(lengths[i], &offset));
    assert_true(ism_control_find(2 * page, &offset));
    assert_int_equal(offset, page);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(e5_the_layout_is_the_same_everywhere),
        cmocka_unit_test(e5_golden_bytes),
        cmocka_unit_test(e5_flags_lifetime_and_capacity_are_told),
        cmocka_unit_test(e5_what_was_written_is_read),
        cmocka_unit_test(e5_what_is_not_written_yet_is_unready),
        cmocka_unit_test(e5_other_versions_are_refused),
        cmocka_unit_test(e5_the_other_byte_order_is_refused),
        cmocka_unit_test(e2_every_flipped_bit_of_what_never_changes_is_noticed),
        cmocka_unit_test(e2_impossible_values_are_refused_though_the_checksum_is_right),
        cmocka_unit_test(e2_names_that_are_none_are_refused_though_the_checksum_is_right),
        cmocka_unit_test(r3_the_block_lies_on_the_page_behind_the_data),
        cmocka_unit_test(r3_no_size_overflows),
        cmocka_unit_test(e2_objects_of_impossible_length_hold_no_block),
    };
    return cmocka_run_group_tests_name("control block", tests, make_object, remove_object);
}
