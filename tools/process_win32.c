/* process_win32.c: processes by CreateProcess, with a list of the handles that the child inherits: its
 * two pipe ends and standard error. Without the list it would inherit the ends of its siblings too,
 * and no pipe would ever end. A child sees from the end of its input that this process has gone; but
 * one that was being created when this process was killed stays suspended for ever. A job that ends
 * with this process takes it away too. */
#include "lines.h"
#include "process.h"

#include <windows.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KILLED_STATUS 0x4b494c4cu /* what process_kill() gives a process as its exit status */
#define PROGRAM_SIZE 32768        /* no path is longer */

struct process {
    HANDLE handle;
    DWORD id;
    HANDLE input; /* our ends */
    HANDLE output;
    struct lines lines; /* read and not handed out */
};

static volatile LONG interrupted;

/* The system knows it. */
void process_remember_program(const char *called_as)
{
    (void)called_as;
}

void process_program_folder(char *folder, size_t size)
{
    DWORD length = GetModuleFileNameA(NULL, folder, (DWORD)size);
    char *slash;

    if (length == 0 || length == size)
        folder[0] = '\0';
    slash = strrchr(folder, '\\');
    if (slash != NULL)
        *slash = '\0';
}

uint64_t process_own_id(void)
{
    return GetCurrentProcessId();
}

/* The arguments consist of letters, digits and signs that need no quotes. */
static bool compose_line(wchar_t *line, size_t size, const char *const arguments[])
{
    size_t length = (size_t)swprintf(line, size, L"isthmus");

    for (; *arguments != NULL; arguments++) {
        if (length + strlen(*arguments) + 2 > size)
            return false;
        line[length++] = L' ';
        for (const char *at = *arguments; *at != '\0'; at++)
            line[length++] = (wchar_t)(unsigned char)*at;
    }
    line[length] = L'\0';
    return true;
}

static bool create(const wchar_t *program, const char *const arguments[], STARTUPINFOEXW *startup,
                   PROCESS_INFORMATION *created)
{
    HANDLE inherited[3] = {startup->StartupInfo.hStdInput, startup->StartupInfo.hStdOutput,
                           startup->StartupInfo.hStdError};
    DWORD flags;
    size_t count = GetHandleInformation(inherited[2], &flags) && (flags & HANDLE_FLAG_INHERIT) ? 3 : 2;
    wchar_t line[1024];

    return compose_line(line, sizeof line / sizeof line[0], arguments) &&
           UpdateProcThreadAttribute(startup->lpAttributeList, 0, PROC_THREAD_ATTRIBUTE_HANDLE_LIST, inherited,
                                     count * sizeof inherited[0], NULL, NULL) &&
           CreateProcessW(program, line, NULL, NULL, TRUE, EXTENDED_STARTUPINFO_PRESENT, NULL, NULL,
                          &startup->StartupInfo, created);
}

static bool spawn(const char *const arguments[], HANDLE input, HANDLE output, PROCESS_INFORMATION *created)
{
    STARTUPINFOEXW startup;
    SIZE_T size = 0;
    wchar_t *program = malloc(PROGRAM_SIZE * sizeof *program);
    bool done = false;

    memset(&startup, 0, sizeof startup);
    startup.StartupInfo.cb = sizeof startup;
    startup.StartupInfo.dwFlags = STARTF_USESTDHANDLES;
    startup.StartupInfo.hStdInput = input;
    startup.StartupInfo.hStdOutput = output;
    startup.StartupInfo.hStdError = GetStdHandle(STD_ERROR_HANDLE);
    (void)InitializeProcThreadAttributeList(NULL, 1, 0, &size);
    startup.lpAttributeList = malloc(size);
    if (program != NULL && startup.lpAttributeList != NULL && GetModuleFileNameW(NULL, program, PROGRAM_SIZE) != 0 &&
        InitializeProcThreadAttributeList(startup.lpAttributeList, 1, 0, &size)) {
        done = create(program, arguments, &startup, created);
        DeleteProcThreadAttributeList(startup.lpAttributeList);
    }
    free(startup.lpAttributeList);
    free(program);
    return done;
}

