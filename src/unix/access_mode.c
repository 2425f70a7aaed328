/* access_mode.c: who may use an object may read and write it, and nobody executes it. */
#include "access_mode.h"

#define OTHERS_AND_EXTRAS 07177 /* all but the owner's permission to read and write */

mode_t ism_access_mode(ism_access access)
{
    switch (access) {
    case ISM_ACCESS_GROUP:
        return 0660;
    case ISM_ACCESS_EVERYONE:
        return 0666;
    default:
        return 0600;
    }
}

uint32_t ism_mode_access(mode_t mode)
{
    switch (mode & OTHERS_AND_EXTRAS) {
    case 0:
        return ISM_ACCESS_OWNER;
    case 0060:
        return ISM_ACCESS_GROUP;
    case 0066:
        return ISM_ACCESS_EVERYONE;
    default:
        return ISM_ACCESS_NONE;
    }
}
