/* persistent_name.h: what the file and the key of a persistent object are called. */
#ifndef ISM_PERSISTENT_NAME_H
#define ISM_PERSISTENT_NAME_H

#include "../backend.h"

#define ISM_PERSISTENT_NAME_MAX 255

/* The name of both. ISM_E_NOT_FOUND: the native name is none of this user's, and can't have any. */
ism_status ism_persistent_name(const char *native, char name[ISM_PERSISTENT_NAME_MAX + 1], struct ism_cause *why);

/* Is it such a name, of whatever session? */
bool ism_persistent_is_name(const char *name);

/* The native name that such a name stands for; false: it is another session's. */
bool ism_persistent_native(const char *name, char native[ISM_NATIVE_NAME_MAX + 1]);

#endif
