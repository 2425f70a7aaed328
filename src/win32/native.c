/* native.c: sections that other software knows, backed by the page files.
 *
 * The system rounds their sizes up to pages, and frees a section with its last handle or view, the name
 * with its last handle. What is made here is committed at once, as other software expects it. */
#include "system_error.h"
#include "user.h"
#include "win32.h"

#include <string.h>

#define OURS "isthmus." /* what the names of our own objects begin with */

const struct ism_native_traits ism_native_traits = {
    .lifetime = ISM_LIFETIME_PROCESSES,
    .keeps_exact_sizes = false,
};

/* The part of the name behind the one of its folder. */
static const char *base_of(const char *name)
{
    static const char *const folders[] = {"Local\\", "Global\\"};
    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++)
        if (strncmp(name, folders[i], strlen(folders[i])) == 0)
            return name + strlen(folders[i]);
    return name;
}

const char *ism_native_complaint(const char *name, bool is_new)
{
    const char *base = base_of(name);
    (void)is_new;
    if (base[0] == '\0')
        return "names no object";
    for (const char *at = name; *at != '\0'; at++) {
        if (at - name >= ISM_NATIVE_NAME_MAX)
            return "is too long";
        if (*at < 0x20 || *at > 0x7e)
            return "has a character that is not printable ASCII";
    }
    if (strchr(base, '\\') != NULL)
        return "has a backslash, but behind Local or Global";
    if (strncmp(base, OURS, sizeof OURS - 1) == 0)
        return "is that of a region, which has a name of its own";
    return NULL;
}

static void fill(struct ism_memory *memory, const char *name, HANDLE section, bool writable)
{
    memset(memory, 0, sizeof *memory);
    memcpy(memory->native, name, strlen(name) + 1);
    memory->handle = (intptr_t)section;
    memory->writable = writable;
}

/* Only a view tells the length of a section. */
static ism_status measure(struct ism_memory *memory, struct ism_cause *why)
{
    ism_status status = ism_memory_map(memory, why);
    if (status == ISM_OK)
        memory->length = ism_win32_length_of_view(memory->address);
    return status;
}

static ism_status keep(struct ism_memory *memory, struct ism_memory *out, struct ism_cause *why)
{
    ism_status status = measure(memory, why);
    if (status == ISM_OK)
        *out = *memory;
    else
        ism_memory_close(memory);
    return status;
}

ism_status ism_native_create(const char *name, uint64_t length, struct ism_memory *out, struct ism_cause *why)
{
    HANDLE section;
    struct ism_memory memory;
    ism_status status = ism_win32_make_section(name, INVALID_HANDLE_VALUE, PAGE_READWRITE | SEC_COMMIT, length,
                                               ISM_ACCESS_OWNER, &section, why);
    if (status != ISM_OK)
        return status;
    fill(&memory, name, section, true);
    return keep(&memory, out, why);
}

ism_status ism_native_open(const char *name, bool writable, struct ism_memory *out, struct ism_cause *why)
{
    struct ism_memory memory;
    wchar_t wide[ISM_NATIVE_NAME_MAX + 1];
    ism_user_wide_name(name, wide);
    DWORD access = FILE_MAP_READ | (writable ? FILE_MAP_WRITE : 0);
    HANDLE section = OpenFileMappingW(access, FALSE, wide);
    if (section == NULL)
        return ism_system_failure(why, "OpenFileMappingW", GetLastError());
    fill(&memory, name, section, writable);
    return keep(&memory, out, why);
}

ism_status ism_native_remove(const char *name, const struct ism_memory *only, struct ism_cause *why)
{
    (void)name;
    (void)only;
    *why = (struct ism_cause){NULL, 0};
    return ISM_E_UNSUPPORTED;
}
