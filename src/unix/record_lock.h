/* record_lock.h: byte-range locks that belong to an open file description.
 *
 * Such a lock lasts until the last descriptor and the last mapping of its description are gone, so it
 * ends with the process, however that ends. Two descriptions exclude each other even within one process.
 * It is shared with forked children. Bytes far behind the end of the file can be locked. */
#ifndef ISM_RECORD_LOCK_H
#define ISM_RECORD_LOCK_H

#include "../backend.h"

/* type: F_RDLCK (the descriptor is readable) or F_WRLCK (it is writable). Never waits.
 * ISM_E_BUSY: another description has a conflicting lock. ISM_E_UNSUPPORTED: the kernel has no such locks. */
ism_status ism_record_lock(int descriptor, int type, uint64_t start, uint64_t length, struct ism_cause *why);

/* Give locks up; that can't fail in a way that could be mended. */
void ism_record_unlock(int descriptor, uint64_t start, uint64_t length);

/* Take F_WRLCK, waiting as long as another description has a conflicting lock. */
ism_status ism_record_lock_wait(int descriptor, uint64_t start, uint64_t length, struct ism_cause *why);

/* Which lock of another description would keep this one from taking F_WRLCK on that range? Returns 0 or
 * errno; *type is F_UNLCK if there is none, and *start where the one found begins. */
int ism_record_conflict(int descriptor, uint64_t start, uint64_t length, int *type, uint64_t *found);

#endif
