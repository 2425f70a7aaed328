/* elements.c: the demo's arithmetic.
 *
 * Integers are handled as keys: unsigned 64-bit numbers in the same order, signed ones shifted by
 * 2^63, so that no difference overflows. All others are handled as doubles. The same functions
 * serve the workers and the check against them, so both come to the same bits whatever the compiler
 * does with floating point. One element at a time through a switch is slow, and easy to read. */
#include "elements.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define SIGN_BIT (UINT64_C(1) << 63)
#define CUT_OFF_ONE_IN 50 /* elements, at each end */

static bool is_integer(ism_dtype dtype)
{
    return dtype <= ISM_DTYPE_UINT64;
}

static bool is_signed(ism_dtype dtype)
{
    return dtype >= ISM_DTYPE_INT8 && dtype <= ISM_DTYPE_INT64;
}

static uint64_t load_key(ism_dtype dtype, const void *element)
{
    switch (dtype) {
    case ISM_DTYPE_INT8:
        return (uint64_t)(*(const int8_t *)element) ^ SIGN_BIT;
    case ISM_DTYPE_INT16:
        return (uint64_t)(*(const int16_t *)element) ^ SIGN_BIT;
    case ISM_DTYPE_INT32:
        return (uint64_t)(*(const int32_t *)element) ^ SIGN_BIT;
    case ISM_DTYPE_INT64:
        return (uint64_t)(*(const int64_t *)element) ^ SIGN_BIT;
    case ISM_DTYPE_UINT16:
        return *(const uint16_t *)element;
    case ISM_DTYPE_UINT32:
        return *(const uint32_t *)element;
    case ISM_DTYPE_UINT64:
        return *(const uint64_t *)element;
    default:
        return *(const uint8_t *)element;
    }
}

/* The lower bits of a signed number's key are its own, whatever its size. */
static void store_key(ism_dtype dtype, void *element, uint64_t key)
{
    switch (ism_dtype_size(dtype)) {
    case 2:
        *(uint16_t *)element = (uint16_t)key;
        break;
    case 4:
        *(uint32_t *)element = (uint32_t)key;
        break;
    case 8:
        *(uint64_t *)element = is_signed(dtype) ? key ^ SIGN_BIT : key;
        break;
    default:
        *(uint8_t *)element = (uint8_t)key;
    }
}

