/* ask.c: see ask.h. A peer that does not answer in time fails the test; leftovers_end() kills it. */
#include "suite.h"

#include <stdlib.h>

#define WORDS 8
#define ANSWERS 8

struct process *peer_start(const char *role, ...)
{
    const char *arguments[WORDS + 3] = {getenv("ISTHMUS_PEER"), role};
    va_list words;
    size_t count = 2;

    if (arguments[0] == NULL)
        fail_msg("%s must name the peer program", "ISTHMUS_PEER");
    va_start(words, role);
    while (count < WORDS + 2 && (arguments[count] = va_arg(words, const char *)) != NULL)
        count++;
    va_end(words);
    struct process *peer = process_start(arguments);
    if (peer == NULL)
        fail_msg("could not start \"%s %s\"", arguments[0], role);
    return peer;
}

struct process *peer_obeying(void)
{
    return peer_start("obey", NULL);
}

struct process *foreign_start(void)
{
    const char *arguments[] = {getenv("ISTHMUS_FOREIGN"), NULL};
    struct process *foreign = arguments[0] != NULL ? process_start(arguments) : NULL;
    if (foreign == NULL)
        fail_msg("%s must name a program that starts", "ISTHMUS_FOREIGN");
    return foreign;
}

static void tell_words(struct process *peer, const char *format, va_list words)
{
    char line[1024];
    int length = vsnprintf(line, sizeof line - 1, format, words);
    assert_in_range(length, 1, sizeof line - 2);
    line[length] = '\n';
    line[length + 1] = '\0';
    if (!process_write(peer, line))
        fail_msg("the peer does not listen to: %s", line);
}

void tell(struct process *peer, const char *format, ...)
{
    va_list words;
    va_start(words, format);
    tell_words(peer, format, words);
    va_end(words);
}

const char *answer(struct process *peer)
{
    static char lines[ANSWERS][1024];
    static size_t used;
    char *line = lines[used++ % ANSWERS];

    if (!process_read_line(peer, line, sizeof lines[0]))
        fail_msg("peer %llu did not answer", (unsigned long long)process_id(peer));
    return line;
}

const char *ask(struct process *peer, const char *format, ...)
{
    va_list words;
    va_start(words, format);
    tell_words(peer, format, words);
    va_end(words);
    return answer(peer);
}

void dismiss(struct process *peer)
{
    process_end_input(peer);
    assert_int_equal(process_wait(peer), 0);
    process_free(peer);
}

void kill_and_wait(struct process *peer)
{
    process_kill(peer);
    assert_int_equal(process_wait(peer), PROCESS_KILLED);
}

struct process *hold_at_start(const char *name, const char *part)
{
    struct process *peer = peer_start("pass", name, part, NULL);
    assert_answer(answer(peer), "ready");
    assert_true(process_trace(peer, "go\n"));
    return peer;
}

void await_waiter(const ism_mutex *mutex, const ism_mutex *as_owned)
{
    const volatile ism_mutex *now = mutex;
    uint64_t until = process_milliseconds() + PROCESS_LIMIT;

    while (now->opaque[0] == as_owned->opaque[0] && now->opaque[1] == as_owned->opaque[1]) {
        assert_true(process_milliseconds() < until);
        process_pause();
    }
}
