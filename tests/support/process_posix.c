/* process_posix.c: processes by posix_spawn, each the leader of a process group of its own, so that what it
 * started in turn can be killed with it. A peer that has ended stays a zombie until it is freed: its id is
 * not used again meanwhile, and the library meets owners that are dead but not reaped. On Linux the kernel
 * kills a peer when the test dies; elsewhere a peer ends when it finds its input ended. */
#include "process_posix.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

extern char **environ;

static struct process *processes;

static void close_end(int *descriptor)
{
    if (*descriptor != -1)
        (void)close(*descriptor);
    *descriptor = -1;
}

/* A pipe whose ends no other program inherits. */
static bool open_pipe(int ends[2])
{
    if (pipe(ends) == -1)
        return false;
    (void)fcntl(ends[0], F_SETFD, FD_CLOEXEC);
    (void)fcntl(ends[1], F_SETFD, FD_CLOEXEC);
    return true;
}

/* The program gets the signals' default actions, which this process may have changed, and no symbol is looked
 * up at its first use, between two instructions that a test counts. */
static bool spawn(const char *const arguments[], int input, int output, pid_t *id)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t all, none;
    char *const *words = (char *const *)(uintptr_t)arguments;

    (void)setenv("LD_BIND_NOW", "1", 1);
    (void)sigfillset(&all);
    (void)sigemptyset(&none);
    (void)posix_spawn_file_actions_init(&actions);
    (void)posix_spawn_file_actions_adddup2(&actions, input, 0);
    (void)posix_spawn_file_actions_adddup2(&actions, output, 1);
    (void)posix_spawnattr_init(&attributes);
    (void)posix_spawnattr_setsigdefault(&attributes, &all);
    (void)posix_spawnattr_setsigmask(&attributes, &none);
    (void)posix_spawnattr_setpgroup(&attributes, 0);
    (void)posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);
    int error = posix_spawn(id, arguments[0], &actions, &attributes, words, environ);
    (void)posix_spawnattr_destroy(&attributes);
    (void)posix_spawn_file_actions_destroy(&actions);
    return error == 0;
}

struct process *process_start(const char *const arguments[])
{
    int input[2], output[2];
    struct process *process = calloc(1, sizeof *process);

    (void)signal(SIGPIPE, SIG_IGN);
    if (process == NULL || !open_pipe(input)) {
        free(process);
        return NULL;
    }
    if (!open_pipe(output)) {
        (void)close(input[0]);
        (void)close(input[1]);
        free(process);
        return NULL;
    }
    bool started = spawn(arguments, input[0], output[1], &process->id);
    (void)close(input[0]);
    (void)close(output[1]);
    process->input = input[1];
    process->output = output[0];
    if (!started) {
        close_end(&process->input);
        close_end(&process->output);
        free(process);
        return NULL;
    }
    process->next = processes;
    processes = process;
    return process;
}

uint64_t process_id(const struct process *process)
{
    return (uint64_t)process->id;
}

/* Read what there is, waiting for it until a point of time. False: its output ended, or time is up. */
static bool read_more(struct process *process, uint64_t until)
{
    for (;;) {
        uint64_t now = process_milliseconds();
        struct pollfd ready = {.fd = process->output, .events = POLLIN};
        int count = poll(&ready, 1, now < until ? (int)(until - now) : 0);
        if (count == -1 && errno == EINTR)
            continue;
        if (count <= 0)
            return false;
        ssize_t got =
            read(process->output, process->buffer + process->filled, sizeof process->buffer - process->filled);
        if (got > 0)
            process->filled += (size_t)got;
        return got > 0;
    }
}

bool process_read_line(struct process *process, char *line, size_t size)
{
    uint64_t until = process_milliseconds() + PROCESS_LIMIT;
    char *end;

    while ((end = memchr(process->buffer, '\n', process->filled)) == NULL)
        if (process->filled == sizeof process->buffer || !read_more(process, until))
            return false;
    size_t length = (size_t)(end - process->buffer);
    (void)snprintf(line, size, "%.*s", (int)length, process->buffer);
    process->filled -= length + 1;
    memmove(process->buffer, end + 1, process->filled);
    return true;
}

