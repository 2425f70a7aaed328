/* hostile_test.c: whatever a caller says and whatever bytes others put into shared memory, each call has an
 * answer: errors are told with the value that was wrong (E1), hostile bytes lead to no crash and no hang (E2),
 * and what another version made is left alone (E5).
 *
 * The library's own bytes lie on the last page of the mapping, behind the data; every process that has a
 * region open for writing can overwrite them, so no test needs more than that. Where which of them lies is
 * golden (tests/unit), so it may be said here. */
#include "regions.h"

#include <stdlib.h>

#define SIZE 10000u
#define OWN_BYTES 1024u

/* Offsets in the control block. */
#define MAGIC 0
#define VERSION 8
#define FEATURES 12
#define CHECKSUM 16
#define LIFETIME 20
#define CAPACITY 32
#define NAME_BYTES 48
#define SHARED_SIZE 256
#define LIFE_TABLE 264
#define READY 272
#define REMOVED 276
#define ATTACHED 384

/* The library's own bytes in a region of SIZE. */
static unsigned char *own_bytes(const ism_region *region)
{
    size_t page = process_page_size();
    return (unsigned char *)ism_region_data(region) + (SIZE + page - 1) / page * page;
}

static bool is_failure(ism_status status)
{
    return status < ISM_OK && strcmp(ism_status_name(status), "ISM_STATUS_UNKNOWN") != 0;
}

/* ---- E1 ---- */

/* The thread's record is about this failure, and its message names the value. */
static void assert_told(ism_status status, ism_status expected, const char *value)
{
    const ism_error *error = ism_error_last();
    assert_status(status, expected);
    assert_status(error->status, expected);
    assert_string_not_equal(error->message, "");
    if (strstr(error->message, value) == NULL)
        fail_msg("\"%s\" does not tell \"%s\"", error->message, value);
}

/* Bytes that do not belong into a name are told as numbers, so that nobody's terminal is at their mercy. */
static void e1_a_bad_name_is_told(void **state)
{
    static const struct {
        const char *name, *shown;
    } cases[] = {{"", "empty"},          {".", "\".\""},          {"..", "\"..\""},        {"a/b", "0x2f"},
                 {"with space", "0x20"}, {"percent%s%n", "0x25"}, {"caf\xc3\xa9", "0xc3"}, {"a\x1b[31m", "0x1b"}};
    ism_region_options options = {.size = SIZE};
    ism_region *region;
    ism_region_info info;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *name = cases[i].name, *shown = cases[i].shown;
        assert_told(ism_region_create(name, &options, &region), ISM_E_NAME, shown);
        assert_told(ism_region_open(name, NULL, &region), ISM_E_NAME, shown);
        assert_told(ism_region_open_or_create(name, &options, &region), ISM_E_NAME, shown);
        assert_told(ism_region_remove(name), ISM_E_NAME, shown);
        assert_told(ism_region_look(name, &info), ISM_E_NAME, shown);
    }
}

static void e1_a_name_that_is_too_long_is_told_and_cut(void **state)
{
    static char name[100000];
    ism_region *region;

    (void)state;
    memset(name, 'n', sizeof name - 1);
    assert_told(ism_region_open(name, NULL, &region), ISM_E_NAME, "nnnnnnnn");
    assert_true(memchr(ism_error_last()->message, '\0', sizeof ism_error_last()->message) != NULL);
}

static void e1_an_impossible_size_is_told(void **state)
{
    static const struct {
        uint64_t size, capacity;
        const char *shown;
    } cases[] = {
        {0, 0, "0"},
        {0, 100, "0"},
        {4097, 4096, "4097"},
        {UINT64_MAX, 0, "18446744073709551615"},
        {UINT64_MAX - 4095, 0, "18446744073709547520"},
        {1, UINT64_MAX, "18446744073709551615"},
        {1, UINT64_MAX - 4096, "18446744073709547519"},
        {UINT64_C(1) << 63, 0, "9223372036854775808"},
        {(UINT64_C(1) << 63) - 1, 0, "9223372036854775807"},
        {SIZE_MAX, 0, ""},
        {SIZE_MAX - 4095, 0, ""},
        {SIZE_MAX - 8191, 0, ""},
    };
    ism_region *region;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        ism_region_options options = {.size = cases[i].size, .capacity = cases[i].capacity};
        assert_told(ism_region_create(NAME("x"), &options, &region), ISM_E_SIZE, cases[i].shown);
        assert_null(region);
        assert_told(ism_region_open_or_create(NAME("x"), &options, &region), ISM_E_SIZE, cases[i].shown);
        assert_null(region);
    }
    assert_int_equal(leftovers_regions(NAME("x")), 0);
}

