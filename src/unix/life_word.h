/* life_word.h: a word in memory that all processes of the user share, which the kernel marks when the thread of a life
 * has died, and on which others can sleep meanwhile.
 *
 * It tells of a death sooner than the life's locked byte does, and without a system call. A word that is missing or
 * refused tells nothing, and the byte is asked: so processes need not agree on having such words. Only lives of the
 * user's own table have them, and only the user's own processes could forge a mark. */
#ifndef ISM_LIFE_WORD_H
#define ISM_LIFE_WORD_H

#include "../backend.h"

/* Let the calling thread have a word for a life that it has just taken in the user's file, in place of one that it may
 * have had, if that can be done. descriptor: of the file, for its locks. ISM_LOCK_REGISTRY is held. */
void ism_life_word_make(int descriptor, ism_life life);

/* The calling thread's life ends before the thread does: mark its word, if it has one. ISM_LOCK_REGISTRY is held. */
void ism_life_word_end(void);

/* The same for all threads of this process, which is about to give up all lives. ISM_LOCK_REGISTRY is held. */
void ism_life_word_end_all(void);

/* Is the word of a life marked? What memory alone does not tell is asked by a descriptor of the file; -1: not asked. */
bool ism_life_word_is_marked(int descriptor, ism_life life);

/* Get ready to sleep on the word of a life, about which ism_life_word_is_marked() was asked before, as long as it holds
 * *value. When it is marked it holds another, and one sleeper is woken. It stays mapped. False: there is none. */
bool ism_life_word_watch(ism_life life, uint32_t **word, uint32_t *value);

#endif
