/* The robust lock word of src/sync/lock.c, for the model checker Spin. README.md tells which step here is which
 * line there and what is left out; ./run checks every configuration. A configuration is a set of macros:
 * those of kernel.pml (a call is one of lock), and
 *   REBIRTHS              at most so many new lives in slots of the dead
 *   POLLING               sleepers look at the word themselves, and nobody knows of them (wait_generic.c)
 *   MISUSE                owners may lock again or mend what is whole, others may unlock
 *   BUG_...               one mistake put in on purpose
 */
#include "kernel.pml"

#ifndef REBIRTHS
#define REBIRTHS 0
#endif

/* The lock word. The lower half, flags and slot, is what is compared before a sleep; the serial of the owner's life
 * is the upper half. Zero is free. */
#define WAITERS        1
#define DAMAGED        2
#define UNRECOVERABLE  4
#define FLAGS          7
#define LOWER_HALF     63
#define LIFE(s)        ((((s) + 1) << 3) | (SERIAL(s) << 6))
#define OWNER_OF(w)    ((w) & ~FLAGS)
#define SLOT_OF(w)     ((((w) >> 3) & 7) - 1)
#define SERIAL_OF(w)   ((w) >> 6)
#define SAME_LOWER_HALF(a, b) (((a) & LOWER_HALF) == ((b) & LOWER_HALF))
byte word;

/* The table of lives. */
byte serial[PROCESSES];
#ifdef BUG_PID_AS_OWNER
#define SERIAL(s)      0
#else
#define SERIAL(s)      serial[s]
#endif

/* What must be true, kept by an onlooker who sees all and changes nothing. */
byte holder = NOBODY;      /* the living process that has the lock */
bool data_suspect;         /* an owner died, and nobody has said consistent since */
bool given_up;             /* an owner who was told of a death unlocked without saying consistent */

inline got_ok() {
    assert(holder == NOBODY);
    assert(!data_suspect);
    assert(!given_up);
    holder = slot;
    forget()
}

inline got_owner_died() {
    assert(holder == NOBODY);
    assert(data_suspect);
    assert(!given_up);
    holder = slot;
    forget()
}

inline released() {
    assert(holder == slot);
    holder = NOBODY;
    forget()
}

inline gave_up() {
    assert(holder == slot);
    assert(data_suspect);
    holder = NOBODY;
    given_up = true;
    forget()
}

/* A local value that nobody will read again must not tell two states apart. */
inline forget() {
    saw = 0;
    has_slept = false;
    deadline = NONE
}

byte rebirths;

inline woke_up() {
    has_slept = true;
    saw = 0
}

inline die() {
    if
    :: holder == slot -> holder = NOBODY; data_suspect = true
    :: else
    fi;
    me = 0;
    forget()
}

/* With which flags a lock is taken. Who has slept may have used up a wake, and can't know who else sleeps. */
#if defined(BUG_CLEAR_WAITERS_AT_UNLOCK) || defined(BUG_FORGET_OTHER_SLEEPERS)
#define WAITERS_OF_TAKER (saw & WAITERS)
#else
#define WAITERS_OF_TAKER ((saw & WAITERS) | (has_slept -> WAITERS : 0))
#endif

#ifdef BUG_FORGET_DAMAGE
#define FLAGS_OF_RECOVERER WAITERS_OF_TAKER
#else
#define FLAGS_OF_RECOVERER (WAITERS_OF_TAKER | DAMAGED)
#endif

#ifdef BUG_CLEAR_WAITERS_AT_UNLOCK
#define RELEASED 0
#else
#define RELEASED (saw & WAITERS)
#endif

/* At an owner that lives a locker may wait, or give up, or either if its deadline may pass just now.
 * Who has slept may have been given the only wake for all who sleep: it may not leave before the word
 * speaks for them. */
#ifdef BUG_GIVE_UP_BEFORE_ANNOUNCING
#define MAY_GIVE_UP (deadline != NONE)
#else
#define MAY_GIVE_UP (deadline != NONE && (!has_slept || (saw & WAITERS)))
#endif
#define MAY_WAIT (deadline == NONE || deadline == AHEAD || !MAY_GIVE_UP)

#ifdef BUG_TRY_SLEEPS
#define DECIDES_AGAIN (OWNER_OF(saw) == 0)
#else
#define DECIDES_AGAIN (OWNER_OF(saw) == 0 || deadline == AT_ONCE)
#endif

