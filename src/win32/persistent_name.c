/* persistent_name.c: what the file and the key of a persistent object are called.
 *
 * Both ignore case, regions' names do not, and each session has names of its own. So a name is "s", the number of
 * the session in hexadecimal, ".", the end of the native name in lower case, "~", and in base 32 which of its letters
 * are capital. That is 255 characters at most, which is what a folder and the registry take. */
#include "persistent_name.h"

#include "user.h"

#include <stdio.h>
#include <string.h>

#define DIGIT_BITS 5u /* of a base-32 digit */

static const char DIGITS[] = "0123456789abcdefghijklmnopqrstuv";

/* What the names of this session's files begin with. */
static size_t write_session(char *name)
{
    DWORD session = 0;
    (void)ProcessIdToSessionId(GetCurrentProcessId(), &session);
    return (size_t)snprintf(name, 11, "s%lx.", session);
}

static bool is_capital(char letter)
{
    return letter >= 'A' && letter <= 'Z';
}

static void write_capitals(const char *tail, char *digits)
{
    size_t count = 0, last = 0, length = strlen(tail);
    for (size_t start = 0; start < length; start += DIGIT_BITS, count++) {
        unsigned bits = 0;
        for (size_t i = 0; i < DIGIT_BITS && start + i < length; i++)
            if (is_capital(tail[start + i]))
                bits |= 1u << i;
        digits[count] = DIGITS[bits];
        if (bits != 0)
            last = count + 1;
    }
    digits[last] = '\0';
}

ism_status ism_persistent_name(const char *native, char name[ISM_PERSISTENT_NAME_MAX + 1], struct ism_cause *why)
{
    char prefix[ISM_USER_PREFIX_MAX + 1];
    const struct ism_user *user;
    ism_status status = ism_user_get(&user, why);
    if (status != ISM_OK)
        return status;
    ism_user_prefix((struct ism_names){.shared = false}, prefix);
    size_t skipped = strlen(prefix);
    if (strncmp(native, prefix, skipped) != 0)
        return ISM_E_NOT_FOUND;
    const char *tail = native + skipped;
    size_t start = write_session(name), length = strlen(tail);
    size_t digits = (length + DIGIT_BITS - 1) / DIGIT_BITS;
    if (start + length + 1 + digits > ISM_PERSISTENT_NAME_MAX)
        return ISM_E_NOT_FOUND;
    for (size_t i = 0; i < length; i++)
        name[start + i] = (char)(is_capital(tail[i]) ? tail[i] - 'A' + 'a' : tail[i]);
    name[start + length] = '~';
    write_capitals(tail, name + start + length + 1);
    return ISM_OK;
}

bool ism_persistent_is_name(const char *name)
{
    size_t digits = strspn(name + (name[0] == 's'), "0123456789abcdef");
    return name[0] == 's' && digits > 0 && name[1 + digits] == '.' && strchr(name, '~') != NULL;
}

bool ism_persistent_native(const char *name, char native[ISM_NATIVE_NAME_MAX + 1])
{
    char session[12], prefix[ISM_USER_PREFIX_MAX + 1];
    size_t skipped = write_session(session);
    const char *tail = name + skipped, *mark = strrchr(name, '~');
    ism_user_prefix((struct ism_names){.shared = false}, prefix);
    if (strncmp(name, session, skipped) != 0 || prefix[0] == '\0')
        return false;
    size_t start = strlen(prefix), length = (size_t)(mark - tail);
    if (mark < tail || start + length > ISM_NATIVE_NAME_MAX)
        return false;
    memcpy(native, prefix, start);
    memcpy(native + start, tail, length);
    native[start + length] = '\0';
    for (size_t i = 0; i < length && mark[1 + i / DIGIT_BITS] != '\0'; i++) {
        const char *digit = strchr(DIGITS, mark[1 + i / DIGIT_BITS]);
        if (digit == NULL)
            return false;
        if (((unsigned)(digit - DIGITS) >> i % DIGIT_BITS & 1) != 0)
            native[start + i] = (char)(tail[i] - 'a' + 'A');
    }
    return true;
}
