/* life_word_none.c: no life has a word: who waits learns of a death when it asks next. */
#include "life_word.h"

void ism_life_word_make(int descriptor, ism_life life)
{
    (void)descriptor;
    (void)life;
}

void ism_life_word_end(void)
{
}

void ism_life_word_end_all(void)
{
}

bool ism_life_word_is_marked(int descriptor, ism_life life)
{
    (void)descriptor;
    (void)life;
    return false;
}

bool ism_life_word_watch(ism_life life, uint32_t **word, uint32_t *value)
{
    (void)life;
    (void)word;
    (void)value;
    return false;
}
