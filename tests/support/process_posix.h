/* process_posix.h: what process_posix.c and process_traced.c share. */
#ifndef ISTHMUS_TESTS_PROCESS_POSIX_H
#define ISTHMUS_TESTS_PROCESS_POSIX_H

#include "process.h"

#include <signal.h>
#include <sys/types.h>

struct process {
    struct process *next;
    pid_t id;
    int input; /* our ends of its pipes; -1: closed */
    int output;
    bool ended; /* a zombie, whose status is: */
    int status;
    bool held;     /* traced, and at a stop */
    size_t filled; /* bytes read from its output and not handed out */
    char buffer[4096];
};

/* What has become of it, without reaping it. */
void process_note_end(struct process *process, const siginfo_t *what);

#endif
