/* native_test.c: memory that is shared with other software, by its native name (R11). The other software is
 * foreign.c; software that we did not write is in native_python_test.py and native_perl_test.pl. */
#include "regions.h"

#define SIZE 5000u /* no whole pages */

/* A native name of this test's own. */
static const char *native(const char *what)
{
    static char names[4][64];
    static unsigned used;
    char *name = names[used++ % 4];
    unsigned long long own = (unsigned long long)process_own_id();

    if (backend_is("sysv"))
        (void)snprintf(name, sizeof names[0], "0x51%02x%04llx", (unsigned)(unsigned char)what[0], own & 0xffff);
    else
        (void)snprintf(name, sizeof names[0], "%stest-%llu-native-%s", backend_is("posix") ? "/" : "Local\\", own,
                       what);
    return name;
}

/* Where objects are no files the system may round their sizes up, and shows no other software the exact ones. */
static bool may_round(void)
{
    return backend_is("win32") || lease_is("sidefile");
}

static bool rounds(void)
{
    static int answer = -1;
    if (answer == -1 && lease_is("sidefile")) {
        struct process *foreign = foreign_start();
        answer = strcmp(ask(foreign, "make %s 1", native("probe")), "1") != 0;
        dismiss(foreign);
        assert_status(ism_region_remove_native(native("probe")), ISM_OK);
    } else if (answer == -1) {
        answer = may_round();
    }
    return answer == 1;
}

/* What the system makes of a size. */
static uint64_t kept(uint64_t size)
{
    uint64_t page = process_page_size();
    return rounds() ? (size + page - 1) / page * page : size;
}

static void assert_number(const char *answer, uint64_t expected)
{
    char text[32];
    (void)snprintf(text, sizeof text, "%llu", (unsigned long long)expected);
    assert_answer(answer, text);
}

static ism_region *create_native(const char *name, uint64_t size)
{
    ism_region_options options = {.size = size};
    ism_region *region;
    assert_status(ism_region_create_native(name, &options, &region), ISM_OK);
    return region;
}

static ism_region *open_native(const char *name)
{
    ism_region *region;
    assert_status(ism_region_open_native(name, NULL, &region), ISM_OK);
    return region;
}

static ism_status status_of_open_native(const char *name, const ism_region_options *options)
{
    ism_region *region = (ism_region *)(void *)&region;
    ism_status status = ism_region_open_native(name, options, &region);
    return close_opened(status, region);
}

static ism_status status_of_create_native(const char *name, const ism_region_options *options)
{
    ism_region *region = (ism_region *)(void *)&region;
    ism_status status = ism_region_create_native(name, options, &region);
    return close_opened(status, region);
}

/* Nobody has the object any more: on Windows it is gone, elsewhere it is to be removed. */
static void end_native(const char *name)
{
    if (!backend_is("win32"))
        assert_status(ism_region_remove_native(name), ISM_OK);
    assert_status(status_of_open_native(name, NULL), ISM_E_NOT_FOUND);
}

/* ---- both directions ---- */

static void r11_others_attach_to_what_isthmus_makes(void **state)
{
    const char *name = native("x");

    (void)state;
    ism_region *region = create_native(name, SIZE);
    struct process *foreign = foreign_start();
    assert_true(ism_region_size(region) == kept(SIZE));
    assert_number(ask(foreign, "attach %s", name), kept(SIZE));
    assert_answer(ask(foreign, "holds 0"), "yes");
    memset(ism_region_data(region), 0xab, (size_t)ism_region_size(region));
    assert_answer(ask(foreign, "holds 171"), "yes");
    assert_answer(ask(foreign, "poke %u 3", SIZE - 1), "ok");
    assert_int_equal(((volatile unsigned char *)ism_region_data(region))[SIZE - 1], 3);
    close_region(region);
    assert_answer(ask(foreign, "poke %u 171", SIZE - 1), "ok");
    assert_answer(ask(foreign, "holds 171"), "yes");
    dismiss(foreign);
    end_native(name);
}

