/* life_shared.c: a life is a locked byte of a file that all may write to who may use the object.
 *
 * The file's bytes themselves are never read or written: slot and serial together are the place of the byte, far
 * behind the file's end. So there is nothing in it that a hostile peer could change, but such a peer can lock bytes: then
 * lives seem to go on, as if it held the locks itself. Read locks, which need no permission to write, do not
 * count. The description is this process's alone: else a parent's death would not be seen while a child lives. Weak
 * side: each shared object costs a second descriptor, and a forked child opens it anew. */
#include "life_shared.h"
#include "descriptor.h"

#include "../atomics.h"
#include "after_fork.h"
#include "record_lock.h"
#include "system_error.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define LIVES_OFFSET (UINT64_C(1) << 62)
#define SLOT_BITS UINT64_C(0x00ffffff)
#define SERIAL_BITS (UINT64_C(0xffffffff) << 32)
#define DRAWS 16 /* 2^56 places, and a few thousand lives: more are only needed if somebody locks them all */

struct own_life {
    ism_life life;
    uint64_t thread;
};

/* All is guarded by ISM_LOCK_REGISTRY, but for the child's handler, which is alone. */
struct ism_life_table {
    struct ism_life_place place;
    bool writable;
    int locks;           /* -1: it could not be opened anew after a fork */
    uint64_t round;      /* another one each time that `locks` and its lives are given up; never used twice */
    uint64_t generation; /* of the process, that opened `locks` */
    size_t users;
    struct own_life *lives; /* a description's own locks do not show as conflicts */
    size_t count;
    size_t room;
    struct ism_life_table *next;
};

static struct ism_life_table *tables;
static uint64_t last_round;
static uint64_t last_thread;

/* The calling thread's. */
static _Thread_local struct {
    uint64_t thread; /* 0: it has had no life yet */
    uint64_t round;  /* of the table that it asked last */
    ism_life life;
} mine;

static pthread_key_t at_thread_end;
static bool is_prepared;
static bool key_exists;

static uint64_t place_of(ism_life life)
{
    return LIVES_OFFSET + ((life & SERIAL_BITS) >> 8 | (life & SLOT_BITS));
}

/* ---- the description ---- */

static bool is_open_at(const struct ism_life_table *table, int descriptor)
{
    struct stat found;
    return fstat(descriptor, &found) == 0 && (uint64_t)found.st_ino == table->place.identity;
}

static int open_checked(const struct ism_life_table *table, const char *path, int flags)
{
    int mode = table->writable ? O_RDWR : O_RDONLY;
    int descriptor = ism_descriptor_keep(open(path, mode | O_CLOEXEC | O_NONBLOCK | flags));
    if (descriptor != -1 && !is_open_at(table, descriptor)) {
        (void)close(descriptor);
        errno = ENOENT;
        return -1;
    }
    return descriptor;
}

/* The file's name may be gone; then only Linux has a way to it. */
static int open_alike(const struct ism_life_table *table, int descriptor)
{
    char path[48];
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", descriptor);
    int opened = descriptor != -1 ? open_checked(table, path, 0) : -1;
    return opened != -1 ? opened : open_checked(table, table->place.path, O_NOFOLLOW);
}

static void start_round(struct ism_life_table *table)
{
    table->count = 0;
    table->round = ++last_round;
    table->generation = ism_process_generation();
}

static void renew(struct ism_life_table *table)
{
    int old = table->locks;
    table->locks = open_alike(table, old);
    if (old != -1)
        (void)close(old);
    start_round(table);
}

static void renew_all(void)
{
    for (struct ism_life_table *table = tables; table != NULL; table = table->next)
        if (table->generation != ism_process_generation())
            renew(table);
}

/* What is left of a parent's is given up: a fork may have run no handlers. */
static void settle(struct ism_life_table *table)
{
    if (table->generation != ism_process_generation())
        renew(table);
}

/* ---- the end of a thread ---- */

static void end_lives_in(struct ism_life_table *table, uint64_t thread)
{
    settle(table);
    for (size_t i = 0; i < table->count; i++)
        if (table->lives[i].thread == thread) {
            ism_record_unlock(table->locks, place_of(table->lives[i].life), 1);
            table->lives[i--] = table->lives[--table->count];
        }
}

/* Other destructors of the thread may still lock: not by what the thread remembers, but by a new life. */
static void end_lives(void *unused)
{
    (void)unused;
    ism_process_lock(ISM_LOCK_REGISTRY);
    for (struct ism_life_table *table = tables; table != NULL; table = table->next)
        end_lives_in(table, mine.thread);
    mine.round = 0;
    ism_store_relaxed_64(ism_process_epoch(), 0);
    ism_process_unlock(ISM_LOCK_REGISTRY);
}

static void prepare(void)
{
    if (is_prepared)
        return;
    is_prepared = true;
    key_exists = pthread_key_create(&at_thread_end, end_lives) == 0;
    ism_after_fork(renew_all);
}

/* ---- tables ---- */

static struct ism_life_table *find_table(const struct ism_life_place *place, bool writable)
{
    struct ism_life_table *table = tables;
    while (table != NULL &&
           (table->place.identity != place->identity || table->place.id != place->id || table->writable != writable))
        table = table->next;
    return table;
}

