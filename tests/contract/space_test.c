/* space_test.c: what a full or small system answers, and that nothing kills with SIGBUS (R4). Each test runs in
 * a peer that has a world of shared memory of its own, by namespaces; see region_test.c for those without. */
#include "regions.h"

#include <inttypes.h>
#include <stdlib.h>

#define MEBIBYTE 1048576u
#define NO_SMALL_WORLD "this system or user can't limit shared memory for a test"

/* A peer in a small world; NULL where there can be none. */
static struct process *peer_confined(const char *by, unsigned limit)
{
    struct process *peer = peer_obeying();
    if (strcmp(ask(peer, "%s %u", by, limit), "yes") == 0)
        return peer;
    dismiss(peer);
    return NULL;
}

static void r4_more_than_there_is_is_refused_and_leaves_nothing(void **state)
{
    (void)state;
    struct process *peer = peer_confined("confine_memory", MEBIBYTE);
    if (peer == NULL)
        skip_because(NO_SMALL_WORLD);
    assert_answer(ask(peer, "create %s size=%u", NAME("x"), 4 * MEBIBYTE), "ISM_E_NO_SPACE");
    assert_answer(ask(peer, "regions test-"), "0");
    assert_answer(ask(peer, "look %s", NAME("x")), "ISM_E_NOT_FOUND");
    assert_answer(ask(peer, "open_or_create %s size=%u pattern", NAME("x"), 4 * MEBIBYTE), "ISM_E_NO_SPACE");
    assert_answer(ask(peer, "initialised"), "0");
    assert_answer(ask(peer, "create %s size=%u persistent", NAME("x"), 4 * MEBIBYTE), "ISM_E_NO_SPACE");
    assert_answer(ask(peer, "regions test-"), "0");
    assert_answer(ask(peer, "create %s size=%u", NAME("x"), MEBIBYTE / 2), "ISM_OK");
    assert_answer(ask(peer, "fill 3"), "ok");
    dismiss(peer);
}

/* System V counts what a segment may take when it is made, lazy or not. */
static void r4_a_lazy_region_may_be_larger_than_the_memory(void **state)
{
    const bool counts_at_once = backend_is("sysv");

    (void)state;
    struct process *peer = peer_confined("confine_memory", MEBIBYTE);
    if (peer == NULL)
        skip_because(NO_SMALL_WORLD);
    assert_answer(ask(peer, "create %s size=%u lazy", NAME("x"), 4 * MEBIBYTE),
                  counts_at_once ? "ISM_E_NO_SPACE" : "ISM_OK");
    if (counts_at_once)
        assert_answer(ask(peer, "create %s size=%u lazy", NAME("x"), MEBIBYTE / 2), "ISM_OK");
    assert_answer(ask(peer, "poke 0 1"), "ok");
    assert_answer(ask(peer, "poke 200000 2"), "ok");
    assert_answer(ask(peer, "peek 0"), "1");
    assert_answer(ask(peer, "peek 200000"), "2");
    dismiss(peer);
}

/* As many as fit, beside the table of lock owners; each of them can be touched to its last byte. */
static void r4_the_last_region_that_fits_can_be_filled(void **state)
{
    const unsigned sizes[] = {200000, 70000, 70000, 20000, 20000, 4096, 4096, 4096, 1, 1, 1, 1};
    unsigned made = 0;

    (void)state;
    struct process *peer = peer_confined("confine_memory", MEBIBYTE / 2);
    if (peer == NULL)
        skip_because(NO_SMALL_WORLD);
    for (unsigned i = 0; i < 4 * sizeof sizes / sizeof sizes[0]; i++) {
        char what[8];
        (void)snprintf(what, sizeof what, "x%u", i);
        const char *status = ask(peer, "create %s size=%u", NAME(what), sizes[i / 4]);
        if (strcmp(status, "ISM_OK") != 0) {
            assert_answer(status, "ISM_E_NO_SPACE");
            continue;
        }
        made++;
        assert_answer(ask(peer, "fill %u", 1 + i), "ok");
        assert_answer(ask(peer, "holds %u", 1 + i), "yes");
        if (made > 12)
            break;
    }
    assert_in_range(made, 3, 12 + 1); /* 3 where pages have 16 KiB */
    dismiss(peer);
}

