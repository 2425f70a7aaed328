/* native.h: what can be told of a region that is other software's, too. */
#ifndef ISM_NATIVE_H
#define ISM_NATIVE_H

#include "../backend.h"

struct ism_region;

/* All that is known of it: it has no control block to read. */
void ism_native_describe(const struct ism_region *region, ism_region_info *info);

#endif
