/* npy_header.h: the header of NPY files and array regions, written and parsed in private memory. */
#ifndef ISM_NPY_HEADER_H
#define ISM_NPY_HEADER_H

#include "dtype.h"

/* Data begins at a multiple of this many bytes in what we write, as in what NumPy writes. */
#define ISM_NPY_ALIGNMENT 64

/* Room for any header that we write. */
#define ISM_NPY_WRITTEN_MAX 1024

/* The bytes that tell a header's length; all well-formed headers are longer. */
#define ISM_NPY_PREFIX 12

/* The longest headers that are looked at, in files and in shared memory: other writers may pad
 * theirs, but nothing that they could say about an array that we know needs even 1024 bytes. */
#define ISM_NPY_FILE_HEADER_MAX ((size_t)64 * 1024)
#define ISM_NPY_REGION_HEADER_MAX ((size_t)4 * 1024)

/* Write the header that numpy.save() would write for a valid layout. Returns its length, a multiple
 * of ISM_NPY_ALIGNMENT: the data follows. */
size_t ism_npy_write(const ism_array_layout *layout, unsigned char bytes[ISM_NPY_WRITTEN_MAX]);

/* Find out how long a header is, from its first bytes.
 * available: how many there are; no more than ISM_NPY_PREFIX are looked at.
 * limit:     the longest header that is wanted.
 * subject:   what a message is about, such as: file "a.npy"
 * length:    on ISM_OK the whole header's, over ISM_NPY_PREFIX and up to the limit.
 * Returns: ISM_OK; ISM_E_FORMAT; ISM_E_TRUNCATED; ISM_E_VERSION. */
ism_status ism_npy_length(const unsigned char *bytes, size_t available, size_t limit, const char *subject,
                          size_t *length);

/* Parse a whole header of a length that ism_npy_length() told. Nobody else may write to the bytes
 * meanwhile.
 * out:     on ISM_OK the view of such an array, but for where its data is.
 * Returns: ISM_OK; ISM_E_FORMAT; ISM_E_DTYPE; ISM_E_BYTE_ORDER; ISM_E_SHAPE; ISM_E_OVERFLOW. */
ism_status ism_npy_parse(const unsigned char *bytes, size_t length, const char *subject, ism_array_view *out);

#endif
