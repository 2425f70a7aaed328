/* region.c: creating, opening and closing regions.
 *
 * One loop serves create, open and open-or-create: look the name up, act on what is there, and begin
 * again whenever another process changed it in between. What makes that sound is the lease (backend.h):
 *   - a creator has a lease before its object can be taken for a dead one's: if somebody discards the
 *     object first, the creator's lease fails and it begins again;
 *   - an opener takes a lease only on a region whose lease it saw held, or that is persistent and ready;
 *   - only who has the object alone discards it, or says that it is dead. */
#include "../error.h"
#include "attempt.h"
#include "list.h"
#include "name.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Between two looks at a region that another process initialises or discards, in nanoseconds. */
#define FIRST_PAUSE UINT64_C(20000)
#define LONGEST_PAUSE UINT64_C(5000000)

/* ---- having a region ---- */

void ism_region_keep(struct ism_region *region, const struct ism_memory *memory, const struct ism_control *control)
{
    region->memory = *memory;
    memcpy(region->name, control->name, sizeof region->name);
    region->name[ISM_NAME_MAX] = '\0';
    region->id = control->region;
    region->size = control->size;
    region->capacity = control->capacity;
    region->committed = (control->flags & ISM_CONTROL_COMMITTED) != 0 || !ism_backend_traits.reserves_lazily;
    region->lifetime = (ism_lifetime)control->lifetime;
}

/* Where the lease does not tell who has the region, its control block lists them; a full list forgets. */
void ism_region_enlist(struct ism_memory *memory)
{
    if (ism_backend_traits.lease_names_holders || !memory->writable)
        return;
    struct ism_control *control = ism_control_mapped(memory);
    for (unsigned i = 0; i < ISM_ATTACHED_MAX; i++) {
        uint64_t id = ism_load_relaxed_64(&control->attached[i]);
        if ((id == 0 || !ism_process_exists(id)) &&
            ism_compare_exchange_relaxed_64(&control->attached[i], &id, ism_process_id()))
            return;
    }
}

static void unlist(struct ism_memory *memory)
{
    if (ism_backend_traits.lease_names_holders || !memory->writable)
        return;
    struct ism_control *control = ism_control_mapped(memory);
    for (unsigned i = 0; i < ISM_ATTACHED_MAX; i++) {
        uint64_t id = ism_process_id();
        if (ism_compare_exchange_relaxed_64(&control->attached[i], &id, 0))
            return;
    }
}

/* If the names can't be locked, the object is left to whoever uses its name next. Without a lease nobody counts,
 * and nothing of ours lies in it. */
static void leave(struct ism_region *region, bool free_if_last)
{
    struct ism_cause ignored;
    if (!region->memory.leased) {
        ism_memory_close(&region->memory);
        return;
    }
    bool is_begun = ism_lease_begin(ism_memory_names(region->memory.native), &ignored) == ISM_OK;
    unlist(&region->memory);
    ism_lease_leave(&region->memory, free_if_last && is_begun);
    if (is_begun)
        ism_lease_end();
}

/* ---- the table of lock owners ---- */

/* Of an object that has its own. Who only reads takes no locks, and gets along without; so does who finds none:
 * locks are refused then. */
ism_status ism_attempt_share_lives(struct ism_attempt *attempt, const struct ism_memory *memory, struct ism_cause *why)
{
    struct ism_region *region = attempt->region;
    if (!ism_names_have_tables(ism_attempt_names(attempt)) || !memory->writable)
        return ISM_OK;
    ism_status status = ism_life_table_share(memory, &region->lives, &region->life_table, why);
    return status == ISM_E_UNSUPPORTED ? ISM_OK : status;
}

static void unshare_life_table(struct ism_region *region)
{
    if (region->lives == NULL)
        return;
    ism_life_table_unshare(region->lives);
    region->lives = NULL;
    region->life_table = 0;
}

/* ---- opening ---- */

static ism_status check_found(const struct ism_attempt *attempt, const struct ism_found *found)
{
    if (attempt->options.size != 0 && attempt->options.size != found->control.size)
        return ism_fail(ISM_E_SIZE, NULL, "region \"%s\" has %" PRIu64 " bytes, not %" PRIu64, attempt->name,
                        found->control.size, attempt->options.size);
    if (attempt->options.access == ISM_ACCESS_GROUP && found->control.access != ISM_ACCESS_GROUP)
        return ism_fail(ISM_E_ACCESS, NULL, "region \"%s\" is open to everyone, not to a group", attempt->name);
    return ISM_OK;
}

