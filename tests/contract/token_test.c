/* token_test.c: anonymous regions, and tokens by which a region is handed to another process (R10). What is taken for
 * a token at all is in unit/token_test.c. */
#include "regions.h"

#define SIZE 10000u
#define ANONYMOUS "anonymous-"

static ism_region *create_anonymous(const ism_region_options *options)
{
    ism_region *region;
    assert_status(ism_region_create_anonymous(options, &region), ISM_OK);
    return region;
}

static void get_token(const ism_region *region, char token[ISM_TOKEN_MAX + 1])
{
    memset(token, 0x5a, ISM_TOKEN_MAX + 1);
    assert_status(ism_region_get_token(region, token), ISM_OK);
    assert_non_null(memchr(token, '\0', ISM_TOKEN_MAX + 1));
}

/* A process that was started with the token as its argument, and obeys. */
static struct process *peer_given(const char *token, const char *expected)
{
    struct process *peer = peer_start("given", token, NULL);
    assert_answer(answer(peer), expected);
    return peer;
}

/* ---- anonymous regions ---- */

static void r10_an_anonymous_region_has_a_name_that_nobody_guesses(void **state)
{
    enum { COUNT = 8 };
    const ism_region_options options = {.size = SIZE};
    ism_region *regions[COUNT];
    ism_region_info infos[COUNT], look;

    (void)state;
    for (int i = 0; i < COUNT; i++) {
        regions[i] = create_anonymous(&options);
        assert_true(region_holds(regions[i], 0));
        assert_status(ism_region_get_info(regions[i], &infos[i]), ISM_OK);
        assert_int_equal(strlen(infos[i].name), strlen(ANONYMOUS) + 32);
        assert_int_equal(strncmp(infos[i].name, ANONYMOUS, strlen(ANONYMOUS)), 0);
        assert_int_equal(strspn(infos[i].name + strlen(ANONYMOUS), "0123456789abcdef"), 32);
        assert_status(ism_region_look(infos[i].name, &look), ISM_OK);
        for (int j = 0; j < i; j++)
            assert_string_not_equal(infos[i].name, infos[j].name);
    }
    for (int i = 0; i < COUNT; i++) {
        close_region(regions[i]);
        assert_status(ism_region_look(infos[i].name, &look), ISM_E_NOT_FOUND);
    }
}

static void r10_an_anonymous_region_keeps_the_other_promises(void **state)
{
    ism_region *region;
    char name[64], native[ISM_NATIVE_NAME_MAX + 1];

    (void)state;
    assert_status(ism_region_create_anonymous(NULL, &region), ISM_E_INVALID);
    assert_null(region);
    assert_status(ism_region_create_anonymous(&(ism_region_options){.size = 0}, &region), ISM_E_SIZE);
    assert_null(region);
    assert_status(ism_region_create_anonymous(&(ism_region_options){.size = 1}, NULL), ISM_E_INVALID);

    struct process *peer = peer_obeying();
    assert_answer(ask(peer, "create_anonymous - size=%u pattern", SIZE), "ISM_OK");
    assert_answer(ask(peer, "pattern"), "yes");
    (void)snprintf(native, sizeof native, "%s", ask(peer, "native"));
    (void)snprintf(name, sizeof name, "%s", ask(peer, "name"));
    ism_region *opened = open_region(name);
    assert_string_equal(ism_region_native_name(opened), native);
    close_region(opened);
    kill_and_wait(peer);
    assert_status(status_of_open(name, NULL), ISM_E_NOT_FOUND);
    assert_status(ism_region_tidy(NULL, NULL), ISM_OK);
    assert_int_equal(leftovers_regions(name), 0);
}

/* ---- tokens ---- */