bool process_has_output(struct process *process)
{
    struct pollfd ready = {.fd = process->output, .events = POLLIN};
    return process->filled > 0 || (poll(&ready, 1, 0) == 1 && (ready.revents & POLLIN) != 0);
}

bool process_output_ended(struct process *process)
{
    uint64_t until = process_milliseconds() + PROCESS_LIMIT;

    do
        process->filled = 0;
    while (read_more(process, until));
    return process_milliseconds() < until;
}

bool process_write(struct process *process, const char *text)
{
    size_t left = strlen(text);

    while (left > 0 && process->input != -1) {
        ssize_t done = write(process->input, text, left);
        if (done == -1 && errno != EINTR)
            return false;
        if (done > 0) {
            text += done;
            left -= (size_t)done;
        }
    }
    return left == 0;
}

void process_end_input(struct process *process)
{
    close_end(&process->input);
}

/* Its id is its own until it is reaped in process_free(). */
static void signal_to(const struct process *process, int signal_number)
{
    (void)kill(process->id, signal_number);
}

void process_kill(struct process *process)
{
    signal_to(process, SIGKILL);
}

void process_suspend(struct process *process)
{
    siginfo_t what;
    signal_to(process, SIGSTOP);
    (void)waitid(P_PID, (id_t)process->id, &what, WSTOPPED | WEXITED | WNOWAIT);
}

void process_resume(struct process *process)
{
    signal_to(process, SIGCONT);
}

void process_interrupt(struct process *process)
{
    signal_to(process, SIGUSR1);
}

static void do_nothing(int signal_number)
{
    (void)signal_number;
}

/* Without SA_RESTART: system calls do end with EINTR. */
void process_accept_interruptions(void)
{
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = do_nothing;
    (void)sigaction(SIGUSR1, &action, NULL);
}

void process_note_end(struct process *process, const siginfo_t *what)
{
    process->ended = true;
    if (what->si_code == CLD_EXITED)
        process->status = what->si_status;
    else if (what->si_code == CLD_KILLED && what->si_status == SIGKILL)
        process->status = PROCESS_KILLED;
    else
        process->status = PROCESS_CRASHED;
}

int process_wait(struct process *process)
{
    uint64_t until = process_milliseconds() + PROCESS_LIMIT;

    while (!process->ended) {
        siginfo_t what;
        memset(&what, 0, sizeof what);
        int result = waitid(P_PID, (id_t)process->id, &what, WEXITED | WNOHANG | WNOWAIT);
        if (result == 0 && what.si_pid == process->id)
            process_note_end(process, &what);
        else if (process_milliseconds() >= until)
            return PROCESS_RUNNING;
        else
            process_pause();
    }
    return process->status;
}

void process_free(struct process *process)
{
    struct process **link = &processes;

    if (process == NULL)
        return;
    while (*link != process)
        link = &(*link)->next;
    *link = process->next;
    (void)kill(-process->id, SIGKILL);
    signal_to(process, SIGKILL);
    while (waitpid(process->id, NULL, 0) == -1 && errno == EINTR)
        ;
    close_end(&process->input);
    close_end(&process->output);
    free(process);
}

void process_free_all(void)
{
    while (processes != NULL)
        process_free(processes);
}

/* kill() finds zombies too, and an orphan may stay one for seconds where init is slow: /proc tells. */
bool process_gone(uint64_t id)
{
    char path[64], text[512];
    FILE *file;

    if (kill((pid_t)id, 0) == -1 && errno == ESRCH)
        return true;
    (void)snprintf(path, sizeof path, "/proc/%llu/stat", (unsigned long long)id);
    if ((file = fopen(path, "re")) == NULL)
        return access("/proc/self/stat", F_OK) == 0;
    size_t length = fread(text, 1, sizeof text - 1, file);
    (void)fclose(file);
    text[length] = '\0';
    char *state = strrchr(text, ')');
    return state == NULL || state[1] != ' ' || state[2] == 'Z' || state[2] == 'X';
}

static unsigned try_descriptors(void)
{
    unsigned count = 0;
    for (int descriptor = 0; descriptor < 4096; descriptor++)
        count += fcntl(descriptor, F_GETFD) != -1;
    return count;
}

