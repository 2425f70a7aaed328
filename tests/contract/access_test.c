/* access_test.c: whose a region is (R8), and reading without writing (R9). */
#include "regions.h"

#define SIZE 10000u

/* ---- R8 ---- */

static void r8_a_region_is_its_owners_only(void **state)
{
    const char *name = NAME("x");

    (void)state;
    ism_region *region = create_region(name, SIZE);
    struct process *peer = peer_obeying();
    assert_true(native_owner_only(ism_region_native_name(region)));
    if (strcmp(ask(peer, "become_other_user"), "yes") != 0) {
        close_region(region);
        skip_because("this system or user can't become another user for a test");
    }
    assert_answer(ask(peer, "open %s", name), "ISM_E_NOT_FOUND");
    assert_answer(ask(peer, "remove %s", name), "ISM_E_NOT_FOUND");
    assert_answer(ask(peer, "regions %s", name), "0");
    assert_answer(ask(peer, "create %s size=100", name), "ISM_OK");
    assert_answer(ask(peer, "holds 0"), "yes");
    memset(ism_region_data(region), 1, SIZE);
    assert_answer(ask(peer, "holds 0"), "yes");
    dismiss(peer);
    assert_status(status_of_open(name, NULL), ISM_OK);
    close_region(region);
}

/* What the library has never made stays what it is, whoever put it where a region would be. */
static void check_planted(const char *name, const void *bytes, size_t size, struct native_object *planted)
{
    assert_refused(name);
    if (planted != NULL)
        assert_true(native_untouched(planted, bytes, size));
}

static void r8_a_foreign_object_of_that_name_is_refused_and_left_alone(void **state)
{
    static unsigned char bytes[20000];
    const size_t sizes[] = {1, 896, 4096, 8192, 20000};
    char native[ISM_NATIVE_NAME_MAX + 1];

    (void)state;
    memset(bytes, 0x5a, sizeof bytes);
    native_name_of(NAME("x"), native);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct native_object *planted = native_plant(native, bytes, sizes[i]);
        assert_non_null(planted);
        check_planted(NAME("x"), bytes, sizes[i], planted);
        native_uproot(planted);
    }
}

/* This user's own object without any content is what a creator leaves that was killed at its first steps. */
static void r8_an_empty_object_is_a_dead_creators(void **state)
{
    static const unsigned char nothing[2 * 65536];
    const size_t sizes[] = {0, 2 * process_page_size()};
    const char *name = NAME("x");
    char native[ISM_NATIVE_NAME_MAX + 1];

    (void)state;
    native_name_of(name, native);
    for (size_t i = 0; i < 2; i++) {
        struct native_object *planted = native_plant(native, nothing, sizes[i]);
        assert_non_null(planted);
        assert_status(status_of_open(name, NULL), ISM_E_NOT_FOUND);
        ism_region *region = create_region(name, SIZE);
        assert_true(region_holds(region, 0));
        close_region(region);
        native_uproot(planted);
    }
    assert_int_equal(leftovers_regions(name), 0);
}

static void r8_an_object_planted_by_another_user_is_refused(void **state)
{
    const char *name = NAME("x");
    char native[ISM_NATIVE_NAME_MAX + 1];

    (void)state;
    native_name_of(name, native);
    struct process *peer = peer_obeying();
    if (strcmp(ask(peer, "become_other_user"), "yes") != 0)
        skip_because("this system or user can't become another user for a test");
    assert_answer(ask(peer, "plant %s 12288", native), "yes");
    check_planted(name, NULL, 0, NULL);
    assert_answer(ask(peer, "uproot"), "yes");
    dismiss(peer);
}

static void r8_no_symbolic_link_is_followed(void **state)
{
    const char *name = NAME("x"), *target = NAME("target");
    ism_region_options options = {.size = SIZE};
    ism_region_info info, target_info;
    ism_region *other;

    (void)state;
    ism_region *region = create_region(name, SIZE), *behind = create_region(target, SIZE);
    assert_status(ism_region_get_info(region, &info), ISM_OK);
    assert_status(ism_region_get_info(behind, &target_info), ISM_OK);
    close_region(region);
    if (info.path[0] == '\0') {
        close_region(behind);
        skip_because("regions are no files here, so there are no links to them");
    }
    assert_true(native_plant_link(info.path, target_info.path));
    assert_status(status_of_open(name, NULL), ISM_E_FOREIGN);
    assert_status(status_of_create(name, &options), ISM_E_FOREIGN);
    assert_status(ism_region_open_or_create(name, &options, &other), ISM_E_FOREIGN);
    assert_status(ism_region_remove(name), ISM_E_FOREIGN);
    assert_status(ism_region_tidy(NULL, NULL), ISM_OK);
    assert_true(native_file_exists(info.path));
    assert_status(status_of_open(target, NULL), ISM_OK);
    assert_true(native_remove_file(info.path));
    close_region(behind);
}

