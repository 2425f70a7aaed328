/* collision_test.c: two names that the system can't tell apart are two regions all the same (R1), and objects that
 * never became regions take no native name for long (R6). Where a native
 * name is a short hash, a few thousand names hold two with the same one; where it holds the name itself, no
 * two do, which is as good. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "backend.h"

#define NAMES 30000u

struct pair {
    char name[ISM_NAME_MAX + 1];
    char native[ISM_NATIVE_NAME_MAX + 1];
};

static char names[2][ISM_NAME_MAX + 1];

static int by_native(const void *left, const void *right)
{
    const struct pair *one = left, *other = right;
    return strcmp(one->native, other->native);
}

/* Find two names with the same first native name. */
static bool find_names(void)
{
    struct pair *pairs = calloc(NAMES, sizeof *pairs);
    bool found = false;

    assert_non_null(pairs);
    for (unsigned i = 0; i < NAMES; i++) {
        (void)snprintf(pairs[i].name, sizeof pairs[i].name, "test-%llu-collision-%u",
                       (unsigned long long)ism_process_id(), i);
        ism_memory_native_name(pairs[i].name, (struct ism_names){.shared = false}, 0, pairs[i].native);
    }
    qsort(pairs, NAMES, sizeof *pairs, by_native);
    for (unsigned i = 1; i < NAMES && !found; i++) {
        found = strcmp(pairs[i - 1].native, pairs[i].native) == 0;
        memcpy(names[0], pairs[i - 1].name, sizeof names[0]);
        memcpy(names[1], pairs[i].name, sizeof names[1]);
    }
    free(pairs);
    return found;
}

static ism_region *create(const char *name, uint64_t size)
{
    ism_region_options options = {.size = size};
    ism_region *region = NULL;
    assert_int_equal(ism_region_create(name, &options, &region), ISM_OK);
    memset(ism_region_data(region), (int)size, (size_t)size);
    return region;
}

static void assert_is(const char *name, uint64_t size)
{
    ism_region *region = NULL;
    ism_region_info info;

    assert_int_equal(ism_region_open(name, NULL, &region), ISM_OK);
    assert_int_equal(ism_region_size(region), size);
    assert_int_equal(((unsigned char *)ism_region_data(region))[0], size);
    assert_int_equal(ism_region_close(region), ISM_OK);
    assert_int_equal(ism_region_look(name, &info), ISM_OK);
    assert_string_equal(info.name, name);
}

static void assert_free(const char *name)
{
    ism_region *region;
    assert_int_equal(ism_region_open(name, NULL, &region), ISM_E_NOT_FOUND);
    assert_int_equal(ism_region_remove(name), ISM_E_NOT_FOUND);
}

static void r1_names_with_one_native_name_are_two_regions(void **state)
{
    (void)state;
    if (!find_names()) {
        print_message("no two of %u names have the same native name\n", NAMES);
        return;
    }
    ism_region *first = create(names[0], 100);
    assert_free(names[1]);
    ism_region *second = create(names[1], 200);
    assert_string_not_equal(ism_region_native_name(first), ism_region_native_name(second));
    assert_is(names[0], 100);
    assert_is(names[1], 200);

    assert_int_equal(ism_region_close(first), ISM_OK);
    assert_free(names[0]);
    assert_is(names[1], 200);
    first = create(names[0], 150);
    assert_is(names[0], 150);
    assert_is(names[1], 200);

    assert_int_equal(ism_region_remove(names[0]), ISM_OK);
    assert_is(names[1], 200);
    assert_int_equal(ism_region_remove(names[1]), ISM_OK);
    assert_free(names[0]);
    assert_free(names[1]);
    assert_int_equal(ism_region_close(first), ISM_OK);
    assert_int_equal(ism_region_close(second), ISM_OK);
}

static void make_unclaimed(const char *native)
{
    const struct ism_memory_plan plan = {.length = 2 * ism_memory_page()};
    struct ism_cause why;
    struct ism_memory memory;

    assert_int_equal(ism_lease_begin((struct ism_names){.shared = false}, &why), ISM_OK);
    assert_int_equal(ism_memory_create(native, &plan, &memory, &why), ISM_OK);
    ism_memory_close(&memory);
    ism_lease_end();
}

/* Creators that were killed before they could say whose their objects are, one after the other: as often as a
 * name has native names, and once more. */
static void r6_what_was_never_claimed_is_no_obstacle(void **state)
{
    struct ism_cause why;
    char native[ISM_NATIVE_NAME_MAX + 1];
    char name[ISM_NAME_MAX + 1];
    unsigned left = 0;

    (void)state;
    (void)snprintf(name, sizeof name, "test-%llu-unclaimed", (unsigned long long)ism_process_id());
    if (!ism_backend_traits.keeps_persistent) {
        print_message("no object outlives its creator here\n");
        return;
    }
    assert_int_equal(ism_region_close(create(name, 100)), ISM_OK);
    for (unsigned i = 0; i < ism_backend_traits.candidates; i++) {
        ism_memory_native_name(name, (struct ism_names){.shared = false}, i, native);
        make_unclaimed(native);
    }
    assert_free(name);
    ism_region *region = create(name, 100);
    assert_is(name, 100);
    assert_int_equal(ism_region_close(region), ISM_OK);
    for (unsigned i = 0; i < ism_backend_traits.candidates; i++) {
        struct ism_memory memory;
        ism_memory_native_name(name, (struct ism_names){.shared = false}, i, native);
        left += ism_memory_open(native, false, &memory, &why) != ISM_E_NOT_FOUND;
    }
    assert_int_equal(left, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(r1_names_with_one_native_name_are_two_regions),
        cmocka_unit_test(r6_what_was_never_claimed_is_no_obstacle),
    };
    return cmocka_run_group_tests_name("collisions", tests, NULL, NULL);
}
