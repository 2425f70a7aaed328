/* process_win32.c: processes by CreateProcess. Each inherits the two pipe ends that are meant for it and
 * nothing else, and belongs to a job that ends with the test. An anonymous pipe can't be waited on, so
 * reading with a limit looks into the pipe every millisecond. */
#include "process.h"

#include <windows.h>

#include <psapi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KILLED_STATUS 0x4b494c4cu /* what process_kill() gives a process as its exit status */
#define FIRST_FAULT 0xc0000000u   /* exception codes that end a process are its exit status */
#define ABORTED 3u                /* what abort() ends with */

struct process {
    struct process *next;
    HANDLE handle;
    DWORD id;
    HANDLE input;
    HANDLE output;
    size_t filled;
    char buffer[4096];
};

static struct process *processes;

static void close_end(HANDLE *handle)
{
    if (*handle != NULL)
        (void)CloseHandle(*handle);
    *handle = NULL;
}

/* What is in the job dies with the last handle of it, which this process has. */
static HANDLE job(void)
{
    static HANDLE handle;
    JOBOBJECT_EXTENDED_LIMIT_INFORMATION limits;

    if (handle == NULL) {
        handle = CreateJobObjectW(NULL, NULL);
        memset(&limits, 0, sizeof limits);
        limits.BasicLimitInformation.LimitFlags = JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE;
        (void)SetInformationJobObject(handle, JobObjectExtendedLimitInformation, &limits, sizeof limits);
    }
    return handle;
}

/* Append a word in quotes as the C runtime takes them apart: a backslash is special before a quote. */
static void append_word(char *line, size_t size, const char *word)
{
    size_t length = strlen(line), backslashes = 0;

    if (length > 0)
        line[length++] = ' ';
    line[length++] = '"';
    for (; *word != '\0' && length + 2 * backslashes + 4 < size; word++) {
        if (*word == '"')
            for (size_t i = 0; i <= backslashes; i++)
                line[length++] = '\\';
        backslashes = *word == '\\' ? backslashes + 1 : 0;
        line[length++] = *word;
    }
    while (backslashes-- > 0)
        line[length++] = '\\';
    line[length++] = '"';
    line[length] = '\0';
}

/* The pipe ends to inherit, and standard error. */
static bool spawn(const char *const arguments[], HANDLE input, HANDLE output, PROCESS_INFORMATION *information)
{
    char line[4096] = "";
    HANDLE inherited[2] = {input, output};
    SIZE_T size = 0;
    STARTUPINFOEXA startup;

    for (const char *const *word = arguments; *word != NULL; word++)
        append_word(line, sizeof line, *word);
    memset(&startup, 0, sizeof startup);
    startup.StartupInfo.cb = sizeof startup;
    startup.StartupInfo.dwFlags = STARTF_USESTDHANDLES;
    startup.StartupInfo.hStdInput = input;
    startup.StartupInfo.hStdOutput = output;
    startup.StartupInfo.hStdError = GetStdHandle(STD_ERROR_HANDLE);
    (void)InitializeProcThreadAttributeList(NULL, 1, 0, &size);
    startup.lpAttributeList = malloc(size);
    if (startup.lpAttributeList == NULL)
        return false;
    bool started = InitializeProcThreadAttributeList(startup.lpAttributeList, 1, 0, &size) &&
                   UpdateProcThreadAttribute(startup.lpAttributeList, 0, PROC_THREAD_ATTRIBUTE_HANDLE_LIST, inherited,
                                             sizeof inherited, NULL, NULL) &&
                   CreateProcessA(arguments[0], line, NULL, NULL, TRUE, CREATE_SUSPENDED | EXTENDED_STARTUPINFO_PRESENT,
                                  NULL, NULL, &startup.StartupInfo, information);
    DeleteProcThreadAttributeList(startup.lpAttributeList);
    free(startup.lpAttributeList);
    return started;
}

static bool open_pipe(HANDLE *read_end, HANDLE *write_end, HANDLE *inherited)
{
    if (!CreatePipe(read_end, write_end, NULL, 0))
        return false;
    return SetHandleInformation(*inherited, HANDLE_FLAG_INHERIT, HANDLE_FLAG_INHERIT);
}

struct process *process_start(const char *const arguments[])
{
    HANDLE input = NULL, output = NULL;
    PROCESS_INFORMATION information;
    struct process *process = calloc(1, sizeof *process);

