/* foreign.c: a program that shares memory without the library. One command per line of input, one line of answer:
 *
 *   make NATIVE BYTES, attach NATIVE   the object's size; or no
 *   remove NATIVE                      yes or no
 *   other NATIVE                       what else the system calls it, or -
 *   fill BYTE                          ok
 *   holds BYTE                         yes if each byte is that one, and all behind them on the last page are zero
 *   poke OFFSET BYTE, peek OFFSET      ok; the byte */
#include "foreign.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct foreign object;

static void say(const char *format, ...)
{
    va_list words;
    va_start(words, format);
    (void)vprintf(format, words);
    va_end(words);
    (void)putchar('\n');
    (void)fflush(stdout);
}

static bool holds(unsigned char byte)
{
    size_t page = foreign_page_size(), i = 0;
    size_t end = (object.size + page - 1) / page * page;

    while (i < end && object.bytes[i] == (i < object.size ? byte : 0))
        i++;
    return i == end;
}

static void obey(const char *verb, const char *first, const char *second)
{
    char other[64];
    unsigned long number = strtoul(first, NULL, 10);

    if (strcmp(verb, "make") == 0 && foreign_make(first, strtoul(second, NULL, 10), &object))
        say("%lu", (unsigned long)object.size);
    else if (strcmp(verb, "attach") == 0 && foreign_attach(first, &object))
        say("%lu", (unsigned long)object.size);
    else if (strcmp(verb, "remove") == 0 && foreign_remove(first))
        say("yes");
    else if (strcmp(verb, "fill") == 0) {
        memset(object.bytes, (int)number, object.size);
        say("ok");
    } else if (strcmp(verb, "holds") == 0 && holds((unsigned char)number)) {
        say("yes");
    } else if (strcmp(verb, "poke") == 0) {
        ((volatile unsigned char *)object.bytes)[number] = (unsigned char)strtoul(second, NULL, 10);
        say("ok");
    } else if (strcmp(verb, "peek") == 0) {
        say("%d", ((volatile unsigned char *)object.bytes)[number]);
    } else if (strcmp(verb, "other") == 0) {
        foreign_other_name(first, other, sizeof other);
        say("%s", other);
    } else {
        say("no");
    }
}

int main(void)
{
    char line[1024];

    while (fgets(line, sizeof line, stdin) != NULL) {
        char verb[16] = "", first[512] = "", second[32] = "";
        (void)sscanf(line, "%15s %511s %31s", verb, first, second);
        obey(verb, first, second);
    }
    return 0;
}
