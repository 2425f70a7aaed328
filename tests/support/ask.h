/* ask.h: how a test talks with its peers. A peer started in the role "obey" carries out one command per
 * line and answers each with one line, as a rule the name of the status it got: see peer.c. */
#ifndef ISTHMUS_TESTS_ASK_H
#define ISTHMUS_TESTS_ASK_H

#include <isthmus/isthmus.h>

#include "process.h"

/* Start the peer program (environment variable ISTHMUS_PEER) in a role, with up to 8 more words that end
 * with NULL. Fails the test if it does not start. */
struct process *peer_start(const char *role, ...);

/* Start a peer that obeys. */
struct process *peer_obeying(void);

/* Start other software, that knows nothing of the library: see foreign.c. */
struct process *foreign_start(void);

/* Have a command carried out and get its answer. Fails the test if there is none. The answer stays valid
 * for the next seven. */
const char *ask(struct process *peer, const char *format, ...);

/* The two halves of it, for commands that take their time. */
void tell(struct process *peer, const char *format, ...);
const char *answer(struct process *peer);

/* End a peer's input, see it end by itself with status 0, and forget it. */
void dismiss(struct process *peer);

/* Kill a peer, see that it was killed, and keep it (a zombie, on systems that have them). */
void kill_and_wait(struct process *peer);

/* Start a peer that makes one pass over a region, see peer_churn.c, and hold it where that begins. */
struct process *hold_at_start(const char *name, const char *part);

/* Wait until somebody waits for a lock that has an owner: it then differs from what its owner made of it. */
void await_waiter(const ism_mutex *mutex, const ism_mutex *as_owned);

#endif
