/* memory.c: objects made by CreateFileMapping(), backed by the page files.
 *
 * A section lives as long as somebody has a handle or a view of it, and its name as long as
 * somebody has a handle. So nothing is ever left behind, and nothing can be freed by force: core
 * marks a removed region, and the next one of its name goes by the next candidate, see generations.c. Sections are
 * made with SEC_RESERVE: address space is set aside at once, memory when it is committed; touching
 * a page before that faults (Wine 8 lets it pass, and does not tell other views of a commit that
 * reaches the section's end: who asks VirtualQuery() there sets the same aside again). Persistent objects are
 * sections on files, see persistent.c. Names of the session are in its own folder (Local), those of the machine in the
 * one that all sessions see (Global), where only who has SeCreateGlobalPrivilege makes sections: services and
 * administrators have it. Who a section is open to is read from the section itself, see protection.c. Weak side: while
 * the handle of one who only looks is open, the name is taken. */
#include "../atomics.h"
#include "error_report.h"
#include "generations.h"
#include "ntdll.h"
#include "persistent.h"
#include "protection.h"
#include "system_error.h"
#include "user.h"
#include "win32.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct ism_traits ism_backend_traits = {
    .name = "win32",
    .candidates = 32,
    .shared_candidates = 32,
    .names_are_exact = false,
    .tells_scopes = true,
    .keeps_persistent = true,
    .frees_names = false,
    .locks_names = true,
    .lease_names_holders = false,
    .reserves_lazily = false,
};

#define CANDIDATE_MAX 3 /* characters: ".31" */

/* What an object is, in ism_memory.kind. */
enum kind {
    KIND_RESERVED,   /* memory is set aside by a commit */
    KIND_FILE,       /* all of it has its place on the disk */
    KIND_SPARSE_FILE /* as far as it was committed */
};

size_t ism_memory_page(void)
{
    SYSTEM_INFO system;
    GetSystemInfo(&system);
    return system.dwPageSize;
}

