/* life.c: a thread's life is a named mutex that it owns for good.
 *
 * The kernel frees a mutex as abandoned when the thread that owns it ends, killed or not. The
 * thread locks its mutex twice; who sleeps until the life ends gets it once, for a moment. So the
 * count tells the owner from the others: asking takes nobody's mutex, and an ended life never looks
 * alive again. This user's table is for regions of the session that are this user's alone. Others have a table for each
 * audience, by which the mutexes are named and protected: whoever may use a region sees the lives in it, and nobody
 * else. In each table that a thread's lock calls meet it has a life of its own. No callback at a thread's end closes the mutexes: such callbacks run before the
 * thread has ended, or for a fiber instead of a thread, and outlive the library that is unloaded.
 * Instead each new life closes a few of threads that have ended, and the last region's end closes
 * all of them. Weak side: NtQueryMutant() is not documented; whether it answers as it should is
 * tried with each new life. */
#include "../compiler.h"
#include "ntdll.h"
#include "protection.h"
#include "system_error.h"
#include "user.h"
#include "win32.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Tables need not be told from others: the folder that a region's name lies in, and its audience, are the table. */
#define TABLE_ID UINT64_C(0x0a6566696c6e6977) /* "winlife\n" */

#define SLOT_BITS UINT64_C(0x00ffffff)
#define REAPED_AT_ONCE 4u /* mutexes of ended threads stay fewer than those of living ones */

struct own_life {
    ism_life life;
    uint64_t thread;
    HANDLE mutex;
};

struct ism_life_table {
    struct ism_audience audience;
    uint64_t number; /* never used twice */
    size_t users;
    struct own_life *lives; /* of this process, in no order */
    size_t count;
    size_t room;
    size_t next_look; /* life to be looked at */
    struct ism_life_table *next;
};

/* Guarded by the lock. */
static SRWLOCK lock = SRWLOCK_INIT;
static struct ism_life_table own;     /* this user's; all zero is its audience */
static struct ism_life_table *tables; /* the others that are in use */
static uint64_t last_number;
static uint64_t last_thread;
static uint64_t users; /* calls of use and share less those that give them back: regions that this process has open */

/* The calling thread's. */
static ISM_THREAD_LOCAL struct {
    uint64_t thread; /* 0: it has had no life yet */
    uint64_t number; /* of the table that it asked last */
    ism_life life;   /* there; 0: none */
} mine;

static void name_life(const struct ism_audience *audience, ism_life life, wchar_t name[ISM_NATIVE_NAME_MAX + 1])
{
    char prefix[ISM_USER_PREFIX_MAX + 1], native[ISM_NATIVE_NAME_MAX + 1];
    ism_user_prefix(audience->names, prefix);
    (void)snprintf(native, sizeof native, "%slife.%016llx", prefix, (unsigned long long)life);
    ism_user_wide_name(native, name);
}

/* Below zero: its thread has it twice. */
bool ism_win32_has_ended(HANDLE mutex)
{
    int32_t count;
    return ism_ntdll_count_mutex(mutex, &count) && count >= 0;
}

static void reap(struct ism_life_table *table, size_t looks)
{
    for (; looks > 0 && table->count > 0; looks--) {
        table->next_look %= table->count;
        struct own_life *life = &table->lives[table->next_look];
        if (ism_win32_has_ended(life->mutex)) {
            (void)CloseHandle(life->mutex);
            *life = table->lives[--table->count];
        } else {
            table->next_look++;
        }
    }
}

/* ---- tables ---- */

const struct ism_audience *ism_win32_audience_of(const struct ism_life_table *table, uint64_t *number)
{
    if (table == NULL)
        table = &own;
    *number = table->number;
    return &table->audience;
}

ism_status ism_life_table_use(uint64_t *id, struct ism_cause *why)
{
    (void)why;
    AcquireSRWLockExclusive(&lock);
    users++;
    ReleaseSRWLockExclusive(&lock);
    *id = TABLE_ID;
    return ISM_OK;
}

