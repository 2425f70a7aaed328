/* undo_table.c: see undo_table.h.
 *
 * The key tells whose table it is: 'u' and the user's number, 'a' for all, 'g' and user and group mixed; set and
 * segment have the same one. A new set is all zero (Linux, the BSDs and illumos clear it; POSIX leaves that open),
 * which is a set whose locks are free: so whoever has made it or found it takes the TABLE lock, and does all else
 * inside. The kernel undoes the lock at its holder's death; Linux after it has detached what that was attached to.
 *
 * Who is attached is counted by the kernel, forked children included (shm_nattch). Whoever finds itself alone makes
 * the table anew: nobody has a region open whose locks name lives in it. Who leaves alone removes both, the segment
 * first; who waits for the lock of a set that is removed is told, and looks the key up again. After a kill, and after an
 * exit with regions open, both stay, and the next process has them.
 *
 * Weak sides: only a table's maker may remove it, so another user who is the last to leave one that is shared leaves
 * it to its maker's next use. Who takes the key beforehand keeps the user from all regions, or from locks in those of
 * a group; that can also be other software, by chance. Who removes a set that is in use takes the lives in it from
 * all: no death in it is told any more, and those who come later get no locks in regions that are open. */
#include "undo_table.h"
#include "marker.h"

#include "../atomics.h"
#include "../unix/access_mode.h"
#include "../unix/system_error.h"
#include "../unix/user_id.h"
#include "sysv.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/sem.h>
#include <unistd.h>

#define KEY_USER UINT32_C(0x75000000)
#define KEY_EVERYONE UINT32_C(0x61000000)
#define KEY_GROUP UINT32_C(0x67000000)
#define KEY_NUMBER UINT32_C(0x00ffffff)

#define MAGIC UINT64_C(0x0a6f646e75737369) /* "issundo\n" on little-endian machines */
#define VERSION 1u

/* Half as many are tried where a set may not have so many, and again: old Linux allows 250, FreeBSD 340 in all sets
 * together, OpenBSD and NetBSD 60. */
#define SEMAPHORES_MOST 4000 /* each costs 64 bytes on Linux, and 2 more for each process that has a life */
#define SEMAPHORES_LEAST 15  /* locks and seal, an alarm, ten lives */
#define ALARMS_SHARE 8       /* one semaphore in so many is an alarm */

#define PATIENCE UINT64_C(2000000000) /* nanoseconds that other users get to look names up */
#define PAUSE UINT64_C(100000)

struct header {
    uint64_t magic;
    uint32_t version;
    uint32_t features;
    uint64_t id;
    uint8_t reserved[40];
};

/* What semctl() takes; few systems declare it. */
union argument {
    int value;
    struct semid_ds *set;
};

struct ism_life_table *ism_undo_tables;
static uint64_t last_round;

/* ---- audiences ---- */

struct ism_undo_audience ism_undo_for_user(void)
{
    uint32_t key = KEY_USER | ((uint32_t)ism_user_id() & KEY_NUMBER);
    return (struct ism_undo_audience){(key_t)key, ISM_ACCESS_OWNER, ism_user_id(), 0};
}

struct ism_undo_audience ism_undo_for_everyone(void)
{
    return (struct ism_undo_audience){(key_t)KEY_EVERYONE, ISM_ACCESS_EVERYONE, 0, 0};
}

struct ism_undo_audience ism_undo_for_group(uid_t owner, gid_t group)
{
    uint32_t key = KEY_GROUP | (((uint32_t)owner << 12 ^ (uint32_t)group) & KEY_NUMBER);
    return (struct ism_undo_audience){(key_t)key, ISM_ACCESS_GROUP, owner, group};
}

/* A user's table, and a group's, is its owner's to make: a process that has changed its user would make it another's. A
 * group's takes the group that it is for: what was made with another one stays open to that. */
static bool may_make(const struct ism_undo_audience *audience)
{
    bool has_owner = audience->access == ISM_ACCESS_EVERYONE || audience->owner == geteuid();
    return has_owner && (audience->access != ISM_ACCESS_GROUP || audience->group == getegid());
}

static bool is_trusted(const struct ism_undo_audience *audience, const struct ipc_perm *found)
{
    bool has_owner = audience->access == ISM_ACCESS_EVERYONE || found->uid == audience->owner;
    bool has_group =
        audience->access != ISM_ACCESS_GROUP || (found->gid == audience->group && found->cgid == audience->group);
    return has_owner && has_group && found->cuid == found->uid &&
           (found->mode & 0777) == ism_access_mode(audience->access);
}

