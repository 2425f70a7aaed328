/* exists_kill.c: is there a process of that id, by the null signal. A dead one that its parent has not waited
 * for still counts. */
#include "../backend.h"

#include <errno.h>
#include <signal.h>

bool ism_process_exists(uint64_t id)
{
    pid_t process = (pid_t)id;
    return process > 0 && (uint64_t)process == id && (kill(process, 0) == 0 || errno == EPERM);
}
