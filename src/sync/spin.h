/* spin.h: waiting a moment before sleeping. */
#ifndef ISM_SPIN_H
#define ISM_SPIN_H

#include <stdint.h>

/* Watch a word while any of its owner bits is set, for as long as that has lately paid in this thread, and
 * not at all on a single core. Returns what the word held last. */
uint64_t ism_spin_while_owned(const uint64_t *word, uint64_t seen, uint64_t owner_bits);

/* The same while these bits are what they were when the word was seen. */
uint64_t ism_spin_while_same(const uint64_t *word, uint64_t seen, uint64_t bits);

#endif
