/* scope_test.c: how far names reach (R8), and what holds for regions of every access and scope. Only Windows tells the
 * names of a session from those of the machine; elsewhere both are the same. Here all peers are of one user. */
#include "regions.h"

#define SIZE 4096u

static const struct kind {
    ism_access access;
    ism_scope scope;
    const char *words; /* as a peer's options */
} kinds[] = {
    {ISM_ACCESS_OWNER, ISM_SCOPE_SESSION, ""},
    {ISM_ACCESS_GROUP, ISM_SCOPE_SESSION, "group"},
    {ISM_ACCESS_EVERYONE, ISM_SCOPE_SESSION, "everyone"},
    {ISM_ACCESS_OWNER, ISM_SCOPE_MACHINE, "machine"},
    {ISM_ACCESS_GROUP, ISM_SCOPE_MACHINE, "group machine"},
    {ISM_ACCESS_EVERYONE, ISM_SCOPE_MACHINE, "everyone machine"},
};
enum { KINDS = sizeof kinds / sizeof kinds[0] };

static bool tells_scopes(void)
{
    return backend_is("win32");
}

/* Regions of such a kind may be refused: on Windows not every user makes names of the machine, and not every backend
 * has regions for others. NULL: that is so. */
static ism_region *create_kind(const char *name, const struct kind *kind, uint64_t size)
{
    ism_region_options options = {.size = size, .access = kind->access, .scope = kind->scope};
    ism_region *region;
    ism_status status = ism_region_create(name, &options, &region);
    if (status == ISM_E_ACCESS && kind->scope == ISM_SCOPE_MACHINE)
        return NULL;
    if (status == ISM_E_UNSUPPORTED && kind->access != ISM_ACCESS_OWNER)
        return NULL;
    assert_status(status, ISM_OK);
    return region;
}

static bool can_have(const char *name, const struct kind *kind)
{
    ism_region *region = create_kind(name, kind, 1);
    if (region != NULL)
        close_region(region);
    return region != NULL;
}

#define need_kind(kind)                                                                                                \
    do {                                                                                                               \
        if (!can_have(NAME("probe"), kind))                                                                            \
            skip_because("this user or system can't have such regions");                                               \
    } while (0)

static ism_status look_at(const char *name, const struct kind *kind, ism_region_info *info)
{
    return kind->access == ISM_ACCESS_OWNER ? ism_region_look(name, info)
                                            : ism_region_look_shared(name, kind->scope, info);
}

static ism_status remove_kind(const char *name, const struct kind *kind)
{
    return kind->access == ISM_ACCESS_OWNER ? ism_region_remove(name) : ism_region_remove_shared(name, kind->scope);
}

static void r8_a_region_of_any_access_and_scope_is_like_any_other(void **state)
{
    const char *name = NAME("x");
    ism_region_info info;

    (void)state;
    for (int i = 0; i < KINDS; i++) {
        ism_region *region = create_kind(name, &kinds[i], SIZE);
        if (region == NULL)
            continue;
        ism_region_options options = {.access = kinds[i].access, .scope = kinds[i].scope};
        struct process *peer = peer_obeying();
        memset(ism_region_data(region), 3, SIZE);
        assert_answer(ask(peer, "create %s size=%u %s", name, SIZE, kinds[i].words), "ISM_E_EXISTS");
        assert_answer(ask(peer, "open %s read-only %s", name, kinds[i].words), "ISM_OK");
        assert_answer(ask(peer, "holds 3"), "yes");
        assert_status(look_at(name, &kinds[i], &info), ISM_OK);
        assert_int_equal(info.access, kinds[i].access);
        assert_int_equal(info.size, SIZE);
        assert_int_equal(leftovers_regions(name), 1);
        assert_status(ism_region_tidy(NULL, NULL), ISM_OK);
        assert_status(remove_kind(name, &kinds[i]), ISM_OK);
        assert_status(look_at(name, &kinds[i], &info), ISM_E_NOT_FOUND);
        assert_status(status_of_open(name, &options), ISM_E_NOT_FOUND);
        assert_answer(ask(peer, "holds 3"), "yes");
        ism_region *again = create_kind(name, &kinds[i], SIZE);
        assert_true(region_holds(again, 0));
        close_region(again);
        dismiss(peer);
        close_region(region);
        assert_int_equal(leftovers_regions(name), 0);
    }
}

static void r8_what_is_open_to_others_lets_them_only_use_it(void **state)
{
    static const unsigned modes[] = {0600, 0660, 0666};

    (void)state;
    for (int i = 0; i < KINDS; i++) {
        ism_region *region = create_kind(NAME("x"), &kinds[i], SIZE);
        if (region == NULL)
            continue;
        if (backend_is("win32") || kinds[i].access != ISM_ACCESS_OWNER)
            assert_int_equal(native_mode(ism_region_native_name(region)), modes[kinds[i].access]);
        close_region(region);
    }
}

