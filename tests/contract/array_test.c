/* array_test.c: arrays keep their promises: the header (A1), what an array can be (A2), its lock
 * and its parts (A3), .npy files (A4), hostile headers (E2), failures that leave nothing (E3). */
#include "suite.h"

#include <stdlib.h>

static const ism_array_layout small = {ISM_DTYPE_FLOAT64, ISM_ORDER_C, 2, {3, 4}};

static ism_array *create(const char *name, const ism_array_layout *layout)
{
    ism_array *array = NULL;
    assert_status(ism_array_create(name, layout, NULL, &array), ISM_OK);
    assert_non_null(array);
    return array;
}

static ism_array *open_existing(const char *name)
{
    ism_array *array = NULL;
    assert_status(ism_array_open(name, NULL, &array), ISM_OK);
    assert_non_null(array);
    return array;
}

static void close_array(ism_array *array)
{
    assert_status(ism_array_close(array), ISM_OK);
}

static ism_array_view view_of(const ism_array *array)
{
    ism_array_view view;
    assert_status(ism_array_get_view(array, &view), ISM_OK);
    return view;
}

/* Of a call that opened or did not open an array, which is closed. */
static ism_status finished(ism_status status, ism_array *array)
{
    if (status == ISM_OK)
        close_array(array);
    else
        assert_null(array);
    return status;
}

#define UNTOUCHED ((ism_array *)(void *)&array)

static ism_status status_of_create(const char *name, const ism_array_layout *layout, const ism_region_options *options)
{
    ism_array *array = UNTOUCHED;
    ism_status status = ism_array_create(name, layout, options, &array);
    return finished(status, array);
}

static ism_status status_of_open(const char *name)
{
    ism_array *array = UNTOUCHED;
    ism_status status = ism_array_open(name, NULL, &array);
    return finished(status, array);
}

static ism_status status_of_open_or_create(const char *name, const ism_array_layout *layout)
{
    ism_array *array = UNTOUCHED;
    ism_status status = ism_array_open_or_create(name, layout, NULL, &array);
    return finished(status, array);
}

static ism_status status_of_load(const char *path, const char *name)
{
    ism_array *array = UNTOUCHED;
    ism_status status = ism_array_load(path, name, NULL, &array);
    return finished(status, array);
}

/* The message that explains the last failure has this in it. */
static void assert_message(const char *text)
{
    const ism_error *error = ism_error_last();
    if (strstr(error->message, text) == NULL)
        fail_msg("\"%s\" is not in: %s", text, error->message);
}

static bool little_endian(void)
{
    const uint16_t one = 1;
    unsigned char first;
    memcpy(&first, &one, 1);
    return first == 1;
}

/* Bytes that begin with an NPY header of some length around a dictionary, in which @ stands for the
 * machine's byte order and ^ for the other; data of some size follows. To be freed. */
static unsigned char *npy(const char *dictionary, size_t header_size, size_t data_size)
{
    unsigned char *bytes = malloc(header_size + data_size);
    size_t length = strlen(dictionary);

    assert_non_null(bytes);
    assert_true(10 + length < header_size);
    memcpy(bytes, "\x93NUMPY\x01\x00", 8);
    bytes[8] = (unsigned char)(header_size - 10);
    bytes[9] = (unsigned char)((header_size - 10) >> 8);
    memset(bytes + 10, ' ', header_size - 10);
    memcpy(bytes + 10, dictionary, length);
    for (size_t i = 10; i < 10 + length; i++)
        if (bytes[i] == '@' || bytes[i] == '^')
            bytes[i] = (bytes[i] == '@') == little_endian() ? '<' : '>';
    bytes[header_size - 1] = '\n';
    for (size_t i = 0; i < data_size; i++)
        bytes[header_size + i] = (unsigned char)(i * 7 + i / 251);
    return bytes;
}

#define DICTIONARY(descr, fortran_order, shape)                                                                        \
    "{'descr': '" descr "', 'fortran_order': " fortran_order ", 'shape': " shape ", }"
#define PLAIN(descr, shape) DICTIONARY(descr, "False", shape)
#define SMALL PLAIN("@f8", "(3, 4)")

/* Status and message of the last failure. */
struct expected {
    ism_status status;
    const char *text;
};

/* ---- A1 ---- */

static void a1_header_is_standard_npy(void **state)
{
    ism_array *array = create(NAME("a"), &small);
    ism_region *region = ism_array_region(array);
    unsigned char *expected = npy(SMALL, 128, 0);
    unsigned char *bytes = ism_region_data(region);

    (void)state;
    assert_int_equal(ism_region_size(region), 128 + 3 * 4 * 8);
    assert_memory_equal(bytes, expected, 128);
    for (size_t i = 128; i < 128 + 3 * 4 * 8; i++)
        assert_int_equal(bytes[i], 0);
    free(expected);
    close_array(array);
}

