/* create.c: a new region, from a free name to data that is ready. */
#include "../error.h"
#include "attempt.h"

#include <inttypes.h>

#define AT_ONCE (UINT64_C(2) << 20) /* bytes */

/* The calling thread, as the one who makes a region ready. 0: it can't be told, and the lease alone tells. */
static ism_life initialiser_of(const struct ism_region *region)
{
    struct ism_cause ignored;
    ism_life life = 0;
    if (region->life_table != 0)
        (void)ism_life_take(region->lives, &life, &ignored);
    return life;
}

/* An id that no other region has: a random start per process, then one step of splitmix64 per region. */
ism_status ism_region_draw_id(uint64_t *id, struct ism_cause *why)
{
    static struct {
        uint64_t state;
        uint64_t generation; /* of the process that drew it, plus 1 */
    } source;                /* guarded by ISM_LOCK_REGISTRY */
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
static ism_status make_object(const char *native, const struct ism_memory_plan *plan, struct ism_memory *memory,
                              struct ism_cause *why)
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
    return options->initialiser == NULL && options->size <= AT_ONCE && (options->flags & ISM_ADVICE) == 0;
}

bool ism_region_commits_data(const ism_region_options *options)
{
    return (options->flags & ISM_REGION_LAZY) == 0 || !ism_backend_traits.reserves_lazily;
}

/* In one piece, where the control block follows the data. */
ism_status ism_region_commit(struct ism_memory *memory, const ism_region_options *options, bool with_data,
                             struct ism_cause *why)
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
        status = ism_region_commit(&region->memory, options, at_once && ism_region_commits_data(options), why);
    if (status == ISM_OK && !ism_registry_add(region))
        status = ISM_E_NO_MEMORY;
    if (status != ISM_OK)
        return status;
    status = ism_control_write(&region->memory, control, why);
    if (status != ISM_OK)
        ism_registry_remove(region);
    return status;
}

/* Take back an object whose region never got ready: nobody can have it, but one who is just looking at it may hold
 * its lease. */
static void withdraw_object(struct ism_memory *memory)
{
    struct ism_cause ignored;
    bool is_freed = ism_memory_unlink(memory, &ignored) == ISM_OK;
    ism_lease_leave(memory, !is_freed);
}

/* The same under one of a name's several native names. Where names are not locked, others may have taken another
 * of them meanwhile: then all withdraw, and begin again. */
static ism_status make_only_object(const struct ism_attempt *attempt, const char *native,
                                   const struct ism_memory_plan *plan, struct ism_memory *memory, struct ism_cause *why)
{
    struct ism_names names = ism_attempt_names(attempt);
    ism_status status = make_object(native, plan, memory, why);
    if (status != ISM_OK || ism_candidates(names) == 1 || ism_backend_traits.locks_names ||
        !ism_has_rival(attempt->name, names, native))
        return status;
    withdraw_object(memory);
    return ISM_E_BUSY;
}

ism_status ism_attempt_claim(struct ism_attempt *attempt, const char *native, struct ism_cause *why)
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
    status = ism_attempt_share_lives(attempt, &memory, why);
    ism_life initialiser = is_made_at_once(options) ? 0 : initialiser_of(region);
    ism_control_fill(&control, attempt->name, options, id, region->life_table, initialiser);
    control.ready = is_made_at_once(options);
    ism_region_keep(region, &memory, &control);
    if (status == ISM_OK)
        status = describe_object(region, options, &control, why);
    if (status == ISM_OK)
        ism_region_enlist(&region->memory);
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
    return ism_fail(ISM_E_INITIALISER, NULL, "could not create region \"%s\": it answered %s", region->name,
                    ism_status_name(answer));
}

/* Set the data aside, unless that is not wanted, and ask for what the options say of it. */
static ism_status set_aside(struct ism_attempt *attempt)
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
        return ism_fail(status, &why, "could not set %" PRIu64 " bytes aside for region \"%s\"", region->size,
                        attempt->name);
    ism_advise_committed(region, 0, region->size);
    return ISM_OK;
}

ism_status ism_attempt_fill(struct ism_attempt *attempt)
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

void ism_region_withdraw(struct ism_region *region)
{
    struct ism_cause ignored;
    if (ism_lease_begin(ism_memory_names(region->memory.native), &ignored) != ISM_OK) {
        ism_lease_leave(&region->memory, false);
        return;
    }
    withdraw_object(&region->memory);
    ism_lease_end();
}
