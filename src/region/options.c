/* options.c: what a caller may ask for of a region. */
#include "../error.h"
#include "handle.h"
#include "lookup.h"

#include <inttypes.h>

static ism_status check_size(const char *name, const ism_region_options *options)
{
    uint64_t offset, length;
    if (options->size == 0)
        return ism_fail(ISM_E_SIZE, NULL, "region \"%s\" of 0 bytes", name);
    if (options->capacity != 0 && options->capacity < options->size)
        return ism_fail(ISM_E_SIZE, NULL, "region \"%s\" of %" PRIu64 " bytes with a capacity of %" PRIu64, name,
                        options->size, options->capacity);
    uint64_t capacity = ism_control_capacity(options);
    if (!ism_control_place(capacity, &offset, &length))
        return ism_fail(ISM_E_SIZE, NULL, "region \"%s\" of %" PRIu64 " bytes is more than a process can address", name,
                        capacity);
    return ISM_OK;
}

static ism_status check_flags(const char *name, const ism_region_options *options, uint32_t allowed)
{
    allowed |= ISM_ADVICE;
    if ((options->flags & ~allowed) == 0)
        return ISM_OK;
    return ism_fail(ISM_E_INVALID, NULL, "region \"%s\": flags 0x%" PRIx32 " are not for this call", name,
                    options->flags & ~allowed);
}

ism_status ism_region_check_known(const char *name, const ism_region_options *options)
{
    ism_status status = check_flags(name, options, ISM_REGION_READ_ONLY);
    return status == ISM_OK ? ism_names_check(name, options->access, options->scope) : status;
}

ism_status ism_region_check_new(const char *name, const ism_region_options *options)
{
    ism_status status = check_flags(name, options, ISM_REGION_LAZY);
    if (status == ISM_OK)
        status = ism_names_check(name, options->access, options->scope);
    if (status != ISM_OK)
        return status;
    if (options->lifetime != ISM_LIFETIME_PROCESSES && options->lifetime != ISM_LIFETIME_PERSISTENT)
        return ism_fail(ISM_E_INVALID, NULL, "region \"%s\": lifetime %d is unknown", name, (int)options->lifetime);
    if (options->lifetime == ISM_LIFETIME_PERSISTENT && !ism_backend_traits.keeps_persistent)
        return ism_fail(ISM_E_UNSUPPORTED, NULL, "region \"%s\": persistent regions", name);
    return check_size(name, options);
}
