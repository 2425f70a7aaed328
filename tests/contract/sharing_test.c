/* sharing_test.c: regions that are open to a group, or to everyone (R8): by real other users, where the tests may
 * become such. */
#include "regions.h"

#include <stdlib.h>

#define SIZE 10000u

/* Users and groups that nobody has; ANNA and BEN are members of TEAM, CARL is not. */
enum { ANNA = 60001, BEN = 60002, CARL = 60003, TEAM = 61001, OTHERS = 61002 };

static bool can_share(const char *test)
{
    ism_region_options options = {.size = 1, .access = ISM_ACCESS_EVERYONE};
    ism_region *region;
    ism_status status = ism_region_create(leftovers_name(test, "probe"), &options, &region);
    if (status == ISM_OK)
        close_region(region);
    else
        assert_status(status, ISM_E_UNSUPPORTED);
    return status == ISM_OK;
}

/* A peer of that user; NULL: this test can't become one. */
static struct process *peer_of(unsigned user)
{
    struct process *peer = peer_obeying();
    if (strcmp(ask(peer, "become %u %u", user, (unsigned)(user == CARL ? OTHERS : TEAM)), "yes") == 0)
        return peer;
    dismiss(peer);
    return NULL;
}

#define need_sharing()                                                                                                 \
    do {                                                                                                               \
        if (!can_share(__func__))                                                                                      \
            skip_because("no region can be open to others here");                                                      \
    } while (0)

#define need_users(one, two, three)                                                                                    \
    do {                                                                                                               \
        need_sharing();                                                                                                \
        one = peer_of(ANNA);                                                                                           \
        if (one == NULL)                                                                                               \
            skip_because("only root can become other users for a test");                                               \
        two = peer_of(BEN);                                                                                            \
        three = peer_of(CARL);                                                                                         \
    } while (0)

static const char *native_of(struct process *peer, char native[ISM_NATIVE_NAME_MAX + 1])
{
    (void)snprintf(native, ISM_NATIVE_NAME_MAX + 1, "%s", ask(peer, "native"));
    return native;
}

static void r8_a_region_gets_its_access_whatever_the_umask_is(void **state)
{
    static const char *const masks[] = {"077", "0", "0777", "0022"};
    static const struct {
        const char *option, *mode;
    } accesses[] = {{"", "600"}, {"group", "660"}, {"everyone", "666"}};
    char native[ISM_NATIVE_NAME_MAX + 1];

    (void)state;
    need_sharing();
    for (size_t i = 0; i < 4; i++) {
        struct process *peer = peer_obeying();
        assert_answer(ask(peer, "umask %s", masks[i]), "yes");
        for (size_t j = 0; j < 3; j++) {
            assert_answer(ask(peer, "create %s size=100 %s", NAME("x"), accesses[j].option), "ISM_OK");
            assert_answer(ask(peer, "mode %s", native_of(peer, native)), accesses[j].mode);
            assert_answer(ask(peer, "open %s %s", NAME("x"), accesses[j].option), "ISM_OK");
            assert_answer(ask(peer, "close"), "ISM_OK");
            assert_answer(ask(peer, "close"), "ISM_OK");
        }
        dismiss(peer);
    }
    assert_int_equal(leftovers_regions(NAME("x")), 0);
}

static void r8_access_is_told_and_shared_names_are_names_of_their_own(void **state)
{
    ism_region_options options = {.size = SIZE, .access = ISM_ACCESS_EVERYONE};
    ism_region_options group = {.access = ISM_ACCESS_GROUP};
    const char *name = NAME("x");
    ism_region *shared;
    ism_region_info info;

    (void)state;
    need_sharing();
    ism_region *own = create_region(name, 77);
    assert_status(ism_region_create(name, &options, &shared), ISM_OK);
    assert_status(ism_region_get_info(shared, &info), ISM_OK);
    assert_int_equal(info.access, ISM_ACCESS_EVERYONE);
    assert_int_equal(info.size, SIZE);
    assert_status(ism_region_look_shared(name, ISM_SCOPE_SESSION, &info), ISM_OK);
    assert_int_equal(info.size, SIZE);
    assert_status(ism_region_look(name, &info), ISM_OK);
    assert_int_equal(info.access, ISM_ACCESS_OWNER);
    assert_int_equal(info.size, 77);
    assert_int_equal(leftovers_regions(name), 2);
    assert_status(status_of_open(name, &group), ISM_E_ACCESS);
    assert_status(ism_region_remove_shared(name, ISM_SCOPE_SESSION), ISM_OK);
    assert_status(ism_region_look_shared(name, ISM_SCOPE_SESSION, &info), ISM_E_NOT_FOUND);
    assert_status(ism_region_look(name, &info), ISM_OK);
    close_region(shared);
    close_region(own);
}

