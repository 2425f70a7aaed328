/* The read-write lock of src/sync/rwlock.c, for the model checker Spin; see README.md. A configuration is a set of macros:
 * those of kernel.pml (a call is one that reads or writes), and
 *   SLOTS      1 or 2, for readers
 *   WRITERS    the first so many processes may write (otherwise all)
 *   ONLY_WRITERS_COUNT  as served count only writers, who neither pause nor end; of those who want the turn they get it first
 *   BUG_...    one mistake put in on purpose
 */

/* The turn, a lock word, in one step each for locking and unlocking; mutex.pml takes it to pieces. Its owner is a life, and
 * UNTOUCHED and DAMAGED are flags of it. A dead owner's turn can be had. */
#define IS_DEAD(s)     (!(alive & BIT(s)))
#define TURN_CAN_BE_HAD (turn_owner == NOBODY || IS_DEAD(turn_owner))
#define BLOCKED        ((TURN_CAN_BE_HAD || unrecoverable) -> 0 : wanting)
#include "kernel.pml"
byte turn_owner = NOBODY;
bool untouched;
bool damaged;
bool unrecoverable;
byte wanting;          /* who wants it, and does nothing else meanwhile */
#ifdef ONLY_WRITERS_COUNT
byte wanting_to_write;
#define MY_TURN        (writes || wanting_to_write == 0)
#else
#define MY_TURN        true
#endif
#define IS_FREE        (turn_owner == NOBODY && !unrecoverable)

/* A slot holds a reader's life, and whether somebody waits for it to leave. */
#ifndef SLOTS
#define SLOTS 2
#endif
#define MARKED         1
#define READER(s)      (((s) + 1) << 1)
#define READER_IN(w)   (((w) >> 1) - 1)
byte reader[SLOTS];
#if SLOTS > 1
#define SOME_TAKEN     (reader[0] != 0 || reader[1] != 0)
#define ALL_TAKEN      (reader[0] != 0 && reader[1] != 0)
#else
#define SOME_TAKEN     (reader[0] != 0)
#define ALL_TAKEN      SOME_TAKEN
#endif
byte departures;       /* modulo 8 */

#ifndef WRITERS
#define WRITERS PROCESSES
#endif
/* What must be true, kept by an onlooker who sees all and changes nothing. */
byte readers;          /* living processes that have it to read */
byte writer = NOBODY;  /* the living process that has it to write */
bool suspect;          /* a writer died, and nobody has said consistent since */
bool given_up;

inline got_to_read() {
    assert(writer == NOBODY);
    assert(!suspect);
    assert(!given_up);
    readers = readers | MY_BIT
}

inline got_to_write(after_death) {
    assert(writer == NOBODY);
    assert(readers == 0);
    assert(suspect == after_death);
    assert(!given_up);
    writer = slot;
    forget()
}

/* A local value that nobody will read again must not tell two states apart. */
inline forget() {
    seen = 0;
    at = 0;
    writes = false;
    found = false;
    ends_call = false;
    deadline = NONE
}

inline woke_up() {
    seen = 0
}

inline die() {
    if
    :: writer == slot -> writer = NOBODY; suspect = true
    :: else
    fi;
    readers = readers & ~MY_BIT;
    wanting = wanting & ~MY_BIT;
    forget()
}

inline want_turn() {
    at = 0;
    ends_call = false;
    wanting = wanting | MY_BIT
#ifdef ONLY_WRITERS_COUNT
    ; wanting_to_write = wanting_to_write | (writes -> MY_BIT : 0)
#endif
}

inline take_turn() {
    wanting = wanting & ~MY_BIT;
#ifdef ONLY_WRITERS_COUNT
    wanting_to_write = wanting_to_write & ~MY_BIT;
#endif
    turn_owner = slot
}

#ifdef BUG_DRAINING_COUNTS_AS_WRITING
#define MARK_OF_TAKER false
#else
#define MARK_OF_TAKER true
#endif

#define MAY_LEAVE      (deadline != NONE)
#define MAY_WAIT       (deadline == NONE || deadline == AHEAD)

inline sleep_or_leave() {
    if
#ifdef BUG_GIVES_WAY_TO_READERS
    :: d_step { turn_owner = NOBODY; untouched = false; want_turn() } goto take
#else
    :: MAY_LEAVE -> goto give_turn_back
#ifdef BUG_COUNT_DEPARTURES_TOO_LATE
    :: MAY_WAIT -> goto count_departures
#else
    :: MAY_WAIT -> goto sleep
#endif
#endif
    fi
}

