/* posix.h: what the POSIX answers to memory and lease know of each other. */
#ifndef ISM_POSIX_H
#define ISM_POSIX_H

#include "../backend.h"

/* Be the only one to unlink this object, until it is closed. ISM_E_BUSY: somebody else is, and does not get
 * done. */
ism_status ism_posix_lock_name(const struct ism_memory *memory, struct ism_cause *why);

#endif