static void r8_an_unknown_access_or_scope_is_refused(void **state)
{
    ism_region_options access = {.size = SIZE, .access = (ism_access)3};
    ism_region_options scope = {.size = SIZE, .scope = (ism_scope)2};

    (void)state;
    assert_status(status_of_create(NAME("x"), &access), ISM_E_INVALID);
    assert_status(status_of_open(NAME("x"), &access), ISM_E_INVALID);
    assert_status(status_of_create(NAME("x"), &scope), ISM_E_INVALID);
}

static void r8_everyone_may_use_what_is_open_to_everyone(void **state)
{
    const char *name = NAME("x");
    struct process *anna, *ben, *carl;

    (void)state;
    need_users(anna, ben, carl);
    assert_answer(ask(anna, "create %s size=%u everyone pattern", name, SIZE), "ISM_OK");
    assert_answer(ask(ben, "open %s", name), "ISM_E_NOT_FOUND");
    assert_answer(ask(ben, "open %s everyone", name), "ISM_OK");
    assert_answer(ask(ben, "owner"), "60001");
    assert_answer(ask(ben, "pattern"), "yes");
    assert_answer(ask(carl, "open %s everyone read-only", name), "ISM_OK");
    assert_answer(ask(carl, "pattern"), "yes");
    assert_answer(ask(ben, "fill 7"), "ok");
    assert_answer(ask(carl, "holds 7"), "yes");
    assert_answer(ask(anna, "holds 7"), "yes");
    assert_answer(ask(carl, "regions %s", name), "1");
    assert_answer(ask(carl, "create %s size=1 everyone", name), "ISM_E_EXISTS");
    assert_answer(ask(carl, "remove_shared %s", name), "ISM_E_ACCESS");
    assert_answer(ask(anna, "remove_shared %s", name), "ISM_OK");
    assert_answer(ask(ben, "holds 7"), "yes");
    assert_answer(ask(carl, "create %s size=1 everyone", name), "ISM_OK");
    dismiss(carl);
    dismiss(ben);
    dismiss(anna);
    assert_int_equal(leftovers_regions(name), 0);
}

/* Where the kernel protects sticky folders, nobody opens another user's file by what might have made it: ci/protected
 * runs this there. */
static void r8_who_opens_or_creates_gets_what_another_user_has_made(void **state)
{
    static const char *const accesses[] = {"everyone", "group"};
    const char *name = NAME("x");
    struct process *anna, *ben, *carl;

    (void)state;
    need_users(anna, ben, carl);
    for (size_t i = 0; i < 2; i++) {
        assert_answer(ask(anna, "open_or_create %s size=%u %s pattern", name, SIZE, accesses[i]), "ISM_OK");
        assert_answer(ask(ben, "open_or_create %s size=%u %s", name, SIZE, accesses[i]), "ISM_OK");
        assert_answer(ask(ben, "owner"), "60001");
        assert_answer(ask(ben, "pattern"), "yes");
        assert_answer(ask(carl, "open_or_create %s size=%u %s", name, SIZE, accesses[i]),
                      i == 0 ? "ISM_OK" : "ISM_E_ACCESS");
        if (i == 0)
            assert_answer(ask(carl, "close"), "ISM_OK");
        assert_answer(ask(ben, "create %s size=1 %s", name, accesses[i]), "ISM_E_EXISTS");
        assert_answer(ask(ben, "close"), "ISM_OK");
        assert_answer(ask(anna, "close"), "ISM_OK");
    }
    dismiss(carl);
    dismiss(ben);
    dismiss(anna);
    assert_int_equal(leftovers_regions(name), 0);
}

