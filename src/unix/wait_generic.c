/* wait_generic.c: sleep on a word by looking at it from time to time, anywhere. */
#include "../backend.h"
#include "wait_poll.h"

void ism_wait_sleep(const struct ism_place *place, uint32_t value, ism_life watched, uint64_t nanoseconds)
{
    (void)watched;
    ism_wait_poll(place->word, value, nanoseconds);
}

bool ism_wait_wake(const struct ism_place *place, bool all)
{
    (void)place;
    (void)all;
    return false; /* a sleeper sees the word by itself */
}
