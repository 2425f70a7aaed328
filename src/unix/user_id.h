/* user_id.h: the user whose regions this process shares. */
#ifndef ISM_USER_ID_H
#define ISM_USER_ID_H

#include <sys/types.h>

/* Its effective user when it first asked. */
uid_t ism_user_id(void);

#endif