static void r8_a_groups_region_is_open_to_its_members_only(void **state)
{
    const char *name = NAME("x");
    struct process *anna, *ben, *carl;

    (void)state;
    need_users(anna, ben, carl);
    assert_answer(ask(anna, "create %s size=%u group pattern", name, SIZE), "ISM_OK");
    assert_answer(ask(ben, "open %s group", name), "ISM_OK");
    assert_answer(ask(ben, "pattern"), "yes");
    assert_answer(ask(ben, "fill 9"), "ok");
    assert_answer(ask(anna, "holds 9"), "yes");
    assert_answer(ask(carl, "open %s group", name), "ISM_E_ACCESS");
    assert_answer(ask(carl, "open %s everyone read-only", name), "ISM_E_ACCESS");
    assert_answer(ask(carl, "create %s size=1 everyone", name), "ISM_E_ACCESS");
    assert_answer(ask(carl, "look_shared %s", name), "ISM_E_ACCESS");
    assert_answer(ask(carl, "regions %s", name), "0");
    assert_answer(ask(carl, "tidy"), "ISM_OK");
    assert_answer(ask(ben, "close"), "ISM_OK");
    dismiss(carl);
    dismiss(ben);
    dismiss(anna);
    assert_int_equal(leftovers_regions(name), 0);
}

static void r8_the_death_of_a_lock_owner_is_told_to_other_users(void **state)
{
    static const char *const accesses[] = {"everyone", "group"};
    const char *name = NAME("x");
    struct process *anna, *ben, *carl;

    (void)state;
    need_users(anna, ben, carl);
    for (size_t i = 0; i < 2; i++) {
        struct process *victim = peer_of(BEN);
        assert_answer(ask(anna, "create %s size=%u %s", name, SIZE, accesses[i]), "ISM_OK");
        assert_answer(ask(victim, "open %s %s", name, accesses[i]), "ISM_OK");
        assert_answer(ask(victim, "lock 0"), "ISM_OK");
        assert_answer(ask(victim, "lock 16"), "ISM_OK");
        assert_answer(ask(victim, "unlock 16"), "ISM_OK");
        assert_answer(ask(anna, "try 0"), "ISM_E_BUSY");
        assert_answer(ask(anna, "lock 16"), "ISM_OK");
        assert_answer(ask(victim, "try 16"), "ISM_E_BUSY");
        tell(anna, "lock 0");
        kill_and_wait(victim);
        assert_answer(answer(anna), "ISM_OWNER_DIED");
        assert_answer(ask(anna, "consistent 0"), "ISM_OK");
        assert_answer(ask(ben, "open %s %s", name, accesses[i]), "ISM_OK");
        assert_answer(ask(ben, "try 0"), "ISM_E_BUSY");
        assert_answer(ask(anna, "lock_in_thread 32"), "ISM_OK");
        assert_answer(ask(ben, "try 32"), "ISM_OWNER_DIED");
        assert_answer(ask(ben, "unlock 32"), "ISM_OK");
        assert_answer(ask(anna, "unlock 0"), "ISM_OK");
        assert_answer(ask(anna, "unlock 16"), "ISM_OK");
        assert_answer(ask(ben, "count 48 64 1000"), "ISM_OK");
        assert_answer(ask(ben, "close"), "ISM_OK");
        assert_answer(ask(anna, "close"), "ISM_OK");
    }
    dismiss(carl);
    dismiss(ben);
    dismiss(anna);
    assert_int_equal(leftovers_regions(name), 0);
}

/* Where the table of a group's lives is a file of its own: what another user has put in its place is not used, nor is
 * a later one after it was lost; locks are refused then. */
#define TABLE "/isthmus.group.60001.61001"