static void r10_a_token_opens_its_region(void **state)
{
    char token[ISM_TOKEN_MAX + 1];
    ism_region *region, *other;

    (void)state;
    for (int anonymous = 0; anonymous < 2; anonymous++) {
        const ism_region_options options = {.size = SIZE};
        region = anonymous ? create_anonymous(&options) : create_region(NAME("x"), SIZE);
        get_token(region, token);
        assert_status(ism_region_open_token(token, NULL, &other), ISM_OK);
        ((volatile unsigned char *)ism_region_data(region))[SIZE - 1] = 3;
        assert_int_equal(((volatile unsigned char *)ism_region_data(other))[SIZE - 1], 3);
        assert_string_equal(ism_region_native_name(region), ism_region_native_name(other));
        char again[ISM_TOKEN_MAX + 1];
        get_token(other, again);
        assert_string_equal(again, token);
        close_region(other);
        close_region(region);
        assert_status(status_of_open_token(token, NULL), ISM_E_NOT_FOUND);
    }
}

static void r10_to_a_child_as_its_argument(void **state)
{
    const ism_region_options options = {.size = SIZE};
    char token[ISM_TOKEN_MAX + 1];

    (void)state;
    ism_region *region = create_anonymous(&options);
    get_token(region, token);
    struct process *peer = peer_given(token, "ISM_OK");
    memset(ism_region_data(region), 77, SIZE);
    assert_answer(ask(peer, "holds 77"), "yes");
    memset(ism_region_data(region), 0, sizeof(ism_mutex));
    assert_answer(ask(peer, "lock 0"), "ISM_OK");
    assert_status(ism_mutex_try_lock(ism_region_data(region)), ISM_E_BUSY);
    close_region(region);
    assert_answer(ask(peer, "peek 5000"), "77");
    dismiss(peer);
    peer = peer_given(token, "ISM_E_NOT_FOUND");
    dismiss(peer);
}

static void r10_to_an_unrelated_process_over_a_pipe(void **state)
{
    char token[ISM_TOKEN_MAX + 1], longest[ISM_NAME_MAX + 1];

    (void)state;
    struct process *one = peer_obeying(), *other = peer_obeying();
    (void)snprintf(longest, sizeof longest, "%s", NAME("x"));
    memset(longest + strlen(longest), '-', sizeof longest - 1 - strlen(longest));
    longest[ISM_NAME_MAX] = '\0';
    assert_answer(ask(one, "create %s size=%u pattern", longest, SIZE), "ISM_OK");
    (void)snprintf(token, sizeof token, "%s", ask(one, "token"));
    assert_answer(ask(other, "open_token %s read-only", token), "ISM_OK");
    assert_answer(ask(other, "pattern"), "yes");
    assert_answer(ask(other, "token"), token);
    assert_answer(ask(one, "poke 9 1"), "ok");
    assert_answer(ask(other, "peek 9"), "1");
    kill_and_wait(one);
    assert_answer(ask(other, "peek 9"), "1");
    assert_status(status_of_open_token(token, NULL), ISM_OK);
    dismiss(other);
    assert_status(status_of_open_token(token, NULL), ISM_E_NOT_FOUND);
    assert_status(ism_region_tidy(NULL, NULL), ISM_OK);
}

static void r10_a_later_region_of_the_name_is_not_opened(void **state)
{
    const char *name = NAME("x");
    char token[ISM_TOKEN_MAX + 1], next_token[ISM_TOKEN_MAX + 1];

    (void)state;
    ism_region *region = create_region(name, SIZE);
    get_token(region, token);
    assert_status(ism_region_remove(name), ISM_OK);
    assert_status(status_of_open_token(token, NULL), ISM_E_NOT_FOUND);
    ism_region *next = create_region(name, SIZE);
    get_token(next, next_token);
    assert_string_not_equal(token, next_token);
    assert_status(status_of_open_token(token, NULL), ISM_E_NOT_FOUND);
    assert_status(status_of_open_token(next_token, NULL), ISM_OK);
    close_region(region);
    assert_status(status_of_open_token(next_token, NULL), ISM_OK);
    close_region(next);
}

