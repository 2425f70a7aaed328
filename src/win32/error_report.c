/* error_report.c: keeps views out of the dumps that Windows Error Reporting makes when this process crashes, which are
 * Windows's core dumps.
 *
 * The functions came with Windows 10 version 1703, so they are found at run time; Wine 8 has none. The system keeps a
 * limited number of blocks for a process, and takes one by its address and a length of 32 bits: what is larger, or
 * comes too late, is not left out. Weak side: a dump that a debugger makes asks nobody. */
#include "error_report.h"

#include "../atomics.h"

#include <windows.h>

#include <stdlib.h>

typedef HRESULT(WINAPI *register_function)(const void *address, DWORD size);
typedef HRESULT(WINAPI *unregister_function)(const void *address);

/* The one type that every function pointer may be cast to and from. */
typedef void (*any_function)(void);

/* A view that is left out. */
struct excluded {
    const void *view;
    struct excluded *next;
};

/* Guarded by the lock. */
static SRWLOCK lock = SRWLOCK_INIT;
static struct excluded *first;

static uint64_t ever; /* 1 since a view was left out for the first time; read without the lock */

static any_function find(const char *name)
{
    HMODULE library = GetModuleHandleW(L"kernel32.dll");
    return library != NULL ? (any_function)GetProcAddress(library, name) : NULL;
}

static struct excluded **place_of(const void *view)
{
    struct excluded **place = &first;
    while (*place != NULL && (*place)->view != view)
        place = &(*place)->next;
    return place;
}

static bool add(const void *view, uint64_t length)
{
    register_function call = (register_function)find("WerRegisterExcludedMemoryBlock");
    struct excluded *added = call != NULL && length <= UINT32_MAX ? malloc(sizeof *added) : NULL;
    if (added == NULL)
        return false;
    if (call(view, (DWORD)length) != S_OK) {
        free(added);
        return false;
    }
    *added = (struct excluded){view, first};
    first = added;
    ism_store_relaxed_64(&ever, 1);
    return true;
}

bool ism_error_report_exclude(const void *view, uint64_t length)
{
    AcquireSRWLockExclusive(&lock);
    bool is_excluded = *place_of(view) != NULL || add(view, length);
    ReleaseSRWLockExclusive(&lock);
    return is_excluded;
}

void ism_error_report_forget(const void *view)
{
    if (ism_load_relaxed_64(&ever) == 0)
        return; /* whoever closes a view has come to know of it after it was left out */
    AcquireSRWLockExclusive(&lock);
    struct excluded **place = place_of(view), *found = *place;
    if (found != NULL) {
        unregister_function call = (unregister_function)find("WerUnregisterExcludedMemoryBlock");
        *place = found->next;
        if (call != NULL)
            (void)call(view);
        free(found);
    }
    ReleaseSRWLockExclusive(&lock);
}
