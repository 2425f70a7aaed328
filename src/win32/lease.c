/* lease.c: whoever has an object has a handle of it, and the kernel counts the handles.
 *
 * The count is exact: a handle goes when it is closed or its process ends, however that ends;
 * views, which keep the memory but not the name, do not count. It does not tell a holder from one
 * who only looks, since looking needs a handle as well. So whoever looks, takes or discards does it
 * inside a named mutex; if a process dies in there, the next one gets it as abandoned, and there is
 * nothing to mend. The names of a session and those of the machine have a mutex each, and the names that all users
 * share, too: that one anybody can hold. Weak sides: a program that duplicates others' handles (a debugger, some virus
 * scanners) counts as a holder as long as it has them; a process that died counts until the kernel
 * has closed its handles, a moment after its mutexes. */
#include "generations.h"
#include "ntdll.h"
#include "persistent.h"
#include "protection.h"
#include "system_error.h"
#include "user.h"
#include "win32.h"

#include <stdio.h>

#define PATIENCE 2000u /* milliseconds that others get to look shared names up */

static HANDLE lock; /* NULL but between begin and end; guarded by ISM_LOCK_NAMES */

/* Everyone may take the lock of shared names, and so nobody can be made to wait for it for ever. */
static ism_status open_shared_names(const wchar_t *name, HANDLE *mutex, struct ism_cause *why)
{
    struct ism_protection protection;
    ism_status status = ism_protection_for_everyone(&protection, ISM_RIGHTS_MUTEX, why);
    if (status != ISM_OK)
        return status;
    *mutex = CreateMutexExW(&protection.attributes, name, 0, ISM_RIGHTS_MUTEX);
    return *mutex != NULL ? ISM_OK : ism_system_failure(why, "CreateMutexExW", GetLastError());
}

static ism_status open_own_names(const wchar_t *name, HANDLE *mutex, struct ism_cause *why)
{
    const struct ism_user *user;
    ism_status status = ism_user_get(&user, why);
    if (status != ISM_OK)
        return status;
    HANDLE opened = CreateMutexW(user->attributes, FALSE, name);
    if (opened == NULL)
        return ism_system_failure(why, "CreateMutexW", GetLastError());
    status = ism_user_check_owner(opened, why);
    if (status == ISM_OK)
        *mutex = opened;
    else
        (void)CloseHandle(opened);
    return status;
}

ism_status ism_win32_open_names(struct ism_names names, HANDLE *mutex, struct ism_cause *why)
{
    char prefix[ISM_USER_PREFIX_MAX + 1], native[ISM_NATIVE_NAME_MAX + 1];
    wchar_t name[ISM_NATIVE_NAME_MAX + 1];
    ism_user_prefix(names, prefix);
    (void)snprintf(native, sizeof native, "%snames", prefix);
    ism_user_wide_name(native, name);
    return names.shared ? open_shared_names(name, mutex, why) : open_own_names(name, mutex, why);
}

static ism_status lock_names(struct ism_names names, struct ism_cause *why)
{
    HANDLE mutex;
    ism_status status = ism_win32_open_names(names, &mutex, why);
    if (status != ISM_OK)
        return status;
    DWORD result = WaitForSingleObject(mutex, names.shared ? PATIENCE : INFINITE);
    if (result == WAIT_FAILED)
        status = ism_system_failure(why, "WaitForSingleObject", GetLastError());
    else if (result == WAIT_TIMEOUT)
        status = ISM_E_TIMED_OUT;
    if (status != ISM_OK) {
        (void)CloseHandle(mutex);
        return status;
    }
    lock = mutex;
    return ISM_OK;
}

ism_status ism_lease_begin(struct ism_names names, struct ism_cause *why)
{
    ism_process_lock(ISM_LOCK_NAMES);
    ism_status status = lock_names(names, why);
    if (status != ISM_OK)
        ism_process_unlock(ISM_LOCK_NAMES);
    return status;
}

void ism_lease_end(void)
{
    (void)ReleaseMutex(lock);
    (void)CloseHandle(lock);
    lock = NULL;
    ism_persistent_forget();
    ism_generations_forget();
    ism_process_unlock(ISM_LOCK_NAMES);
}

enum ism_lease ism_lease_look(const struct ism_memory *memory)
{
    uint32_t handles;
    if (!ism_ntdll_count_handles((HANDLE)memory->handle, &handles))
        return ISM_LEASE_HELD; /* no answer: nothing may be discarded */
    return handles > 1 ? ISM_LEASE_HELD : ISM_LEASE_NONE;
}

/* The handle is the lease. */
ism_status ism_lease_take(struct ism_memory *memory, struct ism_cause *why)
{
    (void)why;
    memory->leased = true;
    memory->forks = ism_process_forks();
    return ISM_OK;
}

/* Between begin and end nobody else can come. */
ism_status ism_lease_take_alone(struct ism_memory *memory, struct ism_cause *why)
{
    if (ism_lease_look(memory) != ISM_LEASE_NONE) {
        *why = (struct ism_cause){NULL, 0};
        return ISM_E_BUSY;
    }
    memory->alone = true;
    return ISM_OK;
}

/* The last handle frees the object by itself. */
void ism_lease_leave(struct ism_memory *memory, bool free_if_last)
{
    (void)free_if_last;
    ism_memory_close(memory);
}

/* The kernel counts them, but only the attach list in the control block names them. */
unsigned ism_lease_holders(const struct ism_memory *memory, uint64_t *ids, unsigned limit)
{
    (void)memory;
    (void)ids;
    (void)limit;
    return 0;
}
