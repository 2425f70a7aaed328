/* memory_test.c: what the seam promises of memory (backend.h), asked of the backend itself: ranges that are
 * committed later, through whatever handle, of objects that end with their processes and of persistent ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "leased.h"

enum { PAGES = 64 };

static struct ism_memory maker, user;
static bool is_persistent;

static uint64_t page(void)
{
    return ism_memory_page();
}

static void open_both(void)
{
    struct ism_cause why = {NULL, 0};
    char name[ISM_NAME_MAX + 1], native[ISM_NATIVE_NAME_MAX + 1];
    struct ism_memory_plan plan = {.length = PAGES * page(), .persistent = is_persistent, .sparse = true};

    (void)snprintf(name, sizeof name, "test-%llu-memory", (unsigned long long)ism_process_id());
    ism_memory_native_name(name, (struct ism_names){.shared = false}, 0, native);
    assert_int_equal(ism_lease_begin((struct ism_names){.shared = false}, &why), ISM_OK);
    assert_int_equal(make_leased(native, &plan, &maker), ISM_OK);
    assert_int_equal(ism_memory_open(native, true, &user, &why), ISM_OK);
    assert_int_equal(ism_memory_measure(&user, &why), ISM_OK);
    assert_int_equal(user.length, PAGES * page());
    assert_int_equal(ism_memory_map(&maker, &why), ISM_OK);
    assert_int_equal(ism_memory_map(&user, &why), ISM_OK);
}

static void close_both(void)
{
    struct ism_cause why = {NULL, 0};
    struct ism_memory gone;
    assert_int_equal(ism_memory_unlink(&user, &why), ISM_OK);
    ism_lease_leave(&maker, false);
    ism_memory_close(&user);
    assert_int_equal(ism_memory_open(user.native, true, &gone, &why), ISM_E_NOT_FOUND);
    ism_lease_end();
}

static void commit(struct ism_memory *memory, uint64_t offset, uint64_t length)
{
    struct ism_cause why = {NULL, 0};
    assert_int_equal(ism_memory_commit(memory, offset, length, &why), ISM_OK);
}

static bool holds(const struct ism_memory *memory, uint64_t offset, uint64_t length, int byte)
{
    for (uint64_t i = 0; i < length; i++)
        if (memory->address[offset + i] != byte)
            return false;
    return true;
}

static void check_later_ranges(void)
{
    open_both();
    commit(&maker, 0, page());
    memset(maker.address, 1, (size_t)page());
    commit(&user, page(), 3 * page());
    assert_true(holds(&maker, page(), 3 * page(), 0));
    memset(maker.address + page(), 2, 3 * (size_t)page());
    assert_true(holds(&user, 0, page(), 1));
    assert_true(holds(&user, page(), 3 * page(), 2));
    commit(&user, (PAGES - 1) * page(), page());
    user.address[PAGES * page() - 1] = 3;
    assert_int_equal(maker.address[PAGES * page() - 1], 3);
    close_both();
}

/* Ranges need not consist of whole pages, and what was stored in one stays when it is committed again. */
static void check_stored_bytes(void)
{
    open_both();
    commit(&maker, 0, 100);
    memset(maker.address, 5, 100);
    commit(&user, 100, 2 * page());
    assert_true(holds(&user, 0, 100, 5));
    assert_true(holds(&user, 100, 2 * page(), 0));
    memset(user.address + 100, 6, 2 * (size_t)page());
    commit(&maker, 0, 4 * page());
    assert_true(holds(&maker, 0, 100, 5));
    assert_true(holds(&maker, 100, 2 * page(), 6));
    close_both();
}

static void later_ranges_are_committed_through_any_handle(void **state)
{
    (void)state;
    for (int persistent = 0; persistent <= ism_backend_traits.keeps_persistent; persistent++) {
        is_persistent = persistent != 0;
        check_later_ranges();
    }
}

static void a_commit_changes_no_byte(void **state)
{
    (void)state;
    for (int persistent = 0; persistent <= ism_backend_traits.keeps_persistent; persistent++) {
        is_persistent = persistent != 0;
        check_stored_bytes();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(later_ranges_are_committed_through_any_handle),
        cmocka_unit_test(a_commit_changes_no_byte),
    };
    return cmocka_run_group_tests_name("memory", tests, NULL, NULL);
}
