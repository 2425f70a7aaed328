/* foreign_sysv.c: segments of shmget(), by key. */
#include "foreign.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/ipc.h>
#include <sys/shm.h>
#include <unistd.h>

static key_t key_of(const char *native_name)
{
    return (key_t)strtoul(native_name, NULL, 0);
}

static bool attach(int id, struct foreign *object)
{
    struct shmid_ds found;
    if (shmctl(id, IPC_STAT, &found) == -1)
        return false;
    object->size = (size_t)found.shm_segsz;
    object->bytes = shmat(id, NULL, 0);
    return object->bytes != (void *)-1;
}

bool foreign_make(const char *native_name, size_t size, struct foreign *object)
{
    int id = shmget(key_of(native_name), size, IPC_CREAT | IPC_EXCL | 0600);
    return id != -1 && attach(id, object);
}

bool foreign_attach(const char *native_name, struct foreign *object)
{
    int id = shmget(key_of(native_name), 0, 0);
    return id != -1 && attach(id, object);
}

bool foreign_remove(const char *native_name)
{
    return shmctl(shmget(key_of(native_name), 0, 0), IPC_RMID, NULL) == 0;
}

void foreign_other_name(const char *native_name, char *other, size_t size)
{
    (void)snprintf(other, size, "id:%d", shmget(key_of(native_name), 0, 0));
}

size_t foreign_page_size(void)
{
    return (size_t)sysconf(_SC_PAGESIZE);
}