static void r11_isthmus_attaches_to_what_others_make(void **state)
{
    const char *name = native("x");

    (void)state;
    struct process *foreign = foreign_start();
    assert_number(ask(foreign, "make %s %u", name, SIZE), kept(SIZE));
    assert_answer(ask(foreign, "fill 90"), "ok");
    ism_region *region = open_native(name), *again = open_native(name);
    assert_true(ism_region_size(region) == kept(SIZE));
    assert_true(region_holds(region, 90));
    assert_string_equal(ism_region_native_name(region), name);
    ((volatile unsigned char *)ism_region_data(region))[17] = 4;
    assert_answer(ask(foreign, "peek 17"), "4");
    assert_answer(ask(foreign, "poke 17 90"), "ok");
    assert_true(region_holds(again, 90));
    close_region(again);
    close_region(region);
    assert_answer(ask(foreign, "holds 90"), "yes");
    dismiss(foreign);
    end_native(name);
}

static void r11_each_spelling_of_a_name_means_the_same(void **state)
{
    const char *name = native("x");
    char other[64];

    (void)state;
    struct process *foreign = foreign_start();
    assert_number(ask(foreign, "make %s %u", name, SIZE), kept(SIZE));
    (void)snprintf(other, sizeof other, "%s", ask(foreign, "other %s", name));
    if (strcmp(other, "-") != 0) {
        ism_region *region = open_native(other);
        assert_string_equal(ism_region_native_name(region), other);
        assert_answer(ask(foreign, "poke 1 77"), "ok");
        assert_int_equal(((volatile unsigned char *)ism_region_data(region))[1], 77);
        close_region(region);
    }
    dismiss(foreign);
    end_native(name);
}

/* ---- size ---- */

static void r11_the_size_is_what_the_system_says(void **state)
{
    const uint64_t page = process_page_size();
    const uint64_t sizes[] = {1, 8, page - 1, page, page + 1, 10 * page};

    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        ism_region *region = create_native(native("x"), sizes[i]), *other = open_native(native("x"));
        assert_true(ism_region_size(region) == kept(sizes[i]));
        assert_true(ism_region_size(other) == kept(sizes[i]));
        assert_true(region_holds(other, 0));
        close_region(other);
        ism_region_options options = {.size = sizes[i]};
        assert_status(status_of_open_native(native("x"), &options), ISM_OK);
        options.size = kept(sizes[i]) + 1;
        assert_status(status_of_open_native(native("x"), &options), ISM_E_SIZE);
        options.size = UINT64_MAX;
        assert_status(status_of_open_native(native("x"), &options), ISM_E_SIZE);
        options.size = sizes[i] - 1;
        if (sizes[i] > 1)
            assert_status(status_of_open_native(native("x"), &options), may_round() ? ISM_OK : ISM_E_SIZE);
        close_region(region);
        end_native(native("x"));
    }
}

static void r11_an_object_that_has_no_size_yet_is_refused(void **state)
{
    (void)state;
    if (!backend_is("posix"))
        skip_because("objects always have a size here");
    struct native_object *planted = native_plant(native("x"), "", 0);
    assert_non_null(planted);
    assert_status(status_of_open_native(native("x"), NULL), ISM_E_SIZE);
    assert_true(native_untouched(planted, "", 0));
    native_uproot(planted);
}

/* ---- lifetime ---- */

