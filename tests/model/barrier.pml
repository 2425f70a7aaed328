/* The barrier of src/sync/barrier.c, for the model checker Spin; see README.md. A configuration is a set of macros: those of
 * kernel.pml (a call is an arrival), and
 *   PARTIES  2 or 3
 *   ALONE    the first process may also call it a barrier of one party, when no round is under way
 *   BUG_...  one mistake put in on purpose
 */
#include "kernel.pml"

#ifndef PARTIES
#define PARTIES 2
#endif

/* The word: the lower half is the round (here the last three bits of its number), the upper half who has arrived, and of
 * how many. */
#define ROUND          7
#define ONE_PARTY      8
#define ARRIVED_IN(w)  (((w) >> 3) & 3)
#define PARTIES_IN(w)  (((w) >> 5) & 3)
#define OF(parties)    ((parties) << 5)
#define AFTER_LAST(w)  (((w) + 1) & ROUND)
#define FITS(parties)  (PARTIES_IN(word) == (ARRIVED_IN(word) == 0 -> 0 : (parties)))
byte word;

/* What must be true, kept by an onlooker who sees all and changes nothing. */
byte here;             /* who has arrived in this round and not taken it back, the dead included */
byte through;          /* whose round is complete */
#define COUNT(set)     (((set) & 1) + (((set) >> 1) & 1) + (((set) >> 2) & 1) + (((set) >> 3) & 1))

/* A local value that nobody will read again must not tell two states apart. */
inline forget() {
    saw = 0;
    deadline = NONE
}

inline woke_up() {
    skip
}

inline die() {
    forget()
}

inline arrived() {
    assert(!(here & MY_BIT));
    here = here | MY_BIT
}

inline completed(parties) {
    assert(COUNT(here) == parties);
    through = through | here;
    here = 0
}

inline passed() {
    assert(through & MY_BIT);
    through = through & ~MY_BIT
}

inline took_back() {
    assert(here & MY_BIT);
    assert(!(through & MY_BIT));
    here = here & ~MY_BIT
}

#ifdef BUG_PARTIES_STAY
#define AFTER_LEAVING(w) ((w) - ONE_PARTY)
#else
#define AFTER_LEAVING(w) (ARRIVED_IN(w) > 1 -> (w) - ONE_PARTY : (w) & ROUND)
#endif

/* One look at the word; `may_leave`: the deadline has passed, or may have passed just now. */
inline look() {
    if
    :: (word & ROUND) != (saw & ROUND) -> passed(); goto is_through
    :: (word & ROUND) == (saw & ROUND) && deadline != NONE -> goto take_back
    :: (word & ROUND) == (saw & ROUND) && deadline != PAST -> goto sleep
    fi
}

/* Each option of an `if` that leads to another label is one step: what one instruction or one call of the kernel does,
 * choices by local values alone, and the onlooker's note of it. */
proctype process(byte slot) {
    byte saw;       /* the word as this arrival left it */
    byte deadline;  /* of this call */

idle:
    if
    OR_CALLS(arrive)
#ifdef ALONE
    :: d_step { slot == 0 && ARRIVED_IN(word) == 0 && MAY_CALL -> COUNT_ROUND } goto arrive_alone
#endif
    :: goto finish
    fi;

arrive:
    if
    :: d_step { ARRIVED_IN(word) + 1 < PARTIES -> assert(FITS(PARTIES)); word = (word & ~OF(3)) + ONE_PARTY + OF(PARTIES); saw = word; arrived() } goto load
    :: d_step { ARRIVED_IN(word) + 1 == PARTIES -> assert(FITS(PARTIES)); word = AFTER_LAST(word); arrived(); completed(PARTIES); through = through & ~MY_BIT } goto wake_all
    OR_IS_KILLED
    fi;

#ifdef ALONE
arrive_alone:
    if
    :: d_step { ARRIVED_IN(word) == 0 -> assert(FITS(1)); word = AFTER_LAST(word); arrived(); completed(1); through = through & ~MY_BIT } goto is_through
    :: ARRIVED_IN(word) != 0 -> goto told_timed_out /* rather, that others mean another number */
    OR_IS_KILLED
    fi;
#endif

load:
    if
    :: atomic { look() }
    OR_IS_KILLED
    fi;

take_back:
    if
#ifdef BUG_TIMED_OUT_IS_COUNTED
    :: d_step { here = here & ~MY_BIT } goto told_timed_out
#elif defined(BUG_TAKE_BACK_FROM_ANY_ROUND)
    :: d_step { word = AFTER_LEAVING(word); here = here & ~MY_BIT } goto told_timed_out
#else
    :: d_step { (word & ROUND) == (saw & ROUND) -> word = AFTER_LEAVING(word); took_back() } goto told_timed_out
    :: (word & ROUND) != (saw & ROUND) -> goto load
#endif
    OR_IS_KILLED
    fi;

sleep:
    if
#ifdef BUG_SLEEP_WITHOUT_COMPARING
    :: asleep = asleep | MY_BIT; goto sleeping
#else
    :: d_step { (word & ROUND) == (saw & ROUND) -> asleep = asleep | MY_BIT } goto sleeping
    :: (word & ROUND) != (saw & ROUND) -> goto load
#endif
    OR_IS_KILLED
    fi;

sleeping:
    if
    OR_WAKES(load)
    OR_DEADLINE_PASSES(load)
    /* Everybody else is at his end or waits as well: nobody will come. It stays counted. */
    :: d_step { (asleep & MY_BIT) && NOTHING_RUNS && !(through & MY_BIT) -> asleep = asleep & ~MY_BIT; forget() } goto finish
#ifdef SLEEPS_END_LAST
    :: d_step { (asleep & MY_BIT) && NOTHING_RUNS && (through & MY_BIT) -> asleep = asleep & ~MY_BIT } goto load
#else
    OR_BOUND_PASSES(load)
#endif
    OR_IS_KILLED_ASLEEP
    fi;

wake_all:
    if
#ifdef BUG_WAKE_ONE_OF_ALL
    OR_WAKES_ONE(is_through)
    :: asleep == 0 -> goto is_through
#else
    :: asleep = 0; goto is_through
#endif
    OR_IS_KILLED
    fi;

is_through:
progress_is_through:
    if
    :: d_step { forget() } goto idle
    fi;

told_timed_out:
progress_told_timed_out:
    if
    :: d_step { forget() } goto idle
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