/* As large as can be named, but not had: the system's answer is passed on. */
static void e1_a_size_that_the_system_does_not_have_is_refused(void **state)
{
    ism_region *region;

    (void)state;
    for (unsigned bits = 46; bits < 63; bits++) {
        ism_region_options options = {.size = UINT64_C(1) << bits, .flags = ISM_REGION_LAZY};
        ism_status status = ism_region_create(NAME("x"), &options, &region);
        if (status == ISM_OK) {
            assert_int_equal(ism_region_size(region), options.size);
            close_region(region);
        } else {
            assert_null(region);
            assert_true(status == ISM_E_SIZE || status == ISM_E_NO_MEMORY || status == ISM_E_NO_SPACE);
        }
    }
    assert_int_equal(leftovers_regions(NAME("x")), 0);
}

static void e1_a_null_is_told(void **state)
{
    ism_region_options options = {.size = SIZE};
    ism_region *region;
    ism_region_info info;
    const char *name = NAME("x");

    (void)state;
    assert_told(ism_region_create(NULL, &options, &region), ISM_E_INVALID, "");
    assert_null(region);
    assert_told(ism_region_create(name, NULL, &region), ISM_E_INVALID, "");
    assert_null(region);
    assert_told(ism_region_create(name, &options, NULL), ISM_E_INVALID, "");
    assert_told(ism_region_open(NULL, NULL, &region), ISM_E_INVALID, "");
    assert_null(region);
    assert_told(ism_region_open(name, NULL, NULL), ISM_E_INVALID, "");
    assert_told(ism_region_open_or_create(NULL, &options, &region), ISM_E_INVALID, "");
    assert_told(ism_region_open_or_create(name, NULL, &region), ISM_E_INVALID, "");
    assert_told(ism_region_open_or_create(name, &options, NULL), ISM_E_INVALID, "");
    assert_told(ism_region_remove(NULL), ISM_E_INVALID, "");
    assert_told(ism_region_get_info(NULL, &info), ISM_E_INVALID, "");
    assert_told(ism_region_look(NULL, &info), ISM_E_INVALID, "");
    assert_told(ism_region_look(name, NULL), ISM_E_INVALID, "");
    assert_told(ism_region_list(NULL, NULL), ISM_E_INVALID, "");
    assert_told(ism_mutex_lock(NULL), ISM_E_INVALID, "");
    assert_told(ism_mutex_unlock(NULL), ISM_E_INVALID, "");
    ism_region *open = create_region(name, SIZE);
    assert_told(ism_region_get_info(open, NULL), ISM_E_INVALID, "");
    close_region(open);
    assert_int_equal(leftovers_regions(name), 0);
}

static void e1_an_unknown_flag_or_lifetime_is_told(void **state)
{
    ism_region *region;
    const char *name = NAME("x");
    const uint32_t for_both = ISM_REGION_PREFAULT | ISM_REGION_LOCKED | ISM_REGION_HUGE_PAGES | ISM_REGION_NO_CORE_DUMP;

    (void)state;
    for (unsigned bit = 0; bit < 32; bit++) {
        ism_region_options options = {.size = SIZE, .flags = 1u << bit};
        if ((options.flags & for_both) != 0)
            continue;
        if (options.flags != ISM_REGION_LAZY) {
            assert_told(ism_region_create(name, &options, &region), ISM_E_INVALID, "");
            assert_null(region);
        }
        if (options.flags != ISM_REGION_READ_ONLY) {
            assert_told(ism_region_open(name, &options, &region), ISM_E_INVALID, "");
            assert_null(region);
        }
    }
    ism_region_options options = {.size = SIZE};
    const int lifetimes[] = {2, -1, 1000};
    for (size_t i = 0; i < 3; i++) {
        memcpy(&options.lifetime, &lifetimes[i], sizeof options.lifetime);
        assert_told(ism_region_create(name, &options, &region), ISM_E_INVALID, "");
        assert_null(region);
    }
    assert_int_equal(leftovers_regions(name), 0);
}

