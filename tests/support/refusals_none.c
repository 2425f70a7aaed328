/* refusals_none.c: where no filter can play another kernel. */
#include "native.h"

bool native_refuse(const char *what)
{
    (void)what;
    return false;
}
