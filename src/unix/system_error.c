/* system_error.c: errno as a status. */
#include "system_error.h"

#include <errno.h>

ism_status ism_system_failure(struct ism_cause *why, const char *call, int code)
{
    why->call = call;
    why->code = code;
    switch (code) {
    case ENOENT:
        return ISM_E_NOT_FOUND;
    case EEXIST:
        return ISM_E_EXISTS;
    case EACCES:
    case EPERM:
    case EROFS:
        return ISM_E_ACCESS;
    case ENOSPC:
    case EDQUOT:
    case EFBIG: /* the limit on the size of files */
        return ISM_E_NO_SPACE;
    case ENOMEM:
        return ISM_E_NO_MEMORY;
    case EMFILE:
    case ENFILE:
    case ENOLCK:
        return ISM_E_LIMIT;
    case ELOOP: /* what O_NOFOLLOW says of a symbolic link */
        return ISM_E_FOREIGN;
    default:
        return ISM_E_SYSTEM;
    }
}
