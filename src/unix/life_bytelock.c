/* life_bytelock.c: a thread's life is a locked byte in the user's file.
 *
 * The kernel drops the lock when the process ends, however it ends; a destructor drops it when the thread
 * ends. A slot's serial is drawn anew each time the slot is taken, so a life that names an old one is
 * known to have ended though the byte is locked again. Weak side: who waits learns of a death only by
 * asking, so core bounds every sleep; life_word.h tells it sooner, where there is such a word. */
#include "../atomics.h"
#include "life_shared.h"
#include "life_word.h"
#include "record_lock.h"
#include "system_error.h"
#include "user_file.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#define SLOT_BITS UINT64_C(0x00ffffff)
#define FIRST_SLOTS 16u

/* The lives of this process's threads: a description's own locks do not show as conflicts, so about
 * these the kernel can't be asked. Guarded by ISM_LOCK_REGISTRY. */
static struct {
    ism_life *lives;
    size_t count;
    size_t room;
    uint64_t round; /* of the user's file: lives of another have ended */
} own;

/* The calling thread's. */
static _Thread_local struct {
    ism_life life;
    uint64_t round;
} mine;

static pthread_key_t at_thread_end;
static pthread_once_t prepared = PTHREAD_ONCE_INIT;
static bool key_exists;

static uint32_t slot_of(ism_life life)
{
    return (uint32_t)(life & SLOT_BITS);
}

static uint32_t serial_of(ism_life life)
{
    return (uint32_t)(life >> 32);
}

/* Other destructors of the thread may still lock: not by what the thread remembers, but by a new life. */
static void end_life(void *unused)
{
    (void)unused;
    ism_process_lock(ISM_LOCK_REGISTRY);
    for (size_t i = 0; i < own.count; i++)
        if (own.lives[i] == mine.life)
            own.lives[i--] = own.lives[--own.count];
    ism_life_word_end();
    if (mine.life != 0)
        ism_user_file_end_life(slot_of(mine.life), mine.round);
    mine.life = 0;
    ism_store_relaxed_64(ism_process_epoch(), 0);
    ism_process_unlock(ISM_LOCK_REGISTRY);
}

static void prepare(void)
{
    key_exists = pthread_key_create(&at_thread_end, end_life) == 0;
}

static bool is_own_slot(uint32_t slot, ism_life *life)
{
    if (own.round != ism_user_file_round()) {
        own.count = 0;
        own.round = ism_user_file_round();
    }
    for (size_t i = 0; i < own.count; i++)
        if (slot_of(own.lives[i]) == slot) {
            *life = own.lives[i];
            return true;
        }
    return false;
}

static bool make_room(void)
{
    if (own.count < own.room)
        return true;
    size_t room = own.room == 0 ? 16 : own.room * 2;
    ism_life *lives = realloc(own.lives, room * sizeof *lives);
    if (lives == NULL)
        return false;
    own.lives = lives;
    own.room = room;
    return true;
}

/* A slot that was never taken reads as serial 0, which no life has. Returns 0 or errno. */
static int read_serial(int descriptor, uint32_t slot, uint32_t *serial)
{
    *serial = 0;
    ssize_t got = pread(descriptor, serial, sizeof *serial, (off_t)ism_user_file_serial_offset(slot));
    return got == -1 ? errno : 0;
}

static ism_status write_new_serial(int descriptor, uint32_t slot, uint32_t *serial, struct ism_cause *why)
{
    uint32_t old;
    int code = read_serial(descriptor, slot, &old);
    if (code != 0)
        return ism_system_failure(why, "pread", code);
    do {
        ism_status status = ism_process_random(serial, sizeof *serial, why);
        if (status != ISM_OK)
            return status;
    } while (*serial == old || *serial == 0);
    if (pwrite(descriptor, serial, sizeof *serial, (off_t)ism_user_file_serial_offset(slot)) != (ssize_t)sizeof *serial)
        return ism_system_failure(why, "pwrite", errno);
    return ISM_OK;
}

/* ISM_E_BUSY: somebody has it. The life's own byte is locked last: beside an old serial it would say that the dead one
 * whose slot this was lives. */
static ism_status try_slot(int descriptor, uint32_t slot, ism_life *out, struct ism_cause *why)
{
    ism_life taken;
    if (is_own_slot(slot, &taken))
        return ISM_E_BUSY;
    ism_status status = ism_record_lock(descriptor, F_WRLCK, ism_user_file_slot_offset(slot), 1, why);
    if (status != ISM_OK)
        return status;
    uint32_t serial = 0;
    status = write_new_serial(descriptor, slot, &serial, why);
    if (status == ISM_OK)
        status = ism_record_lock(descriptor, F_WRLCK, ism_user_file_life_offset(slot), 1, why);
    if (status != ISM_OK) {
        ism_record_unlock(descriptor, ism_user_file_slot_offset(slot), 2);
        return status;
    }
    *out = (ism_life)serial << 32 | slot;
    own.lives[own.count++] = *out;
    return ISM_OK;
}

