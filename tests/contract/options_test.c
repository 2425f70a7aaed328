/* options_test.c: what a handle asks of its memory, and what it is told to have got (R14). What is granted is
 * held against the operating system's word, where it gives one. */
#include "regions.h"

#define SIZE (UINT64_C(4) * 1048576 + 5000) /* holds a whole huge page wherever it starts */

static const struct {
    const char *word;
    uint32_t flag;
} flags[] = {
    {"prefault", ISM_REGION_PREFAULT},
    {"locked", ISM_REGION_LOCKED},
    {"huge-pages", ISM_REGION_HUGE_PAGES},
    {"no-core-dump", ISM_REGION_NO_CORE_DUMP},
};
enum { FLAGS = sizeof flags / sizeof flags[0] };

#define ALL (ISM_REGION_PREFAULT | ISM_REGION_LOCKED | ISM_REGION_HUGE_PAGES | ISM_REGION_NO_CORE_DUMP)

static uint32_t granted(const ism_region *region)
{
    ism_region_info info;
    assert_status(ism_region_get_info(region, &info), ISM_OK);
    return info.granted;
}

/* Nothing is granted that was not asked for, or that the system denies. */
static void assert_told_rightly(const ism_region *region, uint32_t asked)
{
    uint32_t got = granted(region);
    assert_int_equal(got & ~asked, 0);
    for (int i = 0; i < FLAGS; i++)
        if ((got & flags[i].flag) != 0)
            assert_int_not_equal(native_in_force(ism_region_data(region), ism_region_size(region), flags[i].flag),
                                 NATIVE_NOT_IN_FORCE);
}

/* This can be had everywhere. */
static void assert_prefaulted(const ism_region *region)
{
    assert_int_equal(granted(region) & ISM_REGION_PREFAULT, ISM_REGION_PREFAULT);
}

static ism_region *create_with(const char *name, uint32_t asked)
{
    ism_region_options options = {.size = SIZE, .flags = asked};
    ism_region *region;
    assert_status(ism_region_create(name, &options, &region), ISM_OK);
    return region;
}

static ism_region *open_with(const char *name, uint32_t asked)
{
    ism_region_options options = {.flags = asked};
    ism_region *region;
    assert_status(ism_region_open(name, &options, &region), ISM_OK);
    return region;
}

static void r14_what_is_granted_is_in_force(void **state)
{
    (void)state;
    for (uint32_t asked = 0; asked <= ALL; asked += ISM_REGION_PREFAULT) {
        ism_region *region = create_with(NAME("x"), asked), *again = open_with(NAME("x"), asked);
        assert_told_rightly(region, asked);
        assert_told_rightly(again, asked);
        if ((asked & ISM_REGION_PREFAULT) != 0) {
            assert_prefaulted(region);
            assert_prefaulted(again);
        }
        assert_true(region_holds(region, 0));
        memset(ism_region_data(region), 7, SIZE);
        assert_true(region_holds(again, 7));
        close_region(again);
        close_region(region);
    }
}

static void r14_the_system_keeps_core_dumps_free_of_it_where_it_can(void **state)
{
    (void)state;
    ism_region *plain = create_with(NAME("a"), 0);
    if (native_in_force(ism_region_data(plain), SIZE, ISM_REGION_NO_CORE_DUMP) == NATIVE_NOT_TOLD) {
        close_region(plain);
        skip_because("this system does not tell what is dumped");
    }
    ism_region *kept_out = create_with(NAME("b"), ISM_REGION_NO_CORE_DUMP);
    assert_int_equal(granted(kept_out), ISM_REGION_NO_CORE_DUMP);
    assert_int_equal(native_in_force(ism_region_data(plain), SIZE, ISM_REGION_NO_CORE_DUMP), NATIVE_NOT_IN_FORCE);
    close_region(kept_out);
    close_region(plain);
}