/* FNV-1a. */
static uint64_t hash(uint64_t so_far, const char *text)
{
    for (; *text != '\0'; text++)
        so_far = (so_far ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
    return so_far;
}

/* '~' stands in no region's name, so a hashed name is never another one's own. If the user can't be
 * told, neither can an object be made or found. */
void ism_memory_native_name(const char *name, struct ism_names names, unsigned candidate,
                            char native[ISM_NATIVE_NAME_MAX + 1])
{
    char prefix[ISM_USER_PREFIX_MAX + 1], hashed[34];
    ism_user_prefix(names, prefix);
    if (strlen(prefix) + strlen(name) + CANDIDATE_MAX > ISM_NATIVE_NAME_MAX) {
        (void)snprintf(hashed, sizeof hashed, "~%016llx%016llx",
                       (unsigned long long)hash(UINT64_C(0xcbf29ce484222325), name),
                       (unsigned long long)hash(UINT64_C(0x84222325cbf29ce4), name));
        name = hashed;
    }
    (void)snprintf(native, ISM_NATIVE_NAME_MAX + 1, "%s%s.%u", prefix, name, candidate);
}

struct ism_names ism_memory_names(const char *native)
{
    static const char machine[] = "Global\\", shared[] = "isthmus.all.";
    bool is_machine = strncmp(native, machine, sizeof machine - 1) == 0;
    const char *base = strchr(native, '\\');
    return (struct ism_names){
        .shared = base != NULL && strncmp(base + 1, shared, sizeof shared - 1) == 0,
        .scope = is_machine ? ISM_SCOPE_MACHINE : ISM_SCOPE_SESSION,
    };
}

/* Names of the session that are this user's alone: only they have persistent objects, whose files and keys are the
 * user's. */
static bool can_persist(const char *native)
{
    struct ism_names names = ism_memory_names(native);
    return !names.shared && names.scope == ISM_SCOPE_SESSION;
}

static void fill(struct ism_memory *memory, const char *native, HANDLE section, HANDLE mark, bool writable)
{
    memset(memory, 0, sizeof *memory);
    memcpy(memory->native, native, strlen(native) + 1);
    memory->handle = (intptr_t)section;
    memory->mark = (intptr_t)mark;
    memory->writable = writable;
}

static HANDLE section_of(const struct ism_memory *memory)
{
    return (HANDLE)memory->handle;
}

ism_status ism_win32_reserve_failure(struct ism_cause *why, const char *call, unsigned long code)
{
    ism_status status = ism_system_failure(why, call, code);
    return status == ISM_E_NO_MEMORY ? ISM_E_NO_SPACE : status;
}

static ism_status make_section(const char *native, const struct ism_memory_plan *plan, HANDLE *section,
                               struct ism_cause *why)
{
    if (!plan->persistent)
        return ism_win32_make_section(native, INVALID_HANDLE_VALUE, PAGE_READWRITE | SEC_RESERVE, plan->length,
                                      plan->access, section, why);
    if (can_persist(native))
        return ism_persistent_create(native, plan, section, why);
    *why = (struct ism_cause){NULL, 0};
    return ISM_E_UNSUPPORTED;
}

ism_status ism_memory_create(const char *native, const struct ism_memory_plan *plan, struct ism_memory *out,
                             struct ism_cause *why)
{
    HANDLE section, mark;
    ism_status status = ism_generations_hold(native, &mark, why);
    if (status != ISM_OK)
        return status;
    status = make_section(native, plan, &section, why);
    if (status != ISM_OK) {
        bool is_taken = status == ISM_E_EXISTS || status == ISM_E_ACCESS || status == ISM_E_FOREIGN;
        ism_generations_release(mark);
        return is_taken && ism_generations_doubt(native) ? ISM_E_EXISTS : status;
    }
    fill(out, native, section, mark, true);
    out->length = plan->length;
    if (plan->persistent)
        out->kind = plan->sparse ? KIND_SPARSE_FILE : KIND_FILE;
    return ISM_OK;
}

/* What may not be opened is this user's own all the same, if its owner says so: an owner may always read that. */
static ism_status judge_denial(const wchar_t *name)
{
    struct ism_cause ignored;
    HANDLE section = OpenFileMappingW(READ_CONTROL, FALSE, name);
    ism_status status = ISM_E_FOREIGN;
    if (section != NULL) {
        status = ism_user_check_owner(section, &ignored);
        (void)CloseHandle(section);
    }
    return status == ISM_E_FOREIGN ? ISM_E_FOREIGN : ISM_E_ACCESS;
}

static ism_status open_section(const char *native, bool writable, HANDLE *section, struct ism_cause *why)
{
    wchar_t name[ISM_NATIVE_NAME_MAX + 1];
    ism_user_wide_name(native, name);
    DWORD access = READ_CONTROL | SECTION_QUERY | FILE_MAP_READ | (writable ? FILE_MAP_WRITE : 0);
    *section = OpenFileMappingW(access, FALSE, name);
    if (*section != NULL)
        return ISM_OK;
    ism_status status = ism_system_failure(why, "OpenFileMappingW", GetLastError());
    return status == ISM_E_ACCESS && !ism_memory_is_shared(native) ? judge_denial(name) : status;
}

ism_status ism_memory_open(const char *native, bool writable, struct ism_memory *out, struct ism_cause *why)
{
    HANDLE section, mark;
    ism_status status = ISM_E_NOT_FOUND;
    *why = (struct ism_cause){NULL, 0};
    if (ism_generations_may_have(native))
        status = open_section(native, writable, &section, why);
    if (status == ISM_E_NOT_FOUND && can_persist(native))
        status = ism_persistent_open(native, &section, why);
    if (status == ISM_E_EXISTS && ism_generations_doubt(native))
        status = open_section(native, writable, &section, why);
    if (status != ISM_OK)
        return status;
    status = ism_generations_hold(native, &mark, why);
    if (status == ISM_OK)
        fill(out, native, section, mark, writable);
    else
        (void)CloseHandle(section);
    return status == ISM_E_FOREIGN ? ISM_E_ACCESS : status; /* the mark is another's; the region is not */
}

uint64_t ism_win32_length_of_view(const unsigned char *view)
{
    MEMORY_BASIC_INFORMATION found;
    uint64_t length = 0; /* each run of pages of one state and protection is told by itself */
    while (VirtualQuery(view + length, &found, sizeof found) != 0 && found.AllocationBase == (const void *)view)
        length += found.RegionSize;
    return length;
}

static ism_status check_protection(struct ism_memory *memory, struct ism_cause *why)
{
    struct ism_sid owner, others;
    uint32_t access;
    ism_status status = ism_protection_read(section_of(memory), &owner, &access, &others, why);
    if (status == ISM_OK && !ism_memory_is_shared(memory->native) && !ism_user_is(&owner.sid)) {
        *why = (struct ism_cause){NULL, 0};
        status = ISM_E_FOREIGN;
    }
    if (status == ISM_OK)
        memory->access = access;
    return status;
}

/* There is no identity to fill in: while this handle is open the name means this object. Views
 * consist of whole pages. Pages of a file may fail to come in when they are touched, and it is not for another user
 * to say whether they do. */
ism_status ism_memory_measure(struct ism_memory *memory, struct ism_cause *why)
{
    uint64_t length, page = ism_memory_page();
    bool is_file;
    ism_status status = check_protection(memory, why);
    if (status == ISM_OK)
        status = ism_ntdll_measure_section(section_of(memory), &length, &is_file, why);
    if (status != ISM_OK)
        return status;
    memory->length = (length + page - 1) / page * page;
    if (is_file && ism_memory_is_shared(memory->native)) {
        *why = (struct ism_cause){NULL, 0};
        return ISM_E_FOREIGN;
    }
    if (memory->kind == KIND_RESERVED && is_file)
        memory->kind = KIND_SPARSE_FILE;
    memory->faults = memory->kind == KIND_RESERVED;
    return ISM_OK;
}

ism_status ism_memory_map(struct ism_memory *memory, struct ism_cause *why)
{
    if (memory->address != NULL)
        return ISM_OK;
    DWORD access = FILE_MAP_READ | (memory->writable ? FILE_MAP_WRITE : 0);
    void *address = MapViewOfFile(section_of(memory), access, 0, 0, 0);
    if (address == NULL)
        return ism_system_failure(why, "MapViewOfFile", GetLastError());
    memory->address = address;
    return ISM_OK;
}

static bool is_committed(const unsigned char *start, uint64_t length)
{
    for (uint64_t at = 0; at < length;) {
        MEMORY_BASIC_INFORMATION found;
        if (VirtualQuery(start + at, &found, sizeof found) == 0 || found.State != MEM_COMMIT)
            return false;
        at = (uint64_t)((unsigned char *)found.BaseAddress + found.RegionSize - start);
    }
    return true;
}

/* What is set aside already stays as it is. Who may only read asks first: whether a view for reading may set anything
 * aside is documented nowhere. */
static bool commit_pages(const struct ism_memory *memory, unsigned char *start, uint64_t length)
{
    if (!memory->writable && is_committed(start, length))
        return true;
    DWORD protection = memory->writable ? PAGE_READWRITE : PAGE_READONLY;
    return VirtualAlloc(start, (SIZE_T)length, MEM_COMMIT, protection) != NULL;
}

ism_status ism_memory_commit(struct ism_memory *memory, uint64_t offset, uint64_t length, struct ism_cause *why)
{
    if (memory->kind == KIND_FILE)
        return ISM_OK;
    if (memory->kind == KIND_SPARSE_FILE)
        return ism_persistent_allocate(memory->address + offset, length, why);
    if (!commit_pages(memory, memory->address + offset, length))
        return ism_win32_reserve_failure(why, "VirtualAlloc", GetLastError());
    return ISM_OK;
}

/* Reading and writing back nothing brings a page in, and disturbs nobody who writes to it. Other software may have set
 * nothing aside: that is done before, so that no touch can fault. */
static bool touch(const struct ism_memory *memory, unsigned char *bytes, uint64_t length)
{
    size_t page = ism_memory_page();
    if (memory->kind == KIND_RESERVED && !commit_pages(memory, bytes, length))
        return false;
    for (uint64_t at = 0; at < length; at += page) {
        volatile LONG *word = (volatile LONG *)(void *)(bytes + at);
        if (memory->writable)
            (void)InterlockedOr(word, 0);
        else
            (void)*word;
    }
    return true;
}

/* A process may lock about as many pages as its smallest working set holds, which is small at first. */
static bool lock_in_memory(unsigned char *bytes, SIZE_T length)
{
    SIZE_T least, most;
    if (VirtualLock(bytes, length))
        return true;
    HANDLE self = GetCurrentProcess();
    return GetLastError() == ERROR_WORKING_SET_QUOTA && GetProcessWorkingSetSize(self, &least, &most) &&
           length <= SIZE_MAX - most && SetProcessWorkingSetSize(self, least + length, most + length) &&
           VirtualLock(bytes, length);
}

/* Large pages can't be had, see docs/decisions.md. Dumps leave the whole view out, with what it grows by. */
uint32_t ism_memory_advise(struct ism_memory *memory, uint64_t offset, uint64_t length, uint32_t wanted)
{
    uint64_t within = offset % ism_memory_page();
    unsigned char *start = memory->address + (offset - within);
    uint32_t granted = 0;
    if ((wanted & ISM_REGION_NO_CORE_DUMP) != 0 && ism_error_report_exclude(memory->address, memory->length))
        granted |= ISM_REGION_NO_CORE_DUMP;
    if ((wanted & ISM_REGION_PREFAULT) != 0 && touch(memory, start, length + within))
        granted |= ISM_REGION_PREFAULT;
    if ((wanted & ISM_REGION_LOCKED) != 0 && lock_in_memory(start, (SIZE_T)(length + within)))
        granted |= ISM_REGION_LOCKED;
    return granted;
}

/* The kernel copies, and says which page can't be read instead of faulting. */
ism_status ism_memory_read(struct ism_memory *memory, uint64_t offset, void *bytes, size_t size, struct ism_cause *why)
{
    ism_status status = ism_memory_map(memory, why);
    if (status != ISM_OK)
        return status;
    size_t page = ism_memory_page();
    unsigned char *to = bytes;
    while (size > 0) {
        size_t left = page - (size_t)(offset % page);
        size_t run = left < size ? left : size;
        if (!ReadProcessMemory(GetCurrentProcess(), memory->address + offset, to, run, NULL))
            memset(to, 0, run);
        offset += run;
        to += run;
        size -= run;
    }
    MemoryBarrier(); /* pairs with the release of ism_publish_bytes() */
    return ISM_OK;
}

ism_status ism_memory_write(struct ism_memory *memory, uint64_t offset, const void *bytes, size_t size,
                            struct ism_cause *why)
{
    ism_status status = ism_memory_map(memory, why);
    if (status == ISM_OK && memory->kind == KIND_RESERVED) /* its creator may have been killed before */
        status = ism_memory_commit(memory, offset, size, why);
    if (status != ISM_OK)
        return status;
    ism_publish_bytes(memory->address + offset, bytes, size);
    return ISM_OK;
}

/* The name is freed with the last handle, and core's mark tells all who find it until then that it means nothing
 * any more. Whoever may write could set that mark; but only the owner is to. */
ism_status ism_memory_unlink(struct ism_memory *memory, struct ism_cause *why)
{
    ism_status status = ISM_OK;
    *why = (struct ism_cause){NULL, 0};
    if (ism_memory_is_shared(memory->native) && !memory->alone)
        status = ism_user_check_owner(section_of(memory), why);
    if (status != ISM_OK)
        return status == ISM_E_FOREIGN ? ISM_E_ACCESS : status;
    return memory->kind == KIND_RESERVED ? ISM_OK : ism_persistent_revoke(memory->native, why);
}

bool ism_memory_is_hollow(struct ism_memory *memory)
{
    (void)memory;
    return false;
}

void ism_memory_close(struct ism_memory *memory)
{
    if (memory->address != NULL) {
        ism_error_report_forget(memory->address);
        (void)UnmapViewOfFile(memory->address);
    }
    (void)CloseHandle(section_of(memory));
    ism_generations_release((HANDLE)memory->mark);
    if (memory->kind != KIND_RESERVED)
        ism_persistent_free(memory->native);
    memory->address = NULL;
    memory->handle = 0;
    memory->mark = 0;
}

void ism_memory_path(const char *native, char path[ISM_PATH_MAX + 1])
{
    ism_persistent_path(native, path);
}

/* Native names, gathered before any is visited: the visitor changes the directory. */
struct names {
    char (*native)[ISM_NATIVE_NAME_MAX + 1];
    size_t count;
    size_t room;
    bool is_full; /* there was no memory for more */
};

static bool add_name(const char *native, void *context)
{
    struct names *names = context;
    if (names->count == names->room) {
        size_t room = names->room == 0 ? 16 : names->room * 2;
        void *grown = realloc(names->native, room * sizeof names->native[0]);
        names->is_full = grown == NULL;
        if (grown == NULL)
            return false;
        names->native = grown;
        names->room = room;
    }
    memcpy(names->native[names->count++], native, strlen(native) + 1);
    return true;
}

/* The native name of an entry of that folder that may be a region. */
static bool is_candidate(const struct ism_ntdll_entry *entry, const char *prefix, char native[ISM_NATIVE_NAME_MAX + 1])
{
    static const wchar_t section[] = L"Section";
    size_t start = (size_t)(strchr(prefix, '\\') + 1 - prefix);
    if (entry->type_length != sizeof section / sizeof section[0] - 1 ||
        memcmp(entry->type, section, entry->type_length * sizeof section[0]) != 0 ||
        entry->name_length > ISM_NATIVE_NAME_MAX - start)
        return false;
    memcpy(native, prefix, start);
    for (size_t i = 0; i < entry->name_length; i++) {
        if (entry->name[i] == L'\0' || entry->name[i] > 0x7e)
            return false;
        native[start + i] = (char)entry->name[i];
    }
    native[start + entry->name_length] = '\0';
    return strncmp(native, prefix, strlen(prefix)) == 0;
}

/* A folder, and what the names begin with that are looked for in it: this user's, and those of all. */
struct folder {
    HANDLE directory;
    char own[ISM_USER_PREFIX_MAX + 1];
    char shared[ISM_USER_PREFIX_MAX + 1];
};

static ism_status gather(const struct folder *folder, struct names *names, struct ism_cause *why)
{
    struct ism_ntdll_entry entry;
    char native[ISM_NATIVE_NAME_MAX + 1];
    unsigned long place = 0;
    void *buffer = malloc(ISM_NTDLL_BUFFER_SIZE);
    if (buffer == NULL)
        return ISM_E_NO_MEMORY;
    ism_status status;
    while ((status = ism_ntdll_read_directory(folder->directory, &place, buffer, &entry, why)) == ISM_OK)
        if ((is_candidate(&entry, folder->own, native) || is_candidate(&entry, folder->shared, native)) &&
            !add_name(native, names))
            break;
    free(buffer);
    return status == ISM_E_NOT_FOUND ? ISM_OK : status;
}

static int compare_names(const void *left, const void *right)
{
    return strcmp(left, right);
}

/* The folder of a scope is where this user's names are guarded, too. */
static ism_status open_folder(ism_scope scope, struct folder *folder, struct ism_cause *why)
{
    HANDLE guard;
    struct ism_names own = {.shared = false, .scope = scope}, shared = {.shared = true, .scope = scope};
    ism_user_prefix(own, folder->own);
    ism_user_prefix(shared, folder->shared);
    ism_status status = ism_win32_open_names(own, &guard, why);
    if (status != ISM_OK)
        return status;
    status = ism_ntdll_open_directory(guard, &folder->directory, why);
    (void)CloseHandle(guard);
    return status;
}

/* A place in the directory is a number, so an entry that comes meanwhile shows another one twice, and one that
 * goes hides another. Whoever is there all the time is seen in one of several passes. */
static ism_status gather_scope(ism_scope scope, struct names *names, struct ism_cause *why)
{
    enum { PASSES = 3 };
    struct folder folder;
    ism_status status = open_folder(scope, &folder, why);
    if (status != ISM_OK)
        return status;
    for (int pass = 0; status == ISM_OK && pass < PASSES; pass++)
        status = gather(&folder, names, why);
    (void)CloseHandle(folder.directory);
    return status;
}

/* Who may not go there, as programs from the store, has nothing there; nor has one whose names others guard. */
static ism_status gather_machine(struct names *names, struct ism_cause *why)
{
    ism_status status = gather_scope(ISM_SCOPE_MACHINE, names, why);
    return status == ISM_E_ACCESS || status == ISM_E_FOREIGN ? ISM_OK : status;
}

/* In the session of services both scopes have the same folder. */
static bool is_in_services_session(void)
{
    DWORD session = 1;
    return ProcessIdToSessionId(GetCurrentProcessId(), &session) && session == 0;
}

ism_status ism_memory_list(ism_memory_visitor visitor, void *context, struct ism_cause *why)
{
    struct names names = {NULL, 0, 0, false};
    ism_status status = gather_scope(ISM_SCOPE_SESSION, &names, why);
    if (status == ISM_OK && !is_in_services_session())
        status = gather_machine(&names, why);
    if (status == ISM_OK)
        status = ism_persistent_list(add_name, &names, why);
    if (names.is_full)
        status = ISM_E_NO_MEMORY;
    if (names.count > 0)
        qsort(names.native, names.count, sizeof names.native[0], compare_names);
    for (size_t i = 0; status == ISM_OK && i < names.count; i++) {
        bool is_seen = i > 0 && strcmp(names.native[i], names.native[i - 1]) == 0;
        if (!is_seen && !visitor(names.native[i], context))
            break;
    }
    free(names.native);
    return status;
}