static void a1_data_is_64_byte_aligned_and_ends_with_the_region(void **state)
{
    const char *name = NAME("a");

    (void)state;
    for (uint32_t dimensions = 0; dimensions <= ISM_DIMENSIONS_MAX; dimensions += 4) {
        ism_array_layout layout = {ISM_DTYPE_INT16, ISM_ORDER_C, dimensions, {0}};
        for (uint32_t i = 0; i < dimensions; i++)
            layout.shape[i] = i < 3 ? 10 : 1;
        ism_array *array = create(name, &layout);
        ism_array_view view = view_of(array);
        const unsigned char *begin = ism_region_data(ism_array_region(array));
        assert_int_equal((uintptr_t)view.data % 64, 0);
        assert_true((unsigned char *)view.data + view.size == begin + ism_region_size(ism_array_region(array)));
        close_array(array);
    }
}

static void a1_another_process_sees_the_same_bytes(void **state)
{
    const char *name = NAME("a");
    ism_array *array = create(name, &small);
    unsigned char *data = view_of(array).data;
    struct process *peer = peer_obeying();

    (void)state;
    assert_answer(ask(peer, "open %s", name), "ISM_OK");
    assert_answer(ask(peer, "peek 1"), "78"); /* N of NUMPY */
    data[5] = 99;
    assert_answer(ask(peer, "peek 133"), "99");
    (void)ask(peer, "poke 134 77");
    assert_int_equal(data[6], 77);
    dismiss(peer);
    close_array(array);
}

/* ---- A2 ---- */

static void a2_every_dtype_and_order_is_opened_as_it_was_created(void **state)
{
    const char *name = NAME("a");

    (void)state;
    for (int dtype = ISM_DTYPE_BOOL; dtype <= ISM_DTYPE_COMPLEX128; dtype++) {
        ism_array_layout layout = {(ism_dtype)dtype, (ism_order)(dtype % 2), 3, {5, 3, 2}};
        ism_array *array = create(name, &layout), *other = open_existing(name);
        ism_array_view view = view_of(array), seen = view_of(other);
        assert_memory_equal(&seen.layout, &layout, sizeof layout);
        assert_int_equal(seen.item_size, ism_dtype_size(layout.dtype));
        assert_int_equal(seen.count, 30);
        assert_int_equal(seen.size, 30 * seen.item_size);
        assert_int_equal(seen.strides[0], (layout.order == ISM_ORDER_C ? 6 : 1) * seen.item_size);
        memset(view.data, dtype, (size_t)view.size);
        assert_memory_equal(seen.data, view.data, (size_t)view.size);
        close_array(other);
        close_array(array);
    }
}

static void a2_up_to_32_dimensions_none_and_empty_ones(void **state)
{
    const char *name = NAME("a");
    ism_array_layout layouts[] = {
        {ISM_DTYPE_INT64, ISM_ORDER_C, 0, {0}},
        {ISM_DTYPE_INT64, ISM_ORDER_C, 1, {0}},
        {ISM_DTYPE_INT64, ISM_ORDER_FORTRAN, 3, {4, 0, 5}},
        {ISM_DTYPE_INT64, ISM_ORDER_FORTRAN, ISM_DIMENSIONS_MAX, {0}},
    };
    const uint64_t counts[] = {1, 0, 0, 12};

    (void)state;
    for (uint32_t i = 0; i < ISM_DIMENSIONS_MAX; i++)
        layouts[3].shape[i] = i == 7 ? 3 : i == 31 ? 4 : 1;
    for (size_t i = 0; i < 4; i++) {
        ism_array *array = create(name, &layouts[i]), *other = open_existing(name);
        ism_array_view view = view_of(other);
        assert_int_equal(view.count, counts[i]);
        assert_memory_equal(&view.layout, &layouts[i], sizeof layouts[i]);
        close_array(other);
        close_array(array);
    }
}