static void r14_each_handle_asks_for_itself(void **state)
{
    const char *name = NAME("x");
    ism_region_info info;

    (void)state;
    ism_region *region = create_with(name, 0);
    assert_int_equal(granted(region), 0);
    struct process *peer = peer_obeying();
    assert_answer(ask(peer, "open %s prefault", name), "ISM_OK");
    assert_answer(ask(peer, "granted"), "prefault");
    assert_string_not_equal(ask(peer, "in_force prefault"), "no");
    assert_answer(ask(peer, "close"), "ISM_OK");
    assert_answer(ask(peer, "open %s prefault read-only", name), "ISM_OK");
    assert_answer(ask(peer, "granted"), "prefault");
    assert_answer(ask(peer, "open_or_create %s size=%llu prefault", name, (unsigned long long)SIZE), "ISM_OK");
    assert_answer(ask(peer, "granted"), "prefault");
    assert_int_equal(granted(region), 0);
    assert_status(ism_region_look(name, &info), ISM_OK);
    assert_int_equal(info.granted, 0);
    dismiss(peer);
    close_region(region);
}

static void r14_the_initialiser_finds_the_memory_in_place(void **state)
{
    (void)state;
    struct process *peer = peer_obeying();
    assert_answer(ask(peer, "create %s size=%llu prefault pattern", NAME("x"), (unsigned long long)SIZE), "ISM_OK");
    assert_answer(ask(peer, "pattern"), "yes");
    dismiss(peer);
}

static void r14_a_refused_lock_is_no_failure(void **state)
{
    (void)state;
    struct process *peer = peer_obeying();
    if (strcmp(ask(peer, "confine_locking"), "yes") != 0) {
        dismiss(peer);
        skip_because("this system or user can't limit what a process may lock");
    }
    assert_answer(ask(peer, "create %s size=%llu locked prefault", NAME("x"), (unsigned long long)SIZE), "ISM_OK");
    assert_answer(ask(peer, "granted"), "prefault");
    assert_string_not_equal(ask(peer, "in_force locked"), "yes");
    assert_answer(ask(peer, "fill 3"), "ok");
    assert_answer(ask(peer, "holds 3"), "yes");
    dismiss(peer);
}

static void r14_what_is_small_has_no_huge_pages(void **state)
{
    ism_region_options options = {.size = 100, .flags = ALL};
    ism_region *region;

    (void)state;
    assert_status(ism_region_create(NAME("x"), &options, &region), ISM_OK);
    assert_int_equal(granted(region) & ISM_REGION_HUGE_PAGES, 0);
    assert_told_rightly(region, ALL);
    assert_prefaulted(region);
    close_region(region);
}

static void r14_huge_pages_are_told_when_they_are_had(void **state)
{
    (void)state;
    struct process *peer = peer_obeying();
    if (!backend_is("posix") || strcmp(ask(peer, "allow_huge_pages"), "yes") != 0) {
        dismiss(peer);
        skip_because("huge pages can't be allowed for a test on this backend or system");
    }
    unsigned long long size = SIZE;
    assert_answer(ask(peer, "create %s size=%llu huge-pages", NAME("a"), size), "ISM_OK");
    if (strcmp(ask(peer, "granted"), "huge-pages") != 0) {
        dismiss(peer);
        skip_because("the kernel has no huge page to give, or can't tell");
    }
    assert_answer(ask(peer, "in_force huge-pages"), "yes");
    assert_answer(ask(peer, "holds 0"), "yes");
    assert_answer(ask(peer, "open %s huge-pages prefault", NAME("a")), "ISM_OK");
    assert_answer(ask(peer, "granted"), "prefault huge-pages");
    assert_answer(ask(peer, "in_force huge-pages"), "yes");

    assert_answer(ask(peer, "create %s size=%llu", NAME("b"), size), "ISM_OK");
    assert_answer(ask(peer, "fill 9"), "ok");
    assert_answer(ask(peer, "in_force huge-pages"), "no");
    assert_answer(ask(peer, "open %s huge-pages", NAME("b")), "ISM_OK");
    assert_answer(ask(peer, "granted"), "huge-pages");
    assert_answer(ask(peer, "in_force huge-pages"), "yes");
    assert_answer(ask(peer, "holds 9"), "yes");
    dismiss(peer);
}