static void r11_it_lives_as_long_as_the_system_lets_it(void **state)
{
    const char *name = native("x");
    const bool stays = !backend_is("win32");
    ism_region_info info;

    (void)state;
    for (int killed = 0; killed < 2; killed++) {
        struct process *peer = peer_obeying();
        assert_answer(ask(peer, "create_native %s size=%u", name, SIZE), "ISM_OK");
        assert_answer(ask(peer, "fill 6"), "ok");
        ism_region *region = open_native(name);
        assert_status(ism_region_get_info(region, &info), ISM_OK);
        assert_int_equal(info.lifetime, stays ? ISM_LIFETIME_PERSISTENT : ISM_LIFETIME_PROCESSES);
        close_region(region);
        assert_status(ism_region_tidy(NULL, NULL), ISM_OK);
        if (killed)
            kill_and_wait(peer);
        else
            dismiss(peer);
        assert_status(ism_region_tidy(NULL, NULL), ISM_OK);
        assert_status(status_of_open_native(name, NULL), stays ? ISM_OK : ISM_E_NOT_FOUND);
        end_native(name);
    }
}

static void r11_removal_frees_the_name_and_keeps_the_memory(void **state)
{
    const char *name = native("x");

    (void)state;
    ism_region *region = create_native(name, SIZE);
    if (backend_is("win32")) {
        assert_status(ism_region_remove_native(name), ISM_E_UNSUPPORTED);
        close_region(region);
        assert_status(ism_region_remove_native(name), ISM_E_UNSUPPORTED);
        end_native(name);
        return;
    }
    assert_status(ism_region_remove_native(name), ISM_OK);
    assert_status(ism_region_remove_native(name), ISM_E_NOT_FOUND);
    assert_status(status_of_open_native(name, NULL), ISM_E_NOT_FOUND);
    memset(ism_region_data(region), 1, (size_t)ism_region_size(region));
    ism_region *next = create_native(name, SIZE);
    assert_true(region_holds(next, 0));
    assert_true(region_holds(region, 1));
    close_region(region);
    close_region(next);
    end_native(name);
}

static void r11_nothing_but_remove_removes(void **state)
{
    const char *name = native("x");
    ism_region_options options = {.size = SIZE}, wrong = {.size = SIZE + 100000};

    (void)state;
    struct process *foreign = foreign_start();
    assert_number(ask(foreign, "make %s %u", name, SIZE), kept(SIZE));
    assert_answer(ask(foreign, "fill 33"), "ok");
    assert_status(status_of_create_native(name, &options), ISM_E_EXISTS);
    assert_status(status_of_create_native(name, &wrong), ISM_E_EXISTS);
    assert_status(status_of_open_native(name, &wrong), ISM_E_SIZE);
    assert_status(status_of_open_native(name, NULL), ISM_OK);
    assert_status(ism_region_tidy(NULL, NULL), ISM_OK);
    struct process *other = foreign_start();
    assert_number(ask(other, "attach %s", name), kept(SIZE));
    assert_answer(ask(other, "holds 33"), "yes");
    dismiss(other);
    dismiss(foreign);
    end_native(name);
}

/* ---- what is refused ---- */

static void check_refused(const char *name, ism_status expected)
{
    ism_region_options options = {.size = SIZE};
    assert_status(status_of_create_native(name, &options), expected);
    assert_status(status_of_open_native(name, NULL), expected);
    assert_status(ism_region_remove_native(name), expected);
}

