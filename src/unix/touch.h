/* touch.h: setting memory aside by using it. */
#ifndef ISM_TOUCH_H
#define ISM_TOUCH_H

#include <stddef.h>
#include <stdint.h>

/* Write to each page of the range what it holds already; others may write to it meanwhile. Where the memory is not
 * to be had, that kills. */
void ism_touch(unsigned char *address, uint64_t length, size_t page);

#endif