    if (process == NULL)
        return NULL;
    bool started = open_pipe(&input, &process->input, &input) && open_pipe(&process->output, &output, &output) &&
                   spawn(arguments, input, output, &information);
    close_end(&input);
    close_end(&output);
    if (!started) {
        close_end(&process->input);
        close_end(&process->output);
        free(process);
        return NULL;
    }
    (void)AssignProcessToJobObject(job(), information.hProcess);
    (void)ResumeThread(information.hThread);
    (void)CloseHandle(information.hThread);
    process->handle = information.hProcess;
    process->id = information.dwProcessId;
    process->next = processes;
    processes = process;
    return process;
}

uint64_t process_id(const struct process *process)
{
    return process->id;
}

/* Read what there is, waiting for it until a point of time. False: its output ended, or time is up. */
static bool read_more(struct process *process, uint64_t until)
{
    for (;;) {
        DWORD ready, got;
        if (!PeekNamedPipe(process->output, NULL, 0, NULL, &ready, NULL))
            return false;
        if (ready > 0) {
            bool done = ReadFile(process->output, process->buffer + process->filled,
                                 (DWORD)(sizeof process->buffer - process->filled), &got, NULL);
            process->filled += done ? got : 0;
            return done && got > 0;
        }
        if (process_milliseconds() >= until)
            return false;
        process_pause();
    }
}

/* The C runtime ends lines with "\r\n". */
bool process_read_line(struct process *process, char *line, size_t size)
{
    uint64_t until = process_milliseconds() + PROCESS_LIMIT;
    char *end;

    while ((end = memchr(process->buffer, '\n', process->filled)) == NULL)
        if (process->filled == sizeof process->buffer || !read_more(process, until))
            return false;
    size_t length = (size_t)(end - process->buffer);
    size_t shown = length > 0 && end[-1] == '\r' ? length - 1 : length;
    (void)snprintf(line, size, "%.*s", (int)shown, process->buffer);
    process->filled -= length + 1;
    memmove(process->buffer, end + 1, process->filled);
    return true;
}

bool process_has_output(struct process *process)
{
    DWORD ready = 0;
    return process->filled > 0 || (PeekNamedPipe(process->output, NULL, 0, NULL, &ready, NULL) && ready > 0);
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
    DWORD done, size = (DWORD)strlen(text);
    return process->input != NULL && WriteFile(process->input, text, size, &done, NULL) && done == size;
}

void process_end_input(struct process *process)
{
    close_end(&process->input);
}

void process_kill(struct process *process)
{
    (void)TerminateProcess(process->handle, KILLED_STATUS);
}

/* ntdll exports these two; there is no documented call for them. */
static void call_on_process(const char *name, HANDLE handle)
{
    typedef LONG(NTAPI * on_process)(HANDLE);
    union {
        FARPROC any;
        on_process call;
    } function;

    function.any = GetProcAddress(GetModuleHandleA("ntdll.dll"), name);
    if (function.any != NULL)
        (void)function.call(handle);
}

void process_suspend(struct process *process)
{
    call_on_process("NtSuspendProcess", process->handle);
}

void process_resume(struct process *process)
{
    call_on_process("NtResumeProcess", process->handle);
}

/* No system call of Windows ends early for want of a signal. */
void process_interrupt(struct process *process)
{
    (void)process;
}

void process_accept_interruptions(void)
{
}

int process_wait(struct process *process)
{
    DWORD status;

    if (WaitForSingleObject(process->handle, PROCESS_LIMIT) != WAIT_OBJECT_0 ||
        !GetExitCodeProcess(process->handle, &status))
        return PROCESS_RUNNING;
    if (status == KILLED_STATUS)
        return PROCESS_KILLED;
    return status >= FIRST_FAULT || status == ABORTED ? PROCESS_CRASHED : (int)status;
}

void process_free(struct process *process)
{
    struct process **link = &processes;

    if (process == NULL)
        return;
    while (*link != process)
        link = &(*link)->next;
    *link = process->next;
    process_kill(process);
    (void)WaitForSingleObject(process->handle, PROCESS_LIMIT);
    (void)CloseHandle(process->handle);
    close_end(&process->input);
    close_end(&process->output);
    free(process);
}

void process_free_all(void)
{
    while (processes != NULL)
        process_free(processes);
}