static double double_from_bits(uint64_t bits)
{
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static uint64_t bits_from_double(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

/* A 16-bit float: sign, 5 bits of exponent with a bias of 15, 10 bits of fraction. */
static double double_from_half(uint16_t half)
{
    uint64_t sign = (uint64_t)(half >> 15) << 63;
    uint64_t exponent = half >> 10 & 31, fraction = half & 1023;
    uint64_t magnitude;

    if (exponent == 31)
        magnitude = UINT64_C(2047) << 52 | fraction << 42;
    else if (exponent > 0)
        magnitude = (exponent + 1023 - 15) << 52 | fraction << 42;
    else
        magnitude = bits_from_double((double)fraction / 16777216.0);
    return double_from_bits(sign | magnitude);
}

/* A finite double that is in a 16-bit float's range, rounded to the nearest, or to the even one of
 * two. */
static uint16_t half_from_double(double value)
{
    uint64_t bits = bits_from_double(value);
    uint64_t sign = bits >> 63, exponent = bits >> 52 & 2047;
    uint64_t fraction = (bits & ((UINT64_C(1) << 52) - 1)) | UINT64_C(1) << 52;
    bool normal = exponent >= 1023 - 14;
    uint64_t shift = normal ? 42 : 42 + (1023 - 14 - exponent);

    if (shift > 54)
        return (uint16_t)(sign << 15);
    uint64_t kept = fraction >> shift, lost = fraction & ((UINT64_C(1) << shift) - 1);
    uint64_t tie = UINT64_C(1) << (shift - 1);
    if (lost > tie || (lost == tie && (kept & 1) == 1))
        kept++;
    return (uint16_t)(sign << 15 | ((normal ? (exponent - (1023 - 14)) << 10 : 0) + kept));
}

static double load_real(ism_dtype dtype, const void *element)
{
    switch (dtype) {
    case ISM_DTYPE_FLOAT16:
        return double_from_half(*(const uint16_t *)element);
    case ISM_DTYPE_FLOAT32:
    case ISM_DTYPE_COMPLEX64:
        return (double)*(const float *)element;
    default:
        return *(const double *)element;
    }
}

static void store_real(ism_dtype dtype, void *element, double value)
{
    switch (dtype) {
    case ISM_DTYPE_FLOAT16:
        *(uint16_t *)element = half_from_double(value);
        break;
    case ISM_DTYPE_FLOAT32:
    case ISM_DTYPE_COMPLEX64:
        *(float *)element = (float)value;
        break;
    default:
        *(double *)element = value;
    }
}

/* Neither an infinity nor a NaN: those less themselves are NaN. */
static bool is_finite(double value)
{
    return value - value == 0;
}

static double limit(double value, double least, double greatest)
{
    return value < least ? least : value > greatest ? greatest : value;
}

/* Where an element lies, between 0 and 1. False: it is an infinity or a NaN. */
static bool find_position(const struct range *range, const void *element, double *position)
{
    ism_dtype dtype = (ism_dtype)range->dtype;

    *position = 0;
    if (range->least == range->greatest && is_integer(dtype))
        return true;
    if (is_integer(dtype)) {
        *position = (double)(load_key(dtype, element) - range->least) / (double)(range->greatest - range->least);
    } else {
        double least = double_from_bits(range->least), greatest = double_from_bits(range->greatest);
        double value = load_real(dtype, element);
        double unit = is_finite(greatest - least) ? 1 : 0.5; /* the difference may overflow */
        double span = greatest * unit - least * unit;
        if (!is_finite(value))
            return false;
        if (span > 0)
            *position = (value * unit - least * unit) / span;
    }
    *position = limit(*position, 0, 1);
    return true;
}

static void move_to_position(const struct range *range, void *element, double position)
{
    ism_dtype dtype = (ism_dtype)range->dtype;

    if (is_integer(dtype)) {
        uint64_t span = range->greatest - range->least;
        uint64_t offset = position < 1 ? (uint64_t)(position * (double)span + 0.5) : span;
        store_key(dtype, element, range->least + (offset < span ? offset : span));
    } else {
        double least = double_from_bits(range->least), greatest = double_from_bits(range->greatest);
        double value = least * (1 - position) + greatest * position;
        store_real(dtype, element, limit(value, least, greatest));
    }
}

static void find_integer_range(const unsigned char *at, uint64_t count, struct range *out)
{
    ism_dtype dtype = (ism_dtype)out->dtype;
    uint64_t item = ism_dtype_size(dtype);

    out->least = count > 0 ? UINT64_MAX : load_key(dtype, &(uint64_t){0});
    out->greatest = count > 0 ? 0 : out->least;
    for (; count > 0; count--, at += item) {
        uint64_t key = load_key(dtype, at);
        if (key < out->least)
            out->least = key;
        if (key > out->greatest)
            out->greatest = key;
    }
}

static void find_real_range(const unsigned char *at, uint64_t count, struct range *out)
{
    ism_dtype dtype = (ism_dtype)out->dtype;
    uint64_t item = ism_dtype_size(dtype);
    double least = 0, greatest = 0;
    bool found = false;

    for (; count > 0; count--, at += item) {
        double value = load_real(dtype, at);
        if (!is_finite(value))
            continue;
        if (!found || value < least)
            least = value;
        if (!found || value > greatest)
            greatest = value;
        found = true;
    }
    out->least = bits_from_double(least);
    out->greatest = bits_from_double(greatest);
}

void elements_find_range(ism_dtype dtype, const void *data, uint64_t count, struct range *out)
{
    memset(out, 0, sizeof *out);
    out->dtype = (uint64_t)dtype;
    out->high_cut = ELEMENTS_BINS;
    if (is_integer(dtype))
        find_integer_range(data, count, out);
    else
        find_real_range(data, count, out);
}

void elements_choose_cuts(struct range *range, const struct tally *counted)
{
    uint64_t allowed = (tally_elements(counted) - counted->apart) / CUT_OFF_ONE_IN;
    uint64_t below = 0, above = 0;
    unsigned low = 0, high = ELEMENTS_BINS;

    while (low + 1 < high && below + counted->bins[low] <= allowed)
        below += counted->bins[low++];
    while (high - 1 > low && above + counted->bins[high - 1] <= allowed)
        above += counted->bins[--high];
    range->low_cut = low;
    range->high_cut = high;
}

void elements_count(const struct range *range, const void *data, uint64_t count, struct tally *tally)
{
    uint64_t item = ism_dtype_size((ism_dtype)range->dtype);
    const unsigned char *at = data;
    double position;

    for (; count > 0; count--, at += item) {
        if (!find_position(range, at, &position))
            tally->apart++;
        else
            tally->bins[position < 1 ? (unsigned)(position * ELEMENTS_BINS) : ELEMENTS_BINS - 1]++;
    }
}

void elements_stretch(const struct range *range, void *data, uint64_t count)
{
    double low = (double)range->low_cut / ELEMENTS_BINS;
    double high = (double)range->high_cut / ELEMENTS_BINS;
    uint64_t item = ism_dtype_size((ism_dtype)range->dtype);
    unsigned char *at = data;
    double position;

    for (; count > 0; count--, at += item)
        if (find_position(range, at, &position))
            move_to_position(range, at, limit((position - low) / (high - low), 0, 1));
}

const char *elements_describe(const struct range *range, bool greatest, char text[32])
{
    ism_dtype dtype = (ism_dtype)range->dtype;
    uint64_t bits = greatest ? range->greatest : range->least;

    if (is_signed(dtype))
        (void)snprintf(text, 32, "%" PRId64, (int64_t)(bits ^ SIGN_BIT));
    else if (is_integer(dtype))
        (void)snprintf(text, 32, "%" PRIu64, bits);
    else
        (void)snprintf(text, 32, "%.6g", double_from_bits(bits));
    return text;
}

void tally_add(struct tally *sum, const struct tally *more)
{
    for (unsigned i = 0; i < ELEMENTS_BINS; i++)
        sum->bins[i] += more->bins[i];
    sum->apart += more->apart;
}

uint64_t tally_elements(const struct tally *tally)
{
    uint64_t elements = tally->apart;
    for (unsigned i = 0; i < ELEMENTS_BINS; i++)
        elements += tally->bins[i];
    return elements;
}
