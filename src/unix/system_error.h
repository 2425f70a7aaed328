/* system_error.h: errno as a status, one translation for every Unix backend. */
#ifndef ISM_SYSTEM_ERROR_H
#define ISM_SYSTEM_ERROR_H

#include "../backend.h"

/* Say in *why that a call failed, and answer what its errno means. Where a call gives an errno a meaning
 * of its own, the caller decides and uses only the record. */
ism_status ism_system_failure(struct ism_cause *why, const char *call, int code);

#endif
