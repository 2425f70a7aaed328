/* ntdll.c: what only the lowest library of Windows tells about kernel objects.
 *
 * Not every compiler ships an import library for it, so its functions are found at run time. All
 * have been there since Windows NT 3.1, and Wine has them too. Microsoft documents NtQueryObject,
 * NtQuerySection and the calls on directories, but not NtQueryMutant. */
#include "ntdll.h"

#include "system_error.h"

#include <winternl.h>

#define OBJECT_NAME_INFORMATION_CLASS 1
#define MUTANT_BASIC_INFORMATION_CLASS 0
#define SECTION_BASIC_INFORMATION_CLASS 0
#define SECTION_ON_A_FILE 0x1800000u /* SEC_FILE, or the file is a program (SEC_IMAGE) */
#define DIRECTORY_QUERY_ACCESS 0x1u
#define NO_MORE_ENTRIES ((NTSTATUS)0x8000001a)

struct mutant_information {
    LONG count;
    BOOLEAN is_owned_by_caller;
    BOOLEAN is_abandoned;
};

struct section_information {
    void *base;
    ULONG attributes;
    LARGE_INTEGER length;
};

struct directory_entry {
    UNICODE_STRING name;
    UNICODE_STRING type;
};

typedef NTSTATUS(NTAPI *query_function)(HANDLE object, int what, void *answer, ULONG size, ULONG *length);
typedef NTSTATUS(NTAPI *query_section_function)(HANDLE section, int what, void *answer, SIZE_T size, SIZE_T *length);
typedef NTSTATUS(NTAPI *open_directory_function)(HANDLE *directory, ACCESS_MASK access, OBJECT_ATTRIBUTES *attributes);
typedef NTSTATUS(NTAPI *query_directory_function)(HANDLE directory, void *entries, ULONG size, BOOLEAN single,
                                                  BOOLEAN restart, ULONG *place, ULONG *length);
typedef ULONG(NTAPI *error_function)(NTSTATUS status);

/* The one type that every function pointer may be cast to and from. */
typedef void (*any_function)(void);

static any_function find(const char *name)
{
    HMODULE library = GetModuleHandleW(L"ntdll.dll");
    return library != NULL ? (any_function)GetProcAddress(library, name) : NULL;
}

static ism_status failure(struct ism_cause *why, const char *call, NTSTATUS code)
{
    error_function translate = (error_function)find("RtlNtStatusToDosError");
    return ism_system_failure(why, call, translate != NULL ? translate(code) : ERROR_GEN_FAILURE);
}

static ism_status absence(struct ism_cause *why, const char *call)
{
    why->call = call;
    why->code = ERROR_PROC_NOT_FOUND;
    return ISM_E_UNSUPPORTED;
}

bool ism_ntdll_count_handles(HANDLE object, uint32_t *count)
{
    PUBLIC_OBJECT_BASIC_INFORMATION information;
    query_function query = (query_function)find("NtQueryObject");
    if (query == NULL || query(object, ObjectBasicInformation, &information, sizeof information, NULL) != 0)
        return false;
    *count = information.HandleCount;
    return true;
}

bool ism_ntdll_count_mutex(HANDLE mutex, int32_t *count)
{
    struct mutant_information information;
    query_function query = (query_function)find("NtQueryMutant");
    if (query == NULL || query(mutex, MUTANT_BASIC_INFORMATION_CLASS, &information, sizeof information, NULL) != 0)
        return false;
    *count = information.count;
    return true;
}

ism_status ism_ntdll_measure_section(HANDLE section, uint64_t *length, bool *is_file, struct ism_cause *why)
{
    struct section_information found;
    query_section_function query = (query_section_function)find("NtQuerySection");
    if (query == NULL)
        return absence(why, "NtQuerySection");
    NTSTATUS code = query(section, SECTION_BASIC_INFORMATION_CLASS, &found, sizeof found, NULL);
    if (code != 0)
        return failure(why, "NtQuerySection", code);
    *length = (uint64_t)found.length.QuadPart;
    *is_file = (found.attributes & SECTION_ON_A_FILE) != 0;
    return ISM_OK;
}

/* From a named object's path to that of its directory. */
static void cut_last_name(UNICODE_STRING *path)
{
    size_t length = path->Length / sizeof(wchar_t);
    while (length > 0 && path->Buffer[--length] != L'\\')
        continue;
    path->Length = (USHORT)(length * sizeof(wchar_t));
}

ism_status ism_ntdll_open_directory(HANDLE object, HANDLE *directory, struct ism_cause *why)
{
    union {
        UNICODE_STRING path;
        unsigned char bytes[4096];
    } found;
    OBJECT_ATTRIBUTES attributes;
    query_function query = (query_function)find("NtQueryObject");
    open_directory_function open = (open_directory_function)find("NtOpenDirectoryObject");
    if (query == NULL || open == NULL)
        return absence(why, query == NULL ? "NtQueryObject" : "NtOpenDirectoryObject");
    NTSTATUS code = query(object, OBJECT_NAME_INFORMATION_CLASS, &found, sizeof found, NULL);
    if (code != 0)
        return failure(why, "NtQueryObject", code);
    cut_last_name(&found.path);
    InitializeObjectAttributes(&attributes, &found.path, 0, NULL, NULL);
    code = open(directory, DIRECTORY_QUERY_ACCESS, &attributes);
    return code == 0 ? ISM_OK : failure(why, "NtOpenDirectoryObject", code);
}

/* One entry a call, since Wine 8 knows no other way. */
ism_status ism_ntdll_read_directory(HANDLE directory, unsigned long *place, void *buffer, struct ism_ntdll_entry *entry,
                                    struct ism_cause *why)
{
    query_directory_function query = (query_directory_function)find("NtQueryDirectoryObject");
    if (query == NULL)
        return absence(why, "NtQueryDirectoryObject");
    NTSTATUS code = query(directory, buffer, ISM_NTDLL_BUFFER_SIZE, TRUE, *place == 0, place, NULL);
    if (code == NO_MORE_ENTRIES)
        return ISM_E_NOT_FOUND;
    if (code < 0) /* that there are more entries is no failure */
        return failure(why, "NtQueryDirectoryObject", code);
    const struct directory_entry *found = buffer;
    entry->name = found->name.Buffer;
    entry->name_length = found->name.Length / sizeof(wchar_t);
    entry->type = found->type.Buffer;
    entry->type_length = found->type.Length / sizeof(wchar_t);
    return ISM_OK;
}
