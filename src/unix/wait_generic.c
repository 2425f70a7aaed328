/* wait_generic.c: sleep on a word by looking at it from time to time, anywhere.
 *
 * The pause between two looks doubles from 20 us to a tenth of the longest sleep, so a short wait ends
 * soon and a long one costs little: core asks for at most 100 ms, which is a look every 10 ms. */
#include "../atomics.h"
#include "../backend.h"

#define FIRST_PAUSE UINT64_C(20000)

void ism_wait_sleep(const struct ism_place *place, uint32_t value, ism_life watched,
                    uint64_t nanoseconds)
{
    (void)watched;
    uint64_t longest_pause = nanoseconds / 10 + 1;
    uint64_t pause = FIRST_PAUSE;
    uint64_t now = ism_process_now();
    uint64_t end = now + nanoseconds;
    /* Relaxed would do: whoever acts on the word loads it again. */
    while (ism_load_acquire_32(place->word) == value && now < end) {
        if (pause > longest_pause)
            pause = longest_pause;
        ism_process_pause(pause < end - now ? pause : end - now);
        pause *= 2;
        now = ism_process_now();
    }
}

bool ism_wait_wake(const struct ism_place *place, bool all)
{
    (void)place;
    (void)all;
    return false; /* a sleeper sees the word by itself */
}
