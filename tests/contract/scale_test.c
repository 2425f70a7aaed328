/* scale_test.c: what holds for a few regions, bytes and processes holds for many. What takes long says that it
 * works, so that a hanging library is still told from a slow machine. */
#include "regions.h"

#define MANY "10000"
#define PROCESSES 1000

/* The last thing that a peer says, which tells now and then that it works. */
static const char *last_answer(struct process *peer)
{
    const char *said;
    do {
        said = answer(peer);
    } while (strcmp(said, "working") == 0);
    return said;
}

static void r3_bytes_beyond_4_gib_are_others_than_those_before(void **state)
{
    const uint64_t beyond = UINT64_C(1) << 32, size = UINT64_C(5) << 30;
    ism_region_options options = {.size = size, .flags = ISM_REGION_LAZY};
    ism_region *region;

    (void)state;
    if (sizeof(void *) < 8)
        skip_because("a process of 32 bits can't address so much");
    ism_status status = ism_region_create(NAME("x"), &options, &region);
    if (status == ISM_E_NO_SPACE || status == ISM_E_NO_MEMORY)
        skip_because("this system has no room for 5 GiB");
    assert_status(status, ISM_OK);
    volatile unsigned char *bytes = ism_region_data(region);
    bytes[0] = 1;
    bytes[beyond + 1] = 2;
    bytes[size - 1] = 3;
    struct process *peer = peer_obeying();
    assert_answer(ask(peer, "open %s", NAME("x")), "ISM_OK");
    assert_answer(ask(peer, "peek 0"), "1");
    assert_answer(ask(peer, "peek 1"), "0");
    assert_answer(ask(peer, "peek %llu", (unsigned long long)beyond), "0");
    assert_answer(ask(peer, "peek %llu", (unsigned long long)beyond + 1), "2");
    assert_answer(ask(peer, "peek %llu", (unsigned long long)size - 1), "3");
    assert_answer(ask(peer, "poke %llu 4", (unsigned long long)beyond), "ok");
    assert_int_equal(bytes[beyond], 4);
    assert_int_equal(bytes[0], 1);
    assert_answer(ask(peer, "lock %llu", (unsigned long long)beyond + 64), "ISM_OK");
    assert_status(ism_mutex_try_lock((ism_mutex *)(void *)((unsigned char *)ism_region_data(region) + beyond + 64)),
                  ISM_E_BUSY);
    assert_answer(ask(peer, "unlock %llu", (unsigned long long)beyond + 64), "ISM_OK");
    dismiss(peer);
    close_region(region);
}

static void r1_one_process_has_thousands_of_regions_open(void **state)
{
    (void)state;
    struct process *peer = peer_start("crowd", NAME("x"), MANY, NULL);
    const char *said = last_answer(peer);
    if (strcmp(said, "refused") == 0) {
        (void)last_answer(peer);
        dismiss(peer);
        skip_because("this system or user may not have so many regions or descriptors");
    }
    assert_answer(said, "ISM_OK");
    dismiss(peer);
    assert_int_equal(leftovers_regions(NAME("x")), 0);
}

static void r6_a_thousand_processes_have_one_region_open(void **state)
{
    const char *name = NAME("x");
    char count[16];
    ism_region_info info;

    (void)state;
    ism_region *region = create_region(name, 4096);
    (void)snprintf(count, sizeof count, "%d", PROCESSES);
    struct process *peer = peer_start("attach", name, count, NULL);
    const char *said = last_answer(peer);
    if (strcmp(said, "no") == 0) {
        dismiss(peer);
        close_region(region);
        skip_because("this system has no fork, or does not allow so many processes");
    }
    assert_answer(said, "ISM_OK");
    assert_status(ism_region_get_info(region, &info), ISM_OK);
    assert_int_equal(info.attached_count, ISM_ATTACHED_MAX);
    close_region(region);
    assert_int_equal(leftovers_live_regions(name), 1);
    dismiss(peer);
    assert_int_equal(leftovers_regions(name), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        promise(r3_bytes_beyond_4_gib_are_others_than_those_before),
        promise(r1_one_process_has_thousands_of_regions_open),
        promise(r6_a_thousand_processes_have_one_region_open),
    };
    return cmocka_run_group_tests_name("scale", tests, NULL, NULL);
}