/* A persistent region that nobody has: no life that its locks name is left, so it gets the table of
 * today. */
static bool needs_renewal(const struct ism_attempt *attempt, const struct ism_found *found)
{
    return found->lease == ISM_LEASE_NONE && !attempt->has_tried_renewal && attempt->region->life_table != 0 &&
           found->control.life_table != attempt->region->life_table;
}

static void renew_life_table(struct ism_attempt *attempt, const struct ism_found *seen)
{
    struct ism_access access = {.writable = true, .joins = false};
    struct ism_cause ignored;
    struct ism_found found;
    attempt->has_tried_renewal = true;
    if (ism_inspect(seen->memory.native, access, &found) != ISM_OK)
        return; /* it may only be read: then no lock of it can be taken either */
    if (found.control.region == seen->control.region && ism_take_alone(&found, &ignored) == ISM_OK &&
        found.state == ISM_CONTROL_READY && found.control.lifetime == ISM_LIFETIME_PERSISTENT)
        (void)ism_control_set_life_table(&found.memory, attempt->region->life_table, &ignored);
    ism_memory_close(&found.memory);
}

/* Where names are not locked, one who found a region that nobody had looks again once it has the lease: meanwhile
 * others may have come and gone. */
static ism_status take(struct ism_found *found, struct ism_cause *why)
{
    uint64_t region = found->control.region;
    ism_status status = ism_lease_take(&found->memory, why);
    if (status != ISM_OK || ism_backend_traits.locks_names)
        return status;
    status = ism_found_see(found, why);
    if (status == ISM_E_NOT_FOUND || (status == ISM_OK && found->control.region != region))
        status = ISM_E_BUSY;
    return status;
}

/* Have a region that is there, and map it. ISM_E_BUSY: begin again. */
static ism_status join(struct ism_attempt *attempt, struct ism_found *found, struct ism_cause *why)
{
    ism_status status = check_found(attempt, found);
    if (status != ISM_OK)
        return status;
    if (!found->memory.leased)
        status = take(found, why);
    if (status == ISM_OK)
        status = ism_memory_map(&found->memory, why);
    if (status == ISM_OK)
        status = ism_region_set_aside_again(&found->memory, 0, found->control.size, why);
    if (status == ISM_E_BUSY)
        return status;
    if (status != ISM_OK)
        return ism_fail(status, why, "could not open region \"%s\"", attempt->name);
    ism_region_keep(attempt->region, &found->memory, &found->control);
    ism_region_enlist(&attempt->region->memory);
    return ISM_OK;
}

/* ---- the loop ---- */

enum step { STEP_DONE, STEP_CREATED, STEP_AGAIN, STEP_WAIT };

/* Is it not the region that is meant, which its name does not mean any more? */
static bool is_another(const struct ism_attempt *attempt, const struct ism_found *found)
{
    return attempt->id != 0 && found->control.region != attempt->id;
}

/* Act on an object that is there. */
static enum step meet(struct ism_attempt *attempt, struct ism_found *found, ism_status *status)
{
    struct ism_cause why = {NULL, 0};
    enum step step = STEP_DONE;
    if (is_another(attempt, found)) {
        *status = ism_fail(ISM_E_NOT_FOUND, NULL, "could not open region \"%s\" again", attempt->name);
    } else if (ism_is_stale(found)) {
        if (attempt->intent != INTENT_OPEN) {
            *status = ism_discard(found, &why);
            if (*status == ISM_OK || *status == ISM_E_NOT_FOUND)
                return STEP_AGAIN;
            if (*status == ISM_E_BUSY)
                return STEP_WAIT;
            *status = ism_fail(*status, &why, "could not free what is left of region \"%s\"", attempt->name);
            return STEP_DONE;
        }
        *status = ism_condemn(found, &why);
        if (*status == ISM_E_BUSY) /* somebody has it by now, or is removing it and may be stopped there */
            step = STEP_WAIT;
        else
            *status = ism_fail(*status != ISM_OK ? *status : ISM_E_NOT_FOUND, &why, "could not open region \"%s\"",
                               attempt->name);
    } else if (found->lease == ISM_LEASE_LEAVING) {
        step = STEP_WAIT;
    } else if (attempt->intent == INTENT_CREATE) {
        *status = ism_fail(ISM_E_EXISTS, NULL, "could not create region \"%s\"", attempt->name);
    } else if (found->state == ISM_CONTROL_UNREADY) {
        step = STEP_WAIT;
    } else if ((*status = ism_attempt_share_lives(attempt, &found->memory, &why)) != ISM_OK) {
        *status = ism_fail(*status, &why, "could not open the table of lock owners of region \"%s\"", attempt->name);
    } else if (needs_renewal(attempt, found)) {
        ism_found_close(found);
        renew_life_table(attempt, found);
        return STEP_AGAIN;
    } else {
        *status = join(attempt, found, &why);
        if (*status == ISM_OK)
            return STEP_DONE;
        if (*status == ISM_E_BUSY)
            step = STEP_WAIT;
    }
    ism_found_close(found);
    return step;
}

