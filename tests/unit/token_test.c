/* token_test.c: a token is what it was in every earlier build (E5), and nothing else is taken for one (E2). The
 * expected texts are written down here anew; their checksums were made by zlib's crc32(). */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "region/token.h"

static const struct {
    struct ism_token token;
    const char *text;
} golden[] = {
    {{false, false, UINT64_C(0x0123456789abcdef), "golden.name-1"}, "ism1.os.0123456789abcdef.golden.name-1.2b86eb65"},
    {{true, false, 1, "x"}, "ism1.as.0000000000000001.x.75eb4369"},
    {{false, true, UINT64_MAX, "...._-"}, "ism1.om.ffffffffffffffff....._-.6a2e2524"},
    {{true, true, UINT64_C(0xfedcba9876543210), "A"}, "ism1.am.fedcba9876543210.A.860e3e9d"},
};

#define GOLDEN (sizeof golden / sizeof golden[0])

static ism_status read_text(const char *text)
{
    struct ism_token token;
    return ism_token_read(text, &token);
}

static void assert_refused(const char *text)
{
    assert_string_equal(ism_status_name(read_text(text)), "ISM_E_TOKEN");
}

static void e5_golden_texts(void **state)
{
    char text[ISM_TOKEN_MAX + 1];
    struct ism_token token;

    (void)state;
    for (size_t i = 0; i < GOLDEN; i++) {
        ism_token_write(&golden[i].token, text);
        assert_string_equal(text, golden[i].text);
        memset(&token, 0xff, sizeof token);
        assert_int_equal(ism_token_read(golden[i].text, &token), ISM_OK);
        assert_int_equal(token.is_of_all, golden[i].token.is_of_all);
        assert_int_equal(token.is_of_machine, golden[i].token.is_of_machine);
        assert_true(token.region == golden[i].token.region);
        assert_memory_equal(token.name, golden[i].token.name, sizeof token.name);
    }
}

static void r10_every_name_fits_and_is_an_argument(void **state)
{
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
    struct ism_token token = {.region = 7}, copy;
    char text[ISM_TOKEN_MAX + 1];

    (void)state;
    for (size_t length = 1; length <= ISM_NAME_MAX; length++) {
        memset(token.name, '-', length);
        ism_token_write(&token, text);
        assert_int_equal(strspn(text, allowed), strlen(text));
        assert_int_equal(text[0], 'i');
        assert_int_equal(ism_token_read(text, &copy), ISM_OK);
        assert_string_equal(copy.name, token.name);
    }
}

static void e2_every_truncation_is_refused(void **state)
{
    char text[ISM_TOKEN_MAX + 1];

    (void)state;
    for (size_t i = 0; i < GOLDEN; i++)
        for (size_t length = 0; length < strlen(golden[i].text); length++) {
            memcpy(text, golden[i].text, length);
            text[length] = '\0';
            assert_refused(text);
            assert_refused(golden[i].text + strlen(golden[i].text) - length);
        }
}

/* A flipped bit of the version's digit may give another digit. */
static void e2_every_flipped_bit_is_noticed(void **state)
{
    char text[ISM_TOKEN_MAX + 1];

    (void)state;
    for (size_t i = 0; i < GOLDEN; i++)
        for (size_t bit = 0; bit < 8 * strlen(golden[i].text); bit++) {
            memcpy(text, golden[i].text, strlen(golden[i].text) + 1);
            text[bit / 8] = (char)(text[bit / 8] ^ (1 << bit % 8));
            bool is_digit = bit / 8 == 3 && text[3] >= '1' && text[3] <= '9';
            assert_int_equal(read_text(text), is_digit ? ISM_E_VERSION : ISM_E_TOKEN);
        }
}

