/* name.h: which names a region may have (promise R1). */
#ifndef ISM_NAME_H
#define ISM_NAME_H

#include <stdbool.h>

#include <isthmus/status.h>

/* Is it a name? It ends with a NUL. */
bool ism_name_is_valid(const char *name);

/* ISM_OK, or ISM_E_INVALID (NULL) or ISM_E_NAME with a message that says what is wrong with it. */
ism_status ism_name_check(const char *name);

#endif
