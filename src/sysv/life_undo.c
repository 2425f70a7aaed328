/* life_undo.c: a thread's life is a semaphore that the kernel sets back to zero when the process ends (SEM_UNDO).
 *
 * A slot's semaphore is 1 while it is taken. Its word in the table holds a serial, drawn anew each time the slot is
 * taken, so a life that names an old one is known to have ended though the semaphore is 1 again. What is undone is the
 * process's, all threads' in one: so a destructor ends the life when the thread ends. A forked child has nothing
 * of its parent's to be undone.
 *
 * The undoing outlives exec. So the word also names the process's marker (marker.h), which is gone after an exec as
 * after a death.
 *
 * Weak sides: who waits learns of a death only by asking. Where no marker can be had, exec while a lock is held is no
 * death until the new program ends; nor is it as long as a child lives that was forked without handlers. A process that
 * leaves its IPC namespace (unshare, setns) is dead to others at once. In a table that others may use, whoever may use
 * it can make the living look dead, as it could write to the locks themselves. gVisor undoes nothing: there the marker
 * alone tells of a death, a dead thread's slot is not free again, and one who is killed while it looks names up keeps
 * all others from it. */
#include "marker.h"
#include "undo_table.h"

#include "../atomics.h"
#include "../unix/system_error.h"
#include "sysv.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/sem.h>

/* The calling thread's. */
static _Thread_local struct {
    uint64_t thread; /* 0: it has had no life yet */
    uint64_t round;  /* of the table that it asked last */
    ism_life life;
} mine;

static uint64_t last_thread;
static pthread_key_t at_thread_end;
static pthread_once_t prepared = PTHREAD_ONCE_INIT;
static bool key_exists;

static uint32_t serial_of(ism_life life)
{
    return (uint32_t)(life >> 32);
}

static uint64_t *word_of(const struct ism_life_table *table, uint32_t slot)
{
    return &table->words[slot - 1];
}

/* ---- the end of a thread ---- */

static void end_lives_in(struct ism_life_table *table, uint64_t thread)
{
    ism_undo_settle(table);
    for (size_t i = 0; i < table->count; i++)
        if (table->lives[i].thread == thread) {
            ism_undo_end_life(table, table->lives[i].life);
            table->lives[i--] = table->lives[--table->count];
        }
}

/* Other destructors of the thread may still lock: not by what the thread remembers, but by a new life. */
static void end_lives(void *unused)
{
    (void)unused;
    ism_process_lock(ISM_LOCK_REGISTRY);
    for (struct ism_life_table *table = ism_undo_tables; table != NULL; table = table->next)
        end_lives_in(table, mine.thread);
    mine.round = 0;
    ism_store_relaxed_64(ism_process_epoch(), 0);
    ism_process_unlock(ISM_LOCK_REGISTRY);
}

static void prepare(void)
{
    key_exists = pthread_key_create(&at_thread_end, end_lives) == 0;
}

/* ---- tables ---- */

struct ism_life_table *ism_undo_of_user(void)
{
    struct ism_undo_audience audience = ism_undo_for_user();
    ism_process_lock(ISM_LOCK_REGISTRY);
    struct ism_life_table *table = ism_undo_find(&audience);
    ism_process_unlock(ISM_LOCK_REGISTRY);
    return table;
}

static ism_status use(const struct ism_undo_audience *audience, struct ism_life_table **out, uint64_t *id,
                      struct ism_cause *why)
{
    ism_process_lock(ISM_LOCK_REGISTRY);
    ism_status status = ism_undo_open(audience, out, why);
    if (status == ISM_OK) {
        (*out)->users++;
        *id = (*out)->id;
    }
    ism_process_unlock(ISM_LOCK_REGISTRY);
    return status;
}

ism_status ism_life_table_use(uint64_t *id, struct ism_cause *why)
{
    struct ism_life_table *table;
    struct ism_undo_audience audience = ism_undo_for_user();
    return use(&audience, &table, id, why);
}

