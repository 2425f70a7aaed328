/* spin.c: waiting a moment before sleeping.
 *
 * Waking a sleeper on another core costs some 5 us on bare metal and 80 us on a virtual machine; a lock
 * that is held shortly is free long before. Each thread keeps a budget of looks: it grows towards the
 * limit when a spin ended with the lock free, and shrinks when it did not, down to a few looks that
 * serve as a probe. */
#include "spin.h"

#include "../atomics.h"
#include "../backend.h"
#include "../compiler.h"

#define LOOKS_MAX 100u
#define LOOKS_MIN 4u

static ISM_THREAD_LOCAL uint32_t looks = LOOKS_MAX;
static ISM_THREAD_LOCAL uint32_t cores; /* 0: not asked yet */

static bool pays(void)
{
    if (cores == 0)
        cores = ism_process_cores();
    return cores > 1;
}

static void learn(bool has_paid)
{
    if (has_paid)
        looks += (LOOKS_MAX - looks) / 8;
    else
        looks -= (looks - LOOKS_MIN) / 8;
}

uint64_t ism_spin_while_owned(const uint64_t *word, uint64_t seen, uint64_t owner_bits)
{
    if (!pays())
        return seen;
    for (uint32_t i = 0; i < looks && (seen & owner_bits) != 0; i++) {
        ism_spin_pause();
        seen = ism_load_relaxed_64(word);
    }
    learn((seen & owner_bits) == 0);
    return seen;
}

uint64_t ism_spin_while_same(const uint64_t *word, uint64_t seen, uint64_t bits)
{
    if (!pays())
        return seen;
    uint64_t now = seen;
    for (uint32_t i = 0; i < looks && ((now ^ seen) & bits) == 0; i++) {
        ism_spin_pause();
        now = ism_load_relaxed_64(word);
    }
    learn(((now ^ seen) & bits) != 0);
    return now;
}
