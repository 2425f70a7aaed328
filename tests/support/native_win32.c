/* native_win32.c: sections by CreateFileMapping. A section lives as long as someone has a handle of it, so
 * what is planted lives until it is uprooted. One user, no limits that a process may set. */
#include "native.h"

#include "process.h"

#define PSAPI_VERSION 2 /* the functions are in kernel32 */
#include <windows.h>

#include <aclapi.h>
#include <io.h>
#include <psapi.h>
#include <sddl.h>

#include <isthmus/isthmus.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct native_object {
    HANDLE section; /* or an object of another kind */
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

static struct native_object *new_object(const char *native_name)
{
    struct native_object *object = calloc(1, sizeof *object);
    if (object != NULL)
        strncpy(object->native_name, native_name, sizeof object->native_name - 1);
    return object;
}

static struct native_object *plant(const char *native_name, SECURITY_ATTRIBUTES *attributes, const void *bytes,
                                   size_t size)
{
    struct native_object *object = new_object(native_name);
    if (object == NULL)
        return NULL;
    SetLastError(ERROR_SUCCESS);
    object->section = CreateFileMappingA(INVALID_HANDLE_VALUE, attributes, PAGE_READWRITE, 0,
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

struct native_object *native_plant(const char *native_name, const void *bytes, size_t size)
{
    return plant(native_name, NULL, bytes, size);
}

/* Administrators may give what they make to their group. An empty list allows nobody anything. */
struct native_object *native_plant_as_other(const char *native_name, const void *bytes, size_t size, bool is_shut)
{
    SECURITY_ATTRIBUTES attributes = {sizeof attributes, NULL, FALSE};
    if (!ConvertStringSecurityDescriptorToSecurityDescriptorA(is_shut ? "O:BAD:P" : "O:BAD:(A;;GA;;;WD)",
                                                              SDDL_REVISION_1, &attributes.lpSecurityDescriptor, NULL))
        return NULL;
    struct native_object *object = plant(native_name, &attributes, bytes, size);
    (void)LocalFree(attributes.lpSecurityDescriptor);
    return object;
}

struct native_object *native_plant_other_kind(const char *native_name, unsigned kind)
{
    struct native_object *object = new_object(native_name);
    if (object == NULL)
        return NULL;
    if (kind == 0)
        object->section = CreateEventA(NULL, TRUE, FALSE, native_name);
    else if (kind == 1)
        object->section = CreateMutexA(NULL, FALSE, native_name);
    else if (kind == 2)
        object->section = CreateSemaphoreA(NULL, 0, 1, native_name);
    if (object->section != NULL)
        return object;
    free(object);
    return NULL;
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

unsigned native_files(const char *beginning, bool removes)
{
    unsigned count = 0;
    char pattern[MAX_PATH];
    WIN32_FIND_DATAA found;

    (void)snprintf(pattern, sizeof pattern, "%s*", beginning);
    HANDLE search = FindFirstFileA(pattern, &found);
    if (search == INVALID_HANDLE_VALUE)
        return 0;
    do {
        count++;
        if (removes)
            (void)DeleteFileA(found.cFileName);
    } while (FindNextFileA(search, &found));
    (void)FindClose(search);
    return count;
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

static bool is_this_user(PSID sid)
{
    union {
        TOKEN_USER user;
        unsigned char bytes[sizeof(TOKEN_USER) + SECURITY_MAX_SID_SIZE];
    } own;
    HANDLE token;
    DWORD length;
    if (!OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token))
        return false;
    bool is_told = GetTokenInformation(token, TokenUser, &own, sizeof own, &length);
    (void)CloseHandle(token);
    return is_told && EqualSid(own.user.User.Sid, sid);
}

/* One entry, which is not inherited: the owner may read and write. Wine keeps generic rights as they were given. */
static bool allows_owner_only(ACL *list)
{
    ACCESS_ALLOWED_ACE *entry;
    const DWORD needed = FILE_MAP_READ | FILE_MAP_WRITE;
    return list != NULL && list->AceCount == 1 && GetAce(list, 0, (void **)&entry) &&
           entry->Header.AceType == ACCESS_ALLOWED_ACE_TYPE && entry->Header.AceFlags == 0 &&
           ((entry->Mask & needed) == needed || (entry->Mask & GENERIC_ALL) != 0) && is_this_user(&entry->SidStart);
}

bool native_owner_only(const char *native_name)
{
    PSID owner;
    ACL *list;
    SECURITY_DESCRIPTOR *found;
    HANDLE section = OpenFileMappingA(READ_CONTROL, FALSE, native_name);
    if (section == NULL)
        return false;
    bool right = false;
    if (GetSecurityInfo(section, SE_KERNEL_OBJECT, OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION, &owner, NULL,
                        &list, NULL, (void **)&found) == ERROR_SUCCESS) {
        right = is_this_user(owner) && allows_owner_only(list);
        (void)LocalFree(found);
    }
    (void)CloseHandle(section);
    return right;
}

uint64_t native_committed(const void *address, uint64_t length)
{
    MEMORY_BASIC_INFORMATION found;
    const unsigned char *at = address, *end = at + length;
    uint64_t committed = 0;
    while (at < end && VirtualQuery(at, &found, sizeof found) != 0) {
        const unsigned char *next = (const unsigned char *)found.BaseAddress + found.RegionSize;
        if (found.State == MEM_COMMIT)
            committed += (uint64_t)((next < end ? next : end) - at);
        at = next;
    }
    return committed;
}

bool native_allow_writing(const char *native_name, bool allow)
{
    (void)native_name;
    (void)allow;
    return false;
}

/* Volatile keys are lost at a restart. They can't have any below them that are not. */
static bool is_volatile(const char *key)
{
    char below[520];
    HKEY made;
    (void)snprintf(below, sizeof below, "%s\\x", key);
    LSTATUS code =
        RegCreateKeyExA(HKEY_CURRENT_USER, below, 0, NULL, REG_OPTION_NON_VOLATILE, KEY_READ, NULL, &made, NULL);
    if (code == ERROR_SUCCESS) {
        (void)RegCloseKey(made);
        (void)RegDeleteKeyA(HKEY_CURRENT_USER, below);
    }
    return code == ERROR_CHILD_MUST_BE_VOLATILE;
}

/* The region's key in the registry is called as the file is. */
bool native_restart(const char *path)
{
    char key[512];
    const char *name = strrchr(path, '\\');
    if (name == NULL)
        return false;
    (void)snprintf(key, sizeof key, "Software\\isthmus%s", name);
    if (is_volatile(key))
        (void)RegDeleteKeyA(HKEY_CURRENT_USER, key);
    return true;
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

bool native_become(unsigned user, unsigned group)
{
    (void)user;
    (void)group;
    return false;
}

/* The C library has one, which objects of the kernel know nothing of. */
bool native_set_umask(unsigned mask)
{
    int before;
    return _umask_s((int)mask, &before) == 0;
}

#define QUERY 0x20001u /* to see who may use a section, and how long it is */

/* What an entry of the list allows, as three permission bits; 1 stands for more than reading and writing. */
static unsigned bits_of(DWORD rights)
{
    if ((rights & GENERIC_ALL) != 0 || (rights & SECTION_ALL_ACCESS) == SECTION_ALL_ACCESS)
        return 7;
    unsigned bits = ((rights & FILE_MAP_READ) != 0 ? 4u : 0) | ((rights & FILE_MAP_WRITE) != 0 ? 2u : 0);
    return bits | ((rights & ~(QUERY | FILE_MAP_READ | FILE_MAP_WRITE)) != 0 ? 1u : 0);
}

/* The owner may do more with what is his. Everyone are the others, and the group's members too. */
static unsigned mode_of(ACL *list, PSID owner, PSID group)
{
    unsigned mode = 0;
    for (DWORD i = 0; list != NULL && i < list->AceCount; i++) {
        ACCESS_ALLOWED_ACE *entry;
        if (!GetAce(list, i, (void **)&entry) || entry->Header.AceType != ACCESS_ALLOWED_ACE_TYPE)
            return 07777;
        unsigned bits = bits_of(entry->Mask);
        if (IsWellKnownSid(&entry->SidStart, WinWorldSid))
            mode |= bits | bits << 3;
        else if (EqualSid(&entry->SidStart, owner))
            mode |= (bits & 6u) << 6;
        else
            mode |= EqualSid(&entry->SidStart, group) ? bits << 3 : 07000u;
    }
    return mode;
}

unsigned native_mode(const char *native_name)
{
    PSID owner, group;
    ACL *list;
    SECURITY_DESCRIPTOR *found;
    unsigned mode = 0;
    HANDLE section = OpenFileMappingA(READ_CONTROL, FALSE, native_name);
    if (section == NULL)
        return 0;
    if (GetSecurityInfo(section, SE_KERNEL_OBJECT,
                        OWNER_SECURITY_INFORMATION | GROUP_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION, &owner,
                        &group, &list, NULL, (void **)&found) == ERROR_SUCCESS) {
        mode = mode_of(list, owner, group);
        (void)LocalFree(found);
    }
    (void)CloseHandle(section);
    return mode;
}

/* This user, or its group, as text. */
static bool own_sid(bool is_group, char text[200])
{
    union {
        TOKEN_USER user;
        TOKEN_PRIMARY_GROUP group;
        unsigned char bytes[sizeof(TOKEN_USER) + SECURITY_MAX_SID_SIZE];
    } own;
    HANDLE token;
    DWORD length;
    char *written = NULL;
    if (!OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token))
        return false;
    if (GetTokenInformation(token, is_group ? TokenPrimaryGroup : TokenUser, &own, sizeof own, &length))
        (void)ConvertSidToStringSidA(is_group ? own.group.PrimaryGroup : own.user.User.Sid, &written);
    (void)CloseHandle(token);
    if (written == NULL)
        return false;
    (void)snprintf(text, 200, "%s", written);
    (void)LocalFree(written);
    return true;
}

static bool set_security(const char *native_name, const char *written, SECURITY_INFORMATION what)
{
    SECURITY_DESCRIPTOR *wanted;
    HANDLE section = OpenFileMappingA(WRITE_DAC | WRITE_OWNER, FALSE, native_name);
    if (section == NULL)
        return false;
    bool done = ConvertStringSecurityDescriptorToSecurityDescriptorA(written, SDDL_REVISION_1, (void **)&wanted, NULL);
    if (done) {
        done = SetKernelObjectSecurity(section, what, wanted);
        (void)LocalFree(wanted);
    }
    (void)CloseHandle(section);
    return done;
}

static void append_entry(char *list, size_t size, unsigned bits, const char *sid)
{
    unsigned rights = QUERY | ((bits & 4) != 0 ? FILE_MAP_READ : 0u) | ((bits & 2) != 0 ? FILE_MAP_WRITE : 0u);
    size_t length = strlen(list);
    if ((bits & 1) != 0)
        rights |= WRITE_DAC;
    if (bits != 0)
        (void)snprintf(list + length, size - length, "(A;;0x%x;;;%s)", rights, sid);
}

bool native_change_mode(const char *native_name, unsigned mode)
{
    char user[200], group[200], list[1024];
    if (!own_sid(false, user) || !own_sid(true, group))
        return false;
    (void)snprintf(list, sizeof list, "D:P(A;;GA;;;%s)", user);
    append_entry(list, sizeof list, mode & 7u, "WD");
    if ((mode & 7u) == 0)
        append_entry(list, sizeof list, mode >> 3 & 7u, group);
    return set_security(native_name, list, DACL_SECURITY_INFORMATION | PROTECTED_DACL_SECURITY_INFORMATION);
}

/* Administrators may give what they have made to their group. */
bool native_give_away(const char *native_name)
{
    return set_security(native_name, "O:BAD:P(A;;GA;;;BA)(A;;0x20007;;;WD)",
                        OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION | PROTECTED_DACL_SECURITY_INFORMATION);
}

uint64_t native_memory(const char *native_name)
{
    (void)native_name;
    return 0;
}

bool native_plant_odd(const char *path, const char *kind)
{
    (void)path;
    (void)kind;
    return false;
}

bool native_remove_odd(const char *path)
{
    (void)path;
    return false;
}

bool native_refuse(const char *what)
{
    (void)what;
    return false;
}

/* It is no file. */
bool native_remove_life_table(void)
{
    return false;
}

bool native_remove_group_table(unsigned user, unsigned group)
{
    (void)user;
    (void)group;
    return false;
}