static void e1_what_is_not_there_or_in_the_way_is_told(void **state)
{
    const char *name = NAME("x");
    ism_region_options options = {.size = SIZE}, other = {.size = 123456};
    ism_region *region, *failed;
    ism_region_info info;

    (void)state;
    assert_told(ism_region_open(name, NULL, &failed), ISM_E_NOT_FOUND, name);
    assert_told(ism_region_remove(name), ISM_E_NOT_FOUND, name);
    assert_told(ism_region_look(name, &info), ISM_E_NOT_FOUND, name);
    region = create_region(name, SIZE);
    assert_told(ism_region_create(name, &options, &failed), ISM_E_EXISTS, name);
    assert_told(ism_region_open(name, &other, &failed), ISM_E_SIZE, name);
    assert_non_null(strstr(ism_error_last()->message, "123456"));
    assert_told(ism_region_open_or_create(name, &other, &failed), ISM_E_SIZE, name);
    assert_non_null(strstr(ism_error_last()->message, "123456"));
    close_region(region);
}

static void fail_in_thread(void *context)
{
    ism_region *region;
    (void)ism_region_open("not/a/name", NULL, &region);
    *(ism_error *)context = *ism_error_last();
}

static void e1_each_thread_has_its_own_record_and_success_leaves_it(void **state)
{
    ism_error others;
    ism_region *region;

    (void)state;
    assert_told(ism_region_open(NAME("none"), NULL, &region), ISM_E_NOT_FOUND, NAME("none"));
    struct thread *thread = thread_start(fail_in_thread, &others);
    assert_non_null(thread);
    thread_join(thread);
    assert_status(others.status, ISM_E_NAME);
    assert_status(ism_error_last()->status, ISM_E_NOT_FOUND);
    close_region(create_region(NAME("x"), SIZE));
    assert_status(ism_error_last()->status, ISM_E_NOT_FOUND);
    assert_non_null(strstr(ism_error_last()->message, NAME("none")));
}

static void e1_not_now_is_told_too(void **state)
{
    (void)state;
    ism_region *region = create_region(NAME("x"), SIZE);
    struct process *peer = peer_obeying();
    assert_answer(ask(peer, "open %s", NAME("x")), "ISM_OK");
    assert_answer(ask(peer, "lock 0"), "ISM_OK");
    assert_told(ism_mutex_try_lock(ism_region_data(region)), ISM_E_BUSY, "");
    assert_told(ism_mutex_lock_until(ism_region_data(region), ism_deadline_after(0)), ISM_E_TIMED_OUT, "");
    assert_answer(ask(peer, "unlock 0"), "ISM_OK");
    dismiss(peer);
    close_region(region);
}

/* ---- E2 ---- */

/* Put bytes over the library's own, ask everything about the region by its name, put back what was there. */
static void damage_and_ask(const char *name, ism_region *region, size_t offset, const void *bytes, size_t size,
                           ism_status first, ism_status second)
{
    static unsigned char original[OWN_BYTES];
    unsigned char *own = own_bytes(region);
    ism_region_options now = {.deadline = ism_deadline_after(0)};
    ism_region_options same = {.size = SIZE, .deadline = now.deadline};
    ism_region_info info;
    ism_region *other = NULL;

    memcpy(original, own, OWN_BYTES);
    memcpy(own + offset, bytes, size);
    ism_status opened = ism_region_open(name, &now, &other);
    if (opened != first && opened != second)
        fail_msg("bytes at %u: open says %s", (unsigned)offset, ism_status_name(opened));
    if (opened == ISM_OK)
        close_region(other);
    ism_status either = ism_region_open_or_create(name, &same, &other);
    if (either == ISM_OK)
        close_region(other);
    else
        assert_true(is_failure(either));
    ism_status looked = ism_region_look(name, &info);
    assert_true(looked == ISM_OK || is_failure(looked));
    (void)leftovers_regions(name);
    assert_status(ism_region_tidy(NULL, NULL), ISM_OK);
    memcpy(own, original, OWN_BYTES);
    assert_status(status_of_open(name, &now), ISM_OK);
}