void ism_life_table_leave(void)
{
    struct ism_undo_audience audience = ism_undo_for_user();
    ism_process_lock(ISM_LOCK_REGISTRY);
    ism_undo_find(&audience)->users--;
    ism_process_unlock(ISM_LOCK_REGISTRY);
}

ism_status ism_life_table_share(const struct ism_memory *object, struct ism_life_table **out, uint64_t *id,
                                struct ism_cause *why)
{
    struct shmid_ds found;
    struct ism_life_table *table;
    struct ism_undo_audience audience = ism_undo_for_everyone();
    if (object->access != ISM_ACCESS_EVERYONE) {
        ism_status status = ism_sysv_stat(object, &found, why);
        if (status != ISM_OK)
            return status;
        audience = ism_undo_for_group(found.shm_perm.uid, found.shm_perm.gid);
    }
    ism_status status = use(&audience, &table, id, why);
    if (status == ISM_OK)
        *out = table;
    bool is_spoilt = status == ISM_E_FOREIGN || status == ISM_E_CORRUPT || status == ISM_E_TIMED_OUT;
    return is_spoilt ? ISM_E_UNSUPPORTED
                     : status; /* by another user: then there are no locks, and the data can be had */
}

/* That of all users stays: its names are looked up again. */
void ism_life_table_unshare(struct ism_life_table *table)
{
    ism_process_lock(ISM_LOCK_REGISTRY);
    if (--table->users == 0 && table->audience.access == ISM_ACCESS_GROUP)
        ism_undo_leave(table);
    ism_process_unlock(ISM_LOCK_REGISTRY);
}

/* ---- lives ---- */

static bool make_room(struct ism_life_table *table)
{
    if (table->count < table->room)
        return true;
    size_t room = table->room == 0 ? 4 : table->room * 2;
    struct ism_undo_life *lives = realloc(table->lives, room * sizeof *lives);
    if (lives == NULL)
        return false;
    table->lives = lives;
    table->room = room;
    return true;
}

/* This process's; 0: there is none. */
static uint32_t have_marker(void)
{
    uint32_t name;
    struct ism_cause ignored;
    struct ism_life_table *table;
    struct ism_undo_audience audience = ism_undo_for_user();
    if (ism_marker_find(&name) || ism_undo_open(&audience, &table, &ignored) != ISM_OK ||
        ism_undo_lock(&audience, ISM_UNDO_TABLE, &table->locks, &ignored) != ISM_OK)
        return name;
    name = ism_marker_make();
    ism_undo_unlock(table->locks, ISM_UNDO_TABLE);
    return name;
}

/* Who has just taken the slot may be stopped before this: until then its semaphore alone tells of the life before, that
 * it lives. So nothing that may take long, or fail, is left to do. */
static ism_life enter(const struct ism_life_table *table, uint32_t slot, uint32_t serial, uint32_t marker)
{
    uint64_t *word = word_of(table, slot);
    uint32_t old = serial_of(ism_load_relaxed_64(word));
    while (serial == old || serial == 0)
        serial++;
    ism_store_relaxed_64(word, (uint64_t)serial << 32 | marker);
    ism_fence_release(); /* pairs with the acquire of names_another(): who sees the life in a lock sees it here */
    return (ism_life)serial << 32 | slot;
}

/* ISM_E_BUSY: somebody has it. */
static ism_status try_slot(const struct ism_life_table *table, uint32_t slot, struct ism_cause *why)
{
    unsigned short semaphore = ism_undo_semaphore(table, slot);
    struct sembuf steps[] = {{semaphore, 0, IPC_NOWAIT}, {semaphore, 1, SEM_UNDO | IPC_NOWAIT}};
    if (semop(table->set, steps, 2) == -1) {
        int code = errno;
        ism_status status = ism_undo_failure(why, "semop", code);
        if (code == EAGAIN)
            return ISM_E_BUSY;
        return ism_undo_is_sealed(table) ? status : ISM_E_UNSUPPORTED;
    }
    return ISM_OK;
}

