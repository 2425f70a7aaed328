/* error_test.c: statuses keep their numbers, names and texts, and each thread keeps what it last did wrong
 * (E1). */
#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "error.h"

/* Numbers that were given once are never changed or used again: add at the end. */
static const struct {
    int value;
    const char *name;
} golden[] = {
    {0, "ISM_OK"},
    {1, "ISM_OWNER_DIED"},
    {2, "ISM_LAST_PARTY"},
    {-1, "ISM_E_INVALID"},
    {-2, "ISM_E_NAME"},
    {-3, "ISM_E_SIZE"},
    {-4, "ISM_E_DTYPE"},
    {-5, "ISM_E_SHAPE"},
    {-6, "ISM_E_OVERFLOW"},
    {-7, "ISM_E_NOT_FOUND"},
    {-8, "ISM_E_EXISTS"},
    {-9, "ISM_E_ACCESS"},
    {-10, "ISM_E_NO_SPACE"},
    {-11, "ISM_E_NO_MEMORY"},
    {-12, "ISM_E_LIMIT"},
    {-13, "ISM_E_BUSY"},
    {-14, "ISM_E_TIMED_OUT"},
    {-15, "ISM_E_DEADLOCK"},
    {-16, "ISM_E_NOT_OWNER"},
    {-17, "ISM_E_UNRECOVERABLE"},
    {-18, "ISM_E_UNSUPPORTED"},
    {-19, "ISM_E_VERSION"},
    {-20, "ISM_E_CORRUPT"},
    {-21, "ISM_E_FOREIGN"},
    {-22, "ISM_E_FORMAT"},
    {-23, "ISM_E_TRUNCATED"},
    {-24, "ISM_E_BYTE_ORDER"},
    {-25, "ISM_E_READ_ONLY"},
    {-26, "ISM_E_INITIALISER"},
    {-27, "ISM_E_FILE"},
    {-28, "ISM_E_SYSTEM"},
    {-29, "ISM_E_TOKEN"},
};

#define GOLDEN (sizeof golden / sizeof golden[0])

static void e1_numbers_and_names_are_golden(void **state)
{
    size_t count = 0;

    (void)state;
    for (size_t i = 0; i < GOLDEN; i++)
        assert_string_equal(ism_status_name((ism_status)golden[i].value), golden[i].name);
#define COUNT(name, value, text) count++;
    ISM_STATUS_LIST(COUNT)
#undef COUNT
    assert_int_equal(count, GOLDEN);
    assert_int_equal(sizeof(ism_status), 4);
}

static void e1_each_status_has_a_text_of_its_own(void **state)
{
    (void)state;
    for (size_t i = 0; i < GOLDEN; i++) {
        const char *text = ism_status_text((ism_status)golden[i].value);
        assert_true(strlen(text) > 3);
        assert_false(isupper((unsigned char)text[0]));
        assert_int_not_equal(text[strlen(text) - 1], '.');
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(text, ism_status_text((ism_status)golden[j].value));
    }
}

static void e1_other_values_are_no_status(void **state)
{
    const int others[] = {3, 100, -30, -1000, -32768, 32767};

    (void)state;
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        assert_string_equal(ism_status_name((ism_status)others[i]), "ISM_STATUS_UNKNOWN");
        assert_string_equal(ism_status_text((ism_status)others[i]), "unknown status");
    }
}

/* The first of all, so that nothing has failed yet. */
static void e1_before_any_failure_there_is_nothing_to_tell(void **state)
{
    (void)state;
    const ism_error *error = ism_error_last();
    assert_int_equal(error->status, ISM_OK);
    assert_int_equal(error->system_code, 0);
    assert_string_equal(error->call, "");
    assert_string_equal(error->message, "");
}

static void e1_a_failure_is_told_with_call_and_code(void **state)
{
    const struct ism_cause why = {"shm_open", 13};

    (void)state;
    assert_int_equal(ism_fail(ISM_E_ACCESS, &why, "could not open region \"%s\"", "cam0"), ISM_E_ACCESS);
    const ism_error *error = ism_error_last();
    assert_int_equal(error->status, ISM_E_ACCESS);
    assert_int_equal(error->system_code, 13);
    assert_string_equal(error->call, "shm_open");
    assert_string_equal(error->message, "could not open region \"cam0\": permission denied");
}

static void e1_no_old_cause_is_told_with_a_new_failure(void **state)
{
    const struct ism_cause why = {"mmap", 12}, none = {NULL, 99};

    (void)state;
    (void)ism_fail(ISM_E_NO_MEMORY, &why, "a very long story about a region that is not there");
    (void)ism_fail(ISM_E_NAME, NULL, "x");
    assert_int_equal(ism_error_last()->system_code, 0);
    assert_string_equal(ism_error_last()->call, "");
    assert_string_equal(ism_error_last()->message, "x: not a valid region name");
    (void)ism_fail(ISM_E_NAME, &none, "y");
    assert_int_equal(ism_error_last()->system_code, 0);
    assert_string_equal(ism_error_last()->call, "");
}

static void e1_a_long_message_is_cut_and_ends(void **state)
{
    static char long_text[5000];
    const struct ism_cause why = {"a_call_whose_name_is_longer_than_its_place_in_the_record", 1};

    (void)state;
    memset(long_text, 'm', sizeof long_text - 1);
    for (int length = 0; length < 1000; length++) {
        (void)ism_fail(ISM_E_SYSTEM, &why, "%.*s", length, long_text);
        const ism_error *error = ism_error_last();
        assert_non_null(memchr(error->message, '\0', sizeof error->message));
        assert_non_null(memchr(error->call, '\0', sizeof error->call));
        assert_true(strlen(error->message) >= (size_t)length || strlen(error->message) == sizeof error->message - 1);
    }
}

static void e1_the_old_message_can_be_part_of_the_new_one(void **state)
{
    (void)state;
    (void)ism_fail(ISM_E_FILE, NULL, "inner");
    (void)ism_fail(ISM_E_FORMAT, NULL, "outer (%s)", ism_error_last()->message);
    assert_string_equal(ism_error_last()->message,
                        "outer (inner: a file could not be read or written): not a well-formed "
                        ".npy file");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(e1_before_any_failure_there_is_nothing_to_tell),
        cmocka_unit_test(e1_numbers_and_names_are_golden),
        cmocka_unit_test(e1_each_status_has_a_text_of_its_own),
        cmocka_unit_test(e1_other_values_are_no_status),
        cmocka_unit_test(e1_a_failure_is_told_with_call_and_code),
        cmocka_unit_test(e1_no_old_cause_is_told_with_a_new_failure),
        cmocka_unit_test(e1_a_long_message_is_cut_and_ends),
        cmocka_unit_test(e1_the_old_message_can_be_part_of_the_new_one),
    };
    return cmocka_run_group_tests_name("errors", tests, NULL, NULL);
}
