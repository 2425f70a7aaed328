/* native.c: memory that is shared with other software, by the name that the system knows (R11).
 *
 * Such a region has no control block, and no lease: nothing of it is ours. So its size and its lifetime are what
 * the system says, it can't grow, and there is nowhere to tell the living owner of a lock from a dead one. It is
 * listed by nobody, and whoever made it or removes it need not know of us. */
#include "native.h"

#include "../error.h"
#include "handle.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static ism_status check_name(const char *native_name, bool is_new)
{
    char quote[48];
    if (native_name == NULL)
        return ism_fail(ISM_E_INVALID, NULL, "the native name is NULL");
    const char *complaint = ism_native_complaint(native_name, is_new);
    if (complaint == NULL)
        return ISM_OK;
    ism_printable(native_name, strlen(native_name), quote, sizeof quote);
    return ism_fail(ISM_E_NAME, NULL, "the native name \"%s\" %s", quote, complaint);
}

static ism_status check_flags(const char *native_name, uint32_t flags, uint32_t allowed)
{
    if ((flags & ~allowed) == 0)
        return ISM_OK;
    return ism_fail(ISM_E_INVALID, NULL, "\"%s\": flags 0x%" PRIx32 " are not for this call", native_name,
                    flags & ~allowed);
}

/* What needs bytes of our own, or what the system does otherwise, can't be had. */
static ism_status check_wishes(const char *native_name, const ism_region_options *options)
{
    const char *wish = NULL;
    if (options->capacity != 0 && options->capacity != options->size)
        wish = "room to grow";
    else if (options->initialiser != NULL)
        wish = "an initialiser";
    else if (options->lifetime == ISM_LIFETIME_PERSISTENT && ism_native_traits.lifetime != ISM_LIFETIME_PERSISTENT)
        wish = "a persistent lifetime";
    if (wish == NULL)
        return ISM_OK;
    return ism_fail(ISM_E_UNSUPPORTED, NULL, "\"%s\": %s in a native region", native_name, wish);
}

static ism_status check_new(const char *native_name, const ism_region_options *options)
{
    ism_status status = check_flags(native_name, options->flags, ISM_REGION_LAZY);
    if (status == ISM_OK && options->lifetime != ISM_LIFETIME_PROCESSES && options->lifetime != ISM_LIFETIME_PERSISTENT)
        status = ism_fail(ISM_E_INVALID, NULL, "\"%s\": lifetime %d is unknown", native_name, (int)options->lifetime);
    if (status == ISM_OK && (options->size == 0 || options->size > PTRDIFF_MAX - ism_memory_page()))
        status = ism_fail(ISM_E_SIZE, NULL, "\"%s\" of %" PRIu64 " bytes", native_name, options->size);
    return status == ISM_OK ? check_wishes(native_name, options) : status;
}

/* An object of no size is one that its maker has only just made, or will never fill. */
static ism_status check_size(const char *native_name, uint64_t length, uint64_t expected)
{
    if (length == 0 || length > PTRDIFF_MAX)
        return ism_fail(ISM_E_SIZE, NULL, "\"%s\" has %" PRIu64 " bytes", native_name, length);
    bool fits = expected <= length && (expected == length || !ism_native_traits.keeps_exact_sizes);
    if (expected != 0 && !fits)
        return ism_fail(ISM_E_SIZE, NULL, "\"%s\" has %" PRIu64 " bytes, not %" PRIu64, native_name, length, expected);
    return ISM_OK;
}

/* Map the object, and let its addresses be found. */
static ism_status enter(struct ism_region *region, const char *native_name)
{
    struct ism_cause why = {NULL, 0};
    ism_status status = ism_memory_map(&region->memory, &why);
    if (status != ISM_OK)
        return ism_fail(status, &why, "could not map \"%s\"", native_name);
    region->kind = ISM_KIND_NATIVE;
    region->size = region->memory.length;
    region->capacity = region->memory.length;
    region->lifetime = ism_native_traits.lifetime;
    return ISM_OK;
}

static ism_status set_aside(struct ism_region *region, const char *native_name, const ism_region_options *options)
{
    struct ism_cause why = {NULL, 0};
    if ((options->flags & ISM_REGION_LAZY) != 0)
        return ISM_OK;
    ism_status status = ism_memory_commit(&region->memory, 0, region->size, &why);
    if (status != ISM_OK)
        return ism_fail(status, &why, "could not set %" PRIu64 " bytes aside for \"%s\"", region->size, native_name);
    region->committed = true;
    return ISM_OK;
}

