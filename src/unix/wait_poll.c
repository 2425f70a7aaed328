/* wait_poll.c: the pause between two looks doubles from 20 us to a tenth of the longest sleep, so a short wait ends
 * soon and a long one costs little: core asks for at most 100 ms, which is a look every 10 ms. */
#include "wait_poll.h"

#include "../atomics.h"
#include "../backend.h"

#define FIRST_PAUSE UINT64_C(20000)

void ism_wait_poll(const uint32_t *word, uint32_t value, uint64_t nanoseconds)
{
    uint64_t longest_pause = nanoseconds / 10 + 1;
    uint64_t pause = FIRST_PAUSE;
    uint64_t now = ism_process_now();
    uint64_t end = now + nanoseconds;
    /* Relaxed would do: whoever acts on the word loads it again. */
    while (ism_load_acquire_32(word) == value && now < end) {
        if (pause > longest_pause)
            pause = longest_pause;
        ism_process_pause(pause < end - now ? pause : end - now);
        pause *= 2;
        now = ism_process_now();
    }
}
