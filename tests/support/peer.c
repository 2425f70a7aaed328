/* peer.c: the one program that tests start as other processes: peer ROLE [WORD...]. */
#include "peer.h"

#include "churn.h"
#include "process.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const struct {
    const char *name;
    int (*play)(int count, char **words);
} roles[] = {
    {"obey", peer_obey},           {"given", peer_given},     {"inheriting", peer_inheriting},
    {"churn", peer_churn},         {"pass", peer_pass},       {"scribble", peer_scribble},
    {"crowd", peer_crowd},         {"attach", peer_attach},   {"keep", peer_keep},
    {"tidy", peer_tidy},           {"fork", peer_fork_often}, {"soak", peer_soak},
    {"soak_sync", peer_soak_sync}, {"step", peer_step},
};

void peer_say(const char *format, ...)
{
    va_list words;
    va_start(words, format);
    (void)vprintf(format, words);
    va_end(words);
    (void)putchar('\n');
    (void)fflush(stdout);
}

/* SplitMix64, in the public domain. */
uint64_t peer_random(uint64_t *seed)
{
    uint64_t mixed = *seed += UINT64_C(0x9e3779b97f4a7c15);
    mixed = (mixed ^ (mixed >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    mixed = (mixed ^ (mixed >> 27)) * UINT64_C(0x94d049bb133111eb);
    return mixed ^ (mixed >> 31);
}

void peer_fill_pattern(unsigned char *bytes, uint64_t size)
{
    for (uint64_t i = 0; i < size; i++)
        bytes[i] = churn_pattern(i);
}

int peer_holds_pattern(const unsigned char *bytes, uint64_t size)
{
    for (uint64_t i = 0; i < size; i++)
        if (bytes[i] != churn_pattern(i))
            return 0;
    return 1;
}

int main(int count, char **words)
{
    process_follow_starter();
    for (size_t i = 0; count > 1 && i < sizeof roles / sizeof roles[0]; i++)
        if (strcmp(words[1], roles[i].name) == 0)
            return roles[i].play(count - 1, words + 1);
    (void)fprintf(stderr, "usage: peer ROLE [WORD...]; the roles:");
    for (size_t i = 0; i < sizeof roles / sizeof roles[0]; i++)
        (void)fprintf(stderr, " %s", roles[i].name);
    (void)fputc('\n', stderr);
    return 2;
}