/* ---- the set ---- */

static bool is_gone(int code)
{
    return code == EINVAL || code == EIDRM;
}

ism_status ism_undo_failure(struct ism_cause *why, const char *call, int code)
{
    ism_status status = ism_system_failure(why, call, code);
    return code == ENOSPC || code == EINVAL ? ISM_E_LIMIT : status;
}

/* Returns its id; or -1 and errno, of which EEXIST is no failure. */
static int make_set(const struct ism_undo_audience *audience)
{
    int flags = IPC_CREAT | IPC_EXCL | (int)ism_access_mode(audience->access);
    int set = -1;
    for (int count = SEMAPHORES_MOST; set == -1 && count >= SEMAPHORES_LEAST; count /= 2) {
        set = semget(audience->key, count, flags);
        if (set == -1 && errno != EINVAL && errno != ENOSPC) /* a limit on one set, or on all */
            break;
    }
    return set;
}

/* ISM_E_NOT_FOUND: it was removed meanwhile. */
static ism_status check_set(const struct ism_undo_audience *audience, int set, uint32_t *count, struct ism_cause *why)
{
    struct semid_ds found;
    if (semctl(set, 0, IPC_STAT, (union argument){.set = &found}) == -1) {
        int code = errno;
        ism_status status = ism_undo_failure(why, "semctl", code);
        return is_gone(code) ? ISM_E_NOT_FOUND : code == EACCES ? ISM_E_FOREIGN : status;
    }
    *why = (struct ism_cause){NULL, 0};
    if (!is_trusted(audience, &found.sem_perm) || found.sem_nsems < SEMAPHORES_LEAST ||
        found.sem_nsems > SEMAPHORES_MOST)
        return ISM_E_FOREIGN;
    *count = (uint32_t)found.sem_nsems;
    return ISM_OK;
}

/* Find the set that has the key, or make one. */
static ism_status find_set(const struct ism_undo_audience *audience, int *set, uint32_t *count, struct ism_cause *why)
{
    for (;;) {
        int found = semget(audience->key, 0, 0);
        if (found == -1 && errno != ENOENT)
            return ism_undo_failure(why, "semget", errno);
        if (found == -1 && !may_make(audience)) {
            *why = (struct ism_cause){NULL, 0};
            return ISM_E_UNSUPPORTED;
        }
        if (found == -1 && (found = make_set(audience)) == -1) {
            if (errno != EEXIST)
                return ism_undo_failure(why, "semget", errno);
            continue;
        }
        *set = found;
        ism_status status = check_set(audience, found, count, why);
        if (status != ISM_E_NOT_FOUND)
            return status;
    }
}

/* The last to leave may have removed the set, or somebody by hand: then the lock is one of the set that has the key
 * by now, in which those who come later take theirs. */
static ism_status follow_key(const struct ism_undo_audience *audience, int code, int *set, struct ism_cause *why)
{
    uint32_t count;
    int old = *set;
    ism_status status = find_set(audience, set, &count, why);
    if (status != ISM_OK || *set != old)
        return status;
    return ism_undo_failure(why, "semop", code); /* EINVAL also says that a process can have no more undone */
}

ism_status ism_undo_lock(const struct ism_undo_audience *audience, unsigned which, int *set, struct ism_cause *why)
{
    uint64_t end = ism_process_now() + PATIENCE;
    short waits = audience->access == ISM_ACCESS_OWNER ? 0 : IPC_NOWAIT;
    struct sembuf steps[] = {{(unsigned short)which, 0, waits}, {(unsigned short)which, 1, (short)(waits | SEM_UNDO)}};
    ism_status status = ISM_OK;
    while (status == ISM_OK && semop(*set, steps, 2) == -1) {
        int code = errno;
        if (is_gone(code)) {
            status = follow_key(audience, code, set, why);
        } else if (code == EAGAIN) {
            *why = (struct ism_cause){NULL, 0};
            status = ism_process_now() < end ? ISM_OK : ISM_E_TIMED_OUT;
            ism_process_pause(PAUSE);
        } else if (code != EINTR) {
            status = ism_undo_failure(why, "semop", code);
        }
    }
    return status;
}

static void lower(int set, unsigned short which)
{
    struct sembuf step = {which, -1, SEM_UNDO | IPC_NOWAIT};
    (void)semop(set, &step, 1);
}

void ism_undo_unlock(int set, unsigned which)
{
    lower(set, (unsigned short)which);
}

