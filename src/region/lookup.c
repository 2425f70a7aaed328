/* lookup.c: from a name to the object that it means. */
#include "lookup.h"

#include "../error.h"

#include <string.h>

#define LOOKS 1000             /* at what others are about to change, */
#define PAUSE UINT64_C(100000) /* so many nanoseconds apart */

/* Who only looks waits a moment for one who is just discarding the object, or about to have it: what comes of it
 * is what is to be told. */
static enum ism_lease settled_lease(const struct ism_memory *memory)
{
    enum ism_lease lease = ism_lease_look(memory);
    for (int i = 0; i < LOOKS && lease == ISM_LEASE_LEAVING; i++) {
        ism_process_pause(PAUSE);
        lease = ism_lease_look(memory);
    }
    return lease;
}

ism_status ism_found_see(struct ism_found *found, struct ism_cause *why)
{
    ism_status status = ism_memory_measure(&found->memory, why);
    found->is_ours = status == ISM_OK && !ism_memory_is_shared(found->memory.native);
    return status == ISM_OK ? ism_control_read(&found->memory, &found->control, &found->state, why) : status;
}

static ism_status examine(struct ism_access access, struct ism_found *found, struct ism_cause *why)
{
    found->lease = access.joins ? ism_lease_look(&found->memory) : settled_lease(&found->memory);
    ism_status status = ISM_OK;
    if (access.joins && found->lease == ISM_LEASE_HELD && !ism_backend_traits.locks_names)
        status = ism_lease_take(&found->memory, why);
    if (status == ISM_E_BUSY)
        found->lease = ISM_LEASE_LEAVING;
    else if (status != ISM_OK)
        return status;
    status = ism_found_see(found, why);
    if (status == ISM_E_CORRUPT && ism_memory_is_shared(found->memory.native))
        status = ism_found_see(found, why); /* it may have been hollowed out meanwhile */
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
    if (status == ISM_OK)
        return ISM_OK;
    ism_found_close(found);
    if (status == ISM_E_NOT_FOUND)
        return status;
    return ism_fail(status, &why, "could not use \"%s\"", native);
}

void ism_found_close(struct ism_found *found)
{
    if (found->memory.leased)
        ism_lease_leave(&found->memory,
                        found->state == ISM_CONTROL_READY && found->control.lifetime == ISM_LIFETIME_PROCESSES);
    else
        ism_memory_close(&found->memory);
}

bool ism_is_removed(const struct ism_found *found)
{
    return found->state == ISM_CONTROL_HOLLOW || (!ism_backend_traits.frees_names && found->control.removed != 0);
}

unsigned ism_candidates(struct ism_names names)
{
    return names.shared ? ism_backend_traits.shared_candidates : ism_backend_traits.candidates;
}

struct ism_names ism_names_of(ism_access access, ism_scope scope)
{
    return (struct ism_names){access != ISM_ACCESS_OWNER, ism_backend_traits.tells_scopes ? scope : ISM_SCOPE_SESSION};
}

bool ism_names_have_tables(struct ism_names names)
{
    return names.shared || names.scope == ISM_SCOPE_MACHINE;
}

ism_status ism_status_of_machine(ism_status status)
{
    return status == ISM_E_ACCESS || status == ISM_E_FOREIGN ? ISM_E_NOT_FOUND : status;
}

ism_status ism_names_check(const char *name, ism_access access, ism_scope scope)
{
    if (access != ISM_ACCESS_OWNER && access != ISM_ACCESS_GROUP && access != ISM_ACCESS_EVERYONE)
        return ism_fail(ISM_E_INVALID, NULL, "region \"%s\": access %d is unknown", name, (int)access);
    if (scope != ISM_SCOPE_SESSION && scope != ISM_SCOPE_MACHINE)
        return ism_fail(ISM_E_INVALID, NULL, "region \"%s\": scope %d is unknown", name, (int)scope);
    if (ism_candidates(ism_names_of(access, scope)) == 0)
        return ism_fail(ISM_E_UNSUPPORTED, NULL, "region \"%s\": regions for more than one user", name);
    return ISM_OK;
}

/* Is the object under this candidate the region of that name? One without a name was never claimed: where native
 * names are exact it is that name's all the same. */
