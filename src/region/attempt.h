/* attempt.h: one call's work on the way to a region, and the steps of it that make a new one. */
#ifndef ISM_ATTEMPT_H
#define ISM_ATTEMPT_H

#include "handle.h"
#include "lookup.h"

enum intent { INTENT_CREATE, INTENT_OPEN, INTENT_OPEN_OR_CREATE };

struct ism_attempt {
    const char *name;
    ism_region_options options; /* a copy that the caller can't change meanwhile */
    enum intent intent;
    uint64_t id;               /* that the region must have; 0: any */
    struct ism_region *region; /* allocated before the first system call */
    bool has_tried_renewal;
};

static inline struct ism_names ism_attempt_names(const struct ism_attempt *attempt)
{
    return ism_names_of(attempt->options.access, attempt->options.scope);
}

/* Take the free name, between ism_lease_begin() and ism_lease_end(). ISM_E_EXISTS or ISM_E_BUSY: begin again. No status
 * has a message. */
ism_status ism_attempt_claim(struct ism_attempt *attempt, const char *native, struct ism_cause *why);

/* Set the data aside, have it filled, and publish it; all that claiming has not done. On any status but ISM_OK, which has a
 * message, the region is to be withdrawn. */
ism_status ism_attempt_fill(struct ism_attempt *attempt);

/* Use the table of lives that the object has, if it has its own. */
ism_status ism_attempt_share_lives(struct ism_attempt *attempt, const struct ism_memory *memory, struct ism_cause *why);

/* Take back a region that never got ready: nobody can have it. */
void ism_region_withdraw(struct ism_region *region);

/* Where the lease does not tell who has the region, its control block lists them; a full list forgets. */
void ism_region_enlist(struct ism_memory *memory);

#endif
