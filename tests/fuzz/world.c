/* world.c: see world.h. The thread lives as long as the process; between two inputs it touches nothing. */
#include "world.h"

#include "../../src/atomics.h"
#include "process.h"

/* Written by the fuzzing thread while `state` says that the other one rests. */
static volatile unsigned char *volatile scribbled;
static uint8_t strings[2][WORLD_BYTES];
static size_t length;

enum { RESTING, ASKED, WRITING, STOPPING };
static uint32_t state = RESTING;

void world_name(const char *target, char name[ISM_NAME_MAX + 1])
{
    (void)snprintf(name, ISM_NAME_MAX + 1, "fuzz-%s-%llu", target, (unsigned long long)process_own_id());
}

static void write_string(const uint8_t *string)
{
    for (size_t i = 0; i < length; i++)
        scribbled[i] = string[i];
}

static bool go_from(uint32_t from, uint32_t to)
{
    return ism_compare_exchange_release_32(&state, &from, to);
}

/* The acquires pair with the releases of the fuzzing thread, and the releases with its acquires. */
static void scribble(void *unused)
{
    (void)unused;
    for (;;) {
        const uint32_t now = ism_load_acquire_32(&state);
        if (now == RESTING)
            process_pause();
        else if (now == ASKED)
            (void)go_from(ASKED, WRITING);
        else if (now == STOPPING)
            (void)go_from(STOPPING, RESTING);
        if (now != RESTING && now != STOPPING) {
            write_string(strings[0]);
            write_string(strings[1]);
        }
    }
}

void world_scribble(void *place, const uint8_t *one, const uint8_t *other, size_t size)
{
    static struct thread *thread;

    if (thread == NULL)
        thread = thread_start(scribble, NULL);
    must(thread != NULL && size <= WORLD_BYTES);
    scribbled = place;
    length = size;
    memcpy(strings[0], one, size);
    memcpy(strings[1], other, size);
    must(go_from(RESTING, ASKED));
    while (ism_load_acquire_32(&state) != WRITING)
        process_pause();
}

void world_rest(void)
{
    if (go_from(WRITING, STOPPING))
        while (ism_load_acquire_32(&state) != RESTING)
            process_pause();
}