static void a2_impossible_layouts_are_refused(void **state)
{
    const char *name = NAME("a");
    const struct {
        ism_array_layout layout;
        struct expected expected;
    } cases[] = {
        {{(ism_dtype)0, ISM_ORDER_C, 1, {1}}, {ISM_E_DTYPE, "type 0"}},
        {{(ism_dtype)15, ISM_ORDER_C, 1, {1}}, {ISM_E_DTYPE, "type 15"}},
        {{ISM_DTYPE_INT8, (ism_order)2, 1, {1}}, {ISM_E_SHAPE, "order 2"}},
        {{ISM_DTYPE_INT8, ISM_ORDER_C, 33, {1}}, {ISM_E_SHAPE, "33 dimensions"}},
        {{ISM_DTYPE_INT16, ISM_ORDER_C, 2, {UINT32_MAX, UINT32_MAX}},
         {ISM_E_OVERFLOW, "int16 (4294967295, 4294967295)"}},
        {{ISM_DTYPE_INT8, ISM_ORDER_C, 1, {UINT64_MAX}}, {ISM_E_OVERFLOW, "18446744073709551615"}},
        {{ISM_DTYPE_INT8, ISM_ORDER_C, 1, {INT64_MAX}}, {ISM_E_SIZE, "9223372036854775"}},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_status(status_of_create(name, &cases[i].layout, NULL), cases[i].expected.status);
        assert_message(cases[i].expected.text);
        assert_message(name);
        assert_status(status_of_open_or_create(name, &cases[i].layout), cases[i].expected.status);
        assert_message(cases[i].expected.text);
        assert_int_equal(leftovers_regions(name), 0);
    }
}

static void a2_wrong_arguments_are_refused(void **state)
{
    const char *name = NAME("a");
    ism_region_options sized = {.size = 224}, roomy = {.capacity = 224};
    ism_array_view view;

    (void)state;
    assert_status(ism_array_create(name, &small, NULL, NULL), ISM_E_INVALID);
    assert_status(ism_array_open(name, NULL, NULL), ISM_E_INVALID);
    assert_status(ism_array_open_or_create(name, &small, NULL, NULL), ISM_E_INVALID);
    assert_status(status_of_create(NULL, &small, NULL), ISM_E_INVALID);
    assert_status(status_of_create(name, NULL, NULL), ISM_E_INVALID);
    assert_status(status_of_create("a/b", &small, NULL), ISM_E_NAME);
    assert_status(status_of_create(name, &small, &sized), ISM_E_SIZE);
    assert_message("224");
    assert_status(status_of_create(name, &small, &roomy), ISM_E_SIZE);
    assert_status(status_of_open(NULL), ISM_E_INVALID);
    assert_status(status_of_open(name), ISM_E_NOT_FOUND);
    assert_status(status_of_open_or_create(NULL, &small), ISM_E_INVALID);
    assert_status(status_of_open_or_create(name, NULL), ISM_E_INVALID);
    assert_status(ism_array_get_view(NULL, &view), ISM_E_INVALID);
    assert_status(ism_array_close(NULL), ISM_OK);
    assert_null(ism_array_region(NULL));
    assert_null(ism_array_mutex(NULL));
    assert_status(ism_array_lock(NULL), ISM_E_INVALID);
    assert_int_equal(leftovers_regions(name), 0);

    ism_array *array = create(name, &small);
    assert_status(status_of_create(name, &small, NULL), ISM_E_EXISTS);
    assert_status(ism_array_get_view(array, NULL), ISM_E_INVALID);
    close_array(array);
}

static void a2_an_array_of_another_layout_is_told_apart(void **state)
{
    const char *name = NAME("a");
    ism_array *array = create(name, &small);
    const struct {
        ism_array_layout layout;
        struct expected expected;
    } cases[] = {
        {{ISM_DTYPE_INT64, ISM_ORDER_C, 2, {3, 4}}, {ISM_E_DTYPE, "int64 (3, 4)"}},
        {{ISM_DTYPE_FLOAT32, ISM_ORDER_C, 2, {3, 4}}, {ISM_E_DTYPE, "float32 (3, 4)"}},
        {{ISM_DTYPE_FLOAT64, ISM_ORDER_C, 2, {4, 3}}, {ISM_E_SHAPE, "(4, 3)"}},
        {{ISM_DTYPE_FLOAT64, ISM_ORDER_C, 1, {12}}, {ISM_E_SHAPE, "(12,)"}},
        {{ISM_DTYPE_FLOAT64, ISM_ORDER_C, 2, {3, 5}}, {ISM_E_SHAPE, "(3, 5)"}},
        {{ISM_DTYPE_FLOAT64, ISM_ORDER_FORTRAN, 2, {3, 4}}, {ISM_E_SHAPE, "Fortran"}},
        {{ISM_DTYPE_FLOAT64, ISM_ORDER_C, 0, {0}}, {ISM_E_SHAPE, "float64 ()"}},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_status(status_of_open_or_create(name, &cases[i].layout), cases[i].expected.status);
        assert_message(cases[i].expected.text);
        assert_message("float64 (3, 4) in C order");
        assert_message(name);
    }
    assert_status(status_of_open_or_create(name, &small), ISM_OK);
    close_array(array);
}