/* Act on a name that is free. */
static enum step settle(struct ism_attempt *attempt, const char *native, ism_status *status)
{
    struct ism_cause why = {NULL, 0};
    if (attempt->intent == INTENT_OPEN) {
        *status = ism_fail(ISM_E_NOT_FOUND, NULL, "could not open region \"%s\"", attempt->name);
        return STEP_DONE;
    }
    if (native[0] == '\0') {
        *status = ism_fail(ISM_E_LIMIT, NULL, "could not create region \"%s\": all its %u native names are taken",
                           attempt->name, ism_candidates(ism_attempt_names(attempt)));
        return STEP_DONE;
    }
    *status = ism_attempt_claim(attempt, native, &why);
    if (*status == ISM_OK)
        return STEP_CREATED;
    if (*status == ISM_E_EXISTS)
        return STEP_AGAIN;
    if (*status == ISM_E_BUSY)
        return STEP_WAIT;
    *status = ism_fail(*status, &why, "could not create region \"%s\" of %" PRIu64 " bytes", attempt->name,
                       attempt->options.size);
    return STEP_DONE;
}

/* Look the name up and act on what it means. Who only wants to create, where a name has one native name,
 * need not look first. */
static enum step act(struct ism_attempt *attempt, ism_status *status)
{
    struct ism_found found;
    char free_name[ISM_NATIVE_NAME_MAX + 1];
    struct ism_names names = ism_attempt_names(attempt);
    struct ism_access access = {
        .writable = (attempt->options.flags & ISM_REGION_READ_ONLY) == 0,
        .joins = attempt->intent != INTENT_CREATE,
        .frees_unclaimed = attempt->intent != INTENT_OPEN,
    };
    if (attempt->intent == INTENT_CREATE && ism_candidates(names) == 1) {
        ism_memory_native_name(attempt->name, names, 0, free_name);
        enum step step = settle(attempt, free_name, status);
        if (step != STEP_AGAIN)
            return step;
    }
    *status = ism_lookup(attempt->name, names, access, &found, free_name);
    if (*status == ISM_OK)
        return meet(attempt, &found, status);
    return *status == ISM_E_NOT_FOUND ? settle(attempt, free_name, status) : STEP_DONE;
}

static enum step try_once(struct ism_attempt *attempt, ism_status *status)
{
    struct ism_cause why = {NULL, 0};
    *status = ism_lease_begin(ism_attempt_names(attempt), &why);
    if (*status != ISM_OK) {
        *status = ism_fail(*status, &why, "could not look region \"%s\" up", attempt->name);
        return STEP_DONE;
    }
    enum step step = act(attempt, status);
    ism_lease_end();
    if (step == STEP_AGAIN || step == STEP_WAIT)
        unshare_life_table(attempt->region);
    return step;
}

static ism_status attach(struct ism_attempt *attempt)
{
    uint64_t pause = FIRST_PAUSE;
    for (;;) {
        ism_status status = ISM_OK;
        enum step step = try_once(attempt, &status);
        if (step == STEP_CREATED) {
            status = ism_attempt_fill(attempt);
            if (status != ISM_OK)
                ism_region_withdraw(attempt->region);
            return status;
        }
        if (step == STEP_DONE) {
            if (status == ISM_OK && !ism_registry_add(attempt->region)) {
                leave(attempt->region, attempt->region->lifetime == ISM_LIFETIME_PROCESSES);
                return ism_fail(ISM_E_NO_MEMORY, NULL, "could not open region \"%s\"", attempt->name);
            }
            if (status == ISM_OK)
                ism_advise_found(attempt->region, 0, attempt->region->size);
            return status;
        }
        if (step == STEP_WAIT) {
            if (attempt->options.deadline != ISM_FOREVER && ism_process_now() >= attempt->options.deadline)
                return ism_fail(ISM_E_TIMED_OUT, NULL, "region \"%s\" is still being initialised or discarded",
                                attempt->name);
            ism_process_pause(pause);
            pause = pause * 2 < LONGEST_PAUSE ? pause * 2 : LONGEST_PAUSE;
        }
    }
}