/* Not even while it is half-made: it is not waited for. */
static void r10_a_later_region_is_not_waited_for(void **state)
{
    const char *name = NAME("x");
    char token[ISM_TOKEN_MAX + 1];

    (void)state;
    ism_region *region = create_region(name, SIZE);
    get_token(region, token);
    close_region(region);
    struct process *peer = peer_obeying();
    tell(peer, "create %s size=%u halting", name, SIZE);
    assert_answer(answer(peer), "initialising");
    assert_status(status_of_open_token(token, NULL), ISM_E_NOT_FOUND);
    assert_answer(ask(peer, "go"), "ISM_OK");
    assert_status(status_of_open_token(token, NULL), ISM_E_NOT_FOUND);
    dismiss(peer);
}

static void r10_the_options_are_those_of_an_open(void **state)
{
    ism_region_options options = {.size = SIZE};
    char token[ISM_TOKEN_MAX + 1];
    ism_region *other;

    (void)state;
    ism_region *region = create_anonymous(&options);
    get_token(region, token);
    assert_status(status_of_open_token(token, &options), ISM_OK);
    options.size = SIZE + 1;
    assert_status(status_of_open_token(token, &options), ISM_E_SIZE);
    options = (ism_region_options){.flags = ISM_REGION_LAZY};
    assert_status(status_of_open_token(token, &options), ISM_E_INVALID);
    options.flags = ISM_REGION_READ_ONLY;
    assert_status(ism_region_open_token(token, &options, &other), ISM_OK);
    assert_status(ism_mutex_lock(ism_region_data(other)), ISM_E_READ_ONLY);
    close_region(other);
    close_region(region);
}

/* ---- hostile input ---- */

static void e2_a_damaged_token_opens_nothing(void **state)
{
    char token[ISM_TOKEN_MAX + 1], damaged[ISM_TOKEN_MAX + 1];

    (void)state;
    ism_region *region = create_region(NAME("x"), SIZE);
    get_token(region, token);
    for (size_t bit = 0; bit < 8 * strlen(token); bit++) {
        memcpy(damaged, token, sizeof damaged);
        damaged[bit / 8] = (char)(damaged[bit / 8] ^ (1 << bit % 8));
        ism_status status = status_of_open_token(damaged, NULL);
        assert_true(status == ISM_E_TOKEN || status == ISM_E_VERSION);
    }
    for (size_t length = 0; length < strlen(token); length++) {
        memcpy(damaged, token, length);
        damaged[length] = '\0';
        assert_status(status_of_open_token(damaged, NULL), ISM_E_TOKEN);
    }
    assert_status(status_of_open_token("ism2.whatever", NULL), ISM_E_VERSION);
    assert_status(status_of_open_token(token, NULL), ISM_OK);
    close_region(region);
}

static void e2_arguments_that_are_none(void **state)
{
    char token[ISM_TOKEN_MAX + 1] = "x";

    (void)state;
    ism_region *region = create_region(NAME("x"), SIZE);
    assert_status(status_of_open_token(NULL, NULL), ISM_E_INVALID);
    assert_status(ism_region_open_token("x", NULL, NULL), ISM_E_INVALID);
    assert_status(ism_region_get_token(region, NULL), ISM_E_INVALID);
    assert_status(ism_region_get_token(NULL, token), ISM_E_INVALID);
    assert_string_equal(token, "");
    close_region(region);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        promise(r10_an_anonymous_region_has_a_name_that_nobody_guesses),
        promise(r10_an_anonymous_region_keeps_the_other_promises),
        promise(r10_a_token_opens_its_region),
        promise(r10_to_a_child_as_its_argument),
        promise(r10_to_an_unrelated_process_over_a_pipe),
        promise(r10_a_later_region_of_the_name_is_not_opened),
        promise(r10_a_later_region_is_not_waited_for),
        promise(r10_the_options_are_those_of_an_open),
        promise(e2_a_damaged_token_opens_nothing),
        promise(e2_arguments_that_are_none),
    };
    return cmocka_run_group_tests_name("token", tests, NULL, NULL);
}
