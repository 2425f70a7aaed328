/* section_test.c: where another answer than that of files is needed, since regions are sections (Windows): a
 * capacity that is only reserved (R5), names that live on as generations (R7), objects of other kinds and other
 * owners under the same names (R8). What can be had elsewhere is tested there as well. */
#include "regions.h"

#define SIZE 10000u

/* ---- R5 ---- */

static void r5_a_capacity_costs_address_space_alone(void **state)
{
    const uint64_t size = 4096, capacity = UINT64_C(64) << 30;
    const uint64_t page = process_page_size();
    ism_region_options options = {.size = size, .capacity = capacity};
    ism_region *region;

    (void)state;
    if (native_committed(&page, 1) == UINT64_MAX)
        skip_because("this system does not tell what is set aside");
    assert_status(ism_region_create(NAME("x"), &options, &region), ISM_OK);
    const unsigned char *data = ism_region_data(region);
    assert_int_equal(native_committed(data, size), size);
    assert_int_equal(native_committed(data, capacity + page), size + page);
    struct process *peer = peer_obeying();
    assert_answer(ask(peer, "open %s", NAME("x")), "ISM_OK");
    assert_answer(ask(peer, "fill 3"), "ok");
    assert_true(region_holds(region, 3));
    dismiss(peer);
    close_region(region);
}

/* ---- R7 ---- */

struct generation {
    ism_region *region;
    uint64_t size;
    char native[ISM_NATIVE_NAME_MAX + 1];
};

static void create_generation(const char *name, struct generation *generation, unsigned char byte)
{
    generation->size = SIZE + byte;
    generation->region = create_region(name, generation->size);
    (void)snprintf(generation->native, sizeof generation->native, "%s", ism_region_native_name(generation->region));
    memset(ism_region_data(generation->region), byte, (size_t)generation->size);
}

static void r7_generations_of_one_name_are_whole_regions_each(void **state)
{
    enum { COUNT = 3 };
    struct generation generations[COUNT];
    struct process *peers[COUNT];
    const char *name = NAME("x");

    (void)state;
    for (unsigned char i = 0; i < COUNT; i++) {
        create_generation(name, &generations[i], i);
        peers[i] = peer_obeying();
        assert_answer(ask(peers[i], "open %s", name), "ISM_OK");
        if (i < COUNT - 1)
            assert_status(ism_region_remove(name), ISM_OK);
    }
    for (unsigned char i = 0; i < COUNT; i++) {
        unsigned char *bytes = ism_region_data(generations[i].region);
        assert_int_equal(ism_region_size(generations[i].region), SIZE + i);
        assert_true(region_holds(generations[i].region, i));
        assert_answer(ask(peers[i], "holds %u", i), "yes");
        memset(bytes, 0, sizeof(ism_mutex));
        assert_status(ism_mutex_lock((ism_mutex *)(void *)bytes), ISM_OK);
        assert_answer(ask(peers[i], "try 0"), "ISM_E_BUSY");
        assert_status(ism_mutex_unlock((ism_mutex *)(void *)bytes), ISM_OK);
        assert_answer(ask(peers[i], "locked_round 0"), "ISM_OK");
    }
    assert_int_equal(leftovers_regions(name), 1);
    for (int i = 0; i < COUNT; i++) {
        close_region(generations[i].region);
        dismiss(peers[i]);
    }
    assert_status(status_of_open(name, NULL), ISM_E_NOT_FOUND);
}

/* The name that an old generation has kept is free with its last user, killed or not. */
static void r7_an_old_generation_is_freed_with_its_last_user(void **state)
{
    static const unsigned char nothing[8192];
    struct generation old, fresh;
    const char *name = NAME("x");

    (void)state;
    for (int killed = 0; killed < 2; killed++) {
        struct process *peer = peer_obeying();
        create_generation(name, &old, 1);
        assert_answer(ask(peer, "open %s", name), "ISM_OK");
        assert_status(ism_region_remove(name), ISM_OK);
        create_generation(name, &fresh, 2);
        if (strcmp(old.native, fresh.native) == 0) {
            close_region(old.region);
            close_region(fresh.region);
            dismiss(peer);
            skip_because("native names are freed at once here");
        }
        close_region(old.region);
        assert_null(native_plant(old.native, nothing, sizeof nothing));
        if (killed)
            kill_and_wait(peer);
        else
            dismiss(peer);
        struct native_object *planted = native_plant(old.native, nothing, sizeof nothing);
        assert_non_null(planted);
        native_uproot(planted);
        assert_true(region_holds(fresh.region, 2));
        close_region(fresh.region);
    }
}

