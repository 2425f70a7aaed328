/* shared_file.h: one small file for all users, by whose byte-range locks their processes know each other. */
#ifndef ISM_SHARED_FILE_H
#define ISM_SHARED_FILE_H

#include "../backend.h"

#include <sys/stat.h>
#include <sys/types.h>

void ism_shared_file_path(char path[ISM_PATH_MAX + 1]);

/* Keep all other processes out while shared names are looked up and changed. ISM_LOCK_NAMES is held.
 * ISM_E_TIMED_OUT: another process is inside, and does not get done. */
ism_status ism_shared_file_lock_names(struct ism_cause *why);
void ism_shared_file_unlock_names(void);

/* The file as a table of lives: its inode, and its id, never 0. The names are locked. */
ism_status ism_shared_file_tell(uint64_t *identity, uint64_t *id, struct ism_cause *why);

/* ---- the same for any such file ---- */

/* Open one, and make it if there is none and mode is not 0. Returns a descriptor, or -1 and errno. */
int ism_shared_file_open(const char *path, mode_t mode);

/* Give this user's own file its group and mode: umask or folder may have given others, and a death have come before
 * they were mended. ISM_E_FOREIGN: it is another user's, or was not just made. */
ism_status ism_shared_file_mend(int descriptor, const struct stat *found, mode_t mode, gid_t group,
                                struct ism_cause *why);

/* See ism_shared_file_tell(). The id comes of a random number in the file: draws tells whether one is written where
 * there is none. ISM_E_UNSUPPORTED: there is none. */
ism_status ism_shared_file_read_id(int descriptor, bool draws, uint64_t *identity, uint64_t *id, struct ism_cause *why);

#endif