static void r8_names_of_the_machine_are_others_than_those_of_the_session(void **state)
{
    const char *name = NAME("x");
    ism_region_options options = {.size = 0};
    ism_region_info info;

    (void)state;
    if (!tells_scopes())
        skip_because("names have one scope here");
    for (int i = 0; i < KINDS / 2; i++) {
        const struct kind *near = &kinds[i], *far = &kinds[i + KINDS / 2];
        need_kind(far);
        ism_region *of_session = create_kind(name, near, 100), *of_machine = create_kind(name, far, 200);
        assert_string_not_equal(ism_region_native_name(of_session), ism_region_native_name(of_machine));
        assert_int_equal(leftovers_regions(name), 2);
        options.access = near->access;
        options.scope = ISM_SCOPE_SESSION;
        options.size = 100;
        assert_status(status_of_open(name, &options), ISM_OK);
        options.scope = ISM_SCOPE_MACHINE;
        options.size = 200;
        assert_status(status_of_open(name, &options), ISM_OK);
        assert_status(remove_kind(name, near), ISM_OK); /* of this user's own names the session's come first */
        assert_status(look_at(name, far, &info), ISM_OK);
        assert_int_equal(info.size, 200);
        assert_status(remove_kind(name, far), ISM_OK);
        assert_status(remove_kind(name, far), ISM_E_NOT_FOUND);
        close_region(of_machine);
        close_region(of_session);
    }
}

static void r10_a_token_tells_the_scope(void **state)
{
    char token[ISM_TOKEN_MAX + 1];

    (void)state;
    for (int i = 0; i < KINDS; i++) {
        ism_region *region = create_kind(NAME("x"), &kinds[i], SIZE);
        if (region == NULL)
            continue;
        assert_status(ism_region_get_token(region, token), ISM_OK);
        struct process *peer = peer_obeying();
        assert_answer(ask(peer, "open_token %s", token), "ISM_OK");
        assert_answer(ask(peer, "fill 5"), "ok");
        dismiss(peer);
        assert_true(region_holds(region, 5));
        close_region(region);
    }
}

/* Locks name their owners among those who may use the region, whatever other regions a thread uses. */
static void s2_the_death_of_a_lock_owner_is_told_in_regions_of_every_kind(void **state)
{
    (void)state;
    struct process *peer = peer_obeying(), *victim = peer_obeying();
    int had = 0;
    for (int i = 0; i < KINDS; i++) {
        ism_region *region = create_kind(NAME("x"), &kinds[i], SIZE);
        if (region == NULL)
            continue;
        ism_mutex *mutexes = ism_region_data(region);
        if (ism_mutex_lock(&mutexes[2]) == ISM_E_UNSUPPORTED) { /* a group's on System V */
            close_region(region);
            continue;
        }
        had++;
        assert_answer(ask(peer, "open %s %s", NAME("x"), kinds[i].words), "ISM_OK");
        assert_answer(ask(victim, "open %s %s", NAME("x"), kinds[i].words), "ISM_OK");
        assert_answer(ask(victim, "lock 0"), "ISM_OK");
        assert_answer(ask(victim, "try 32"), "ISM_E_BUSY");
        assert_answer(ask(peer, "try 0"), "ISM_E_BUSY");
        assert_answer(ask(peer, "lock_in_thread 16"), "ISM_OK");
        assert_status(ism_mutex_lock(&mutexes[1]), ISM_OWNER_DIED);
        assert_status(ism_mutex_consistent(&mutexes[1]), ISM_OK);
        assert_status(ism_mutex_unlock(&mutexes[1]), ISM_OK);
        assert_status(ism_mutex_unlock(&mutexes[2]), ISM_OK);
        tell(peer, "lock 0");
        kill_and_wait(victim);
        assert_answer(answer(peer), "ISM_OWNER_DIED");
        assert_status(ism_mutex_try_lock(&mutexes[0]), ISM_E_BUSY);
        assert_answer(ask(peer, "consistent 0"), "ISM_OK");
        assert_answer(ask(peer, "unlock 0"), "ISM_OK");
        assert_answer(ask(peer, "close"), "ISM_OK");
        close_region(region);
        victim = peer_obeying();
    }
    assert_int_not_equal(had, 0);
    dismiss(victim);
    dismiss(peer);
}

