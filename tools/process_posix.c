/* process_posix.c: processes by posix_spawn, which is fork and exec in one and can't leave a
 * half-made child behind. Our ends of the pipes are close-on-exec, so that each is held by two
 * processes only: then the end of its input tells a child that its parent has gone, and the end of
 * its output tells the parent that the child has. */
#include "lines.h"
#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <langinfo.h>
#include <locale.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

struct process {
    pid_t id;
    int input; /* our ends */
    int output;
    struct lines lines; /* read and not handed out */
};

static char program[4096];
static volatile sig_atomic_t interrupted_by;

/* Where a /proc shows it, this program is found even if it was moved or called by a relative path.
 */
void process_remember_program(const char *called_as)
{
    static const char *const links[] = {"/proc/self/exe", "/proc/curproc/file", "/proc/self/path/a.out"};
    ssize_t length = -1;

    for (size_t i = 0; i < sizeof links / sizeof links[0] && length <= 0; i++)
        length = readlink(links[i], program, sizeof program - 1);
    if (length > 0)
        program[length] = '\0';
    else if (called_as != NULL && strlen(called_as) < sizeof program)
        memcpy(program, called_as, strlen(called_as) + 1);
}

void process_program_folder(char *folder, size_t size)
{
    const char *slash = strrchr(program, '/');
    size_t length = slash != NULL ? (size_t)(slash - program) : 0;

    folder[0] = '\0';
    if (length < size) {
        memcpy(folder, program, length);
        folder[length] = '\0';
    }
}

uint64_t process_own_id(void)
{
    return (uint64_t)getpid();
}

static void close_both(const int ends[2])
{
    (void)close(ends[0]);
    (void)close(ends[1]);
}

static int open_pipe(int ends[2])
{
    if (pipe(ends) == -1)
        return errno;
    if (fcntl(ends[0], F_SETFD, FD_CLOEXEC) == -1 || fcntl(ends[1], F_SETFD, FD_CLOEXEC) == -1) {
        int code = errno;
        close_both(ends);
        return code;
    }
    return 0;
}

/* The child must not inherit that we ignore SIGPIPE. */
static int spawn(const char *const arguments[], int input, int output, pid_t *id)
{
    char *words[PROCESS_ARGUMENTS_MAX + 2] = {program};
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t defaults;

    for (size_t i = 0; i < PROCESS_ARGUMENTS_MAX && arguments[i] != NULL; i++)
        words[i + 1] = (char *)(uintptr_t)arguments[i];
    (void)sigemptyset(&defaults);
    (void)sigaddset(&defaults, SIGPIPE);
    int code = posix_spawn_file_actions_init(&actions);
    if (code != 0)
        return code;
    code = posix_spawnattr_init(&attributes);
    if (code == 0) {
        (void)posix_spawnattr_setsigdefault(&attributes, &defaults);
        (void)posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
        code = posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
        if (code == 0)
            code = posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
        if (code == 0)
            code = posix_spawnp(id, program, &actions, &attributes, words, environ);
        (void)posix_spawnattr_destroy(&attributes);
    }
    (void)posix_spawn_file_actions_destroy(&actions);
    return code;
}

static int start(struct process *process, const char *const arguments[])
{
    int input[2], output[2];
    int code = open_pipe(input);

    if (code != 0)
        return code;
    code = open_pipe(output);
    if (code != 0) {
        close_both(input);
        return code;
    }
    code = spawn(arguments, input[0], output[1], &process->id);
    (void)close(input[0]);
    (void)close(output[1]);
    process->input = input[1];
    process->output = output[0];
    if (code != 0) {
        (void)close(process->input);
        (void)close(process->output);
    }
    return code;
}

struct process *process_start(const char *const arguments[], const char **reason)
{
    struct process *process = calloc(1, sizeof *process);
    int code = process == NULL ? errno : start(process, arguments);

    if (code != 0) {
        *reason = strerror(code);
        free(process);
        return NULL;
    }
    return process;
}

uint64_t process_id(const struct process *process)
{
    return (uint64_t)process->id;
}

/* A signal that is caught ends the read, since its handler was set without SA_RESTART. */
bool process_read_line(struct process *process, char *line, size_t size)
{
    struct lines *lines = &process->lines;

    while (!lines_take(lines, line, size)) {
        if (interrupted_by != 0)
            return false;
        ssize_t got = read(process->output, lines->bytes + lines->filled, LINES_CAPACITY - lines->filled);
        if (got == 0 || (got == -1 && errno != EINTR))
            return false;
        if (got > 0)
            lines->filled += (size_t)got;
    }
    return true;
}

void process_write_line(struct process *process, const char *line)
{
    if (write(process->input, line, strlen(line)) > 0)
        (void)(write(process->input, "\n", 1) == 1);
}

void process_kill(struct process *process)
{
    (void)kill(process->id, SIGKILL);
}

int process_wait(struct process *process)
{
    int status = 0;

    if (process == NULL)
        return -1;
    (void)close(process->input);
    (void)close(process->output);
    while (waitpid(process->id, &status, 0) == -1 && errno == EINTR)
        ;
    free(process);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

void process_pause(unsigned milliseconds)
{
    struct timespec time = {.tv_sec = (time_t)(milliseconds / 1000), .tv_nsec = (long)(milliseconds % 1000) * 1000000};
    (void)nanosleep(&time, NULL);
}

static void note_interrupt(int signal_number)
{
    interrupted_by = signal_number;
}

/* A signal that was ignored at our start, as by nohup or in a shell's background, stays ignored. */
void process_catch_interrupts(void)
{
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
    struct sigaction action, old;

    memset(&action, 0, sizeof action);
    action.sa_handler = note_interrupt;
    (void)sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++)
        if (sigaction(signals[i], NULL, &old) == 0 && old.sa_handler != SIG_IGN)
            (void)sigaction(signals[i], &action, NULL);
    (void)signal(SIGPIPE, SIG_IGN);
}

bool process_interrupted(void)
{
    return interrupted_by != 0;
}

void process_end_interrupted(void)
{
    (void)signal(interrupted_by, SIG_DFL);
    (void)raise(interrupted_by);
}

bool process_output_is_utf8(void)
{
    if (setlocale(LC_CTYPE, "") == NULL)
        return false;
    return strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
}
