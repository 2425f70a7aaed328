/* sealed.c: regions that have no name, and are handed over as descriptors (R10).
 *
 * Nobody finds such a region who was not given its descriptor, by a parent or over a socket, and nobody who has it can
 * make it shorter. It needs no lease: the kernel keeps it for as long as anybody has it open or mapped, or it is on
 * its way. It is sealed when it is whole, so nobody opens it before. */
#include "../error.h"
#include "control.h"
#include "handle.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME_FORMAT "sealed-%016" PRIx64

struct sealed {
    char name[ISM_NAME_MAX + 1];
    ism_region_options options;
    struct ism_region *region;
};

/* Make the object, with its control block. */
static ism_status make_object(struct sealed *sealed, uint64_t id, struct ism_cause *why)
{
    uint64_t offset = 0, length = 0;
    struct ism_control control;
    struct ism_memory *memory = &sealed->region->memory;
    (void)ism_control_place(ism_control_capacity(&sealed->options), &offset, &length);
    ism_status status = ism_sealed_create(sealed->name, length, memory, why);
    if (status != ISM_OK)
        return status;
    ism_control_fill(&control, sealed->name, &sealed->options, id, sealed->region->life_table, 0);
    status = ism_memory_map(memory, why);
    if (status == ISM_OK)
        status = ism_region_commit(memory, &sealed->options, ism_region_commits_data(&sealed->options), why);
    if (status == ISM_OK)
        status = ism_control_write(memory, &control, why);
    if (status != ISM_OK)
        ism_memory_close(memory);
    else
        ism_region_keep(sealed->region, memory, &control);
    return status;
}

/* Have the region filled, say that it is ready, and seal it: a last seal would forbid the saying. */
static ism_status finish(struct sealed *sealed, bool others_may_write)
{
    struct ism_cause why = {NULL, 0};
    struct ism_memory *memory = &sealed->region->memory;
    ism_status status = ism_region_initialise(sealed->region, &sealed->options);
    if (status != ISM_OK)
        return status;
    status = ism_control_publish(memory, &why);
    if (status == ISM_OK)
        status = ism_sealed_seal(memory, others_may_write, &why);
    return status == ISM_OK ? ISM_OK : ism_fail(status, &why, "could not seal a region");
}

static ism_status make(struct sealed *sealed, bool others_may_write)
{
    uint64_t id;
    struct ism_cause why = {NULL, 0};
    struct ism_region *region = sealed->region;
    ism_status status = ism_region_draw_id(&id, &why);
    if (status == ISM_OK) {
        (void)snprintf(sealed->name, sizeof sealed->name, NAME_FORMAT, id);
        status = make_object(sealed, id, &why);
    }
    if (status != ISM_OK)
        return ism_fail(status, &why, "could not create a sealed region of %" PRIu64 " bytes", sealed->options.size);
    region->kind = ISM_KIND_SEALED;
    if (!ism_registry_add(region)) {
        ism_memory_close(&region->memory);
        return ism_fail(ISM_E_NO_MEMORY, NULL, "could not keep account of a sealed region");
    }
    ism_advise_found(region, 0, region->size);
    status = finish(sealed, others_may_write);
    if (status != ISM_OK) {
        ism_registry_remove(region);
        ism_memory_close(&region->memory);
    }
    return status;
}

/* What a descriptor means is a region only when its control block says so. */
static ism_status read_object(struct sealed *sealed, struct ism_control *control)
{
    struct ism_cause why = {NULL, 0};
    enum ism_control_state state;
    uint64_t expected = sealed->options.size;
    struct ism_memory *memory = &sealed->region->memory;
    ism_status status = ism_control_read(memory, control, &state, &why);
    if (status != ISM_OK)
        return ism_fail(status, &why, "could not read the control block of a sealed region");
    if (control->magic == 0)
        return ism_fail(ISM_E_FOREIGN, NULL, "the sealed object is no region");
    if (state != ISM_CONTROL_READY)
        return ism_fail(ISM_E_BUSY, NULL, "sealed region \"%s\" is still being initialised", control->name);
    if (expected != 0 && expected != control->size)
        return ism_fail(ISM_E_SIZE, NULL, "sealed region \"%s\" has %" PRIu64 " bytes, not %" PRIu64, control->name,
                        control->size, expected);
    status = ism_memory_map(memory, &why);
    return status == ISM_OK ? ISM_OK : ism_fail(status, &why, "could not map sealed region \"%s\"", control->name);
}

