/* segments_linux.c: what Linux tells of all segments: how many there may be and are, and each by its index. */
#include "../unix/system_error.h"
#include "sysv.h"

#include <errno.h>
#include <sys/ipc.h>

/* Linux answers ENOSPC for the number of segments and for their pages. */
bool ism_sysv_are_segments_used_up(void)
{
    struct shminfo limits;
    struct shm_info used;
    return shmctl(0, IPC_INFO, (struct shmid_ds *)(void *)&limits) != -1 &&
           shmctl(0, SHM_INFO, (struct shmid_ds *)(void *)&used) != -1 && (unsigned long)used.used_ids >= limits.shmmni;
}

ism_status ism_memory_list(ism_memory_visitor visitor, void *context, struct ism_cause *why)
{
    struct shminfo limits;
    int last = shmctl(0, IPC_INFO, (struct shmid_ds *)(void *)&limits);
    if (last == -1)
        return ism_system_failure(why, "shmctl", errno);
    bool goes_on = true;
    for (int index = 0; goes_on && index <= last; index++) {
        struct shmid_ds found;
        char native[ISM_NATIVE_NAME_MAX + 1];
        if (shmctl(index, SHM_STAT, &found) == -1) {
            if (errno == EINVAL || errno == EIDRM || errno == EACCES)
                continue; /* there is none, or another user's */
            return ism_system_failure(why, "shmctl", errno);
        }
        uint32_t key = (uint32_t)found.shm_perm.__key;
        if (!ism_sysv_is_region_key(key))
            continue;
        ism_sysv_native_of_key(key, native);
        if (ism_sysv_is_ours(&found, ism_memory_is_shared(native)))
            goes_on = visitor(native, context);
    }
    return ISM_OK;
}
