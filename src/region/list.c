/* list.c: looking at regions without opening them, and freeing what dead processes left. */
#include "list.h"
#include "../error.h"
#include "control.h"
#include "handle.h"
#include "lookup.h"
#include "name.h"
#include "native.h"

#include <string.h>

/* ---- describing ---- */

static bool contains(const uint64_t *ids, unsigned count, uint64_t id)
{
    while (count > 0)
        if (ids[--count] == id)
            return true;
    return false;
}

static unsigned listed_holders(const struct ism_control *control, uint64_t *ids)
{
    unsigned count = 0;
    for (unsigned i = 0; i < ISM_ATTACHED_MAX; i++) {
        uint64_t id = control->attached[i];
        if (id != 0 && !contains(ids, count, id) && ism_process_exists(id))
            ids[count++] = id;
    }
    return count;
}

static void describe(const struct ism_found *found, ism_region_info *info)
{
    const struct ism_control *control = &found->control;
    memset(info, 0, sizeof *info);
    memcpy(info->name, control->name, sizeof info->name);
    info->name[ISM_NAME_MAX] = '\0';
    memcpy(info->native_name, found->memory.native, sizeof info->native_name);
    if (info->native_name[0] != '\0')
        ism_memory_path(found->memory.native, info->path);
    info->size = control->size;
    info->capacity = control->capacity;
    info->lifetime = (ism_lifetime)control->lifetime;
    info->access = (ism_access)control->access;
    info->owner = found->memory.owner;
    info->stale = found->lease == ISM_LEASE_NONE && ism_is_stale(found);
    info->ready = found->state == ISM_CONTROL_READY;
    info->committed = (control->flags & ISM_CONTROL_COMMITTED) != 0;
    info->attached_count = ism_backend_traits.lease_names_holders
                               ? ism_lease_holders(&found->memory, info->attached, ISM_ATTACHED_MAX)
                               : listed_holders(control, info->attached);
}

/* What is called stale stays so. If that can't be had, somebody may get it yet. */
static void make_sure(struct ism_found *found)
{
    struct ism_cause ignored;
    if (ism_is_stale(found) && ism_condemn(found, &ignored) != ISM_OK)
        found->lease = ISM_LEASE_HELD;
}

ism_status ism_region_get_info(const ism_region *region, ism_region_info *out)
{
    struct ism_cause why = {NULL, 0};
    if (region == NULL || out == NULL)
        return ism_fail(ISM_E_INVALID, NULL, "the region or the place for its info is NULL");
    if (region->kind == ISM_KIND_NATIVE) {
        ism_native_describe(region, out);
        return ISM_OK;
    }
    struct ism_found found;
    memset(&found, 0, sizeof found);
    found.memory = region->memory;
    found.lease = ISM_LEASE_HELD;
    ism_status status = ism_control_read(&found.memory, &found.control, &found.state, &why);
    if (status != ISM_OK)
        return ism_fail(status, &why, "could not read the control block of region \"%s\"", region->name);
    describe(&found, out);
    out->granted = region->granted;
    return ISM_OK;
}

static ism_status look(const char *name, struct ism_names names, ism_region_info *out)
{
    struct ism_cause why = {NULL, 0};
    struct ism_found found;
    char free_name[ISM_NATIVE_NAME_MAX + 1];
    if (out == NULL)
        return ism_fail(ISM_E_INVALID, NULL, "there is nowhere to put the region's info");
    ism_status status = ism_lease_begin(names, &why);
    if (status != ISM_OK)
        return ism_fail(status, &why, "could not look at region \"%s\"", name);
    status = ism_lookup(name, names, (struct ism_access){.writable = false}, &found, free_name);
    if (status == ISM_OK) {
        make_sure(&found);
        describe(&found, out);
        ism_memory_close(&found.memory);
    } else if (status == ISM_E_NOT_FOUND) {
        status = ism_fail(status, NULL, "could not look at region \"%s\"", name);
    }
    ism_lease_end();
    return status;
}

ism_status ism_region_look(const char *name, ism_region_info *out)
{
    ism_status status = ism_name_check(name);
    if (status != ISM_OK)
        return status;
    status = look(name, ism_names_of(ISM_ACCESS_OWNER, ISM_SCOPE_SESSION), out);
    if (status == ISM_E_NOT_FOUND && ism_backend_traits.tells_scopes)
        status = ism_status_of_machine(look(name, ism_names_of(ISM_ACCESS_OWNER, ISM_SCOPE_MACHINE), out));
    return status;
}

