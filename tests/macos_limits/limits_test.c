/* limits_test.c: objects of shared memory can do no more here than those of macOS, or the suite
 * that runs beside this would show nothing. The library is not used. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define PAGE 16384

static char name[32]; /* as long as a name may be */
static int object = -1;

static int make_object(void **state)
{
    (void)state;
    (void)snprintf(name, sizeof name, "/limits.%023ld", (long)getpid());
    object = shm_open(name, O_RDWR | O_CREAT | O_EXCL, 0640);
    return object == -1 ? -1 : 0;
}

static int free_object(void **state)
{
    (void)state;
    (void)close(object);
    return shm_unlink(name);
}

#define assert_refused(call, code)                                                                                     \
    do {                                                                                                               \
        errno = 0;                                                                                                     \
        assert_int_equal((intptr_t)(call), -1);                                                                        \
        assert_int_equal(errno, code);                                                                                 \
    } while (false)

static void names_have_room_for_31_bytes(void **state)
{
    (void)state;
    assert_int_equal(strlen(name), 31);
    assert_refused(shm_open("/limits.00000000000000000000000x", O_RDONLY, 0), ENAMETOOLONG);
    assert_refused(shm_unlink("/limits.00000000000000000000000x"), EINVAL);
}

static void a_size_is_given_once_and_rounded(void **state)
{
    struct stat found;

    (void)state;
    assert_refused(mmap(NULL, 1, PROT_READ, MAP_SHARED, object, 0), EINVAL);
    assert_int_equal(ftruncate(object, 5000), 0);
    assert_refused(ftruncate(object, 50000), EINVAL);
    assert_refused(ftruncate(object, 5000), EINVAL);
    assert_int_equal(fstat(object, &found), 0);
    assert_int_equal(found.st_size, PAGE);
    assert_int_equal(found.st_mode, 0640);
    assert_int_equal(found.st_uid, geteuid());
    assert_int_equal(found.st_ino, 0);
    assert_int_equal(sysconf(_SC_PAGESIZE), PAGE);
}

static void objects_can_only_be_mapped(void **state)
{
    struct flock lock = {.l_type = F_RDLCK, .l_whence = SEEK_SET};
    char byte = 0;

    (void)state;
    assert_refused(read(object, &byte, 1), ENXIO);
    assert_refused(write(object, &byte, 1), ENXIO);
    assert_refused(pread(object, &byte, 1, 0), ENXIO);
    assert_refused(pwrite(object, &byte, 1, 0), ENXIO);
    assert_refused(flock(object, LOCK_SH), ENOTSUP);
    assert_refused(fcntl(object, F_SETLK, &lock), EBADF);
    assert_refused(fcntl(object, F_OFD_SETLK, &lock), EBADF);
    assert_refused(fchmod(object, 0600), EINVAL);
    assert_int_equal(posix_fallocate(object, 0, 1), ENOSYS);
    assert_refused(mmap(NULL, PAGE + 1, PROT_READ, MAP_SHARED, object, 0), EINVAL);
    assert_refused(mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, object, 0), EINVAL);
    unsigned char *memory = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, object, 0);
    assert_true(memory != MAP_FAILED);
    memory[PAGE - 1] = 1;
    assert_refused(madvise(memory, PAGE, MADV_POPULATE_WRITE), EINVAL);
    assert_int_equal(munmap(memory, PAGE), 0);
}

static void there_is_no_folder_of_objects(void **state)
{
    struct stat found;

    (void)state;
    assert_null(opendir("/dev/shm"));
    assert_refused(open("/dev/shm", O_RDONLY), ENOENT);
    assert_refused(stat("/dev/shm", &found), ENOENT);
    assert_refused(memfd_create("x", 0), ENOSYS);
}

static void files_stay_files(void **state)
{
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    struct stat found;
    char byte = 'x';

    (void)state;
    FILE *file = tmpfile();
    assert_non_null(file);
    int descriptor = fileno(file);
    assert_int_equal(write(descriptor, &byte, 1), 1);
    assert_int_equal(ftruncate(descriptor, 5000), 0);
    assert_int_equal(ftruncate(descriptor, 6000), 0);
    assert_int_equal(fstat(descriptor, &found), 0);
    assert_int_equal(found.st_size, 6000);
    assert_true(S_ISREG(found.st_mode));
    assert_int_equal(fcntl(descriptor, F_OFD_SETLK, &lock), 0);
    assert_int_equal(fclose(file), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_have_room_for_31_bytes),
        cmocka_unit_test(a_size_is_given_once_and_rounded),
        cmocka_unit_test(objects_can_only_be_mapped),
        cmocka_unit_test(there_is_no_folder_of_objects),
        cmocka_unit_test(files_stay_files),
    };
    return cmocka_run_group_tests_name("macos limits", tests, make_object, free_object);
}