/* What another growth was promised stays there when the next one fails, whether it was touched or not. */
static void r4_growth_without_space_fails_and_takes_nothing_away(void **state)
{
    const bool counts_at_once = backend_is("sysv");

    (void)state;
    struct process *peer = peer_confined("confine_memory", MEBIBYTE);
    if (peer == NULL)
        skip_because(NO_SMALL_WORLD);
    assert_answer(ask(peer, "create %s size=%u", NAME("y"), MEBIBYTE / 2), "ISM_OK");
    assert_answer(ask(peer, "fill 1"), "ok");
    const char *created = ask(peer, "create %s size=5000 capacity=%u", NAME("x"), 4 * MEBIBYTE);
    if (counts_at_once) {
        assert_answer(created, "ISM_E_NO_SPACE");
        dismiss(peer);
        return;
    }
    assert_answer(created, "ISM_OK");
    assert_answer(ask(peer, "grow %u", MEBIBYTE / 4 + 100), "ISM_OK");
    assert_answer(ask(peer, "grow %u", 3 * MEBIBYTE), "ISM_E_NO_SPACE");
    assert_answer(ask(peer, "size"), "262244");
    assert_answer(ask(peer, "fill 5"), "ok");
    assert_answer(ask(peer, "grow %u", MEBIBYTE / 4 + 5000), "ISM_OK");
    assert_answer(ask(peer, "poke %u 7", MEBIBYTE / 4 + 4999), "ok");
    dismiss(peer);
}

/* The system promises more than it has: what counts is what it has set aside. */
static void r4_memory_is_populated_at_creation(void **state)
{
    char native[ISM_NATIVE_NAME_MAX + 1];
    uint64_t populated = 0;

    (void)state;
    struct process *peer = peer_confined("confine_memory", 16 * MEBIBYTE);
    if (peer == NULL)
        skip_because(NO_SMALL_WORLD);
    for (int lazy = 1; lazy >= 0; lazy--) {
        assert_answer(ask(peer, "create %s size=%u%s", NAME("x"), 4 * MEBIBYTE, lazy ? " lazy" : ""), "ISM_OK");
        (void)snprintf(native, sizeof native, "%s", ask(peer, "native"));
        assert_int_equal(sscanf(ask(peer, "populated %s", native), "%" SCNu64, &populated), 1);
        if (lazy)
            assert_in_range(populated, 1, MEBIBYTE);
        else
            assert_in_range(populated, 4 * MEBIBYTE, 5 * MEBIBYTE);
        assert_answer(ask(peer, "close"), "ISM_OK");
    }
    dismiss(peer);
}

/* With no more objects to be had. The table of lock owners is one, where it lies with the regions. */
static void r4_without_another_object_create_fails_and_leaves_nothing(void **state)
{
    char status[32];
    unsigned created = 0;

    (void)state;
    struct process *peer = peer_confined("confine_objects", 3);
    if (peer == NULL)
        skip_because(NO_SMALL_WORLD);
    const char *many = ask(peer, "create_many %s 5000 100", NAME("x"));
    assert_int_equal(sscanf(many, "%31s %u", status, &created), 2);
    assert_string_equal(status, backend_is("sysv") ? "ISM_E_LIMIT" : "ISM_E_NO_SPACE");
    assert_in_range(created, 2, 6);
    assert_int_equal(strtoul(ask(peer, "regions test-"), NULL, 10), created);
    assert_answer(ask(peer, "open %s-0", NAME("x")), "ISM_OK");
    assert_answer(ask(peer, "fill 1"), "ok");
    assert_answer(ask(peer, "remove %s-0", NAME("x")), "ISM_OK");
    assert_int_equal(strtoul(ask(peer, "regions test-"), NULL, 10), created - 1);
    dismiss(peer);
}

static void r4_larger_than_any_object_may_be_is_refused(void **state)
{
    (void)state;
    if (!backend_is("sysv"))
        skip_because("only System V limits the size of one object");
    struct process *peer = peer_confined("confine_object_size", MEBIBYTE);
    if (peer == NULL)
        skip_because(NO_SMALL_WORLD);
    assert_answer(ask(peer, "create %s size=%u", NAME("x"), 4 * MEBIBYTE), "ISM_E_NO_SPACE");
    assert_answer(ask(peer, "create %s size=%u lazy", NAME("x"), 4 * MEBIBYTE), "ISM_E_NO_SPACE");
    assert_answer(ask(peer, "create %s size=100 capacity=%u", NAME("x"), 4 * MEBIBYTE), "ISM_E_NO_SPACE");
    assert_answer(ask(peer, "regions test-"), "0");
    assert_answer(ask(peer, "create %s size=%u", NAME("x"), MEBIBYTE / 2), "ISM_OK");
    assert_answer(ask(peer, "fill 1"), "ok");
    dismiss(peer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        promise(r4_more_than_there_is_is_refused_and_leaves_nothing),
        promise(r4_a_lazy_region_may_be_larger_than_the_memory),
        promise(r4_the_last_region_that_fits_can_be_filled),
        promise(r4_growth_without_space_fails_and_takes_nothing_away),
        promise(r4_memory_is_populated_at_creation),
        promise(r4_without_another_object_create_fails_and_leaves_nothing),
        promise(r4_larger_than_any_object_may_be_is_refused),
    };
    return cmocka_run_group_tests_name("space", tests, NULL, NULL);
}
