/* lookup.c: from a name to the object that it means. */
#include "lookup.h"

#include "../error.h"

#include <string.h>

/* See the lease before taking one: two openers of a dead region would otherwise take each other for holders.
 * What the object is comes last, so that it can't change meanwhile. */
static ism_status examine(struct ism_access access, struct ism_found *found, struct ism_cause *why)
{
    found->lease = ism_lease_look(&found->memory);
    ism_status status = ISM_OK;
    if (access.leased && found->lease == ISM_LEASE_HELD)
        status = ism_lease_take(&found->memory, why);
    if (status == ISM_E_BUSY)
        found->lease = ISM_LEASE_LEAVING;
    else if (status != ISM_OK)
        return status;
    status = ism_memory_measure(&found->memory, why);
    found->is_ours = status == ISM_OK;
    if (status == ISM_OK)
        status = ism_control_read(&found->memory, &found->control, &found->state, why);
    return status;
}

ism_status ism_inspect(const char *native, struct ism_access access, struct ism_found *found)
{
    struct ism_cause why = {NULL, 0};
    memset(found, 0, sizeof *found);
    ism_status status = ism_memory_open(native, access.writable, &found->memory, &why);
    if (status == ISM_E_NOT_FOUND)
        return status;
    if (status != ISM_OK)
        return ism_fail(status, &why, "could not open \"%s\"", native);
    status = examine(access, found, &why);
    if (status != ISM_OK) {
        found->state = ISM_CONTROL_READY; /* what is not known is not freed */
        found->control.lifetime = ISM_LIFETIME_PERSISTENT;
        ism_found_close(found);
        if (status != ISM_E_NOT_FOUND)
            (void)ism_fail(status, &why, "could not use \"%s\"", native);
    }
    return status;
}

void ism_found_close(struct ism_found *found)
{
    bool is_temporary = found->state == ISM_CONTROL_UNREADY ||
                        found->control.lifetime == ISM_LIFETIME_PROCESSES;
    if (found->memory.leased)
        ism_lease_leave(&found->memory, is_temporary);
    else
        ism_memory_close(&found->memory);
}

/* Is the object under this candidate the region of that name? One without a name was never claimed: where a
 * name has one candidate it is that name's all the same. */
static bool is_named(const struct ism_found *found, const char *name)
{
    if (found->control.name[0] == '\0')
        return ism_backend_traits.candidates == 1;
    return strcmp(found->control.name, name) == 0;
}

ism_status ism_lookup(const char *name, struct ism_access access, struct ism_found *found,
                      char free_name[ISM_NATIVE_NAME_MAX + 1])
{
    char native[ISM_NATIVE_NAME_MAX + 1];
    free_name[0] = '\0';
    for (unsigned candidate = 0; candidate < ism_backend_traits.candidates; candidate++) {
        ism_memory_native_name(name, candidate, native);
        ism_status status = ism_inspect(native, access, found);
        if (status == ISM_E_NOT_FOUND) {
            if (free_name[0] == '\0')
                memcpy(free_name, native, sizeof native);
        } else if (status == ISM_E_FOREIGN && !found->is_ours && ism_backend_traits.candidates > 1) {
            continue; /* another user's */
        } else if (status != ISM_OK) {
            return status; /* it may be the one that is meant: nothing is made beside it */
        } else if (is_named(found, name) &&
                   (found->control.removed == 0 || ism_backend_traits.frees_names)) {
            return ISM_OK;
        } else {
            ism_found_close(found);
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
        status = ism_memory_measure(&found->memory, why);
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