static ism_status attach(struct sealed *sealed, intptr_t descriptor)
{
    struct ism_cause why = {NULL, 0};
    struct ism_control control;
    struct ism_region *region = sealed->region;
    bool is_writable = (sealed->options.flags & ISM_REGION_READ_ONLY) == 0;
    ism_status status = ism_sealed_open(descriptor, is_writable, &region->memory, &why);
    if (status != ISM_OK)
        return ism_fail(status, &why, "could not open descriptor %" PRIdPTR, descriptor);
    status = read_object(sealed, &control);
    if (status == ISM_OK) {
        ism_region_keep(region, &region->memory, &control);
        region->kind = ISM_KIND_SEALED;
        if (!ism_registry_add(region))
            status = ism_fail(ISM_E_NO_MEMORY, NULL, "could not keep account of sealed region \"%s\"", region->name);
    }
    if (status != ISM_OK)
        ism_memory_close(&region->memory);
    return status;
}

/* Begin with a handle that uses the table of lock owners. */
static ism_status begin(struct sealed *sealed)
{
    sealed->options.access = ISM_ACCESS_OWNER; /* there is no name: who has a descriptor has it */
    sealed->region = calloc(1, sizeof *sealed->region);
    if (sealed->region == NULL)
        return ism_fail(ISM_E_NO_MEMORY, NULL, "could not keep account of a sealed region");
    sealed->region->wanted = sealed->options.flags & ISM_ADVICE;
    sealed->region->granted = sealed->region->wanted;
    ism_status status = ism_region_use_lives(sealed->region, sealed->options.flags);
    if (status != ISM_OK)
        ism_region_give_up(sealed->region);
    return status;
}

/* The call's end: the region, or nothing of it. */
static ism_status end(const struct sealed *sealed, ism_status status, ism_region **out)
{
    if (status == ISM_OK)
        *out = sealed->region;
    else
        ism_region_give_up(sealed->region);
    return status;
}

ism_status ism_region_create_sealed(const ism_region_options *options, ism_region **out)
{
    struct sealed sealed = {.name = "sealed"};
    if (out == NULL)
        return ism_fail(ISM_E_INVALID, NULL, "there is nowhere to put the region");
    *out = NULL;
    if (options == NULL)
        return ism_fail(ISM_E_INVALID, NULL, "the region's options are NULL");
    sealed.options = *options;
    bool others_may_write = (options->flags & ISM_REGION_ONE_WRITER) == 0;
    sealed.options.flags &= ~ISM_REGION_ONE_WRITER;
    ism_status status = ism_region_check_new(sealed.name, &sealed.options);
    if (status == ISM_OK && sealed.options.lifetime != ISM_LIFETIME_PROCESSES)
        status = ism_fail(ISM_E_UNSUPPORTED, NULL, "a sealed region that outlives its processes");
    if (status != ISM_OK)
        return status;
    ism_process_shield();
    status = begin(&sealed);
    if (status == ISM_OK)
        status = end(&sealed, make(&sealed, others_may_write), out);
    ism_process_unshield();
    return status;
}

ism_status ism_region_open_descriptor(intptr_t descriptor, const ism_region_options *options, ism_region **out)
{
    struct sealed sealed = {.name = "sealed"};
    if (out == NULL)
        return ism_fail(ISM_E_INVALID, NULL, "there is nowhere to put the region");
    *out = NULL;
    if (options != NULL)
        sealed.options = *options;
    if ((sealed.options.flags & ~ISM_REGION_READ_ONLY) != 0)
        return ism_fail(ISM_E_INVALID, NULL, "descriptor %" PRIdPTR ": flags 0x%" PRIx32 " are not for this call",
                        descriptor, sealed.options.flags);
    ism_process_shield();
    ism_status status = begin(&sealed);
    if (status == ISM_OK)
        status = end(&sealed, attach(&sealed, descriptor), out);
    ism_process_unshield();
    return status;
}

ism_status ism_region_get_descriptor(const ism_region *region, intptr_t *out)
{
    if (out != NULL)
        *out = -1;
    if (region == NULL || out == NULL)
        return ism_fail(ISM_E_INVALID, NULL, "the region or the place for its descriptor is NULL");
    if (region->kind != ISM_KIND_SEALED)
        return ism_fail(ISM_E_UNSUPPORTED, NULL, "a descriptor of \"%s\", which is not sealed", region->memory.native);
    *out = region->memory.handle;
    return ISM_OK;
}
