/* user_folder.h: the folder that this user's small files are in. */
#ifndef ISM_USER_FOLDER_H
#define ISM_USER_FOLDER_H

#include "../backend.h"

#define ISM_USER_FOLDER_MAX 64

/* Its path, the same for all processes of the user whatever their environment says. */
void ism_user_folder(char path[ISM_USER_FOLDER_MAX + 1]);

/* Have it there. ISM_E_FOREIGN: what is there is no folder of this user's, or others may change
 * what is in it. */
ism_status ism_user_folder_make(struct ism_cause *why);

#endif
