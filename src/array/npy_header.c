/* npy_header.c: writes and parses NPY headers: magic, version, length, then a Python dictionary
 *
 *     {'descr': '<f8', 'fortran_order': False, 'shape': (3, 4), }
 *
 * padded with spaces and a newline. What is written equals numpy.save() of NumPy 1.24 and later
 * byte for byte. What is parsed is what any writer may legally say of a plain array: keys in any
 * order, either quote, any white space, trailing commas, Python 2's 3L, native byte order left out.
 * Not understood: the rest of Python's literals (escapes, comments, 0x10, 1_000), which nobody
 * writes.
 *
 * The parser is one pass over memory that nobody else writes to: no recursion, no allocation. */
#include "npy_header.h"

#include "../atomics.h"
#include "../error.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define MAGIC "\x93NUMPY"
#define MAGIC_SIZE 6
#define VERSION_1_PREFIX 10 /* magic, version, 16 bits of length */
#define VERSION_2_PREFIX 12 /* magic, version, 32 bits of length */

static const char own_order = ISM_LITTLE_ENDIAN ? '<' : '>';

/* ---- writing ---- */

/* NumPy leaves room for the dimension that can grow to become 21 digits long. */
static size_t growth_room(const ism_array_layout *layout)
{
    if (layout->dimensions == 0)
        return 0;
    uint32_t last = layout->dimensions - 1;
    uint64_t extent = layout->shape[layout->order == ISM_ORDER_FORTRAN ? last : 0];
    size_t room = 20;
    for (; extent >= 10; extent /= 10)
        room--;
    return room;
}

static size_t append(char *text, size_t length, const char *more)
{
    size_t size = strlen(more);
    memcpy(text + length, more, size);
    return length + size;
}

/* Writes the dictionary and returns its length, at most 60 bytes and 22 more for each dimension. */
static size_t write_dictionary(const ism_array_layout *layout, char *text)
{
    char word[32];
    size_t length = append(text, 0, "{'descr': '");
    char order = ism_dtype_size(layout->dtype) == 1 ? '|' : own_order;
    (void)snprintf(word, sizeof word, "%c%s", order, ism_dtype_code(layout->dtype));
    length = append(text, length, word);
    length = append(text, length, "', 'fortran_order': ");
    length = append(text, length, layout->order == ISM_ORDER_FORTRAN ? "True" : "False");
    length = append(text, length, ", 'shape': (");
    for (uint32_t i = 0; i < layout->dimensions; i++) {
        (void)snprintf(word, sizeof word, "%s%" PRIu64, i == 0 ? "" : ", ", layout->shape[i]);
        length = append(text, length, word);
    }
    return append(text, length, layout->dimensions == 1 ? ",), }" : "), }");
}

size_t ism_npy_write(const ism_array_layout *layout, unsigned char bytes[ISM_NPY_WRITTEN_MAX])
{
    char *text = (char *)bytes + VERSION_1_PREFIX;
    size_t dictionary = write_dictionary(layout, text);
    size_t used = VERSION_1_PREFIX + dictionary + growth_room(layout) + 1;
    /* A header that would need no padding gets another 64 bytes of it from NumPy. */
    size_t length = (used / ISM_NPY_ALIGNMENT + 1) * ISM_NPY_ALIGNMENT;
    size_t rest = length - VERSION_1_PREFIX;

    memset(text + dictionary, ' ', rest - dictionary - 1);
    text[rest - 1] = '\n';
    memcpy(bytes, MAGIC "\x01", MAGIC_SIZE + 2);
    bytes[8] = (unsigned char)(rest & 0xff);
    bytes[9] = (unsigned char)(rest >> 8);
    return length;
}

/* ---- parsing ---- */

ism_status ism_npy_length(const unsigned char *bytes, size_t available, size_t limit, const char *subject,
                          size_t *length)
{
    size_t seen = available < MAGIC_SIZE ? available : MAGIC_SIZE;
    if (memcmp(bytes, MAGIC, seen) != 0)
        return ism_fail(ISM_E_FORMAT, NULL, "%s does not begin with an NPY header", subject);
    if (available < ISM_NPY_PREFIX)
        return ism_fail(ISM_E_TRUNCATED, NULL, "%s ends after %u bytes, within its header", subject,
                        (unsigned)available);

    unsigned major = bytes[6], minor = bytes[7];
    if ((major != 1 && major != 2) || minor != 0)
        return ism_fail(ISM_E_VERSION, NULL, "%s has an NPY header of version %u.%u, not 1.0 or 2.0", subject, major,
                        minor);
    uint64_t whole = (uint64_t)bytes[8] | (uint64_t)bytes[9] << 8;
    if (major == 1)
        whole += VERSION_1_PREFIX;
    else
        whole += ((uint64_t)bytes[10] << 16 | (uint64_t)bytes[11] << 24) + VERSION_2_PREFIX;
    if (whole <= ISM_NPY_PREFIX || whole > limit)
        return ism_fail(ISM_E_FORMAT, NULL, "%s claims a header of %" PRIu64 " bytes", subject, whole);
    *length = (size_t)whole;
    return ISM_OK;
}

