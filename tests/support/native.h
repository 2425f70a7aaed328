/* native.h: what tests do behind the library's back, by the operating system's own calls: foreign objects
 * under the native names of regions, a smaller world for this process, another user. Each answers false
 * where the system has no such thing, or this user may not do it. */
#ifndef ISTHMUS_TESTS_NATIVE_H
#define ISTHMUS_TESTS_NATIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The sanitizers' mlock() does nothing, and says that it did. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define NATIVE_PLAYS_LOCKING 1
#else
#define NATIVE_PLAYS_LOCKING 0
#endif

/* An object of shared memory that the library has not made. */
struct native_object;

/* Make an object under a region's native name that any user may use, and fill it with some bytes. NULL:
 * the name is taken. */
struct native_object *native_plant(const char *native_name, const void *bytes, size_t size);

/* The same as an object that belongs to somebody else, and is open to all, or shut to all but its owner. NULL: that is
 * not possible here, or not for this user. */
struct native_object *native_plant_as_other(const char *native_name, const void *bytes, size_t size, bool is_shut);

/* Make an object there that is no shared memory. NULL: the system has no so many kinds, counted from 0. */
struct native_object *native_plant_other_kind(const char *native_name, unsigned kind);

/* Does the object still hold these bytes, and is it still the one that its name means? */
bool native_untouched(const struct native_object *object, const void *bytes, size_t size);

/* Remove it and forget it. */
void native_uproot(struct native_object *object);

/* Make a symbolic link at a region's path. */
bool native_plant_link(const char *path, const char *target);

/* Is there a file of that path? Remove it. */
bool native_file_exists(const char *path);
bool native_remove_file(const char *path);

/* How many files of the current folder have names that begin so? Remove them if that is wanted. */
unsigned native_files(const char *beginning, bool removes);

/* How much shared memory of any kind there is, whoever made it: files where it lies, and System V's. */
struct native_counts {
    unsigned files;
    unsigned segments;
    unsigned semaphore_sets;
};
struct native_counts native_count(void);

/* May this region's owner read and write it, and nobody else do anything? */
bool native_owner_only(const char *native_name);

/* How many bytes of a range of mapped memory are set aside. UINT64_MAX: the system does not tell. */
uint64_t native_committed(const void *address, uint64_t length);

/* Take the permission to write from everybody, the owner too; or give it back to the owner. */
bool native_allow_writing(const char *native_name, bool allow);

/* Have the system forget of a persistent region that is a file what it would forget when it is started anew. */
bool native_restart(const char *path);

/* From now on this process has a world of shared memory of its own, where all objects together can have so many
 * bytes; where there can be so many objects (of System V; of others twice as many, since each may need another
 * object); where one object can have so many bytes (of System V). */
bool native_confine_memory(uint64_t bytes);
bool native_confine_objects(unsigned count);
bool native_confine_object_size(uint64_t bytes);

/* How many bytes the system has set aside: for this object, or of System V for all that there are. */
uint64_t native_populated(const char *native_name);

/* From now on this process can have so many more descriptors than it has; and again as many as it likes: what
 * runs at a process's end (a leak checker) needs some too. */
bool native_confine_handles(unsigned more);
void native_release_handles(void);

/* From now on this process can map so many more bytes than it has mapped. */
bool native_confine_addresses(uint64_t more);

/* From now on this process may have so many regions open, if that is possible; it may see none of those that
 * others have. */
bool native_allow_regions(unsigned count);

/* The same for System V segments alone. */
bool native_allow_segments(unsigned count);

/* From now on this process may lock nothing in memory, and has no privilege to do so all the same: it may have
 * become another user. */
bool native_confine_locking(void);

/* From now on the system refuses this process, and what it executes: "locks" (of open file descriptions),
 * "futex_waitv", "robust_lists", "memfd" or "fallocate". */
bool native_refuse(const char *what);

/* Take away what this user's lives are entered in, as one does who tidies by hand. */
bool native_remove_life_table(void);

/* The same for the regions that a user has opened to a group, where they have a table of their own. */
bool native_remove_group_table(unsigned user, unsigned group);

/* From now on regions that this process creates may have huge pages. */
bool native_allow_huge_pages(void);

/* Of the memory at an address of this process, is that in force which a flag of R14 asks for? The operating
 * system's word. */
enum native_force { NATIVE_NOT_IN_FORCE, NATIVE_IN_FORCE, NATIVE_NOT_TOLD };
enum native_force native_in_force(const void *address, uint64_t size, uint32_t flag);

/* From now on this process is another user's, without privileges. */
bool native_become_other_user(void);

/* The same, a user and its only group told by their numbers. */
bool native_become(unsigned user, unsigned group);

/* Which permissions new files of this process lack. */
bool native_set_umask(unsigned mask);

/* Who may use this region, as permission bits; 0: there is none of that name. Change them. */
unsigned native_mode(const char *native_name);
bool native_change_mode(const char *native_name, unsigned mode);

/* Make this region another user's, who lets everyone use it. False also where real other users are to be had. */
bool native_give_away(const char *native_name);

/* Memory that the system still keeps under this native name, in bytes. */
uint64_t native_memory(const char *native_name);

/* Put something at a region's path that is no region: "folder", "pipe", "setuid" or "closed". */
bool native_plant_odd(const char *path, const char *kind);
bool native_remove_odd(const char *path);

#endif
