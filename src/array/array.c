/* array.c: typed arrays: a region that begins with an NPY header, and the lock in its control
 * block.
 *
 * Built on the public calls of region.h: a fresh region gets its header from an initialiser, before
 * anybody else can open it; an existing one's header is copied out once, and the copy is checked
 * and parsed. From then on the handle's own view counts, whatever happens to the shared bytes. */
#include "npy_header.h"

#include "../error.h"
#include "../region/handle.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct ism_array {
    ism_region *region;
    ism_array_view view;
};

/* What is settled before a region is touched: what a new array is, and how its region is made. */
struct plan {
    char subject[ISM_SUBJECT_MAX];
    ism_array_view view; /* but for where the data is */
    unsigned char header[ISM_NPY_WRITTEN_MAX];
    size_t header_size;
    ism_region_options options;
    ism_region_initialiser initialiser; /* the caller's own, or NULL */
    void *initialiser_context;
    bool header_damaged; /* by the caller's initialiser */
};

static ism_status null_argument(const char *what)
{
    return ism_fail(ISM_E_INVALID, NULL, "%s must not be NULL", what);
}

static ism_status initialise(ism_region *region, void *context)
{
    struct plan *plan = context;
    memcpy(ism_region_data(region), plan->header, plan->header_size);
    if (plan->initialiser == NULL)
        return ISM_OK;
    ism_status status = plan->initialiser(region, plan->initialiser_context);
    if (status != ISM_OK)
        return status;
    plan->header_damaged = memcmp(ism_region_data(region), plan->header, plan->header_size) != 0;
    return plan->header_damaged ? ISM_E_FORMAT : ISM_OK;
}

static ism_status make_plan(const char *name, const ism_array_layout *layout, const ism_region_options *options,
                            struct plan *plan)
{
    memset(plan, 0, sizeof *plan);
    if (name == NULL || layout == NULL)
        return null_argument(name == NULL ? "an array's name" : "an array's layout");
    ism_subject_describe("array", name, plan->subject);
    if (options != NULL)
        plan->options = *options;
    if (plan->options.size != 0 || plan->options.capacity != 0)
        return ism_fail(ISM_E_SIZE, NULL,
                        "%s can't be given size %" PRIu64 " and capacity %" PRIu64 ": its layout tells both",
                        plan->subject, plan->options.size, plan->options.capacity);
    ism_status status = ism_layout_measure(layout, plan->subject, &plan->view);
    if (status != ISM_OK)
        return status;

    plan->header_size = ism_npy_write(&plan->view.layout, plan->header);
    plan->initialiser = plan->options.initialiser;
    plan->initialiser_context = plan->options.initialiser_context;
    plan->options.size = plan->header_size + plan->view.size;
    plan->options.initialiser = initialise;
    plan->options.initialiser_context = plan;
    return ISM_OK;
}

/* Adds what only this room knows of why a region could not be made. */
static ism_status explain(ism_status status, const struct plan *plan)
{
    if (status == ISM_E_INITIALISER && plan->header_damaged)
        return ism_fail(status, NULL, "%s had its header overwritten", plan->subject);
    return status;
}

/* Parse the header of a region that anybody may have written. */
static ism_status read_view(ism_region *region, const char *subject, ism_array_view *view)
{
    unsigned char copy[ISM_NPY_REGION_HEADER_MAX];
    uint64_t region_size = ism_region_size(region);
    size_t available = region_size < sizeof copy ? (size_t)region_size : sizeof copy;
    memcpy(copy, ism_region_data(region), available);

    size_t header_size = 0;
    ism_status status = ism_npy_length(copy, available, sizeof copy, subject, &header_size);
    if (status != ISM_OK)
        return status;
    if (header_size > available)
        return ism_fail(ISM_E_TRUNCATED, NULL, "%s ends after %" PRIu64 " bytes, within its header", subject,
                        region_size);
    status = ism_npy_parse(copy, header_size, subject, view);
    if (status != ISM_OK)
        return status;
    if (header_size % ISM_NPY_ALIGNMENT != 0)
        return ism_fail(ISM_E_FORMAT, NULL, "%s has its data at byte %u, no multiple of %d", subject,
                        (unsigned)header_size, ISM_NPY_ALIGNMENT);
    uint64_t data_size = region_size - header_size;
    if (data_size != view->size)
        return ism_fail(data_size < view->size ? ISM_E_TRUNCATED : ISM_E_FORMAT, NULL,
                        "%s has %" PRIu64 " bytes of data, and its header tells of %" PRIu64, subject, data_size,
                        view->size);
    view->data = (unsigned char *)ism_region_data(region) + header_size;
    return ISM_OK;
}

/* An existing array must be what the caller asked for. */
static ism_status compare(const ism_array_layout *found, const ism_array_layout *wanted, const char *subject)
{
    size_t shape_size = wanted->dimensions * sizeof wanted->shape[0];
    bool same_shape = found->dimensions == wanted->dimensions && found->order == wanted->order &&
                      memcmp(found->shape, wanted->shape, shape_size) == 0;
    if (found->dtype == wanted->dtype && same_shape)
        return ISM_OK;
    char found_text[ISM_LAYOUT_TEXT_MAX], wanted_text[ISM_LAYOUT_TEXT_MAX];
    ism_layout_describe(found, found_text);
    ism_layout_describe(wanted, wanted_text);
    return ism_fail(found->dtype == wanted->dtype ? ISM_E_SHAPE : ISM_E_DTYPE, NULL, "%s is %s, not %s", subject,
                    found_text, wanted_text);
}

/* Open the region of an array that exists in whatever size, or create it. A region of another size
 * is opened all the same, so that its header tells what is different; if it is gone by then, the
 * second attempt has the last word. */