static ism_status add_table(const struct ism_life_place *place, bool writable, struct ism_life_table **out,
                            struct ism_cause *why)
{
    struct ism_life_table *table = calloc(1, sizeof *table);
    if (table == NULL)
        return ISM_E_NO_MEMORY;
    table->place = *place;
    table->writable = writable;
    table->locks = open_alike(table, place->descriptor);
    if (table->locks == -1) {
        ism_status status = ism_system_failure(why, "open", errno);
        free(table);
        return status == ISM_E_NOT_FOUND ? ISM_E_UNSUPPORTED : status;
    }
    start_round(table);
    table->next = tables;
    tables = table;
    *out = table;
    return ISM_OK;
}

ism_status ism_life_table_share(const struct ism_memory *object, struct ism_life_table **out, uint64_t *id,
                                struct ism_cause *why)
{
    struct ism_life_place place;
    ism_status status = ism_life_find_place(object, &place, why);
    if (status != ISM_OK)
        return status;
    ism_process_lock(ISM_LOCK_REGISTRY);
    prepare();
    struct ism_life_table *table = find_table(&place, object->writable);
    if (table == NULL)
        status = add_table(&place, object->writable, &table, why);
    if (table != NULL) {
        table->users++;
        *id = place.id;
        *out = table;
    }
    ism_process_unlock(ISM_LOCK_REGISTRY);
    return status;
}

void ism_life_table_unshare(struct ism_life_table *table)
{
    ism_process_lock(ISM_LOCK_REGISTRY);
    if (--table->users == 0) {
        struct ism_life_table **place = &tables;
        while (*place != table)
            place = &(*place)->next;
        *place = table->next;
        if (table->locks != -1)
            (void)close(table->locks);
        free(table->lives);
        free(table);
    }
    ism_process_unlock(ISM_LOCK_REGISTRY);
}

/* ---- lives ---- */

static bool make_room(struct ism_life_table *table)
{
    if (table->count < table->room)
        return true;
    size_t room = table->room == 0 ? 4 : table->room * 2;
    struct own_life *lives = realloc(table->lives, room * sizeof *lives);
    if (lives == NULL)
        return false;
    table->lives = lives;
    table->room = room;
    return true;
}

static bool is_own(const struct ism_life_table *table, ism_life life)
{
    for (size_t i = 0; i < table->count; i++)
        if (table->lives[i].life == life)
            return true;
    return false;
}

static ism_status draw_life(const struct ism_life_table *table, ism_life *out, struct ism_cause *why)
{
    for (int draws = 0; draws < DRAWS; draws++) {
        ism_life life;
        ism_status status = ism_process_random(&life, sizeof life, why);
        life &= ISM_LIFE_BITS;
        if (status != ISM_OK)
            return status;
        if ((life & SLOT_BITS) == 0 || is_own(table, life))
            continue;
        status = ism_record_lock(table->locks, F_WRLCK, place_of(life), 1, why);
        if (status == ISM_OK)
            *out = life;
        if (status != ISM_E_BUSY)
            return status;
    }
    return ISM_E_LIMIT;
}

static ism_status begin_life(struct ism_life_table *table, ism_life *out, struct ism_cause *why)
{
    if (table->locks == -1)
        return ISM_E_UNSUPPORTED;
    if (!make_room(table))
        return ISM_E_NO_MEMORY;
    int code = key_exists ? pthread_setspecific(at_thread_end, &mine) : EAGAIN;
    if (code != 0)
        return ism_system_failure(why, "pthread_setspecific", code), ISM_E_LIMIT;
    if (mine.thread == 0)
        mine.thread = ++last_thread;
    ism_status status = draw_life(table, out, why);
    if (status == ISM_OK)
        table->lives[table->count++] = (struct own_life){*out, mine.thread};
    return status;
}

static ism_life life_of(const struct ism_life_table *table, uint64_t thread)
{
    for (size_t i = 0; thread != 0 && i < table->count; i++)
        if (table->lives[i].thread == thread)
            return table->lives[i].life;
    return 0;
}

ism_status ism_life_take_shared(struct ism_life_table *table, ism_life *out, struct ism_cause *why)
{
    ism_status status = ISM_OK;
    ism_process_lock(ISM_LOCK_REGISTRY);
    settle(table);
    ism_life life = mine.round == table->round ? mine.life : life_of(table, mine.thread);
    if (life == 0)
        status = begin_life(table, &life, why);
    if (status == ISM_OK) {
        mine.round = table->round;
        mine.life = life;
        *out = life;
    }
    ism_process_unlock(ISM_LOCK_REGISTRY);
    return status;
}

bool ism_life_ended_shared(struct ism_life_table *table, ism_life life)
{
    int type;
    uint64_t found;
    if ((life & SLOT_BITS) == 0)
        return true; /* nobody ever got such a life: the word holds what no lock call wrote */
    ism_process_lock(ISM_LOCK_REGISTRY);
    settle(table);
    bool lives = is_own(table, life);
    int descriptor = table->locks;
    ism_process_unlock(ISM_LOCK_REGISTRY);
    if (lives || descriptor == -1 || ism_record_conflict(descriptor, place_of(life), 1, &type, &found) != 0)
        return false;

    /* Whoever closed descriptors that are not its own may have put another file in the place of ours. */
    return type != F_WRLCK && is_open_at(table, descriptor);
}
