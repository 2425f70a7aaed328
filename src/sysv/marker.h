/* marker.h: whether a process still runs the program that it ran: its marker is there as long as it does. */
#ifndef ISM_MARKER_H
#define ISM_MARKER_H

#include "../backend.h"

/* The calling process's marker, as others may ask for it; 0: it has none. False: it has not tried to make one.
 * ISM_LOCK_REGISTRY is held. */
bool ism_marker_find(uint32_t *name);

/* Make one. The TABLE lock of this user's table is held, too. */
uint32_t ism_marker_make(void);

/* Is there a marker of that name? True also if the system does not tell. */
bool ism_marker_is_there(uint32_t name);

/* In a forked child: its parent's marker is none of its own. */
void ism_marker_drop(void);

/* Remove what a process has left that was killed while it made one. The TABLE lock of this user's table is held. */
void ism_marker_tidy(void);

#endif