static void e2_each_damaged_byte_of_what_never_changes_is_noticed(void **state)
{
    const char *name = NAME("x");

    (void)state;
    ism_region *region = create_region(name, SIZE);
    for (size_t offset = 0; offset < 256; offset += offset < 48 ? 1 : 13) {
        unsigned char flipped = own_bytes(region)[offset] ^ 0x40;
        if (offset < VERSION)
            damage_and_ask(name, region, offset, &flipped, 1, ISM_E_FOREIGN, ISM_E_CORRUPT);
        else if (offset < CHECKSUM)
            damage_and_ask(name, region, offset, &flipped, 1, ISM_E_VERSION, ISM_E_CORRUPT);
        else
            damage_and_ask(name, region, offset, &flipped, 1, ISM_E_CORRUPT, ISM_E_FOREIGN);
    }
    close_region(region);
}

static void e2_impossible_values_in_what_changes_are_noticed(void **state)
{
    const uint64_t sizes[] = {0, SIZE + 1, UINT64_MAX, UINT64_C(1) << 40};
    const uint64_t any = UINT64_C(0x1234567812345678);
    const uint32_t not_ready = 0, odd = 77;
    const char *name = NAME("x");
    unsigned char noise[512];

    (void)state;
    ism_region *region = create_region(name, SIZE);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
        damage_and_ask(name, region, SHARED_SIZE, &sizes[i], 8, ISM_E_CORRUPT, ISM_E_CORRUPT);
    damage_and_ask(name, region, LIFE_TABLE, &any, 8, ISM_OK, ISM_E_UNSUPPORTED);
    damage_and_ask(name, region, READY, &not_ready, 4, ISM_E_TIMED_OUT, ISM_E_TIMED_OUT);
    damage_and_ask(name, region, READY, &odd, 4, ISM_OK, ISM_E_CORRUPT);
    memset(noise, 0xee, sizeof noise);
    damage_and_ask(name, region, ATTACHED, noise, sizeof noise, ISM_OK, ISM_E_CORRUPT);
    close_region(region);
}

static void e2_a_wrong_size_written_by_another_is_never_believed(void **state)
{
    const uint64_t sizes[] = {UINT64_MAX, SIZE + 1, UINT64_C(1) << 40, UINT64_C(1) << 63};

    (void)state;
    ism_region *region = create_region(NAME("x"), SIZE);
    uint64_t right;
    memcpy(&right, own_bytes(region) + SHARED_SIZE, sizeof right);
    assert_int_equal(right, SIZE);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        ism_region_info info;
        memcpy(own_bytes(region) + SHARED_SIZE, &sizes[i], sizeof sizes[i]);
        assert_true(ism_region_size(region) <= SIZE);
        ism_status status = ism_region_get_info(region, &info);
        if (status == ISM_OK)
            assert_true(info.size <= SIZE);
        else
            assert_true(is_failure(status));
        assert_status(ism_mutex_lock(ism_region_data(region)), ISM_OK);
        assert_status(ism_mutex_unlock(ism_region_data(region)), ISM_OK);
    }
    memcpy(own_bytes(region) + SHARED_SIZE, &right, sizeof right);
    close_region(region);
}

static void e2_a_name_without_an_end_is_not_read_beyond_its_field(void **state)
{
    const char *name = NAME("x");
    unsigned char letters[208];

    (void)state;
    ism_region *region = create_region(name, SIZE);
    memset(letters, 'a', sizeof letters);
    damage_and_ask(name, region, NAME_BYTES, letters, sizeof letters, ISM_E_CORRUPT, ISM_E_CORRUPT);
    close_region(region);
}

/* Lock words of any content: each call returns. */
static void e2_any_bytes_where_a_lock_should_be_end_in_a_status(void **state)
{
    enum { ROUNDS = 2000, ROUNDS_ON_WINE = 200 };
    const int rounds = backend_is("win32") ? ROUNDS_ON_WINE : ROUNDS;
    uint64_t words[2];

    (void)state;
    ism_region *region = create_region(NAME("x"), SIZE);
    ism_mutex *mutex = ism_region_data(region);
    srand(1);
    for (int round = 0; round < rounds; round++) {
        for (int i = 0; i < 2; i++)
            words[i] =
                round % 3 == 2 && i == 1 ? 0 : (uint64_t)rand() << 42 ^ (uint64_t)rand() << 21 ^ (uint64_t)rand();
        memcpy(mutex, words, sizeof words);
        ism_status status = round % 2 == 0 ? ism_mutex_try_lock(mutex)
                                           : ism_mutex_lock_until(mutex, ism_deadline_after(ISM_MILLISECOND / 20));
        if (status == ISM_OWNER_DIED && round % 4 < 2)
            assert_status(ism_mutex_consistent(mutex), ISM_OK);
        if (status >= ISM_OK)
            assert_status(ism_mutex_unlock(mutex), ISM_OK);
        else
            assert_true(is_failure(status));
    }
    memset(mutex, 0, sizeof *mutex);
    close_region(region);
}

