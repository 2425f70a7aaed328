/* namespaces_linux.c: processes with a world of their own: mounts, System V objects and process ids, by
 * namespaces. All of it is gone with the last process in it, so the machine's own limits and objects stay what
 * they are. It takes a privilege, or a user namespace, which a system may forbid too. */
#include "native.h"
#include "process.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

static bool write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "we");
    if (file == NULL)
        return false;
    bool done = fputs(text, file) >= 0;
    return fclose(file) == 0 && done;
}

static bool write_number(const char *path, uint64_t number)
{
    char text[32];
    (void)snprintf(text, sizeof text, "%llu", (unsigned long long)number);
    return write_file(path, text);
}

/* A user namespace of its own gives every user the privilege; ids stay what they are. */
static bool unshare_as_user(int what)
{
    char line[64];
    unsigned user = (unsigned)geteuid(), group = (unsigned)getegid();

    if (unshare(what | CLONE_NEWUSER) == -1)
        return false;
    (void)write_file("/proc/self/setgroups", "deny");
    (void)snprintf(line, sizeof line, "%u %u 1", user, user);
    if (!write_file("/proc/self/uid_map", line))
        return false;
    (void)snprintf(line, sizeof line, "%u %u 1", group, group);
    return write_file("/proc/self/gid_map", line);
}

/* Mounts, and whatever else; no mount is seen outside. */
static bool unshare_with_mounts(int what)
{
    if (unshare(what | CLONE_NEWNS) == -1 && !unshare_as_user(what | CLONE_NEWNS))
        return false;
    return mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL) == 0;
}

/* Objects come with their side files: those of objects that are elsewhere would pass for what dead processes left. */
static bool mount_objects(const char *options)
{
    return mount("tmpfs", "/dev/shm", "tmpfs", 0, options) == 0 &&
           (strcmp(ISTHMUS_LEASE_NAME, "sidefile") != 0 || mount("tmpfs", "/var/tmp", "tmpfs", 0, "mode=1777") == 0);
}

static bool unshare_memory(const char *mount_options)
{
    return unshare_with_mounts(CLONE_NEWIPC) && mount_objects(mount_options);
}

bool native_confine_memory(uint64_t bytes)
{
    char text[64];
    (void)snprintf(text, sizeof text, "size=%llu,mode=1777", (unsigned long long)bytes);
    return unshare_memory(text) && write_number("/proc/sys/kernel/shmall", bytes / (uint64_t)sysconf(_SC_PAGESIZE));
}

/* The file system's root takes an inode, too. */
bool native_confine_objects(unsigned count)
{
    char text[64];
    (void)snprintf(text, sizeof text, "nr_inodes=%u,mode=1777", 1 + 2 * count);
    return unshare_memory(text) && write_number("/proc/sys/kernel/shmmni", count);
}

bool native_confine_object_size(uint64_t bytes)
{
    return unshare_memory("mode=1777") && write_number("/proc/sys/kernel/shmmax", bytes);
}

/* Segments are limited for the whole system, so this process gets a system of its own for them. */
bool native_allow_segments(unsigned count)
{
    return (unshare(CLONE_NEWIPC) == 0 || unshare_as_user(CLONE_NEWIPC)) &&
           write_number("/proc/sys/kernel/shmmni", (uint64_t)count + 64);
}

bool native_allow_huge_pages(void)
{
    return unshare_with_mounts(0) && mount_objects("huge=advise,mode=1777");
}

/* The first process of a container can't be killed from inside: it starts another one, and ends with it. */
static void serve_as_first(void)
{
    (void)mount("proc", "/proc", "proc", 0, NULL);
    pid_t second = fork();
    if (second == 0)
        return;
    while (second != -1 && waitpid(second, NULL, 0) == -1 && errno == EINTR)
        ;
    _exit(second == -1);
}

int64_t process_fork_contained(void)
{
    if (!unshare_with_mounts(CLONE_NEWPID))
        return -1;
    pid_t first = fork();
    if (first == 0)
        serve_as_first();
    return first;
}
