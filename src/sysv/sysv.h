/* sysv.h: what the System V answers to memory and lease know of each other. */
#ifndef ISM_SYSV_H
#define ISM_SYSV_H

#include "../backend.h"

#include <sys/shm.h>

/* What the system says of a segment. ISM_E_NOT_FOUND: it is gone; ISM_E_FOREIGN: it is not ours. */
ism_status ism_sysv_stat(const struct ism_memory *memory, struct shmid_ds *found, struct ism_cause *why);

/* The first byte of the keys of regions: of a user's own, and of those that all users share. Processes that take turns
 * in another way have others, and so don't see these. */
extern const struct ism_sysv_kinds {
    uint32_t own;
    uint32_t shared;
} ism_sysv_kinds;

/* The native name of a key: in hexadecimal. */
void ism_sysv_native_of_key(uint32_t key, char native[ISM_NATIVE_NAME_MAX + 1]);

/* Is it one of the keys that regions have? Others may have it all the same. */
bool ism_sysv_is_region_key(uint32_t key);

/* May it be a region, of this user's or shared, by what the system says of it? */
bool ism_sysv_is_ours(const struct shmid_ds *found, bool shared);

/* After shmget() has said ENOSPC: is the number of segments used up, rather than their memory? */
bool ism_sysv_are_segments_used_up(void);

/* Make a segment under a free key, for this user alone. */
ism_status ism_sysv_make(key_t key, size_t length, ism_access access, int *id, struct ism_cause *why);

#endif
