/* process.h: other processes and threads, and what this process holds, for tests.
 *
 * A peer is a program started by path; its standard input and output are pipes to the test. Every wait
 * has a limit, so that a library that hangs fails its test instead of stopping it. All that is started
 * here ends with the test program, whatever becomes of it. The files process_*.c, call_errors_*.c, native_*.c,
 * foreign_*.c and descriptor_*.c are the only ones in tests/ that know an operating system. */
#ifndef ISTHMUS_TESTS_PROCESS_H
#define ISTHMUS_TESTS_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Nothing that a test waits for takes so many milliseconds, unless it hangs. */
#define PROCESS_LIMIT 20000u

/* What process_wait() answers when there is no exit status. */
#define PROCESS_RUNNING (-1) /* the limit has passed */
#define PROCESS_KILLED (-2)  /* by process_kill() */
#define PROCESS_CRASHED (-3) /* by a fault, an abort or another's signal */

/* ---- programs started as other processes ---- */

struct process;

/* Start a program. arguments[0] is its path, the last is NULL. Standard error is the test's own.
 * Returns NULL if the program can't be started. */
struct process *process_start(const char *const arguments[]);

/* Its id, as the library shows it too. */
uint64_t process_id(const struct process *process);

/* One line of its output, without the line's end. False: it ended its output, or the limit passed. */
bool process_read_line(struct process *process, char *line, size_t size);

/* Has it said something that was not read yet? */
bool process_has_output(struct process *process);

/* True once its output has ended: all who held it are gone. */
bool process_output_ended(struct process *process);

/* Write to its input. False: it does not read any more. */
bool process_write(struct process *process, const char *text);

/* End its input. */
void process_end_input(struct process *process);

/* Kill it at once (SIGKILL, TerminateProcess), without a wait for the effect. */
void process_kill(struct process *process);

/* Stop all its threads until process_resume(). It lives meanwhile. */
void process_suspend(struct process *process);
void process_resume(struct process *process);

/* Interrupt one of its system calls, if the system has such a thing. Harmless to a process that called
 * process_accept_interruptions(). */
void process_interrupt(struct process *process);
void process_accept_interruptions(void);

/* Can programs be traced here? */
bool process_can_trace(void);

/* Follow a program that waits for a line of input: write that line, and hold the program where it then calls
 * process_stop_self(). From there on it moves only by process_step(). False: it went another way. */
bool process_trace(struct process *process, const char *line);

/* Let a traced process run until so many stops have passed: one before and one after each system call, or
 * one after each instruction; or until it sleeps in a system call. Returns PROCESS_RUNNING, or its exit status
 * if it ended before. */
enum process_stops { PROCESS_CALLS, PROCESS_INSTRUCTIONS };
int process_step(struct process *process, enum process_stops kind, unsigned stops);

/* Can system calls of a traced process be answered with an error instead of being made? */
bool process_can_refuse(void);

/* Let a traced process run until it is about to make a system call. False: the next one would write its output, or it
 * has ended. */
bool process_next_call(struct process *process);

/* What the call that a traced process is about to make may fail with; which: counted from 0. False: with no more. */
struct process_error {
    const char *call, *name;
    int code;
    bool is_interruption; /* a signal that came meanwhile */
    bool takes_effect;    /* the call does what it is for all the same */
};
bool process_call_error(const struct process *process, unsigned which, struct process_error *out);

/* Have that call fail so. */
void process_refuse_call(struct process *process, const struct process_error *error);

/* Let a traced process go on by itself. */
void process_release(struct process *process);

/* Wait until it has ended. Returns its exit status, 0 or above, or one of the three above. */
int process_wait(struct process *process);

/* Kill it and the processes that it started, if they still run, and forget it. NULL does nothing. */
void process_free(struct process *process);

/* The same for all that were started and not freed. */
void process_free_all(void);

/* Is there no living process of that id? One that has ended but is not reaped yet is gone. */
bool process_gone(uint64_t id);

/* ---- this process ---- */

struct process_counts {
    unsigned handles;  /* descriptors, or handles */
    unsigned mappings; /* of shared memory, as far as the system tells */
    unsigned children; /* 0, or 1 for any number, ended ones that are not reaped included */
};
struct process_counts process_count(void);

/* This process's id, as the library shows it. */
uint64_t process_own_id(void);

size_t process_page_size(void);

/* Milliseconds, or microseconds, since some time ago. */
uint64_t process_milliseconds(void);
uint64_t process_microseconds(void);

/* Let others run for about a millisecond. Only for waits that look for a change, with a limit. */
void process_pause(void);

/* Do nothing, busily, for about so many microseconds. */
void process_spin(unsigned microseconds);

/* Called by a program that is started by tests: it dies with the one who started it, and a fault ends it
 * quietly. */
void process_follow_starter(void);

/* Where a test that traces this process takes hold of it; where nothing can be traced, nothing. */
void process_stop_self(void);

/* End this process at once, with no clean-up; or as process_kill() would. */
void process_end_self(int status);
void process_kill_self(void);

/* Fork. 0 in the child, otherwise the child's id; -1: this system has no fork. */
int64_t process_fork(void);

/* Wait until a forked child has ended. */
void process_wait_for_fork(int64_t child);

/* The same, and tell how, as process_wait() does. */
int process_wait_for_fork_until_limit(int64_t child);

/* Kill a forked child, and wait until it has ended: PROCESS_KILLED, unless it ended before. */
int process_kill_fork(int64_t child);

/* Fork a process into a container: it sees other process ids, and has one that processes of other such containers
 * have, too. To be waited for like any fork. -1: this system or user can't. */
int64_t process_fork_contained(void);

/* Become another program, keeping id, input and output. Returns only if that is not possible. */
void process_replace(const char *const arguments[]);

/* ---- threads of this process ---- */

struct thread;

/* Start a thread; NULL if that is not possible. */
struct thread *thread_start(void (*run)(void *argument), void *argument);

/* End the calling thread where it stands. */
void thread_end_self(void);

/* Wait until it has ended, and forget it. */
void thread_join(struct thread *thread);

#endif
