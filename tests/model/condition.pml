/* The condition of src/sync/condition.c, for the model checker Spin; see README.md. Its users are makers, who make an item
 * under the mutex and signal, or two and broadcast, with or without the mutex; and takers, who wait until there is an item. A
 * configuration is a set of macros: those of kernel.pml (a call is one for an item), and
 *   MAKES    at most so many makers
 *   BUG_...  one mistake put in on purpose
 */

/* The mutex, in one step each for locking and unlocking; mutex.pml takes it to pieces. A dead owner's lock is free. */
#define MUTEX_IS_FREE  (owner == NOBODY || !(alive & BIT(owner)))
#define BLOCKED        (MUTEX_IS_FREE -> 0 : wanting)
#include "kernel.pml"
byte owner = NOBODY;
byte wanting;          /* who wants it, and does nothing else meanwhile */
bool damaged;          /* an owner died, and nobody has mended it since */

#ifndef MAKES
#define MAKES 3
#endif

/* The word: the lower half is the flag and the sequence, the upper half the number of waits. */
#define WAITERS        1
#define ONE_SIGNAL     2
#define SEQUENCE       14
#define LOWER_HALF     15
#define ONE_WAIT       16
#define WAITS          112
#define AFTER_SIGNAL(w) (((w) & ~SEQUENCE) | (((w) + ONE_SIGNAL) & SEQUENCE))
#ifdef BUG_WAITS_LOOK_ALIKE
#define AFTER_WAIT(w)  ((w) | WAITERS)
#else
#define AFTER_WAIT(w)  (((w) & ~WAITS) | (((w) + ONE_WAIT) & WAITS) | WAITERS)
#endif
#define SAME_LOWER_HALF(a, b) (((a) & LOWER_HALF) == ((b) & LOWER_HALF))
#define HAS_GONE_ON    ((word & SEQUENCE) != (saw & SEQUENCE))
byte word;

/* What must be true, kept by an onlooker who sees all and changes nothing. */
byte items;
byte makes;
bool untold;           /* a maker died between making and telling: then nobody can know */
#define NOT_OWED       (items == 0 || untold)

/* A local value that nobody will read again must not tell two states apart. */
inline forget() {
    saw = 0;
    to_tell = 0;
    made = 0;
    is_late = false;
    deadline = NONE
}

inline woke_up() {
    skip
}

inline die() {
    if
    :: owner == slot -> damaged = true
    :: else
    fi;
    if
    :: made != 0 -> untold = true
    :: else
    fi;
    wanting = wanting & ~MY_BIT;
    forget()
}

inline lock() {
    owner = slot;
    wanting = wanting & ~MY_BIT
}

inline unlock() {
    assert(owner == slot);
    assert(!damaged);
    owner = NOBODY
}

/* Each option of an `if` that leads to another label is one step: what one instruction or one call of the kernel does, what
 * is done under the mutex and seen only there, choices by local values alone, and the onlooker's note of it. */
