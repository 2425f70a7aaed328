/* persistent.c: a persistent object is a file in the folder of the user's local application data, and lives as
 * long as a registry key of the same name, its birth certificate.
 *
 * The key lies in the user's own part of the registry and is volatile: it is gone when the user logs off, or the
 * machine stops, however it stops. A file without its key is what was left behind; it is deleted by whoever next
 * uses the name for a persistent object, or lists. Removing deletes the key first: a file that somebody has mapped
 * can't be deleted, and goes with its last user, or later. The creator keeps the file open, and allows nobody to
 * delete it, until the key is there; so who could open a file for deleting, and then sees no key, knows that it is
 * nobody's.
 *
 * Whoever uses the object makes, or opens, a section of its native name on the file, so that handles are counted as
 * they are for other objects. Weak sides: opening takes the permission to write the file, even for reading only, while nobody
 * else has the region open; a user who is logged on twice keeps the files of the session that ended first
 * until the other has ended. */
#include "persistent.h"

#include "persistent_name.h"
#include "system_error.h"
#include "user.h"
#include "win32.h"

#include <userenv.h>
#include <winioctl.h>

#include <stdio.h>
#include <string.h>
#include <wchar.h>

#define PATH_ROOM 1024u /* characters of a path, with its end */
#define KEY_ROOM 512u

/* The key that certificates are in, as long as names are looked up: who has no persistent objects asks the registry
 * once each time. Guarded by ISM_LOCK_NAMES. */
static struct {
    HKEY key; /* NULL: there is none, or it was not asked for */
    bool is_asked;
} certificates;

/* ---- where they are ---- */

/* The folder, with a slash at its end; the long form takes paths over 260 characters. */
static ism_status write_folder(wchar_t path[PATH_ROOM], struct ism_cause *why)
{
    HANDLE token;
    wchar_t profile[PATH_ROOM / 2];
    DWORD room = PATH_ROOM / 2;
    if (!OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token))
        return ism_system_failure(why, "OpenProcessToken", GetLastError());
    BOOL is_told = GetUserProfileDirectoryW(token, profile, &room);
    DWORD code = GetLastError();
    (void)CloseHandle(token);
    if (!is_told)
        return ism_system_failure(why, "GetUserProfileDirectoryW", code);
    (void)swprintf(path, PATH_ROOM, L"\\\\?\\%ls\\AppData\\Local\\isthmus\\", profile);
    return ISM_OK;
}

static void append(wchar_t *path, const char *name)
{
    path += wcslen(path);
    while ((*path++ = (wchar_t)(unsigned char)*name++) != L'\0') /* all are ASCII */
        continue;
}

/* Where the keys are, below HKEY_USERS: a thread that acts as somebody else makes no difference. */
static ism_status write_key(wchar_t key[KEY_ROOM], struct ism_cause *why)
{
    const struct ism_user *user;
    ism_status status = ism_user_get(&user, why);
    key[0] = L'\0';
    if (status == ISM_OK) {
        append(key, user->text);
        append(key, "\\Software\\isthmus");
    }
    return status;
}

/* An object's file and key. */
struct place {
    wchar_t path[PATH_ROOM];
    wchar_t key[KEY_ROOM];
};

static ism_status place_named(const char *name, struct place *place, struct ism_cause *why)
{
    ism_status status = write_folder(place->path, why);
    if (status == ISM_OK)
        status = write_key(place->key, why);
    if (status == ISM_OK) {
        append(place->path, name);
        append(place->key, "\\");
        append(place->key, name);
    }
    return status;
}

static ism_status place_of(const char *native, struct place *place, struct ism_cause *why)
{
    char name[ISM_PERSISTENT_NAME_MAX + 1];
    ism_status status = ism_persistent_name(native, name, why);
    return status == ISM_OK ? place_named(name, place, why) : status;
}

/* ---- certificates ---- */

static bool is_there(HKEY above, const wchar_t *key)
{
    HKEY opened;
    if (RegOpenKeyExW(above, key, 0, KEY_QUERY_VALUE, &opened) != ERROR_SUCCESS)
        return false;
    (void)RegCloseKey(opened);
    return true;
}

/* A process without a profile has no part of the registry, and so no place for persistent objects. */
static ism_status certify(const struct place *place, struct ism_cause *why)
{
    HKEY key;
    LSTATUS code =
        RegCreateKeyExW(HKEY_USERS, place->key, 0, NULL, REG_OPTION_VOLATILE, KEY_QUERY_VALUE, NULL, &key, NULL);
    if (code != ERROR_SUCCESS) {
        ism_status status = ism_system_failure(why, "RegCreateKeyExW", (unsigned long)code);
        return status == ISM_E_NOT_FOUND ? ISM_E_UNSUPPORTED : status;
    }
    (void)RegCloseKey(key);
    ism_persistent_forget();
    return ISM_OK;
}

