/* main.c: the `isthmus` program: takes the command line apart and runs a command.
 *
 * Options may stand anywhere behind the command, "--" ends them. A wrong command line is exit
 * status 2, whatever else goes wrong 1; both are told on standard error. */
#include "process.h"
#include "tool.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TAKES_JSON 0x1u
#define TAKES_WORKERS 0x2u
#define DEFAULT_WORKERS 4
#define USAGE_ERROR 2

struct command {
    const char *name;
    int (*run)(const struct request *request);
    int operands_min;
    int operands_max; /* -1: any number */
    unsigned options;
    const char *arguments;
    const char *summary; /* NULL: for the program's own use */
    const char *help;
};

static const struct command commands[] = {
    {"demo", command_demo, 0, 1, TAKES_WORKERS, "[FILE.npy] [--workers N]",
     "several processes work on one shared array, and one is killed",
     "Loads an .npy file (without one, a photograph that comes with isthmus) into shared\n"
     "memory and starts N workers, 1 to 64, 4 by default. Each stretches the contrast of its\n"
     "part in place and adds up a shared histogram. One is killed while it holds the lock;\n"
     "another mends the histogram and does the rest of its part. The outcome is compared with\n"
     "what one process alone computes, and nothing is left behind.\n"
     "\n"
     "All data types will do. Of complex numbers the real part counts; infinities and NaNs are\n"
     "counted apart and left as they are.\n"},
    {"ls", command_ls, 0, 0, TAKES_JSON, "[--json]", "list your regions",
     "Shows each region of yours, stale ones included. ATTACHED is how many processes are\n"
     "known to have it. Says nothing if there are none.\n"},
    {"stat", command_stat, 1, 1, TAKES_JSON, "NAME [--json]", "show all that is known of a region",
     "Shows a region without opening it for longer than it takes to see whether it is an array.\n"},
    {"rm", command_rm, 1, -1, 0, "NAME...", "remove regions",
     "The names are free at once; processes that have the regions keep their memory.\n"},
    {"tidy", command_tidy, 0, 0, 0, "", "free what killed processes left behind",
     "Frees regions that no living process has, except persistent ones, and tells which.\n"},
    {"load", command_load, 2, 2, 0, "FILE.npy NAME", "make an array from an .npy file",
     "The array is persistent: it stays until it is removed or the machine restarts.\n"},
    {"save", command_save, 2, 2, 0, "NAME FILE.npy", "write an array to an .npy file",
     "The file is whole or not there. No lock is taken: elements that a process changes\n"
     "meanwhile may be saved as they were before or after.\n"},
    {"worker", command_worker, 4, 4, 0, "", NULL, NULL},
};

#define COMMAND_COUNT (sizeof commands / sizeof commands[0])

static void print_error(const char *format, va_list arguments)
{
    (void)fflush(stdout);
    (void)fputs("isthmus: ", stderr);
    (void)vfprintf(stderr, format, arguments);
    (void)fputc('\n', stderr);
}

int tool_error(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    print_error(format, arguments);
    va_end(arguments);
    return 1;
}

int tool_fail(void)
{
    return tool_error("%s", ism_error_last()->message);
}

static void print_usage(FILE *out, const struct command *command)
{
    const char *gap = command->arguments[0] != '\0' ? " " : "";
    (void)fprintf(out, "Usage: isthmus %s%s%s\n", command->name, gap, command->arguments);
}

static int usage_error(const struct command *command, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    print_error(format, arguments);
    va_end(arguments);
    if (command != NULL && command->summary != NULL)
        print_usage(stderr, command);
    else
        (void)fprintf(stderr, "Try \"isthmus --help\".\n");
    return USAGE_ERROR;
}

static int print_help(void)
{
    (void)printf("Usage: isthmus COMMAND [ARGUMENT...]\n"
                 "Share memory among processes, safe under kill -9.\n\n");
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        if (commands[i].summary != NULL)
            (void)printf("  %-4s %-24s  %s\n", commands[i].name, commands[i].arguments, commands[i].summary);
    (void)printf("\n  --help     this, or more about a command\n"
                 "  --version  the library's version\n\n"
                 "Exit status: 0, 1 if something went wrong, 2 if the command line is wrong.\n");
    return 0;
}

