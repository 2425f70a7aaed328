/* error_report.h: what Windows Error Reporting leaves out of this process's dumps (R14). */
#ifndef ISM_ERROR_REPORT_H
#define ISM_ERROR_REPORT_H

#include <stdbool.h>
#include <stdint.h>

/* Leave a view out, which starts there and has that length, until it is forgotten. False: the system can't, or has too
 * many of them. May be called again for the same view. */
bool ism_error_report_exclude(const void *view, uint64_t length);

/* The view is about to end. Costs nothing where none was left out. */
void ism_error_report_forget(const void *view);

#endif
