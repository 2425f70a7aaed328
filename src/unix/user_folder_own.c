/* user_folder_own.c: a folder of the user's own, in one where any user may make something and which
 * nobody empties while the system runs: /var/tmp, not /tmp, which macOS and others clear of old
 * files, and not the home folder, which a daemon may not have.
 *
 * Once the folder is there and belongs to the user, nobody else can put another in its place, as
 * the one around it is sticky. It is left there when it is empty. Weak side: another user can take
 * its name beforehand, and all is refused then. */
#include "user_folder.h"

#include "system_error.h"
#include "user_id.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

void ism_user_folder(char path[ISM_USER_FOLDER_MAX + 1])
{
    (void)snprintf(path, ISM_USER_FOLDER_MAX + 1, "%s/isthmus.%lu", ISM_RUNTIME_DIRECTORY,
                   (unsigned long)ism_user_id());
}

ism_status ism_user_folder_make(struct ism_cause *why)
{
    char path[ISM_USER_FOLDER_MAX + 1];
    ism_user_folder(path);
    if (mkdir(path, 0700) == -1 && errno != EEXIST)
        return ism_system_failure(why, "mkdir", errno);
    struct stat found;
    if (lstat(path, &found) == -1)
        return ism_system_failure(why, "lstat", errno);
    if (!S_ISDIR(found.st_mode) || found.st_uid != ism_user_id() || (found.st_mode & 022) != 0) {
        *why = (struct ism_cause){NULL, 0};
        return ISM_E_FOREIGN;
    }
    /* The umask may have taken some of our own bits. */
    if ((found.st_mode & 0700) != 0700 && chmod(path, 0700) == -1)
        return ism_system_failure(why, "chmod", errno);
    return ISM_OK;
}
