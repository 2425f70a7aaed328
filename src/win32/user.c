/* user.c: the user of this process, as names and access lists tell it.
 *
 * Native names carry the user's SID, and what is for that user alone gets a protected access list with one
 * entry: that user may do everything. Weak side: the names of a session are open to all who run programs in it, and
 * those of the machine to everybody, so another user's program can take a name first; what was taken so is found by
 * its owner and refused, never used. */
#include "user.h"

#include "protection.h"
#include "system_error.h"

#include <sddl.h>

#include <stdio.h>

/* Filled once, and read only from then on. */
static struct {
    struct ism_user user;
    union {
        TOKEN_USER token;
        unsigned char bytes[sizeof(TOKEN_USER) + SECURITY_MAX_SID_SIZE];
    } sid;
    struct ism_protection protection;
} own;

static INIT_ONCE prepared = INIT_ONCE_STATIC_INIT;

struct failure {
    ism_status status;
    struct ism_cause why;
};

static ism_status find_sid(struct ism_cause *why)
{
    HANDLE token;
    DWORD length;
    if (!OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token))
        return ism_system_failure(why, "OpenProcessToken", GetLastError());
    ism_status status = ISM_OK;
    if (!GetTokenInformation(token, TokenUser, &own.sid, sizeof own.sid, &length))
        status = ism_system_failure(why, "GetTokenInformation", GetLastError());
    (void)CloseHandle(token);
    return status;
}

static ism_status write_text(struct ism_cause *why)
{
    char *text;
    if (!ConvertSidToStringSidA(own.sid.token.User.Sid, &text))
        return ism_system_failure(why, "ConvertSidToStringSidA", GetLastError());
    (void)snprintf(own.user.text, sizeof own.user.text, "%s", text);
    (void)LocalFree(text);
    return ISM_OK;
}

static ism_status write_protection(struct ism_cause *why)
{
    own.user.sid = own.sid.token.User.Sid;
    own.user.attributes = &own.protection.attributes;
    return ism_protection_begin(&own.protection, own.user.sid, why);
}

/* Nothing is kept of a try that failed: the next call tries again. */
static BOOL CALLBACK prepare(INIT_ONCE *once, void *context, void **unused)
{
    struct failure *failure = context;
    (void)once;
    (void)unused;
    failure->status = find_sid(&failure->why);
    if (failure->status == ISM_OK)
        failure->status = write_text(&failure->why);
    if (failure->status == ISM_OK)
        failure->status = write_protection(&failure->why);
    return failure->status == ISM_OK;
}

ism_status ism_user_get(const struct ism_user **out, struct ism_cause *why)
{
    struct failure failure = {ISM_OK, {NULL, 0}};
    if (!InitOnceExecuteOnce(&prepared, prepare, &failure, NULL)) {
        *why = failure.why;
        return failure.status;
    }
    *out = &own.user;
    return ISM_OK;
}

void ism_user_prefix(struct ism_names names, char prefix[ISM_USER_PREFIX_MAX + 1])
{
    const struct ism_user *user;
    struct ism_cause ignored;
    prefix[0] = '\0';
    if (ism_user_get(&user, &ignored) == ISM_OK)
        (void)snprintf(prefix, ISM_USER_PREFIX_MAX + 1, "%s\\isthmus.%s.",
                       names.scope == ISM_SCOPE_MACHINE ? "Global" : "Local", names.shared ? "all" : user->text);
}

bool ism_user_is(PSID sid)
{
    const struct ism_user *user;
    struct ism_cause ignored;
    return ism_user_get(&user, &ignored) == ISM_OK && EqualSid(sid, user->sid);
}

ism_status ism_user_check_owner(HANDLE object, struct ism_cause *why)
{
    union {
        SECURITY_DESCRIPTOR descriptor;
        unsigned char bytes[sizeof(SECURITY_DESCRIPTOR) + SECURITY_MAX_SID_SIZE];
    } found;
    DWORD length;
    PSID owner;
    BOOL is_default;
    if (!GetKernelObjectSecurity(object, OWNER_SECURITY_INFORMATION, &found.descriptor, sizeof found, &length))
        return ism_system_failure(why, "GetKernelObjectSecurity", GetLastError());
    if (!GetSecurityDescriptorOwner(&found.descriptor, &owner, &is_default))
        return ism_system_failure(why, "GetSecurityDescriptorOwner", GetLastError());
    if (owner != NULL && ism_user_is(owner))
        return ISM_OK;
    *why = (struct ism_cause){NULL, 0};
    return ISM_E_FOREIGN;
}

void ism_user_wide_name(const char *native, wchar_t wide[ISM_NATIVE_NAME_MAX + 1])
{
    size_t i = 0;
    for (; native[i] != '\0' && i < ISM_NATIVE_NAME_MAX; i++)
        wide[i] = (wchar_t)(unsigned char)native[i]; /* all are ASCII */
    wide[i] = L'\0';
}
