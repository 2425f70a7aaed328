/* protection.c: access lists of kernel objects, made and judged.
 *
 * The list of a section has one entry or two: its owner may do everything; and, if it is open to others, the members
 * of a group or everyone may map and query it. So what it is open to can be read from the object itself, and any other
 * list is none of ours. The group is the primary one of the process's token when it makes the section, which a process
 * may set (SetTokenInformation), as one on POSIX sets its effective group. The objects that belong to a region (lives
 * and alarms) are made by whoever uses it: they are their makers', and let in the region's owner and those whom the
 * region is open to. Owner and list are given explicitly, since the defaults of a token that administrates
 * name the group of administrators. Weak sides: programs of low integrity can't write to what others made; who may use
 * a life's mutex can take it when its thread has ended, and so make the dead look alive. */
#include "protection.h"

#include "system_error.h"
#include "user.h"

#include <string.h>

ism_status ism_protection_begin(struct ism_protection *protection, PSID user, struct ism_cause *why)
{
    SECURITY_DESCRIPTOR *descriptor = &protection->descriptor;
    ACL *list = &protection->access.list;
    if (!InitializeAcl(list, sizeof protection->access, ACL_REVISION) ||
        !AddAccessAllowedAce(list, ACL_REVISION, GENERIC_ALL, user) ||
        !InitializeSecurityDescriptor(descriptor, SECURITY_DESCRIPTOR_REVISION) ||
        !SetSecurityDescriptorOwner(descriptor, user, FALSE) ||
        !SetSecurityDescriptorDacl(descriptor, TRUE, list, FALSE) ||
        !SetSecurityDescriptorControl(descriptor, SE_DACL_PROTECTED, SE_DACL_PROTECTED))
        return ism_system_failure(why, "InitializeSecurityDescriptor", GetLastError());
    protection->attributes.nLength = sizeof protection->attributes;
    protection->attributes.lpSecurityDescriptor = descriptor;
    protection->attributes.bInheritHandle = FALSE;
    return ISM_OK;
}

ism_status ism_protection_allow(struct ism_protection *protection, PSID others, DWORD rights, struct ism_cause *why)
{
    if (AddAccessAllowedAce(&protection->access.list, ACL_REVISION, rights, others))
        return ISM_OK;
    return ism_system_failure(why, "AddAccessAllowedAce", GetLastError());
}

/* ---- whom access means ---- */

static ism_status find_everyone(struct ism_sid *everyone, struct ism_cause *why)
{
    DWORD size = sizeof *everyone;
    if (CreateWellKnownSid(WinWorldSid, NULL, &everyone->sid, &size))
        return ISM_OK;
    return ism_system_failure(why, "CreateWellKnownSid", GetLastError());
}

ism_status ism_protection_for_everyone(struct ism_protection *protection, DWORD rights, struct ism_cause *why)
{
    const struct ism_user *user;
    ism_status status = ism_user_get(&user, why);
    if (status == ISM_OK)
        status = ism_protection_begin(protection, user->sid, why);
    if (status == ISM_OK)
        status = find_everyone(&protection->others, why);
    if (status == ISM_OK)
        status = ism_protection_allow(protection, &protection->others.sid, rights, why);
    return status;
}

static ism_status find_group(struct ism_sid *group, struct ism_cause *why)
{
    union {
        TOKEN_PRIMARY_GROUP group;
        unsigned char bytes[sizeof(TOKEN_PRIMARY_GROUP) + SECURITY_MAX_SID_SIZE];
    } found;
    HANDLE token;
    DWORD length;
    if (!OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token))
        return ism_system_failure(why, "OpenProcessToken", GetLastError());
    ism_status status = ISM_OK;
    if (!GetTokenInformation(token, TokenPrimaryGroup, &found, sizeof found, &length) ||
        !CopySid(sizeof *group, &group->sid, found.group.PrimaryGroup))
        status = ism_system_failure(why, "GetTokenInformation", GetLastError());
    (void)CloseHandle(token);
    return status;
}

/* The descriptor names the group as well: it is that of a region, as a file's is. */
ism_status ism_protection_of_section(struct ism_protection *protection, ism_access access, struct ism_cause *why)
{
    const struct ism_user *user;
    struct ism_sid *others = &protection->others;
    if (access == ISM_ACCESS_EVERYONE)
        return ism_protection_for_everyone(protection, ISM_RIGHTS_SECTION, why);
    ism_status status = ism_user_get(&user, why);
    if (status == ISM_OK)
        status = ism_protection_begin(protection, user->sid, why);
    if (status != ISM_OK || access == ISM_ACCESS_OWNER)
        return status;
    status = find_group(others, why);
    if (status == ISM_OK)
        status = ism_protection_allow(protection, &others->sid, ISM_RIGHTS_SECTION, why);
    if (status == ISM_OK && !SetSecurityDescriptorGroup(&protection->descriptor, &others->sid, FALSE))
        status = ism_system_failure(why, "SetSecurityDescriptorGroup", GetLastError());
    return status;
}

