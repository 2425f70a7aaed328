/* json.h: the little of JSON that the tool writes. */
#ifndef ISTHMUS_TOOL_JSON_H
#define ISTHMUS_TOOL_JSON_H

#include <stdio.h>

/* Write a string in quotes. What is not UTF-8 in it becomes U+FFFD, since JSON can't hold it. */
void json_string(FILE *out, const char *text);

/* The same, but null for an empty string. */
void json_string_or_null(FILE *out, const char *text);

#endif