static void close_if_open(HANDLE handle)
{
    if (handle != NULL)
        (void)CloseHandle(handle);
}

static bool start(struct process *process, const char *const arguments[])
{
    HANDLE input = NULL, output = NULL;
    PROCESS_INFORMATION created;

    bool done = CreatePipe(&input, &process->input, NULL, 0) && CreatePipe(&process->output, &output, NULL, 65536) &&
                SetHandleInformation(input, HANDLE_FLAG_INHERIT, HANDLE_FLAG_INHERIT) &&
                SetHandleInformation(output, HANDLE_FLAG_INHERIT, HANDLE_FLAG_INHERIT) &&
                spawn(arguments, input, output, &created);
    DWORD code = GetLastError();
    close_if_open(input);
    close_if_open(output);
    if (!done) {
        close_if_open(process->input);
        close_if_open(process->output);
        SetLastError(code);
        return false;
    }
    (void)CloseHandle(created.hThread);
    process->handle = created.hProcess;
    process->id = created.dwProcessId;
    return true;
}

/* The job's only handle is never closed, so the system does so when this process ends. Children are
 * born into their parent's job. */
static void take_children_along(void)
{
    static HANDLE job;
    JOBOBJECT_EXTENDED_LIMIT_INFORMATION limits;

    if (job != NULL || (job = CreateJobObjectW(NULL, NULL)) == NULL)
        return;
    memset(&limits, 0, sizeof limits);
    limits.BasicLimitInformation.LimitFlags = JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE;
    (void)SetInformationJobObject(job, JobObjectExtendedLimitInformation, &limits, sizeof limits);
    (void)AssignProcessToJobObject(job, GetCurrentProcess());
}

struct process *process_start(const char *const arguments[], const char **reason)
{
    static char text[64];
    struct process *process = calloc(1, sizeof *process);

    if (process == NULL) {
        *reason = "out of memory";
        return NULL;
    }
    take_children_along();
    if (!start(process, arguments)) {
        (void)snprintf(text, sizeof text, "CreateProcess, %lu", GetLastError());
        *reason = text;
        free(process);
        return NULL;
    }
    return process;
}

uint64_t process_id(const struct process *process)
{
    return process->id;
}

bool process_read_line(struct process *process, char *line, size_t size)
{
    struct lines *lines = &process->lines;

    while (!lines_take(lines, line, size)) {
        DWORD got = 0;
        if (interrupted != 0 || !ReadFile(process->output, lines->bytes + lines->filled,
                                          (DWORD)(LINES_CAPACITY - lines->filled), &got, NULL))
            return false;
        lines->filled += got;
    }
    return true;
}

void process_write_line(struct process *process, const char *line)
{
    DWORD written;

    if (WriteFile(process->input, line, (DWORD)strlen(line), &written, NULL))
        (void)WriteFile(process->input, "\n", 1, &written, NULL);
}

void process_kill(struct process *process)
{
    (void)TerminateProcess(process->handle, KILLED_STATUS);
}

int process_wait(struct process *process)
{
    DWORD status = KILLED_STATUS;

    if (process == NULL)
        return -1;
    (void)CloseHandle(process->input);
    (void)CloseHandle(process->output);
    (void)WaitForSingleObject(process->handle, INFINITE);
    (void)GetExitCodeProcess(process->handle, &status);
    (void)CloseHandle(process->handle);
    free(process);
    return status == KILLED_STATUS ? -1 : (int)status;
}

void process_pause(unsigned milliseconds)
{
    Sleep(milliseconds);
}

/* Runs in a thread of its own. The workers have no such handler and end, which ends our reading. */
static BOOL WINAPI note_interrupt(DWORD event)
{
    (void)event;
    (void)InterlockedExchange(&interrupted, 1);
    return TRUE;
}

void process_catch_interrupts(void)
{
    (void)SetConsoleCtrlHandler(note_interrupt, TRUE);
}

bool process_interrupted(void)
{
    return interrupted != 0;
}

void process_end_interrupted(void)
{
    ExitProcess((UINT)STATUS_CONTROL_C_EXIT);
}

/* A console shows the bytes in a code page of its own, whatever else the environment says. */
bool process_output_is_utf8(void)
{
    return false;
}