/* The same array behind a header that is longer than ours is the same array. */
static void a2_another_writers_longer_header_is_no_other_layout(void **state)
{
    const char *name = NAME("a");
    unsigned char *bytes = npy(SMALL, 192, 96);
    ism_region_options options = {.size = 192 + 96};
    ism_region *region;
    ism_array *array;

    (void)state;
    assert_status(ism_region_create(name, &options, &region), ISM_OK);
    memcpy(ism_region_data(region), bytes, 192 + 96);
    assert_status(ism_array_open_or_create(name, &small, NULL, &array), ISM_OK);
    assert_memory_equal(view_of(array).data, bytes + 192, 96);
    close_array(array);
    assert_status(ism_region_close(region), ISM_OK);
    free(bytes);
}

struct filling {
    unsigned runs;
    ism_status answer;
    size_t poke; /* a byte of the region to change */
};

static ism_status fill(ism_region *region, void *context)
{
    struct filling *filling = context;
    unsigned char *bytes = ism_region_data(region);

    filling->runs++;
    assert_memory_equal(bytes, "\x93NUMPY", 6);
    assert_int_equal(ism_region_size(region), 224);
    bytes[filling->poke]++;
    return filling->answer;
}

static void a2_an_initialiser_finds_the_header_and_runs_once(void **state)
{
    const char *name = NAME("a");
    struct filling filling = {0, ISM_OK, 128};
    ism_region_options options = {.initialiser = fill, .initialiser_context = &filling};
    ism_array *array, *other;

    (void)state;
    assert_status(ism_array_open_or_create(name, &small, &options, &array), ISM_OK);
    assert_status(ism_array_open_or_create(name, &small, &options, &other), ISM_OK);
    assert_int_equal(filling.runs, 1);
    assert_int_equal(*(unsigned char *)view_of(other).data, 1);
    close_array(other);
    close_array(array);
    assert_status(status_of_create(name, &small, &options), ISM_OK);
    assert_int_equal(filling.runs, 2);
}

static void a2_an_initialiser_that_fails_or_spoils_the_header_leaves_no_array(void **state)
{
    const char *name = NAME("a");
    struct filling filling = {0, ISM_E_FILE, 128};
    ism_region_options options = {.initialiser = fill, .initialiser_context = &filling};
    ism_array *array = NULL;

    (void)state;
    assert_status(status_of_create(name, &small, &options), ISM_E_INITIALISER);
    assert_int_equal(leftovers_regions(name), 0);
    filling = (struct filling){0, ISM_OK, 127};
    assert_status(status_of_create(name, &small, &options), ISM_E_INITIALISER);
    assert_message("header");
    assert_int_equal(leftovers_regions(name), 0);
    assert_status(ism_array_open_or_create(name, &small, &options, &array), ISM_E_INITIALISER);
    assert_message("header");
    assert_null(array);
    assert_int_equal(leftovers_regions(name), 0);
}

static void a2_a_reader_gets_a_view_too(void **state)
{
    const char *name = NAME("a");
    ism_region_options reading = {.flags = ISM_REGION_READ_ONLY};
    ism_array *array = create(name, &small), *reader;

    (void)state;
    assert_status(ism_array_open(name, &reading, &reader), ISM_OK);
    memset(view_of(array).data, 3, 96);
    assert_memory_equal(view_of(reader).data, view_of(array).data, 96);
    close_array(reader);
    close_array(array);
}

/* ---- A3 ---- */

static void lock_and_end(void *array)
{
    assert_status(ism_array_lock(array), ISM_OK);
}

static void find_it_locked(void *array)
{
    assert_status(ism_mutex_try_lock(ism_array_mutex(array)), ISM_E_BUSY);
    assert_status(ism_array_lock_until(array, ism_deadline_after(ISM_MILLISECOND)), ISM_E_TIMED_OUT);
    assert_status(ism_array_unlock(array), ISM_E_NOT_OWNER);
}

static void in_a_thread(void (*run)(void *), ism_array *array)
{
    struct thread *thread = thread_start(run, array);
    assert_non_null(thread);
    thread_join(thread);
}

static void a3_each_array_has_one_lock_of_its_own(void **state)
{
    const char *name = NAME("a");
    ism_array *array = create(name, &small), *same = open_existing(name);
    ism_array *other = create(NAME("b"), &small);

    (void)state;
    assert_status(ism_array_lock(array), ISM_OK);
    assert_status(ism_array_lock(same), ISM_E_DEADLOCK);
    in_a_thread(find_it_locked, same);
    assert_status(ism_array_lock_until(other, ism_deadline_after(0)), ISM_OK);
    assert_status(ism_array_unlock(other), ISM_OK);
    assert_status(ism_array_close(array), ISM_E_BUSY);
    assert_status(ism_array_unlock(array), ISM_OK);
    assert_status(ism_array_unlock(array), ISM_E_NOT_OWNER);
    close_array(other);
    close_array(same);
    close_array(array);
}

