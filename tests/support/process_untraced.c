/* process_untraced.c: where programs can't be traced for a test. */
#include "process.h"

bool process_can_trace(void)
{
    return false;
}

bool process_trace(struct process *process, const char *line)
{
    (void)process;
    (void)line;
    return false;
}

int process_step(struct process *process, enum process_stops kind, unsigned stops)
{
    (void)process;
    (void)kind;
    (void)stops;
    return PROCESS_RUNNING;
}

void process_release(struct process *process)
{
    (void)process;
}

void process_stop_self(void)
{
}
