/* suite.h: what every test of the contract includes. One suite for all backends: what differs is asked
 * from the library (ism_region_info), or by backend_is(). */
#ifndef ISTHMUS_TESTS_SUITE_H
#define ISTHMUS_TESTS_SUITE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <isthmus/isthmus.h>

#include "ask.h"
#include "descriptor.h"
#include "leftovers.h"
#include "native.h"
#include "process.h"

/* A status, told by its name when it is another than expected. */
#define assert_status(expression, expected) assert_string_equal(ism_status_name(expression), ism_status_name(expected))

/* What a peer answered. */
#define assert_answer(answer, expected) assert_string_equal(answer, expected)

/* A test that proves a promise, and leaves nothing behind. */
#define promise(test) cmocka_unit_test_setup_teardown(test, leftovers_begin, leftovers_end)

/* The build says which backend it is. */
#define backend_is(name) (strcmp(ISTHMUS_BACKEND_NAME, name) == 0)
#define lease_is(name) (strcmp(ISTHMUS_LEASE_NAME, name) == 0)
#define life_is(name) (strcmp(ISTHMUS_LIFE_NAME, name) == 0)

/* A promise that can't be put to the test here: say why, and skip. */
#define skip_because(reason)                                                                                           \
    do {                                                                                                               \
        print_message("[  SKIPPED ] %s: %s\n", __func__, reason);                                                      \
        skip();                                                                                                        \
    } while (0)

#endif