/* The key above goes with the last certificate; as long as others are in it, it can't be deleted. */
static ism_status revoke(const struct place *place, struct ism_cause *why)
{
    wchar_t above[KEY_ROOM];
    LSTATUS code = RegDeleteKeyW(HKEY_USERS, place->key);
    if (code != ERROR_SUCCESS && code != ERROR_FILE_NOT_FOUND)
        return ism_system_failure(why, "RegDeleteKeyW", (unsigned long)code);
    if (write_key(above, why) == ISM_OK)
        (void)RegDeleteKeyW(HKEY_USERS, above);
    return ISM_OK;
}

void ism_persistent_forget(void)
{
    if (certificates.key != NULL)
        (void)RegCloseKey(certificates.key);
    certificates.key = NULL;
    certificates.is_asked = false;
}

static void open_certificates(void)
{
    wchar_t key[KEY_ROOM];
    struct ism_cause ignored;
    if (write_key(key, &ignored) != ISM_OK ||
        RegOpenKeyExW(HKEY_USERS, key, 0, KEY_READ, &certificates.key) != ERROR_SUCCESS)
        certificates.key = NULL;
    certificates.is_asked = true;
}

/* Between begin and end. */
static bool is_certified(const char *native)
{
    char name[ISM_PERSISTENT_NAME_MAX + 1];
    wchar_t wide[ISM_PERSISTENT_NAME_MAX + 1] = L"";
    struct ism_cause ignored;
    if (!certificates.is_asked)
        open_certificates();
    if (certificates.key == NULL || ism_persistent_name(native, name, &ignored) != ISM_OK)
        return false;
    append(wide, name);
    return is_there(certificates.key, wide);
}

/* ---- files ---- */

static void free_place(const struct place *place)
{
    FILE_DISPOSITION_INFO deleted = {TRUE};
    HANDLE file = CreateFileW(place->path, DELETE, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL,
                              OPEN_EXISTING, FILE_FLAG_OPEN_REPARSE_POINT, NULL);
    if (file == INVALID_HANDLE_VALUE)
        return;
    if (!is_there(HKEY_USERS, place->key))
        (void)SetFileInformationByHandle(file, FileDispositionInfo, &deleted, sizeof deleted);
    (void)CloseHandle(file);
}

static ism_status make_folder(const struct place *place, struct ism_cause *why)
{
    const struct ism_user *user;
    wchar_t folder[PATH_ROOM];
    ism_status status = ism_user_get(&user, why);
    if (status != ISM_OK)
        return status;
    wcscpy(folder, place->path);
    *wcsrchr(folder, L'\\') = L'\0';
    if (CreateDirectoryW(folder, user->attributes) || GetLastError() == ERROR_ALREADY_EXISTS)
        return ISM_OK;
    return ism_system_failure(why, "CreateDirectoryW", GetLastError());
}

/* Nobody may delete it while this handle is open. Its pages stay in memory as long as there is room for them. */
static ism_status make_file(const struct place *place, HANDLE *file, struct ism_cause *why)
{
    const struct ism_user *user;
    ism_status status = ism_user_get(&user, why);
    if (status == ISM_OK)
        status = make_folder(place, why);
    if (status != ISM_OK)
        return status;
    free_place(place);
    *file = CreateFileW(place->path, GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE, user->attributes,
                        CREATE_NEW, FILE_ATTRIBUTE_TEMPORARY | FILE_ATTRIBUTE_NOT_CONTENT_INDEXED, NULL);
    if (*file != INVALID_HANDLE_VALUE)
        return ISM_OK;
    DWORD code = GetLastError();
    status = ism_system_failure(why, "CreateFileW", code);
    return code == ERROR_FILE_EXISTS ? ISM_E_BUSY : status;
}

/* Where the file system knows no sparse files, all of it gets its place on the disk. */
static ism_status size_file(HANDLE file, const struct ism_memory_plan *plan, struct ism_cause *why)
{
    LARGE_INTEGER end;
    DWORD unused;
    end.QuadPart = (LONGLONG)plan->length;
    if (plan->sparse)
        (void)DeviceIoControl(file, FSCTL_SET_SPARSE, NULL, 0, NULL, 0, &unused, NULL);
    if (!SetFilePointerEx(file, end, NULL, FILE_BEGIN) || !SetEndOfFile(file))
        return ism_system_failure(why, "SetEndOfFile", GetLastError());
    return ISM_OK;
}

ism_status ism_persistent_create(const char *native, const struct ism_memory_plan *plan, HANDLE *section,
                                 struct ism_cause *why)
{
    struct place place;
    HANDLE file;
    ism_status status = place_of(native, &place, why);
    if (status == ISM_OK)
        status = make_file(&place, &file, why);
    if (status != ISM_OK)
        return status;
    status = size_file(file, plan, why);
    if (status == ISM_OK)
        status = ism_win32_make_section(native, file, PAGE_READWRITE, 0, ISM_ACCESS_OWNER, section, why);
    if (status == ISM_OK) {
        status = certify(&place, why);
        if (status != ISM_OK)
            (void)CloseHandle(*section);
    }
    (void)CloseHandle(file);
    if (status != ISM_OK)
        free_place(&place);
    return status;
}

