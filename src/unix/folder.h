/* folder.h: reading a folder's entries to the end, and knowing that it was the end. */
#ifndef ISM_UNIX_FOLDER_H
#define ISM_UNIX_FOLDER_H

#include <dirent.h>

#include "../backend.h"

/* The next entry; NULL: there is none, and *status is ISM_OK, or the folder can't be read any further. */
const struct dirent *ism_folder_next(DIR *folder, ism_status *status, struct ism_cause *why);

#endif
