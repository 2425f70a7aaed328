/* world.h: names of this process's own, and a hostile thread that rewrites bytes while others work. */
#ifndef ISTHMUS_TESTS_FUZZ_WORLD_H
#define ISTHMUS_TESTS_FUZZ_WORLD_H

#include "fuzz.h"

/* A name that no other process uses. */
void world_name(const char *target, char name[ISM_NAME_MAX + 1]);

/* From now until world_rest() a thread writes one of these byte strings and then the other one, over and over, to a
 * place in shared memory. At most so many bytes: */
#define WORLD_BYTES 1024
void world_scribble(void *place, const uint8_t *one, const uint8_t *other, size_t size);
void world_rest(void);

#endif