static void a3_the_lock_survives_its_owner(void **state)
{
    const char *name = NAME("a");
    ism_array *array = create(name, &small), *same = open_existing(name);

    (void)state;
    in_a_thread(lock_and_end, same);
    assert_status(ism_array_lock(array), ISM_OWNER_DIED);
    assert_status(ism_array_consistent(array), ISM_OK);
    assert_status(ism_array_unlock(array), ISM_OK);
    assert_status(ism_array_lock(array), ISM_OK);
    assert_status(ism_array_consistent(array), ISM_E_INVALID);
    assert_status(ism_array_unlock(array), ISM_OK);
    close_array(same);
    close_array(array);
}

static void a3_a_reader_can_not_lock(void **state)
{
    const char *name = NAME("a");
    ism_region_options reading = {.flags = ISM_REGION_READ_ONLY};
    ism_array *array = create(name, &small), *reader;

    (void)state;
    assert_status(ism_array_open(name, &reading, &reader), ISM_OK);
    assert_non_null(ism_array_mutex(reader));
    assert_status(ism_array_lock(reader), ISM_E_READ_ONLY);
    assert_status(ism_array_lock(array), ISM_OK);
    assert_status(ism_array_unlock(array), ISM_OK);
    close_array(reader);
    close_array(array);
}

/* Parts follow each other, fill whole cache lines but for the last, and differ by one at most. */
static void check_parts(const ism_array *array, uint64_t parts)
{
    ism_array_view view = view_of(array);
    uint64_t next = 0, per_line = 64 / view.item_size, least = UINT64_MAX, most = 0;

    for (uint64_t i = 0; i < parts; i++) {
        ism_array_part part;
        assert_status(ism_array_get_part(array, i, parts, &part), ISM_OK);
        assert_int_equal(part.first, next);
        assert_true((unsigned char *)part.data == (unsigned char *)view.data + part.first * view.item_size);
        if (part.count > 0)
            assert_int_equal((uintptr_t)part.data % 64, 0);
        next += part.count;
        uint64_t lines = (part.count + per_line - 1) / per_line;
        least = lines < least ? lines : least;
        most = lines > most ? lines : most;
    }
    assert_int_equal(next, view.count);
    assert_in_range(most - least, 0, 1);
}

static void a3_parts_are_equal_and_share_no_cache_line(void **state)
{
    static const uint64_t counts[] = {0, 1, 7, 8, 9, 63, 64, 65, 640, 1000, 12345};
    static const uint64_t parts[] = {1, 2, 3, 4, 7, 64, 500};
    static const ism_dtype dtypes[] = {ISM_DTYPE_BOOL, ISM_DTYPE_FLOAT32, ISM_DTYPE_COMPLEX128};
    const char *name = NAME("a");

    (void)state;
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++)
        for (size_t j = 0; j < sizeof dtypes / sizeof dtypes[0]; j++) {
            ism_array_layout layout = {dtypes[j], ISM_ORDER_C, 1, {counts[i]}};
            ism_array *array = create(name, &layout);
            for (size_t k = 0; k < sizeof parts / sizeof parts[0]; k++)
                check_parts(array, parts[k]);
            close_array(array);
        }
}

static void a3_there_is_no_part_beyond_the_last(void **state)
{
    ism_array *array = create(NAME("a"), &small);
    ism_array_part part;

    (void)state;
    assert_status(ism_array_get_part(array, 0, 0, &part), ISM_E_INVALID);
    assert_status(ism_array_get_part(array, 4, 4, &part), ISM_E_INVALID);
    assert_message("4");
    assert_status(ism_array_get_part(array, UINT64_MAX, 4, &part), ISM_E_INVALID);
    assert_status(ism_array_get_part(NULL, 0, 4, &part), ISM_E_INVALID);
    assert_status(ism_array_get_part(array, 0, 4, NULL), ISM_E_INVALID);
    assert_status(ism_array_get_part(array, UINT64_MAX - 1, UINT64_MAX, &part), ISM_OK);
    assert_int_equal(part.count, 0);
    assert_int_equal(part.first, 12);
    close_array(array);
}

/* ---- A4 ---- */

static void write_file(const char *path, const void *bytes, size_t size)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