void ism_undo_end_life(const struct ism_life_table *table, ism_life life)
{
    lower(table->set, ism_undo_semaphore(table, ism_undo_slot(life)));
}

/* ---- the seal: a semaphore holds 15 bits ---- */

static int seal_of(uint64_t id, int which)
{
    return (int)(id >> 15 * which & 0x7fff);
}

bool ism_undo_is_sealed(const struct ism_life_table *table)
{
    for (int i = 0; i < 2; i++)
        if (semctl(table->set, ISM_UNDO_SEAL + i, GETVAL) != seal_of(table->id, i))
            return false;
    return true;
}

static ism_status seal(const struct ism_life_table *table, uint64_t id, struct ism_cause *why)
{
    for (int i = 0; i < 2; i++)
        if (semctl(table->set, ISM_UNDO_SEAL + i, SETVAL, (union argument){.value = seal_of(id, i)}) == -1)
            return ism_undo_failure(why, "semctl", errno);
    return ISM_OK;
}

/* ---- the segment; the TABLE lock is held ---- */

static size_t length_of(uint32_t slots)
{
    return sizeof(struct header) + slots * sizeof(uint64_t);
}

static ism_status make_anew(struct ism_life_table *table, struct ism_cause *why)
{
    struct header header = {MAGIC, VERSION, 0, 0, {0}};
    while (seal_of(header.id, 0) == 0) { /* a new set's seal is zero */
        ism_status status = ism_process_random(&header.id, sizeof header.id, why);
        if (status != ISM_OK)
            return status;
    }
    ism_status status = seal(table, header.id, why);
    if (status != ISM_OK)
        return status;
    memset(table->segment, 0, length_of(table->slots));
    ism_publish_bytes(table->segment, &header, sizeof header);
    table->id = header.id;
    return ISM_OK;
}

static ism_status read_header(struct ism_life_table *table, bool is_alone, struct ism_cause *why)
{
    struct header header;
    memcpy(&header, table->segment, sizeof header);
    *why = (struct ism_cause){NULL, 0};
    if (header.magic != 0 && header.magic != MAGIC)
        return ISM_E_FOREIGN;
    if (header.magic != 0 && (header.version != VERSION || header.features != 0))
        return ISM_E_VERSION;
    if (is_alone)
        return make_anew(table, why);
    if (header.magic == 0 || header.id == 0)
        return ISM_E_CORRUPT;
    table->id = header.id;
    return ism_undo_is_sealed(table) ? ISM_OK : ISM_E_UNSUPPORTED;
}

/* What is there is of another length only if it was left with a set that was larger. */
static ism_status find_segment(const struct ism_life_table *table, int *out, bool *is_new, struct ism_cause *why)
{
    const size_t length = length_of(table->slots);
    int id = shmget(table->audience.key, 0, 0);
    if (id == -1 && errno != ENOENT)
        return ism_system_failure(why, "shmget", errno);
    struct shmid_ds found;
    *why = (struct ism_cause){NULL, 0};
    *is_new = false;
    if (id != -1) {
        if (shmctl(id, IPC_STAT, &found) == -1 || !is_trusted(&table->audience, &found.shm_perm))
            return ISM_E_FOREIGN;
        *out = id;
        if (found.shm_segsz == length)
            return ISM_OK;
        if (found.shm_nattch != 0 || shmctl(id, IPC_RMID, NULL) == -1)
            return ISM_E_FOREIGN;
    }
    if (!may_make(&table->audience))
        return ISM_E_UNSUPPORTED;
    *is_new = true;
    return ism_sysv_make(table->audience.key, length, table->audience.access, out, why);
}

static void detach(struct ism_life_table *table)
{
    if (table->segment != NULL)
        (void)shmdt(table->segment);
    table->segment = NULL;
}

static ism_status attach_to(struct ism_life_table *table, int id, struct ism_cause *why)
{
    struct shmid_ds found;
    void *address = shmat(id, NULL, 0);
    if (address == (void *)-1)
        return ism_system_failure(why, "shmat", errno);
    table->segment = address;
    table->words = (uint64_t *)(void *)((unsigned char *)address + sizeof(struct header));
    if (shmctl(id, IPC_STAT, &found) == -1)
        return ism_system_failure(why, "shmctl", errno);
    return read_header(table, found.shm_nattch == 1, why);
}

