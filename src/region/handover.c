/* handover.c: regions that nobody knows by name, and tokens, by which a region is handed to another process (R10).
 *
 * An anonymous region has a random name, and is like any other in all else: it is listed, and freed when its
 * processes are gone. A token names a region and tells its id, so it never leads to a later region of the same
 * name. */
#include "../error.h"
#include "handle.h"
#include "token.h"

#include <stdio.h>
#include <string.h>

#define RANDOM_BYTES 16

ism_status ism_region_create_anonymous(const ism_region_options *options, ism_region **out)
{
    char name[ISM_NAME_MAX + 1] = "anonymous-";
    unsigned char bytes[RANDOM_BYTES];
    struct ism_cause why = {NULL, 0};
    if (out == NULL)
        return ism_fail(ISM_E_INVALID, NULL, "there is nowhere to put the region");
    *out = NULL;
    ism_status status = ism_process_random(bytes, sizeof bytes, &why);
    if (status != ISM_OK)
        return ism_fail(status, &why, "could not draw a name for an anonymous region");
    size_t length = strlen(name);
    for (size_t i = 0; i < sizeof bytes; i++, length += 2)
        (void)snprintf(name + length, sizeof name - length, "%02x", bytes[i]);
    return ism_region_create(name, options, out);
}

ism_status ism_region_get_token(const ism_region *region, char token[ISM_TOKEN_MAX + 1])
{
    struct ism_token fields;
    if (token != NULL)
        token[0] = '\0';
    if (region == NULL || token == NULL)
        return ism_fail(ISM_E_INVALID, NULL, "the region or the place for its token is NULL");
    if (region->kind != ISM_KIND_NAMED)
        return ism_fail(ISM_E_UNSUPPORTED, NULL, "a token of \"%s\", which is known otherwise",
                        region->kind == ISM_KIND_NATIVE ? region->memory.native : region->name);
    memset(&fields, 0, sizeof fields);
    struct ism_names names = ism_memory_names(region->memory.native);
    fields.is_of_all = names.shared;
    fields.is_of_machine = names.scope == ISM_SCOPE_MACHINE;
    fields.region = region->id;
    memcpy(fields.name, region->name, sizeof fields.name);
    ism_token_write(&fields, token);
    return ISM_OK;
}

/* Whose names are meant is the token's to say; that it be no region for everyone, the caller's. */
static void choose_names(const struct ism_token *fields, ism_region_options *options)
{
    options->scope = fields->is_of_machine ? ISM_SCOPE_MACHINE : ISM_SCOPE_SESSION;
    if (!fields->is_of_all)
        options->access = ISM_ACCESS_OWNER;
    else if (options->access == ISM_ACCESS_OWNER)
        options->access = ISM_ACCESS_EVERYONE;
}

ism_status ism_region_open_token(const char *token, const ism_region_options *options, ism_region **out)
{
    static const ism_region_options defaults;
    struct ism_token fields;
    char quote[48];
    if (out == NULL)
        return ism_fail(ISM_E_INVALID, NULL, "there is nowhere to put the region");
    *out = NULL;
    if (token == NULL)
        return ism_fail(ISM_E_INVALID, NULL, "the token is NULL");
    ism_status status = ism_token_read(token, &fields);
    if (status != ISM_OK) {
        ism_printable(token, strlen(token), quote, sizeof quote);
        return ism_fail(status, NULL, "the token \"%s\"", quote);
    }
    ism_region_options chosen = options != NULL ? *options : defaults;
    choose_names(&fields, &chosen);
    return ism_region_open_exact(fields.name, fields.region, &chosen, out);
}
