/* name.c: the rules for names. */
#include "name.h"

#include "../error.h"

#include <string.h>

/* In ASCII, as all the systems are, and whatever the locale is. */
static bool is_allowed(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9') ||
           byte == '.' || byte == '_' || byte == '-';
}

static size_t bounded_length(const char *name)
{
    size_t length = 0;
    while (length <= ISM_NAME_MAX && name[length] != '\0')
        length++;
    return length;
}

/* How many bytes at its start are allowed; no more than one over ISM_NAME_MAX are looked at. */
static size_t allowed_length(const char *name)
{
    size_t length = 0;
    while (length <= ISM_NAME_MAX && is_allowed(name[length]))
        length++;
    return length;
}

static bool is_dots(const char *name)
{
    return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

bool ism_name_is_valid(const char *name)
{
    size_t length = allowed_length(name);
    return length >= 1 && length <= ISM_NAME_MAX && name[length] == '\0' && !is_dots(name);
}

ism_status ism_name_check(const char *name)
{
    char quote[48];
    if (name == NULL)
        return ism_fail(ISM_E_INVALID, NULL, "the region's name is NULL");
    if (ism_name_is_valid(name))
        return ISM_OK;
    size_t length = bounded_length(name);
    size_t good = allowed_length(name);
    ism_printable(name, length, quote, sizeof quote);
    if (length == 0)
        return ism_fail(ISM_E_NAME, NULL, "the name is empty");
    if (length > ISM_NAME_MAX)
        return ism_fail(ISM_E_NAME, NULL, "the name \"%s...\" has more than %d bytes", quote, ISM_NAME_MAX);
    if (good < length)
        return ism_fail(ISM_E_NAME, NULL, "byte %lu of the name \"%s\" (0x%02x) is none of A-Z a-z 0-9 . _ -",
                        (unsigned long)(good + 1), quote, (unsigned)(unsigned char)name[good]);
    return ism_fail(ISM_E_NAME, NULL, "the name is \"%s\"", quote);
}