/* What else can have the name that the next region would get; NULL: no more. */
static struct native_object *take_name(const char *native, unsigned kind)
{
    static const unsigned char nothing[8192];
    struct native_object *taken = native_plant_other_kind(native, kind);
    return taken != NULL ? taken : native_plant_as_other(native, nothing, sizeof nothing, kind % 2 != 0);
}

static void r7_the_next_generation_passes_a_name_that_is_taken(void **state)
{
    enum { KINDS = 5 };
    struct generation old, fresh;
    const char *name = NAME("x");

    (void)state;
    for (unsigned kind = 0; kind < KINDS; kind++) {
        create_generation(name, &old, 1);
        assert_status(ism_region_remove(name), ISM_OK);
        create_generation(name, &fresh, 2); /* so that it tells the name */
        bool is_freed = strcmp(old.native, fresh.native) == 0;
        close_region(fresh.region);
        struct native_object *taken = is_freed ? NULL : take_name(fresh.native, kind);
        struct process *peer = peer_obeying(); /* it has looked at nothing yet */
        assert_answer(ask(peer, "create %s size=%u", name, SIZE), "ISM_OK");
        dismiss(peer);
        if (taken != NULL)
            native_uproot(taken);
        close_region(old.region);
        if (is_freed)
            skip_because("native names are freed at once here");
    }
}

/* ---- R8 ---- */

static void r8_the_system_itself_tells_that_a_region_is_its_owners(void **state)
{
    ism_region_options options = {.size = SIZE};
    ism_region *region;

    (void)state;
    for (int lifetime = ISM_LIFETIME_PROCESSES; lifetime <= ISM_LIFETIME_PERSISTENT; lifetime++) {
        options.lifetime = (ism_lifetime)lifetime;
        assert_status(ism_region_create(NAME("x"), &options, &region), ISM_OK);
        assert_true(native_owner_only(ism_region_native_name(region)));
        assert_status(ism_region_remove(NAME("x")), ISM_OK);
        close_region(region);
    }
}

static void r8_an_object_of_another_kind_is_no_region(void **state)
{
    const char *name = NAME("x");
    char native[ISM_NATIVE_NAME_MAX + 1];
    struct native_object *planted;
    unsigned kinds = 0;

    (void)state;
    native_name_of(name, native);
    for (; (planted = native_plant_other_kind(native, kinds)) != NULL; kinds++) {
        assert_refused(name);
        assert_null(native_plant(native, "", 1));
        native_uproot(planted);
    }
    if (kinds == 0)
        skip_because("no other kind of object shares the names of regions here");
}

struct visits {
    const char *native;
    unsigned count;
    ism_status outcome;
};

static int visit(const ism_region_info *info, ism_status outcome, void *context)
{
    struct visits *visits = context;
    if (strcmp(info->native_name, visits->native) == 0) {
        visits->count++;
        visits->outcome = outcome;
    }
    return 0;
}

/* Open to all it could be taken for a dead creator's; shut, for one of this user's that may not be used. */
static void r8_an_object_of_another_owner_is_no_region(void **state)
{
    static const unsigned char nothing[12288];
    const char *name = NAME("x");
    char native[ISM_NATIVE_NAME_MAX + 1];

    (void)state;
    native_name_of(name, native);
    for (int shut = 0; shut < 2; shut++) {
        struct visits visits = {.native = native};
        struct native_object *planted = native_plant_as_other(native, nothing, sizeof nothing, shut);
        if (planted == NULL)
            skip_because("this system or user can't give an object to somebody else");
        assert_status(ism_region_list(visit, &visits), ISM_OK);
        assert_int_equal(visits.count, lease_is("sidefile") ? 0 : 1); /* there side files are listed */
        if (visits.count != 0)
            assert_status(visits.outcome, ISM_E_FOREIGN);
        assert_refused(name);
        assert_null(native_plant(native, nothing, sizeof nothing));
        assert_true(shut || native_untouched(planted, nothing, sizeof nothing));
        native_uproot(planted);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        promise(r5_a_capacity_costs_address_space_alone),
        promise(r7_generations_of_one_name_are_whole_regions_each),
        promise(r7_an_old_generation_is_freed_with_its_last_user),
        promise(r7_the_next_generation_passes_a_name_that_is_taken),
        promise(r8_the_system_itself_tells_that_a_region_is_its_owners),
        promise(r8_an_object_of_another_kind_is_no_region),
        promise(r8_an_object_of_another_owner_is_no_region),
    };
    return cmocka_run_group_tests_name("sections", tests, NULL, NULL);
}