static void r11_hostile_names_are_refused(void **state)
{
    static char long_name[5000];
    static const char *const everywhere[] = {"",
                                             "/",
                                             "/.",
                                             "/..",
                                             "/../etc/passwd",
                                             "/a/b",
                                             "..",
                                             "Local\\",
                                             "Global\\",
                                             "a\\b",
                                             "Local\\a\\b",
                                             "new\nline",
                                             "\x1b[2J",
                                             "caf\xc3\xa9",
                                             "id:",
                                             "id:-1",
                                             "id:4294967296",
                                             "id:1 ",
                                             "0x",
                                             "0x1 ",
                                             "0x123456789",
                                             "4294967296",
                                             "-1",
                                             "0x0",
                                             "0",
                                             "0x-1",
                                             "010",
                                             "+1",
                                             " 1",
                                             "0xg"};
    static const char *const of_posix[] = {"x", "Local\\x", "0x1234", "4660", "//x", "/x/"};
    static const char *const of_sysv[] = {"x", "Local\\x", "/x", "1e3", "99999999999999999999"};
    static const char *const of_win32[] = {"/x\\y", "local\\x", "Session\\1\\x"};
    const size_t counts[] = {sizeof of_posix / sizeof of_posix[0], sizeof of_sysv / sizeof of_sysv[0],
                             sizeof of_win32 / sizeof of_win32[0]};
    const char *const *const lists[] = {of_posix, of_sysv, of_win32};
    int own = backend_is("posix") ? 0 : backend_is("sysv") ? 1 : 2;

    (void)state;
    check_refused(NULL, ISM_E_INVALID);
    memset(long_name, 'a', sizeof long_name - 1);
    check_refused(long_name, ISM_E_NAME);
    long_name[0] = '/';
    check_refused(long_name, ISM_E_NAME);
    memset(long_name, '1', sizeof long_name - 1);
    check_refused(long_name, ISM_E_NAME);
    for (size_t i = 0; i < sizeof everywhere / sizeof everywhere[0]; i++) {
        bool is_name = backend_is("win32") && strpbrk(everywhere[i], "\\\n\x1b\xc3") == NULL;
        if (!is_name || everywhere[i][0] == '\0')
            check_refused(everywhere[i], ISM_E_NAME);
    }
    for (size_t i = 0; i < counts[own]; i++)
        check_refused(lists[own][i], ISM_E_NAME);
}

static void r11_the_longest_name(void **state)
{
    char name[300];
    size_t longest = lease_is("sidefile") ? 31 : backend_is("posix") ? 254 : 255;

    (void)state;
    if (backend_is("sysv"))
        skip_because("keys have no long names");
    memset(name, 'n', sizeof name);
    (void)snprintf(name, sizeof name, "%s", native("x"));
    name[strlen(name)] = '-';
    name[longest] = '\0';
    ism_region *region = create_native(name, SIZE);
    assert_string_equal(ism_region_native_name(region), name);
    close_region(region);
    end_native(name);
    name[longest] = 'n';
    name[longest + 1] = '\0';
    check_refused(name, ISM_E_NAME);
}

static void r11_the_name_of_a_region_is_refused(void **state)
{
    ism_region_options options = {.size = SIZE};

    (void)state;
    ism_region *region = create_region(NAME("x"), SIZE);
    assert_status(status_of_create_native(ism_region_native_name(region), &options), ISM_E_NAME);
    if (!backend_is("sysv"))
        check_refused(ism_region_native_name(region), ISM_E_NAME);
    close_region(region);
}

static ism_status initialise(ism_region *region, void *context)
{
    (void)region;
    (void)context;
    return ISM_OK;
}

static void check_create(const ism_region_options *options, ism_status expected)
{
    assert_status(status_of_create_native(native("x"), options), expected);
    if (expected == ISM_OK)
        end_native(native("x"));
    assert_status(status_of_open_native(native("x"), NULL), ISM_E_NOT_FOUND);
}

