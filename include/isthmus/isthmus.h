/* isthmus: share memory among processes, safely, with one API on every operating system.
 *
 * Three layers, each usable without those below it in this list:
 *   array.h   typed arrays with a lock of their own, readable by NumPy
 *   sync.h    locks that live in shared memory and survive the death of their owner
 *   region.h  named pieces of shared memory with a size, a lifetime and an owner
 * Every call answers with a status of status.h. The promises named in the comments (R1, S2, ...)
 * are listed in docs/promises.md with what each backend keeps of them.
 *
 * Names that begin with ism_ or ISM_ belong to the library. */
#ifndef ISTHMUS_ISTHMUS_H
#define ISTHMUS_ISTHMUS_H

#include "array.h"
#include "region.h"
#include "status.h"
#include "sync.h"

#define ISM_VERSION_MAJOR 0
#define ISM_VERSION_MINOR 1
#define ISM_VERSION_PATCH 0
#define ISM_VERSION "0.1.0"

#endif
