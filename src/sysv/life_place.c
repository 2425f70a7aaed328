/* life_place.c: a segment can't be locked, so lives in regions that are open to others are locked bytes of files:
 * for everyone's, the one that serialises lookups of shared names; for a group's, one of the region's owner. */
#include "../unix/shared_file.h"
#include "group_file.h"
#include "sysv.h"

const struct ism_sysv_kinds ism_sysv_kinds = {.own = UINT32_C(0x69000000), .shared = UINT32_C(0x73000000)};

ism_status ism_life_find_place(const struct ism_memory *object, struct ism_life_place *out, struct ism_cause *why)
{
    struct shmid_ds found;
    if (object->access == ISM_ACCESS_EVERYONE) {
        ism_shared_file_path(out->path);
        out->descriptor = -1;
        return ism_shared_file_tell(&out->identity, &out->id, why);
    }
    ism_status status = ism_sysv_stat(object, &found, why);
    if (status != ISM_OK)
        return status;
    return ism_group_file_find(found.shm_perm.uid, found.shm_perm.gid, out, why);
}