static bool is_named(const struct ism_found *found, const char *name)
{
    if (found->control.name[0] == '\0')
        return ism_backend_traits.names_are_exact;
    return strcmp(found->control.name, name) == 0;
}

bool ism_has_rival(const char *name, struct ism_names names, const char *native)
{
    struct ism_found found;
    char other[ISM_NATIVE_NAME_MAX + 1];
    bool has_rival = false;
    for (unsigned candidate = 0; !has_rival && candidate < ism_candidates(names); candidate++) {
        ism_memory_native_name(name, names, candidate, other);
        if (strcmp(other, native) == 0 || ism_inspect(other, (struct ism_access){.writable = false}, &found) != ISM_OK)
            continue;
        has_rival = is_named(&found, name) && !ism_is_removed(&found);
        ism_memory_close(&found.memory);
    }
    return has_rival;
}

/* If nothing is left of it but its name, free that too, as far as this user may. Did its creator end before it said
 * whose it is? Then it is no name's, and whoever creates may free it: else a few such deaths would use all
 * candidates of a name up. True if its native name is free now; in any case the object is closed. */
static bool free_leftover(struct ism_found *found, struct ism_access access)
{
    struct ism_cause ignored;
    bool is_free = false;
    if (found->state == ISM_CONTROL_HOLLOW) {
        is_free = access.writable && ism_memory_unlink(&found->memory, &ignored) == ISM_OK;
    } else if (access.frees_unclaimed && found->control.name[0] == '\0' && ism_is_stale(found)) {
        ism_status status = ism_discard(found, &ignored);
        return status == ISM_OK || status == ISM_E_NOT_FOUND;
    }
    ism_found_close(found);
    return is_free;
}

ism_status ism_lookup(const char *name, struct ism_names names, struct ism_access access, struct ism_found *found,
                      char free_name[ISM_NATIVE_NAME_MAX + 1])
{
    char native[ISM_NATIVE_NAME_MAX + 1];
    free_name[0] = '\0';
    for (unsigned candidate = 0; candidate < ism_candidates(names); candidate++) {
        ism_memory_native_name(name, names, candidate, native);
        ism_status status = ism_inspect(native, access, found);
        if (status == ISM_E_FOREIGN && !found->is_ours && ism_candidates(names) > 1)
            continue; /* another user's */
        if (status != ISM_OK && status != ISM_E_NOT_FOUND)
            return status; /* it may be the one that is meant: nothing is made beside it */
        if (status == ISM_OK && is_named(found, name) && !ism_is_removed(found))
            return ISM_OK;
        bool is_free = status == ISM_E_NOT_FOUND || free_leftover(found, access);
        if (is_free && free_name[0] == '\0')
            memcpy(free_name, native, sizeof native);
    }
    return ISM_E_NOT_FOUND;
}

/* Has the life that the control block names ended, in the table that it names? Of another table nothing is
 * known: then the lease alone tells. */
static bool has_initialiser_ended(const struct ism_found *found)
{
    struct ism_life_table *table = NULL;
    struct ism_cause ignored;
    uint64_t id;
    bool has_own = ism_names_have_tables(ism_memory_names(found->memory.native));
    ism_status status =
        has_own ? ism_life_table_share(&found->memory, &table, &id, &ignored) : ism_life_table_use(&id, &ignored);
    if (status != ISM_OK)
        return false;
    bool has_ended = id == found->control.life_table && ism_life_ended(table, found->control.initialiser);
    if (has_own)
        ism_life_table_unshare(table);
    else
        ism_life_table_leave();
    return has_ended;
}

/* It may have been made ready after it was looked at, and before its initialiser's life was asked for. */
static bool is_still_unready(const struct ism_found *found)
{
    struct ism_memory memory = found->memory; /* mapped already where reading maps */
    struct ism_control control;
    enum ism_control_state state;
    struct ism_cause ignored;
    return ism_control_read(&memory, &control, &state, &ignored) == ISM_OK && state == ISM_CONTROL_UNREADY &&
           control.initialiser == found->control.initialiser;
}

/* Can nobody get it, whoever has it? Somebody has said so; or its initialiser has ended: who still has it is a
 * child of that process, which can't make it ready. A hostile peer who says so frees no more than the name. */
