/* change.c: the commands that make and remove regions. They say nothing if all went well, but for
 * `tidy`, which tells what it freed. */
#include "tool.h"

#include <stdio.h>
#include <string.h>

int command_rm(const struct request *request)
{
    int result = 0;

    for (int i = 0; i < request->operand_count; i++)
        if (ism_region_remove(request->operands[i]) != ISM_OK)
            result = tool_fail();
    return result;
}

static int report_tidied(const ism_region_info *info, ism_status outcome, void *context)
{
    char name[ISM_NATIVE_NAME_MAX + 1];
    int *result = context;

    (void)text_name(info, name);
    if (outcome == ISM_OK)
        (void)printf("removed %s\n", name);
    else
        *result = tool_error("could not remove \"%s\": %s", name, ism_status_text(outcome));
    return 0;
}

int command_tidy(const struct request *request)
{
    int result = 0;

    (void)request;
    if (ism_region_tidy(report_tidied, &result) != ISM_OK)
        return tool_fail();
    return result;
}

int command_load(const struct request *request)
{
    ism_region_options options;
    ism_array *array;

    memset(&options, 0, sizeof options);
    options.lifetime = ISM_LIFETIME_PERSISTENT;
    if (ism_array_load(request->operands[0], request->operands[1], &options, &array) != ISM_OK)
        return tool_fail();
    (void)ism_array_close(array);
    return 0;
}

/* Takes no lock: it could only be given back by somebody who knows how to mend the array, should
 * its last owner have died. */
int command_save(const struct request *request)
{
    ism_region_options options;
    ism_array *array;
    int result = 0;

    memset(&options, 0, sizeof options);
    options.flags = ISM_REGION_READ_ONLY;
    if (ism_array_open(request->operands[0], &options, &array) != ISM_OK)
        return tool_fail();
    if (ism_array_save(array, request->operands[1]) != ISM_OK)
        result = tool_fail();
    (void)ism_array_close(array);
    return result;
}