/* Three processes hand one lock round: each sleep and each wake crosses processes. */
static void s1_sleepers_are_woken_in_regions_of_every_kind(void **state)
{
    enum { TIMES = 300 };

    (void)state;
    for (int i = 0; i < KINDS; i++) {
        ism_region *region = create_kind(NAME("x"), &kinds[i], SIZE);
        if (region == NULL)
            continue;
        ism_mutex *mutex = ism_region_data(region);
        if (ism_mutex_lock(mutex) == ISM_E_UNSUPPORTED) {
            close_region(region);
            continue;
        }
        struct process *peers[3];
        for (int k = 0; k < 3; k++) {
            peers[k] = peer_obeying();
            assert_answer(ask(peers[k], "open %s %s", NAME("x"), kinds[i].words), "ISM_OK");
            tell(peers[k], "count 0 16 %d", (int)TIMES);
        }
        assert_status(ism_mutex_unlock(mutex), ISM_OK);
        for (int k = 0; k < 3; k++) {
            assert_answer(answer(peers[k]), "ISM_OK");
            dismiss(peers[k]);
        }
        assert_int_equal(((uint64_t *)(void *)mutex)[2], 3 * TIMES);
        close_region(region);
    }
}

static void r2_a_dead_initialiser_is_told_in_regions_of_every_kind(void **state)
{
    (void)state;
    for (int i = 0; i < KINDS; i++) {
        struct process *peer = peer_obeying(), *next = peer_obeying();
        need_kind(&kinds[i]);
        tell(peer, "create %s size=%u halting %s", NAME("x"), SIZE, kinds[i].words);
        assert_answer(answer(peer), "initialising");
        assert_answer(ask(next, "open %s within=50 %s", NAME("x"), kinds[i].words), "ISM_E_TIMED_OUT");
        kill_and_wait(peer);
        assert_answer(ask(next, "open_or_create %s size=%u pattern %s", NAME("x"), SIZE, kinds[i].words), "ISM_OK");
        assert_answer(ask(next, "pattern"), "yes");
        dismiss(next);
        assert_int_equal(leftovers_regions(NAME("x")), 0);
    }
}

/* It is open to everyone, and its owner alone removes it; also the last to leave frees it, whoever that is. */
static void r8_another_users_region_is_used_but_not_removed(void **state)
{
    ism_region_options options = {.size = SIZE, .access = ISM_ACCESS_EVERYONE};
    const char *name = NAME("x");
    ism_region_info info;

    (void)state;
    need_kind(&kinds[2]);
    ism_region *region = create_kind(name, &kinds[2], SIZE);
    if (!native_give_away(ism_region_native_name(region))) {
        close_region(region);
        skip_because("this user can't give away what it made, or real other users are to be had");
    }
    struct process *peer = peer_obeying();
    assert_answer(ask(peer, "open %s everyone", name), "ISM_OK");
    assert_answer(ask(peer, "lock 0"), "ISM_OK");
    assert_answer(ask(peer, "remove_shared %s", name), "ISM_E_ACCESS");
    assert_status(ism_region_tidy(NULL, NULL), ISM_OK);
    assert_status(ism_region_look_shared(name, ISM_SCOPE_SESSION, &info), ISM_OK);
    assert_int_equal(info.access, ISM_ACCESS_EVERYONE);
    assert_status(status_of_create(name, &options), ISM_E_EXISTS);
    close_region(region);
    kill_and_wait(peer);
    assert_status(ism_region_look_shared(name, ISM_SCOPE_SESSION, &info), ISM_E_NOT_FOUND);
    assert_status(status_of_create(name, &options), ISM_OK);
}

/* Where what persists is a user's file, it is that user's alone, and of one session. */
static void r6_what_persists_for_others_does_so_or_is_refused(void **state)
{
    (void)state;
    for (int i = 1; i < KINDS; i++) {
        need_kind(&kinds[i]);
        ism_region_options options = {
            .size = SIZE, .lifetime = ISM_LIFETIME_PERSISTENT, .access = kinds[i].access, .scope = kinds[i].scope};
        ism_status status = status_of_create(NAME("x"), &options);
        assert_status(status, tells_scopes() ? ISM_E_UNSUPPORTED : ISM_OK);
        assert_status(remove_kind(NAME("x"), &kinds[i]), status == ISM_OK ? ISM_OK : ISM_E_NOT_FOUND);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        promise(r8_a_region_of_any_access_and_scope_is_like_any_other),
        promise(r8_what_is_open_to_others_lets_them_only_use_it),
        promise(r8_names_of_the_machine_are_others_than_those_of_the_session),
        promise(r10_a_token_tells_the_scope),
        promise(s2_the_death_of_a_lock_owner_is_told_in_regions_of_every_kind),
        promise(s1_sleepers_are_woken_in_regions_of_every_kind),
        promise(r2_a_dead_initialiser_is_told_in_regions_of_every_kind),
        promise(r8_another_users_region_is_used_but_not_removed),
        promise(r6_what_persists_for_others_does_so_or_is_refused),
    };
    return cmocka_run_group_tests_name("scope", tests, NULL, NULL);
}
