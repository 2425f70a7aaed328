/* generations.c: a mark that a name has other native names than its first.
 *
 * A removed region keeps its native name as long as somebody has it, and the next one of its name goes by the next
 * number (R7). One day the first number is free again while others are in use: so each would have to be looked at, for
 * every name. Instead whoever has a section of another number than the first also holds an event, the mark: without one
 * there is nothing behind the first number. It ends with its last holder, as sections do.
 *
 * Names that all users share have no marks, since another user could keep this one from holding them. Weak side: who
 * takes the name of a mark first can do so with this user's own names, too, as he could by taking all numbers. */
#include "generations.h"

#include "system_error.h"
#include "user.h"

#include <string.h>

#define MARK '+' /* in the place of the number */

/* Guarded by ISM_LOCK_NAMES. */
static struct {
    char mark[ISM_NATIVE_NAME_MAX + 1]; /* that was asked for last; "": none */
    bool is_there;
    bool looks_at_all;
} seen;

/* The mark's name, which is no longer than the native one; false: that is a first one, or one that the library does not
 * give, or another user's business as well. */
static bool name_mark(const char *native, char mark[ISM_NATIVE_NAME_MAX + 1])
{
    const char *point = strrchr(native, '.');
    if (point == NULL || point[1] < '1' || point[1] > '9' || ism_memory_is_shared(native))
        return false;
    size_t length = (size_t)(point + 1 - native);
    memcpy(mark, native, length);
    mark[length] = MARK;
    mark[length + 1] = '\0';
    return true;
}

static bool is_there(const char *mark)
{
    wchar_t name[ISM_NATIVE_NAME_MAX + 1];
    ism_user_wide_name(mark, name);
    HANDLE event = OpenEventW(SYNCHRONIZE, FALSE, name);
    if (event == NULL)
        return GetLastError() != ERROR_FILE_NOT_FOUND;
    (void)CloseHandle(event);
    return true;
}

bool ism_generations_may_have(const char *native)
{
    char mark[ISM_NATIVE_NAME_MAX + 1];
    if (seen.looks_at_all || !name_mark(native, mark))
        return true;
    if (strcmp(seen.mark, mark) != 0) {
        memcpy(seen.mark, mark, strlen(mark) + 1);
        seen.is_there = is_there(mark);
    }
    return seen.is_there;
}

ism_status ism_generations_hold(const char *native, HANDLE *mark, struct ism_cause *why)
{
    char text[ISM_NATIVE_NAME_MAX + 1];
    wchar_t name[ISM_NATIVE_NAME_MAX + 1];
    const struct ism_user *user;
    *mark = NULL;
    if (!name_mark(native, text))
        return ISM_OK;
    ism_status status = ism_user_get(&user, why);
    if (status != ISM_OK)
        return status;
    ism_user_wide_name(text, name);
    *mark = CreateEventExW(user->attributes, name, 0, SYNCHRONIZE);
    if (*mark == NULL) {
        status = ism_system_failure(why, "CreateEventExW", GetLastError());
        return status == ISM_E_ACCESS ? ISM_E_FOREIGN : status;
    }
    ism_generations_forget();
    return ISM_OK;
}

void ism_generations_release(HANDLE mark)
{
    if (mark != NULL)
        (void)CloseHandle(mark);
}

bool ism_generations_doubt(const char *native)
{
    char mark[ISM_NATIVE_NAME_MAX + 1];
    if (seen.looks_at_all || !name_mark(native, mark))
        return false;
    seen.looks_at_all = true;
    return true;
}

void ism_generations_forget(void)
{
    seen.mark[0] = '\0';
}
