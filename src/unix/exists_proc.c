/* exists_proc.c: is there a living process of that id, by its state in /proc. Without /proc, or where it hides
 * other users' processes, the null signal answers. */
#include "../backend.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The state letter follows the name, which stands in brackets and may hold anything; 0: not known. */
static char state_of(uint64_t id)
{
    char path[64], text[512];
    (void)snprintf(path, sizeof path, "/proc/%" PRIu64 "/stat", id);
    int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    if (descriptor == -1)
        return 0;
    ssize_t length = read(descriptor, text, sizeof text - 1);
    (void)close(descriptor);
    if (length <= 0)
        return 0;
    text[length] = '\0';
    const char *bracket = strrchr(text, ')');
    return bracket != NULL && bracket[1] == ' ' ? bracket[2] : 0;
}

bool ism_process_exists(uint64_t id)
{
    pid_t process = (pid_t)id;
    if (process <= 0 || (uint64_t)process != id || (kill(process, 0) != 0 && errno != EPERM))
        return false;
    char state = state_of(id);
    return state != 'Z' && state != 'X';
}
