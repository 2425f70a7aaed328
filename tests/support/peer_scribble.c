/* peer_scribble.c: a hostile writer: scribble NAME SEED. It has the region open and overwrites what lies behind
 * the data, the library's own bytes, and the lock at the data's start, with random bytes, with values at the
 * edge of what is allowed, and with what was there before. Says "ready"; when its input ends it puts back what
 * it found. */
#include "peer.h"
#include "process.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OWN_BYTES 1024u /* at least as many as the library's own, and they begin on the last page */
#define LOCK_BYTES 16u

static unsigned char original[OWN_BYTES];

static void scribble_bytes(unsigned char *bytes, size_t size, uint64_t *seed)
{
    for (size_t i = 0; i < size; i++)
        bytes[i] = (unsigned char)peer_random(seed);
}

static uint64_t awkward_number(uint64_t *seed)
{
    static const uint64_t numbers[] = {0,
                                       1,
                                       2,
                                       4096,
                                       4097,
                                       65535,
                                       UINT32_MAX,
                                       INT32_MAX,
                                       INT64_MAX,
                                       UINT64_MAX,
                                       UINT64_MAX - 4095,
                                       1u << 24,
                                       (uint64_t)1 << 47};
    uint64_t choice = peer_random(seed);
    return choice % 4 == 0 ? peer_random(seed) : numbers[choice % (sizeof numbers / sizeof numbers[0])];
}

static void scribble_word(unsigned char *own, uint64_t *seed)
{
    uint64_t number = awkward_number(seed);
    size_t size = peer_random(seed) % 2 == 0 ? 4 : 8;
    memcpy(own + peer_random(seed) % (OWN_BYTES / 8) * 8, &number, size);
}

static void scribble(unsigned char *data, unsigned char *own, uint64_t *seed)
{
    switch (peer_random(seed) % 6) {
    case 0:
        scribble_bytes(own, OWN_BYTES, seed);
        break;
    case 1:
        own[peer_random(seed) % OWN_BYTES] = (unsigned char)peer_random(seed);
        break;
    case 2:
        scribble_word(own, seed);
        break;
    case 3:
        memcpy(own, original, OWN_BYTES);
        scribble_word(own, seed);
        break;
    case 4:
        memcpy(own, original, OWN_BYTES);
        break;
    default:
        scribble_bytes(data, LOCK_BYTES, seed);
        break;
    }
    process_spin((unsigned)(peer_random(seed) % 100));
}

static void wait_for_end(void *context)
{
    char text[16];
    (void)fgets(text, sizeof text, stdin);
    *(volatile bool *)context = true;
}

int peer_scribble(int count, char **words)
{
    ism_region *region;
    volatile bool end = false;

    if (count != 3 || ism_region_open(words[1], NULL, &region) != ISM_OK)
        return 2;
    uint64_t seed = strtoull(words[2], NULL, 10);
    size_t page = process_page_size();
    unsigned char *data = ism_region_data(region);
    unsigned char *own = data + (ism_region_size(region) + page - 1) / page * page;
    memcpy(original, own, OWN_BYTES);
    struct thread *waiter = thread_start(wait_for_end, (void *)(uintptr_t)&end);
    if (waiter == NULL)
        return 2;
    peer_say("ready");
    while (!end)
        scribble(data, own, &seed);
    thread_join(waiter);
    memcpy(own, original, OWN_BYTES);
    memset(data, 0, LOCK_BYTES);
    return ism_region_close(region) == ISM_OK ? 0 : 3;
}
