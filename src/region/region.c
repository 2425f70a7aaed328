/* region.c: creating, opening, closing and removing regions.
 *
 * One loop serves create, open and open-or-create: look the name up, act on what is there, and begin
 * again whenever another process changed it in between. What makes that sound is the lease (backend.h):
 *   - a creator has a lease before its object can be taken for a dead one's: if somebody discards the
 *     object first, the creator's lease fails and it begins again;
 *   - an opener takes a lease only on a region whose lease it saw held, or that is persistent and ready;
 *   - only who has the object alone discards it, or says that it is dead. */
#include "../error.h"
#include "control.h"
#include "handle.h"
#include "list.h"
#include "lookup.h"
#include "name.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum intent { INTENT_CREATE, INTENT_OPEN, INTENT_OPEN_OR_CREATE };

/* Between two looks at a region that another process initialises or discards, in nanoseconds. */
#define FIRST_PAUSE UINT64_C(20000)
#define LONGEST_PAUSE UINT64_C(5000000)

#define REMOVALS 100 /* tried while others change what is to be removed */

#define AT_ONCE (UINT64_C(2) << 20) /* bytes */

/* One call's work in progress. */
struct attempt {
    const char *name;
    ism_region_options options; /* a copy that the caller can't change meanwhile */
    enum intent intent;
    uint64_t id;               /* that the region must have; 0: any */
    struct ism_region *region; /* allocated before the first system call */
    bool has_tried_renewal;
};

static struct ism_names names_of(const struct attempt *attempt)
{
    return ism_names_of(attempt->options.access, attempt->options.scope);
}

/* ---- what the caller said ---- */

static ism_status check_size(const char *name, const ism_region_options *options)
{
    uint64_t offset, length;
    if (options->size == 0)
        return ism_fail(ISM_E_SIZE, NULL, "region \"%s\" of 0 bytes", name);
    if (options->capacity != 0 && options->capacity < options->size)
        return ism_fail(ISM_E_SIZE, NULL,
                        "region \"%s\" of %" PRIu64 " bytes with a capacity of %" PRIu64, name,
                        options->size, options->capacity);
    uint64_t capacity = ism_control_capacity(options);
    if (!ism_control_place(capacity, &offset, &length))
        return ism_fail(ISM_E_SIZE, NULL,
                        "region \"%s\" of %" PRIu64 " bytes is more than a process can address",
                        name, capacity);
    return ISM_OK;
}

static ism_status check_options(const char *name, const ism_region_options *options,
                                enum intent intent)
{
    uint32_t allowed =
        ISM_ADVICE | (intent == INTENT_OPEN ? ISM_REGION_READ_ONLY : ISM_REGION_LAZY);
    if ((options->flags & ~allowed) != 0)
        return ism_fail(ISM_E_INVALID, NULL, "region \"%s\": flags 0x%" PRIx32 " are not for this call",
                        name, options->flags & ~allowed);
    ism_status status = ism_names_check(name, options->access, options->scope);
    if (status != ISM_OK || intent == INTENT_OPEN)
        return status;
    if (options->lifetime != ISM_LIFETIME_PROCESSES && options->lifetime != ISM_LIFETIME_PERSISTENT)
        return ism_fail(ISM_E_INVALID, NULL, "region \"%s\": lifetime %d is unknown", name,
                        (int)options->lifetime);
    if (options->lifetime == ISM_LIFETIME_PERSISTENT && !ism_backend_traits.keeps_persistent)
        return ism_fail(ISM_E_UNSUPPORTED, NULL, "region \"%s\": persistent regions", name);
    return check_size(name, options);
}

ism_status ism_region_check_new(const char *name, const ism_region_options *options)
{
    return check_options(name, options, INTENT_CREATE);
}

/* ---- having a region ---- */

void ism_region_keep(struct ism_region *region, const struct ism_memory *memory,
                     const struct ism_control *control)
{
    region->memory = *memory;
    memcpy(region->name, control->name, sizeof region->name);
    region->name[ISM_NAME_MAX] = '\0';
    region->id = control->region;
    region->size = control->size;
    region->capacity = control->capacity;
    region->committed =
        (control->flags & ISM_CONTROL_COMMITTED) != 0 || !ism_backend_traits.reserves_lazily;
    region->lifetime = (ism_lifetime)control->lifetime;
}

/* Where the lease does not tell who has the region, its control block lists them; a full list forgets. */
static void list_self(struct ism_memory *memory)
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