static void r8_a_table_of_lives_that_is_planted_or_lost_is_no_table(void **state)
{
    const char *name = NAME("x");
    struct process *anna, *ben, *carl;

    (void)state;
    need_users(anna, ben, carl);
    if (!backend_is("sysv") || life_is("undo") || !native_file_exists("/dev/shm"))
        skip_because("lives in a group's regions need no file of their own here");
    (void)native_remove_group_table(ANNA, TEAM);
    assert_answer(ask(carl, "plant %s 8", TABLE), "yes");
    for (int is_planted = 1; is_planted >= 0; is_planted--) {
        const char *expected = is_planted ? "ISM_E_UNSUPPORTED" : "ISM_OK";
        assert_answer(ask(anna, "create %s size=%u group", name, SIZE), "ISM_OK");
        assert_answer(ask(ben, "open %s group", name), "ISM_OK");
        assert_answer(ask(anna, "lock 0"), expected);
        assert_answer(ask(ben, "lock 16"), expected);
        assert_answer(ask(ben, "try 0"), is_planted ? "ISM_E_UNSUPPORTED" : "ISM_E_BUSY");
        if (!is_planted)
            break;
        assert_answer(ask(ben, "close"), "ISM_OK");
        assert_answer(ask(anna, "close"), "ISM_OK");
        assert_answer(ask(carl, "uproot"), "yes");
    }
    assert_true(native_remove_group_table(ANNA, TEAM));
    struct process *late = peer_of(BEN);
    assert_answer(ask(late, "open %s group", name), "ISM_OK");
    assert_answer(ask(late, "try 0"), "ISM_E_UNSUPPORTED");
    assert_answer(ask(anna, "create %s size=%u group", NAME("y"), SIZE), "ISM_OK");
    assert_answer(ask(late, "open %s group", name), "ISM_OK");
    assert_answer(ask(late, "try 0"), "ISM_E_UNSUPPORTED");
    assert_answer(ask(ben, "try 0"), "ISM_E_BUSY");
    dismiss(late);
    dismiss(ben);
    assert_answer(ask(anna, "close"), "ISM_OK");
    assert_answer(ask(anna, "unlock 0"), "ISM_OK");
    assert_answer(ask(anna, "close"), "ISM_OK");
    dismiss(carl);
    dismiss(anna);
    assert_true(native_remove_group_table(ANNA, TEAM));
    assert_int_equal(leftovers_regions(name), 0);
}

/* The child has lives of its own, also where the region's name is gone, so that nothing can be opened by it. */
static void r8_a_forked_child_locks_in_a_shared_region(void **state)
{
    ism_region_options options = {.size = SIZE, .access = ISM_ACCESS_EVERYONE};
    const char *name = NAME("x");
    ism_region *region;

    (void)state;
    need_sharing();
    for (int removed = 0; removed < 2; removed++) {
        assert_status(ism_region_create(name, &options, &region), ISM_OK);
        ism_mutex *mutex = ism_region_data(region);
        struct process *parent = peer_obeying();
        assert_answer(ask(parent, "open %s everyone", name), "ISM_OK");
        assert_answer(ask(parent, "lock 0"), "ISM_OK");
        if (removed)
            assert_status(ism_region_remove_shared(name, ISM_SCOPE_SESSION), ISM_OK);
        if (strcmp(ask(parent, "fork"), "child") != 0) {
            dismiss(parent);
            close_region(region);
            skip_because("this system has no fork");
        }
        assert_answer(ask(parent, "unlock 0"), "ISM_E_NOT_OWNER");
        assert_answer(ask(parent, "try 0"), "ISM_E_BUSY");
        assert_answer(ask(parent, "lock 16"), "ISM_OK");
        assert_status(ism_mutex_try_lock(mutex + 1), ISM_E_BUSY);
        kill_and_wait(parent);
        assert_answer(ask(parent, "lock 0"), "ISM_OWNER_DIED");
        assert_status(ism_mutex_try_lock(mutex + 1), ISM_E_BUSY);
        process_end_input(parent);
        while (!process_output_ended(parent))
            process_pause();
        assert_status(ism_mutex_lock(mutex + 1), ISM_OWNER_DIED);
        assert_status(ism_mutex_consistent(mutex + 1), ISM_OK);
        assert_status(ism_mutex_unlock(mutex + 1), ISM_OK);
        close_region(region);
    }
}

