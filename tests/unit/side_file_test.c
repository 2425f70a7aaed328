/* side_file_test.c: what others do to objects and their side files behind the library's back, which
 * no other lease can meet: either of the two is taken away, a name's first native name is another
 * name's. Whoever has a region keeps it, nobody gets another's, and the name can be used. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <ctype.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "posix/side_file.h"
#include "region/control.h"
#include "unix/user_folder.h"

#define SIZE 10000u

static const ism_region_options options = {.size = SIZE};
static char name[ISM_NAME_MAX + 1];
static char native[ISM_NATIVE_NAME_MAX + 1]; /* the first of that name */

static int choose_name(void **state)
{
    static unsigned count;
    (void)state;
    (void)snprintf(name, sizeof name, "test-%llu-side-file-%u", (unsigned long long)ism_process_id(), ++count);
    ism_memory_native_name(name, (struct ism_names){.shared = false}, 0, native);
    return 0;
}

static const char *side_file(const char *native_name)
{
    static char path[ISM_PATH_MAX + 1];
    char folder[ISM_USER_FOLDER_MAX + 1];
    ism_user_folder(folder);
    (void)snprintf(path, sizeof path, "%s%s", folder, native_name);
    return path;
}

static bool side_file_exists(const char *native_name)
{
    struct stat found;
    return lstat(side_file(native_name), &found) == 0;
}

static bool object_exists(const char *native_name)
{
    int object = shm_open(native_name, O_RDONLY, 0);
    if (object != -1)
        (void)close(object);
    return object != -1;
}

static int leaves_nothing(void **state)
{
    char candidate[ISM_NATIVE_NAME_MAX + 1];
    (void)state;
    for (unsigned i = 0; i < ism_backend_traits.candidates; i++) {
        ism_memory_native_name(name, (struct ism_names){.shared = false}, i, candidate);
        if (side_file_exists(candidate) || object_exists(candidate))
            return -1;
    }
    return 0;
}

static ism_region *create(unsigned char content)
{
    ism_region *region = NULL;
    assert_int_equal(ism_region_create(name, &options, &region), ISM_OK);
    memset(ism_region_data(region), content, SIZE);
    return region;
}

static bool holds(const ism_region *region, unsigned char content)
{
    const unsigned char *data = ism_region_data(region);
    return data[0] == content && data[SIZE - 1] == content;
}

static void assert_not_there(void)
{
    ism_region *region;
    assert_int_equal(ism_region_open(name, NULL, &region), ISM_E_NOT_FOUND);
    assert_int_equal(ism_region_remove(name), ISM_E_NOT_FOUND);
    assert_int_equal(ism_region_tidy(NULL, NULL), ISM_OK);
}

/* Beside a region that can't be found any more a new one of that name is made; neither harms the
 * other. */
static void assert_another_can_be_made(ism_region *old, unsigned char content)
{
    ism_region *opened = NULL;
    assert_not_there();
    ism_region *made = create(2);
    assert_string_not_equal(ism_region_native_name(made), ism_region_native_name(old));
    assert_int_equal(ism_region_open(name, NULL, &opened), ISM_OK);
    assert_true(holds(opened, 2));
    assert_true(holds(old, content));
    assert_int_equal(ism_region_close(opened), ISM_OK);
    assert_int_equal(ism_region_close(made), ISM_OK);
    assert_not_there();
    assert_true(holds(old, content));
}

static void r1_native_names_are_short_and_the_same_in_any_case(void **state)
{
    char long_name[ISM_NAME_MAX + 1] = {0}, upper[ISM_NATIVE_NAME_MAX + 1], lower[ISM_NATIVE_NAME_MAX + 1];

    (void)state;
    memset(long_name, 'N', ISM_NAME_MAX);
    ism_memory_native_name(long_name, (struct ism_names){.shared = false}, 0, upper);
    memset(long_name, 'n', ISM_NAME_MAX);
    ism_memory_native_name(long_name, (struct ism_names){.shared = false}, 0, lower);
    assert_in_range(strlen(upper), 1, 30);
    assert_string_not_equal(upper, lower);
    for (const char *byte = upper; *byte != '\0'; byte++)
        assert_false(isupper((unsigned char)*byte));
}

static void r6_an_object_without_side_file_is_lost_not_stale(void **state)
{
    (void)state;
    ism_region *region = create(1);
    assert_int_equal(unlink(side_file(native)), 0);
    assert_another_can_be_made(region, 1);
    assert_true(object_exists(native));
    assert_int_equal(ism_region_close(region), ISM_OK);
    assert_false(object_exists(native));
    region = create(3);
    assert_string_equal(ism_region_native_name(region), native);
    assert_int_equal(ism_region_close(region), ISM_OK);
}

/* As macOS does when a user logs out. */
static void r6_an_object_that_was_taken_away_is_kept_by_who_has_it(void **state)
{
    (void)state;
    ism_region *region = create(1);
    assert_int_equal(shm_unlink(native), 0);
    assert_another_can_be_made(region, 1);
    assert_true(side_file_exists(native));
    assert_int_equal(ism_region_close(region), ISM_OK);
    assert_false(side_file_exists(native));
}

