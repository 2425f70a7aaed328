/* spin.c: waiting a moment before sleeping.
 *
 * Waking a sleeper on another core costs some 5 us on bare metal and 80 us on a virtual machine. A lock that is held
 * shortly is free long before, and one who answers a signal may do so as soon. Each thread keeps a budget of looks
 * for either: it grows towards the most when a spin was not in vain, and shrinks when it was, down to a few. One spin
 * in many is a probe of full length, as a budget that is too small for what is waited for would stay so for ever.
 * On a machine of one core nobody spins; processes that are bound to the same core learn not to. The most is about what a
 * sleep costs: a signal takes longer to come than a lock to be free. */
#include "spin.h"

#include "../atomics.h"
#include "../backend.h"
#include "../compiler.h"

#define LOOKS_MIN 4u
#define PROBE_INTERVAL 128u

struct budget {
    uint32_t looks;
    uint32_t most;
    uint32_t spins; /* since the last probe */
};

static ISM_THREAD_LOCAL struct budget for_locks = {100, 100, 0};
static ISM_THREAD_LOCAL struct budget for_signals = {1500, 1500, 0};
static ISM_THREAD_LOCAL uint32_t cores; /* 0: not asked yet */

/* How many looks the next spin may take. */
static uint32_t looks_of(struct budget *budget)
{
    if (cores == 0)
        cores = ism_process_cores();
    if (cores == 1)
        return 0;
    budget->spins++;
    if (budget->spins < PROBE_INTERVAL)
        return budget->looks;
    budget->spins = 0;
    return budget->most;
}

static void learn(struct budget *budget, bool has_paid)
{
    if (has_paid)
        budget->looks += (budget->most - budget->looks + 7) / 8;
    else
        budget->looks -= (budget->looks - LOOKS_MIN) / 8;
}

uint64_t ism_spin_while_owned(const uint64_t *word, uint64_t seen, uint64_t owner_bits)
{
    for (uint32_t looks = looks_of(&for_locks); looks > 0 && (seen & owner_bits) != 0; looks--) {
        ism_spin_pause();
        seen = ism_load_relaxed_64(word);
    }
    learn(&for_locks, (seen & owner_bits) == 0);
    return seen;
}

uint64_t ism_spin_while_same(const uint64_t *word, uint64_t seen, uint64_t bits)
{
    uint64_t now = seen;
    for (uint32_t looks = looks_of(&for_signals); looks > 0 && ((now ^ seen) & bits) == 0; looks--) {
        ism_spin_pause();
        now = ism_load_relaxed_64(word);
    }
    learn(&for_signals, ((now ^ seen) & bits) != 0);
    return now;
}