static void r11_what_the_system_does_not_give_is_refused(void **state)
{
    const ism_status persistent = backend_is("win32") ? ISM_E_UNSUPPORTED : ISM_OK;
    ism_region *region;

    (void)state;
    check_create(&(ism_region_options){.size = SIZE, .initialiser = initialise}, ISM_E_UNSUPPORTED);
    check_create(&(ism_region_options){.size = SIZE, .capacity = SIZE + 1}, ISM_E_UNSUPPORTED);
    check_create(&(ism_region_options){.size = SIZE, .lifetime = ISM_LIFETIME_PERSISTENT}, persistent);
    check_create(&(ism_region_options){.size = SIZE, .lifetime = (ism_lifetime)7}, ISM_E_INVALID);
    check_create(&(ism_region_options){.size = SIZE, .flags = ISM_REGION_READ_ONLY}, ISM_E_INVALID);
    check_create(&(ism_region_options){.size = SIZE, .flags = 0x80000000u}, ISM_E_INVALID);
    check_create(&(ism_region_options){.size = 0}, ISM_E_SIZE);
    check_create(&(ism_region_options){.size = UINT64_MAX}, ISM_E_SIZE);
    check_create(&(ism_region_options){.size = UINT64_C(1) << 63}, ISM_E_SIZE);
    check_create(&(ism_region_options){.size = SIZE, .capacity = SIZE}, ISM_OK);
    check_create(NULL, ISM_E_INVALID);
    assert_status(status_of_open_native(native("x"), &(ism_region_options){.flags = ISM_REGION_LAZY}), ISM_E_INVALID);
    assert_status(ism_region_create_native(native("x"), &(ism_region_options){.size = SIZE}, NULL), ISM_E_INVALID);
    assert_status(ism_region_open_native(native("x"), NULL, NULL), ISM_E_INVALID);
    region = create_native(native("x"), SIZE);
    assert_status(ism_region_grow(region, ism_region_size(region) + 1), ISM_E_UNSUPPORTED);
    assert_status(ism_region_grow(region, 1), ISM_E_UNSUPPORTED);
    close_region(region);
    end_native(native("x"));
}

static void r11_what_bears_the_name_may_be_no_memory(void **state)
{
    static const char *const kinds[] = {"folder", "pipe"};
    const ism_region_options read_only = {.flags = ISM_REGION_READ_ONLY};
    char path[128];

    (void)state;
    if (!backend_is("posix") || lease_is("sidefile"))
        skip_because("native names name nothing but memory here");
    (void)snprintf(path, sizeof path, "/dev/shm%s", native("x"));
    for (size_t i = 0; i < 2; i++) {
        assert_true(native_plant_odd(path, kinds[i]));
        assert_status(status_of_open_native(native("x"), NULL), ISM_E_FOREIGN);
        assert_status(status_of_open_native(native("x"), &read_only), ISM_E_FOREIGN);
        assert_true(native_remove_odd(path));
    }
}

static void r11_locks_in_it_are_refused(void **state)
{
    const uint64_t offsets[] = {0, 8, 4096, 2 * 4096 - 16};

    (void)state;
    ism_region *region = create_native(native("x"), UINT64_C(2) * 4096);
    for (size_t i = 0; i < sizeof offsets / sizeof offsets[0]; i++) {
        ism_mutex *mutex = (ism_mutex *)(void *)((unsigned char *)ism_region_data(region) + offsets[i]);
        assert_status(ism_mutex_lock(mutex), ISM_E_UNSUPPORTED);
        assert_status(ism_mutex_try_lock(mutex), ISM_E_UNSUPPORTED);
        assert_status(ism_mutex_unlock(mutex), ISM_E_UNSUPPORTED);
        assert_status(ism_mutex_consistent(mutex), ISM_E_UNSUPPORTED);
    }
    assert_true(region_holds(region, 0));
    close_region(region);
    end_native(native("x"));
    region = create_native(native("x"), 16);
    assert_status(ism_mutex_lock(ism_region_data(region)), ISM_E_UNSUPPORTED);
    close_region(region);
    end_native(native("x"));
}

static void r11_locks_of_regions_beside_it_work(void **state)
{
    (void)state;
    ism_region *native_one = create_native(native("x"), 1), *region = create_region(NAME("x"), SIZE);
    ism_region *native_two = create_native(native("y"), 1);
    ism_mutex *mutex = ism_region_data(region);
    assert_status(ism_mutex_lock(mutex), ISM_OK);
    close_region(native_one);
    assert_status(ism_region_close(region), ISM_E_BUSY);
    close_region(native_two);
    assert_status(ism_mutex_unlock(mutex), ISM_OK);
    close_region(region);
    end_native(native("x"));
    end_native(native("y"));
}

/* ---- the other promises ---- */

static bool is_said_of(const ism_region_info *info, const char *name)
{
    return info->name[0] == '\0' && strcmp(info->native_name, name) == 0 && info->ready && !info->stale &&
           info->attached_count == 0 && info->size == kept(SIZE) && info->capacity == info->size;
}

