/* native_posix.c: POSIX and System V objects by the system's own calls. A native name that begins with 0x
 * is a System V key; any other is what shm_open() takes. */
#include "native.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#define NOBODY 65534

struct native_object {
    char name[256];
    bool system_v;
    int id;      /* System V */
    ino_t inode; /* POSIX */
};

static bool is_system_v(const char *name, key_t *key)
{
    if (strncmp(name, "0x", 2) != 0)
        return false;
    *key = (key_t)(int)(unsigned)strtoul(name + 2, NULL, 16);
    return true;
}

static bool plant_segment(struct native_object *object, key_t key, const void *bytes, size_t size)
{
    object->system_v = true;
    object->id = shmget(key, size > 0 ? size : 1, IPC_CREAT | IPC_EXCL | 0666);
    if (object->id == -1)
        return false;
    void *memory = shmat(object->id, NULL, 0);
    if (memory == (void *)-1)
        return false;
    memcpy(memory, bytes, size);
    (void)shmdt(memory);
    return true;
}

/* Objects can be written and read only by mapping them, where they are no files. */
static bool put_bytes(int descriptor, const void *bytes, size_t size)
{
    if (size == 0)
        return true;
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
    if (memory == MAP_FAILED)
        return false;
    memcpy(memory, bytes, size);
    (void)munmap(memory, size);
    return true;
}

static bool has_bytes(int descriptor, const void *bytes, size_t size)
{
    if (size == 0)
        return true;
    void *memory = mmap(NULL, size, PROT_READ, MAP_SHARED, descriptor, 0);
    if (memory == MAP_FAILED)
        return false;
    bool same = memcmp(memory, bytes, size) == 0;
    (void)munmap(memory, size);
    return same;
}

/* What of its size the system tells: the bytes, or whole pages. */
static bool has_size(const struct stat *stat, size_t size)
{
    off_t page = (off_t)sysconf(_SC_PAGESIZE), bytes = (off_t)size;
    return stat->st_size == bytes || stat->st_size == (bytes + page - 1) / page * page;
}

static bool make_file(const char *name, const void *bytes, size_t size, ino_t *inode)
{
    struct stat stat;
    int descriptor = shm_open(name, O_CREAT | O_EXCL | O_RDWR, 0666);

    if (descriptor == -1)
        return false;
    (void)fchmod(descriptor, 0666); /* the umask may have taken some; where that can't be mended it takes none */
    bool done = (size == 0 || ftruncate(descriptor, (off_t)size) == 0) && put_bytes(descriptor, bytes, size) &&
                fstat(descriptor, &stat) == 0;
    if (done)
        *inode = stat.st_ino;
    (void)close(descriptor);
    return done;
}

/* Where objects are files it gets its name when it is whole: what is empty under a region's name looks like a dead
 * creator's, and any process that tidies meanwhile would free it. */
static bool plant_file(struct native_object *object, const void *bytes, size_t size)
{
    char draft[64], from[80], to[300];

    (void)snprintf(draft, sizeof draft, "/planted.%ld", (long)getpid());
    (void)snprintf(from, sizeof from, "/dev/shm%s", draft);
    (void)snprintf(to, sizeof to, "/dev/shm%s", object->name);
    bool is_made = make_file(draft, bytes, size, &object->inode);
    int code = is_made && link(from, to) == 0 ? 0 : errno;
    (void)shm_unlink(draft);
    if (!is_made || code == 0)
        return is_made;
    return code == ENOENT && make_file(object->name, bytes, size, &object->inode);
}

struct native_object *native_plant(const char *native_name, const void *bytes, size_t size)
{
    key_t key;
    struct native_object *object = calloc(1, sizeof *object);

    if (object == NULL)
        return NULL;
    (void)snprintf(object->name, sizeof object->name, "%s", native_name);
    if (is_system_v(native_name, &key) ? plant_segment(object, key, bytes, size) : plant_file(object, bytes, size))
        return object;
    free(object);
    return NULL;
}

/* Segments share their keys with nothing else; among files a pipe is one of another kind. */
struct native_object *native_plant_other_kind(const char *native_name, unsigned kind)
{
    key_t key;
    char path[300];
    struct native_object *object = calloc(1, sizeof *object);

    if (object == NULL)
        return NULL;
    (void)snprintf(object->name, sizeof object->name, "%s", native_name);
    (void)snprintf(path, sizeof path, "/dev/shm%s", native_name);
    if (kind == 0 && !is_system_v(native_name, &key) && mkfifo(path, 0600) == 0)
        return object;
    free(object);
    return NULL;
}

