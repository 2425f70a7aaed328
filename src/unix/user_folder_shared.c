/* user_folder_shared.c: all users' files lie in one folder that the system makes (Linux: /dev/shm,
 * which is empty after a start). The files' own owners are checked. */
#include "user_folder.h"

#include <stdio.h>

void ism_user_folder(char path[ISM_USER_FOLDER_MAX + 1])
{
    (void)snprintf(path, ISM_USER_FOLDER_MAX + 1, "%s", ISM_RUNTIME_DIRECTORY);
}

ism_status ism_user_folder_make(struct ism_cause *why)
{
    (void)why;
    return ISM_OK;
}
