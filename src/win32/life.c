/* life.c: a thread's life is a named mutex that it owns for good.
 *
 * The kernel frees a mutex as abandoned when the thread that owns it ends, killed or not. The
 * thread locks its mutex twice; who sleeps until the life ends gets it once, for a moment. So the
 * count tells the owner from the others: asking takes nobody's mutex, and an ended life never looks
 * alive again. No callback at a thread's end closes the mutexes: such callbacks run before the
 * thread has ended, or for a fiber instead of a thread, and outlive the library that is unloaded.
 * Instead each new life closes a few of threads that have ended, and the last region's end closes
 * all of them. Weak side: NtQueryMutant() is not documented; whether it answers as it should is
 * tried with each new life. */
#include "../compiler.h"
#include "ntdll.h"
#include "system_error.h"
#include "user.h"
#include "win32.h"

#include <stdio.h>
#include <stdlib.h>

/* There is no table to be told from others: the session's namespace is the table. */
#define TABLE_ID UINT64_C(0x0a6566696c6e6977) /* "winlife\n" */

#define SLOT_BITS UINT64_C(0x00ffffff)
#define REAPED_AT_ONCE 4u /* mutexes of ended threads stay fewer than those of living ones */

/* The lives of this process, in no order. Guarded by the lock. */
static struct {
    SRWLOCK lock;
    HANDLE *mutexes;
    size_t count;
    size_t room;
    size_t next;    /* mutex to be looked at */
    uint64_t users; /* calls of use less those of leave: regions that are open in this process */
} own = {SRWLOCK_INIT, NULL, 0, 0, 0, 0};

static ISM_THREAD_LOCAL ism_life mine;

static void name_life(const struct ism_user *user, ism_life life,
                      wchar_t name[ISM_NATIVE_NAME_MAX + 1])
{
    char native[ISM_NATIVE_NAME_MAX + 1];
    (void)snprintf(native, sizeof native, "%slife.%016llx", user->prefix, (unsigned long long)life);
    ism_user_wide_name(native, name);
}

/* Below zero: its thread has it twice. */
static bool has_ended(HANDLE mutex)
{
    int32_t count;
    return ism_ntdll_count_mutex(mutex, &count) && count >= 0;
}

static void reap(size_t looks)
{
    for (; looks > 0 && own.count > 0; looks--) {
        own.next %= own.count;
        if (has_ended(own.mutexes[own.next])) {
            (void)CloseHandle(own.mutexes[own.next]);
            own.mutexes[own.next] = own.mutexes[--own.count];
        } else {
            own.next++;
        }
    }
}

static bool make_room(void)
{
    if (own.count < own.room)
        return true;
    size_t room = own.room == 0 ? 16 : own.room * 2;
    HANDLE *mutexes = realloc(own.mutexes, room * sizeof *mutexes);
    if (mutexes == NULL)
        return false;
    own.mutexes = mutexes;
    own.room = room;
    return true;
}

/* Make the mutex of a life that nobody has, owned once by the calling thread. */
static ism_status create_mutex(ism_life *life, HANDLE *mutex, struct ism_cause *why)
{
    const struct ism_user *user;
    wchar_t name[ISM_NATIVE_NAME_MAX + 1];
    ism_status status = ism_user_get(&user, why);
    while (status == ISM_OK) {
        status = ism_process_random(life, sizeof *life, why);
        *life &= ISM_LIFE_BITS;
        if (status != ISM_OK || (*life & SLOT_BITS) == 0)
            continue;
        name_life(user, *life, name);
        SetLastError(ERROR_SUCCESS);
        *mutex = CreateMutexW(user->attributes, TRUE, name);
        if (*mutex == NULL)
            return ism_system_failure(why, "CreateMutexW", GetLastError());
        if (GetLastError() != ERROR_ALREADY_EXISTS)
            return ISM_OK;
        (void)CloseHandle(*mutex);
    }
    return status;
}

static ism_status begin_life(ism_life *life, struct ism_cause *why)
{
    HANDLE mutex;
    int32_t count;
    reap(REAPED_AT_ONCE);
    if (!make_room())
        return ISM_E_NO_MEMORY;
    ism_status status = create_mutex(life, &mutex, why);
    if (status != ISM_OK)
        return status;
    (void)WaitForSingleObject(mutex, 0); /* the second time */
    if (!ism_ntdll_count_mutex(mutex, &count) || count >= 0) {
        (void)CloseHandle(mutex);
        return ism_system_failure(why, "NtQueryMutant", ERROR_NOT_SUPPORTED), ISM_E_UNSUPPORTED;
    }
    own.mutexes[own.count++] = mutex;
    return ISM_OK;
}

ism_status ism_life_table_use(uint64_t *id, struct ism_cause *why)
{
    (void)why;
    AcquireSRWLockExclusive(&own.lock);
    own.users++;
    ReleaseSRWLockExclusive(&own.lock);
    *id = TABLE_ID;
    return ISM_OK;
}

void ism_life_table_leave(void)
{
    AcquireSRWLockExclusive(&own.lock);
    bool is_last = --own.users == 0;
    if (is_last)
        reap(own.count);
    ReleaseSRWLockExclusive(&own.lock);
    if (is_last)
        ism_win32_forget_alarms();
}

/* No object is open to others. */
ism_status ism_life_table_share(const struct ism_memory *object, struct ism_life_table **out,
                                uint64_t *id, struct ism_cause *why)
{
    (void)object;
    (void)out;
    (void)id;
    *why = (struct ism_cause){NULL, 0};
    return ISM_E_UNSUPPORTED;
}

void ism_life_table_unshare(struct ism_life_table *table)
{
    (void)table;
}

ism_status ism_life_take(struct ism_life_table *table, ism_life *out, struct ism_cause *why)
{
    (void)table;
    if (mine == 0) {
        ism_life life = 0;
        AcquireSRWLockExclusive(&own.lock);
        ism_status status = begin_life(&life, why);
        ReleaseSRWLockExclusive(&own.lock);
        if (status != ISM_OK)
            return status;
        mine = life;
    }
    *out = mine;
    return ISM_OK;
}

/* A name that another user's object has, or one of another kind, is no life's any more. */
bool ism_win32_open_life(ism_life life, HANDLE *mutex, bool *is_gone)
{
    const struct ism_user *user;
    struct ism_cause ignored;
    wchar_t name[ISM_NATIVE_NAME_MAX + 1];
    *is_gone = false;
    if (ism_user_get(&user, &ignored) != ISM_OK)
        return false;
    name_life(user, life, name);
    HANDLE opened = OpenMutexW(SYNCHRONIZE | MUTEX_MODIFY_STATE | READ_CONTROL, FALSE, name);
    if (opened == NULL) {
        DWORD code = GetLastError();
        *is_gone = code == ERROR_FILE_NOT_FOUND || code == ERROR_INVALID_HANDLE;
        return false;
    }
    ism_status status = ism_user_check_owner(opened, &ignored);
    if (status != ISM_OK) {
        *is_gone = status == ISM_E_FOREIGN;
        (void)CloseHandle(opened);
        return false;
    }
    *mutex = opened;
    return true;
}

bool ism_life_ended(struct ism_life_table *table, ism_life life)
{
    (void)table;
    HANDLE mutex;
    bool ended;
    if (!ism_win32_open_life(life, &mutex, &ended))
        return ended;
    ended = has_ended(mutex);
    (void)CloseHandle(mutex);
    return ended;
}
