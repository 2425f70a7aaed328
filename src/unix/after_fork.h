/* after_fork.h: what a forked child does before anything else.
 *
 * A C library may hold a lock of its own from a fork's first handler to its last (musl, glibc before 2.36), and wants it
 * when a handler is registered, too. Handlers wait for our locks; so who holds one of these may register none, and
 * process.c alone has a handler, from before any lock is taken. */
#ifndef ISM_AFTER_FORK_H
#define ISM_AFTER_FORK_H

#define ISM_AFTER_FORK_MAX 3

/* Let every child that is forked from now on call this, alone and with no lock held, after all that was asked for before.
 * For at most ISM_AFTER_FORK_MAX askers, each once. ISM_LOCK_REGISTRY is held. */
void ism_after_fork(void (*call)(void));

#endif
