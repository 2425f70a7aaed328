/* native_win32.c: sections by CreateFileMapping. A section lives as long as someone has a handle of it, so
 * what is planted lives until it is uprooted. One user, no limits that a process may set. */
#include "native.h"

#include "process.h"

#define PSAPI_VERSION 2 /* the functions are in kernel32 */
#include <windows.h>

#include <psapi.h>

#include <isthmus/isthmus.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct native_object {
    HANDLE section;
    char native_name[256];
};

static bool same_bytes(HANDLE section, const void *bytes, size_t size)
{
    void *memory = MapViewOfFile(section, FILE_MAP_READ, 0, 0, 0);
    if (memory == NULL)
        return false;
    bool same = memcmp(memory, bytes, size) == 0;
    (void)UnmapViewOfFile(memory);
    return same;
}

struct native_object *native_plant(const char *native_name, const void *bytes, size_t size)
{
    struct native_object *object = calloc(1, sizeof *object);
    if (object == NULL)
        return NULL;
    strncpy(object->native_name, native_name, sizeof object->native_name - 1);
    SetLastError(ERROR_SUCCESS);
    object->section = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0,
                                         size > 0 ? (DWORD)size : 1, native_name);
    bool fresh = object->section != NULL && GetLastError() == ERROR_SUCCESS;
    void *memory = fresh ? MapViewOfFile(object->section, FILE_MAP_WRITE, 0, 0, 0) : NULL;
    if (memory == NULL) {
        if (object->section != NULL)
            (void)CloseHandle(object->section);
        free(object);
        return NULL;
    }
    memcpy(memory, bytes, size);
    (void)UnmapViewOfFile(memory);
    return object;
}

bool native_untouched(const struct native_object *object, const void *bytes, size_t size)
{
    HANDLE named = OpenFileMappingA(FILE_MAP_READ, FALSE, object->native_name);
    if (named == NULL)
        return false;
    bool same = same_bytes(named, bytes, size) && same_bytes(object->section, bytes, size);
    (void)CloseHandle(named);
    return same;
}

void native_uproot(struct native_object *object)
{
    (void)CloseHandle(object->section);
    free(object);
}

bool native_plant_link(const char *path, const char *target)
{
    (void)path;
    (void)target;
    return false;
}

bool native_file_exists(const char *path)
{
    return path[0] != '\0' && GetFileAttributesA(path) != INVALID_FILE_ATTRIBUTES;
}

bool native_remove_file(const char *path)
{
    return DeleteFileA(path);
}

uint64_t native_populated(const char *native_name)
{
    (void)native_name;
    return 0;
}

struct native_counts native_count(void)
{
    return (struct native_counts){0, 0, 0};
}

bool native_owner_only(const char *native_name)
{
    (void)native_name;
    return false;
}

bool native_allow_writing(const char *native_name, bool allow)
{
    (void)native_name;
    (void)allow;
    return false;
}

/* What a restart loses is the region's key in the registry, which is called as the file is. */
bool native_restart(const char *path)
{
    char key[512];
    const char *name = strrchr(path, '\\');
    (void)snprintf(key, sizeof key, "Software\\isthmus%s", name != NULL ? name : "");
    return name != NULL && RegDeleteKeyA(HKEY_CURRENT_USER, key) == ERROR_SUCCESS;
}

bool native_confine_handles(unsigned more)
{
    (void)more;
    return false;
}

void native_release_handles(void)
{
}

bool native_allow_regions(unsigned count)
{
    (void)count;
    return true;
}

bool native_confine_locking(void)
{
    return false;
}

/* Of each page it is told whether a touch of it would fault. */
enum native_force native_in_force(const void *address, uint64_t size, uint32_t flag)
{
    if (flag != ISM_REGION_PREFAULT)
        return NATIVE_NOT_TOLD;
    for (uint64_t at = 0; at < size; at += process_page_size()) {
        PSAPI_WORKING_SET_EX_INFORMATION page = {(unsigned char *)(uintptr_t)address + at, {0}};
        if (!QueryWorkingSetEx(GetCurrentProcess(), &page, sizeof page))
            return NATIVE_NOT_TOLD;
        if (!page.VirtualAttributes.Valid)
            return NATIVE_NOT_IN_FORCE;
    }
    return NATIVE_IN_FORCE;
}

bool native_confine_addresses(uint64_t more)
{
    (void)more;
    return false;
}

bool native_become_other_user(void)
{
    return false;
}