static ism_status take_slot(const struct ism_life_table *table, ism_life *out, struct ism_cause *why)
{
    struct {
        uint32_t slot, serial;
    } drawn;
    ism_status status = ism_process_random(&drawn, sizeof drawn, why);
    if (status != ISM_OK)
        return status;
    const uint32_t marker = have_marker();
    for (uint32_t i = 0; i < table->slots; i++) {
        uint32_t slot = 1 + (drawn.slot % table->slots + i) % table->slots;
        status = try_slot(table, slot, why);
        if (status == ISM_OK)
            *out = enter(table, slot, drawn.serial, marker);
        if (status != ISM_E_BUSY)
            return status;
    }
    return ISM_E_LIMIT;
}

static ism_status begin_life(struct ism_life_table *table, ism_life *out, struct ism_cause *why)
{
    int code = key_exists ? pthread_setspecific(at_thread_end, &mine) : EAGAIN; /* any pointer that is not NULL */
    if (code != 0)
        return ism_system_failure(why, "pthread_setspecific", code), ISM_E_LIMIT;
    if (!make_room(table))
        return ISM_E_NO_MEMORY;
    if (mine.thread == 0)
        mine.thread = ++last_thread;
    ism_status status = take_slot(table, out, why);
    if (status == ISM_OK)
        table->lives[table->count++] = (struct ism_undo_life){*out, mine.thread};
    return status;
}

static ism_life life_of(const struct ism_life_table *table, uint64_t thread)
{
    for (size_t i = 0; thread != 0 && i < table->count; i++)
        if (table->lives[i].thread == thread)
            return table->lives[i].life;
    return 0;
}

static ism_status take_life(struct ism_life_table *table, ism_life *out, struct ism_cause *why)
{
    ism_undo_settle(table);
    ism_status status = ISM_OK;
    ism_life life = mine.round == table->round ? mine.life : life_of(table, mine.thread);
    if (life == 0)
        status = begin_life(table, &life, why);
    if (status != ISM_OK)
        return status;
    mine.round = table->round;
    mine.life = life;
    *out = life;
    return ISM_OK;
}

ism_status ism_life_take(struct ism_life_table *table, ism_life *out, struct ism_cause *why)
{
    struct ism_undo_audience audience = ism_undo_for_user();
    ism_status status = ISM_OK;
    (void)pthread_once(&prepared, prepare);
    ism_process_lock(ISM_LOCK_REGISTRY);
    if (table == NULL)
        status = ism_undo_open(&audience, &table, why);
    if (status == ISM_OK)
        status = take_life(table, out, why);
    ism_process_unlock(ISM_LOCK_REGISTRY);
    return status;
}

/* Does memory alone say that it has ended? Then *entered is of no use. */
static bool names_another(const struct ism_life_table *table, ism_life life, uint64_t *entered)
{
    uint32_t slot = ism_undo_slot(life);
    if (slot == 0 || slot > table->slots)
        return true;                         /* nobody ever got such a life: the word holds what no lock call wrote */
    __atomic_thread_fence(__ATOMIC_ACQUIRE); /* pairs with the release of enter() */
    *entered = ism_load_acquire_64(word_of(table, slot));
    return serial_of(*entered) != serial_of(life);
}

/* Serial first: it changes only while the slot is taken, so a semaphore that is zero afterwards was so, or was taken
 * anew, since the life that the old serial names had ended. The acquire keeps it first; the call is the kernel's. */
static bool has_ended(const struct ism_life_table *table, ism_life life)
{
    uint64_t entered;
    if (names_another(table, life, &entered))
        return true;
    int value = semctl(table->set, ism_undo_semaphore(table, ism_undo_slot(life)), GETVAL);
    uint32_t name = (uint32_t)entered;
    bool is_alive = value != 0 && (name == 0 || ism_marker_is_there(name));
    return value != -1 && !is_alive && ism_undo_is_sealed(table);
}

bool ism_life_ended(struct ism_life_table *table, ism_life life)
{
    if (table == NULL)
        table = ism_undo_of_user();
    return table != NULL && has_ended(table, life);
}

bool ism_life_is_known_to_have_ended(const struct ism_life_table *table, ism_life life)
{
    uint64_t ignored;
    if (table == NULL)
        table = ism_undo_of_user();
    return table != NULL && names_another(table, life, &ignored);
}