/* As after a restart of the system, or a kill between the two unlinks. */
static void r6_a_side_file_that_is_left_alone_is_stale(void **state)
{
    ism_region_options persistent = {.size = SIZE, .lifetime = ISM_LIFETIME_PERSISTENT};
    ism_region *region = NULL;

    (void)state;
    assert_int_equal(ism_region_create(name, &persistent, &region), ISM_OK);
    assert_int_equal(ism_region_close(region), ISM_OK);
    assert_int_equal(shm_unlink(native), 0);
    assert_int_equal(ism_region_open(name, NULL, &region), ISM_E_NOT_FOUND);
    region = create(1);
    assert_int_equal(ism_region_close(region), ISM_OK);
    assert_not_there();
    assert_false(side_file_exists(native));
}

/* As after a kill of a creator: before its object was there, and before that was told. */
static void r6_what_a_killed_creator_left_is_stale(void **state)
{
    (void)state;
    for (int is_made = 0; is_made < 2; is_made++) {
        int descriptor = open(side_file(native), O_RDWR | O_CREAT | O_EXCL, 0600);
        assert_int_not_equal(descriptor, -1);
        assert_int_equal(close(descriptor), 0);
        if (is_made) {
            int object = shm_open(native, O_RDWR | O_CREAT | O_EXCL, 0600);
            assert_int_not_equal(object, -1);
            assert_int_equal(close(object), 0);
        }
        assert_not_there();
        assert_false(side_file_exists(native));
        assert_false(object_exists(native));
    }
}

static void r8_what_is_no_side_file_is_left_alone(void **state)
{
    static const char text[] = "what somebody has put here is as long as the head of a side file";
    struct stat found;

    (void)state;
    int descriptor = open(side_file(native), O_RDWR | O_CREAT | O_EXCL, 0600);
    assert_int_equal(write(descriptor, text, sizeof text), sizeof text);
    ism_region *region = create(1);
    assert_string_not_equal(ism_region_native_name(region), native);
    assert_int_equal(ism_region_close(region), ISM_OK);
    assert_not_there();
    assert_int_equal(fstat(descriptor, &found), 0);
    assert_int_equal(found.st_nlink, 1);
    assert_int_equal(found.st_size, sizeof text);
    assert_int_equal(close(descriptor), 0);
    assert_int_equal(unlink(side_file(native)), 0);

    assert_int_equal(symlink("/nowhere/at/all", side_file(native)), 0);
    region = create(1);
    assert_string_not_equal(ism_region_native_name(region), native);
    assert_int_equal(ism_region_close(region), ISM_OK);
    assert_true(side_file_exists(native));
    assert_int_equal(unlink(side_file(native)), 0);
}

/* No two names with the same hash are known, so another name's region is made under this one's
 * native name. */
static void r1_a_native_name_that_is_another_names_is_passed_by(void **state)
{
    struct ism_control control;
    struct ism_memory other;
    struct ism_cause why = {NULL, 0};
    uint64_t offset, length;

    (void)state;
    assert_true(ism_control_place(SIZE, &offset, &length));
    const struct ism_memory_plan plan = {.length = length};
    assert_int_equal(ism_lease_begin((struct ism_names){.shared = false}, &why), ISM_OK);
    assert_int_equal(ism_memory_create(native, &plan, &other, &why), ISM_OK);
    assert_int_equal(ism_lease_take(&other, &why), ISM_OK);
    assert_int_equal(ism_memory_map(&other, &why), ISM_OK);
    ism_control_fill(&control, "another-name", &options, 1, 1, 0);
    assert_int_equal(ism_control_write(&other, &control, &why), ISM_OK);
    assert_int_equal(ism_control_publish(&other, &why), ISM_OK);
    ism_lease_end();

    assert_not_there();
    ism_region *region = create(1);
    assert_string_not_equal(ism_region_native_name(region), native);
    ism_region *opened = NULL;
    assert_int_equal(ism_region_open(name, NULL, &opened), ISM_OK);
    assert_true(holds(opened, 1));
    assert_int_equal(ism_region_close(opened), ISM_OK);
    assert_int_equal(ism_region_remove(name), ISM_OK);
    assert_int_equal(ism_region_close(region), ISM_OK);
    assert_true(object_exists(native));

    assert_int_equal(ism_lease_begin((struct ism_names){.shared = false}, &why), ISM_OK);
    ism_lease_leave(&other, true);
    ism_lease_end();
}

static void e5_a_side_file_of_another_version_is_refused(void **state)
{
    const uint32_t version = 2;
    ism_region *region = NULL, *other = NULL;

    (void)state;
    region = create(1);
    int descriptor = open(side_file(native), O_RDWR);
    assert_int_equal(pwrite(descriptor, &version, sizeof version, 8), sizeof version);
    assert_int_equal(ism_region_open(name, NULL, &other), ISM_E_VERSION);
    assert_int_equal(ism_region_create(name, &options, &other), ISM_E_VERSION);
    assert_int_equal(ism_region_remove(name), ISM_E_VERSION);
    assert_true(holds(region, 1));
    assert_int_equal(close(descriptor), 0);
    assert_int_equal(ism_region_close(region), ISM_OK);
}