static ism_status publish(struct ism_region *region, const char *native_name)
{
    return ism_registry_add(region) ? ISM_OK
                                    : ism_fail(ISM_E_NO_MEMORY, NULL, "could not keep account of \"%s\"", native_name);
}

static ism_status make(struct ism_region *region, const char *native_name, const ism_region_options *options)
{
    struct ism_cause why = {NULL, 0};
    ism_status status = ism_native_create(native_name, options->size, &region->memory, &why);
    if (status != ISM_OK)
        return ism_fail(status, &why, "could not create \"%s\" of %" PRIu64 " bytes", native_name, options->size);
    status = enter(region, native_name);
    if (status == ISM_OK)
        status = set_aside(region, native_name, options);
    if (status == ISM_OK)
        status = publish(region, native_name);
    if (status == ISM_OK)
        return ISM_OK;
    (void)ism_native_remove(native_name, &region->memory, &why);
    ism_memory_close(&region->memory);
    return status;
}

static ism_status attach(struct ism_region *region, const char *native_name, const ism_region_options *options)
{
    struct ism_cause why = {NULL, 0};
    bool is_writable = (options->flags & ISM_REGION_READ_ONLY) == 0;
    ism_status status = ism_native_open(native_name, is_writable, &region->memory, &why);
    if (status != ISM_OK)
        return ism_fail(status, &why, "could not open \"%s\"", native_name);
    status = check_size(native_name, region->memory.length, options->size);
    if (status == ISM_OK)
        status = enter(region, native_name);
    if (status == ISM_OK)
        status = publish(region, native_name);
    if (status != ISM_OK)
        ism_memory_close(&region->memory);
    return status;
}

typedef ism_status way(struct ism_region *region, const char *native_name, const ism_region_options *options);

/* Create or open, with nobody cancelling the thread meanwhile. */
static ism_status have(const char *native_name, const ism_region_options *options, way *go, ism_region **out)
{
    struct ism_region *region = calloc(1, sizeof *region);
    if (region == NULL)
        return ism_fail(ISM_E_NO_MEMORY, NULL, "could not keep account of \"%s\"", native_name);
    ism_process_shield();
    ism_status status = go(region, native_name, options);
    ism_process_unshield();
    if (status == ISM_OK)
        *out = region;
    else
        free(region);
    return status;
}

ism_status ism_region_create_native(const char *native_name, const ism_region_options *options, ism_region **out)
{
    if (out == NULL)
        return ism_fail(ISM_E_INVALID, NULL, "there is nowhere to put the region");
    *out = NULL;
    if (options == NULL)
        return ism_fail(ISM_E_INVALID, NULL, "the region's options are NULL");
    ism_region_options copy = *options;
    ism_status status = check_name(native_name, true);
    if (status == ISM_OK)
        status = check_new(native_name, &copy);
    return status == ISM_OK ? have(native_name, &copy, make, out) : status;
}

ism_status ism_region_open_native(const char *native_name, const ism_region_options *options, ism_region **out)
{
    static const ism_region_options defaults;
    if (out == NULL)
        return ism_fail(ISM_E_INVALID, NULL, "there is nowhere to put the region");
    *out = NULL;
    ism_region_options copy = options != NULL ? *options : defaults;
    ism_status status = check_name(native_name, false);
    if (status == ISM_OK)
        status = check_flags(native_name, copy.flags, ISM_REGION_READ_ONLY);
    return status == ISM_OK ? have(native_name, &copy, attach, out) : status;
}

ism_status ism_region_remove_native(const char *native_name)
{
    struct ism_cause why = {NULL, 0};
    ism_status status = check_name(native_name, false);
    if (status != ISM_OK)
        return status;
    status = ism_native_remove(native_name, NULL, &why);
    return status == ISM_OK ? ISM_OK : ism_fail(status, &why, "could not remove \"%s\"", native_name);
}

void ism_native_describe(const struct ism_region *region, ism_region_info *info)
{
    memset(info, 0, sizeof *info);
    memcpy(info->native_name, region->memory.native, sizeof info->native_name);
    ism_memory_path(region->memory.native, info->path);
    info->size = region->size;
    info->capacity = region->capacity;
    info->lifetime = region->lifetime;
    info->ready = 1;
    info->committed = region->committed;
}
