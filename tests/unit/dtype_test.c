/* dtype_test.c: data types, and what arrays of them take up. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "array/dtype.h"

#define SUBJECT "array \"a\""

/* By hand, not by the library's own table. */
static const struct {
    ism_dtype dtype;
    const char *name;
    const char *code;
    uint64_t size;
} expected[] = {
    {ISM_DTYPE_BOOL, "bool", "b1", sizeof(bool)},
    {ISM_DTYPE_INT8, "int8", "i1", sizeof(int8_t)},
    {ISM_DTYPE_INT16, "int16", "i2", sizeof(int16_t)},
    {ISM_DTYPE_INT32, "int32", "i4", sizeof(int32_t)},
    {ISM_DTYPE_INT64, "int64", "i8", sizeof(int64_t)},
    {ISM_DTYPE_UINT8, "uint8", "u1", sizeof(uint8_t)},
    {ISM_DTYPE_UINT16, "uint16", "u2", sizeof(uint16_t)},
    {ISM_DTYPE_UINT32, "uint32", "u4", sizeof(uint32_t)},
    {ISM_DTYPE_UINT64, "uint64", "u8", sizeof(uint64_t)},
    {ISM_DTYPE_FLOAT16, "float16", "f2", 2},
    {ISM_DTYPE_FLOAT32, "float32", "f4", sizeof(float)},
    {ISM_DTYPE_FLOAT64, "float64", "f8", sizeof(double)},
    {ISM_DTYPE_COMPLEX64, "complex64", "c8", 2 * sizeof(float)},
    {ISM_DTYPE_COMPLEX128, "complex128", "c16", 2 * sizeof(double)},
};

#define EXPECTED (sizeof expected / sizeof expected[0])

static void every_dtype_has_size_name_and_code(void **state)
{
    (void)state;
    for (size_t i = 0; i < EXPECTED; i++) {
        ism_dtype dtype;
        assert_int_equal(ism_dtype_size(expected[i].dtype), expected[i].size);
        assert_string_equal(ism_dtype_name(expected[i].dtype), expected[i].name);
        assert_string_equal(ism_dtype_code(expected[i].dtype), expected[i].code);
        assert_true(ism_dtype_from_code(expected[i].code, strlen(expected[i].code), &dtype));
        assert_int_equal(dtype, expected[i].dtype);
    }
}

static void other_values_are_no_dtype(void **state)
{
    (void)state;
    const int values[] = {-2147483647 - 1, -1, 0, EXPECTED + 1, 255, 256 + ISM_DTYPE_INT8, 2147483647};
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        assert_int_equal(ism_dtype_size((ism_dtype)values[i]), 0);
        assert_string_equal(ism_dtype_name((ism_dtype)values[i]), "");
        assert_string_equal(ism_dtype_code((ism_dtype)values[i]), "");
    }
}

static void other_codes_are_no_dtype(void **state)
{
    (void)state;
    const char *const codes[] = {"",  "f",  "f1", "f16", "b2", "i3", "u16",     "c4",  "c1",  "c32",
                                 "O", "U4", "S1", "V8",  "M8", "m8", "float64", "f8 ", " f8", "F8"};
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        ism_dtype dtype;
        assert_false(ism_dtype_from_code(codes[i], strlen(codes[i]), &dtype));
    }
}

static ism_array_view measured(const ism_array_layout *layout)
{
    ism_array_view view;
    assert_int_equal(ism_layout_measure(layout, SUBJECT, &view), ISM_OK);
    assert_null(view.data);
    assert_int_equal(view.size, view.count * view.item_size);
    return view;
}

static void strides_follow_the_order(void **state)
{
    (void)state;
    ism_array_layout layout = {ISM_DTYPE_INT32, ISM_ORDER_C, 3, {2, 3, 5}};
    ism_array_view view = measured(&layout);
    assert_int_equal(view.item_size, 4);
    assert_int_equal(view.count, 30);
    assert_int_equal(view.strides[0], 60);
    assert_int_equal(view.strides[1], 20);
    assert_int_equal(view.strides[2], 4);

    layout.order = ISM_ORDER_FORTRAN;
    view = measured(&layout);
    assert_int_equal(view.count, 30);
    assert_int_equal(view.strides[0], 4);
    assert_int_equal(view.strides[1], 8);
    assert_int_equal(view.strides[2], 24);
}

static void a_scalar_is_one_element(void **state)
{
    (void)state;
    ism_array_layout layout = {ISM_DTYPE_COMPLEX128, ISM_ORDER_C, 0, {7}};
    ism_array_view view = measured(&layout);
    assert_int_equal(view.count, 1);
    assert_int_equal(view.size, 16);
    assert_int_equal(view.layout.shape[0], 0);
}

static void an_empty_dimension_empties_the_array(void **state)
{
    (void)state;
    ism_array_layout layout = {ISM_DTYPE_FLOAT64, ISM_ORDER_C, 3, {4, 0, 6}};
    ism_array_view view = measured(&layout);
    assert_int_equal(view.count, 0);
    assert_int_equal(view.size, 0);
    assert_int_equal(view.strides[0], 48);
}

