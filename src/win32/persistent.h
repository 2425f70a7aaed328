/* persistent.h: objects that outlive their last process: files, each with a birth certificate. */
#ifndef ISM_PERSISTENT_H
#define ISM_PERSISTENT_H

#include "../backend.h"

#include <windows.h>

/* Make the file of a native name, with its certificate, and a section of that name on it. Between
 * ism_lease_begin() and ism_lease_end(). */
ism_status ism_persistent_create(const char *native, const struct ism_memory_plan *plan, HANDLE *section,
                                 struct ism_cause *why);

/* Make a section of that name on the file, which is there with its certificate; there is no such
 * section. Between begin and end. ISM_E_NOT_FOUND: there is no such file. */
ism_status ism_persistent_open(const char *native, HANDLE *section, struct ism_cause *why);

/* Take the certificate away: from now on the file means nothing. */
ism_status ism_persistent_revoke(const char *native, struct ism_cause *why);

/* Delete the file if it has no certificate and nobody has it mapped. */
void ism_persistent_free(const char *native);

/* Give the bytes of a range of a mapped sparse file their place on the disk; what they hold stays. */
ism_status ism_persistent_allocate(unsigned char *address, uint64_t length, struct ism_cause *why);

/* The path of the file of that native name; "" if it has no certificate, or the path is too long. */
void ism_persistent_path(const char *native, char path[ISM_PATH_MAX + 1]);

/* Visit the native names of the files that have a certificate, and delete those that have none. */
typedef bool (*ism_persistent_visitor)(const char *native, void *context);
ism_status ism_persistent_list(ism_persistent_visitor visitor, void *context, struct ism_cause *why);

/* What was seen between begin and end no longer holds. */
void ism_persistent_forget(void);

#endif
