/* access_mode.h: ism_access as permission bits, and back. */
#ifndef ISM_ACCESS_MODE_H
#define ISM_ACCESS_MODE_H

#include "../backend.h"

#include <sys/types.h>

/* The bits of an object that those may read and write. */
mode_t ism_access_mode(ism_access access);

/* Who may read and write an object of this mode; ISM_ACCESS_NONE if others may do only one of both, or anything else. What
 * its owner has taken from itself does not count. */
uint32_t ism_mode_access(mode_t mode);

#endif
