/* planted_test.c: one of the user's own files stands, by a second name that somebody else gave it, where a file of
 * the library's is to be. Systems allow that to whoever may write such a file, and some to everybody. It is refused,
 * and stays as it is. Both files lie in a folder of the test's own here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "unix/user_file.h"
#include "unix/user_folder.h"
#include "unix/user_id.h"

#undef ISM_RUNTIME_DIRECTORY
#define ISM_RUNTIME_DIRECTORY "."
#include "unix/shared_file.c"

#define SECRET "secret"
#define SIZE 4096

/* In place of the library's. */
void ism_user_folder(char path[ISM_USER_FOLDER_MAX + 1])
{
    (void)snprintf(path, ISM_USER_FOLDER_MAX + 1, ".");
}

ism_status ism_user_folder_make(struct ism_cause *why)
{
    (void)why;
    return ISM_OK;
}

static char folder[] = "/tmp/isthmus-test-XXXXXX";

static int enter_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) != NULL && chdir(folder) == 0 ? 0 : -1;
}

static int leave_folder(void **state)
{
    (void)state;
    give_up();
    return chdir("/") == 0 && rmdir(folder) == 0 ? 0 : -1;
}

static void make_file(const char *path, mode_t mode, size_t size)
{
    int descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    assert_int_not_equal(descriptor, -1);
    assert_int_equal(fchmod(descriptor, mode), 0);
    assert_int_equal(ftruncate(descriptor, (off_t)size), 0);
    assert_int_equal(close(descriptor), 0);
}

static void assert_file(const char *path, mode_t mode, size_t size)
{
    struct stat found;
    assert_int_equal(stat(path, &found), 0);
    assert_int_equal(found.st_mode & 07777, mode);
    assert_int_equal(found.st_size, size);
}

static void assert_shared_file(ism_status expected)
{
    struct ism_cause why = {NULL, 0};
    uint64_t identity, id;
    ism_status status = ism_shared_file_lock_names(&why);
    assert_int_equal(status, expected);
    if (status != ISM_OK)
        return;
    assert_int_equal(ism_shared_file_tell(&identity, &id, &why), ISM_OK);
    ism_shared_file_unlock_names();
    give_up();
}

static void r8_a_file_that_was_linked_in_is_not_opened_to_everyone(void **state)
{
    static const size_t sizes[] = {0, SIZE};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        make_file(SECRET, 0600, sizes[i]);
        assert_int_equal(link(SECRET, "isthmus.all"), 0);
        assert_shared_file(ISM_E_FOREIGN);
        assert_file(SECRET, 0600, sizes[i]);
        assert_int_equal(unlink(SECRET), 0);
        assert_int_equal(unlink("isthmus.all"), 0);
    }
}

static void r8_a_file_that_is_in_use_is_not_opened_to_everyone(void **state)
{
    (void)state;
    make_file("isthmus.all", 0660, SIZE);
    assert_shared_file(ISM_E_FOREIGN);
    assert_file("isthmus.all", 0660, SIZE);
    assert_int_equal(unlink("isthmus.all"), 0);
}

/* Its maker died between making it and giving it its mode; or had a strict umask. */
static void r8_a_file_that_lacks_its_mode_gets_it(void **state)
{
    (void)state;
    make_file("isthmus.all", 0600, 0);
    assert_shared_file(ISM_OK);
    assert_file("isthmus.all", 0666, sizeof(uint64_t));
    assert_int_equal(unlink("isthmus.all"), 0);
    mode_t before = umask(077);
    assert_shared_file(ISM_OK);
    (void)umask(before);
    assert_file("isthmus.all", 0666, sizeof(uint64_t));
    assert_int_equal(unlink("isthmus.all"), 0);
}

static void plant(const char *path, const char *kind)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strcmp(kind, "folder") == 0) {
        assert_int_equal(mkdir(path, 0777), 0);
    } else if (strcmp(kind, "pipe") == 0) {
        assert_int_equal(mkfifo(path, 0666), 0);
    } else if (strcmp(kind, "link") == 0) {
        assert_int_equal(symlink(SECRET, path), 0);
    } else {
        int socket_descriptor = socket(AF_UNIX, SOCK_STREAM, 0);
        (void)snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
        assert_int_not_equal(socket_descriptor, -1);
        assert_int_equal(bind(socket_descriptor, (struct sockaddr *)&address, sizeof address), 0);
        assert_int_equal(close(socket_descriptor), 0);
    }
}

static void e2_what_is_no_file_is_foreign(void **state)
{
    static const char *const kinds[] = {"folder", "pipe", "link", "socket"};
    struct ism_cause why = {NULL, 0};
    char path[64];
    uint64_t id;

    (void)state;
    (void)snprintf(path, sizeof path, "isthmus.%lu", (unsigned long)ism_user_id());
    for (size_t i = 0; i < 4; i++) {
        plant("isthmus.all", kinds[i]);
        assert_shared_file(ISM_E_FOREIGN);
        assert_int_equal(remove("isthmus.all"), 0);
        plant(path, kinds[i]);
        assert_int_equal(ism_user_file_use(&id, &why), ISM_E_FOREIGN);
        assert_int_equal(remove(path), 0);
    }
}

/* Whoever locks it for good has a moment; it may be another user, whose file it is. */
static void e2_a_locked_file_makes_nobody_wait_for_long(void **state)
{
    const uint64_t lease = UINT64_C(1) << 40;
    struct ism_cause why = {NULL, 0};
    char path[64];
    uint64_t id;

    (void)state;
    (void)snprintf(path, sizeof path, "isthmus.%lu", (unsigned long)ism_user_id());
    make_file(path, 0666, SIZE);
    int descriptor = open(path, O_RDWR | O_CLOEXEC);
    assert_int_equal(ism_record_lock(descriptor, F_WRLCK, lease, 1, &why), ISM_OK);
    assert_int_equal(ism_user_file_use(&id, &why), ISM_E_TIMED_OUT);
    if (chown(path, ism_user_id() + 1, (gid_t)-1) == 0)
        assert_int_equal(ism_user_file_use(&id, &why), ISM_E_FOREIGN);
    assert_int_equal(close(descriptor), 0);
    assert_int_equal(unlink(path), 0);
}

static void e2_a_file_that_was_linked_in_is_not_overwritten(void **state)
{
    struct ism_cause why = {NULL, 0};
    char path[64];
    uint64_t id;

    (void)state;
    (void)snprintf(path, sizeof path, "isthmus.%lu", (unsigned long)ism_user_id());
    make_file(SECRET, 0640, SIZE);
    assert_int_equal(link(SECRET, path), 0);
    assert_int_equal(ism_user_file_use(&id, &why), ISM_E_FOREIGN);
    assert_file(SECRET, 0640, SIZE);
    assert_int_equal(unlink(SECRET), 0);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(ism_user_file_use(&id, &why), ISM_OK);
    ism_user_file_leave();
    assert_int_equal(unlink(path), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(r8_a_file_that_was_linked_in_is_not_opened_to_everyone),
        cmocka_unit_test(r8_a_file_that_is_in_use_is_not_opened_to_everyone),
        cmocka_unit_test(r8_a_file_that_lacks_its_mode_gets_it),
        cmocka_unit_test(e2_what_is_no_file_is_foreign),
        cmocka_unit_test(e2_a_locked_file_makes_nobody_wait_for_long),
        cmocka_unit_test(e2_a_file_that_was_linked_in_is_not_overwritten),
    };
    return cmocka_run_group_tests_name("planted", tests, enter_folder, leave_folder);
}