static void leave_last(const char *name, struct process *owner, struct process *last, bool killed,
                       char native[ISM_NATIVE_NAME_MAX + 1])
{
    assert_answer(ask(owner, "create %s size=100000 everyone pattern", name), "ISM_OK");
    (void)native_of(owner, native);
    assert_answer(ask(last, "open %s everyone", name), "ISM_OK");
    if (killed) {
        kill_and_wait(owner);
        return;
    }
    assert_answer(ask(owner, "close"), "ISM_OK");
    assert_answer(ask(last, "pattern"), "yes");
}

static void r8_the_last_to_leave_may_be_one_who_may_not_free_the_name(void **state)
{
    const char *name = NAME("x");
    char native[ISM_NATIVE_NAME_MAX + 1];
    struct process *anna, *ben, *carl;

    (void)state;
    need_users(anna, ben, carl);
    leave_last(name, anna, ben, false, native);
    assert_answer(ask(ben, "close"), "ISM_OK");
    assert_answer(ask(ben, "open %s everyone", name), "ISM_E_NOT_FOUND");
    assert_answer(ask(ben, "regions %s", name), "0");
    assert_true(native_memory(native) <= process_page_size());
    assert_answer(ask(carl, "create %s size=%u everyone", name, SIZE), "ISM_OK");
    assert_answer(ask(carl, "holds 0"), "yes");
    assert_answer(ask(ben, "open %s everyone", name), "ISM_OK");
    assert_answer(ask(ben, "owner"), "60003");
    assert_answer(ask(anna, "create %s size=%u everyone", name, SIZE), "ISM_E_EXISTS");
    assert_answer(ask(anna, "open %s everyone", name), "ISM_OK");
    assert_answer(ask(anna, "owner"), "60003");
    assert_int_equal(native_mode(native), 0);
    assert_answer(ask(anna, "close"), "ISM_OK");
    assert_answer(ask(ben, "close"), "ISM_OK");
    dismiss(carl);
    dismiss(ben);
    dismiss(anna);
    assert_int_equal(leftovers_regions(name), 0);
}

static void r8_what_other_users_killed_left_is_freed_by_anyone_and_tidied_by_its_owner(void **state)
{
    const char *name = NAME("x");
    char native[ISM_NATIVE_NAME_MAX + 1];
    struct process *anna, *ben, *carl;

    (void)state;
    need_users(anna, ben, carl);
    leave_last(name, anna, ben, true, native);
    kill_and_wait(ben);
    assert_int_not_equal(native_mode(native), 0);
    assert_answer(ask(carl, "open %s everyone", name), "ISM_E_NOT_FOUND");
    assert_answer(ask(carl, "tidy"), "ISM_OK");
    assert_answer(ask(carl, "regions %s", name), "0");
    assert_true(native_memory(native) <= process_page_size());
    anna = peer_of(ANNA);
    assert_answer(ask(anna, "tidy"), "ISM_OK");
    assert_int_equal(native_mode(native), 0);
    dismiss(anna);
    dismiss(carl);
}