static void r14_a_lazy_region_is_brought_in_where_there_is_room(void **state)
{
    (void)state;
    struct process *peer = peer_obeying();
    if (!backend_is("posix") || strcmp(ask(peer, "confine_memory 2097152"), "yes") != 0) {
        dismiss(peer);
        skip_because("lazy memory can't be had, or not be limited for a test, here");
    }
    assert_answer(ask(peer, "create %s size=500000 lazy prefault", NAME("y")), "ISM_OK");
    assert_answer(ask(peer, "granted"), "prefault");
    assert_answer(ask(peer, "in_force prefault"), "yes");
    assert_answer(ask(peer, "create %s size=8388608 lazy prefault locked huge-pages no-core-dump", NAME("x")),
                  "ISM_OK");
    const char *left_out = ask(peer, "in_force no-core-dump");
    assert_answer(ask(peer, "granted"), strcmp(left_out, "yes") == 0 ? "no-core-dump" : "nothing");
    assert_answer(ask(peer, "in_force prefault"), "no");
    assert_answer(ask(peer, "open %s prefault", NAME("x")), "ISM_OK");
    assert_answer(ask(peer, "granted"), "nothing");
    assert_answer(ask(peer, "open %s prefault read-only", NAME("x")), "ISM_OK");
    assert_answer(ask(peer, "granted"), "nothing");
    dismiss(peer);
}

static void r14_flags_do_not_spare_a_full_memory_its_error(void **state)
{
    (void)state;
    struct process *peer = peer_obeying();
    if (strcmp(ask(peer, "confine_memory 2097152"), "yes") != 0) {
        dismiss(peer);
        skip_because("this system or user can't limit shared memory for a test");
    }
    assert_answer(ask(peer, "create %s size=8388608 prefault locked huge-pages no-core-dump", NAME("x")),
                  "ISM_E_NO_SPACE");
    assert_answer(ask(peer, "regions test-"), "0");
    assert_answer(ask(peer, "create %s size=1048576 prefault", NAME("x")), "ISM_OK");
    dismiss(peer);
}

/* The peer's additions are no atomic ones: a page that is brought in by writing back what was read would lose
 * some. */
static void r14_prefaulting_disturbs_nobody_who_writes(void **state)
{
    enum { TIMES = 100000 };
    const char *name = NAME("x");

    (void)state;
    ism_region *region = create_with(name, 0);
    struct process *peer = peer_obeying();
    assert_answer(ask(peer, "open %s", name), "ISM_OK");
    tell(peer, "count 64 0 %d", TIMES);
    while (!process_has_output(peer))
        close_region(open_with(name, ISM_REGION_PREFAULT));
    assert_answer(answer(peer), "ISM_OK");
    assert_int_equal(*(const uint64_t *)ism_region_data(region), TIMES);
    dismiss(peer);
    close_region(region);
}

static void r14_the_last_to_leave_still_frees_it(void **state)
{
    const char *name = NAME("x");

    (void)state;
    struct process *peer = peer_obeying();
    ism_region *region = create_with(name, ALL);
    assert_answer(ask(peer, "open %s prefault locked huge-pages no-core-dump", name), "ISM_OK");
    close_region(region);
    assert_answer(ask(peer, "close"), "ISM_OK");
    assert_int_equal(leftovers_regions(name), 0);
    region = create_with(name, ALL);
    assert_answer(ask(peer, "open %s locked", name), "ISM_OK");
    close_region(region);
    kill_and_wait(peer);
    process_free(peer);
    assert_status(status_of_open(name, NULL), ISM_E_NOT_FOUND);
    assert_int_equal(leftovers_live_regions(name), 0);
    close_region(create_with(name, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        promise(r14_what_is_granted_is_in_force),
        promise(r14_the_system_keeps_core_dumps_free_of_it_where_it_can),
        promise(r14_each_handle_asks_for_itself),
        promise(r14_the_initialiser_finds_the_memory_in_place),
        promise(r14_a_refused_lock_is_no_failure),
        promise(r14_what_is_small_has_no_huge_pages),
        promise(r14_huge_pages_are_told_when_they_are_had),
        promise(r14_a_lazy_region_is_brought_in_where_there_is_room),
        promise(r14_flags_do_not_spare_a_full_memory_its_error),
        promise(r14_prefaulting_disturbs_nobody_who_writes),
        promise(r14_the_last_to_leave_still_frees_it),
    };
    return cmocka_run_group_tests_name("options", tests, NULL, NULL);
}
