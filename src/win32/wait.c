/* wait.c: sleep on a word by a named semaphore, which is the place's alarm.
 *
 * WaitOnAddress() serves one process only. A sleeper makes the alarm before its last look at the
 * word; a waker changes the word before it looks for the alarm, and rings it. An alarm counts to
 * one: if it has rung already and nobody took that, nobody is asleep. Whoever comes next then wakes
 * for no reason, once. A sleeper that watches a life waits for the life's mutex as well, so it
 * learns of a death at once. Alarms are kept open, since a lock that is slept on is slept on again,
 * but no more than ALARMS_MAX of them. Weak side: if no alarm can be had, a sleeper sleeps its
 * time. What serves regions that others use is protected as they are; such a peer can ring without a reason, or take
 * an alarm's name first, and then sleepers look again by themselves. */
#include "../atomics.h"
#include "protection.h"
#include "user.h"
#include "win32.h"

#include <stdio.h>

#define ALARMS_MAX 32u
#define RINGS_MAX 1024u /* to wake all; who is left over sleeps no longer than core's bound */

struct alarm {
    uint64_t table; /* the region's: a hostile one can bear another's id */
    uint64_t region;
    uint64_t offset;
    HANDLE semaphore; /* NULL: the entry is free */
    unsigned users;   /* calls that are using it: it stays open for them */
    uint64_t used;    /* when, in calls */
};

/* Guarded by the lock, which is held while alarms are opened, so that none is opened twice. */
static struct {
    SRWLOCK lock;
    uint64_t calls;
    struct alarm alarms[ALARMS_MAX];
} kept = {SRWLOCK_INIT, 0, {{0, 0, 0, NULL, 0, 0}}};

static HANDLE create_semaphore(const struct ism_audience *audience, const wchar_t *name)
{
    struct ism_protection protection;
    struct ism_cause ignored;
    if (ism_protection_of_helper(&protection, audience, ISM_RIGHTS_SEMAPHORE, &ignored) != ISM_OK)
        return NULL;
    return CreateSemaphoreExW(&protection.attributes, 0, 1, name, 0, ISM_RIGHTS_SEMAPHORE);
}

static HANDLE open_semaphore(const struct ism_place *place, bool creates)
{
    uint64_t number;
    struct ism_cause ignored;
    char prefix[ISM_USER_PREFIX_MAX + 1], native[ISM_NATIVE_NAME_MAX + 1];
    wchar_t name[ISM_NATIVE_NAME_MAX + 1];
    const struct ism_audience *audience = ism_win32_audience_of(place->lives, &number);
    ism_user_prefix(audience->names, prefix);
    (void)snprintf(native, sizeof native, "%swake.%016llx.%016llx", prefix, (unsigned long long)place->region,
                   (unsigned long long)place->offset);
    ism_user_wide_name(native, name);
    HANDLE semaphore = creates ? create_semaphore(audience, name) : OpenSemaphoreW(ISM_RIGHTS_SEMAPHORE, FALSE, name);
    if (semaphore != NULL && audience->access == ISM_ACCESS_OWNER &&
        ism_user_check_owner(semaphore, &ignored) != ISM_OK) {
        (void)CloseHandle(semaphore);
        return NULL;
    }
    return semaphore;
}

static bool is_of(const struct alarm *alarm, const struct ism_place *place)
{
    uint64_t table;
    (void)ism_win32_audience_of(place->lives, &table);
    return alarm->semaphore != NULL && alarm->table == table && alarm->region == place->region &&
           alarm->offset == place->offset;
}

/* The place's entry, or else the one to open its alarm in: a free one, or the one that was not used
 * for longest. NULL: all are in use. */
static struct alarm *find_entry(const struct ism_place *place)
{
    struct alarm *oldest = NULL;
    for (unsigned i = 0; i < ALARMS_MAX; i++) {
        struct alarm *entry = &kept.alarms[i];
        if (is_of(entry, place))
            return entry;
        if (entry->users == 0 && (oldest == NULL || entry->used < oldest->used))
            oldest = entry;
    }
    return oldest;
}