static void assert_file(const char *path, const void *bytes, size_t size)
{
    unsigned char *found = malloc(size + 1);
    FILE *file = fopen(path, "rb");
    assert_non_null(found);
    assert_non_null(file);
    assert_int_equal(fread(found, 1, size + 1, file), size);
    assert_memory_equal(found, bytes, size);
    (void)fclose(file);
    free(found);
}

/* A file's name of this test's own. */
static const char *path_of(const char *name)
{
    static char path[ISM_NAME_MAX + 8];
    (void)snprintf(path, sizeof path, "%s.npy", name);
    return path;
}

/* Larger than what is read or written at a time. */
#define LARGE ((size_t)9 * 1024 * 1024 + 13)

static void a4_a_file_comes_in_and_goes_out_unchanged(void **state)
{
    static const struct {
        const char *dictionary;
        size_t size;
    } cases[] = {
        {SMALL, 96},
        {DICTIONARY("@c16", "True", "(2, 1, 5)"), 160},
        {PLAIN("|b1", "(300,)"), 300},
        {PLAIN("@i2", "()"), 2},
        {PLAIN("@u4", "(7, 0)"), 0},
        {PLAIN("|u1", "(9437197,)"), LARGE},
    };
    const char *name = NAME("a"), *path = path_of(name);

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        unsigned char *bytes = npy(cases[i].dictionary, 128, cases[i].size);
        ism_array *array;
        write_file(path, bytes, 128 + cases[i].size);
        assert_status(ism_array_load(path, name, NULL, &array), ISM_OK);
        assert_int_equal(ism_region_size(ism_array_region(array)), 128 + cases[i].size);
        assert_memory_equal(ism_region_data(ism_array_region(array)), bytes, 128 + cases[i].size);
        assert_int_equal(remove(path), 0);
        assert_status(ism_array_save(array, path), ISM_OK);
        assert_file(path, bytes, 128 + cases[i].size);
        close_array(array);
        free(bytes);
    }
    assert_int_equal(remove(path), 0);
}

static void a4_other_writers_files_get_a_standard_header(void **state)
{
    const char *name = NAME("a"), *path = path_of(name);
    unsigned char *bytes = npy("{\"shape\":(3L,4L),'descr':'=f8','fortran_order':False}", 80, 96);
    unsigned char *standard = npy(SMALL, 128, 96);
    ism_array *array;

    (void)state;
    write_file(path, bytes, 80 + 96);
    assert_status(ism_array_load(path, name, NULL, &array), ISM_OK);
    assert_memory_equal(ism_region_data(ism_array_region(array)), standard, 128 + 96);
    close_array(array);
    assert_int_equal(remove(path), 0);
    free(standard);
    free(bytes);
}

static void a4_a_bad_file_is_refused_and_leaves_nothing(void **state)
{
    static const struct {
        const char *dictionary;
        size_t size; /* of the data */
        struct expected expected;
    } cases[] = {
        {SMALL, 95, {ISM_E_TRUNCATED, "95 of the 96"}},
        {SMALL, 0, {ISM_E_TRUNCATED, "0 of the 96"}},
        {SMALL, 97, {ISM_E_FORMAT, "after the 96"}},
        {PLAIN("|u1", "(1099511627776,)"), 96, {ISM_E_TRUNCATED, "96 of the 1099511627776"}},
        {PLAIN("@f8", "(0, 4)"), 1, {ISM_E_FORMAT, "after the 0"}},
        {PLAIN("^f8", "(3, 4)"), 96, {ISM_E_BYTE_ORDER, "f8"}},
        {PLAIN("|O", "(3, 4)"), 96, {ISM_E_DTYPE, "|O"}},
        {PLAIN("@f8", "(3, -4)"), 96, {ISM_E_SHAPE, "negative"}},
        {PLAIN("@f8", "(4294967296, 4294967296)"), 96, {ISM_E_OVERFLOW, "4294967296"}},
        {PLAIN("@f8", "12"), 96, {ISM_E_FORMAT, "tuple"}},
        {"Fri 13", 96, {ISM_E_FORMAT, "dictionary"}},
    };
    const char *name = NAME("a"), *path = path_of(name);

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        unsigned char *bytes = npy(cases[i].dictionary, 128, cases[i].size);
        write_file(path, bytes, 128 + cases[i].size);
        free(bytes);
        assert_status(status_of_load(path, name), cases[i].expected.status);
        assert_message(cases[i].expected.text);
        assert_message(path + strlen(path) - 20);
        assert_int_equal(leftovers_regions(name), 0);
    }
    assert_int_equal(remove(path), 0);
}

