/* The semaphore of src/sync/semaphore.c, for the model checker Spin; see README.md. A configuration is a set of macros:
 * those of kernel.pml (a call is one that takes), and
 *   POSTS    at most so many posts, of one permit or of two (less than MOST_POSTS)
 *   BUG_...  one mistake put in on purpose
 */
#include "kernel.pml"

#ifndef POSTS
#define POSTS 4
#endif

/* The word: the lower half is the flag and the permits, the upper half the number of posts. */
#define WAITERS        1
#define PERMIT         2
#define MOST_PERMITS   3
#define PERMITS_OF(w)  (((w) >> 1) & 3)
#define LOWER_HALF     7
#ifdef BUG_POSTS_LOOK_ALIKE
#define ONE_POST       0
#else
#define ONE_POST       8
#endif
#define MOST_POSTS     31
#define SAME_LOWER_HALF(a, b) (((a) & LOWER_HALF) == ((b) & LOWER_HALF))
#define HAS_ROOM       (PERMITS_OF(word) + posted <= MOST_PERMITS)
#define POSTED         (ONE_POST + posted * PERMIT)
byte word;

#ifdef BUG_WAKE_ONE_FOR_MANY
#define WAKES_ONE      true
#else
#define WAKES_ONE      (posted == 1)
#endif

/* What must be true, kept by an onlooker who sees all and changes nothing. */
byte permits;          /* posted, and not taken */
byte posts;

/* A local value that nobody will read again must not tell two states apart. */
inline forget() {
    saw = 0;
    posted = 0;
    deadline = NONE
}

inline woke_up() {
    saw = 0
}

inline die() {
    forget()
}

/* One look at the word, with the compare-exchange that it leads to. A compare-exchange that fails changes nothing and
 * leads to another look; so the load before the one that succeeds is no step of its own. */
inline look() {
    if
#ifdef BUG_TAKE_BY_PLAIN_STORE
    :: PERMITS_OF(word) != 0 -> saw = word; goto take
#else
    :: PERMITS_OF(word) != 0 -> word = word - PERMIT; took(); goto got_permit
#endif
    :: PERMITS_OF(word) == 0 && deadline != NONE -> goto told_none
    :: PERMITS_OF(word) == 0 && (deadline == NONE || deadline == AHEAD) ->
        word = word | WAITERS; saw = word; goto sleep
    fi
}

inline took() {
    assert(permits > 0);
    permits--;
    forget()
}

/* Each option of an `if` that leads to another label is one step: what one instruction or one call of the kernel does,
 * choices by local values alone, and the onlooker's note of it. */
proctype process(byte slot) {
    byte saw;       /* the word as last seen */
    byte posted;    /* by this post */
    byte deadline;  /* of this call */

idle:
    if
    OR_CALLS(load)
    :: d_step { posts < POSTS -> posts++; posted = 1 } goto post
    :: d_step { posts < POSTS -> posts++; posted = 2 } goto post
    :: goto finish
    fi;

/* ---- take ---- */

load:
    if
    :: atomic { look() }
    OR_IS_KILLED
    fi;

#ifdef BUG_TAKE_BY_PLAIN_STORE
take:
    if
    :: d_step { word = saw - PERMIT; took() } goto got_permit
    OR_IS_KILLED
    fi;
#endif

sleep:
    if
#ifdef BUG_SLEEP_WITHOUT_COMPARING
    :: asleep = asleep | MY_BIT; goto sleeping
#else
    :: d_step { SAME_LOWER_HALF(word, saw) -> asleep = asleep | MY_BIT } goto sleeping
    :: d_step { !SAME_LOWER_HALF(word, saw) -> woke_up() } goto load
#endif
    OR_IS_KILLED
    fi;

sleeping:
    if
    OR_WAKES(load)
#ifdef BUG_GIVE_UP_WITHOUT_A_LOOK
    :: !(asleep & MY_BIT) && deadline != NONE -> goto told_none
#endif
    OR_DEADLINE_PASSES(load)
    /* Everybody else is at his end or waits as well: there will never be a permit. */
    :: d_step { (asleep & MY_BIT) && NOTHING_RUNS && permits == 0 -> asleep = asleep & ~MY_BIT; forget() } goto finish
#ifdef SLEEPS_END_LAST
    :: d_step { (asleep & MY_BIT) && NOTHING_RUNS && permits != 0 -> asleep = asleep & ~MY_BIT; woke_up() } goto load
#else
    OR_BOUND_PASSES(load)
#endif
    OR_IS_KILLED_ASLEEP
    fi;

got_permit:
progress_got_permit:
    if
    :: d_step { forget() } goto idle
    fi;

told_none:
progress_told_none:
    if
    :: d_step { forget() } goto idle
    fi;

/* ---- post ---- */

post:
    if
    :: d_step { HAS_ROOM && (word & WAITERS) -> word = word + POSTED; permits = permits + posted; saw = word } goto wake
    :: d_step { HAS_ROOM && !(word & WAITERS) -> word = word + POSTED; permits = permits + posted; forget() } goto idle
    :: d_step { !HAS_ROOM -> forget() } goto idle
    OR_IS_KILLED
    fi;

wake:
    if
#ifndef BUG_WAKE_ONE_FOR_MANY
    :: d_step { posted > 1 && asleep != 0 -> asleep = 0; forget() } goto idle
#endif
    OR_WAKES_ONE_IF(WAKES_ONE, idle)
    :: asleep == 0 -> goto tidy
    OR_IS_KILLED
    fi;

tidy:
    if
    :: d_step { word == saw -> word = saw & ~WAITERS; forget() } goto idle
    :: d_step { word != saw -> forget() } goto idle
    OR_IS_KILLED
    fi;

/* ---- the end ---- */

dying:
    if
    :: DEATH_SHOWS
    fi;
    goto end_for_good;

finish:
    if
    :: busy = busy & ~MY_BIT; goto end_for_good
    fi;

end_for_good:
    false
}

init { STARTS_ALL }