/* ---- R9 ---- */

static void r9_a_write_through_a_read_only_handle_faults(void **state)
{
    const char *name = NAME("x");
    char line[64];

    (void)state;
    ism_region *region = create_region(name, SIZE);
    memset(ism_region_data(region), 5, SIZE);
    struct process *peer = peer_obeying();
    assert_answer(ask(peer, "open %s read-only", name), "ISM_OK");
    assert_answer(ask(peer, "holds 5"), "yes");
    ((volatile char *)ism_region_data(region))[0] = 6;
    assert_answer(ask(peer, "peek 0"), "6");
    tell(peer, "poke 1 7");
    assert_false(process_read_line(peer, line, sizeof line));
    assert_int_not_equal(process_wait(peer), 0);
    assert_int_not_equal(process_wait(peer), PROCESS_RUNNING);
    assert_int_equal(((volatile char *)ism_region_data(region))[1], 5);
    close_region(region);
}

static void r9_reading_needs_no_permission_to_write(void **state)
{
    const char *name = NAME("x");
    char native[ISM_NATIVE_NAME_MAX + 1];

    (void)state;
    struct process *owner = peer_obeying(), *reader = peer_obeying();
    if (strcmp(ask(owner, "become_other_user"), "yes") != 0 || strcmp(ask(reader, "become_other_user"), "yes") != 0)
        skip_because("this system or user can't become one without privileges for a test");
    assert_answer(ask(owner, "create %s size=%u pattern", name, SIZE), "ISM_OK");
    (void)snprintf(native, sizeof native, "%s", ask(owner, "native"));
    if (strcmp(ask(owner, "forbid_writing %s", native), "yes") != 0) {
        assert_answer(ask(owner, "close"), "ISM_OK");
        dismiss(reader);
        dismiss(owner);
        skip_because("this system can't change the permissions of an object that is made");
    }
    assert_answer(ask(reader, "open %s", name), "ISM_E_ACCESS");
    assert_answer(ask(reader, "open %s read-only", name), "ISM_OK");
    assert_answer(ask(reader, "pattern"), "yes");
    assert_answer(ask(owner, "close"), "ISM_OK");
    assert_answer(ask(reader, "pattern"), "yes");
    assert_answer(ask(reader, "close"), "ISM_OK");
    assert_answer(ask(reader, "open %s read-only", name), "ISM_E_NOT_FOUND");
    if (strcmp(ask(owner, "regions %s", name), "0") != 0) {
        assert_answer(ask(owner, "allow_writing %s", native), "yes");
        assert_answer(ask(owner, "tidy"), "ISM_OK");
        assert_answer(ask(owner, "regions %s", name), "0");
    }
    dismiss(reader);
    dismiss(owner);
}

static void r9_the_last_reader_ends_the_region_too(void **state)
{
    const char *name = NAME("x");

    (void)state;
    for (int killed = 0; killed < 2; killed++) {
        struct process *peer = peer_obeying();
        ism_region *region = create_region(name, SIZE);
        assert_answer(ask(peer, "open %s read-only", name), "ISM_OK");
        close_region(region);
        assert_int_equal(leftovers_live_regions(name), 1);
        if (killed)
            kill_and_wait(peer);
        else
            dismiss(peer);
        assert_status(status_of_open(name, NULL), ISM_E_NOT_FOUND);
        assert_int_equal(leftovers_live_regions(name), 0);
    }
    assert_status(ism_region_tidy(NULL, NULL), ISM_OK);
}

static void r9_creating_takes_no_read_only_handle(void **state)
{
    ism_region_options options = {.size = SIZE, .flags = ISM_REGION_READ_ONLY};
    ism_region *region;

    (void)state;
    assert_status(status_of_create(NAME("x"), &options), ISM_E_INVALID);
    assert_status(ism_region_open_or_create(NAME("x"), &options, &region), ISM_E_INVALID);
    assert_null(region);
    assert_int_equal(leftovers_regions(NAME("x")), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        promise(r8_a_region_is_its_owners_only),
        promise(r8_a_foreign_object_of_that_name_is_refused_and_left_alone),
        promise(r8_an_empty_object_is_a_dead_creators),
        promise(r8_an_object_planted_by_another_user_is_refused),
        promise(r8_no_symbolic_link_is_followed),
        promise(r9_a_write_through_a_read_only_handle_faults),
        promise(r9_reading_needs_no_permission_to_write),
        promise(r9_the_last_reader_ends_the_region_too),
        promise(r9_creating_takes_no_read_only_handle),
    };
    return cmocka_run_group_tests_name("access", tests, NULL, NULL);
}
