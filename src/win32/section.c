/* section.c: a new section under a name. */
#include "protection.h"
#include "system_error.h"
#include "user.h"
#include "win32.h"

/* A section without a file takes the system's memory; one with a file has that file's size. */
ism_status ism_win32_make_section(const char *native, HANDLE file, DWORD pages, uint64_t length, ism_access access,
                                  HANDLE *out, struct ism_cause *why)
{
    struct ism_protection protection;
    wchar_t name[ISM_NATIVE_NAME_MAX + 1];
    ism_status status = ism_protection_of_section(&protection, access, why);
    if (status != ISM_OK)
        return status;
    ism_user_wide_name(native, name);
    SetLastError(ERROR_SUCCESS); /* the call succeeds for a name that is taken, too */
    HANDLE section =
        CreateFileMappingW(file, &protection.attributes, pages, (DWORD)(length >> 32), (DWORD)length, name);
    DWORD code = GetLastError();
    if (section == NULL)
        return file == INVALID_HANDLE_VALUE ? ism_win32_reserve_failure(why, "CreateFileMappingW", code)
                                            : ism_system_failure(why, "CreateFileMappingW", code);
    if (code == ERROR_ALREADY_EXISTS) {
        (void)CloseHandle(section);
        return ism_system_failure(why, "CreateFileMappingW", code);
    }
    *out = section;
    return ISM_OK;
}
