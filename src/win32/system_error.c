/* system_error.c: GetLastError() as a status. */
#include "system_error.h"

#include <windows.h>

ism_status ism_system_failure(struct ism_cause *why, const char *call, unsigned long code)
{
    why->call = call;
    why->code = (int64_t)code;
    switch (code) {
    case ERROR_FILE_NOT_FOUND:
    case ERROR_PATH_NOT_FOUND:
        return ISM_E_NOT_FOUND;
    case ERROR_ALREADY_EXISTS:
        return ISM_E_EXISTS;
    case ERROR_ACCESS_DENIED:
    case ERROR_PRIVILEGE_NOT_HELD:
    case ERROR_SHARING_VIOLATION:
        return ISM_E_ACCESS;
    case ERROR_COMMITMENT_LIMIT: /* memory and page files are full, or the job's share of them */
    case ERROR_PAGEFILE_QUOTA:
    case ERROR_DISK_FULL:
        return ISM_E_NO_SPACE;
    case ERROR_NOT_ENOUGH_MEMORY:
    case ERROR_OUTOFMEMORY:
        return ISM_E_NO_MEMORY;
    case ERROR_NO_SYSTEM_RESOURCES:
    case ERROR_NOT_ENOUGH_QUOTA:
    case ERROR_TOO_MANY_OPEN_FILES:
        return ISM_E_LIMIT;
    case ERROR_INVALID_HANDLE: /* the name belongs to another kind of object */
        return ISM_E_FOREIGN;
    default:
        return ISM_E_SYSTEM;
    }
}