/* The last region's end. Called with the lock, which it gives back. */
static void count_down(void)
{
    bool is_last = --users == 0;
    if (is_last)
        reap(&own, own.count);
    ReleaseSRWLockExclusive(&lock);
    if (is_last)
        ism_win32_forget_alarms();
}

void ism_life_table_leave(void)
{
    AcquireSRWLockExclusive(&lock);
    count_down();
}

static ism_status read_audience(const struct ism_memory *object, struct ism_audience *audience, struct ism_cause *why)
{
    uint32_t access;
    memset(audience, 0, sizeof *audience);
    audience->names = ism_memory_names(object->native);
    ism_status status = ism_protection_read((HANDLE)object->handle, &audience->owner, &access, &audience->others, why);
    if (status != ISM_OK)
        return status;
    if (access != object->access || access == ISM_ACCESS_NONE) {
        *why = (struct ism_cause){NULL, 0};
        return ISM_E_UNSUPPORTED; /* the owner has just changed it */
    }
    audience->access = (ism_access)access;
    return ISM_OK;
}

/* Both were zero before they were read, also behind the ends of the SIDs. */
static bool is_same_audience(const struct ism_audience *one, const struct ism_audience *other)
{
    return one->names.shared == other->names.shared && one->names.scope == other->names.scope &&
           one->access == other->access && memcmp(&one->owner, &other->owner, sizeof one->owner) == 0 &&
           memcmp(&one->others, &other->others, sizeof one->others) == 0;
}

static struct ism_life_table *find_table(const struct ism_audience *audience)
{
    struct ism_life_table *table = tables;
    while (table != NULL && !is_same_audience(&table->audience, audience))
        table = table->next;
    if (table != NULL)
        return table;
    table = calloc(1, sizeof *table);
    if (table == NULL)
        return NULL;
    table->audience = *audience;
    table->number = ++last_number;
    table->next = tables;
    tables = table;
    return table;
}

ism_status ism_life_table_share(const struct ism_memory *object, struct ism_life_table **out, uint64_t *id,
                                struct ism_cause *why)
{
    struct ism_audience audience;
    ism_status status = read_audience(object, &audience, why);
    if (status != ISM_OK)
        return status;
    AcquireSRWLockExclusive(&lock);
    struct ism_life_table *table = find_table(&audience);
    if (table != NULL) {
        table->users++;
        users++;
        *out = table;
        *id = TABLE_ID;
    }
    ReleaseSRWLockExclusive(&lock);
    return table != NULL ? ISM_OK : ISM_E_NO_MEMORY;
}

/* No lock in a region of that audience is held any more, so its lives may end, whatever their threads do. */
void ism_life_table_unshare(struct ism_life_table *table)
{
    AcquireSRWLockExclusive(&lock);
    if (--table->users == 0) {
        struct ism_life_table **place = &tables;
        while (*place != table)
            place = &(*place)->next;
        *place = table->next;
        while (table->count > 0)
            (void)CloseHandle(table->lives[--table->count].mutex);
        free(table->lives);
        free(table);
    }
    count_down();
}

/* ---- lives ---- */

static bool make_room(struct ism_life_table *table)
{
    if (table->count < table->room)
        return true;
    size_t room = table->room == 0 ? 16 : table->room * 2;
    struct own_life *lives = realloc(table->lives, room * sizeof *lives);
    if (lives == NULL)
        return false;
    table->lives = lives;
    table->room = room;
    return true;
}

