/* name_hash.c: FNV-1a over user, candidate and name, and a final mix. */
#include "name_hash.h"

#include <stddef.h>
#include <string.h>

static uint64_t add(uint64_t so_far, const void *bytes, size_t size)
{
    const unsigned char *byte = bytes;
    for (size_t i = 0; i < size; i++)
        so_far = (so_far ^ byte[i]) * UINT64_C(0x100000001b3);
    return so_far;
}

/* Makes every bit of the hash depend on every byte, which FNV-1a does not do for the last ones. */
static uint64_t mix(uint64_t so_far)
{
    so_far = (so_far ^ so_far >> 33) * UINT64_C(0xff51afd7ed558ccd);
    so_far = (so_far ^ so_far >> 33) * UINT64_C(0xc4ceb9fe1a85ec53);
    return so_far ^ so_far >> 33;
}

uint64_t ism_name_hash(uint64_t user, unsigned candidate, const char *name)
{
    uint64_t number = candidate;
    uint64_t hashed = UINT64_C(0xcbf29ce484222325);
    hashed = add(hashed, &user, sizeof user);
    hashed = add(hashed, &number, sizeof number);
    hashed = add(hashed, name, strlen(name));
    return mix(hashed);
}
