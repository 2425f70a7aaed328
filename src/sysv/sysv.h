/* sysv.h: what the System V answers to memory and lease know of each other. */
#ifndef ISM_SYSV_H
#define ISM_SYSV_H

#include "../backend.h"

#include <sys/shm.h>

/* What the system says of a segment. ISM_E_NOT_FOUND: it is gone; ISM_E_FOREIGN: it is not ours. */
ism_status ism_sysv_stat(const struct ism_memory *memory, struct shmid_ds *found,
                         struct ism_cause *why);

#endif