struct parser {
    const char *subject;
    const char *begin; /* of the header, to say where something is */
    const char *at;
    const char *end;
    ism_array_layout layout;
};

/* Bytes of the header that a message quotes. */
#define QUOTE_MAX 48

/* How many bytes of the header are left, its padding aside. */
static size_t rest(const struct parser *parser)
{
    const char *end = parser->end;
    while (end > parser->at && (end[-1] == ' ' || end[-1] == '\n'))
        end--;
    return (size_t)(end - parser->at);
}

static ism_status malformed(const struct parser *parser, const char *wanted)
{
    char quote[QUOTE_MAX];
    ism_printable(parser->at, rest(parser), quote, sizeof quote);
    return ism_fail(ISM_E_FORMAT, NULL, "%s lacks %s at byte %u of its header, before \"%s\"", parser->subject, wanted,
                    (unsigned)(parser->at - parser->begin), quote);
}

static void skip_space(struct parser *parser)
{
    while (parser->at < parser->end && *parser->at != '\0' && strchr(" \t\r\n\f", *parser->at))
        parser->at++;
}

/* Is this the next byte, white space aside? Then it is taken. */
static bool take(struct parser *parser, char byte)
{
    skip_space(parser);
    if (parser->at == parser->end || *parser->at != byte)
        return false;
    parser->at++;
    return true;
}

static bool take_word(struct parser *parser, const char *word)
{
    skip_space(parser);
    size_t length = strlen(word);
    if ((size_t)(parser->end - parser->at) < length || memcmp(parser->at, word, length) != 0)
        return false;
    parser->at += length;
    return true;
}

static bool take_string(struct parser *parser, const char **text, size_t *length)
{
    skip_space(parser);
    if (parser->at == parser->end || (*parser->at != '\'' && *parser->at != '"'))
        return false;
    const char *first = parser->at + 1;
    const char *last = memchr(first, *parser->at, (size_t)(parser->end - first));
    if (last == NULL)
        return false;
    *text = first;
    *length = (size_t)(last - first);
    parser->at = last + 1;
    return true;
}

static ism_status unknown_dtype(const struct parser *parser, const char *text, size_t length)
{
    char quote[QUOTE_MAX];
    ism_printable(text, length, quote, sizeof quote);
    return ism_fail(ISM_E_DTYPE, NULL, "%s has elements of type \"%s\"", parser->subject, quote);
}

/* A structured type is a list, and Python objects are '|O'. */
static ism_status parse_descr(struct parser *parser)
{
    const char *text;
    size_t length;
    if (!take_string(parser, &text, &length))
        return unknown_dtype(parser, parser->at, rest(parser));

    bool ordered = length > 0 && memchr("<>=|", text[0], 4) != NULL;
    char order = ordered ? text[0] : '=';
    ism_dtype *dtype = &parser->layout.dtype;
    if (!ism_dtype_from_code(text + ordered, length - ordered, dtype))
        return unknown_dtype(parser, text, length);
    if (ism_dtype_size(*dtype) == 1 || order == '=' || order == own_order)
        return ISM_OK;
    if (order == '|')
        return unknown_dtype(parser, text, length);
    return ism_fail(ISM_E_BYTE_ORDER, NULL, "%s has elements of type \"%c%s\"", parser->subject, order,
                    ism_dtype_code(*dtype));
}

static ism_status parse_fortran_order(struct parser *parser)
{
    if (take_word(parser, "False"))
        parser->layout.order = ISM_ORDER_C;
    else if (take_word(parser, "True"))
        parser->layout.order = ISM_ORDER_FORTRAN;
    else
        return malformed(parser, "True or False");
    return ISM_OK;
}

static bool at_digit(const struct parser *parser)
{
    return parser->at < parser->end && *parser->at >= '0' && *parser->at <= '9';
}