static bool is_abandoned(const struct ism_found *found)
{
    if (found->control.removed != 0)
        return ism_backend_traits.frees_names;
    return found->state == ISM_CONTROL_UNREADY && found->control.initialiser != 0 && has_initialiser_ended(found) &&
           is_still_unready(found);
}

bool ism_is_stale(const struct ism_found *found)
{
    if (is_abandoned(found))
        return true;
    return found->lease == ISM_LEASE_NONE &&
           (found->state == ISM_CONTROL_UNREADY || found->control.lifetime == ISM_LIFETIME_PROCESSES);
}

/* Several may find the same region dead, and each may have it alone only for a moment. */
static ism_status take_alone_in_turn(struct ism_memory *memory, struct ism_cause *why)
{
    ism_status status = ism_lease_take_alone(memory, why);
    for (int i = 0; i < LOOKS && status == ISM_E_BUSY; i++) {
        if (ism_lease_look(memory) == ISM_LEASE_HELD)
            return ISM_E_BUSY;
        ism_process_pause(PAUSE);
        status = ism_lease_take_alone(memory, why);
    }
    return status;
}

/* Who may not write it can't make sure, and who finds another object need not. */
static ism_status pardon(ism_status status, struct ism_cause *why)
{
    if (status != ISM_E_NOT_FOUND && status != ISM_E_FOREIGN && status != ISM_E_ACCESS)
        return status;
    *why = (struct ism_cause){NULL, 0};
    return ISM_OK;
}

ism_status ism_condemn(const struct ism_found *found, struct ism_cause *why)
{
    struct ism_memory memory;
    if (ism_backend_traits.locks_names || found->state == ISM_CONTROL_UNREADY || found->control.removed != 0)
        return ISM_OK; /* who comes now sees the same */
    ism_status status = ism_memory_open(found->memory.native, true, &memory, why);
    if (status != ISM_OK)
        return pardon(status, why);
    status = ism_memory_measure(&memory, why);
    if (status == ISM_OK && memory.identity == found->memory.identity)
        status = take_alone_in_turn(&memory, why);
    if (status == ISM_OK && memory.alone)
        status = ism_control_set_removed(&memory, why);
    ism_memory_close(&memory);
    return pardon(status, why);
}

ism_status ism_take_alone(struct ism_found *found, struct ism_cause *why)
{
    uint64_t region = found->control.region;
    ism_status status = ism_lease_take_alone(&found->memory, why);
    if (status == ISM_OK)
        status = ism_found_see(found, why);
    found->lease = ISM_LEASE_NONE;
    return status == ISM_OK && found->control.region != region ? ISM_E_BUSY : status;
}

/* Of a shared object whose name another user is to free, and which nobody can get. Whoever has one that was marked is
 * about to see that; if not, a hostile peer has marked one that is in use. */
static ism_status free_memory_at_least(struct ism_found *found, struct ism_cause *why)
{
    ism_status status = ism_lease_take_alone(&found->memory, why);
    for (int i = 0; i < LOOKS && status == ISM_E_BUSY && found->control.removed != 0; i++) {
        ism_process_pause(PAUSE);
        status = ism_lease_take_alone(&found->memory, why);
    }
    if (status == ISM_OK)
        return ism_memory_unlink(&found->memory, why);
    bool is_held = status == ISM_E_BUSY && ism_lease_look(&found->memory) == ISM_LEASE_HELD;
    return is_held ? ISM_E_ACCESS : status;
}

ism_status ism_discard(struct ism_found *found, struct ism_cause *why)
{
    ism_status status = ISM_OK;
    bool can_come_back = !is_abandoned(found);
    if (can_come_back)
        status = ism_take_alone(found, why);
    if (status == ISM_OK && can_come_back && !ism_is_stale(found))
        status = ISM_E_BUSY;
    if (status == ISM_OK)
        status = ism_memory_unlink(&found->memory, why);
    if (status == ISM_E_ACCESS && !found->memory.alone && ism_memory_is_shared(found->memory.native))
        status = free_memory_at_least(found, why);
    if (status == ISM_OK && !can_come_back && !ism_backend_traits.frees_names)
        status = ism_control_set_removed(&found->memory, why); /* the name stays with those who have it */
    ism_memory_close(&found->memory);
    return status;
}
