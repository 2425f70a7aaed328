/* life_shared.h: tables of lives for objects that are open to others, in life_bytelock's way. */
#ifndef ISM_LIFE_SHARED_H
#define ISM_LIFE_SHARED_H

#include "../backend.h"

/* The file that an object's table is, for as long as anybody has the object. */
struct ism_life_place {
    char path[ISM_PATH_MAX + 1];
    int descriptor;    /* of the same file, or -1 */
    uint64_t identity; /* its inode */
    uint64_t id;       /* of the table, never 0 */
};

/* Where the table of an object is. ISM_E_UNSUPPORTED: it has none. */
ism_status ism_life_find_place(const struct ism_memory *object, struct ism_life_place *out, struct ism_cause *why);

/* ism_life_take() and ism_life_ended() for such a table. */
ism_status ism_life_take_shared(struct ism_life_table *table, ism_life *out, struct ism_cause *why);
bool ism_life_ended_shared(struct ism_life_table *table, ism_life life);

#endif
