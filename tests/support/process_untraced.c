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

bool process_can_refuse(void)
{
    return false;
}

bool process_next_call(struct process *process)
{
    (void)process;
    return false;
}

bool process_call_error(const struct process *process, unsigned which, struct process_error *out)
{
    (void)process;
    (void)which;
    (void)out;
    return false;
}

void process_refuse_call(struct process *process, const struct process_error *error)
{
    (void)process;
    (void)error;
}

void process_release(struct process *process)
{
    (void)process;
}

void process_stop_self(void)
{
}
