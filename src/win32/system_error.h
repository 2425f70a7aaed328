/* system_error.h: GetLastError() as a status. */
#ifndef ISM_SYSTEM_ERROR_H
#define ISM_SYSTEM_ERROR_H

#include "../backend.h"

/* Say in *why that a call failed, and answer what its error code means. Where a call gives a code a
 * meaning of its own, the caller decides and uses only the record. */
ism_status ism_system_failure(struct ism_cause *why, const char *call, unsigned long code);

#endif