/* What was made for nothing is removed; a set without a seal has never been a table's. */
static ism_status attach(struct ism_life_table *table, struct ism_cause *why)
{
    int id;
    bool is_new;
    ism_status status = find_segment(table, &id, &is_new, why);
    if (status == ISM_OK) {
        status = attach_to(table, id, why);
        if (status != ISM_OK)
            detach(table);
        if (status != ISM_OK && is_new)
            (void)shmctl(id, IPC_RMID, NULL);
    }
    if (status != ISM_OK && semctl(table->set, ISM_UNDO_SEAL, GETVAL) == 0)
        (void)semctl(table->set, 0, IPC_RMID);
    return status;
}

/* This process is not attached; the TABLE lock is held. What is not ours to remove stays. */
static void remove_if_unused(const struct ism_life_table *table)
{
    struct shmid_ds found;
    int id = shmget(table->audience.key, 0, 0);
    if (id != -1 && (shmctl(id, IPC_STAT, &found) == -1 || found.shm_nattch != 0 ||
                     !is_trusted(&table->audience, &found.shm_perm) || shmctl(id, IPC_RMID, NULL) == -1))
        return;
    if (table->audience.access == ISM_ACCESS_OWNER)
        ism_marker_tidy();
    (void)semctl(table->locks, 0, IPC_RMID);
}

/* ---- tables ---- */

static void start_round(struct ism_life_table *table)
{
    table->generation = ism_process_generation();
    table->round = ++last_round;
    table->count = 0;
}

void ism_undo_settle(struct ism_life_table *table)
{
    if (table->generation != ism_process_generation())
        start_round(table);
}

struct ism_life_table *ism_undo_find(const struct ism_undo_audience *audience)
{
    struct ism_life_table *table = ism_undo_tables;
    while (table != NULL && (table->audience.key != audience->key || table->audience.owner != audience->owner ||
                             table->audience.group != audience->group))
        table = table->next;
    return table;
}

void ism_undo_leave(struct ism_life_table *table)
{
    struct ism_cause ignored;
    ism_undo_settle(table);
    for (size_t i = 0; i < table->count; i++)
        ism_undo_end_life(table, table->lives[i].life);
    bool is_locked = ism_undo_lock(&table->audience, ISM_UNDO_TABLE, &table->locks, &ignored) == ISM_OK;
    detach(table);
    if (is_locked) {
        remove_if_unused(table);
        ism_undo_unlock(table->locks, ISM_UNDO_TABLE);
    }
    struct ism_life_table **place = &ism_undo_tables;
    while (*place != table)
        place = &(*place)->next;
    *place = table->next;
    free(table->lives);
    free(table);
}

/* Handlers that run later may use regions again: they open tables anew. */
static void leave_all(void)
{
    ism_process_lock(ISM_LOCK_REGISTRY);
    for (struct ism_life_table *table = ism_undo_tables, *next; table != NULL; table = next) {
        next = table->next;
        if (table->users == 0)
            ism_undo_leave(table);
    }
    ism_store_relaxed_64(ism_process_epoch(), 0); /* no thread may lock by a life that it remembers */
    ism_process_unlock(ISM_LOCK_REGISTRY);
}

static void watch_process(void)
{
    (void)atexit(leave_all);
}

static ism_status open_locked(struct ism_life_table *table, struct ism_cause *why)
{
    uint32_t count;
    table->set = table->locks;
    ism_status status = check_set(&table->audience, table->set, &count, why);
    if (status != ISM_OK)
        return status;
    table->alarms = count / ALARMS_SHARE;
    table->slots = count - ISM_UNDO_ALARMS - table->alarms;
    return attach(table, why);
}

ism_status ism_undo_open(const struct ism_undo_audience *audience, struct ism_life_table **out, struct ism_cause *why)
{
    static pthread_once_t watched = PTHREAD_ONCE_INIT;
    struct ism_life_table *table = ism_undo_find(audience);
    if (table != NULL) {
        *out = table;
        return ISM_OK;
    }
    table = calloc(1, sizeof *table);
    if (table == NULL)
        return ISM_E_NO_MEMORY;
    table->audience = *audience;
    table->locks = -1;
    ism_status status = ism_undo_lock(&table->audience, ISM_UNDO_TABLE, &table->locks, why);
    if (status == ISM_OK) {
        status = open_locked(table, why);
        ism_undo_unlock(table->locks, ISM_UNDO_TABLE);
    }
    if (status != ISM_OK) {
        free(table);
        return status;
    }
    start_round(table);
    table->next = ism_undo_tables;
    ism_undo_tables = table;
    (void)pthread_once(&watched, watch_process);
    *out = table;
    return ISM_OK;
}