/* A peer that takes the lock word away from its owner spoils the lock, not the process: it can still close. */
static void e2_a_lock_taken_away_leaves_a_region_that_can_be_closed(void **state)
{
    (void)state;
    ism_region *region = create_region(NAME("x"), SIZE);
    ism_mutex *mutex = ism_region_data(region);
    assert_status(ism_mutex_lock(mutex), ISM_OK);
    memset(mutex, 0, sizeof *mutex);
    assert_status(ism_mutex_unlock(mutex), ISM_E_NOT_OWNER);
    assert_status(ism_region_close(region), ISM_OK);
}

/* A peer may remove the region, and so it may also write that it did. */
static void e2_a_removal_that_was_only_written_frees_at_most_the_name(void **state)
{
    const char *name = NAME("x");
    const uint32_t removed = 1;

    (void)state;
    ism_region *region = create_region(name, SIZE);
    memset(ism_region_data(region), 7, SIZE);
    struct process *peer = peer_obeying();
    assert_answer(ask(peer, "open %s", name), "ISM_OK");
    memcpy(own_bytes(region) + REMOVED, &removed, sizeof removed);
    assert_status(ism_region_tidy(NULL, NULL), ISM_OK);
    ism_region_options same = {.size = SIZE};
    ism_region *fresh = NULL;
    ism_status created = ism_region_create(name, &same, &fresh);
    if (created != ISM_OK) /* who can free names does not believe the mark */
        assert_status(created, ISM_E_EXISTS);
    assert_answer(ask(peer, "holds 7"), "yes");
    assert_answer(ask(peer, "close"), "ISM_OK");
    assert_int_equal(leftovers_live_regions(name), 1);
    dismiss(peer);
    if (created == ISM_OK) {
        close_region(region);
        region = fresh;
    }
    assert_status(status_of_open(name, NULL), ISM_OK);
    close_region(region);
}

/* One pass over everything that can be asked, while another process overwrites the bytes that answer. */
static void ask_everything(const char *name, ism_region *region)
{
    ism_region_options soon = {.deadline = ism_deadline_after(ISM_MILLISECOND)};
    ism_region_options same = {.size = SIZE, .deadline = soon.deadline};
    ism_region *other;
    ism_region_info info;
    ism_mutex *mutex = ism_region_data(region);

    ism_status status = ism_region_open(name, &soon, &other);
    assert_true(status == ISM_OK || is_failure(status));
    if (status == ISM_OK)
        assert_int_equal(ism_region_close(other), ISM_OK);
    status = ism_region_open_or_create(name, &same, &other);
    assert_true(status == ISM_OK || is_failure(status));
    if (status == ISM_OK)
        assert_int_equal(ism_region_close(other), ISM_OK);
    status = ism_region_look(name, &info);
    assert_true(status == ISM_OK || is_failure(status));
    status = ism_region_get_info(region, &info);
    assert_true(status == ISM_OK || is_failure(status));
    assert_true(ism_region_size(region) <= SIZE);
    (void)leftovers_regions(name);
    assert_status(ism_region_tidy(NULL, NULL), ISM_OK);
    status = ism_mutex_lock_until(mutex, ism_deadline_after(ISM_MILLISECOND / 10));
    assert_true(status >= ISM_OK || is_failure(status));
    status = ism_mutex_unlock(mutex);
    assert_true(status == ISM_OK || is_failure(status));
}

