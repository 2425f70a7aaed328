/* name.c: the rules for names. */
#include "name.h"

#include "../error.h"

#include <string.h>

static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";

ism_status ism_name_check(const char *name)
{
    if (name == NULL)
        return ism_fail(ISM_E_INVALID, NULL, "the region's name is NULL");
    size_t length = 0;
    while (length <= ISM_NAME_MAX && name[length] != '\0')
        length++;
    if (length == 0)
        return ism_fail(ISM_E_NAME, NULL, "the name is empty");
    if (length > ISM_NAME_MAX)
        return ism_fail(ISM_E_NAME, NULL, "the name \"%.20s...\" has more than %d bytes", name,
                        ISM_NAME_MAX);
    size_t good = strspn(name, allowed);
    if (good < length)
        return ism_fail(ISM_E_NAME, NULL,
                        "byte %zu of the name (0x%02x) is none of A-Z a-z 0-9 . _ -", good + 1,
                        (unsigned)(unsigned char)name[good]);
    if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
        return ism_fail(ISM_E_NAME, NULL, "the name is \"%s\"", name);
    return ISM_OK;
}
