/* lookup.h: which object a region's name means right now. */
#ifndef ISM_LOOKUP_H
#define ISM_LOOKUP_H

#include "control.h"

/* An object that was found, with what could be seen of it. */
struct ism_found {
    struct ism_memory memory;
    struct ism_control control;
    enum ism_control_state state;
    enum ism_lease lease; /* of others, before this process took one */
    bool is_ours;         /* the object belongs to this user alone, whatever its bytes say */
};

/* How an object is opened: for looking, for changing it, or for having it. Then, where names are not locked and
 * others have it, the lease is taken before the object is looked at: what is read afterwards holds. */
struct ism_access {
    bool writable;
    bool joins;
    bool frees_unclaimed; /* on the way, where a name has several candidates; writable, too */
};

/* Open the object of that native name and see what it is; between ism_lease_begin() and ism_lease_end().
 * Returns: ISM_OK, ISM_E_NOT_FOUND, or what is wrong with it, with a message; then it is closed, but what
 * was read of it can still be seen. */
ism_status ism_inspect(const char *native, struct ism_access access, struct ism_found *found);

/* How many native names a name may have. */
unsigned ism_candidates(struct ism_names names);

/* Whose names a region of that access has. */
struct ism_names ism_names_of(ism_access access, ism_scope scope);

/* Do objects of those names have tables of lives of their own? All others use the user's. */
bool ism_names_have_tables(struct ism_names names);

/* What comes of a user's own name that the session has not, as the machine's: other users may have shut him out there,
 * and then he can't have a region there either. */
ism_status ism_status_of_machine(ism_status status);

/* ISM_OK; or, with a message, ISM_E_INVALID or ISM_E_UNSUPPORTED (here are no such names). */
ism_status ism_names_check(const char *name, ism_access access, ism_scope scope);

/* Is there an object of that name under another native name than this? */
bool ism_has_rival(const char *name, struct ism_names names, const char *native);

/* Find the object of that name; between ism_lease_begin() and ism_lease_end().
 * found:  on ISM_OK its memory is open.
 * free_name: on ISM_E_NOT_FOUND the native name to create it under; empty: all candidates are taken.
 * Returns: ISM_OK, ISM_E_NOT_FOUND, or why it can't be told; the latter with a message. */
ism_status ism_lookup(const char *name, struct ism_names names, struct ism_access access, struct ism_found *found,
                      char free_name[ISM_NATIVE_NAME_MAX + 1]);

/* Look at an object that is open once more: how large it is, and what its control block says. */
ism_status ism_found_see(struct ism_found *found, struct ism_cause *why);

/* Close what was found. With a lease, this process leaves it like any that has it open. */
void ism_found_close(struct ism_found *found);

/* Was it removed, or its region freed, and has it only kept its native name, since that could not be freed? */
bool ism_is_removed(const struct ism_found *found);

/* Can nobody get this region any more? The thread that was to make it ready has ended, or somebody has said so;
 * or nobody has it, and it was to live with its processes or never got ready. */
bool ism_is_stale(const struct ism_found *found);

/* Make it certain that nobody gets a stale region any more, before somebody is told that it is gone: where names
 * are not locked, one who saw its last holder may be just about to have it. Who may not write it can't make sure.
 * Returns: ISM_OK; ISM_E_BUSY: somebody has it by now; or why it can't be made certain. */
ism_status ism_condemn(const struct ism_found *found, struct ism_cause *why);

/* Have the object alone, see ism_lease_take_alone(), and look at it again: since it was looked at before, its
 * creator may have gone all the way to a persistent region, and ended. ISM_E_BUSY: somebody has it, or it is
 * another region. */
ism_status ism_take_alone(struct ism_found *found, struct ism_cause *why);

/* Free a stale object that was opened for writing, and close it. Returns: ISM_OK; ISM_E_BUSY or
 * ISM_E_NOT_FOUND if it is no longer what was found; or why it can't be freed. */
ism_status ism_discard(struct ism_found *found, struct ism_cause *why);

#endif