static void a4_a_file_with_no_or_half_a_header_is_refused(void **state)
{
    const char *name = NAME("a"), *path = path_of(name);
    unsigned char *bytes = npy(SMALL, 128, 96);

    (void)state;
    for (size_t size = 0; size < 128; size += size < 12 ? 1 : 29) {
        write_file(path, bytes, size);
        assert_status(status_of_load(path, name), ISM_E_TRUNCATED);
    }
    bytes[6] = 3;
    write_file(path, bytes, 128 + 96);
    assert_status(status_of_load(path, name), ISM_E_VERSION);
    assert_message("3.0");
    bytes[0] = 'x';
    write_file(path, bytes, 128 + 96);
    assert_status(status_of_load(path, name), ISM_E_FORMAT);
    assert_int_equal(remove(path), 0);
    assert_status(status_of_load(path, name), ISM_E_FILE);
    assert_string_equal(ism_error_last()->call, "fopen");
    assert_status(status_of_load(".", name), ISM_E_FILE); /* a directory */
    assert_int_equal(leftovers_regions(name), 0);
    free(bytes);
}

static void a4_load_needs_a_free_name_and_no_initialiser(void **state)
{
    const char *name = NAME("a"), *path = path_of(name);
    unsigned char *bytes = npy(SMALL, 128, 96);
    struct filling filling = {0, ISM_OK, 128};
    ism_region_options options = {.initialiser = fill, .initialiser_context = &filling};
    ism_array *array, *loaded = NULL;

    (void)state;
    write_file(path, bytes, 128 + 96);
    array = create(name, &small);
    assert_status(status_of_load(path, name), ISM_E_EXISTS);
    close_array(array);
    assert_status(ism_array_load(path, name, &options, &loaded), ISM_E_INVALID);
    assert_status(ism_array_load(path, name, NULL, NULL), ISM_E_INVALID);
    assert_status(status_of_load(NULL, name), ISM_E_INVALID);
    assert_status(status_of_load(path, NULL), ISM_E_INVALID);
    assert_status(status_of_load(path, "a/b"), ISM_E_NAME);
    assert_null(loaded);
    assert_int_equal(filling.runs, 0);
    assert_int_equal(remove(path), 0);
    free(bytes);
}

static void a4_saving_replaces_the_file_or_leaves_it_alone(void **state)
{
    const char *name = NAME("a"), *path = path_of(name);
    unsigned char *bytes = npy(SMALL, 128, 96);
    char nowhere[ISM_NAME_MAX + 32];
    ism_region_options reading = {.flags = ISM_REGION_READ_ONLY};
    ism_array *array = create(name, &small), *reader;

    (void)state;
    memcpy(view_of(array).data, bytes + 128, 96);
    write_file(path, "an old file", 11);
    assert_status(ism_array_open(name, &reading, &reader), ISM_OK);
    assert_status(ism_array_save(reader, path), ISM_OK);
    assert_file(path, bytes, 128 + 96);
    close_array(reader);

    (void)snprintf(nowhere, sizeof nowhere, "%s/no/such/folder.npy", name);
    assert_status(ism_array_save(array, nowhere), ISM_E_FILE);
    assert_message("folder.npy");
    assert_status(ism_array_save(array, "."), ISM_E_FILE); /* a directory */
    assert_status(ism_array_save(array, NULL), ISM_E_INVALID);
    assert_status(ism_array_save(NULL, path), ISM_E_INVALID);
    assert_file(path, bytes, 128 + 96);
    assert_int_equal(remove(path), 0);
    close_array(array);
    free(bytes);
}

/* ---- E2 ---- */

#define ONES "1,1,1,1,1,1,1,1,1,1,1,"

static void e2_a_hostile_header_is_refused(void **state)
{
    static const struct {
        const char *dictionary;
        size_t header_size;
        size_t data_size;
        struct expected expected;
    } cases[] = {
        {SMALL, 128, 95, {ISM_E_TRUNCATED, "95"}},
        {SMALL, 128, 97, {ISM_E_FORMAT, "97"}},
        {SMALL, 80, 96, {ISM_E_FORMAT, "byte 80"}},
        {SMALL, 129, 96, {ISM_E_FORMAT, "byte 129"}},
        {SMALL, 4160, 96, {ISM_E_FORMAT, "4160"}},
        {PLAIN("^f8", "(3, 4)"), 128, 96, {ISM_E_BYTE_ORDER, "f8"}},
        {PLAIN("|O", "(3, 4)"), 128, 96, {ISM_E_DTYPE, "|O"}},
        {PLAIN("|u1", "(9223372036854775807,)"), 128, 96, {ISM_E_TRUNCATED, "9223372036854775807"}},
        {PLAIN("|u1", "(4294967296, 4294967296)"), 128, 96, {ISM_E_OVERFLOW, "4294967296"}},
        {PLAIN("|u1", "(" ONES ONES ONES ")"), 192, 1, {ISM_E_SHAPE, "33"}},
        {PLAIN("@f8", "(3, 4"), 128, 96, {ISM_E_FORMAT, "number"}},
    };
    const char *name = NAME("a");

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        size_t size = cases[i].header_size + cases[i].data_size;
        unsigned char *bytes = npy(cases[i].dictionary, cases[i].header_size, cases[i].data_size);
        ism_region_options options = {.size = size};
        ism_region *region;
        assert_status(ism_region_create(name, &options, &region), ISM_OK);
        memcpy(ism_region_data(region), bytes, size);
        assert_status(status_of_open(name), cases[i].expected.status);
        assert_message(cases[i].expected.text);
        assert_message(name);
        assert_status(ism_region_close(region), ISM_OK);
        free(bytes);
    }
}

