/* remove.c: freeing a region's name, whoever has the region (R7). */
#include "../error.h"
#include "handle.h"
#include "lookup.h"
#include "name.h"

#include <string.h>

#define REMOVALS 100          /* tried while others change what is to be removed, */
#define PAUSE UINT64_C(20000) /* so many nanoseconds apart */

/* Free the name; where names can't be freed, mark the object, and the next one gets another native name. */
static ism_status remove_found(struct ism_found *found, struct ism_cause *why)
{
    ism_status status = ism_memory_unlink(&found->memory, why);
    if (status == ISM_OK && !ism_backend_traits.frees_names)
        status = ism_control_set_removed(&found->memory, why);
    ism_memory_close(&found->memory);
    return status;
}

/* What is damaged can still be removed, unless it bears another name. */
static ism_status remove_damaged(const char *name, const struct ism_found *damaged, struct ism_cause *why)
{
    struct ism_memory memory;
    char claimed[sizeof damaged->control.name + 1] = {0};
    memcpy(claimed, damaged->control.name, sizeof damaged->control.name);
    if (ism_name_is_valid(claimed) && strcmp(claimed, name) != 0)
        return ISM_E_CORRUPT;
    ism_status status = ism_memory_open(damaged->memory.native, true, &memory, why);
    if (status == ISM_OK) {
        status = ism_memory_measure(&memory, why);
        if (status == ISM_OK)
            status = ism_memory_unlink(&memory, why);
        ism_memory_close(&memory);
    }
    return status;
}

static ism_status remove_by_name(const char *name, struct ism_names names, struct ism_cause *why)
{
    struct ism_found found;
    char free_name[ISM_NATIVE_NAME_MAX + 1];
    struct ism_access access = {.writable = true, .joins = false};
    ism_status status = ism_lookup(name, names, access, &found, free_name);
    if (status == ISM_E_CORRUPT)
        return remove_damaged(name, &found, why);
    if (status != ISM_OK)
        return status;
    if (ism_is_stale(&found)) {
        status = ism_discard(&found, why);
        return status == ISM_OK ? ISM_E_NOT_FOUND : status;
    }
    if (found.control.name[0] == '\0') { /* its creator has not claimed it: there is no region yet */
        ism_memory_close(&found.memory);
        return ISM_E_NOT_FOUND;
    }
    return remove_found(&found, why);
}

/* Whoever has got a region meanwhile that looked dead has one that can be removed. */
static ism_status remove_name(const char *name, struct ism_names names)
{
    struct ism_cause why = {NULL, 0};
    ism_status status = ISM_E_BUSY;
    for (int i = 0; i < REMOVALS && status == ISM_E_BUSY; i++) {
        if (i > 0)
            ism_process_pause(PAUSE);
        status = ism_lease_begin(names, &why);
        if (status != ISM_OK)
            break;
        status = remove_by_name(name, names, &why);
        ism_lease_end();
    }
    return status == ISM_OK ? ISM_OK : ism_fail(status, &why, "could not remove region \"%s\"", name);
}

ism_status ism_region_remove(const char *name)
{
    ism_status status = ism_name_check(name);
    if (status != ISM_OK)
        return status;
    status = remove_name(name, ism_names_of(ISM_ACCESS_OWNER, ISM_SCOPE_SESSION));
    if (status == ISM_E_NOT_FOUND && ism_backend_traits.tells_scopes)
        status = ism_status_of_machine(remove_name(name, ism_names_of(ISM_ACCESS_OWNER, ISM_SCOPE_MACHINE)));
    return status;
}

ism_status ism_region_remove_shared(const char *name, ism_scope scope)
{
    ism_status status = ism_name_check(name);
    if (status == ISM_OK)
        status = ism_names_check(name, ISM_ACCESS_EVERYONE, scope);
    return status == ISM_OK ? remove_name(name, ism_names_of(ISM_ACCESS_EVERYONE, scope)) : status;
}