/* Who has made a segment stays its creator. */
struct native_object *native_plant_as_other(const char *native_name, const void *bytes, size_t size, bool is_shut)
{
    key_t key;
    if (is_system_v(native_name, &key))
        return NULL;
    struct native_object *object = native_plant(native_name, bytes, size);
    if (object == NULL)
        return NULL;
    int descriptor = shm_open(native_name, O_RDONLY, 0);
    bool is_given =
        descriptor != -1 && fchmod(descriptor, is_shut ? 0600 : 0666) == 0 && fchown(descriptor, NOBODY, NOBODY) == 0;
    if (descriptor != -1)
        (void)close(descriptor);
    if (is_given)
        return object;
    native_uproot(object);
    return NULL;
}

static bool segment_untouched(const struct native_object *object, const void *bytes, size_t size)
{
    key_t key;
    if (!is_system_v(object->name, &key) || shmget(key, 0, 0) != object->id)
        return false;
    void *memory = shmat(object->id, NULL, SHM_RDONLY);
    if (memory == (void *)-1)
        return false;
    bool same = memcmp(memory, bytes, size) == 0;
    (void)shmdt(memory);
    return same;
}

static bool file_untouched(const struct native_object *object, const void *bytes, size_t size)
{
    struct stat stat;
    int descriptor = shm_open(object->name, O_RDONLY, 0);
    bool same = descriptor != -1 && fstat(descriptor, &stat) == 0 && stat.st_ino == object->inode &&
                has_size(&stat, size) && has_bytes(descriptor, bytes, size);
    if (descriptor != -1)
        (void)close(descriptor);
    return same;
}

bool native_untouched(const struct native_object *object, const void *bytes, size_t size)
{
    return object->system_v ? segment_untouched(object, bytes, size) : file_untouched(object, bytes, size);
}

void native_uproot(struct native_object *object)
{
    if (object->system_v)
        (void)shmctl(object->id, IPC_RMID, NULL);
    else
        (void)shm_unlink(object->name);
    free(object);
}

bool native_plant_link(const char *path, const char *target)
{
    return symlink(target, path) == 0;
}

bool native_file_exists(const char *path)
{
    struct stat stat;
    return lstat(path, &stat) == 0;
}

bool native_remove_file(const char *path)
{
    return unlink(path) == 0;
}

unsigned native_files(const char *beginning, bool removes)
{
    unsigned count = 0;
    DIR *folder = opendir(".");
    const struct dirent *entry;

    while (folder != NULL && (entry = readdir(folder)) != NULL)
        if (strncmp(entry->d_name, beginning, strlen(beginning)) == 0) {
            count++;
            if (removes)
                (void)unlink(entry->d_name);
        }
    if (folder != NULL)
        (void)closedir(folder);
    return count;
}

#ifdef __linux__

static uint64_t populated_segments(void)
{
    struct shm_info used;
    if (shmctl(0, SHM_INFO, (struct shmid_ds *)(void *)&used) == -1)
        return 0;
    return (uint64_t)used.shm_rss * (uint64_t)sysconf(_SC_PAGESIZE);
}

static unsigned count_segments(void)
{
    struct shm_info used;
    return shmctl(0, SHM_INFO, (struct shmid_ds *)(void *)&used) == -1 ? 0 : (unsigned)used.used_ids;
}

union semaphore_argument { /* every program defines it itself */
    int value;
    struct seminfo *info;
};

static unsigned count_semaphore_sets(void)
{
    struct seminfo used;
    union semaphore_argument argument = {.info = &used};
    return semctl(0, 0, SEM_INFO, argument) == -1 ? 0 : (unsigned)used.semusz;
}

#else

static uint64_t populated_segments(void)
{
    return 0;
}

static unsigned count_segments(void)
{
    return 0;
}

static unsigned count_semaphore_sets(void)
{
    return 0;
}

#endif

static unsigned count_files(void)
{
    DIR *directory = opendir("/dev/shm");
    const struct dirent *entry;
    unsigned count = 0;

    if (directory == NULL)
        return 0;
    while ((entry = readdir(directory)) != NULL)
        count += entry->d_name[0] != '.';
    (void)closedir(directory);
    return count;
}

struct native_counts native_count(void)
{
    return (struct native_counts){count_files(), count_segments(), count_semaphore_sets()};
}

