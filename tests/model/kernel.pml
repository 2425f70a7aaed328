/* What the models share: processes that live and are killed, the kernel's queue of sleepers, deadlines. A model
 * includes this, and defines woke_up() and forget() (what a process no longer needs to know when its sleep has ended, or its
 * call) and die() (what the onlooker notes of a kill). The macros of a configuration:
 *   PROCESSES  2 to 4     CRASHES  at most so many kills
 *   ROUNDS     at most so many calls in all (otherwise no limit)
 *   SLEEPS_ARE_ENDLESS    only a wake ends a sleep, or a deadline
 *   SLEEPS_END_LAST       the bound ends a sleep only when no living process can do anything else
 *                         (neither: the bound may end a sleep at any time)
 *   TIMED                 in so many of the slots a call may carry a deadline, which may pass at any time
 *   TRIES                 in so many of the slots a call may only try
 *   KILL_ONLY_THE_WOKEN   a kill strikes only a sleeper that was woken and has not yet run
 *   BUG_UNBOUNDED_SLEEP   as SLEEPS_ARE_ENDLESS, but a mistake
 */
#ifndef PROCESSES
#define PROCESSES 2
#endif
#ifndef CRASHES
#define CRASHES 0
#endif

/* A bit for each process, by its slot in the table of lives. */
#define BIT(s)         (1 << (s))
#define MY_BIT         BIT(slot)
#define NOBODY         255
byte alive;
byte asleep;
byte busy;             /* lives, and has not come to its end */

/* Those who wait for a lock that the model does not take to pieces, while another has it. */
#ifndef BLOCKED
#define BLOCKED        0
#endif
#define NOTHING_RUNS   ((busy & ~asleep & ~(BLOCKED)) == 0)

/* A deadline: there is none, it may pass at any time, it has passed, the call only tries. */
#define NONE    0
#define AHEAD   1
#define PAST    2
#define AT_ONCE 3

#ifdef ROUNDS
byte rounds;
#define MAY_CALL (rounds < ROUNDS)
#define COUNT_ROUND rounds++
#else
#define MAY_CALL true
#define COUNT_ROUND skip
#endif

/* A call that may wait, in each of the forms that this slot may use. */
#ifdef TIMED
#define OR_CALLS_TIMED(call) :: d_step { MAY_CALL && slot < TIMED -> COUNT_ROUND; deadline = AHEAD } goto call
#else
#define OR_CALLS_TIMED(call)
#endif
#ifdef TRIES
#define OR_TRIES(call) :: d_step { MAY_CALL && slot < TRIES -> COUNT_ROUND; deadline = AT_ONCE } goto call
#else
#define OR_TRIES(call)
#endif
#define OR_CALLS(call) \
    :: d_step { MAY_CALL -> COUNT_ROUND } goto call \
    OR_CALLS_TIMED(call) \
    OR_TRIES(call)

/* Before each of its steps a process may be killed. It does nothing from then on, but its death shows a little later,
 * and until then it stays in the sleepers' queue and may swallow a wake. */
byte crashes;
#ifdef KILL_ONLY_THE_WOKEN
#define OR_IS_KILLED
#define OR_IS_KILLED_ASLEEP :: d_step { crashes < CRASHES && !(asleep & MY_BIT) -> crashes++; die() } goto dying
#elif CRASHES > 0
#define OR_IS_KILLED :: d_step { crashes < CRASHES -> crashes++; die() } goto dying
#define OR_IS_KILLED_ASLEEP OR_IS_KILLED
#else
#define OR_IS_KILLED
#define OR_IS_KILLED_ASLEEP
#endif
#define DEATH_SHOWS d_step { alive = alive & ~MY_BIT; busy = busy & ~MY_BIT; asleep = asleep & ~MY_BIT }

/* How a sleep ends; the process goes on at `look`. */
#define OR_WAKES(look) \
    :: d_step { !(asleep & MY_BIT) -> woke_up() } goto look
#define OR_DEADLINE_PASSES(look) \
    :: d_step { (asleep & MY_BIT) && deadline != NONE -> asleep = asleep & ~MY_BIT; deadline = PAST; woke_up() } goto look
#ifdef SLEEPS_END_LAST
#define OR_BOUND_PASSES(look) \
    :: d_step { (asleep & MY_BIT) && NOTHING_RUNS -> asleep = asleep & ~MY_BIT; woke_up() } goto look
#elif defined(SLEEPS_ARE_ENDLESS) || defined(BUG_UNBOUNDED_SLEEP)
#define OR_BOUND_PASSES(look)
#else
#define OR_BOUND_PASSES(look) \
    :: d_step { asleep & MY_BIT -> asleep = asleep & ~MY_BIT; woke_up() } goto look
#endif

/* A wake goes to any sleeper; the process goes on at `next`, and needs no more what it saw. */
#define OR_WAKES_THE(s, condition, next) \
    :: d_step { (condition) && (asleep & BIT(s)) -> asleep = asleep & ~BIT(s); forget() } goto next
#if PROCESSES > 2
#define OR_WAKES_THE_THIRD(condition, next) OR_WAKES_THE(2, condition, next)
#else
#define OR_WAKES_THE_THIRD(condition, next)
#endif
#if PROCESSES > 3
#define OR_WAKES_THE_FOURTH(condition, next) OR_WAKES_THE(3, condition, next)
#else
#define OR_WAKES_THE_FOURTH(condition, next)
#endif
#define OR_WAKES_ONE_IF(condition, next) \
    OR_WAKES_THE(0, condition, next) \
    OR_WAKES_THE(1, condition, next) \
    OR_WAKES_THE_THIRD(condition, next) \
    OR_WAKES_THE_FOURTH(condition, next)
#define OR_WAKES_ONE(next) OR_WAKES_ONE_IF(true, next)

#define STARTS_ALL \
    byte s; \
    atomic { \
        do \
        :: s < PROCESSES -> alive = alive | BIT(s); busy = busy | BIT(s); run process(s); s++ \
        :: else -> break \
        od \
    }
