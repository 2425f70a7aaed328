/* group_file.h: the files that lives in a group's regions are locked bytes of. */
#ifndef ISM_GROUP_FILE_H
#define ISM_GROUP_FILE_H

#include "../unix/life_shared.h"

#include <sys/types.h>

/* Where the table for regions of that owner and group is. The names are locked. ISM_E_UNSUPPORTED: there is none
 * that can be trusted. */
ism_status ism_group_file_find(uid_t owner, gid_t group, struct ism_life_place *out, struct ism_cause *why);

#endif
