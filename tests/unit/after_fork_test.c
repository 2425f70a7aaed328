/* after_fork_test.c: handlers of fork are registered by the first call alone, which holds no lock yet: a C library may keep
 * a fork in another thread from all that registers, while that fork waits for our locks. Nothing else is asked here of the
 * C library: its pthread_atfork() is replaced by one that counts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include <pthread.h>
#include <unistd.h>

#include <isthmus/isthmus.h>

static unsigned registered;

int pthread_atfork(void (*before)(void), void (*in_parent)(void), void (*in_child)(void))
{
    (void)before;
    (void)in_parent;
    (void)in_child;
    registered++;
    return 0;
}

/* All that wants to know of a fork: the user's file, lives of the user's and of a shared region. */
static void use(ism_access access)
{
    char name[ISM_NAME_MAX + 1];
    ism_region_options options = {.size = sizeof(ism_mutex), .access = access};
    ism_region *region;

    (void)snprintf(name, sizeof name, "test-%ld-after-fork", (long)getpid());
    assert_int_equal(ism_region_create(name, &options, &region), ISM_OK);
    assert_int_equal(ism_mutex_lock(ism_region_data(region)), ISM_OK);
    assert_int_equal(ism_mutex_unlock(ism_region_data(region)), ISM_OK);
    assert_int_equal(ism_region_close(region), ISM_OK);
}

static void r12_only_the_first_call_registers_handlers(void **state)
{
    (void)state;
    use(ISM_ACCESS_OWNER);
    use(ISM_ACCESS_EVERYONE);
    assert_int_equal(registered, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(r12_only_the_first_call_registers_handlers),
    };
    return cmocka_run_group_tests_name("after_fork", tests, NULL, NULL);
}