static void close_alarm(struct alarm *alarm)
{
    (void)CloseHandle(alarm->semaphore);
    alarm->semaphore = NULL;
    alarm->used = 0;
}

/* The place's alarm, to be given back; NULL: there is none, or it can't be had. The spare serves
 * where all entries are in use. */
static struct alarm *take_alarm(const struct ism_place *place, bool creates, struct alarm *spare)
{
    AcquireSRWLockExclusive(&kept.lock);
    struct alarm *entry = find_entry(place);
    if (entry == NULL)
        entry = spare;
    if (!is_of(entry, place)) {
        uint64_t table;
        HANDLE semaphore = open_semaphore(place, creates);
        (void)ism_win32_audience_of(place->lives, &table);
        if (semaphore != NULL) {
            if (entry->semaphore != NULL)
                close_alarm(entry);
            *entry = (struct alarm){table, place->region, place->offset, semaphore, 0, 0};
        } else {
            entry = NULL;
        }
    }
    if (entry != NULL) {
        entry->users++;
        entry->used = ++kept.calls;
    }
    ReleaseSRWLockExclusive(&kept.lock);
    return entry;
}

static void give_back(struct alarm *alarm, const struct alarm *spare)
{
    AcquireSRWLockExclusive(&kept.lock);
    alarm->users--;
    if (alarm == spare)
        close_alarm(alarm);
    ReleaseSRWLockExclusive(&kept.lock);
}

void ism_win32_forget_alarms(void)
{
    AcquireSRWLockExclusive(&kept.lock);
    for (unsigned i = 0; i < ALARMS_MAX; i++)
        if (kept.alarms[i].semaphore != NULL && kept.alarms[i].users == 0)
            close_alarm(&kept.alarms[i]);
    ReleaseSRWLockExclusive(&kept.lock);
}

/* Wait until the alarm rings, the life ends or the time is up; either may be NULL. */
static void wait_for(HANDLE semaphore, HANDLE life, uint64_t nanoseconds)
{
    HANDLE objects[2];
    DWORD count = 0;
    if (semaphore != NULL)
        objects[count++] = semaphore;
    if (life != NULL)
        objects[count++] = life;
    if (count == 0) {
        ism_process_pause(nanoseconds);
        return;
    }
    DWORD result = WaitForMultipleObjects(count, objects, FALSE, ism_win32_milliseconds(nanoseconds));
    DWORD last = count - 1;
    if (life == NULL || (result != WAIT_OBJECT_0 + last && result != WAIT_ABANDONED_0 + last))
        return;
    (void)ReleaseMutex(life);       /* others wait for it */
    if (!ism_win32_has_ended(life)) /* it is this thread's own, which only a hostile word names */
        wait_for(semaphore, NULL, nanoseconds);
}

void ism_wait_sleep(const struct ism_place *place, uint32_t value, ism_life watched, uint64_t nanoseconds)
{
    struct alarm spare = {0, 0, 0, NULL, 0, 0};
    HANDLE life = NULL;
    bool has_ended = false;
    if (watched != 0 && !ism_win32_open_life(place->lives, watched, &life, &has_ended) && has_ended)
        return;
    struct alarm *alarm = take_alarm(place, true, &spare);
    /* Pairs with that of ism_wait_wake(): the waker finds the alarm, or its change is seen here. */
    MemoryBarrier();
    if (ism_load_acquire_32(place->word) == value)
        wait_for(alarm != NULL ? alarm->semaphore : NULL, life, nanoseconds);
    if (alarm != NULL)
        give_back(alarm, &spare);
    if (life != NULL)
        (void)CloseHandle(life);
}

bool ism_wait_wake(const struct ism_place *place, bool all)
{
    struct alarm spare = {0, 0, 0, NULL, 0, 0};
    MemoryBarrier();
    struct alarm *alarm = take_alarm(place, false, &spare);
    if (alarm == NULL)
        return false; /* nobody ever slept here, or all have gone */
    unsigned rings = 0;
    while (rings < (all ? RINGS_MAX : 1) && ReleaseSemaphore(alarm->semaphore, 1, NULL))
        rings++;
    give_back(alarm, &spare);
    return rings > 0;
}