proctype process(byte slot) {
    byte saw;         /* the word as this wait or signal left it */
    byte to_tell;     /* so many items will be told of */
    byte made;        /* so many are made and not told of */
    bool is_late;     /* its wait ended at the deadline */
    byte deadline;    /* of this call */

idle:
    if
    OR_CALLS(lock_to_take)
    :: d_step { makes < MAKES -> makes++; to_tell = 1; wanting = wanting | MY_BIT } goto lock_to_make
    :: d_step { makes < MAKES -> makes++; to_tell = 2; wanting = wanting | MY_BIT } goto lock_to_make
    :: goto finish
    fi;

/* ---- take an item ---- */

lock_to_take:
    if
    :: d_step { MUTEX_IS_FREE -> lock(); damaged = false } goto take_or_wait
    :: atomic { !MUTEX_IS_FREE && !(wanting & MY_BIT) -> wanting = wanting | MY_BIT } goto lock_to_take
    OR_IS_KILLED
    fi;

take_or_wait:
    if
    :: d_step { items > 0 -> items--; unlock() } goto got_item
#ifdef BUG_UNLOCK_BEFORE_ANNOUNCING
    :: d_step { items == 0 -> unlock() } goto announce
#else
    :: d_step { items == 0 -> word = AFTER_WAIT(word); saw = word } goto unlock_to_wait
#endif
    OR_IS_KILLED
    fi;

#ifdef BUG_UNLOCK_BEFORE_ANNOUNCING
announce:
    if
    :: d_step { word = AFTER_WAIT(word); saw = word } goto look
    OR_IS_KILLED
    fi;
#else
unlock_to_wait:
    if
    :: d_step { unlock() } goto look
    OR_IS_KILLED
    fi;
#endif

look:
    if
    :: d_step { HAS_GONE_ON -> saw = 0; wanting = wanting | MY_BIT } goto lock_again
    :: d_step { !HAS_GONE_ON && deadline != NONE -> saw = 0; is_late = true; wanting = wanting | MY_BIT } goto lock_again
    :: !HAS_GONE_ON && deadline != PAST -> goto sleep
    OR_IS_KILLED
    fi;

sleep:
    if
#ifdef BUG_SLEEP_WITHOUT_COMPARING
    :: asleep = asleep | MY_BIT; goto sleeping
#else
    :: d_step { SAME_LOWER_HALF(word, saw) -> asleep = asleep | MY_BIT } goto sleeping
    :: !SAME_LOWER_HALF(word, saw) -> goto look
#endif
    OR_IS_KILLED
    fi;

sleeping:
    if
    OR_WAKES(look)
    OR_DEADLINE_PASSES(look)
#ifdef BUG_GIVE_UP_WITHOUT_A_LOOK
    :: d_step { !(asleep & MY_BIT) && deadline != NONE -> saw = 0; is_late = true; wanting = wanting | MY_BIT } goto lock_again
#endif
    /* Everybody else is at his end or waits as well: there will be no item. */
    :: d_step { (asleep & MY_BIT) && NOTHING_RUNS && NOT_OWED -> asleep = asleep & ~MY_BIT; forget() } goto finish
#ifdef SLEEPS_END_LAST
    :: d_step { (asleep & MY_BIT) && NOTHING_RUNS && !NOT_OWED -> asleep = asleep & ~MY_BIT } goto look
#else
    OR_BOUND_PASSES(look)
#endif
    OR_IS_KILLED_ASLEEP
    fi;

/* An owner's death prevails over the deadline. Who is told that it is late does not look for an item again. */
lock_again:
    if
    :: d_step { MUTEX_IS_FREE && !damaged && !is_late -> lock() } goto take_or_wait
    :: d_step { MUTEX_IS_FREE && !damaged && is_late -> lock() } goto leave_late
#ifdef BUG_DEADLINE_PREVAILS
    :: d_step { MUTEX_IS_FREE && damaged && is_late -> lock() } goto leave_late
    :: d_step { MUTEX_IS_FREE && damaged && !is_late -> lock(); damaged = false } goto take_or_wait
#else
    :: d_step { MUTEX_IS_FREE && damaged -> lock(); is_late = false; damaged = false } goto take_or_wait
#endif
    OR_IS_KILLED
    fi;

leave_late:
    if
    :: d_step { unlock() } goto told_late
    OR_IS_KILLED
    fi;

got_item:
told_late:
progress_told:
    if
    :: d_step { forget() } goto idle
    fi;

/* ---- make one and signal, or two and broadcast ---- */

lock_to_make:
    if
    :: d_step { MUTEX_IS_FREE -> lock(); damaged = false } goto make
    OR_IS_KILLED
    fi;

make:
    if
    :: d_step { items = items + to_tell; made = to_tell } goto tell /* with the mutex */
    :: d_step { items = items + to_tell; made = to_tell; unlock() } goto tell
    OR_IS_KILLED
    fi;

tell:
    if
    :: d_step { !(word & WAITERS) -> made = 0 } goto told
#ifdef BUG_SIGNAL_FOR_BROADCAST
    :: d_step { word & WAITERS -> word = AFTER_SIGNAL(word); saw = word; made = 0 } goto wake_one
#else
    :: d_step { (word & WAITERS) && to_tell == 1 -> word = AFTER_SIGNAL(word); saw = word; made = 0 } goto wake_one
    :: d_step { (word & WAITERS) && to_tell == 2 -> word = AFTER_SIGNAL(word) & ~WAITERS; made = 0 } goto wake_all
#endif
    OR_IS_KILLED
    fi;

wake_one:
    if
    OR_WAKES_ONE(told)
    :: asleep == 0 -> goto tidy
    OR_IS_KILLED
    fi;

tidy:
    if
    :: d_step { word == saw -> word = saw & ~WAITERS } goto told
    :: word != saw -> goto told
    OR_IS_KILLED
    fi;

wake_all:
    if
    :: asleep = 0; goto told
    OR_IS_KILLED
    fi;

told:
    if
    :: d_step { owner == slot -> unlock(); forget() } goto idle
    :: d_step { owner != slot -> forget() } goto idle
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
