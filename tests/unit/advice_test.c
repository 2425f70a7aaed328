/* advice_test.c: a kernel that refuses every advice on memory with "try again", as Linux does for good in a process that
 * has as many mappings as it may have; and one that says yes to any and does nothing, as qemu-user does. What was only
 * wished for is left out, and nothing waits for it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include <isthmus/isthmus.h>

#define SIZE 10000u

static int error; /* 0: every advice is granted */

/* In place of the system's. */
int madvise(void *address, size_t length, int advice)
{
    (void)address;
    (void)length;
    (void)advice;
    errno = error;
    return error == 0 ? 0 : -1;
}

static void assert_granted(uint32_t expected)
{
    const ism_region_options options = {.size = SIZE,
                                        .capacity = 10 * SIZE,
                                        .flags = ISM_REGION_PREFAULT | ISM_REGION_HUGE_PAGES | ISM_REGION_NO_CORE_DUMP};
    ism_region *region;
    ism_region_info info;
    char name[64];

    (void)snprintf(name, sizeof name, "test-%lu-advice", (unsigned long)getpid());
    ism_status status = ism_region_create(name, &options, &region);
    if (status == ISM_E_NO_SPACE) /* what sets memory aside here is an advice, too */
        return;
    assert_int_equal(status, ISM_OK);
    assert_int_equal(ism_region_get_info(region, &info), ISM_OK);
    assert_int_equal(info.granted, expected);
    assert_int_equal(ism_region_grow(region, 5 * SIZE), ISM_OK);
    assert_int_equal(ism_region_close(region), ISM_OK);
}

static void r14_advice_that_is_refused_for_good_is_left_out(void **state)
{
    (void)state;
    error = EAGAIN;
    assert_granted(0);
}

/* Touching the memory needs no advice. */
static void r14_advice_that_is_granted_whatever_it_is_is_not_believed(void **state)
{
    (void)state;
    error = 0;
    assert_granted(ISM_REGION_PREFAULT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(r14_advice_that_is_refused_for_good_is_left_out),
        cmocka_unit_test(r14_advice_that_is_granted_whatever_it_is_is_not_believed),
    };
    return cmocka_run_group_tests_name("advice", tests, NULL, NULL);
}
