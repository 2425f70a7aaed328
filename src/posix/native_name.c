/* native_name.c: which names of shm_open() other software may know an object by. */
#include "posix.h"

#include <string.h>

#define OURS "/isthmus." /* what the native names of regions begin with */

/* Systems differ in what they make of further slashes: some take them for folders. */
const char *ism_posix_native_complaint(const char *name, size_t longest)
{
    if (name[0] != '/')
        return "does not begin with a slash";
    if (strchr(name + 1, '/') != NULL)
        return "has a second slash";
    if (strcmp(name, "/") == 0 || strcmp(name, "/.") == 0 || strcmp(name, "/..") == 0)
        return "names no object";
    if (strlen(name) > longest)
        return "is too long";
    if (strncmp(name, OURS, sizeof OURS - 1) == 0 || ism_memory_is_shared(name))
        return "is that of a region, which has a name of its own";
    return NULL;
}
