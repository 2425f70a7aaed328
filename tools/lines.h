/* lines.h: lines out of a stream of bytes that comes in pieces. */
#ifndef ISTHMUS_TOOL_LINES_H
#define ISTHMUS_TOOL_LINES_H

#include <stdbool.h>
#include <stddef.h>

#define LINES_CAPACITY 1024

/* Zeroed it is empty. More bytes go behind those that are there, and are added to filled. */
struct lines {
    size_t filled;
    char bytes[LINES_CAPACITY];
};

/* Take the first line out, without its end, cut to size. A full buffer counts as a line. False:
 * there is no whole line yet. */
bool lines_take(struct lines *lines, char *line, size_t size);

#endif
