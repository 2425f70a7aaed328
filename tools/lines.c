/* lines.c: lines end with "\n", or with "\r\n" as C programs write them on Windows. */
#include "lines.h"

#include <string.h>

bool lines_take(struct lines *lines, char *line, size_t size)
{
    const char *end = memchr(lines->bytes, '\n', lines->filled);
    size_t length = end != NULL ? (size_t)(end - lines->bytes) : lines->filled;

    if (end == NULL && length < LINES_CAPACITY)
        return false;
    size_t used = end != NULL ? length + 1 : length;
    if (length > 0 && lines->bytes[length - 1] == '\r')
        length--;
    if (length >= size)
        length = size - 1;
    memcpy(line, lines->bytes, length);
    line[length] = '\0';
    lines->filled -= used;
    memmove(lines->bytes, lines->bytes + used, lines->filled);
    return true;
}
