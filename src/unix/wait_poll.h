/* wait_poll.h: sleep on a word by looking at it from time to time, where the system's own way is missing or refused. */
#ifndef ISM_WAIT_POLL_H
#define ISM_WAIT_POLL_H

#include <stdint.h>

/* Sleep while the word holds the value, for no longer than so many nanoseconds. Nobody needs to wake the sleeper. */
void ism_wait_poll(const uint32_t *word, uint32_t value, uint64_t nanoseconds);

#endif
