/* side_file.h: the file beside an object of shared memory, where the object itself can't be locked
 * or listed.
 *
 * Whoever has the object has its side file open, and holds the lease by locks on it. It tells how
 * long the object is, and that it is there. It has the object's native name, in a folder of the
 * user's, or, with the object's access, in the one where any user may make something. */
#ifndef ISM_SIDE_FILE_H
#define ISM_SIDE_FILE_H

#include "../backend.h"

#define ISM_SIDE_FILE_PREFIX "/isthmus."
#define ISM_SIDE_FILE_PREFIX_SHARED "/isthmus-all." /* no name of the lease that locks objects themselves */
#define ISM_SIDE_FILE_DIGITS 16                     /* hexadecimal ones, after the prefix */

/* The length of what is left of a shared object by those who may not unlink its side file. */
#define ISM_SIDE_FILE_HOLLOW 1

/* What an open side file is. */
struct ism_side_file {
    uint64_t identity;
    uint64_t length; /* of its object; 0: the object is not made yet */
    bool is_named;   /* its name has not been freed */
    uint64_t owner;
    uint64_t group;
    uint32_t access; /* as in struct ism_memory */
};

/* Is it a name that all users share? */
bool ism_side_file_is_shared(const char *native);

void ism_side_file_path(const char *native, char path[ISM_PATH_MAX + 1]);

/* Make one, empty, for those who may use the object. */
ism_status ism_side_file_create(const char *native, ism_access access, int *descriptor, struct ism_cause *why);

/* ISM_E_ACCESS: it is another user's, for a group that this one is not in. */
ism_status ism_side_file_open(const char *native, bool writable, int *descriptor, struct ism_cause *why);

/* ISM_E_FOREIGN: it is none, or not this user's though its name is. ISM_E_VERSION: another version has made it. */
ism_status ism_side_file_look(int descriptor, bool shared, struct ism_side_file *out, struct ism_cause *why);

/* Say that its object is made, and how long it is. */
ism_status ism_side_file_fill(int descriptor, uint64_t length, struct ism_cause *why);

/* Say that nothing is left but its name, which its owner is to free. */
ism_status ism_side_file_hollow_out(int descriptor, struct ism_cause *why);

/* The identity of the side file that has this name now. */
ism_status ism_side_file_named(const char *native, uint64_t *identity, struct ism_cause *why);

ism_status ism_side_file_unlink(const char *native, struct ism_cause *why);

/* Visit the native names of all objects that have side files, until the visitor answers false. */
ism_status ism_side_file_list(ism_memory_visitor visitor, void *context, struct ism_cause *why);

#endif
