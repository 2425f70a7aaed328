/* descriptor.c: a program may have been started with standard output or error closed. What it opens next gets that
 * number, and all that it prints would be written into it: into a region, or over the head of the user's file, which
 * then serves no process of the user any more. */
#include "descriptor.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

int ism_descriptor_keep(int descriptor)
{
    if (descriptor == -1 || descriptor > STDERR_FILENO)
        return descriptor;
    int moved = fcntl(descriptor, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    int code = errno;
    (void)close(descriptor);
    errno = code;
    return moved;
}