static void only_the_shape_that_counts_is_kept(void **state)
{
    (void)state;
    ism_array_layout layout = {ISM_DTYPE_UINT8, ISM_ORDER_C, 1, {4, UINT64_MAX, UINT64_MAX}};
    ism_array_view view = measured(&layout);
    assert_int_equal(view.count, 4);
    assert_int_equal(view.layout.shape[1], 0);
}

static void refused(const ism_array_layout *layout, ism_status status, const char *text)
{
    ism_array_view view;
    assert_int_equal(ism_layout_measure(layout, SUBJECT, &view), status);
    assert_non_null(strstr(ism_error_last()->message, SUBJECT));
    assert_non_null(strstr(ism_error_last()->message, text));
}

static void impossible_layouts_are_refused(void **state)
{
    (void)state;
    ism_array_layout layout = {(ism_dtype)99, ISM_ORDER_C, 1, {1}};
    refused(&layout, ISM_E_DTYPE, "99");
    layout.dtype = ISM_DTYPE_INT8;
    layout.order = (ism_order)77;
    refused(&layout, ISM_E_SHAPE, "77");
    layout.order = ISM_ORDER_C;
    layout.dimensions = 33;
    refused(&layout, ISM_E_SHAPE, "33");
    layout.dimensions = UINT32_MAX;
    refused(&layout, ISM_E_SHAPE, "4294967295");
}

static void sizes_up_to_the_largest_signed_number_are_measured(void **state)
{
    (void)state;
    ism_array_layout layout = {ISM_DTYPE_UINT8, ISM_ORDER_C, 1, {INT64_MAX}};
    ism_array_view view = measured(&layout);
    assert_true(view.size == INT64_MAX);
    layout.shape[0]++;
    refused(&layout, ISM_E_OVERFLOW, "9223372036854775808");

    layout = (ism_array_layout){ISM_DTYPE_UINT16, ISM_ORDER_FORTRAN, 2, {INT64_MAX / 2, 1}};
    view = measured(&layout);
    layout.shape[1] = 2;
    refused(&layout, ISM_E_OVERFLOW, "Fortran");
}

/* As in NumPy: an empty array is not larger than one with an element in each dimension. */
static void an_empty_dimension_hides_no_overflow(void **state)
{
    (void)state;
    ism_array_layout layout = {ISM_DTYPE_UINT8, ISM_ORDER_C, 3, {UINT64_C(1) << 40, 0, 1 << 30}};
    refused(&layout, ISM_E_OVERFLOW, "1099511627776, 0, 1073741824");
    layout.shape[0] = 1;
    (void)measured(&layout);
}

static void layouts_are_described_in_words(void **state)
{
    (void)state;
    char text[ISM_LAYOUT_TEXT_MAX];
    ism_array_layout layout = {ISM_DTYPE_FLOAT64, ISM_ORDER_C, 2, {3, 4}};
    ism_layout_describe(&layout, text);
    assert_string_equal(text, "float64 (3, 4) in C order");
    layout = (ism_array_layout){ISM_DTYPE_BOOL, ISM_ORDER_FORTRAN, 1, {5}};
    ism_layout_describe(&layout, text);
    assert_string_equal(text, "bool (5,) in Fortran order");
    layout = (ism_array_layout){.dtype = ISM_DTYPE_UINT64};
    ism_layout_describe(&layout, text);
    assert_string_equal(text, "uint64 () in C order");

    layout.dimensions = ISM_DIMENSIONS_MAX;
    memset(layout.shape, 0xff, sizeof layout.shape);
    ism_layout_describe(&layout, text);
    assert_string_equal(text, "uint64 (18446744073709551615, 18446744073709551615, ...) in C order");
}

static void subjects_are_printable_and_short(void **state)
{
    (void)state;
    char text[ISM_SUBJECT_MAX];
    ism_subject_describe("file", "a\nb\x1b.npy\x7f", text);
    assert_string_equal(text, "file \"a?b?.npy?\"");
    ism_subject_describe("array", "", text);
    assert_string_equal(text, "array \"\"");

    char name[1000];
    memset(name, 'x', sizeof name);
    memcpy(name + sizeof name - 5, ".npy", 5);
    for (size_t length = 0; length < sizeof name; length++) {
        const char *tail = name + sizeof name - 1 - length;
        ism_subject_describe("file", tail, text);
        assert_int_equal(text[strlen(text) - 1], '"');
        if (length < 100)
            assert_int_equal(strlen(text), length + sizeof "file \"\"" - 1);
        else
            assert_non_null(strstr(text, "xxxx.npy\""));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_dtype_has_size_name_and_code),
        cmocka_unit_test(other_values_are_no_dtype),
        cmocka_unit_test(other_codes_are_no_dtype),
        cmocka_unit_test(strides_follow_the_order),
        cmocka_unit_test(a_scalar_is_one_element),
        cmocka_unit_test(an_empty_dimension_empties_the_array),
        cmocka_unit_test(only_the_shape_that_counts_is_kept),
        cmocka_unit_test(impossible_layouts_are_refused),
        cmocka_unit_test(sizes_up_to_the_largest_signed_number_are_measured),
        cmocka_unit_test(an_empty_dimension_hides_no_overflow),
        cmocka_unit_test(layouts_are_described_in_words),
        cmocka_unit_test(subjects_are_printable_and_short),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
