/* user.c: the user of this process, as names and access lists tell it.
 *
 * Native names carry the user's SID, and every named object gets a protected access list with one
 * entry: that user may do everything. Owner and list are given explicitly, since the defaults of a
 * token that administrates name the group of administrators. Weak side: the names of a session are
 * open to all who run programs in it, so another user's program can take a name first; what was
 * taken so is found by its owner and refused, never used. */
#include "user.h"

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
    union {
        ACL list;
        unsigned char bytes[sizeof(ACL) + sizeof(ACCESS_ALLOWED_ACE) + SECURITY_MAX_SID_SIZE];
    } access;
    SECURITY_DESCRIPTOR descriptor;
    SECURITY_ATTRIBUTES attributes;
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

static ism_status write_names(struct ism_cause *why)
{
    char *text;
    if (!ConvertSidToStringSidA(own.sid.token.User.Sid, &text))
        return ism_system_failure(why, "ConvertSidToStringSidA", GetLastError());
    (void)snprintf(own.user.text, sizeof own.user.text, "%s", text);
    (void)snprintf(own.user.prefix, sizeof own.user.prefix, "Local\\isthmus.%s.", own.user.text);
    (void)LocalFree(text);
    return ISM_OK;
}

static ism_status write_protection(struct ism_cause *why)
{
    PSID sid = own.sid.token.User.Sid;
    SECURITY_DESCRIPTOR *descriptor = &own.descriptor;
    if (!InitializeAcl(&own.access.list, sizeof own.access, ACL_REVISION) ||
        !AddAccessAllowedAce(&own.access.list, ACL_REVISION, GENERIC_ALL, sid) ||
        !InitializeSecurityDescriptor(descriptor, SECURITY_DESCRIPTOR_REVISION) ||
        !SetSecurityDescriptorOwner(descriptor, sid, FALSE) ||
        !SetSecurityDescriptorDacl(descriptor, TRUE, &own.access.list, FALSE) ||
        !SetSecurityDescriptorControl(descriptor, SE_DACL_PROTECTED, SE_DACL_PROTECTED))
        return ism_system_failure(why, "InitializeSecurityDescriptor", GetLastError());
    own.attributes.nLength = sizeof own.attributes;
    own.attributes.lpSecurityDescriptor = descriptor;
    own.attributes.bInheritHandle = FALSE;
    own.user.attributes = &own.attributes;
    own.user.sid = sid;
    return ISM_OK;
}

/* Nothing is kept of a try that failed: the next call tries again. */
static BOOL CALLBACK prepare(INIT_ONCE *once, void *context, void **unused)
{
    struct failure *failure = context;
    (void)once;
    (void)unused;
    failure->status = find_sid(&failure->why);
    if (failure->status == ISM_OK)
        failure->status = write_names(&failure->why);
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

ism_status ism_user_check_owner(HANDLE object, struct ism_cause *why)
{
    union {
        SECURITY_DESCRIPTOR descriptor;
        unsigned char bytes[sizeof(SECURITY_DESCRIPTOR) + SECURITY_MAX_SID_SIZE];
    } found;
    const struct ism_user *user;
    DWORD length;
    PSID owner;
    BOOL is_default;
    ism_status status = ism_user_get(&user, why);
    if (status != ISM_OK)
        return status;
    if (!GetKernelObjectSecurity(object, OWNER_SECURITY_INFORMATION, &found.descriptor,
                                 sizeof found, &length))
        return ism_system_failure(why, "GetKernelObjectSecurity", GetLastError());
    if (!GetSecurityDescriptorOwner(&found.descriptor, &owner, &is_default))
        return ism_system_failure(why, "GetSecurityDescriptorOwner", GetLastError());
    if (owner != NULL && EqualSid(owner, user->sid))
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
