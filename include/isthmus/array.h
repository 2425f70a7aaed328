/* Typed arrays in shared memory, each with a lock of its own (promises A1 to A4).
 *
 * An array is a region whose first bytes are a standard NPY header: where regions are files,
 * numpy.load(path, mmap_mode="r+") is a live view of it. */
#ifndef ISTHMUS_ARRAY_H
#define ISTHMUS_ARRAY_H

#include "region.h"

#ifdef __cplusplus
extern "C" {
#endif

#define ISM_DIMENSIONS_MAX 32

/* Element types, in the machine's own byte order. */
typedef enum ism_dtype {
    ISM_DTYPE_BOOL = 1, /* one byte, 0 or 1 */
    ISM_DTYPE_INT8 = 2,
    ISM_DTYPE_INT16 = 3,
    ISM_DTYPE_INT32 = 4,
    ISM_DTYPE_INT64 = 5,
    ISM_DTYPE_UINT8 = 6,
    ISM_DTYPE_UINT16 = 7,
    ISM_DTYPE_UINT32 = 8,
    ISM_DTYPE_UINT64 = 9,
    ISM_DTYPE_FLOAT16 = 10, /* IEEE 754, as are all floats */
    ISM_DTYPE_FLOAT32 = 11,
    ISM_DTYPE_FLOAT64 = 12,
    ISM_DTYPE_COMPLEX64 = 13, /* two FLOAT32: real, imaginary */
    ISM_DTYPE_COMPLEX128 = 14 /* two FLOAT64: real, imaginary */
} ism_dtype;

typedef enum ism_order {
    ISM_ORDER_C = 0,      /* the last dimension's elements lie side by side */
    ISM_ORDER_FORTRAN = 1 /* the first dimension's do */
} ism_order;

/* What an array looks like. */
typedef struct ism_array_layout {
    ism_dtype dtype;
    ism_order order;
    uint32_t dimensions;                /* 0 (a single element) to ISM_DIMENSIONS_MAX */
    uint64_t shape[ISM_DIMENSIONS_MAX]; /* elements along each dimension; 0 is allowed */
} ism_array_layout;

/* Where an array's elements are in this process. */
typedef struct ism_array_view {
    void *data; /* the first element, 64-byte aligned */
    ism_array_layout layout;
    uint64_t item_size;                   /* bytes of one element */
    uint64_t count;                       /* elements in all */
    uint64_t size;                        /* count * item_size, in bytes */
    uint64_t strides[ISM_DIMENSIONS_MAX]; /* bytes from an element to the next along a dimension */
} ism_array_view;

/* A run of elements, in the order in which they lie in memory. */
typedef struct ism_array_part {
    void *data;     /* the part's first element, on a cache line that no other part has a byte of */
    uint64_t first; /* the index of that element in the whole array */
    uint64_t count; /* elements; 0 if there are more parts than cache lines */
} ism_array_part;

/* An array that this process has open. */
typedef struct ism_array ism_array;

/* The size of one element.
 * dtype:   any value.
 * Returns: bytes; 0 for a value that is no data type.
 * Threads: any; may be called from a signal handler. Blocks: no. Since: 0.1. Promise: A2. */
ISM_API uint64_t ism_dtype_size(ism_dtype dtype);

/* NumPy's name of a data type, such as "float64".
 * dtype:   any value.
 * Returns: a string that is never freed; "" for a value that is no data type.
 * Threads: any; may be called from a signal handler. Blocks: no. Since: 0.1. Promise: A2. */
ISM_API const char *ism_dtype_name(ism_dtype dtype);

/* Create an array, all zero.
 * name:    as for ism_region_create().
 * layout:  copied.
 * options: NULL for the defaults, otherwise as for ism_region_create(), with size and capacity 0. An
 *          initialiser sees the region with the array's header already in it.
 * out:     on ISM_OK the array, to be given back to ism_array_close(); otherwise NULL.
 * Returns: ISM_OK; ISM_E_DTYPE; ISM_E_SHAPE (over ISM_DIMENSIONS_MAX dimensions, or an unknown
 *          order); ISM_E_OVERFLOW (its size in bytes); otherwise as ism_region_create().
 * Threads: any. Not in a signal handler. Blocks: as ism_region_create(). Since: 0.1.
 * Promises: A1, A2, A3, R2, R4. */
ISM_API ism_status ism_array_create(const char *name, const ism_array_layout *layout, const ism_region_options *options,
                                    ism_array **out);

/* Open an array that exists. Its header is checked against the region, whoever wrote it.
 * name:    as for ism_region_open().
 * options: NULL for the defaults, otherwise as for ism_region_open().
 * out:     on ISM_OK the array, to be given back to ism_array_close(); otherwise NULL.
 * Returns: ISM_OK; ISM_E_FORMAT (the region holds no array, or its header is damaged); ISM_E_DTYPE;
 *          ISM_E_BYTE_ORDER; ISM_E_SHAPE; ISM_E_OVERFLOW; ISM_E_TRUNCATED (the region is smaller than
 *          the header says); ISM_E_VERSION; otherwise as ism_region_open().
 * Threads: any. Not in a signal handler. Blocks: as ism_region_open(). Since: 0.1.
 * Promises: A1, A2, E2. */
ISM_API ism_status ism_array_open(const char *name, const ism_region_options *options, ism_array **out);

/* Open an array, or create it if there is none.
 * name:    as for ism_region_open_or_create().
 * layout:  what it is created with, and what an existing array must have.
 * options: as for ism_array_create().
 * out:     on ISM_OK the array, to be given back to ism_array_close(); otherwise NULL.
 * Returns: as both; ISM_E_DTYPE, ISM_E_SHAPE or ISM_E_SIZE: an array of another layout exists.
 * Threads: any. Not in a signal handler. Blocks: as ism_region_open_or_create(). Since: 0.1.
 * Promises: A1, A2, A3, R2. */
ISM_API ism_status ism_array_open_or_create(const char *name, const ism_array_layout *layout,
                                            const ism_region_options *options, ism_array **out);

/* Give back what was opened; the elements must not be touched any more.
 * array:   NULL is allowed and does nothing.
 * Returns: as ism_region_close().
 * Threads: any, but nobody may use the array meanwhile. In a forked child: yes. Not in a signal
 *          handler. Blocks: no. Since: 0.1. Promises: R6, E4. */
ISM_API ism_status ism_array_close(ism_array *array);

/* The region that holds an array.
 * array:   open.
 * Returns: the region, which lives as long as the array is open; NULL for NULL.
 * Threads: any; may be called from a signal handler. Blocks: no. Since: 0.1. */
ISM_API ism_region *ism_array_region(const ism_array *array);

/* Where the elements are, and what they are.
 * array:   open.
 * out:     filled on ISM_OK.
 * Returns: ISM_OK; ISM_E_INVALID.
 * Threads: any. Blocks: no. Since: 0.1. Promises: A1, A2. */
ISM_API ism_status ism_array_get_view(const ism_array *array, ism_array_view *out);

/* One of the equal parts that an array is split into for its workers. Parts do not overlap, together
 * they are the whole array, and no two share a cache line of 64 bytes.
 * array:   open.
 * index:   which part, from 0.
 * parts:   how many there are, 1 or more.
 * out:     filled on ISM_OK.
 * Returns: ISM_OK; ISM_E_INVALID (NULL, no parts, or an index that is not below parts).
 * Threads: any. Blocks: no. Since: 0.1. Promise: A3. */
ISM_API ism_status ism_array_get_part(const ism_array *array, uint64_t index, uint64_t parts, ism_array_part *out);

/* The lock that belongs to an array, for the calls of sync.h.
 * array:   open.
 * Returns: the same lock in every process that has the array open; NULL for NULL. Locking it fails
 *          with ISM_E_READ_ONLY if the array is open for reading only.
 * Threads: any; may be called from a signal handler. Blocks: no. Since: 0.1. Promise: A3. */
ISM_API ism_mutex *ism_array_mutex(const ism_array *array);

/* Take an array's lock: ism_mutex_lock() on ism_array_mutex().
 * array:   open for writing.
 * Returns: as ism_mutex_lock().
 * Threads: as ism_mutex_lock(). Blocks: yes. Since: 0.1. Promises: A3, S1, S2. */
ISM_API ism_status ism_array_lock(ism_array *array);

/* Take an array's lock until a deadline: ism_mutex_lock_until() on ism_array_mutex().
 * array:    open for writing.
 * deadline: from ism_deadline_after(), or ISM_FOREVER.
 * Returns: as ism_mutex_lock_until().
 * Threads: as ism_mutex_lock(). Blocks: until the deadline. Since: 0.1. Promises: A3, S1, S2. */
ISM_API ism_status ism_array_lock_until(ism_array *array, ism_deadline deadline);

/* Say that an array is whole again after ISM_OWNER_DIED: ism_mutex_consistent() on its lock.
 * array:   one that this thread locked.
 * Returns: as ism_mutex_consistent().
 * Threads: the one that locked it. Blocks: no. Since: 0.1. Promises: A3, S2. */
ISM_API ism_status ism_array_consistent(ism_array *array);

/* Give an array's lock back: ism_mutex_unlock() on ism_array_mutex().
 * array:   one that this thread locked.
 * Returns: as ism_mutex_unlock().
 * Threads: the one that locked it. Blocks: no. Since: 0.1. Promises: A3, S1, S2. */
ISM_API ism_status ism_array_unlock(ism_array *array);

/* Create an array from an .npy file (versions 1 and 2). Nobody else gets it before it is whole.
 * path:    the file, in the encoding that the C library's fopen() takes.
 * name:    as for ism_region_create().
 * options: as for ism_array_create(), without an initialiser.
 * out:     on ISM_OK the array, to be given back to ism_array_close(); otherwise NULL.
 * Returns: ISM_OK; ISM_E_FILE (it can't be opened or read); ISM_E_FORMAT; ISM_E_TRUNCATED (fewer
 *          bytes than its header says; more are ISM_E_FORMAT); ISM_E_DTYPE; ISM_E_BYTE_ORDER;
 *          ISM_E_SHAPE; ISM_E_OVERFLOW; ISM_E_VERSION (3 and above); otherwise as
 *          ism_array_create().
 * Threads: any. Not in a signal handler. Blocks: while the file is read. Since: 0.1.
 * Promise: A4. */
ISM_API ism_status ism_array_load(const char *path, const char *name, const ism_region_options *options,
                                  ism_array **out);

/* Write an array to an .npy file. The file is whole or not there: it is written beside the old one of
 * that name, which it replaces at the end. Takes no lock: hold the array's lock if others write.
 * array:   open.
 * path:    the file, in the encoding that the C library's fopen() takes.
 * Returns: ISM_OK; ISM_E_INVALID; ISM_E_FILE (it can't be written; the old file is still there);
 *          ISM_E_NO_MEMORY.
 * Threads: any. Not in a signal handler. Blocks: while the file is written. Since: 0.1.
 * Promise: A4. */
ISM_API ism_status ism_array_save(const ism_array *array, const char *path);

#ifdef __cplusplus
}
#endif

#endif
