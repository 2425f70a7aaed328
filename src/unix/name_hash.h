/* name_hash.h: where the system's names are shorter than ours, a native name carries a hash of the
 * name. */
#ifndef ISM_NAME_HASH_H
#define ISM_NAME_HASH_H

#include <stdint.h>

/* A number for a user's name, another one for each candidate. It is no secret, and no guard against
 * those who look for two names with the same one: core compares full names. */
uint64_t ism_name_hash(uint64_t user, unsigned candidate, const char *name);

#endif
