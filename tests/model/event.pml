/* The event of src/sync/event.c, for the model checker Spin; see README.md. A configuration is a set of macros: those of
 * kernel.pml (a call is one that watches or takes), and
 *   SETS     at most so many calls of set (less than 8)
 *   BUG_...  one mistake put in on purpose
 */
#include "kernel.pml"

#ifndef SETS
#define SETS 3
#endif

/* The lower half of the word, which is all of it that is used. */
#define SET            1
#define WATCHERS       2
#define TAKERS         4
#define ONE_TIME       8
#define SEQUENCE       56
#ifdef BUG_NO_SEQUENCE
#define AFTER_SEQUENCE(w) (w)
#else
#define AFTER_SEQUENCE(w) (((w) & SET) -> (w) : (((w) & ~SEQUENCE) | (((w) + ONE_TIME) & SEQUENCE)))
#endif
#define AFTER_SET(w)   ((AFTER_SEQUENCE(w) | SET) & (((w) & WATCHERS) -> ~(WATCHERS | TAKERS) : ~0))
#define MY_FLAG        (takes -> TAKERS : WATCHERS)
byte word;

/* What must be true, kept by an onlooker who sees all and changes nothing. */
bool signal;           /* set, and neither taken nor reset since */
byte watching;         /* who is in a call that watches */
byte released;         /* of those, who was there when the event was set, or came when it was */
byte sets;

/* Nobody owes this process an end of its call. */
#define NOT_OWED       ((takes && !signal) || (!takes && !(released & MY_BIT)))

/* A local value that nobody will read again must not tell two states apart. */
inline forget() {
    saw = 0;
    first = 0;
    takes = false;
    deadline = NONE
}

inline woke_up() {
    saw = 0
}

inline die() {
    watching = watching & ~MY_BIT;
    released = released & ~MY_BIT;
    forget()
}

inline come_to_watch() {
    first = word & SEQUENCE;
    watching = watching | MY_BIT;
    released = released | (signal -> MY_BIT : 0)
}

inline took() {
    assert(signal);
    signal = false
}

inline watched() {
    assert(released & MY_BIT);
    watching = watching & ~MY_BIT;
    released = released & ~MY_BIT
}

inline gave_up() {
    assert(NOT_OWED);
    watching = watching & ~MY_BIT
}

/* One look at the word, with the compare-exchange that it leads to. */
#define IS_OVER ((word & SET) || (!takes && (word & SEQUENCE) != first))
inline look() {
    if
    :: IS_OVER && takes -> word = word & ~SET; took(); goto got_event
    :: IS_OVER && !takes -> watched(); goto got_event
    :: !IS_OVER && deadline != NONE -> gave_up(); goto told_not_set
    :: !IS_OVER && (deadline == NONE || deadline == AHEAD) -> word = word | MY_FLAG; saw = word; goto sleep
    fi
}

inline note_set() {
    if
    :: !signal -> released = released | watching
    :: else
    fi;
    signal = true
}

/* Each option of an `if` that leads to another label is one step: what one instruction or one call of the kernel does,
 * choices by local values alone, and the onlooker's note of it. */
proctype process(byte slot) {
    byte saw;       /* the word as last seen */
    byte first;     /* the sequence that a watcher came with */
    bool takes;     /* and does not only watch */
    byte deadline;  /* of this call */

idle:
    if
    OR_CALLS(come)
    :: d_step { sets < SETS -> sets++ } goto set
    :: (word & SET) -> goto reset
    :: goto finish
    fi;

/* ---- watch, take ---- */

come:
    if
    :: atomic {
        if
        :: takes = true
        :: come_to_watch()
        fi;
        look()
       }
    OR_IS_KILLED
    fi;

load:
    if
    :: atomic { look() }
    OR_IS_KILLED
    fi;

sleep:
    if
#ifdef BUG_SLEEP_WITHOUT_COMPARING
    :: asleep = asleep | MY_BIT; goto sleeping
#else
    :: d_step { word == saw -> asleep = asleep | MY_BIT } goto sleeping
    :: d_step { word != saw -> woke_up() } goto load
#endif
    OR_IS_KILLED
    fi;

sleeping:
    if
    OR_WAKES(load)
#ifdef BUG_GIVE_UP_WITHOUT_A_LOOK
    :: d_step { !(asleep & MY_BIT) && deadline != NONE -> watching = watching & ~MY_BIT; released = released & ~MY_BIT } goto told_not_set
#endif
    OR_DEADLINE_PASSES(load)
    /* Everybody else is at his end or waits as well: nobody will set it. */
    :: d_step { (asleep & MY_BIT) && NOTHING_RUNS && NOT_OWED -> asleep = asleep & ~MY_BIT; watching = watching & ~MY_BIT; forget() } goto finish
#ifdef SLEEPS_END_LAST
    :: d_step { (asleep & MY_BIT) && NOTHING_RUNS && !NOT_OWED -> asleep = asleep & ~MY_BIT; woke_up() } goto load
#else
    OR_BOUND_PASSES(load)
#endif
    OR_IS_KILLED_ASLEEP
    fi;

got_event:
progress_got_event:
    if
    :: d_step { forget() } goto idle
    fi;

told_not_set:
progress_told_not_set:
    if
    :: d_step { forget() } goto idle
    fi;

/* ---- set ---- */

set:
    if
    :: d_step { word & WATCHERS -> word = AFTER_SET(word); note_set() } goto wake_all
    :: d_step { (word & (WATCHERS | TAKERS)) == TAKERS -> word = AFTER_SET(word); saw = word; note_set() } goto wake_one
    :: d_step { !(word & (WATCHERS | TAKERS)) -> word = AFTER_SET(word); note_set() } goto idle
    OR_IS_KILLED
    fi;

wake_all:
    if
#ifdef BUG_WAKE_ONE_OF_ALL
    OR_WAKES_ONE(idle)
    :: asleep == 0 -> goto idle
#else
    :: asleep = 0; goto idle
#endif
    OR_IS_KILLED
    fi;

wake_one:
    if
    OR_WAKES_ONE(idle)
    :: asleep == 0 -> goto tidy
    OR_IS_KILLED
    fi;

tidy:
    if
#ifdef BUG_TIDY_WITHOUT_COMPARING
    :: d_step { word = word & ~TAKERS; forget() } goto idle
#else
    :: d_step { word == saw -> word = word & ~TAKERS; forget() } goto idle
    :: d_step { word != saw -> forget() } goto idle
#endif
    OR_IS_KILLED
    fi;

/* ---- reset ---- */

reset:
progress_reset:
    if
    :: d_step { word = word & ~SET; signal = false } goto idle
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