/* A process that has just ended may still be opened: whether it has ended tells its handle. */
bool process_gone(uint64_t id)
{
    HANDLE handle = OpenProcess(SYNCHRONIZE, FALSE, (DWORD)id);
    if (handle == NULL)
        return GetLastError() == ERROR_INVALID_PARAMETER;
    bool gone = WaitForSingleObject(handle, 0) == WAIT_OBJECT_0;
    (void)CloseHandle(handle);
    return gone;
}

static unsigned count_mappings(void)
{
    unsigned count = 0;
    char *address = NULL;
    MEMORY_BASIC_INFORMATION memory;
    wchar_t file[MAX_PATH];

    while (VirtualQuery(address, &memory, sizeof memory) != 0) {
        count += memory.Type == MEM_MAPPED && memory.AllocationBase == memory.BaseAddress &&
                 GetMappedFileNameW(GetCurrentProcess(), address, file, MAX_PATH) == 0;
        address = (char *)memory.BaseAddress + memory.RegionSize;
    }
    return count;
}

/* Wine 8 has the call that tells, but it tells 0; so each number that may be a handle is tried. The lowest that are free
 * are given first. */
static unsigned count_handles(void)
{
    enum { HANDLES_MAX = 4096 };
    unsigned count = 0;
    DWORD flags;

    for (uintptr_t number = 4; number <= 4 * HANDLES_MAX; number += 4)
        count += GetHandleInformation((HANDLE)number, &flags) != 0;
    return count;
}

struct process_counts process_count(void)
{
    struct process_counts counts;
    JOBOBJECT_BASIC_ACCOUNTING_INFORMATION members;

    (void)job();
    memset(&members, 0, sizeof members);
    (void)QueryInformationJobObject(job(), JobObjectBasicAccountingInformation, &members, sizeof members, NULL);
    counts.handles = count_handles();
    counts.mappings = count_mappings();
    counts.children = members.ActiveProcesses > 0;
    return counts;
}

uint64_t process_own_id(void)
{
    return GetCurrentProcessId();
}

size_t process_page_size(void)
{
    SYSTEM_INFO system;
    GetSystemInfo(&system);
    return system.dwPageSize;
}

uint64_t process_milliseconds(void)
{
    return GetTickCount64();
}

uint64_t process_microseconds(void)
{
    return process_milliseconds() * 1000;
}

void process_pause(void)
{
    Sleep(1);
}

void process_spin(unsigned microseconds)
{
    LARGE_INTEGER frequency, start, now;
    (void)QueryPerformanceFrequency(&frequency);
    (void)QueryPerformanceCounter(&start);
    do
        (void)QueryPerformanceCounter(&now);
    while ((now.QuadPart - start.QuadPart) * 1000000 / frequency.QuadPart < (LONGLONG)microseconds);
}

/* The job sees to it. */
void process_follow_starter(void)
{
    (void)SetErrorMode(SEM_FAILCRITICALERRORS | SEM_NOGPFAULTERRORBOX);
}

void process_end_self(int status)
{
    (void)TerminateProcess(GetCurrentProcess(), (UINT)status);
}

void process_kill_self(void)
{
    process_end_self(1);
}

int64_t process_fork(void)
{
    return -1;
}

void process_wait_for_fork(int64_t child)
{
    (void)child;
}

int process_wait_for_fork_until_limit(int64_t child)
{
    (void)child;
    return PROCESS_RUNNING;
}

int process_kill_fork(int64_t child)
{
    (void)child;
    return PROCESS_RUNNING;
}

void process_replace(const char *const arguments[])
{
    (void)arguments;
}

struct thread {
    HANDLE handle;
    void (*run)(void *argument);
    void *argument;
};

static DWORD WINAPI run_thread(void *context)
{
    struct thread *thread = context;
    thread->run(thread->argument);
    return 0;
}

struct thread *thread_start(void (*run)(void *argument), void *argument)
{
    struct thread *thread = calloc(1, sizeof *thread);
    if (thread == NULL)
        return NULL;
    thread->run = run;
    thread->argument = argument;
    thread->handle = CreateThread(NULL, 0, run_thread, thread, 0, NULL);
    if (thread->handle == NULL) {
        free(thread);
        return NULL;
    }
    return thread;
}

void thread_end_self(void)
{
    ExitThread(0);
}

void thread_join(struct thread *thread)
{
    (void)WaitForSingleObject(thread->handle, INFINITE);
    (void)CloseHandle(thread->handle);
    free(thread);
}