/* Where the system lists them, that takes less time. */
static unsigned count_descriptors(void)
{
    unsigned count = 0;
    DIR *folder = opendir("/proc/self/fd");
    if (folder == NULL)
        return try_descriptors();
    for (const struct dirent *entry; (entry = readdir(folder)) != NULL;)
        count += entry->d_name[0] != '.';
    (void)closedir(folder);
    return count - 1; /* the folder itself */
}

static unsigned count_mappings(void)
{
    unsigned count = 0;
    char line[1024];
    FILE *file = fopen("/proc/self/maps", "re");

    if (file == NULL)
        return 0;
    while (fgets(line, sizeof line, file) != NULL)
        count += strstr(line, "/dev/shm/") != NULL || strstr(line, "/SYSV") != NULL;
    (void)fclose(file);
    return count;
}

struct process_counts process_count(void)
{
    siginfo_t what;
    struct process_counts counts;

    memset(&counts, 0, sizeof counts);
    counts.handles = count_descriptors();
    counts.mappings = count_mappings();
    counts.children = waitid(P_ALL, 0, &what, WEXITED | WNOHANG | WNOWAIT) == 0;
    return counts;
}

uint64_t process_own_id(void)
{
    return (uint64_t)getpid();
}

size_t process_page_size(void)
{
    return (size_t)sysconf(_SC_PAGESIZE);
}

static uint64_t nanoseconds(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

uint64_t process_milliseconds(void)
{
    return nanoseconds() / 1000000;
}

uint64_t process_microseconds(void)
{
    return nanoseconds() / 1000;
}

void process_pause(void)
{
    struct timespec moment = {.tv_nsec = 1000000};
    (void)nanosleep(&moment, NULL);
}

void process_spin(unsigned microseconds)
{
    uint64_t until = nanoseconds() + (uint64_t)microseconds * 1000;
    while (nanoseconds() < until)
        ;
}

void process_follow_starter(void)
{
    struct rlimit no_core = {0, 0};
    (void)setrlimit(RLIMIT_CORE, &no_core);
    (void)signal(SIGSEGV, SIG_DFL);
    (void)signal(SIGBUS, SIG_DFL);
#ifdef __linux__
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
#endif
}

void process_end_self(int status)
{
    _exit(status);
}

void process_kill_self(void)
{
    (void)kill(getpid(), SIGKILL);
}

int64_t process_fork(void)
{
    return fork();
}

void process_wait_for_fork(int64_t child)
{
    while (waitpid((pid_t)child, NULL, 0) == -1 && errno == EINTR)
        ;
}

static int meaning_of(int wait_status)
{
    if (WIFEXITED(wait_status))
        return WEXITSTATUS(wait_status);
    return WTERMSIG(wait_status) == SIGKILL ? PROCESS_KILLED : PROCESS_CRASHED;
}

int process_wait_for_fork_until_limit(int64_t child)
{
    const uint64_t until = process_milliseconds() + PROCESS_LIMIT;
    int status;

    while (waitpid((pid_t)child, &status, WNOHANG) != (pid_t)child) {
        if (process_milliseconds() >= until)
            return PROCESS_RUNNING;
        process_pause();
    }
    return meaning_of(status);
}

int process_kill_fork(int64_t child)
{
    int status;

    (void)kill((pid_t)child, SIGKILL);
    while (waitpid((pid_t)child, &status, 0) == -1 && errno == EINTR)
        ;
    return meaning_of(status);
}

void process_replace(const char *const arguments[])
{
    (void)execv(arguments[0], (char *const *)(uintptr_t)arguments);
}

struct thread {
    pthread_t id;
    void (*run)(void *argument);
    void *argument;
};

static void *run_thread(void *context)
{
    struct thread *thread = context;
    thread->run(thread->argument);
    return NULL;
}

struct thread *thread_start(void (*run)(void *argument), void *argument)
{
    struct thread *thread = calloc(1, sizeof *thread);
    if (thread == NULL)
        return NULL;
    thread->run = run;
    thread->argument = argument;
    if (pthread_create(&thread->id, NULL, run_thread, thread) != 0) {
        free(thread);
        return NULL;
    }
    return thread;
}

void thread_end_self(void)
{
    pthread_exit(NULL);
}

void thread_join(struct thread *thread)
{
    (void)pthread_join(thread->id, NULL);
    free(thread);
}