/* Each option of an `if` that leads to another label is one step: what one instruction or one call of the kernel does,
 * choices by local values alone, and the onlooker's note of it. */
proctype process(byte slot) {
    byte seen;      /* the departures, before the slots were looked at */
    byte at;        /* this slot: the reader's own, or the one that is looked at */
    bool writes;    /* or reads */
    bool found;     /* an empty slot */
    bool ends_call; /* when the slot is left */
    byte deadline;  /* of this call */

idle:
#ifdef ONLY_WRITERS_COUNT
    if
    :: d_step { slot < WRITERS -> writes = true; want_turn() } goto take
    :: slot >= WRITERS -> goto enter
    fi;
#else
    if
    OR_CALLS(begin)
    :: goto finish
    fi;

begin:
    if
    :: goto enter
    :: d_step { slot < WRITERS -> writes = true; want_turn() } goto take
    fi;
#endif

/* ---- read ---- */

#ifdef BUG_LOOK_BEFORE_ENTERING
enter:
    if
    :: IS_FREE -> goto enter_late
    :: d_step { !IS_FREE -> want_turn() } goto take
    OR_IS_KILLED
    fi;

enter_late:
    if
    :: d_step { reader[0] == 0 -> reader[0] = READER(slot); at = 0; got_to_read() } goto reading
    OR_IS_KILLED
    fi;
#else
enter:
    if
    :: d_step { reader[0] == 0 -> reader[0] = READER(slot); at = 0 } goto look_at_turn
#if SLOTS > 1
    :: d_step { reader[1] == 0 -> reader[1] = READER(slot); at = 1 } goto look_at_turn
#endif
    :: d_step { SOME_TAKEN -> want_turn() } goto take
    OR_IS_KILLED
    fi;

look_at_turn:
    if
    :: d_step { IS_FREE -> got_to_read() } goto reading
    :: !IS_FREE -> goto leave_slot
    OR_IS_KILLED
    fi;
#endif

/* To withdraw, or to unlock. */
leave_slot:
    if
    :: d_step { !(reader[at] & MARKED) && ends_call -> reader[at] = 0 } goto got_it
    :: d_step { !(reader[at] & MARKED) && !ends_call -> reader[at] = 0; want_turn() } goto take
#ifdef BUG_LEAVE_WITHOUT_A_LOOK
    :: d_step { (reader[at] & MARKED) && ends_call -> reader[at] = 0 } goto got_it
    :: d_step { (reader[at] & MARKED) && !ends_call -> reader[at] = 0; want_turn() } goto take
#else
    :: d_step { reader[at] & MARKED -> reader[at] = 0 } goto depart
#endif
    OR_IS_KILLED
    fi;

depart:
    if
    :: d_step { departures = (departures + 1) & 7 } goto wake
    OR_IS_KILLED
    fi;

wake:
    if
    :: d_step { ends_call -> asleep = 0 } goto got_it
    :: d_step { !ends_call -> asleep = 0; want_turn() } goto take
    OR_IS_KILLED
    fi;

reading:
    if
    :: d_step { assert(writer == NOBODY); readers = readers & ~MY_BIT; ends_call = true } goto leave_slot
    OR_IS_KILLED
    fi;

/* ---- the turn, of readers and writers ---- */

take:
    if
    :: d_step { TURN_CAN_BE_HAD && !unrecoverable && !damaged && (turn_owner == NOBODY || untouched) && MY_TURN -> take_turn(); untouched = MARK_OF_TAKER } goto with_turn
    :: d_step { turn_owner != NOBODY && IS_DEAD(turn_owner) && (damaged || !untouched) && MY_TURN -> take_turn(); damaged = true; untouched = false; got_to_write(true) } goto writing_after_death
    :: d_step { unrecoverable -> assert(given_up); wanting = wanting & ~MY_BIT; forget() } goto finish
    :: d_step { !TURN_CAN_BE_HAD && MAY_LEAVE -> wanting = wanting & ~MY_BIT } goto told_busy_or_late
    OR_IS_KILLED
    fi;

give_turn_back:
    if
    :: d_step { turn_owner = NOBODY; untouched = false } goto told_busy_or_late
    OR_IS_KILLED
    fi;

/* ---- who has the turn ---- */

with_turn:
    if
    :: d_step { !writes && reader[0] == 0 -> reader[0] = READER(slot); at = 0 } goto give_turn_to_read
#if SLOTS > 1
    :: d_step { !writes && reader[1] == 0 -> reader[1] = READER(slot); at = 1 } goto give_turn_to_read
#endif
    :: d_step { !writes && ALL_TAKEN -> seen = departures; at = 0; found = false } goto look_at_slots
    :: d_step { writes && at < SLOTS && reader[at] == 0 -> at++ } goto with_turn
#ifdef BUG_COUNT_DEPARTURES_TOO_LATE
    :: writes && at < SLOTS && reader[at] != 0 -> goto look_at_slot
#else
    :: d_step { writes && at < SLOTS && reader[at] != 0 -> seen = departures } goto look_at_slot
#endif
    :: d_step { writes && at == SLOTS -> untouched = false; got_to_write(false) } goto writing
    OR_IS_KILLED
    fi;

/* ---- a reader ---- */

give_turn_to_read:
    if
    :: d_step { turn_owner = NOBODY; untouched = false; got_to_read() } goto reading
    OR_IS_KILLED
    fi;

look_at_slots:
    if
    :: d_step { at < SLOTS && reader[at] == 0 -> found = true; at++ } goto look_at_slots
    :: d_step { at < SLOTS && reader[at] != 0 && IS_DEAD(READER_IN(reader[at])) -> reader[at] = 0; found = true; at++ } goto look_at_slots
    :: d_step { at < SLOTS && reader[at] != 0 && !IS_DEAD(READER_IN(reader[at])) -> reader[at] = reader[at] | MARKED; at++ } goto look_at_slots
    :: at == SLOTS && found -> goto with_turn
    :: at == SLOTS && !found && MAY_LEAVE -> goto give_turn_back
    :: at == SLOTS && !found && MAY_WAIT -> goto sleep
    OR_IS_KILLED
    fi;

/* ---- a writer ---- */

look_at_slot:
    if
    :: d_step { reader[at] == 0 -> at++; seen = 0 } goto with_turn
#ifndef BUG_DEAD_READER_STAYS
    :: d_step { reader[at] != 0 && IS_DEAD(READER_IN(reader[at])) -> reader[at] = 0; at++; seen = 0 } goto with_turn
    :: atomic { reader[at] != 0 && !IS_DEAD(READER_IN(reader[at])) -> reader[at] = reader[at] | MARKED; sleep_or_leave() }
#else
    :: atomic { reader[at] != 0 -> reader[at] = reader[at] | MARKED; sleep_or_leave() }
#endif
    OR_IS_KILLED
    fi;

#ifdef BUG_COUNT_DEPARTURES_TOO_LATE
count_departures:
    if
    :: d_step { seen = departures } goto sleep
    OR_IS_KILLED
    fi;
#endif

/* ---- both sleep on the departures ---- */

sleep:
    if
    :: d_step { departures == seen -> asleep = asleep | MY_BIT } goto sleeping
    :: d_step { departures != seen -> seen = 0 } goto with_turn
    OR_IS_KILLED
    fi;

sleeping:
    if
    OR_WAKES(with_turn)
    OR_DEADLINE_PASSES(with_turn)
    OR_BOUND_PASSES(with_turn)
    OR_IS_KILLED_ASLEEP
    fi;

/* ---- what a writer does with the lock ---- */

writing:
#ifdef ONLY_WRITERS_COUNT
progress_writing:
#endif
    if
    :: d_step { assert(readers == 0); assert(writer == slot); turn_owner = NOBODY; writer = NOBODY } goto got_it
    OR_IS_KILLED
    fi;

writing_after_death:
    if
    :: d_step { assert(readers == 0); damaged = false; suspect = false } goto writing
    :: d_step { turn_owner = NOBODY; damaged = false; unrecoverable = true; writer = NOBODY; given_up = true } goto got_it
    OR_IS_KILLED
    fi;

/* ---- the end ---- */

got_it:
told_busy_or_late:
#ifndef ONLY_WRITERS_COUNT
progress_told:
#endif
    if
    :: d_step { forget() } goto idle
    fi;

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
