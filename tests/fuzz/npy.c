/* npy.c: hostile headers of arrays, in a file's bytes and in a region. */
#include "array/npy_header.h"
#include "fuzz.h"
#include "world.h"

#define SUBJECT "file \"a.npy\""

static void check_view(const ism_array_view *view)
{
    uint64_t count = 1;
    must(view->layout.dimensions <= ISM_DIMENSIONS_MAX && view->item_size > 0);
    for (uint32_t i = 0; i < view->layout.dimensions; i++) {
        must(count == 0 || view->layout.shape[i] <= UINT64_MAX / count);
        count *= view->layout.shape[i];
    }
    must(view->count == count && view->count <= UINT64_MAX / view->item_size);
    must(view->size == view->count * view->item_size);
}

/* What is written for what was understood is understood the same. */
static void check_again(const ism_array_view *view)
{
    unsigned char written[ISM_NPY_WRITTEN_MAX];
    ism_array_view again;
    size_t length = 0;
    const size_t size = ism_npy_write(&view->layout, written);

    must(size <= sizeof written && size % ISM_NPY_ALIGNMENT == 0);
    must(ism_npy_length(written, size, sizeof written, SUBJECT, &length) == ISM_OK && length == size);
    must(ism_npy_parse(written, size, SUBJECT, &again) == ISM_OK);
    must(again.count == view->count && again.size == view->size && again.layout.dtype == view->layout.dtype &&
         again.layout.dimensions == view->layout.dimensions);
}

static void check_file(const uint8_t *bytes, size_t size)
{
    size_t length = 0;
    ism_array_view view;

    if (ism_npy_length(bytes, size, ISM_NPY_FILE_HEADER_MAX, SUBJECT, &length) != ISM_OK)
        return;
    must(length > ISM_NPY_PREFIX && length <= ISM_NPY_FILE_HEADER_MAX);
    if (length > size)
        return;
    unsigned char *header = copy_of(bytes, length, 0);
    if (ism_npy_parse(header, length, SUBJECT, &view) == ISM_OK) {
        check_view(&view);
        check_again(&view);
    }
    free(header);
}

static void check_region(const uint8_t *bytes, size_t size)
{
    static ism_region *region;
    static char name[ISM_NAME_MAX + 1];
    const ism_region_options options = {.size = 8192};
    ism_array *array = NULL;
    ism_array_view view;

    if (region == NULL) {
        world_name("npy", name);
        must(ism_region_create(name, &options, &region) == ISM_OK);
    }
    memset(ism_region_data(region), 0, 8192);
    if (size > 0)
        memcpy(ism_region_data(region), bytes, size < 8192 ? size : 8192);
    if (ism_array_open(name, NULL, &array) != ISM_OK) {
        must(array == NULL);
        return;
    }
    must(ism_array_get_view(array, &view) == ISM_OK);
    check_view(&view);
    const unsigned char *data = ism_region_data(ism_array_region(array));
    must((unsigned char *)view.data >= data && view.size <= 8192 &&
         (uint64_t)((unsigned char *)view.data - data) <= 8192 - view.size);
    must(ism_array_close(array) == ISM_OK);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    check_file(bytes, size);
    check_region(bytes, size);
    return 0;
}
