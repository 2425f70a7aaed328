/* life_place.c: a segment can't be locked, so lives in regions that are open to everyone are locked bytes of the
 * file that serialises lookups of shared names. Those in a group's regions would need a file of the group's: they
 * have none, and no locks. */
#include "../unix/life_shared.h"
#include "../unix/shared_file.h"

ism_status ism_life_find_place(const struct ism_memory *object, struct ism_life_place *out,
                               struct ism_cause *why)
{
    if (object->access != ISM_ACCESS_EVERYONE) {
        *why = (struct ism_cause){NULL, 0};
        return ISM_E_UNSUPPORTED;
    }
    ism_shared_file_path(out->path);
    out->descriptor = -1;
    return ism_shared_file_tell(&out->identity, &out->id, why);
}