static void e2_a_scribbling_peer_makes_nobody_crash_or_hang(void **state)
{
    enum { SEEDS = 10, ROUNDS = 30 };
    const char *name = NAME("x");
    const int seeds = backend_is("win32") ? 3 : SEEDS;

    (void)state;
    for (int seed = 0; seed < seeds; seed++) {
        char word[16];
        ism_region *region = create_region(name, SIZE);
        struct process *bystander = peer_obeying();
        assert_answer(ask(bystander, "open %s", name), "ISM_OK");
        (void)snprintf(word, sizeof word, "%d", seed);
        struct process *scribbler = peer_start("scribble", name, word, NULL);
        assert_answer(answer(scribbler), "ready");
        for (int round = 0; round < ROUNDS; round++) {
            tell(bystander, "look %s", name);
            ask_everything(name, region);
            (void)answer(bystander);
            tell(bystander, "open %s within=1", name);
            ask_everything(name, region);
            if (strcmp(answer(bystander), "ISM_OK") == 0)
                assert_answer(ask(bystander, "close"), "ISM_OK");
        }
        dismiss(scribbler);
        ism_status left = status_of_open(name, NULL);
        if (left != ISM_E_NOT_FOUND)
            assert_status(left, ISM_OK);
        assert_answer(ask(bystander, "close"), "ISM_OK");
        dismiss(bystander);
        close_region(region);
        assert_int_equal(leftovers_regions(name), 0);
    }
}

/* The region's own processes are all gone, its bytes are noise: it must not stay for ever. */
static void e2_what_a_scribbler_left_behind_is_freed_or_told(void **state)
{
    const char *name = NAME("x");
    static unsigned char original[OWN_BYTES];

    (void)state;
    ism_region *region = create_region(name, SIZE);
    memcpy(original, own_bytes(region), OWN_BYTES);
    memset(own_bytes(region), 0xa5, OWN_BYTES);
    assert_status(ism_region_close(region), ISM_OK);
    assert_status(status_of_open(name, NULL), ISM_E_NOT_FOUND);
    region = create_region(name, SIZE);
    close_region(region);
}

/* ---- E5 ---- */

static void e5_what_another_version_made_is_refused_and_not_changed(void **state)
{
    const uint32_t versions[] = {0, 2, 3, UINT32_MAX};
    const uint32_t features[] = {1, UINT32_C(1) << 31, UINT32_MAX};
    const char *name = NAME("x");
    static unsigned char original[OWN_BYTES], damaged[OWN_BYTES];

    (void)state;
    ism_region *region = create_region(name, SIZE);
    unsigned char *own = own_bytes(region);
    memcpy(original, own, OWN_BYTES);
    for (size_t i = 0; i < 7; i++) {
        ism_region_info info;
        ism_region *other;
        ism_region_options same = {.size = SIZE};
        memcpy(own + (i < 4 ? VERSION : FEATURES), i < 4 ? &versions[i] : &features[i - 4], 4);
        memcpy(damaged, own, OWN_BYTES);
        assert_status(status_of_open(name, NULL), ISM_E_VERSION);
        assert_status(ism_region_open_or_create(name, &same, &other), ISM_E_VERSION);
        assert_null(other);
        assert_status(ism_region_look(name, &info), ISM_E_VERSION);
        assert_status(ism_region_tidy(NULL, NULL), ISM_OK);
        assert_memory_equal(own, damaged, OWN_BYTES);
        memcpy(own, original, OWN_BYTES);
        assert_status(status_of_open(name, NULL), ISM_OK);
    }
    close_region(region);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        promise(e1_a_bad_name_is_told),
        promise(e1_a_name_that_is_too_long_is_told_and_cut),
        promise(e1_an_impossible_size_is_told),
        promise(e1_a_size_that_the_system_does_not_have_is_refused),
        promise(e1_a_null_is_told),
        promise(e1_an_unknown_flag_or_lifetime_is_told),
        promise(e1_what_is_not_there_or_in_the_way_is_told),
        promise(e1_each_thread_has_its_own_record_and_success_leaves_it),
        promise(e1_not_now_is_told_too),
        promise(e2_each_damaged_byte_of_what_never_changes_is_noticed),
        promise(e2_impossible_values_in_what_changes_are_noticed),
        promise(e2_a_wrong_size_written_by_another_is_never_believed),
        promise(e2_a_name_without_an_end_is_not_read_beyond_its_field),
        promise(e2_any_bytes_where_a_lock_should_be_end_in_a_status),
        promise(e2_a_lock_taken_away_leaves_a_region_that_can_be_closed),
        promise(e2_a_removal_that_was_only_written_frees_at_most_the_name),
        promise(e2_a_scribbling_peer_makes_nobody_crash_or_hang),
        promise(e2_what_a_scribbler_left_behind_is_freed_or_told),
        promise(e5_what_another_version_made_is_refused_and_not_changed),
    };
    return cmocka_run_group_tests_name("hostile", tests, NULL, NULL);
}