/* Draw one of the first slots, and of twice as many each time that it is taken: so few are in use, and processes do not
 * queue for the same ones. */
static ism_status take_slot(int descriptor, ism_life *out, struct ism_cause *why)
{
    uint32_t drawn;
    ism_status status = ism_process_random(&drawn, sizeof drawn, why);
    if (status != ISM_OK)
        return status;
    if (!make_room())
        return ISM_E_NO_MEMORY;
    status = ISM_E_BUSY;
    for (size_t among = FIRST_SLOTS + 2 * own.count; among < ISM_LIVES_MAX && status == ISM_E_BUSY; among *= 2) {
        status = try_slot(descriptor, (uint32_t)(1 + (drawn >> 8) % among), out, why);
        drawn = drawn * 1664525 + 1013904223; /* or half of the time the same slot would be tried again */
    }
    for (uint32_t slot = 1; slot <= ISM_LIVES_MAX && status == ISM_E_BUSY; slot++)
        status = try_slot(descriptor, slot, out, why);
    return status == ISM_E_BUSY ? ISM_E_LIMIT : status;
}

ism_status ism_life_table_use(uint64_t *id, struct ism_cause *why)
{
    return ism_user_file_use(id, why);
}

void ism_life_table_leave(void)
{
    ism_user_file_leave();
}

static bool has_life(void)
{
    ism_process_lock(ISM_LOCK_REGISTRY);
    bool is_valid = mine.life != 0 && mine.round == ism_user_file_round();
    ism_process_unlock(ISM_LOCK_REGISTRY);
    return is_valid;
}

static ism_status begin_life(struct ism_cause *why)
{
    int descriptor;
    ism_status status = ism_user_file_locks(&descriptor, why);
    if (status != ISM_OK)
        return status;
    int code = pthread_setspecific(at_thread_end, &mine); /* any pointer that is not NULL */
    if (code != 0)
        return ism_system_failure(why, "pthread_setspecific", code);
    ism_life life = 0;
    ism_process_lock(ISM_LOCK_REGISTRY);
    status = take_slot(descriptor, &life, why);
    mine.life = life;
    mine.round = ism_user_file_round();
    if (status == ISM_OK)
        ism_life_word_make(descriptor, life);
    ism_process_unlock(ISM_LOCK_REGISTRY);
    return status;
}

ism_status ism_life_take(struct ism_life_table *table, ism_life *out, struct ism_cause *why)
{
    if (table != NULL)
        return ism_life_take_shared(table, out, why);
    (void)pthread_once(&prepared, prepare);
    if (!key_exists) {
        (void)ism_system_failure(why, "pthread_key_create", EAGAIN);
        return ISM_E_LIMIT;
    }
    ism_status status = has_life() ? ISM_OK : begin_life(why);
    if (status == ISM_OK)
        *out = mine.life;
    return status;
}

/* The byte first: it was locked for as long as the life went on, so it has ended if it is free now. If it is locked and
 * the serial is read as the life's own afterwards, it was so before, and the byte is never locked beside another's. */
static bool has_ended(int descriptor, ism_life life)
{
    uint32_t serial;
    int type;
    uint64_t found;
    if (ism_record_conflict(descriptor, ism_user_file_life_offset(slot_of(life)), 1, &type, &found) != 0)
        return false;
    if (type == F_UNLCK)
        return true;
    return read_serial(descriptor, slot_of(life), &serial) == 0 && serial != serial_of(life);
}

bool ism_life_ended(struct ism_life_table *table, ism_life life)
{
    if (table != NULL)
        return ism_life_ended_shared(table, life);
    if (ism_life_word_is_marked(-1, life))
        return true;
    uint32_t slot = slot_of(life);
    if (slot == 0 || slot > ISM_LIVES_MAX)
        return true; /* nobody ever got such a life: the word holds what no lock call wrote */
    struct ism_cause ignored;
    int descriptor;
    if (ism_user_file_locks(&descriptor, &ignored) != ISM_OK)
        return false;
    if (ism_life_word_is_marked(descriptor, life))
        return true;
    ism_life taken;
    ism_process_lock(ISM_LOCK_REGISTRY);
    bool is_own = is_own_slot(slot, &taken);
    ism_process_unlock(ISM_LOCK_REGISTRY);
    if (is_own)
        return taken != life;

    /* Whoever closed descriptors that are not its own may have put another file in the place of ours. */
    return has_ended(descriptor, life) && ism_user_file_is_open_at(descriptor);
}

bool ism_life_is_known_to_have_ended(const struct ism_life_table *table, ism_life life)
{
    return table == NULL && ism_life_word_is_marked(-1, life);
}
