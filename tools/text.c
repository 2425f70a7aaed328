/* text.c: numbers as people read them. */
#include "tool.h"

#include <inttypes.h>
#include <stdio.h>

const char *text_count(uint64_t count, char text[TEXT_SHORT])
{
    char digits[TEXT_SHORT];
    int length = snprintf(digits, sizeof digits, "%" PRIu64, count);
    size_t out = 0;

    for (int i = 0; i < length; i++) {
        if (i > 0 && (length - i) % 3 == 0)
            text[out++] = ',';
        text[out++] = digits[i];
    }
    text[out] = '\0';
    return text;
}

const char *text_size(uint64_t bytes, char text[TEXT_SHORT])
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    double size = (double)bytes;
    unsigned unit = 0;

    while (size >= 1023.5) {
        size /= 1024;
        unit++;
    }
    (void)snprintf(text, TEXT_SHORT, "%.*f %s", unit > 0 && size < 9.95 ? 1 : 0, size, units[unit]);
    return text;
}

const char *text_shape(const ism_array_layout *layout, char text[TEXT_SHAPE])
{
    size_t length = 0;

    (void)snprintf(text, TEXT_SHAPE, "one element");
    for (uint32_t i = 0; i < layout->dimensions; i++)
        length +=
            (size_t)snprintf(text + length, TEXT_SHAPE - length, "%s%" PRIu64, i > 0 ? " x " : "", layout->shape[i]);
    if (layout->dimensions == 1)
        (void)snprintf(text + length, TEXT_SHAPE - length, " element%s", layout->shape[0] == 1 ? "" : "s");
    return text;
}

const char *text_name(const ism_region_info *info, char text[ISM_NATIVE_NAME_MAX + 1])
{
    (void)snprintf(text, ISM_NATIVE_NAME_MAX + 1, "%s", info->name[0] != '\0' ? info->name : info->native_name);
    for (char *at = text; *at != '\0'; at++)
        if (*at < ' ' || *at > '~')
            *at = '?';
    return text;
}