static int find(const ism_region_info *info, ism_status outcome, void *context)
{
    (void)outcome;
    return strcmp(info->native_name, context) == 0;
}

static void r13_a_native_region_is_told_but_not_listed(void **state)
{
    ism_region_info info;
    char name[64];

    (void)state;
    (void)snprintf(name, sizeof name, "%s", native("x"));
    ism_region *region = create_native(name, SIZE), *other = open_native(name);
    assert_status(ism_region_get_info(region, &info), ISM_OK);
    assert_true(is_said_of(&info, name));
    assert_true(info.committed);
    assert_true(info.path[0] == '\0' || native_file_exists(info.path));
    assert_status(ism_region_get_info(other, &info), ISM_OK);
    assert_true(is_said_of(&info, name));
    assert_false(info.committed);
    info.native_name[0] = '\0';
    assert_status(ism_region_list(find, name), ISM_OK);
    close_region(other);
    close_region(region);
    end_native(name);
}

static void r9_a_write_through_a_read_only_native_handle_faults(void **state)
{
    const char *name = native("x");
    char line[64];

    (void)state;
    ism_region *region = create_native(name, SIZE);
    memset(ism_region_data(region), 5, (size_t)ism_region_size(region));
    struct process *peer = peer_obeying();
    assert_answer(ask(peer, "open_native %s read-only", name), "ISM_OK");
    assert_answer(ask(peer, "holds 5"), "yes");
    tell(peer, "poke 1 7");
    assert_false(process_read_line(peer, line, sizeof line));
    assert_int_not_equal(process_wait(peer), 0);
    assert_true(region_holds(region, 5));
    close_region(region);
    end_native(name);
}

static void r9_reading_a_native_object_needs_no_permission_to_write(void **state)
{
    const char *name = native("x");

    (void)state;
    struct process *peer = peer_obeying();
    if (strcmp(ask(peer, "become_other_user"), "yes") != 0)
        skip_because("this system or user can't become one without privileges for a test");
    assert_answer(ask(peer, "create_native %s size=%u", name, SIZE), "ISM_OK");
    if (strcmp(ask(peer, "forbid_writing %s", name), "yes") != 0) {
        assert_answer(ask(peer, "remove_native %s", name), "ISM_OK");
        dismiss(peer);
        skip_because("this system can't change the permissions of an object that is made");
    }
    assert_answer(ask(peer, "open_native %s", name), "ISM_E_ACCESS");
    assert_answer(ask(peer, "open_native %s read-only", name), "ISM_OK");
    assert_answer(ask(peer, "holds 0"), "yes");
    assert_answer(ask(peer, "remove_native %s", name), "ISM_OK");
    dismiss(peer);
}

static void r8_what_is_made_is_for_its_owner_only(void **state)
{
    const char *name = native("x");

    (void)state;
    struct process *peer = peer_obeying();
    ism_region *region = create_native(name, SIZE);
    if (!backend_is("win32"))
        assert_true(native_owner_only(name));
    if (strcmp(ask(peer, "become_other_user"), "yes") == 0) {
        assert_answer(ask(peer, "open_native %s", name), "ISM_E_ACCESS");
        assert_answer(ask(peer, "open_native %s read-only", name), "ISM_E_ACCESS");
        assert_answer(ask(peer, "remove_native %s", name), "ISM_E_ACCESS");
        assert_answer(ask(peer, "create_native %s size=%u", name, SIZE), "ISM_E_EXISTS");
    }
    dismiss(peer);
    close_region(region);
    end_native(name);
}