static void r8_a_region_whose_protection_was_changed_is_refused(void **state)
{
    static const unsigned modes[] = {0660, 0644, 0600, 0777};
    ism_region_options options = {.size = SIZE, .access = ISM_ACCESS_EVERYONE};
    ism_region_options joining = {.access = ISM_ACCESS_EVERYONE};
    const char *name = NAME("x");
    ism_region *region;

    (void)state;
    need_sharing();
    assert_status(ism_region_create(name, &options, &region), ISM_OK);
    if (!native_change_mode(ism_region_native_name(region), 0666)) {
        close_region(region);
        skip_because("this system can't change the permissions of an object that is made");
    }
    for (size_t i = 0; i < 4; i++) {
        assert_true(native_change_mode(ism_region_native_name(region), modes[i]));
        ism_status status = status_of_open(name, &joining);
        assert_true(status == ISM_E_FOREIGN || status == ISM_E_NOT_FOUND);
    }
    assert_true(native_change_mode(ism_region_native_name(region), 0666));
    assert_status(status_of_open(name, &joining), ISM_OK);
    close_region(region);
    region = create_region(name, SIZE);
    assert_true(native_change_mode(ism_region_native_name(region), 0666));
    assert_status(status_of_open(name, NULL), ISM_E_FOREIGN);
    assert_true(native_change_mode(ism_region_native_name(region), 0600));
    assert_status(status_of_open(name, NULL), ISM_OK);
    close_region(region);
}

static void path_of(const char *name, ism_access access, char path[ISM_PATH_MAX + 1])
{
    ism_region_options options = {.size = SIZE, .access = access};
    ism_region *region;
    ism_region_info info;
    assert_status(ism_region_create(name, &options, &region), ISM_OK);
    assert_status(ism_region_get_info(region, &info), ISM_OK);
    memcpy(path, info.path, sizeof info.path);
    close_region(region);
}

static void r8_what_is_no_region_is_neither_used_nor_changed(void **state)
{
    static const char *const kinds[] = {"folder", "pipe", "setuid", "closed"};
    char path[ISM_PATH_MAX + 1];

    (void)state;
    need_sharing();
    for (int access = 0; access < 3; access++) {
        ism_region_options options = {.size = SIZE, .access = (ism_access)access};
        ism_region_options joining = {.access = (ism_access)access};
        path_of(NAME("x"), options.access, path);
        if (path[0] == '\0')
            skip_because("regions are no files here");
        for (size_t i = 0; i < 4; i++) {
            assert_true(native_plant_odd(path, kinds[i]));
            ism_status status = status_of_open(NAME("x"), &joining);
            if (status != ISM_E_FOREIGN && status != ISM_E_NOT_FOUND)
                fail_msg("%s, access %d: open says %s", kinds[i], access, ism_status_name(status));
            status = status_of_create(NAME("x"), &options);
            assert_status(status, access == ISM_ACCESS_OWNER ? ISM_E_FOREIGN : ISM_OK);
            assert_status(ism_region_tidy(NULL, NULL), ISM_OK);
            assert_true(native_remove_odd(path));
        }
    }
    assert_int_equal(leftovers_regions(NAME("x")), 0);
}

static void r10_a_token_finds_what_is_open_to_others(void **state)
{
    char token[ISM_TOKEN_MAX + 1];
    ism_region_options options = {.size = SIZE}, for_group = {.access = ISM_ACCESS_GROUP};
    ism_region *region;

    (void)state;
    need_sharing();
    ism_region *own = create_region(NAME("x"), 77);
    for (int access = ISM_ACCESS_GROUP; access <= ISM_ACCESS_EVERYONE; access++) {
        options.access = (ism_access)access;
        assert_status(ism_region_create(NAME("x"), &options, &region), ISM_OK);
        assert_status(ism_region_get_token(region, token), ISM_OK);
        assert_status(status_of_open_token(token, NULL), ISM_OK);
        assert_status(status_of_open_token(token, &options), ISM_OK);
        assert_status(status_of_open_token(token, &for_group), access == ISM_ACCESS_GROUP ? ISM_OK : ISM_E_ACCESS);
        close_region(region);
        assert_status(status_of_open_token(token, NULL), ISM_E_NOT_FOUND);
    }
    assert_status(ism_region_get_token(own, token), ISM_OK);
    assert_status(status_of_open_token(token, &for_group), ISM_OK);
    close_region(own);
}