/* Make the mutex of a life that nobody has, owned once by the calling thread. */
static ism_status create_mutex(const struct ism_audience *audience, ism_life *life, HANDLE *mutex,
                               struct ism_cause *why)
{
    wchar_t name[ISM_NATIVE_NAME_MAX + 1];
    struct ism_protection protection;
    ism_status status = ism_protection_of_helper(&protection, audience, ISM_RIGHTS_MUTEX, why);
    while (status == ISM_OK) {
        status = ism_process_random(life, sizeof *life, why);
        *life &= ISM_LIFE_BITS;
        if (status != ISM_OK || (*life & SLOT_BITS) == 0)
            continue;
        name_life(audience, *life, name);
        SetLastError(ERROR_SUCCESS);
        *mutex = CreateMutexW(&protection.attributes, TRUE, name);
        if (*mutex == NULL)
            return ism_system_failure(why, "CreateMutexW", GetLastError());
        if (GetLastError() != ERROR_ALREADY_EXISTS)
            return ISM_OK;
        (void)CloseHandle(*mutex);
    }
    return status;
}

static ism_status begin_life(struct ism_life_table *table, ism_life *life, struct ism_cause *why)
{
    HANDLE mutex;
    int32_t count;
    reap(table, REAPED_AT_ONCE);
    if (!make_room(table))
        return ISM_E_NO_MEMORY;
    ism_status status = create_mutex(&table->audience, life, &mutex, why);
    if (status != ISM_OK)
        return status;
    (void)WaitForSingleObject(mutex, 0); /* the second time */
    if (!ism_ntdll_count_mutex(mutex, &count) || count >= 0) {
        (void)CloseHandle(mutex);
        return ism_system_failure(why, "NtQueryMutant", ERROR_NOT_SUPPORTED), ISM_E_UNSUPPORTED;
    }
    if (mine.thread == 0)
        mine.thread = ++last_thread;
    table->lives[table->count++] = (struct own_life){*life, mine.thread, mutex};
    return ISM_OK;
}

static ism_life life_of(const struct ism_life_table *table, uint64_t thread)
{
    for (size_t i = 0; thread != 0 && i < table->count; i++)
        if (table->lives[i].thread == thread)
            return table->lives[i].life;
    return 0;
}

ism_status ism_life_take(struct ism_life_table *table, ism_life *out, struct ism_cause *why)
{
    ism_status status = ISM_OK;
    if (table == NULL)
        table = &own;
    if (mine.life == 0 || mine.number != table->number) {
        AcquireSRWLockExclusive(&lock);
        ism_life life = life_of(table, mine.thread);
        if (life == 0)
            status = begin_life(table, &life, why);
        ReleaseSRWLockExclusive(&lock);
        if (status != ISM_OK)
            return status;
        mine.number = table->number;
        mine.life = life;
    }
    *out = mine.life;
    return ISM_OK;
}

/* In this user's own table a name that another user's object has is no life's any more, nor is one of another kind; who
 * shares a table with others can't tell whose a life was, and takes what is there for it. */
bool ism_win32_open_life(const struct ism_life_table *table, ism_life life, HANDLE *mutex, bool *is_gone)
{
    struct ism_cause ignored;
    uint64_t number;
    wchar_t name[ISM_NATIVE_NAME_MAX + 1];
    const struct ism_audience *audience = ism_win32_audience_of(table, &number);
    const struct ism_user *user;
    *is_gone = false;
    if (ism_user_get(&user, &ignored) != ISM_OK)
        return false;
    name_life(audience, life, name);
    HANDLE opened = OpenMutexW(ISM_RIGHTS_MUTEX, FALSE, name);
    if (opened == NULL) {
        DWORD code = GetLastError();
        *is_gone = code == ERROR_FILE_NOT_FOUND || code == ERROR_INVALID_HANDLE;
        return false;
    }
    ism_status status = audience->access == ISM_ACCESS_OWNER ? ism_user_check_owner(opened, &ignored) : ISM_OK;
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
    HANDLE mutex;
    bool ended;
    if (!ism_win32_open_life(table, life, &mutex, &ended))
        return ended;
    ended = ism_win32_has_ended(mutex);
    (void)CloseHandle(mutex);
    return ended;
}

bool ism_life_is_known_to_have_ended(const struct ism_life_table *table, ism_life life)
{
    (void)table;
    (void)life;
    return false; /* only the system knows */
}