/* A link is not followed, and no region. */
static ism_status check_file(HANDLE file, struct ism_cause *why)
{
    BY_HANDLE_FILE_INFORMATION found;
    if (!GetFileInformationByHandle(file, &found))
        return ism_system_failure(why, "GetFileInformationByHandle", GetLastError());
    if ((found.dwFileAttributes & FILE_ATTRIBUTE_REPARSE_POINT) != 0 ||
        (found.nFileSizeHigh == 0 && found.nFileSizeLow == 0))
        return ISM_E_FOREIGN;
    return ism_user_check_owner(file, why);
}

ism_status ism_persistent_open(const char *native, HANDLE *section, struct ism_cause *why)
{
    struct place place;
    if (!is_certified(native))
        return ISM_E_NOT_FOUND;
    ism_status status = place_of(native, &place, why);
    if (status != ISM_OK)
        return status;
    HANDLE file =
        CreateFileW(place.path, GENERIC_READ | GENERIC_WRITE | READ_CONTROL, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL,
                    OPEN_EXISTING, FILE_FLAG_OPEN_REPARSE_POINT, NULL);
    if (file == INVALID_HANDLE_VALUE) {
        status = ism_system_failure(why, "CreateFileW", GetLastError());
        if (status == ISM_E_NOT_FOUND) /* somebody has deleted it by hand */
            (void)revoke(&place, why);
        return status;
    }
    status = check_file(file, why);
    if (status == ISM_OK)
        status = ism_win32_make_section(native, file, PAGE_READWRITE, 0, ISM_ACCESS_OWNER, section, why);
    (void)CloseHandle(file);
    return status;
}

ism_status ism_persistent_revoke(const char *native, struct ism_cause *why)
{
    struct place place;
    ism_status status = place_of(native, &place, why);
    return status == ISM_OK ? revoke(&place, why) : status;
}

void ism_persistent_free(const char *native)
{
    struct place place;
    struct ism_cause ignored;
    if (place_of(native, &place, &ignored) == ISM_OK && !is_there(HKEY_USERS, place.key))
        free_place(&place);
}

/* Pages that were changed are written out, and so get their place; nothing is changed in them. */
ism_status ism_persistent_allocate(unsigned char *address, uint64_t length, struct ism_cause *why)
{
    size_t page = ism_memory_page();
    unsigned char *end = address + length;
    for (unsigned char *at = address - (uintptr_t)address % page; at < end; at += page)
        (void)InterlockedOr((volatile LONG *)(void *)at, 0);
    if (!FlushViewOfFile(address, (SIZE_T)length))
        return ism_system_failure(why, "FlushViewOfFile", GetLastError());
    return ISM_OK;
}

void ism_persistent_path(const char *native, char path[ISM_PATH_MAX + 1])
{
    struct place place;
    struct ism_cause ignored;
    const size_t long_form = wcslen(L"\\\\?\\");
    if (place_of(native, &place, &ignored) != ISM_OK || !is_there(HKEY_USERS, place.key) ||
        WideCharToMultiByte(CP_UTF8, 0, place.path + long_form, -1, path, ISM_PATH_MAX + 1, NULL, NULL) == 0)
        path[0] = '\0';
}

/* ---- listing ---- */

/* False: the visitor wants no more. */
static bool visit(const wchar_t *found, ism_persistent_visitor visitor, void *context)
{
    struct place place;
    struct ism_cause ignored;
    char name[ISM_PERSISTENT_NAME_MAX + 1], native[ISM_NATIVE_NAME_MAX + 1];
    size_t length = wcslen(found);
    if (length > ISM_PERSISTENT_NAME_MAX)
        return true;
    for (size_t i = 0; i <= length; i++)
        name[i] = (char)(found[i] <= 0x7e ? found[i] : L'?');
    if (!ism_persistent_is_name(name) || place_named(name, &place, &ignored) != ISM_OK)
        return true;
    if (is_there(HKEY_USERS, place.key))
        return !ism_persistent_native(name, native) || visitor(native, context);
    free_place(&place);
    return true;
}

ism_status ism_persistent_list(ism_persistent_visitor visitor, void *context, struct ism_cause *why)
{
    WIN32_FIND_DATAW found;
    wchar_t pattern[PATH_ROOM];
    ism_status status = write_folder(pattern, why);
    if (status != ISM_OK)
        return status;
    append(pattern, "s*");
    HANDLE search = FindFirstFileW(pattern, &found);
    if (search == INVALID_HANDLE_VALUE) {
        DWORD code = GetLastError();
        if (code == ERROR_FILE_NOT_FOUND || code == ERROR_PATH_NOT_FOUND)
            return ISM_OK;
        return ism_system_failure(why, "FindFirstFileW", code);
    }
    do
        if (!visit(found.cFileName, visitor, context))
            break;
    while (FindNextFileW(search, &found));
    (void)FindClose(search);
    return ISM_OK;
}