ism_status ism_protection_of_helper(struct ism_protection *protection, const struct ism_audience *audience,
                                    DWORD rights, struct ism_cause *why)
{
    const struct ism_user *user;
    ism_status status = ism_user_get(&user, why);
    if (status == ISM_OK)
        status = ism_protection_begin(protection, user->sid, why);
    if (status != ISM_OK || audience->access == ISM_ACCESS_OWNER)
        return status;
    protection->others = audience->owner;
    status = ism_protection_allow(protection, &protection->others.sid, rights, why);
    if (status != ISM_OK)
        return status;
    protection->others = audience->others;
    return ism_protection_allow(protection, &protection->others.sid, rights, why);
}

/* ---- judging ---- */

/* Anybody may have written it, so that all is checked: the entry of that place, as far as it simply allows something.
 * NULL: it does not, or there is none. */
static ACCESS_ALLOWED_ACE *entry_of(ACL *list, DWORD place)
{
    ACCESS_ALLOWED_ACE *entry;
    if (!GetAce(list, place, (void **)&entry) || entry->Header.AceType != ACCESS_ALLOWED_ACE_TYPE ||
        entry->Header.AceFlags != 0 || entry->Header.AceSize < sizeof *entry || !IsValidSid(&entry->SidStart) ||
        offsetof(ACCESS_ALLOWED_ACE, SidStart) + GetLengthSid(&entry->SidStart) > entry->Header.AceSize)
        return NULL;
    return entry;
}

/* Wine keeps generic rights as they were given. */
static bool allows_all(const ACCESS_ALLOWED_ACE *entry)
{
    return (entry->Mask & GENERIC_ALL) != 0 || (entry->Mask & SECTION_ALL_ACCESS) == SECTION_ALL_ACCESS;
}

static uint32_t judge(ACL *list, PSID owner, PSID group, struct ism_sid *others)
{
    struct ism_sid everyone;
    struct ism_cause ignored;
    ACCESS_ALLOWED_ACE *first = list != NULL ? entry_of(list, 0) : NULL;
    if (first == NULL || !EqualSid(&first->SidStart, owner) || !allows_all(first))
        return ISM_ACCESS_NONE;
    if (list->AceCount == 1)
        return ISM_ACCESS_OWNER;
    ACCESS_ALLOWED_ACE *second = entry_of(list, 1);
    if (list->AceCount != 2 || second == NULL || second->Mask != ISM_RIGHTS_SECTION ||
        !CopySid(sizeof *others, &others->sid, &second->SidStart) || find_everyone(&everyone, &ignored) != ISM_OK)
        return ISM_ACCESS_NONE;
    if (EqualSid(&others->sid, &everyone.sid))
        return ISM_ACCESS_EVERYONE;
    return group != NULL && EqualSid(&others->sid, group) ? ISM_ACCESS_GROUP : ISM_ACCESS_NONE;
}

/* What has a longer descriptor is none of ours: then only the owner is asked for. */
static bool get_security(HANDLE section, SECURITY_DESCRIPTOR *found, DWORD room, bool *has_list)
{
    DWORD length;
    *has_list = GetKernelObjectSecurity(
        section, OWNER_SECURITY_INFORMATION | GROUP_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION, found, room,
        &length);
    return *has_list || (GetLastError() == ERROR_INSUFFICIENT_BUFFER &&
                         GetKernelObjectSecurity(section, OWNER_SECURITY_INFORMATION, found, room, &length));
}

ism_status ism_protection_read(HANDLE section, struct ism_sid *owner, uint32_t *access, struct ism_sid *others,
                               struct ism_cause *why)
{
    union {
        SECURITY_DESCRIPTOR descriptor;
        unsigned char bytes[1024];
    } found;
    PSID told = NULL, group = NULL;
    ACL *list = NULL;
    bool has_list;
    BOOL is_present = FALSE, is_default;
    if (!get_security(section, &found.descriptor, sizeof found, &has_list))
        return ism_system_failure(why, "GetKernelObjectSecurity", GetLastError());
    if (!GetSecurityDescriptorOwner(&found.descriptor, &told, &is_default) || told == NULL ||
        !CopySid(sizeof *owner, &owner->sid, told)) {
        *why = (struct ism_cause){NULL, 0};
        return ISM_E_FOREIGN;
    }
    *access = ISM_ACCESS_NONE;
    if (has_list && GetSecurityDescriptorGroup(&found.descriptor, &group, &is_default) &&
        GetSecurityDescriptorDacl(&found.descriptor, &is_present, &list, &is_default) && is_present)
        *access = judge(list, &owner->sid, group, others);
    return ISM_OK;
}
