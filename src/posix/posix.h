/* posix.h: what the POSIX answers to memory and lease know of each other. */
#ifndef ISM_POSIX_H
#define ISM_POSIX_H

#include "../backend.h"

#include <sys/types.h>

/* Be the only one to unlink this object, until it is closed. ISM_E_BUSY: somebody else is, and does not get
 * done. */
ism_status ism_posix_lock_name(const struct ism_memory *memory, struct ism_cause *why);

/* An object that was opened, and is not measured. */
void ism_posix_fill(struct ism_memory *memory, const char *native, int descriptor, bool writable);

/* Why shm_open() opened nothing that exists: that may be no memory, but a folder or a pipe, ISM_E_FOREIGN. */
ism_status ism_posix_open_failure(struct ism_cause *why, int code);

/* Map an object that is measured, whole. */
ism_status ism_posix_map(struct ism_memory *memory, int descriptor, struct ism_cause *why);

/* Give a fresh object its mode and size. */
ism_status ism_posix_give_size(int descriptor, mode_t mode, uint64_t length, struct ism_cause *why);

/* See ism_native_complaint(). longest: in bytes, with the slash. */
const char *ism_posix_native_complaint(const char *name, size_t longest);

#endif
