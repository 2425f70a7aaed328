/* token.c: writing tokens, and reading what may be none. */
#include "token.h"

#include "name.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define PREFIX "ism"
#define VERSION_DIGITS_MAX 9
#define NAMES_AT 5  /* behind "ism1." */
#define REGION_AT 8 /* behind "ism1.os." */
#define REGION_DIGITS 16
#define NAME_AT (REGION_AT + REGION_DIGITS + 1)
#define CHECKSUM_DIGITS 8
#define LENGTH_MIN (NAME_AT + 1 + 1 + CHECKSUM_DIGITS)
#define LENGTH_MAX (NAME_AT + ISM_NAME_MAX + 1 + CHECKSUM_DIGITS)

_Static_assert(LENGTH_MAX <= ISM_TOKEN_MAX, "every token fits");

static const char digits[] = "0123456789abcdef";

/* CRC-32, as in Ethernet: it never misses one or two wrong bits, nor a run of up to 32. */
static uint32_t checksum_of(const char *text, size_t length)
{
    uint32_t sum = UINT32_MAX;
    for (size_t i = 0; i < length; i++) {
        sum ^= (unsigned char)text[i];
        for (int bit = 0; bit < 8; bit++)
            sum = sum >> 1 ^ (UINT32_C(0xedb88320) & (UINT32_C(0) - (sum & 1)));
    }
    return ~sum;
}

void ism_token_write(const struct ism_token *token, char text[ISM_TOKEN_MAX + 1])
{
    int length = snprintf(text, ISM_TOKEN_MAX + 1, PREFIX "%d.%c%c.%016" PRIx64 ".%s.", ISM_TOKEN_VERSION,
                          token->is_of_all ? 'a' : 'o', token->is_of_machine ? 'm' : 's', token->region, token->name);
    size_t end = (size_t)length;
    (void)snprintf(text + end, ISM_TOKEN_MAX + 1 - end, "%08" PRIx32, checksum_of(text, end));
}

/* Read so many digits, all lower case. */
static bool read_number(const char *text, size_t count, uint64_t *number)
{
    *number = 0;
    for (size_t i = 0; i < count; i++) {
        const char *digit = text[i] != '\0' ? strchr(digits, text[i]) : NULL;
        if (digit == NULL)
            return false;
        *number = *number << 4 | (uint64_t)(digit - digits);
    }
    return true;
}

/* Which version's token does it claim to be? 0: none. */
static unsigned long version_of(const char *text)
{
    unsigned long version = 0;
    size_t start = sizeof PREFIX - 1, at = start;
    if (strncmp(text, PREFIX, start) != 0)
        return 0;
    while (at < start + VERSION_DIGITS_MAX && text[at] >= '0' && text[at] <= '9')
        version = version * 10 + (unsigned long)(text[at++] - '0');
    return text[at] == '.' && text[start] != '0' ? version : 0;
}

static bool is_one_of(char letter, const char *letters)
{
    return letter == letters[0] || letter == letters[1];
}

static bool read_fields(const char *text, size_t length, struct ism_token *token)
{
    uint64_t checksum;
    size_t name_length = length - NAME_AT - 1 - CHECKSUM_DIGITS;
    size_t sum_at = length - CHECKSUM_DIGITS;
    if (!read_number(text + sum_at, CHECKSUM_DIGITS, &checksum) || checksum != checksum_of(text, sum_at) ||
        !read_number(text + REGION_AT, REGION_DIGITS, &token->region) || token->region == 0 ||
        !is_one_of(text[NAMES_AT], "oa") || !is_one_of(text[NAMES_AT + 1], "sm") || text[REGION_AT - 1] != '.' ||
        text[NAME_AT - 1] != '.' || text[sum_at - 1] != '.')
        return false;
    token->is_of_all = text[NAMES_AT] == 'a';
    token->is_of_machine = text[NAMES_AT + 1] == 'm';
    memset(token->name, 0, sizeof token->name);
    memcpy(token->name, text + NAME_AT, name_length);
    return ism_name_is_valid(token->name);
}

ism_status ism_token_read(const char *text, struct ism_token *out)
{
    struct ism_token token;
    unsigned long version = version_of(text);
    if (version != 0 && version != ISM_TOKEN_VERSION)
        return ISM_E_VERSION;
    size_t length = 0;
    while (length <= LENGTH_MAX && text[length] != '\0')
        length++;
    if (version == 0 || length < LENGTH_MIN || length > LENGTH_MAX || !read_fields(text, length, &token))
        return ISM_E_TOKEN;
    *out = token;
    return ISM_OK;
}
