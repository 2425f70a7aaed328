/* folder.c: readdir() answers NULL both at the end and when it fails: only errno tells which. */
#include "folder.h"

#include "system_error.h"

#include <errno.h>

const struct dirent *ism_folder_next(DIR *folder, ism_status *status, struct ism_cause *why)
{
    errno = 0;
    const struct dirent *entry = readdir(folder);
    *status = entry != NULL || errno == 0 ? ISM_OK : ism_system_failure(why, "readdir", errno);
    return entry;
}