static void r4_what_does_not_fit_is_refused_at_create(void **state)
{
    const char *name = native("x");

    (void)state;
    struct process *peer = peer_obeying();
    if (strcmp(ask(peer, "confine_memory %u", 1u << 20), "yes") != 0)
        skip_because("this system or user can't confine shared memory for a test");
    assert_answer(ask(peer, "create_native %s size=%u", name, 4u << 20), "ISM_E_NO_SPACE");
    assert_answer(ask(peer, "open_native %s", name), "ISM_E_NOT_FOUND");
    assert_answer(ask(peer, "create_native %s size=%u", name, 1u << 19), "ISM_OK");
    assert_answer(ask(peer, "fill 1"), "ok");
    assert_answer(ask(peer, "remove_native %s", name), "ISM_OK");
    if (backend_is("posix")) {
        assert_answer(ask(peer, "create_native %s size=%u lazy", name, 4u << 20), "ISM_OK");
        assert_answer(ask(peer, "remove_native %s", name), "ISM_OK");
    }
    dismiss(peer);
}

static void e3_a_failed_native_create_leaves_nothing(void **state)
{
    const char *name = native("x");

    (void)state;
    struct process *peer = peer_obeying();
    if (strcmp(ask(peer, "confine_addresses %u", 64u << 20), "yes") != 0)
        skip_because("this system does not limit addresses");
    const char *status = ask(peer, "create_native %s size=%u lazy", name, 512u << 20);
    assert_answer(status, "ISM_E_NO_MEMORY");
    assert_answer(ask(peer, "open_native %s", name), "ISM_E_NOT_FOUND");
    dismiss(peer);
}

static void r12_a_forked_child_keeps_it(void **state)
{
    const char *name = native("x");

    (void)state;
    struct process *peer = peer_obeying();
    assert_answer(ask(peer, "create_native %s size=%u", name, SIZE), "ISM_OK");
    const char *child = ask(peer, "fork");
    if (strcmp(child, "no") == 0)
        skip_because("this system has no fork");
    assert_answer(child, "child");
    assert_answer(ask(peer, "fill 8"), "ok");
    assert_answer(ask(peer, "close"), "ISM_OK");
    tell(peer, "exit");
    assert_answer(answer(peer), "parent");
    assert_answer(ask(peer, "holds 8"), "yes");
    dismiss(peer);
    end_native(name);
}

/* What a failed test leaves is not to fail the next one. */
static int clean_up(void **state)
{
    (void)ism_region_remove_native(native("x"));
    (void)ism_region_remove_native(native("y"));
    return leftovers_end(state);
}

#define native_promise(test) cmocka_unit_test_setup_teardown(test, leftovers_begin, clean_up)

int main(void)
{
    const struct CMUnitTest tests[] = {
        native_promise(r11_others_attach_to_what_isthmus_makes),
        native_promise(r11_isthmus_attaches_to_what_others_make),
        native_promise(r11_each_spelling_of_a_name_means_the_same),
        native_promise(r11_the_size_is_what_the_system_says),
        native_promise(r11_an_object_that_has_no_size_yet_is_refused),
        native_promise(r11_it_lives_as_long_as_the_system_lets_it),
        native_promise(r11_removal_frees_the_name_and_keeps_the_memory),
        native_promise(r11_nothing_but_remove_removes),
        native_promise(r11_hostile_names_are_refused),
        native_promise(r11_the_longest_name),
        native_promise(r11_the_name_of_a_region_is_refused),
        native_promise(r11_what_the_system_does_not_give_is_refused),
        native_promise(r11_what_bears_the_name_may_be_no_memory),
        native_promise(r11_locks_in_it_are_refused),
        native_promise(r11_locks_of_regions_beside_it_work),
        native_promise(r13_a_native_region_is_told_but_not_listed),
        native_promise(r9_a_write_through_a_read_only_native_handle_faults),
        native_promise(r9_reading_a_native_object_needs_no_permission_to_write),
        native_promise(r8_what_is_made_is_for_its_owner_only),
        native_promise(r4_what_does_not_fit_is_refused_at_create),
        native_promise(e3_a_failed_native_create_leaves_nothing),
        native_promise(r12_a_forked_child_keeps_it),
    };
    return cmocka_run_group_tests_name("native", tests, NULL, NULL);
}