static void r10_a_token_is_of_use_to_whom_the_region_is_open(void **state)
{
    char token[ISM_TOKEN_MAX + 1];
    struct process *anna, *ben, *carl;

    (void)state;
    need_users(anna, ben, carl);
    assert_answer(ask(anna, "create %s size=%u group pattern", NAME("x"), SIZE), "ISM_OK");
    (void)snprintf(token, sizeof token, "%s", ask(anna, "token"));
    assert_answer(ask(ben, "open_token %s", token), "ISM_OK");
    assert_answer(ask(ben, "pattern"), "yes");
    const char *refused = ask(carl, "open_token %s", token);
    if (strcmp(refused, "ISM_E_NOT_FOUND") != 0)
        assert_answer(refused, "ISM_E_ACCESS");
    dismiss(anna);
    dismiss(ben);
    dismiss(carl);
    assert_status(ism_region_tidy(NULL, NULL), ISM_OK);
    assert_int_equal(leftovers_regions(NAME("x")), 0);
}

/* A hostile user says of a region that others have that it is gone. Creators are told that they can't have the name. */
static void r8_a_forged_mark_makes_no_creator_wait_for_ever(void **state)
{
    enum { REMOVED = 276 };
    unsigned long size = (unsigned long)process_page_size();
    struct process *anna, *ben, *carl;

    (void)state;
    need_users(anna, ben, carl);
    if (!backend_is("posix"))
        skip_because("names can be freed by their owners only on posix");
    assert_answer(ask(anna, "create %s size=%lu everyone", NAME("x"), size), "ISM_OK");
    assert_answer(ask(carl, "open %s everyone", NAME("x")), "ISM_OK");
    assert_answer(ask(carl, "poke %lu 1", size + REMOVED), "ok");
    assert_answer(ask(ben, "open_or_create %s size=%lu everyone", NAME("x"), size), "ISM_E_ACCESS");
    assert_answer(ask(ben, "open %s everyone within=200", NAME("x")), "ISM_E_NOT_FOUND");
    dismiss(carl);
    dismiss(ben);
    dismiss(anna);
    assert_int_equal(leftovers_regions(NAME("x")), 0);
}

static void e3_where_locks_are_refused_nothing_is_left(void **state)
{
    (void)state;
    need_sharing();
    if (life_is("undo"))
        skip_because("no file is locked here");
    struct process *peer = peer_obeying();
    if (strcmp(ask(peer, "refuse locks"), "yes") != 0)
        skip_because("this system can't refuse locks for a test");
    assert_answer(ask(peer, "create %s size=%u everyone", NAME("x"), SIZE), "ISM_E_UNSUPPORTED");
    assert_answer(ask(peer, "create %s size=%u", NAME("x"), SIZE), "ISM_E_UNSUPPORTED");
    dismiss(peer);
    assert_int_equal(leftovers_regions(NAME("x")), 0);
}

static int forget_table(void **state)
{
    (void)state;
    (void)native_remove_group_table(ANNA, TEAM);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        promise(r8_a_region_gets_its_access_whatever_the_umask_is),
        promise(r8_access_is_told_and_shared_names_are_names_of_their_own),
        promise(r8_an_unknown_access_or_scope_is_refused),
        promise(r8_everyone_may_use_what_is_open_to_everyone),
        promise(r8_who_opens_or_creates_gets_what_another_user_has_made),
        promise(r8_a_groups_region_is_open_to_its_members_only),
        promise(r8_the_death_of_a_lock_owner_is_told_to_other_users),
        promise(r8_a_table_of_lives_that_is_planted_or_lost_is_no_table),
        promise(r8_a_forked_child_locks_in_a_shared_region),
        promise(r8_the_last_to_leave_may_be_one_who_may_not_free_the_name),
        promise(r8_what_other_users_killed_left_is_freed_by_anyone_and_tidied_by_its_owner),
        promise(r8_a_region_whose_protection_was_changed_is_refused),
        promise(r8_what_is_no_region_is_neither_used_nor_changed),
        promise(r10_a_token_finds_what_is_open_to_others),
        promise(r10_a_token_is_of_use_to_whom_the_region_is_open),
        promise(r8_a_forged_mark_makes_no_creator_wait_for_ever),
        promise(e3_where_locks_are_refused_nothing_is_left),
    };
    return cmocka_run_group_tests_name("sharing", tests, NULL, forget_table);
}
