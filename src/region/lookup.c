/* lookup.c: from a name to the object that it means. */
#include "lookup.h"

#include "../error.h"

#include <string.h>

ism_status ism_inspect(const char *native, bool writable, struct ism_found *found)
{
    struct ism_cause why = {NULL, 0};
    ism_status status = ism_memory_open(native, writable, &found->memory, &why);
    if (status == ISM_E_NOT_FOUND)
        return status;
    if (status != ISM_OK)
        return ism_fail(status, &why, "could not open \"%s\"", native);
    found->lease = ism_lease_look(&found->memory);
    status = ism_control_read(&found->memory, &found->control, &found->state, &why);
    if (status != ISM_OK) {
        ism_memory_close(&found->memory);
        return ism_fail(status, &why, "could not read the control block of \"%s\"", native);
    }
    return ISM_OK;
}

/* Is the object under this candidate the region of that name? An object of nobody, killed before it got its
 * name, is taken for it: whoever creates next frees it. */
static bool is_named(const struct ism_found *found, const char *name)
{
    if (found->control.name[0] == '\0')
        return ism_backend_traits.candidates == 1 || found->lease == ISM_LEASE_NONE;
    return strcmp(found->control.name, name) == 0;
}

ism_status ism_lookup(const char *name, bool writable, struct ism_found *found,
                      char free_name[ISM_NATIVE_NAME_MAX + 1])
{
    char native[ISM_NATIVE_NAME_MAX + 1];
    free_name[0] = '\0';
    for (unsigned candidate = 0; candidate < ism_backend_traits.candidates; candidate++) {
        ism_memory_native_name(name, candidate, native);
        ism_status status = ism_inspect(native, writable, found);
        if (status == ISM_E_NOT_FOUND) {
            if (free_name[0] == '\0')
                memcpy(free_name, native, sizeof native);
        } else if (status != ISM_OK) {
            if (ism_backend_traits.candidates == 1)
                return status;
        } else if (is_named(found, name) &&
                   (found->control.removed == 0 || ism_backend_traits.frees_names)) {
            return ISM_OK;
        } else {
            ism_memory_close(&found->memory);
        }
    }
    return ISM_E_NOT_FOUND;
}

bool ism_is_stale(const struct ism_found *found)
{
    if (found->control.removed != 0)
        return true; /* its remover was killed before it could free the name */
    return found->lease == ISM_LEASE_NONE &&
           (found->state == ISM_CONTROL_UNREADY ||
            found->control.lifetime == ISM_LIFETIME_PROCESSES);
}

/* Nobody has the object now, and nobody can get it. But since it was looked at, its creator may have gone
 * all the way to a persistent region, and ended. */
static ism_status confirm_stale(struct ism_found *found, struct ism_cause *why)
{
    ism_status status = ism_lease_take_alone(&found->memory, why);
    if (status == ISM_OK)
        status = ism_control_read(&found->memory, &found->control, &found->state, why);
    found->lease = ISM_LEASE_NONE;
    return status == ISM_OK && !ism_is_stale(found) ? ISM_E_BUSY : status;
}

ism_status ism_discard(struct ism_found *found, struct ism_cause *why)
{
    ism_status status = ISM_OK;
    if (found->control.removed == 0)
        status = confirm_stale(found, why);
    if (status == ISM_OK)
        status = ism_memory_unlink(&found->memory, why);
    ism_memory_close(&found->memory);
    return status;
}