static void unlist_self(struct ism_memory *memory)
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
    unlist_self(&region->memory);
    ism_lease_leave(&region->memory, free_if_last && is_begun);
    if (is_begun)
        ism_lease_end();
}

/* Take back an object whose region never got ready: nobody can have it, but one who is just looking at it may hold
 * its lease. */
static void withdraw_object(struct ism_memory *memory)
{
    struct ism_cause ignored;
    bool is_freed = ism_memory_unlink(memory, &ignored) == ISM_OK;
    ism_lease_leave(memory, !is_freed);
}

static void withdraw(struct ism_region *region)
{
    struct ism_cause ignored;
    if (ism_lease_begin(ism_memory_names(region->memory.native), &ignored) != ISM_OK) {
        ism_lease_leave(&region->memory, false);
        return;
    }
    withdraw_object(&region->memory);
    ism_lease_end();
}

/* ---- the table of lock owners ---- */

/* Of an object that has its own. Who only reads takes no locks, and gets along without; so does who finds none:
 * locks are refused then. */
static ism_status share_life_table(struct attempt *attempt, const struct ism_memory *memory,
                                   struct ism_cause *why)
{
    struct ism_region *region = attempt->region;
    if (!ism_names_have_tables(names_of(attempt)) || !memory->writable)
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

/* The calling thread, as the one who makes a region ready. 0: it can't be told, and the lease alone tells. */
static ism_life initialiser_of(const struct ism_region *region)
{
    struct ism_cause ignored;
    ism_life life = 0;
    if (region->life_table != 0)
        (void)ism_life_take(region->lives, &life, &ignored);
    return life;
}

/* ---- creating ---- */

/* An id that no other region has: a random start per process, then one step of splitmix64 per region. */
ism_status ism_region_draw_id(uint64_t *id, struct ism_cause *why)
{
    static struct {
        uint64_t state;
        uint64_t generation; /* of the process that drew it, plus 1 */
    } source; /* guarded by ISM_LOCK_REGISTRY */
    ism_status status = ISM_OK;
    ism_process_lock(ISM_LOCK_REGISTRY);
    if (source.generation != ism_process_generation() + 1) {
        status = ism_process_random(&source.state, sizeof source.state, why);
        if (status == ISM_OK)
            source.generation = ism_process_generation() + 1;
    }
    source.state += UINT64_C(0x9e3779b97f4a7c15);
    uint64_t mixed = source.state;
    ism_process_unlock(ISM_LOCK_REGISTRY);
    mixed = (mixed ^ mixed >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    mixed = (mixed ^ mixed >> 27) * UINT64_C(0x94d049bb133111eb);
    mixed ^= mixed >> 31;
    *id = mixed != 0 ? mixed : 1;
    return status;
}

/* Make an object under a free name, and have the lease on it before anybody can take it for a dead
 * process's. ISM_E_EXISTS or ISM_E_BUSY: begin again. */
static ism_status make_object(const char *native, const struct ism_memory_plan *plan,
                              struct ism_memory *memory, struct ism_cause *why)
{
    struct ism_cause ignored;
    ism_status status = ism_memory_create(native, plan, memory, why);
    if (status != ISM_OK)
        return status;
    memory->made = true;
    status = ism_lease_take(memory, why);
    if (status == ISM_OK)
        status = ism_memory_measure(memory, why);
    if (status == ISM_OK && ism_memory_is_shared(native) && ism_memory_is_hollow(memory))
        status = ISM_E_NOT_FOUND;
    if (status == ISM_OK && memory->length != plan->length)
        status = ISM_E_CORRUPT; /* somebody has changed it already */
    if (status == ISM_OK)
        return ISM_OK;
    bool is_discarded = status == ISM_E_BUSY || status == ISM_E_NOT_FOUND;
    if (!is_discarded && ism_memory_measure(memory, &ignored) == ISM_OK)
        (void)ism_memory_unlink(memory, &ignored);
    ism_memory_close(memory);
    return is_discarded ? ISM_E_BUSY : status;
}

/* What takes no time is made whole before anybody can find it: that saves saying first who makes it ready. */
static bool is_made_at_once(const ism_region_options *options)
{
    return options->initialiser == NULL && options->size <= AT_ONCE &&
           (options->flags & ISM_ADVICE) == 0;
}

bool ism_region_commits_data(const ism_region_options *options)
{
    return (options->flags & ISM_REGION_LAZY) == 0 || !ism_backend_traits.reserves_lazily;
}

/* In one piece, where the control block follows the data. */
ism_status ism_region_commit(struct ism_memory *memory, const ism_region_options *options,
                             bool with_data, struct ism_cause *why)
{
    uint64_t offset = 0, length = 0;
    (void)ism_control_place(ism_control_capacity(options), &offset, &length);
    if (with_data && offset - options->size < ism_memory_page())
        return ism_memory_commit(memory, 0, length, why);
    ism_status status = ism_memory_commit(memory, offset, length - offset, why);
    if (status == ISM_OK && with_data)
        status = ism_memory_commit(memory, 0, options->size, why);
    return status;
}

/* Say in a new object whose it is. */
static ism_status describe_object(struct ism_region *region, const ism_region_options *options,
                                  const struct ism_control *control, struct ism_cause *why)
{
    bool at_once = is_made_at_once(options);
    ism_status status = ism_memory_map(&region->memory, why);
    if (status == ISM_OK)
        status = ism_region_commit(&region->memory, options,
                                   at_once && ism_region_commits_data(options), why);
    if (status == ISM_OK && !ism_registry_add(region))
        status = ISM_E_NO_MEMORY;
    if (status != ISM_OK)
        return status;
    status = ism_control_write(&region->memory, control, why);
    if (status != ISM_OK)
        ism_registry_remove(region);
    return status;
}

/* The same under one of a name's several native names. Where names are not locked, others may have taken another
 * of them meanwhile: then all withdraw, and begin again. */
static ism_status make_only_object(const struct attempt *attempt, const char *native,
                                   const struct ism_memory_plan *plan, struct ism_memory *memory,
                                   struct ism_cause *why)
{
    struct ism_names names = names_of(attempt);
    ism_status status = make_object(native, plan, memory, why);
    if (status != ISM_OK || ism_candidates(names) == 1 || ism_backend_traits.locks_names ||
        !ism_has_rival(attempt->name, names, native))
        return status;
    withdraw_object(memory);
    return ISM_E_BUSY;
}

/* Take the free name. */
static ism_status claim(struct attempt *attempt, const char *native, struct ism_cause *why)
{
    uint64_t offset = 0, id = 0;
    struct ism_control control;
    struct ism_memory memory;
    struct ism_region *region = attempt->region;
    const ism_region_options *options = &attempt->options;
    struct ism_memory_plan plan = {
        .persistent = options->lifetime == ISM_LIFETIME_PERSISTENT,
        .sparse = ism_control_capacity(options) > options->size,
        .access = options->access,
    };
    (void)ism_control_place(ism_control_capacity(options), &offset, &plan.length);
    ism_status status = ism_region_draw_id(&id, why);
    if (status == ISM_OK)
        status = make_only_object(attempt, native, &plan, &memory, why);
    if (status != ISM_OK)
        return status;
    status = share_life_table(attempt, &memory, why);
    ism_life initialiser = is_made_at_once(options) ? 0 : initialiser_of(region);
    ism_control_fill(&control, attempt->name, options, id, region->life_table, initialiser);
    control.ready = is_made_at_once(options);
    ism_region_keep(region, &memory, &control);
    if (status == ISM_OK)
        status = describe_object(region, options, &control, why);
    if (status == ISM_OK)
        list_self(&region->memory);
    else
        withdraw_object(&region->memory);
    return status;
}

ism_status ism_region_initialise(struct ism_region *region, const ism_region_options *options)
{
    if (options->initialiser == NULL)
        return ISM_OK;
    ism_status answer = options->initialiser(region, options->initialiser_context);
    if (answer == ISM_OK)
        return ISM_OK;
    return ism_fail(ISM_E_INITIALISER, NULL, "could not create region \"%s\": it answered %s",
                    region->name, ism_status_name(answer));
}

/* Set the data aside, unless that is not wanted, and ask for what the options say of it. */
static ism_status set_aside(struct attempt *attempt)
{
    struct ism_region *region = attempt->region;
    struct ism_cause why = {NULL, 0};
    if (!ism_region_commits_data(&attempt->options)) {
        ism_advise_found(region, 0, region->size);
        return ISM_OK;
    }
    ism_advise_fresh(region, 0, region->size);
    ism_status status = ism_memory_commit(&region->memory, 0, region->size, &why);
    if (status != ISM_OK)
        return ism_fail(status, &why, "could not set %" PRIu64 " bytes aside for region \"%s\"",
                        region->size, attempt->name);
    ism_advise_committed(region, 0, region->size);
    return ISM_OK;
}

/* Set the data aside, have it filled, and publish it; all that claim() has not done. */
static ism_status fill(struct attempt *attempt)
{
    struct ism_region *region = attempt->region;
    struct ism_cause why = {NULL, 0};
    if (is_made_at_once(&attempt->options))
        return ISM_OK;
    ism_status status = set_aside(attempt);
    if (status == ISM_OK)
        status = ism_region_initialise(region, &attempt->options);
    if (status == ISM_OK) {
        status = ism_control_publish(&region->memory, &why);
        if (status != ISM_OK)
            status = ism_fail(status, &why, "could not publish region \"%s\"", attempt->name);
    }
    if (status != ISM_OK)
        ism_registry_remove(region);
    return status;
}

/* ---- opening ---- */

static ism_status check_found(const struct attempt *attempt, const struct ism_found *found)
{
    if (attempt->options.size != 0 && attempt->options.size != found->control.size)
        return ism_fail(ISM_E_SIZE, NULL, "region \"%s\" has %" PRIu64 " bytes, not %" PRIu64,
                        attempt->name, found->control.size, attempt->options.size);
    if (attempt->options.access == ISM_ACCESS_GROUP && found->control.access != ISM_ACCESS_GROUP)
        return ism_fail(ISM_E_ACCESS, NULL, "region \"%s\" is open to everyone, not to a group",
                        attempt->name);
    return ISM_OK;
}

/* A persistent region that nobody has: no life that its locks name is left, so it gets the table of
 * today. */
static bool needs_renewal(const struct attempt *attempt, const struct ism_found *found)
{
    return found->lease == ISM_LEASE_NONE && !attempt->has_tried_renewal &&
           attempt->region->life_table != 0 && found->control.life_table != attempt->region->life_table;
}

static void renew_life_table(struct attempt *attempt, const struct ism_found *seen)
{
    struct ism_access access = {.writable = true, .joins = false};
    struct ism_cause ignored;
    struct ism_found found;
    attempt->has_tried_renewal = true;
    if (ism_inspect(seen->memory.native, access, &found) != ISM_OK)
        return; /* it may only be read: then no lock of it can be taken either */
    if (found.control.region == seen->control.region &&
        ism_take_alone(&found, &ignored) == ISM_OK && found.state == ISM_CONTROL_READY &&
        found.control.lifetime == ISM_LIFETIME_PERSISTENT)
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
static ism_status join(struct attempt *attempt, struct ism_found *found, struct ism_cause *why)
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
    list_self(&attempt->region->memory);
    return ISM_OK;
}

/* ---- the loop ---- */

enum step { STEP_DONE, STEP_CREATED, STEP_AGAIN, STEP_WAIT };

/* Is it not the region that is meant, which its name does not mean any more? */
static bool is_another(const struct attempt *attempt, const struct ism_found *found)
{
    return attempt->id != 0 && found->control.region != attempt->id;
}

/* Act on an object that is there. */
static enum step meet(struct attempt *attempt, struct ism_found *found, ism_status *status)
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
            *status = ism_fail(*status, &why, "could not free what is left of region \"%s\"",
                               attempt->name);
            return STEP_DONE;
        }
        *status = ism_condemn(found, &why);
        if (*status == ISM_E_BUSY) /* somebody has it by now, or is removing it and may be stopped there */
            step = STEP_WAIT;
        else
            *status = ism_fail(*status != ISM_OK ? *status : ISM_E_NOT_FOUND, &why,
                               "could not open region \"%s\"", attempt->name);
    } else if (found->lease == ISM_LEASE_LEAVING) {
        step = STEP_WAIT;
    } else if (attempt->intent == INTENT_CREATE) {
        *status = ism_fail(ISM_E_EXISTS, NULL, "could not create region \"%s\"", attempt->name);
    } else if (found->state == ISM_CONTROL_UNREADY) {
        step = STEP_WAIT;
    } else if ((*status = share_life_table(attempt, &found->memory, &why)) != ISM_OK) {
        *status = ism_fail(*status, &why, "could not open the table of lock owners of region \"%s\"",
                           attempt->name);
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
static enum step settle(struct attempt *attempt, const char *native, ism_status *status)
{
    struct ism_cause why = {NULL, 0};
    if (attempt->intent == INTENT_OPEN) {
        *status = ism_fail(ISM_E_NOT_FOUND, NULL, "could not open region \"%s\"", attempt->name);
        return STEP_DONE;
    }
    if (native[0] == '\0') {
        *status = ism_fail(ISM_E_LIMIT, NULL,
                           "could not create region \"%s\": all its %u native names are taken",
                           attempt->name, ism_candidates(names_of(attempt)));
        return STEP_DONE;
    }
    *status = claim(attempt, native, &why);
    if (*status == ISM_OK)
        return STEP_CREATED;
    if (*status == ISM_E_EXISTS)
        return STEP_AGAIN;
    if (*status == ISM_E_BUSY)
        return STEP_WAIT;
    *status = ism_fail(*status, &why, "could not create region \"%s\" of %" PRIu64 " bytes",
                       attempt->name, attempt->options.size);
    return STEP_DONE;
}

/* Look the name up and act on what it means. Who only wants to create, where a name has one native name,
 * need not look first. */
static enum step act(struct attempt *attempt, ism_status *status)
{
    struct ism_found found;
    char free_name[ISM_NATIVE_NAME_MAX + 1];
    struct ism_names names = names_of(attempt);
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

static enum step try_once(struct attempt *attempt, ism_status *status)
{
    struct ism_cause why = {NULL, 0};
    *status = ism_lease_begin(names_of(attempt), &why);
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

static ism_status attach(struct attempt *attempt)
{
    uint64_t pause = FIRST_PAUSE;
    for (;;) {
        ism_status status = ISM_OK;
        enum step step = try_once(attempt, &status);
        if (step == STEP_CREATED) {
            status = fill(attempt);
            if (status != ISM_OK)
                withdraw(attempt->region);
            return status;
        }
        if (step == STEP_DONE) {
            if (status == ISM_OK && !ism_registry_add(attempt->region)) {
                leave(attempt->region, attempt->region->lifetime == ISM_LIFETIME_PROCESSES);
                return ism_fail(ISM_E_NO_MEMORY, NULL, "could not open region \"%s\"",
                                attempt->name);
            }
            if (status == ISM_OK)
                ism_advise_found(attempt->region, 0, attempt->region->size);
            return status;
        }
        if (step == STEP_WAIT) {
            if (attempt->options.deadline != ISM_FOREVER &&
                ism_process_now() >= attempt->options.deadline)
                return ism_fail(ISM_E_TIMED_OUT, NULL,
                                "region \"%s\" is still being initialised or discarded",
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

static ism_status start(struct attempt *attempt)
{
    ism_status status = ism_name_check(attempt->name);
    if (status == ISM_OK)
        status = check_options(attempt->name, &attempt->options, attempt->intent);
    if (status != ISM_OK)
        return status;
    attempt->region = calloc(1, sizeof *attempt->region);
    if (attempt->region == NULL)
        return ism_fail(ISM_E_NO_MEMORY, NULL, "could not keep account of region \"%s\"",
                        attempt->name);
    attempt->region->wanted = attempt->options.flags & ISM_ADVICE;
    attempt->region->granted = attempt->region->wanted;
    if (!ism_names_have_tables(names_of(attempt)))
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
static ism_status have(const char *name, uint64_t id, const ism_region_options *options,
                       enum intent intent, ism_region **out)
{
    static const ism_region_options defaults;
    if (out == NULL)
        return ism_fail(ISM_E_INVALID, NULL, "there is nowhere to put the region");
    *out = NULL;
    if (options == NULL && intent != INTENT_OPEN)
        return ism_fail(ISM_E_INVALID, NULL, "the region's options are NULL");
    struct attempt attempt = {name, options != NULL ? *options : defaults, intent, id, NULL, false};
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

ism_status ism_region_open_exact(const char *name, uint64_t id, const ism_region_options *options,
                                 ism_region **out)
{
    return have(name, id, options, INTENT_OPEN, out);
}

ism_status ism_region_open_or_create(const char *name, const ism_region_options *options,
                                     ism_region **out)
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
static ism_status remove_damaged(const char *name, const struct ism_found *damaged,
                                 struct ism_cause *why)
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
            ism_process_pause(FIRST_PAUSE);
        status = ism_lease_begin(names, &why);
        if (status != ISM_OK)
            break;
        status = remove_by_name(name, names, &why);
        ism_lease_end();
    }
    return status == ISM_OK ? ISM_OK
                            : ism_fail(status, &why, "could not remove region \"%s\"", name);
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
