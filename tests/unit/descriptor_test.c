/* descriptor_test.c: a program that was started with its standard descriptors closed. What the library opens does not
 * get their numbers, so nothing that the program prints lands in shared memory, or in the library's own files. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <isthmus/isthmus.h>

#define SIZE 10000u

static bool are_standard_closed(void)
{
    for (int descriptor = 0; descriptor <= STDERR_FILENO; descriptor++)
        if (fcntl(descriptor, F_GETFD) != -1 || errno != EBADF)
            return false;
    return true;
}

/* Has the region, locks in it, opens it again, and gives it back. */
static bool use(const char *name, ism_access access)
{
    const ism_region_options options = {.size = SIZE, .access = access};
    ism_region *region, *again;
    ism_status status = ism_region_create(name, &options, &region);
    if (status == ISM_E_UNSUPPORTED && access != ISM_ACCESS_OWNER)
        return true;
    if (status != ISM_OK || ism_mutex_lock(ism_region_data(region)) != ISM_OK ||
        ism_mutex_unlock(ism_region_data(region)) != ISM_OK ||
        ism_region_open_or_create(name, &options, &again) != ISM_OK)
        return false;
    bool done = are_standard_closed() && ism_region_close(again) == ISM_OK;
    return ism_region_close(region) == ISM_OK && done;
}

static bool use_sealed(void)
{
    const ism_region_options options = {.size = SIZE};
    ism_region *region, *again;
    intptr_t descriptor;
    ism_status status = ism_region_create_sealed(&options, &region);
    if (status == ISM_E_UNSUPPORTED)
        return true;
    if (status != ISM_OK || ism_region_get_descriptor(region, &descriptor) != ISM_OK ||
        ism_region_open_descriptor(descriptor, NULL, &again) != ISM_OK)
        return false;
    bool done = are_standard_closed() && ism_region_close(again) == ISM_OK;
    return ism_region_close(region) == ISM_OK && done;
}

static int use_all_without_standard(const char *name)
{
    for (int descriptor = 0; descriptor <= STDERR_FILENO; descriptor++)
        (void)close(descriptor);
    bool done = use(name, ISM_ACCESS_OWNER) && use(name, ISM_ACCESS_EVERYONE) && use_sealed();
    return done && are_standard_closed() ? 0 : 1;
}

static void e2_nothing_that_is_opened_is_taken_for_standard_output(void **state)
{
    char name[64];
    int status;

    (void)state;
    (void)snprintf(name, sizeof name, "test-%lu-descriptor", (unsigned long)getpid());
    pid_t child = fork();
    assert_int_not_equal(child, -1);
    if (child == 0)
        _exit(use_all_without_standard(name));
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(e2_nothing_that_is_opened_is_taken_for_standard_output),
    };
    return cmocka_run_group_tests_name("descriptor", tests, NULL, NULL);
}