ism_status ism_region_look_shared(const char *name, ism_scope scope, ism_region_info *out)
{
    ism_status status = ism_name_check(name);
    if (status == ISM_OK)
        status = ism_names_check(name, ISM_ACCESS_EVERYONE, scope);
    return status == ISM_OK ? look(name, ism_names_of(ISM_ACCESS_EVERYONE, scope), out) : status;
}

/* ---- visiting all ---- */

struct visit {
    ism_region_visitor visitor;
    void *context;
    bool tidies;
    uint32_t left;     /* objects that may still be looked at */
    ism_status status; /* once others keep the shared names to themselves those are passed by */
    struct ism_cause why;
};

/* Free a stale object; true if the visitor is to be told, with *outcome. */
static bool free_stale(struct ism_found *found, ism_region_info *info, ism_status *outcome)
{
    struct ism_cause why = {NULL, 0};
    describe(found, info);
    *outcome = ism_discard(found, &why);
    if (*outcome == ISM_E_NOT_FOUND || *outcome == ISM_E_BUSY)
        return false; /* it is not what it was */
    if (*outcome != ISM_OK)
        *outcome = ism_fail(*outcome, &why, "could not remove \"%s\"", found->memory.native);
    return true;
}

/* Others' objects among the shared names are of no concern to whom they are not open. */
static bool is_hidden(const char *native, ism_status status)
{
    return ism_memory_is_shared(native) && (status == ISM_E_ACCESS || status == ISM_E_FOREIGN);
}

/* Look at one object; true if it is to be shown to the visitor, with *outcome. */
static bool examine(const char *native, bool tidies, ism_region_info *info, ism_status *outcome)
{
    struct ism_found found;
    struct ism_cause ignored;
    memset(info, 0, sizeof *info);
    memcpy(info->native_name, native, strlen(native) + 1);
    *outcome = ism_inspect(native, (struct ism_access){.writable = tidies}, &found);
    if (is_hidden(native, *outcome))
        return false;
    if (*outcome != ISM_OK) /* who can't read it can't know that it is stale */
        return !tidies && *outcome != ISM_E_NOT_FOUND;
    if (tidies && found.state == ISM_CONTROL_HOLLOW)
        (void)ism_memory_unlink(&found.memory, &ignored);
    bool is_shown = !ism_is_removed(&found) && (!tidies || ism_is_stale(&found));
    if (is_shown && tidies)
        return free_stale(&found, info, outcome);
    if (is_shown) {
        make_sure(&found);
        describe(&found, info);
    }
    ism_memory_close(&found.memory);
    return is_shown;
}

static bool visit_one(const char *native, void *context)
{
    struct visit *visit = context;
    ism_region_info info;
    ism_status outcome = ISM_OK;
    struct ism_names names = ism_memory_names(native);
    visit->left--;
    if (names.shared && visit->status != ISM_OK)
        return visit->left > 0;
    ism_status status = ism_lease_begin(names, &visit->why);
    if (status != ISM_OK) {
        visit->status = status;
        return names.shared && visit->left > 0;
    }
    bool is_shown = examine(native, visit->tidies, &info, &outcome);
    ism_lease_end();
    if (is_shown && visit->visitor != NULL && visit->visitor(&info, outcome, visit->context) != 0)
        return false;
    return visit->left > 0;
}

static ism_status visit_all(struct visit *visit)
{
    ism_status status = ism_memory_list(visit_one, visit, &visit->why);
    if (status == ISM_OK)
        status = visit->status;
    return status == ISM_OK ? ISM_OK : ism_fail(status, &visit->why, "could not list the regions");
}

ism_status ism_region_list(ism_region_visitor visitor, void *context)
{
    if (visitor == NULL)
        return ism_fail(ISM_E_INVALID, NULL, "there is nobody to show the regions to");
    struct visit visit = {visitor, context, false, UINT32_MAX, ISM_OK, {NULL, 0}};
    return visit_all(&visit);
}

ism_status ism_region_tidy(ism_region_visitor visitor, void *context)
{
    struct visit visit = {visitor, context, true, UINT32_MAX, ISM_OK, {NULL, 0}};
    return visit_all(&visit);
}

#define SWEEP_LIMIT 32u

void ism_sweep_once(void)
{
    static bool is_done; /* guarded by ISM_LOCK_REGISTRY */
    ism_process_lock(ISM_LOCK_REGISTRY);
    bool is_first = !is_done;
    is_done = true;
    ism_process_unlock(ISM_LOCK_REGISTRY);
    struct ism_cause ignored;
    struct visit visit = {NULL, NULL, true, SWEEP_LIMIT, ISM_OK, {NULL, 0}};
    if (is_first)
        (void)ism_memory_list(visit_one, &visit, &ignored);
}
