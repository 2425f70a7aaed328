/* group_file.c: /dev/shm/isthmus.group.UID.GID, the table of lives of all regions that a user has made for a group:
 * the user's own file, which the group may write and nobody else.
 *
 * Only the regions' owner makes it, when it has such a region; all others open what is there, and use it only if
 * owner, group and mode are what the region's are. So who may lock bytes in it, or put another file in its place, is
 * who may write the regions themselves. It stays until the system starts anew. Weak side: any user can take the name
 * beforehand, and then such regions have no locks. */
#include "group_file.h"

#include "../unix/shared_file.h"
#include "../unix/system_error.h"
#include "../unix/user_id.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#define MODE 0660

/* Is it the file that it should be, after the owner has mended its own? */
static ism_status check(int descriptor, uid_t owner, gid_t group, struct ism_cause *why)
{
    struct stat found;
    if (fstat(descriptor, &found) == -1)
        return ism_system_failure(why, "fstat", errno);
    *why = (struct ism_cause){NULL, 0};
    if (!S_ISREG(found.st_mode) || found.st_uid != owner || found.st_nlink > 1 ||
        found.st_size > (off_t)sizeof(uint64_t))
        return ISM_E_UNSUPPORTED;
    ism_status status = ism_shared_file_mend(descriptor, &found, MODE, group, why);
    return status == ISM_OK ? ISM_OK : ISM_E_UNSUPPORTED;
}

ism_status ism_group_file_find(uid_t owner, gid_t group, struct ism_life_place *out, struct ism_cause *why)
{
    bool is_ours = owner == ism_user_id();
    (void)snprintf(out->path, sizeof out->path, "%s/isthmus.group.%lu.%lu", ISM_RUNTIME_DIRECTORY, (unsigned long)owner,
                   (unsigned long)group);
    int descriptor = ism_shared_file_open(out->path, is_ours ? MODE : 0);
    if (descriptor == -1) {
        ism_status status = ism_system_failure(why, "open", errno);
        bool is_short = status == ISM_E_LIMIT || status == ISM_E_NO_SPACE || status == ISM_E_NO_MEMORY;
        return is_short ? status : ISM_E_UNSUPPORTED;
    }
    ism_status status = check(descriptor, owner, group, why);
    if (status == ISM_OK)
        status = ism_shared_file_read_id(descriptor, is_ours, &out->identity, &out->id, why);
    (void)close(descriptor);
    out->descriptor = -1;
    return status;
}