static ism_status parse_extent(struct parser *parser, uint64_t *out)
{
    skip_space(parser);
    const char *first = parser->at;
    if (take(parser, '-') && at_digit(parser))
        return ism_fail(ISM_E_SHAPE, NULL, "%s has a negative dimension", parser->subject);
    parser->at = first;
    if (!at_digit(parser))
        return malformed(parser, "a number");

    uint64_t extent = 0;
    for (; at_digit(parser); parser->at++) {
        uint64_t digit = (uint64_t)(*parser->at - '0');
        if (extent > (UINT64_MAX - digit) / 10)
            return ism_fail(ISM_E_OVERFLOW, NULL, "%s has a dimension of over 2^64 elements", parser->subject);
        extent = extent * 10 + digit;
    }
    if (*first == '0' && parser->at - first > 1) {
        parser->at = first;
        return malformed(parser, "a number without leading zeros");
    }
    if (parser->at < parser->end && *parser->at == 'L')
        parser->at++;
    *out = extent;
    return ISM_OK;
}

/* A tuple: (), (3,), (3, 4) or (3, 4,), but not (3), which Python takes for a number. */
static ism_status parse_shape(struct parser *parser)
{
    if (!take(parser, '('))
        return malformed(parser, "a tuple");
    uint32_t dimensions = 0;
    bool comma = true;
    while (!take(parser, ')')) {
        if (!comma)
            return malformed(parser, "a comma");
        uint64_t extent = 0;
        ism_status status = parse_extent(parser, &extent);
        if (status != ISM_OK)
            return status;
        if (dimensions < ISM_DIMENSIONS_MAX)
            parser->layout.shape[dimensions] = extent;
        dimensions++;
        comma = take(parser, ',');
    }
    if (dimensions == 1 && !comma)
        return malformed(parser, "the comma of a tuple");
    parser->layout.dimensions = dimensions; /* ism_layout_measure() refuses too many */
    return ISM_OK;
}

static const struct {
    const char *name;
    ism_status (*parse)(struct parser *parser);
} keys[] = {
    {"descr", parse_descr},
    {"fortran_order", parse_fortran_order},
    {"shape", parse_shape},
};

#define KEYS (sizeof keys / sizeof keys[0])

static ism_status parse_entry(struct parser *parser, bool parsed[KEYS])
{
    const char *name;
    size_t length;
    if (!take_string(parser, &name, &length))
        return malformed(parser, "a key in quotes");
    size_t key = 0;
    while (key < KEYS && (strlen(keys[key].name) != length || memcmp(keys[key].name, name, length) != 0))
        key++;
    if (key == KEYS || parsed[key]) {
        char quote[QUOTE_MAX];
        ism_printable(name, length, quote, sizeof quote);
        return ism_fail(ISM_E_FORMAT, NULL, "%s has %s key \"%s\" in its header", parser->subject,
                        key == KEYS ? "an unknown" : "a second", quote);
    }
    if (!take(parser, ':'))
        return malformed(parser, "a colon");
    parsed[key] = true;
    return keys[key].parse(parser);
}

static ism_status parse_dictionary(struct parser *parser)
{
    bool parsed[KEYS] = {false};
    bool comma = true;
    if (!take(parser, '{'))
        return malformed(parser, "a dictionary");
    while (!take(parser, '}')) {
        if (!comma)
            return malformed(parser, "a comma");
        ism_status status = parse_entry(parser, parsed);
        if (status != ISM_OK)
            return status;
        comma = take(parser, ',');
    }
    skip_space(parser);
    if (parser->at != parser->end)
        return malformed(parser, "an end");
    for (size_t key = 0; key < KEYS; key++)
        if (!parsed[key])
            return ism_fail(ISM_E_FORMAT, NULL, "%s has no key \"%s\" in its header", parser->subject, keys[key].name);
    return ISM_OK;
}

ism_status ism_npy_parse(const unsigned char *bytes, size_t length, const char *subject, ism_array_view *out)
{
    const char *text = (const char *)bytes;
    struct parser parser = {
        .subject = subject,
        .begin = text,
        .at = text + (bytes[6] == 1 ? VERSION_1_PREFIX : VERSION_2_PREFIX),
        .end = text + length,
    };
    ism_status status = parse_dictionary(&parser);
    return status == ISM_OK ? ism_layout_measure(&parser.layout, subject, out) : status;
}