/* A side file that tells of more than there is. */
static void e2_a_wrong_length_is_noticed(void **state)
{
    const uint64_t lengths[] = {1, SIZE, UINT64_C(1) << 40, UINT64_MAX, UINT64_MAX - 4095, INT64_MAX};
    ism_region *other = NULL;

    (void)state;
    ism_region *region = create(1);
    int descriptor = open(side_file(native), O_RDWR);
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        assert_int_equal(pwrite(descriptor, &lengths[i], 8, 16), 8);
        ism_status status = ism_region_open(name, NULL, &other);
        assert_true(status == ISM_E_FOREIGN || status == ISM_E_CORRUPT || status == ISM_E_SIZE);
        assert_null(other);
    }
    assert_true(holds(region, 1));
    assert_int_equal(close(descriptor), 0);
    assert_int_equal(ism_region_close(region), ISM_OK);
}

enum plant { PLANT_BYTES, PLANT_LINK, PLANT_PIPE, PLANT_FOLDER, PLANTS };

/* Make that where a shared region's side file would be; other is the path of a file to link to. */
static bool plant(enum plant kind, const char *path, const char *other)
{
    static const char bytes[] = "0123456789012345678901234567890123456789012345678901234567890123456789";
    int file;

    switch (kind) {
    case PLANT_LINK:
        return link(other, path) == 0;
    case PLANT_PIPE:
        return mkfifo(path, 0666) == 0;
    case PLANT_FOLDER:
        return mkdir(path, 0777) == 0;
    default:
        file = open(path, O_WRONLY | O_CREAT | O_EXCL, 0666);
        return file != -1 && write(file, bytes, sizeof bytes) == (ssize_t)sizeof bytes && close(file) == 0;
    }
}

/* Any user may put something where the side file of a shared region would be. */
static void r8_what_is_planted_among_shared_side_files_is_left_alone(void **state)
{
    const ism_region_options shared = {.size = SIZE, .access = ISM_ACCESS_EVERYONE};
    char first[ISM_NATIVE_NAME_MAX + 1], path[ISM_PATH_MAX + 1], other[ISM_PATH_MAX + 1];
    char file[ISM_NAME_MAX + 2];

    (void)state;
    ism_memory_native_name(name, (struct ism_names){.shared = true}, 0, first);
    assert_in_range(strlen(first), 1, 30);
    ism_side_file_path(first, path);
    (void)snprintf(file, sizeof file, "/%s", name);
    (void)snprintf(other, sizeof other, "%s", side_file(file));
    assert_true(plant(PLANT_BYTES, other, NULL) && truncate(other, 3) == 0);
    for (enum plant kind = PLANT_BYTES; kind < PLANTS; kind++) {
        struct stat before, after;
        ism_region *region = NULL, *opened = NULL;
        assert_true(plant(kind, path, other));
        assert_int_equal(lstat(path, &before), 0);
        assert_int_equal(ism_region_open(name, &shared, &region), ISM_E_NOT_FOUND);
        assert_int_equal(ism_region_create(name, &shared, &region), ISM_OK);
        assert_string_not_equal(ism_region_native_name(region), first);
        assert_int_equal(ism_region_open(name, &shared, &opened), ISM_OK);
        assert_int_equal(ism_region_tidy(NULL, NULL), ISM_OK);
        assert_int_equal(ism_region_close(opened), ISM_OK);
        assert_int_equal(ism_region_close(region), ISM_OK);
        assert_int_equal(lstat(path, &after), 0);
        assert_true(before.st_ino == after.st_ino && before.st_size == after.st_size &&
                    before.st_mode == after.st_mode);
        assert_int_equal(remove(path), 0);
    }
    assert_int_equal(remove(other), 0);
}

#define side_file_test(test) cmocka_unit_test_setup_teardown(test, choose_name, leaves_nothing)

int main(void)
{
    const struct CMUnitTest tests[] = {
        side_file_test(r1_native_names_are_short_and_the_same_in_any_case),
        side_file_test(r1_a_native_name_that_is_another_names_is_passed_by),
        side_file_test(r6_an_object_without_side_file_is_lost_not_stale),
        side_file_test(r6_an_object_that_was_taken_away_is_kept_by_who_has_it),
        side_file_test(r6_a_side_file_that_is_left_alone_is_stale),
        side_file_test(r6_what_a_killed_creator_left_is_stale),
        side_file_test(r8_what_is_no_side_file_is_left_alone),
        side_file_test(r8_what_is_planted_among_shared_side_files_is_left_alone),
        side_file_test(e2_a_wrong_length_is_noticed),
        side_file_test(e5_a_side_file_of_another_version_is_refused),
    };
    return cmocka_run_group_tests_name("side files", tests, NULL, NULL);
}
