/* shared_file.h: one small file for all users, by whose byte-range locks their processes know each other. */
#ifndef ISM_SHARED_FILE_H
#define ISM_SHARED_FILE_H

#include "../backend.h"

void ism_shared_file_path(char path[ISM_PATH_MAX + 1]);

/* Keep all other processes out while shared names are looked up and changed. ISM_LOCK_NAMES is held.
 * ISM_E_TIMED_OUT: another process is inside, and does not get done. */
ism_status ism_shared_file_lock_names(struct ism_cause *why);
void ism_shared_file_unlock_names(void);

/* The file's inode, and the random number that was written into it when it was made. The names are locked. */
ism_status ism_shared_file_tell(uint64_t *identity, uint64_t *id, struct ism_cause *why);

#endif
