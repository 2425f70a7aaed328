/* dtype.c: one table of the data types, and the arithmetic of what arrays of them take up.
 *
 * No array has more than INT64_MAX bytes, as in NumPy, so that a header's size can be added to any
 * array's size. Dimensions of length 0 count as 1 in that limit and in the strides, as in NumPy
 * too: an empty array that could not exist with one element more is refused. */
#include "dtype.h"

#include "../error.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

struct dtype {
    const char *name;
    const char *code;
    unsigned size;
};

static const struct dtype dtypes[] = {
    [0] = {"", "", 0},
    [ISM_DTYPE_BOOL] = {"bool", "b1", 1},
    [ISM_DTYPE_INT8] = {"int8", "i1", 1},
    [ISM_DTYPE_INT16] = {"int16", "i2", 2},
    [ISM_DTYPE_INT32] = {"int32", "i4", 4},
    [ISM_DTYPE_INT64] = {"int64", "i8", 8},
    [ISM_DTYPE_UINT8] = {"uint8", "u1", 1},
    [ISM_DTYPE_UINT16] = {"uint16", "u2", 2},
    [ISM_DTYPE_UINT32] = {"uint32", "u4", 4},
    [ISM_DTYPE_UINT64] = {"uint64", "u8", 8},
    [ISM_DTYPE_FLOAT16] = {"float16", "f2", 2},
    [ISM_DTYPE_FLOAT32] = {"float32", "f4", 4},
    [ISM_DTYPE_FLOAT64] = {"float64", "f8", 8},
    [ISM_DTYPE_COMPLEX64] = {"complex64", "c8", 8},
    [ISM_DTYPE_COMPLEX128] = {"complex128", "c16", 16},
};

#define DTYPES (sizeof dtypes / sizeof dtypes[0])

static const struct dtype *find(ism_dtype dtype)
{
    return &dtypes[(size_t)dtype < DTYPES ? (size_t)dtype : 0];
}

uint64_t ism_dtype_size(ism_dtype dtype)
{
    return find(dtype)->size;
}

const char *ism_dtype_name(ism_dtype dtype)
{
    return find(dtype)->name;
}

const char *ism_dtype_code(ism_dtype dtype)
{
    return find(dtype)->code;
}

bool ism_dtype_from_code(const char *code, size_t length, ism_dtype *out)
{
    for (size_t i = ISM_DTYPE_BOOL; i < DTYPES; i++)
        if (strlen(dtypes[i].code) == length && memcmp(dtypes[i].code, code, length) == 0) {
            *out = (ism_dtype)i;
            return true;
        }
    return false;
}

static ism_status check(const ism_array_layout *layout, const char *subject)
{
    if (ism_dtype_size(layout->dtype) == 0)
        return ism_fail(ISM_E_DTYPE, NULL, "%s can't have data type %d", subject, (int)layout->dtype);
    if (layout->order != ISM_ORDER_C && layout->order != ISM_ORDER_FORTRAN)
        return ism_fail(ISM_E_SHAPE, NULL, "%s can't have element order %d", subject, (int)layout->order);
    if (layout->dimensions > ISM_DIMENSIONS_MAX)
        return ism_fail(ISM_E_SHAPE, NULL, "%s can't have %" PRIu32 " dimensions, only up to %d", subject,
                        layout->dimensions, ISM_DIMENSIONS_MAX);
    return ISM_OK;
}

ism_status ism_layout_measure(const ism_array_layout *layout, const char *subject, ism_array_view *out)
{
    ism_status status = check(layout, subject);
    if (status != ISM_OK)
        return status;

    ism_array_view view = {.item_size = ism_dtype_size(layout->dtype)};
    view.layout.dtype = layout->dtype;
    view.layout.order = layout->order;
    view.layout.dimensions = layout->dimensions;
    bool empty = false;
    uint64_t size = view.item_size;
    for (uint32_t i = 0; i < layout->dimensions; i++) {
        uint32_t dimension = layout->order == ISM_ORDER_C ? layout->dimensions - 1 - i : i;
        uint64_t extent = layout->shape[dimension];
        view.layout.shape[dimension] = extent;
        view.strides[dimension] = size;
        if (extent == 0) {
            empty = true;
        } else if (size > (uint64_t)INT64_MAX / extent) {
            char text[ISM_LAYOUT_TEXT_MAX];
            ism_layout_describe(layout, text);
            return ism_fail(ISM_E_OVERFLOW, NULL, "%s can't be %s", subject, text);
        } else {
            size *= extent;
        }
    }
    view.size = empty ? 0 : size;
    view.count = view.size / view.item_size;
    *out = view;
    return ISM_OK;
}

void ism_layout_describe(const ism_array_layout *layout, char text[ISM_LAYOUT_TEXT_MAX])
{
    char shape[64] = "";
    size_t length = 0;
    for (uint32_t i = 0; i < layout->dimensions; i++) {
        char extent[24];
        (void)snprintf(extent, sizeof extent, "%s%" PRIu64, i == 0 ? "" : ", ", layout->shape[i]);
        bool fits = length + strlen(extent) + sizeof ", ..." <= sizeof shape;
        length += (size_t)snprintf(shape + length, sizeof shape - length, "%s", fits ? extent : ", ...");
        if (!fits)
            break;
    }
    (void)snprintf(text, ISM_LAYOUT_TEXT_MAX, "%s (%s%s)%s", ism_dtype_name(layout->dtype), shape,
                   layout->dimensions == 1 ? "," : "",
                   layout->order == ISM_ORDER_C ? " in C order" : " in Fortran order");
}

void ism_subject_describe(const char *kind, const char *name, char text[ISM_SUBJECT_MAX])
{
    char tail[ISM_SUBJECT_MAX - 32];
    size_t length = strlen(name);
    bool cut = length >= sizeof tail;
    if (cut) {
        name += length - (sizeof tail - 1);
        length = sizeof tail - 1;
    }
    ism_printable(name, length, tail, sizeof tail);
    (void)snprintf(text, ISM_SUBJECT_MAX, "%s \"%s%s\"", kind, cut ? "..." : "", tail);
}

/* Bytes of other characters than ASCII are kept: names of files are full of them. */
