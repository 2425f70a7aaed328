/* marker.c: a segment that one process is attached to, and that was freed as soon as it was: exec and death detach it,
 * and then there is none of its id.
 *
 * It is made under a key, so that one can be found whose maker was killed before it was freed. Weak sides: one more
 * segment for each process that has a life; where nothing is told of a freed segment by its id (FreeBSD, macOS), or
 * other software has the key, there are no markers. */
#include "marker.h"

#include "../unix/after_fork.h"
#include "../unix/user_id.h"

#include <errno.h>
#include <sys/ipc.h>
#include <sys/shm.h>
#include <unistd.h>

#define KEY UINT32_C(0x6d000000) /* 'm' and the user's number */
#define KEY_NUMBER UINT32_C(0x00ffffff)
#define MODE 0444 /* so that others may ask */
#define SIZE 1

/* Guarded by ISM_LOCK_REGISTRY, but for the child's handler, which is alone. */
static struct {
    void *address; /* NULL: there is none */
    uint32_t name; /* its id, and 1 */
    bool is_refused;
    bool ends_in_children;
    uint64_t generation; /* of the process that is attached to it */
} marker;

bool ism_marker_is_there(uint32_t name)
{
    struct shmid_ds found;
    return shmctl((int)(name - 1), IPC_STAT, &found) == 0 || (errno != EINVAL && errno != EIDRM);
}

void ism_marker_drop(void)
{
    if (marker.address != NULL)
        (void)shmdt(marker.address);
    marker.address = NULL;
    marker.name = 0;
}

bool ism_marker_find(uint32_t *name)
{
    if (marker.generation != ism_process_generation())
        ism_marker_drop(); /* a fork may have run no handlers */
    marker.generation = ism_process_generation();
    *name = marker.name;
    return marker.address != NULL || marker.is_refused;
}

/* The segment that has the key: -1 if there is none, or it is no marker of this user's. */
static int find_segment(int flags)
{
    struct shmid_ds found;
    key_t key = (key_t)(KEY | ((uint32_t)ism_user_id() & KEY_NUMBER));
    int id = shmget(key, SIZE, flags);
    if (id == -1 || shmctl(id, IPC_STAT, &found) == -1 || found.shm_perm.uid != ism_user_id() ||
        found.shm_perm.cuid != ism_user_id() || (found.shm_perm.mode & 0777) != MODE || found.shm_segsz != SIZE)
        return -1;
    return id;
}

/* A process that has changed its user would make one of the wrong user's. */
static bool make_segment(void)
{
    int id = geteuid() == ism_user_id() ? find_segment(IPC_CREAT | MODE) : -1;
    if (id == -1)
        return false;
    void *address = shmat(id, NULL, SHM_RDONLY);
    (void)shmctl(id, IPC_RMID, NULL);
    if (address == (void *)-1)
        return false;
    marker.address = address;
    marker.name = (uint32_t)id + 1;
    if (ism_marker_is_there(marker.name))
        return true;
    ism_marker_drop();
    return false;
}

uint32_t ism_marker_make(void)
{
    if (!marker.ends_in_children)
        ism_after_fork(ism_marker_drop);
    marker.ends_in_children = true;
    marker.is_refused = !make_segment();
    return marker.name;
}

void ism_marker_tidy(void)
{
    int id = find_segment(0);
    if (id != -1)
        (void)shmctl(id, IPC_RMID, NULL);
}
