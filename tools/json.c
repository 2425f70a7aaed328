/* json.c: strings of any bytes as valid JSON. */
#include "json.h"

#include <stdbool.h>
#include <stddef.h>

/* How many bytes the UTF-8 character at text has; 0: there is none. Overlong forms, surrogates and
 * what is above U+10FFFF are none. The terminating zero is no continuation byte, so nothing is read
 * past it. */
static size_t utf8_length(const unsigned char *text)
{
    unsigned char first = text[0], lowest = 0x80, highest = 0xbf;
    size_t length = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;

    if (first < 0x80)
        return 1;
    if (first < 0xc2 || first > 0xf4)
        return 0;
    if (first == 0xe0)
        lowest = 0xa0;
    if (first == 0xed)
        highest = 0x9f;
    if (first == 0xf0)
        lowest = 0x90;
    if (first == 0xf4)
        highest = 0x8f;
    if (text[1] < lowest || text[1] > highest)
        return 0;
    for (size_t i = 2; i < length; i++)
        if (text[i] < 0x80 || text[i] > 0xbf)
            return 0;
    return length;
}

void json_string(FILE *out, const char *text)
{
    const unsigned char *at = (const unsigned char *)text;

    (void)fputc('"', out);
    while (*at != '\0') {
        size_t length = utf8_length(at);
        if (length == 0)
            (void)fputs("\\ufffd", out);
        else if (*at < 0x20 || *at == 0x7f)
            (void)fprintf(out, "\\u%04x", (unsigned)*at);
        else if (*at == '"' || *at == '\\')
            (void)fprintf(out, "\\%c", *at);
        else
            (void)fwrite(at, 1, length, out);
        at += length > 0 ? length : 1;
    }
    (void)fputc('"', out);
}

void json_string_or_null(FILE *out, const char *text)
{
    if (*text == '\0')
        (void)fputs("null", out);
    else
        json_string(out, text);
}