uint64_t native_populated(const char *native_name)
{
    key_t key;
    struct stat stat;

    if (is_system_v(native_name, &key))
        return populated_segments();
    int descriptor = shm_open(native_name, O_RDONLY, 0);
    if (descriptor == -1)
        return 0;
    bool known = fstat(descriptor, &stat) == 0;
    (void)close(descriptor);
    return known ? (uint64_t)stat.st_blocks * 512 : 0;
}

bool native_owner_only(const char *native_name)
{
    key_t key;
    struct shmid_ds segment;
    struct stat stat;

    if (is_system_v(native_name, &key))
        return shmctl(shmget(key, 0, 0), IPC_STAT, &segment) == 0 && (segment.shm_perm.mode & 0777) == 0600 &&
               segment.shm_perm.uid == geteuid();
    int descriptor = shm_open(native_name, O_RDONLY, 0);
    if (descriptor == -1)
        return false;
    bool right = fstat(descriptor, &stat) == 0 && (stat.st_mode & 0777) == 0600 && stat.st_uid == geteuid();
    (void)close(descriptor);
    return right;
}

/* A restart is played by ci/reboot: here nothing less than the system itself forgets. */
bool native_restart(const char *path)
{
    (void)path;
    return false;
}

uint64_t native_committed(const void *address, uint64_t length)
{
    (void)address;
    (void)length;
    return UINT64_MAX;
}

bool native_allow_regions(unsigned count)
{
    struct rlimit limit;
    bool are_segments = strcmp(ISTHMUS_BACKEND_NAME, "sysv") == 0;

    if (getrlimit(RLIMIT_NOFILE, &limit) == -1)
        return false;
    limit.rlim_cur = limit.rlim_max;
    return setrlimit(RLIMIT_NOFILE, &limit) == 0 &&
           (are_segments ? native_allow_segments(count)
                         : limit.rlim_cur == RLIM_INFINITY || limit.rlim_cur > count + 64);
}

bool native_confine_locking(void)
{
    const struct rlimit none = {0, 0};
    return !NATIVE_PLAYS_LOCKING && setrlimit(RLIMIT_MEMLOCK, &none) == 0 &&
           (geteuid() != 0 || native_become_other_user());
}

bool native_confine_handles(unsigned more)
{
    struct rlimit limit;
    int highest = -1;

    for (int descriptor = 0; descriptor < 4096; descriptor++)
        if (fcntl(descriptor, F_GETFD) != -1)
            highest = descriptor;
    if (getrlimit(RLIMIT_NOFILE, &limit) == -1)
        return false;
    limit.rlim_cur = (rlim_t)(highest + 1) + more;
    return setrlimit(RLIMIT_NOFILE, &limit) == 0;
}

void native_release_handles(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) == -1)
        return;
    limit.rlim_cur = limit.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &limit);
}

