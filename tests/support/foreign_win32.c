/* foreign_win32.c: sections of CreateFileMapping(). The handle is kept: the name lives with it. */
#include "foreign.h"

#include <windows.h>

#include <stdio.h>
#include <string.h>

static bool map(HANDLE section, struct foreign *object)
{
    MEMORY_BASIC_INFORMATION found;
    object->bytes = MapViewOfFile(section, FILE_MAP_READ | FILE_MAP_WRITE, 0, 0, 0);
    if (object->bytes == NULL || VirtualQuery(object->bytes, &found, sizeof found) == 0)
        return false;
    object->size = found.RegionSize;
    return true;
}

bool foreign_make(const char *native_name, size_t size, struct foreign *object)
{
    SetLastError(ERROR_SUCCESS);
    HANDLE section = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, (DWORD)size, native_name);
    return section != NULL && GetLastError() == ERROR_SUCCESS && map(section, object);
}

bool foreign_attach(const char *native_name, struct foreign *object)
{
    HANDLE section = OpenFileMappingA(FILE_MAP_READ | FILE_MAP_WRITE, FALSE, native_name);
    return section != NULL && map(section, object);
}

bool foreign_remove(const char *native_name)
{
    (void)native_name;
    return false;
}

/* Local is where names are that name no folder. */
void foreign_other_name(const char *native_name, char *other, size_t size)
{
    const char *base = strchr(native_name, '\\');
    if (base != NULL)
        (void)snprintf(other, size, "%s", base + 1);
    else
        (void)snprintf(other, size, "Local\\%s", native_name);
}

size_t foreign_page_size(void)
{
    SYSTEM_INFO system;
    GetSystemInfo(&system);
    return system.dwPageSize;
}
