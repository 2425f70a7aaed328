/* protection.h: who may use a kernel object, as its access list says (R8). */
#ifndef ISM_PROTECTION_H
#define ISM_PROTECTION_H

#include "../backend.h"

#include <windows.h>

struct ism_sid {
    union {
        SID sid;
        unsigned char bytes[SECURITY_MAX_SID_SIZE];
    };
};

/* What others than the owner may do, where they may use an object: neither delete it nor change who may. */
#define ISM_RIGHTS_SECTION (READ_CONTROL | SECTION_QUERY | SECTION_MAP_READ | SECTION_MAP_WRITE)
#define ISM_RIGHTS_MUTEX (READ_CONTROL | SYNCHRONIZE | MUTEX_MODIFY_STATE)
#define ISM_RIGHTS_SEMAPHORE (READ_CONTROL | SYNCHRONIZE | SEMAPHORE_MODIFY_STATE)

/* Who may use an object besides who makes it, and those that belong to it. */
struct ism_audience {
    struct ism_names names;
    ism_access access;
    struct ism_sid owner;  /* of the region */
    struct ism_sid others; /* unless the access is ISM_ACCESS_OWNER */
};

/* A protection in the making; it lies where it was begun. */
struct ism_protection {
    SECURITY_ATTRIBUTES attributes;
    SECURITY_DESCRIPTOR descriptor;
    union {
        ACL list;
        unsigned char bytes[sizeof(ACL) + 3 * (sizeof(ACCESS_ALLOWED_ACE) + SECURITY_MAX_SID_SIZE)];
    } access;
    struct ism_sid others;
};

/* The object belongs to this user, who may do everything with it, and nobody else anything; then let others in. */
ism_status ism_protection_begin(struct ism_protection *protection, PSID user, struct ism_cause *why);
ism_status ism_protection_allow(struct ism_protection *protection, PSID others, DWORD rights, struct ism_cause *why);

/* Begin, and let everyone in. */
ism_status ism_protection_for_everyone(struct ism_protection *protection, DWORD rights, struct ism_cause *why);

/* Protect a new section of this user's; or an object that belongs to a region of that audience, this user being one of
 * it. */
ism_status ism_protection_of_section(struct ism_protection *protection, ism_access access, struct ism_cause *why);
ism_status ism_protection_of_helper(struct ism_protection *protection, const struct ism_audience *audience,
                                    DWORD rights, struct ism_cause *why);

/* See who may use a section that was opened with READ_CONTROL: the owner of it, as an ism_access if it is protected as
 * one of ours, otherwise ISM_ACCESS_NONE, and who the others are. The names are not filled in. */
ism_status ism_protection_read(HANDLE section, struct ism_sid *owner, uint32_t *access, struct ism_sid *others,
                               struct ism_cause *why);

#endif
