/* life_place_side.c: an object that is no file can't be locked, so the table of its lives is its side file: it can be
 * locked by those who may use the object, and lasts as long as anybody has it. */
#include "../unix/life_shared.h"
#include "side_file.h"

#define TABLE_ID UINT64_C(0x0a6566696c6a626f) /* "objlife\n" on little-endian machines */

ism_status ism_life_find_place(const struct ism_memory *object, struct ism_life_place *out, struct ism_cause *why)
{
    (void)why;
    ism_side_file_path(object->native, out->path);
    out->descriptor = (int)object->handle;
    out->identity = object->identity;
    out->id = TABLE_ID;
    return ISM_OK;
}