/* While no slot is used again, all serials match. */
#if REBIRTHS > 0
#define ASK_FIRST ask_serial
#else
#define ASK_FIRST ask_byte
#endif

/* What becomes of a word that was seen: local choices, which belong to the step that saw it. */
inline decide() {
    if
    :: saw & UNRECOVERABLE -> goto told_unrecoverable
    :: !(saw & UNRECOVERABLE) && OWNER_OF(saw) == 0 -> assert(!(saw & DAMAGED)); goto take
    :: !(saw & UNRECOVERABLE) && OWNER_OF(saw) == me -> goto told_deadlock
    :: !(saw & UNRECOVERABLE) && OWNER_OF(saw) != 0 && OWNER_OF(saw) != me -> goto ASK_FIRST
    fi
}

/* Every option of an `if` in this process is one step, and a kill may come before it; atomic and d_step join only what
 * is one atomic instruction or one call of the kernel, choices by local values alone, and the onlooker's note of it. */
proctype process(byte slot) {
    byte me;        /* this life */
    byte saw;       /* the word as last seen */
    bool has_slept; /* in this call of lock */
    byte deadline;  /* of this call of lock */

    me = LIFE(slot);

idle:
    if
    OR_CALLS(lock_at_once)
#ifdef MISUSE
    :: goto unlock_at_once
#endif
    :: goto finish
    fi;

/* ---- lock ---- */

lock_at_once:
    if
    :: d_step { word == 0 -> word = me; got_ok() } goto critical_section
    :: word != 0 -> goto load
    OR_IS_KILLED
    fi;

load:
    if
    :: atomic { saw = word; decide() }
    OR_IS_KILLED
    fi;

take:
    if
    :: d_step { word == saw -> word = me | WAITERS_OF_TAKER; got_ok() } goto critical_section
    :: d_step { word != saw -> saw = 0 } goto load_again
    OR_IS_KILLED
    fi;

#if REBIRTHS > 0
ask_serial:
    if
    :: SERIAL(SLOT_OF(saw)) == SERIAL_OF(saw) -> goto ask_byte
    :: SERIAL(SLOT_OF(saw)) != SERIAL_OF(saw) -> goto recover
    OR_IS_KILLED
    fi;
#endif

ask_byte:
    if
    :: d_step { (alive & BIT(SLOT_OF(saw))) && MAY_WAIT -> saw = 0 } goto load_again
    :: (alive & BIT(SLOT_OF(saw))) && MAY_GIVE_UP -> goto told_busy_or_timed_out
    :: !(alive & BIT(SLOT_OF(saw))) -> goto recover
    OR_IS_KILLED
    fi;

recover:
    if
#ifdef BUG_PLAIN_STORE_RECOVERY
    :: d_step { word = me | FLAGS_OF_RECOVERER; got_owner_died() } goto critical_section_after_death
#else
    :: d_step { word == saw -> word = me | FLAGS_OF_RECOVERER; got_owner_died() } goto critical_section_after_death
    :: d_step { word != saw -> saw = 0 } goto load_again
#endif
    OR_IS_KILLED
    fi;

load_again:
    if
    :: atomic {
        saw = word;
        if
        :: DECIDES_AGAIN -> decide()
        :: !DECIDES_AGAIN && !(saw & WAITERS) -> goto announce
        :: !DECIDES_AGAIN && (saw & WAITERS) -> goto sleep
        fi
       }
    OR_IS_KILLED
    fi;

announce:
    if
    :: d_step { word == saw -> saw = saw | WAITERS; word = saw } goto sleep
    :: atomic { word != saw -> saw = word; decide() }
    OR_IS_KILLED
    fi;

sleep:
    if
#ifdef BUG_SLEEP_WITHOUT_COMPARING
    :: asleep = asleep | MY_BIT; goto sleeping
#else
    :: d_step { SAME_LOWER_HALF(word, saw) -> assert(deadline != AT_ONCE); asleep = asleep | MY_BIT } goto sleeping
    :: d_step { !SAME_LOWER_HALF(word, saw) -> woke_up() } goto load
#endif
    OR_IS_KILLED
    fi;

sleeping:
    if
    OR_WAKES(load)
#ifdef BUG_GIVE_UP_WITHOUT_A_LOOK
    :: !(asleep & MY_BIT) && deadline != NONE -> goto told_busy_or_timed_out
#endif
    OR_DEADLINE_PASSES(load)
#ifdef POLLING
    :: d_step { (asleep & MY_BIT) && !SAME_LOWER_HALF(word, saw) -> asleep = asleep & ~MY_BIT; woke_up() } goto load
#endif
    OR_BOUND_PASSES(load)
    OR_IS_KILLED_ASLEEP
    fi;

told_unrecoverable:
progress_told:
    assert(given_up);
    goto finish;

told_busy_or_timed_out:
progress_gave_up:
    forget();
    goto idle;

told_deadlock:
    assert(holder == slot);
    goto critical_section;

/* ---- what the caller does with the lock ---- */

critical_section:
progress_got_ok:
    if
    :: d_step { assert(holder == slot); assert(OWNER_OF(word) == me); forget() } goto unlock_at_once
#ifdef MISUSE
    :: goto lock_at_once
    :: goto consistent
#endif
    OR_IS_KILLED
    fi;

critical_section_after_death:
progress_got_owner_died:
    if
    :: goto consistent
    :: goto unlock_at_once
    OR_IS_KILLED
    fi;

/* ---- consistent ---- */

consistent:
    if
    :: d_step { OWNER_OF(word) == me && (word & DAMAGED) -> saw = word } goto clear_damage
    :: !(OWNER_OF(word) == me && (word & DAMAGED)) -> goto told_nothing_to_mend
    OR_IS_KILLED
    fi;

clear_damage:
    if
    :: d_step { word == saw -> word = saw & ~DAMAGED; data_suspect = false; forget() } goto critical_section
    :: d_step { word != saw -> saw = word } goto clear_damage
    OR_IS_KILLED
    fi;

told_nothing_to_mend:
    assert(holder == slot);
    assert(!data_suspect);
    goto critical_section;

/* ---- unlock ---- */

unlock_at_once:
    if
    :: d_step { word == me -> word = 0; released() } goto idle
    :: word != me -> goto load_to_unlock
    OR_IS_KILLED
    fi;

load_to_unlock:
    if
    :: OWNER_OF(word) != me -> goto told_not_owner
#ifdef BUG_RELEASE_INSTEAD_OF_GIVING_UP
    :: d_step { OWNER_OF(word) == me -> saw = word } goto hand_over
#else
    :: d_step { OWNER_OF(word) == me && (word & DAMAGED) -> saw = word } goto give_up
    :: d_step { OWNER_OF(word) == me && !(word & DAMAGED) -> saw = word } goto hand_over
#endif
    OR_IS_KILLED
    fi;

hand_over:
    if
    :: d_step { word == saw && (saw & WAITERS) -> word = RELEASED; released() } goto wake_one
    :: d_step { word == saw && !(saw & WAITERS) -> word = RELEASED; released() } goto idle
    :: d_step { word != saw -> saw = word } goto hand_over
    OR_IS_KILLED
    fi;

wake_one:
    if
#ifdef POLLING
    :: goto tidy
#else
    OR_WAKES_ONE(idle)
    :: asleep == 0 -> goto tidy
#endif
    OR_IS_KILLED
    fi;

tidy:
    if
#ifdef BUG_TIDY_BY_PLAIN_STORE
    :: word = 0; goto idle
#else
    :: d_step { word == WAITERS -> word = 0 } goto idle
    :: word != WAITERS -> goto idle
#endif
    OR_IS_KILLED
    fi;

give_up:
    if
    :: d_step { word == saw -> word = UNRECOVERABLE; gave_up() } goto wake_all
    :: d_step { word != saw -> saw = word } goto give_up
    OR_IS_KILLED
    fi;

wake_all:
    if
#ifdef POLLING
    :: goto idle
#else
    :: asleep = 0; goto idle
#endif
    OR_IS_KILLED
    fi;

told_not_owner:
    assert(holder != slot);
    goto idle;

/* ---- the end of a life, and the next in its slot ---- */

dying:
    if
    :: DEATH_SHOWS
    fi;
#if REBIRTHS > 0
    if
    :: d_step { rebirths < REBIRTHS -> rebirths++; alive = alive | MY_BIT; busy = busy | MY_BIT }
    :: goto end_for_good
    fi;
    if
    :: d_step { serial[slot]++; me = LIFE(slot) } goto idle
    OR_IS_KILLED
    fi;
#else
    goto end_for_good;
#endif

finish:
    if
    :: d_step { busy = busy & ~MY_BIT; me = 0; forget() } goto end_for_good
    fi;

end_for_good:
    false
}

init { STARTS_ALL }