static void e2_every_exchanged_or_added_byte_is_noticed(void **state)
{
    char text[ISM_TOKEN_MAX + 2];
    size_t length = strlen(golden[0].text);

    (void)state;
    for (size_t at = 0; at <= length; at++)
        for (int byte = 1; byte < 256; byte++) {
            memcpy(text, golden[0].text, length + 1);
            memmove(text + at + 1, text + at, length + 1 - at);
            text[at] = (char)byte;
            bool is_version = (at == 3 || at == 4) && read_text(text) == ISM_E_VERSION;
            assert_true(is_version || read_text(text) == ISM_E_TOKEN);
        }
}

static void e2_overlong_texts_are_refused(void **state)
{
    static char text[100000];
    const size_t lengths[] = {ISM_TOKEN_MAX - 1, ISM_TOKEN_MAX, ISM_TOKEN_MAX + 1, sizeof text - 1};

    (void)state;
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        memset(text, 0, sizeof text);
        memset(text, 'a', lengths[i]);
        assert_refused(text);
        memcpy(text, golden[0].text, strlen(golden[0].text));
        assert_refused(text);
        memset(text, '1', lengths[i]);
        memcpy(text, "ism", 3);
        assert_refused(text);
    }
}

static void e5_other_versions_are_told_apart(void **state)
{
    static const char *const others[] = {"ism2.", "ism9.x", "ism10.os.0123456789abcdef.x.00000000", "ism999999999.",
                                         "ism2.os.0123456789abcdef.x.00000000"};
    static const char *const none[] = {"ism",  "ism.",  "ism0.",  "ism01.", "ism1",   "isn2.",          "ISM2.",
                                       "ism2", "ism2,", "ism-2.", "ism 2.", "ism+2.", "ism1234567890.", " ism2."};

    (void)state;
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        assert_int_equal(read_text(others[i]), ISM_E_VERSION);
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++)
        assert_refused(none[i]);
}

/* Made with care: the checksum is right, and what it covers is not. */
static void e2_impossible_values_are_refused_though_the_checksum_is_right(void **state)
{
    static const char *const sealed[] = {
        "ism1.os.0000000000000000.x.06e5588c",  /* no id */
        "ism1.xs.0000000000000001.x.72774be8",  /* whose names? */
        "ism1.ox.0000000000000001.x.e0b5b47c",  /* which scope? */
        "ism1.os.0000000000000001...52b8c53b",  /* the name . */
        "ism1.os.0000000000000001....bf8db3a3", /* the name .. */
        "ism1.os.0000000000000001.a/b.dfcdbff6", "ism1.os.00000000000000AB.x.0361f9e4",
        "ism1.os-0000000000000001.x.11f07223",   "ism1.os.0000000000000001-x.bc1f81b0",
        "ism1.os.0000000000000001.x-27506e53",   "ism1.os.0000000000000001.a b.d491f8cb"};

    (void)state;
    for (size_t i = 0; i < sizeof sealed / sizeof sealed[0]; i++)
        assert_refused(sealed[i]);
}

static void e2_nothing_is_written_on_failure(void **state)
{
    struct ism_token token, before;

    (void)state;
    memset(&token, 0x5a, sizeof token);
    memset(&before, 0x5a, sizeof before);
    assert_int_equal(ism_token_read("ism1.os.0000000000000001.a/b.dfcdbff6", &token), ISM_E_TOKEN);
    assert_memory_equal(&token, &before, sizeof token);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(e5_golden_texts),
        cmocka_unit_test(r10_every_name_fits_and_is_an_argument),
        cmocka_unit_test(e2_every_truncation_is_refused),
        cmocka_unit_test(e2_every_flipped_bit_is_noticed),
        cmocka_unit_test(e2_every_exchanged_or_added_byte_is_noticed),
        cmocka_unit_test(e2_overlong_texts_are_refused),
        cmocka_unit_test(e5_other_versions_are_told_apart),
        cmocka_unit_test(e2_impossible_values_are_refused_though_the_checksum_is_right),
        cmocka_unit_test(e2_nothing_is_written_on_failure),
    };
    return cmocka_run_group_tests_name("token", tests, NULL, NULL);
}