static int print_command_help(const struct command *command)
{
    print_usage(stdout, command);
    if (command->help != NULL)
        (void)printf("\n%s", command->help);
    return 0;
}

static int print_version(void)
{
    (void)printf("isthmus %s\n", ISM_VERSION);
    return 0;
}

static const struct command *find_command(const char *name)
{
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        if (strcmp(commands[i].name, name) == 0)
            return &commands[i];
    return NULL;
}

static bool parse_workers(const char *text, unsigned *out)
{
    char *end;
    unsigned long value;

    if (*text < '0' || *text > '9')
        return false;
    value = strtoul(text, &end, 10);
    *out = (unsigned)value;
    return *end == '\0' && value >= 1 && value <= TOOL_WORKERS_MAX;
}

/* Parse the value of --workers, behind "=" or in the next argument. Returns how many arguments it
 * took. */
static int take_workers(int count, char **arguments, struct request *request)
{
    const char *name = "--workers";
    size_t length = strlen(name);
    const char *value = arguments[0] + length;
    int taken = 1;

    if (strncmp(arguments[0], name, length) != 0 || (*value != '\0' && *value != '='))
        return 0;
    if (*value == '=')
        value++;
    else if (count > 1)
        value = arguments[taken++];
    if (!parse_workers(value, &request->workers))
        request->workers = 0;
    return taken;
}

/* Move the operands to the front of the arguments and note the options. Returns -1, or the exit
 * status if there is nothing more to do. */
static int parse(const struct command *command, int count, char **arguments, struct request *request)
{
    bool options_ended = false;
    int taken;

    request->operands = arguments;
    for (int i = 0; i < count; i++) {
        char *argument = arguments[i];
        if (options_ended || argument[0] != '-' || argument[1] == '\0') {
            request->operands[request->operand_count++] = argument;
        } else if (strcmp(argument, "--") == 0) {
            options_ended = true;
        } else if (strcmp(argument, "--help") == 0) {
            return print_command_help(command);
        } else if (strcmp(argument, "--version") == 0) {
            return print_version();
        } else if ((command->options & TAKES_JSON) != 0 && strcmp(argument, "--json") == 0) {
            request->json = true;
        } else if ((command->options & TAKES_WORKERS) != 0 &&
                   (taken = take_workers(count - i, arguments + i, request)) > 0) {
            i += taken - 1;
            if (request->workers == 0)
                return usage_error(command, "--workers takes a number from 1 to %d", TOOL_WORKERS_MAX);
        } else {
            return usage_error(command, "unknown option \"%s\"", argument);
        }
    }
    if (request->operand_count < command->operands_min)
        return usage_error(command, "\"%s\" needs more arguments", command->name);
    if (command->operands_max >= 0 && request->operand_count > command->operands_max)
        return usage_error(command, "too many arguments: \"%s\"", request->operands[command->operands_max]);
    return -1;
}

static int run(int count, char **arguments)
{
    struct request request = {false, DEFAULT_WORKERS, 0, NULL};
    const struct command *command;
    int result;

    if (count < 2)
        return usage_error(NULL, "a command is missing");
    if (strcmp(arguments[1], "--help") == 0)
        return print_help();
    if (strcmp(arguments[1], "--version") == 0)
        return print_version();
    command = find_command(arguments[1]);
    if (command == NULL)
        return usage_error(NULL, "unknown command \"%s\"", arguments[1]);
    result = parse(command, count - 2, arguments + 2, &request);
    return result >= 0 ? result : command->run(&request);
}

int main(int count, char **arguments)
{
    int result;

    process_remember_program(arguments[0]);
    result = run(count, arguments);
    if ((fflush(stdout) != 0 || ferror(stdout)) && result == 0)
        result = tool_error("could not write to standard output");
    return result;
}
