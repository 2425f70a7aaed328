/* error.h: how the library remembers, per thread, what went wrong. */
#ifndef ISM_ERROR_H
#define ISM_ERROR_H

#include "backend.h"
#include "compiler.h"

/* Record a failure of the calling thread and return its status.
 * why:    what the backend said; NULL if no system call failed.
 * format: what could not be done, with the value that was wrong: lower case, no full stop, objects in
 *         double quotes. The status's text is added after a colon. */
ism_status ism_fail(ism_status status, const struct ism_cause *why, const char *format, ...) ISM_PRINTF(3, 4);

/* Put an earlier record of the calling thread back: what failed since was no failure of a call. */
void ism_error_restore(const ism_error *earlier);

/* Copy bytes for a message as a string: what can't be printed becomes '?', what does not fit is
 * cut. */
void ism_printable(const char *bytes, size_t length, char *text, size_t text_size);

#endif
