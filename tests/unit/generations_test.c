/* generations_test.c: which native names take a mark: those of the library's own that are not a name's first. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "win32/generations.h"

static bool takes_mark(const char *native)
{
    struct ism_cause why = {NULL, 0};
    HANDLE mark;
    assert_int_equal(ism_generations_hold(native, &mark, &why), ISM_OK);
    ism_generations_release(mark);
    return mark != NULL;
}

static void r7_a_later_generation_takes_a_mark(void **state)
{
    char native[ISM_NATIVE_NAME_MAX + 1];
    (void)state;
    for (unsigned number = 0; number < ism_backend_traits.candidates; number++) {
        ism_memory_native_name("test-generations", (struct ism_names){false, ISM_SCOPE_SESSION}, number, native);
        assert_int_equal(takes_mark(native), number > 0);
    }
}

/* Names are read from the system's folders, where anybody makes some. */
static void e2_a_name_that_the_library_does_not_give_takes_none(void **state)
{
    static const char *const ends[] = {".", ".x", ".+", ".-1", "", ".."};
    (void)state;
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        char native[ISM_NATIVE_NAME_MAX + 1] = "";
        memset(native, 'a', ISM_NATIVE_NAME_MAX - strlen(ends[i]));
        memcpy(native, "Local\\", strlen("Local\\"));
        strcat(native, ends[i]);
        assert_false(takes_mark(native));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(r7_a_later_generation_takes_a_mark),
        cmocka_unit_test(e2_a_name_that_the_library_does_not_give_takes_none),
    };
    return cmocka_run_group_tests_name("generations", tests, NULL, NULL);
}
