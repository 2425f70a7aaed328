/* peer_world.c: commands that concern the process and the system that it sees. They need no region.
 *
 *   id                                the process's id
 *   counts                            how many descriptors and mappings of shared memory it has
 *   die                               nothing; the process is killed by its own hand
 *   contain                           contained, said by a process with an id of its own in a container, which
 *                                     obeys until it ends; then parent. no where that is not possible
 *   confine_objects COUNT, confine_object_size BYTES
 *                                     yes, or no where that is not possible
 *   populated NATIVE                  how many bytes the system has set aside for an object */
#include "native.h"
#include "peer.h"
#include "process.h"

#include <stdlib.h>
#include <string.h>

static void obey_id(char **words)
{
    (void)words;
    peer_say("%llu", (unsigned long long)process_own_id());
}

static void obey_counts(char **words)
{
    (void)words;
    struct process_counts counts = process_count();
    peer_say("%u %u", counts.handles, counts.mappings);
}

static void obey_die(char **words)
{
    (void)words;
    process_kill_self();
}

static void obey_contain(char **words)
{
    (void)words;
    int64_t child = process_fork_contained();
    if (child > 0)
        process_wait_for_fork(child);
    peer_say(child > 0 ? "parent" : child == 0 ? "contained" : "no");
}

static void obey_confine_objects(char **words)
{
    peer_say(native_confine_objects((unsigned)strtoul(words[1], NULL, 10)) ? "yes" : "no");
}

static void obey_confine_object_size(char **words)
{
    peer_say(native_confine_object_size(strtoull(words[1], NULL, 10)) ? "yes" : "no");
}

static void obey_populated(char **words)
{
    peer_say("%llu", (unsigned long long)native_populated(words[1]));
}

static const struct {
    const char *verb;
    int words; /* that it needs, with the verb */
    void (*obey)(char **words);
} commands[] = {
    {"id", 1, obey_id},
    {"counts", 1, obey_counts},
    {"die", 1, obey_die},
    {"contain", 1, obey_contain},
    {"confine_objects", 2, obey_confine_objects},
    {"confine_object_size", 2, obey_confine_object_size},
    {"populated", 2, obey_populated},
};

bool peer_obey_world(int count, char **words)
{
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
        if (strcmp(words[0], commands[i].verb) == 0 && count >= commands[i].words) {
            commands[i].obey(words);
            return true;
        }
    return false;
}
