/* wait_semop.c: sleep on a word by a semaphore, its alarm, where there is no call that sleeps on memory.
 *
 * Each table of lives has some hundreds of alarms; region and offset of the word, hashed, tell which. A sleeper takes
 * one from its alarm, and waits as long as that is zero. A waker adds as many as are waiting (the kernel counts them,
 * so a killed one is in no count). If nobody is, it leaves one: for whoever has looked at the word, but does not wait
 * yet. A sleeper that finds what an earlier waker left looks at its word once more, for nothing. Weak sides: words that
 * share an alarm take wakes from each other, and of several who are just about to wait when all are woken only one
 * is: the others sleep for their bound. No death ends a sleep. */
#include "undo_table.h"

#include "../atomics.h"

#include <errno.h>
#include <sys/sem.h>
#include <time.h>

#define SECOND UINT64_C(1000000000)
#define PAUSE UINT64_C(1000000) /* between two looks where there are no alarms */
#define WAKES_MOST 32766        /* at once: a semaphore holds one more, on every system */

static const struct ism_life_table *table_of(const struct ism_place *place)
{
    return place->lives != NULL ? place->lives : ism_undo_of_user();
}

static unsigned short alarm_of(const struct ism_life_table *table, const struct ism_place *place)
{
    uint64_t hashed = (place->region ^ place->offset / sizeof(uint64_t)) * UINT64_C(0x9e3779b97f4a7c15);
    return (unsigned short)(ISM_UNDO_ALARMS + (hashed >> 32) % table->alarms);
}

void ism_wait_sleep(const struct ism_place *place, uint32_t value, ism_life watched, uint64_t nanoseconds)
{
    (void)watched;
    const struct ism_life_table *table = table_of(place);
    struct timespec longest = {(time_t)(nanoseconds / SECOND), (long)(nanoseconds % SECOND)};
    struct sembuf take = {0, -1, 0};
    bool has_slept = false;
    /* Relaxed would do: whoever acts on the word loads it again. A waker has changed the word before it adds. */
    if (ism_load_acquire_32(place->word) != value)
        return;
    if (table != NULL) {
        take.sem_num = alarm_of(table, place);
        has_slept = semtimedop(table->set, &take, 1, &longest) == 0 || errno == EAGAIN || errno == EINTR;
    }
    if (!has_slept)
        ism_process_pause(nanoseconds < PAUSE ? nanoseconds : PAUSE);
}

bool ism_wait_wake(const struct ism_place *place, bool all)
{
    const struct ism_life_table *table = table_of(place);
    if (table == NULL)
        return false;
    unsigned short alarm = alarm_of(table, place);
    int waiting = semctl(table->set, alarm, GETNCNT);
    if (waiting == -1 || (waiting == 0 && semctl(table->set, alarm, GETVAL) > 0))
        return false;
    int wakes = waiting == 0 || all ? waiting + 1 : 1;
    struct sembuf add = {alarm, (short)(wakes < WAKES_MOST ? wakes : WAKES_MOST), IPC_NOWAIT};
    (void)semop(table->set, &add, 1);
    return waiting > 0;
}
