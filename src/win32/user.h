/* user.h: the user that this process runs as, in the names and in the protection of its objects. */
#ifndef ISM_USER_H
#define ISM_USER_H

#include "../backend.h"

#include <windows.h>

#define ISM_USER_TEXT_MAX 184 /* characters of the longest SID */
#define ISM_USER_PREFIX_MAX (ISM_USER_TEXT_MAX + 16)

struct ism_user {
    char text[ISM_USER_TEXT_MAX + 1]; /* the SID in writing */
    SECURITY_ATTRIBUTES *attributes;  /* the user owns the object, and nobody else gets at it */
    PSID sid;
};

/* The user of this process; a thread that acts as somebody else makes no difference. */
ism_status ism_user_get(const struct ism_user **out, struct ism_cause *why);

/* What native names among those begin with: Local\isthmus.<SID>. or Global\..., or with "all" instead of the SID. "" if
 * the user can't be told. */
void ism_user_prefix(struct ism_names names, char prefix[ISM_USER_PREFIX_MAX + 1]);

bool ism_user_is(PSID sid);

/* Does an object, opened with READ_CONTROL, belong to the user? ISM_OK, ISM_E_FOREIGN, or why that
 * can't be told. */
ism_status ism_user_check_owner(HANDLE object, struct ism_cause *why);

/* A native name as Windows takes it. */
void ism_user_wide_name(const char *native, wchar_t wide[ISM_NATIVE_NAME_MAX + 1]);

#endif