static void e2_a_region_that_is_no_array_is_refused(void **state)
{
    const char *name = NAME("a");
    unsigned char *bytes = npy(SMALL, 128, 96);

    (void)state;
    for (size_t size = 1; size < 128 + 96; size += size < 12 ? 1 : 31) {
        ism_region_options options = {.size = size};
        ism_region *region;
        assert_status(ism_region_create(name, &options, &region), ISM_OK);
        assert_status(status_of_open(name), ISM_E_FORMAT);
        assert_status(status_of_open_or_create(name, &small), ISM_E_FORMAT);
        memcpy(ism_region_data(region), bytes, size);
        assert_status(status_of_open(name), ISM_E_TRUNCATED);
        assert_status(ism_region_close(region), ISM_OK);
    }
    free(bytes);
}

static void e2_any_byte_of_the_header_may_be_anything(void **state)
{
    static const unsigned char values[] = {0, 1, 3, 10, ' ', '(', ')', ',', '9', 'L', '\'', '}', 0xff};
    const char *name = NAME("a");
    ism_array *array = create(name, &small);
    ism_array_view before = view_of(array);
    unsigned char *header = ism_region_data(ism_array_region(array));

    (void)state;
    for (size_t i = 0; i < 128; i += i < 12 ? 1 : 3)
        for (size_t j = 0; j < sizeof values; j++) {
            unsigned char old = header[i];
            ism_array *other;
            header[i] = values[j];
            if (ism_array_open(name, NULL, &other) == ISM_OK) {
                ism_array_view view = view_of(other);
                unsigned char *begin = ism_region_data(ism_array_region(other));
                assert_true((unsigned char *)view.data + view.size == begin + 128 + 96);
                close_array(other);
            }
            header[i] = old;
        }
    memset(header, 0xff, 128);
    ism_array_view after = view_of(array);
    assert_memory_equal(&after, &before, sizeof before);
    close_array(array);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        promise(a1_header_is_standard_npy),
        promise(a1_data_is_64_byte_aligned_and_ends_with_the_region),
        promise(a1_another_process_sees_the_same_bytes),
        promise(a2_every_dtype_and_order_is_opened_as_it_was_created),
        promise(a2_up_to_32_dimensions_none_and_empty_ones),
        promise(a2_impossible_layouts_are_refused),
        promise(a2_wrong_arguments_are_refused),
        promise(a2_an_array_of_another_layout_is_told_apart),
        promise(a2_another_writers_longer_header_is_no_other_layout),
        promise(a2_an_initialiser_finds_the_header_and_runs_once),
        promise(a2_an_initialiser_that_fails_or_spoils_the_header_leaves_no_array),
        promise(a2_a_reader_gets_a_view_too),
        promise(a3_each_array_has_one_lock_of_its_own),
        promise(a3_the_lock_survives_its_owner),
        promise(a3_a_reader_can_not_lock),
        promise(a3_parts_are_equal_and_share_no_cache_line),
        promise(a3_there_is_no_part_beyond_the_last),
        promise(a4_a_file_comes_in_and_goes_out_unchanged),
        promise(a4_other_writers_files_get_a_standard_header),
        promise(a4_a_bad_file_is_refused_and_leaves_nothing),
        promise(a4_a_file_with_no_or_half_a_header_is_refused),
        promise(a4_load_needs_a_free_name_and_no_initialiser),
        promise(a4_saving_replaces_the_file_or_leaves_it_alone),
        promise(e2_a_hostile_header_is_refused),
        promise(e2_a_region_that_is_no_array_is_refused),
        promise(e2_any_byte_of_the_header_may_be_anything),
    };
    return cmocka_run_group_tests_name("arrays", tests, NULL, NULL);
}