/* Who only reads takes no locks, and gets along without the table. */
ism_status ism_region_use_lives(struct ism_region *region, uint32_t flags)
{
    struct ism_cause why = {NULL, 0};
    ism_status status = ism_life_table_use(&region->life_table, &why);
    if (status == ISM_OK || (flags & ISM_REGION_READ_ONLY) != 0)
        return ISM_OK;
    return ism_fail(status, &why, "could not open the table of lock owners");
}

void ism_region_give_up(struct ism_region *region)
{
    unshare_life_table(region);
    if (region->life_table != 0)
        ism_life_table_leave();
    free(region);
}

static ism_status start(struct ism_attempt *attempt)
{
    ism_status status = ism_name_check(attempt->name);
    if (status == ISM_OK)
        status = attempt->intent == INTENT_OPEN ? ism_region_check_known(attempt->name, &attempt->options)
                                                : ism_region_check_new(attempt->name, &attempt->options);
    if (status != ISM_OK)
        return status;
    attempt->region = calloc(1, sizeof *attempt->region);
    if (attempt->region == NULL)
        return ism_fail(ISM_E_NO_MEMORY, NULL, "could not keep account of region \"%s\"", attempt->name);
    attempt->region->wanted = attempt->options.flags & ISM_ADVICE;
    attempt->region->granted = attempt->region->wanted;
    if (!ism_names_have_tables(ism_attempt_names(attempt)))
        status = ism_region_use_lives(attempt->region, attempt->options.flags);
    if (status == ISM_OK) {
        if (attempt->intent != INTENT_OPEN)
            ism_sweep_once();
        status = attach(attempt);
    }
    if (status != ISM_OK)
        ism_region_give_up(attempt->region);
    return status;
}

/* What was tried on the way to a success is no failure of the call. */
static ism_status have(const char *name, uint64_t id, const ism_region_options *options, enum intent intent,
                       ism_region **out)
{
    static const ism_region_options defaults;
    if (out == NULL)
        return ism_fail(ISM_E_INVALID, NULL, "there is nowhere to put the region");
    *out = NULL;
    if (options == NULL && intent != INTENT_OPEN)
        return ism_fail(ISM_E_INVALID, NULL, "the region's options are NULL");
    struct ism_attempt attempt = {name, options != NULL ? *options : defaults, intent, id, NULL, false};
    ism_error before = *ism_error_last();
    ism_process_shield();
    ism_status status = start(&attempt);
    ism_process_unshield();
    if (status != ISM_OK)
        return status;
    ism_error_restore(&before);
    *out = attempt.region;
    return ISM_OK;
}

/* ---- the public calls ---- */

ism_status ism_region_create(const char *name, const ism_region_options *options, ism_region **out)
{
    return have(name, 0, options, INTENT_CREATE, out);
}

ism_status ism_region_open(const char *name, const ism_region_options *options, ism_region **out)
{
    return have(name, 0, options, INTENT_OPEN, out);
}

ism_status ism_region_open_exact(const char *name, uint64_t id, const ism_region_options *options, ism_region **out)
{
    return have(name, id, options, INTENT_OPEN, out);
}

ism_status ism_region_open_or_create(const char *name, const ism_region_options *options, ism_region **out)
{
    return have(name, 0, options, INTENT_OPEN_OR_CREATE, out);
}

ism_status ism_region_close(ism_region *region)
{
    if (region == NULL)
        return ISM_OK;
    ism_status status = ism_registry_check_idle(region);
    if (status != ISM_OK)
        return status;
    ism_process_shield();
    ism_registry_remove(region);
    leave(region, region->lifetime == ISM_LIFETIME_PROCESSES);
    ism_region_give_up(region);
    ism_process_unshield();
    return ISM_OK;
}

void *ism_region_data(const ism_region *region)
{
    return region != NULL ? region->memory.address : NULL;
}

const char *ism_region_native_name(const ism_region *region)
{
    return region != NULL ? region->memory.native : "";
}

ism_mutex *ism_region_array_mutex(const ism_region *region)
{
    return &ism_control_mapped(&region->memory)->array_mutex;
}
