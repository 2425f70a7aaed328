/* dtype.h: what arrays are made of, how much room they take, and what messages call them. */
#ifndef ISM_DTYPE_H
#define ISM_DTYPE_H

#include <stdbool.h>
#include <stddef.h>

#include <isthmus/array.h>

/* What an NPY header calls a data type, byte order aside, such as "f8"; "" for no data type. */
const char *ism_dtype_code(ism_dtype dtype);

/* The data type of a code that need not end with a NUL; false if there is none. */
bool ism_dtype_from_code(const char *code, size_t length, ism_dtype *out);

/* Check a layout and work out the whole view of such an array, but for where its data is.
 * subject: what a message is about, such as: array "cam0"
 * Returns: ISM_OK; ISM_E_DTYPE; ISM_E_SHAPE (number of dimensions, order); ISM_E_OVERFLOW. */
ism_status ism_layout_measure(const ism_array_layout *layout, const char *subject, ism_array_view *out);

#define ISM_LAYOUT_TEXT_MAX 112

/* A layout in words, such as "float64 (3, 4) in C order"; a long shape is cut short. */
void ism_layout_describe(const ism_array_layout *layout, char text[ISM_LAYOUT_TEXT_MAX]);

#define ISM_SUBJECT_MAX 160

/* What a message is about: the kind of thing and its name in quotes, such as: file "a.npy". A long
 * name loses its beginning. kind has at most 16 bytes. */
void ism_subject_describe(const char *kind, const char *name, char text[ISM_SUBJECT_MAX]);

#endif
