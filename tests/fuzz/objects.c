/* objects.c: objects of sync.h of hostile bytes, to all calls, with deadlines that have passed or are near.
 *
 * Input: flags; a number of actions, two bytes each: what, and where; then the objects' bytes. Eight bytes "LIFE...." in
 * them are this thread's life, with the fifth of them as a lock's flags; "DEAD...." is one that has ended. */
#include "fuzz.h"
#include "world.h"

#define BYTES 1024u
#define SIZE 2048u /* so that each object lies within */
#define ACTIONS 32u

#define FLAG_SCRIBBLE 1u /* somebody changes between these bytes and zeros all the time */

#define LIFE_BITS UINT64_C(0xffffffff00ffffff)

static unsigned char *data;
static uint64_t own_life;

static void prepare(void)
{
    const ism_region_options options = {.size = SIZE};
    char name[ISM_NAME_MAX + 1];
    ism_region *region;

    world_name("objects", name);
    must(ism_region_create(name, &options, &region) == ISM_OK);
    data = ism_region_data(region);
    ism_mutex *mutex = ism_region_data(region);
    must(ism_mutex_lock(mutex) == ISM_OK);
    own_life = mutex->opaque[0] & LIFE_BITS;
    must(ism_mutex_unlock(mutex) == ISM_OK);
}

/* Put lives where the input names some. */
static void enliven(uint8_t *bytes)
{
    for (size_t i = 0; i < BYTES; i += 8) {
        const uint64_t flags = (uint64_t)bytes[i + 4] << 24;
        uint64_t word = own_life | flags;
        if (memcmp(bytes + i, "DEAD", 4) == 0)
            word ^= UINT64_C(1) << 32;
        else if (memcmp(bytes + i, "LIFE", 4) != 0)
            continue;
        memcpy(bytes + i, &word, sizeof word);
    }
}

static ism_status run_once(void *context)
{
    return *(unsigned char *)context % 2 == 0 ? ISM_OK : ISM_E_FILE;
}

static void act(unsigned action, void *at, void *mutex)
{
    const ism_deadline soon = ism_deadline_after(action >= 128 ? 200000 : 0);

    switch (action % ACTIONS) {
    case 0:
        (void)ism_mutex_try_lock(at);
        break;
    case 1:
        (void)ism_mutex_lock_until(at, soon);
        break;
    case 2:
        (void)ism_mutex_unlock(at);
        break;
    case 3:
        (void)ism_mutex_consistent(at);
        break;
    case 4:
        (void)ism_rwlock_try_read_lock(at);
        break;
    case 5:
        (void)ism_rwlock_read_lock_until(at, soon);
        break;
    case 6:
        (void)ism_rwlock_try_write_lock(at);
        break;
    case 7:
        (void)ism_rwlock_write_lock_until(at, soon);
        break;
    case 8:
        (void)ism_rwlock_unlock(at);
        break;
    case 9:
        (void)ism_rwlock_consistent(at);
        break;
    case 10:
        (void)ism_semaphore_post(at, 1);
        break;
    case 11:
        (void)ism_semaphore_post(at, UINT32_MAX);
        break;
    case 12:
        (void)ism_semaphore_try_wait(at);
        break;
    case 13:
        (void)ism_semaphore_wait_until(at, soon);
        break;
    case 14:
        (void)ism_semaphore_permits(at);
        break;
    case 15:
        (void)ism_event_set(at);
        break;
    case 16:
        (void)ism_event_reset(at);
        break;
    case 17:
        (void)ism_event_try_wait(at);
        break;
    case 18:
        (void)ism_event_wait_until(at, soon);
        break;
    case 19:
        (void)ism_event_try_take(at);
        break;
    case 20:
        (void)ism_event_take_until(at, soon);
        break;
    case 21:
        (void)ism_condition_wait_until(at, mutex, soon);
        break;
    case 22:
        (void)ism_condition_signal(at);
        break;
    case 23:
        (void)ism_condition_broadcast(at);
        break;
    case 24:
        (void)ism_barrier_arrive_until(at, 1, soon);
        break;
    case 25:
        (void)ism_barrier_arrive_until(at, 2, soon);
        break;
    case 26:
        (void)ism_barrier_arrive_until(at, ISM_PARTIES_MAX, soon);
        break;
    default:
        (void)ism_once_run(at, run_once, &(unsigned char){(unsigned char)action});
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static const uint8_t zeros[BYTES];
    uint8_t objects[BYTES] = {0};
    struct input input = {bytes, size};
    const unsigned flags = (unsigned)take(&input, 1), actions = (unsigned)take(&input, 1) % 33;

    if (data == NULL)
        prepare();
    struct input sequence = {input.at, input.left < 2 * actions ? input.left : 2 * actions};
    input.at += sequence.left;
    input.left -= sequence.left;
    memcpy(objects, input.at, input.left < BYTES ? input.left : BYTES);
    enliven(objects);
    memcpy(data, objects, BYTES);
    if ((flags & FLAG_SCRIBBLE) != 0)
        world_scribble(data, objects, zeros, BYTES);
    while (sequence.left > 0) {
        const unsigned action = (unsigned)take(&sequence, 1), place = (unsigned)take(&sequence, 1);
        act(action, data + place % 128 * 8, data + place % 16 * 8);
    }
    world_rest();
    memset(data, 0, SIZE);
    return 0;
}
