/* process_traced.c: programs followed by ptrace, stop by stop; and system calls of theirs that are answered with an
 * error instead of being made. Weak side: which registers hold a call and its result is told for x86 only. */
#include "call_errors.h"
#include "process_posix.h"

#include <sched.h>
#include <stddef.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

/* A container's rules may forbid it: try. */
bool process_can_trace(void)
{
    pid_t child = fork();
    if (child == 0) {
        (void)pause();
        _exit(0);
    }
    bool can = child > 0 && ptrace(PTRACE_SEIZE, child, NULL, NULL) == 0;
    if (child > 0) {
        (void)kill(child, SIGKILL);
        process_wait_for_fork(child);
    }
    return can;
}

#define SLEEPS_AFTER 200 /* milliseconds without a stop */

/* Wait so many milliseconds for its next stop and return how it was stopped; 0 if it has ended, or sleeps. */
static int next_stop(struct process *process, unsigned limit)
{
    const uint64_t until = process_milliseconds() + limit;
    siginfo_t what;
    int status = 0;

    process->held = false;
    do {
        memset(&what, 0, sizeof what);
        if (waitid(P_PID, (id_t)process->id, &what, WEXITED | WSTOPPED | WNOWAIT | WNOHANG) == -1)
            return 0;
        if (what.si_pid == 0)
            (void)sched_yield();
    } while (what.si_pid == 0 && process_milliseconds() < until);
    if (what.si_code == CLD_EXITED || what.si_code == CLD_KILLED || what.si_code == CLD_DUMPED)
        process_note_end(process, &what);
    else if (what.si_pid != 0)
        process->held = waitpid(process->id, &status, __WALL) == process->id;
    return status;
}

bool process_trace(struct process *process, const char *line)
{
    if (ptrace(PTRACE_SEIZE, process->id, NULL, PTRACE_O_TRACESYSGOOD) == -1 || !process_write(process, line))
        return false;
    int status = next_stop(process, PROCESS_LIMIT);
    return WIFSTOPPED(status) && WSTOPSIG(status) == SIGSTOP;
}

/* Go on to the next stop. Where it stops for a signal, the signal is passed on, and that stop does not count. The
 * SIGSTOP that it sent itself is not passed on. False: it has ended, or sleeps. */
static bool go_on(struct process *process, enum process_stops kind, unsigned limit)
{
    const int own_signal = kind == PROCESS_CALLS ? SIGTRAP | 0x80 : SIGTRAP;
    long passed_on = 0;
    int status = 0;

    do {
        (void)ptrace(kind == PROCESS_CALLS ? PTRACE_SYSCALL : PTRACE_SINGLESTEP, process->id, NULL, passed_on);
        status = next_stop(process, limit);
        passed_on = status >> 16 != 0 ? 0 : WSTOPSIG(status);
    } while (process->held && WSTOPSIG(status) != own_signal);
    return process->held;
}

int process_step(struct process *process, enum process_stops kind, unsigned stops)
{
    while (stops > 0 && process->held)
        stops -= go_on(process, kind, SLEEPS_AFTER);
    return process->ended ? process->status : PROCESS_RUNNING;
}

/* ---- calls that are answered with an error ---- */

#if defined(__SANITIZE_ADDRESS__) /* which aborts when its own calls fail */
#define CALL_REGISTER SIZE_MAX
#define RESULT_REGISTER SIZE_MAX
#elif defined(__x86_64__)
#define CALL_REGISTER offsetof(struct user, regs.orig_rax)
#define RESULT_REGISTER offsetof(struct user, regs.rax)
#elif defined(__i386__)
#define CALL_REGISTER offsetof(struct user, regs.orig_eax)
#define RESULT_REGISTER offsetof(struct user, regs.eax)
#else
#define CALL_REGISTER SIZE_MAX
#define RESULT_REGISTER SIZE_MAX
#endif

bool process_can_refuse(void)
{
    return CALL_REGISTER != SIZE_MAX && process_can_trace();
}

static void set_register(const struct process *process, size_t place, long value)
{
    (void)ptrace(PTRACE_POKEUSER, process->id, place, value);
}

/* Is it held before a system call, and before which? */
static bool is_before_call(const struct process *process, struct __ptrace_syscall_info *out)
{
    memset(out, 0, sizeof *out);
    return process->held && ptrace(PTRACE_GET_SYSCALL_INFO, process->id, sizeof *out, out) > 0 &&
           out->op == PTRACE_SYSCALL_INFO_ENTRY;
}

bool process_next_call(struct process *process)
{
    struct __ptrace_syscall_info call;

    while (go_on(process, PROCESS_CALLS, PROCESS_LIMIT))
        if (is_before_call(process, &call))
            return call.entry.nr != SYS_write || call.entry.args[0] != STDOUT_FILENO;
    return false;
}

bool process_call_error(const struct process *process, unsigned which, struct process_error *out)
{
    struct __ptrace_syscall_info call;
    return is_before_call(process, &call) && call_errors_find(call.entry.nr, call.entry.args[1], which, out);
}

/* A call of no number is none. */
void process_refuse_call(struct process *process, const struct process_error *error)
{
    if (!error->takes_effect)
        set_register(process, CALL_REGISTER, -1);
    if (go_on(process, PROCESS_CALLS, PROCESS_LIMIT))
        set_register(process, RESULT_REGISTER, -error->code);
}

void process_release(struct process *process)
{
    if (!process->held && !process->ended && ptrace(PTRACE_INTERRUPT, process->id, NULL, NULL) == 0)
        (void)next_stop(process, SLEEPS_AFTER);
    (void)ptrace(PTRACE_DETACH, process->id, NULL, NULL);
}

void process_stop_self(void)
{
    (void)raise(SIGSTOP);
}
