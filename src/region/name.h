/* name.h: which names a region may have (promise R1). */
#ifndef ISM_NAME_H
#define ISM_NAME_H

#include <isthmus/status.h>

/* ISM_OK, or ISM_E_INVALID (NULL) or ISM_E_NAME with a message that says what is wrong with it. */
ism_status ism_name_check(const char *name);

#endif
