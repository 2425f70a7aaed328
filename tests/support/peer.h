/* peer.h: the roles that the peer program plays. words[0] is the role, words[count] is NULL. Each ends when
 * its input ends. */
#ifndef ISTHMUS_TESTS_PEER_H
#define ISTHMUS_TESTS_PEER_H

#include <stdbool.h>
#include <stdint.h>

#include <isthmus/isthmus.h>

/* Carries out commands: see peer_obey.c. */
int peer_obey(int count, char **words);

/* Opens the region of a token, says the status, and obeys. */
int peer_given(int count, char **words);

/* The same with the descriptor of a sealed region that it was started with. */
int peer_inheriting(int count, char **words);

/* Creates, locks, changes, unlocks, closes and removes over and over, to be killed: see peer_churn.c. */
int peer_churn(int count, char **words);

/* Does that once, or a part of it, to be traced. */
int peer_pass(int count, char **words);

/* Overwrites a region's control block with random bytes over and over: see peer_scribble.c. */
int peer_scribble(int count, char **words);

/* Has many regions open at once, or many processes that have one: see peer_crowd.c. */
int peer_crowd(int count, char **words);
int peer_attach(int count, char **words);

/* Commands that an obeying peer understands beyond its own. False: it is none of these, see peer_world.c. */
bool peer_obey_world(int count, char **words);

/* The same, for commands about arrays: see peer_array.c. */
bool peer_obey_array(int count, char **words);

/* The same, for commands that use what lies in a region's data: see peer_sync.c. */
bool peer_obey_sync(int count, char **words, void *region_data);

/* Carries out such commands, to be traced. */
int peer_step(int count, char **words);

/* Uses regions as hard as it can among others that do, see peer_rounds.c: each says "ok" at its end, or what was
 * wrong. */
int peer_keep(int count, char **words);
int peer_tidy(int count, char **words);
int peer_fork_often(int count, char **words);

/* Creates and crashes as often as it is told, and counts what is left: see peer_soak.c. */
int peer_soak(int count, char **words);

/* Kills those who use an object as often as it is told: see peer_soak_sync.c. */
int peer_soak_sync(int count, char **words);

/* Print a line at once. */
void peer_say(const char *format, ...);

/* A number out of a sequence that the seed tells. */
uint64_t peer_random(uint64_t *seed);

/* Known bytes, none of them zero. */
void peer_fill_pattern(unsigned char *bytes, uint64_t size);
int peer_holds_pattern(const unsigned char *bytes, uint64_t size);

#endif
