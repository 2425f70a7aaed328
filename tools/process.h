/* process.h: all that the tool needs of the operating system: other processes of its own program,
 * each with a pipe to and from it, an end by Ctrl-C that leaves time to clear up, and what the
 * terminal can show. process_posix.c and process_win32.c are the only files of the tool that know a
 * system. */
#ifndef ISTHMUS_TOOL_PROCESS_H
#define ISTHMUS_TOOL_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PROCESS_ARGUMENTS_MAX 8

struct process;

/* Remember how this program was called. Before all else. */
void process_remember_program(const char *called_as);

/* The folder that this program lies in, without a slash at its end; "" if it can't be found out. */
void process_program_folder(char *folder, size_t size);

uint64_t process_own_id(void);

/* Start this program with other arguments, ended by NULL. Its standard input and output are pipes
 * to the caller. On failure NULL, and a reason. */
struct process *process_start(const char *const arguments[], const char **reason);

uint64_t process_id(const struct process *process);

/* Wait for the next line that the process writes, without the line's end. False: there is none,
 * since the process has ended, or since this one is to end. */
bool process_read_line(struct process *process, char *line, size_t size);

/* Write a line to it, if it still reads. */
void process_write_line(struct process *process, const char *line);

/* End it at once: it can't prevent that, and does nothing more. */
void process_kill(struct process *process);

/* End its input, and wait until it has ended. Returns its exit status, or -1 if it was killed.
 * Frees process; NULL is allowed. */
int process_wait(struct process *process);

void process_pause(unsigned milliseconds);

/* From now on Ctrl-C and its like only make process_interrupted() true. */
void process_catch_interrupts(void);
bool process_interrupted(void);

/* End this program the way it would have ended uncaught. */
void process_end_interrupted(void);

/* Does the terminal, or whoever reads standard output, expect UTF-8? */
bool process_output_is_utf8(void);

#endif