static ism_status open_or_create_region(const char *name, const ism_region_options *options, ism_region **out)
{
    ism_status status = ism_region_open_or_create(name, options, out);
    if (status != ISM_E_SIZE)
        return status;
    ism_region_options any_size = {.access = options->access,
                                   .scope = options->scope,
                                   .deadline = options->deadline,
                                   .flags = options->flags & ~ISM_REGION_LAZY};
    status = ism_region_open(name, &any_size, out);
    if (status != ISM_E_NOT_FOUND)
        return status;
    return ism_region_open_or_create(name, options, out);
}

static ism_status new_array(const char *subject, ism_array **out)
{
    *out = calloc(1, sizeof **out);
    if (*out == NULL)
        return ism_fail(ISM_E_NO_MEMORY, NULL, "no memory for a handle of %s", subject);
    return ISM_OK;
}

static ism_status plan_array(const char *name, const ism_array_layout *layout, const ism_region_options *options,
                             struct plan *plan, ism_array **out)
{
    ism_status status = make_plan(name, layout, options, plan);
    return status == ISM_OK ? new_array(plan->subject, out) : status;
}

static ism_status give_up(ism_array *array, ism_status status)
{
    (void)ism_region_close(array->region);
    free(array);
    return status;
}

ism_status ism_array_create(const char *name, const ism_array_layout *layout, const ism_region_options *options,
                            ism_array **out)
{
    if (out == NULL)
        return null_argument("out");
    *out = NULL;
    struct plan plan;
    ism_array *array = NULL;
    ism_status status = plan_array(name, layout, options, &plan, &array);
    if (status != ISM_OK)
        return status;

    status = ism_region_create(name, &plan.options, &array->region);
    if (status != ISM_OK)
        return give_up(array, explain(status, &plan));
    array->view = plan.view;
    array->view.data = (unsigned char *)ism_region_data(array->region) + plan.header_size;
    *out = array;
    return ISM_OK;
}

ism_status ism_array_open(const char *name, const ism_region_options *options, ism_array **out)
{
    if (out == NULL)
        return null_argument("out");
    *out = NULL;
    if (name == NULL)
        return null_argument("an array's name");
    char subject[ISM_SUBJECT_MAX];
    ism_subject_describe("array", name, subject);
    ism_array *array = NULL;
    ism_status status = new_array(subject, &array);
    if (status != ISM_OK)
        return status;

    status = ism_region_open(name, options, &array->region);
    if (status == ISM_OK)
        status = read_view(array->region, subject, &array->view);
    if (status != ISM_OK)
        return give_up(array, status);
    *out = array;
    return ISM_OK;
}

ism_status ism_array_open_or_create(const char *name, const ism_array_layout *layout, const ism_region_options *options,
                                    ism_array **out)
{
    if (out == NULL)
        return null_argument("out");
    *out = NULL;
    struct plan plan;
    ism_array *array = NULL;
    ism_status status = plan_array(name, layout, options, &plan, &array);
    if (status != ISM_OK)
        return status;

    status = open_or_create_region(name, &plan.options, &array->region);
    if (status == ISM_OK)
        status = read_view(array->region, plan.subject, &array->view);
    if (status == ISM_OK)
        status = compare(&array->view.layout, &plan.view.layout, plan.subject);
    if (status != ISM_OK)
        return give_up(array, explain(status, &plan));
    *out = array;
    return ISM_OK;
}

ism_status ism_array_close(ism_array *array)
{
    if (array == NULL)
        return ISM_OK;
    ism_status status = ism_region_close(array->region);
    if (status == ISM_OK)
        free(array);
    return status;
}

ism_region *ism_array_region(const ism_array *array)
{
    return array == NULL ? NULL : array->region;
}

ism_status ism_array_get_view(const ism_array *array, ism_array_view *out)
{
    if (array == NULL || out == NULL)
        return null_argument(array == NULL ? "an array" : "out");
    *out = array->view;
    return ISM_OK;
}

ism_status ism_array_get_part(const ism_array *array, uint64_t index, uint64_t parts, ism_array_part *out)
{
    if (array == NULL || out == NULL)
        return null_argument(array == NULL ? "an array" : "out");
    if (index >= parts)
        return ism_fail(ISM_E_INVALID, NULL, "there is no part %" PRIu64 " of %" PRIu64, index, parts);
    /* Data begins on a cache line, and every element size divides it: whole lines are dealt out,
     * the first parts getting one more where it does not come out even. */
    const ism_array_view *view = &array->view;
    uint64_t line = ISM_NPY_ALIGNMENT / view->item_size;
    uint64_t lines = view->count / line + (view->count % line != 0);
    uint64_t first_line = lines / parts * index + (index < lines % parts ? index : lines % parts);
    uint64_t own_lines = lines / parts + (index < lines % parts);

    uint64_t first = first_line * line, end = (first_line + own_lines) * line;
    out->first = first < view->count ? first : view->count;
    out->count = (end < view->count ? end : view->count) - out->first;
    out->data = (unsigned char *)view->data + out->first * view->item_size;
    return ISM_OK;
}

ism_mutex *ism_array_mutex(const ism_array *array)
{
    return array == NULL ? NULL : ism_region_array_mutex(array->region);
}

ism_status ism_array_lock(ism_array *array)
{
    return ism_mutex_lock(ism_array_mutex(array));
}

ism_status ism_array_lock_until(ism_array *array, ism_deadline deadline)
{
    return ism_mutex_lock_until(ism_array_mutex(array), deadline);
}

ism_status ism_array_consistent(ism_array *array)
{
    return ism_mutex_consistent(ism_array_mutex(array));
}

ism_status ism_array_unlock(ism_array *array)
{
    return ism_mutex_unlock(ism_array_mutex(array));
}