bool native_confine_addresses(uint64_t more)
{
    unsigned long long pages;
    struct rlimit limit;
    FILE *file = fopen("/proc/self/statm", "re");

    if (file == NULL)
        return false;
    bool known = fscanf(file, "%llu", &pages) == 1;
    (void)fclose(file);
    if (!known || getrlimit(RLIMIT_AS, &limit) == -1)
        return false;
    limit.rlim_cur = (rlim_t)(pages * (unsigned long long)sysconf(_SC_PAGESIZE) + more);
    if (setrlimit(RLIMIT_AS, &limit) == -1)
        return false;

    /* qemu-user grants the limit and does not keep it. */
    void *beyond = mmap(NULL, (size_t)more * 2, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (beyond != MAP_FAILED)
        (void)munmap(beyond, (size_t)more * 2);
    return beyond == MAP_FAILED;
}

bool native_become_other_user(void)
{
    return geteuid() == 0 && setgid(NOBODY) == 0 && setuid(NOBODY) == 0;
}

bool native_become(unsigned user, unsigned group)
{
    const gid_t groups[] = {(gid_t)group};
    return geteuid() == 0 && setgroups(1, groups) == 0 && setgid((gid_t)group) == 0 && setuid((uid_t)user) == 0;
}

bool native_set_umask(unsigned mask)
{
    (void)umask((mode_t)mask);
    return true;
}

unsigned native_mode(const char *native_name)
{
    key_t key;
    struct shmid_ds segment;
    struct stat stat;

    if (is_system_v(native_name, &key))
        return shmctl(shmget(key, 0, 0), IPC_STAT, &segment) == 0 ? segment.shm_perm.mode & 0777u : 0;
    int descriptor = shm_open(native_name, O_RDONLY, 0);
    if (descriptor == -1)
        return 0;
    unsigned mode = fstat(descriptor, &stat) == 0 ? stat.st_mode & 07777u : 0;
    (void)close(descriptor);
    return mode;
}

bool native_change_mode(const char *native_name, unsigned mode)
{
    key_t key;
    struct shmid_ds segment;

    if (is_system_v(native_name, &key)) {
        int id = shmget(key, 0, 0);
        if (shmctl(id, IPC_STAT, &segment) == -1)
            return false;
        segment.shm_perm.mode = (unsigned short)mode;
        return shmctl(id, IPC_SET, &segment) == 0;
    }
    int descriptor = shm_open(native_name, O_RDONLY, 0);
    if (descriptor == -1)
        return false;
    bool done = fchmod(descriptor, (mode_t)mode) == 0;
    (void)close(descriptor);
    return done;
}

bool native_give_away(const char *native_name)
{
    (void)native_name;
    return false;
}

bool native_allow_writing(const char *native_name, bool allow)
{
    return native_change_mode(native_name, allow ? 0600 : 0400);
}

#ifdef __linux__
/* What SHM_STAT does not tell of a segment. */
static uint64_t segment_memory(key_t key)
{
    char line[512];
    unsigned long long found = 0;
    FILE *file = fopen("/proc/sysvipc/shm", "re");

    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        long its_key;
        unsigned long long resident;
        if (sscanf(line, "%ld %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %llu", &its_key, &resident) == 2 &&
            (key_t)its_key == key)
            found = resident;
    }
    if (file != NULL)
        (void)fclose(file);
    return found;
}
#else
static uint64_t segment_memory(key_t key)
{
    (void)key;
    return 0;
}
#endif

uint64_t native_memory(const char *native_name)
{
    key_t key;
    struct stat stat;

    if (is_system_v(native_name, &key))
        return segment_memory(key);
    int descriptor = shm_open(native_name, O_RDONLY, 0);
    if (descriptor == -1)
        return 0;
    uint64_t memory = fstat(descriptor, &stat) == 0 ? (uint64_t)stat.st_blocks * 512 : 0;
    (void)close(descriptor);
    return memory;
}

bool native_plant_odd(const char *path, const char *kind)
{
    if (strcmp(kind, "folder") == 0)
        return mkdir(path, 0777) == 0;
    if (strcmp(kind, "pipe") == 0)
        return mkfifo(path, 0666) == 0;
    int descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (descriptor == -1)
        return false;
    bool done = fchmod(descriptor, strcmp(kind, "setuid") == 0 ? 04666 : 0600) == 0 &&
                ftruncate(descriptor, 12288) == 0 && pwrite(descriptor, "other", 5, 8192) == 5;
    (void)close(descriptor);
    return done;
}

bool native_remove_odd(const char *path)
{
    return remove(path) == 0;
}

/* A set of semaphores and a segment, of one key. */
static bool remove_semaphores(unsigned long kind, unsigned long number)
{
    const key_t key = (key_t)(kind << 24 | (number & 0xffffff));
    bool set = semctl(semget(key, 0, 0), 0, IPC_RMID) == 0;
    return shmctl(shmget(key, 0, 0), IPC_RMID, NULL) == 0 && set;
}

/* Where regions are files, it lies among them; otherwise in a folder of the user's. */
bool native_remove_life_table(void)
{
    const unsigned long user = (unsigned long)geteuid();
    if (strcmp(ISTHMUS_LIFE_NAME, "undo") == 0)
        return remove_semaphores('u', user);
    char among[64], apart[64];
    (void)snprintf(among, sizeof among, "/dev/shm/isthmus.%lu", user);
    (void)snprintf(apart, sizeof apart, "/var/tmp/isthmus.%lu/isthmus.%lu", user, user);
    return unlink(strcmp(ISTHMUS_LEASE_NAME, "sidefile") == 0 ? apart : among) == 0;
}

bool native_remove_group_table(unsigned user, unsigned group)
{
    char path[64];
    if (strcmp(ISTHMUS_LIFE_NAME, "undo") == 0)
        return remove_semaphores('g', (unsigned long)user << 12 ^ group);
    (void)snprintf(path, sizeof path, "/dev/shm/isthmus.group.%u.%u", user, group);
    return unlink(path) == 0;
}
