/* advice.h: what a mapping can be asked for beyond being there (R14), for every Unix. */
#ifndef ISM_ADVICE_H
#define ISM_ADVICE_H

#include "../backend.h"

/* Bring pages in by touching each, for writing if that is allowed. What other processes write meanwhile
 * stays. The address is that of a page. Kills the process where there is no memory for a page. */
void ism_advice_touch(unsigned char *address, uint64_t length, bool writable);

/* What systems do differently, see advice_*.c. The address is that of a page; false: refused. */
bool ism_advice_prefault(unsigned char *address, uint64_t length, bool writable);
bool ism_advice_use_huge_pages(unsigned char *address, uint64_t length, bool writable);
bool ism_advice_leave_out_of_dumps(unsigned char *address, uint64_t length);

/* Give back the memory of a shared object, to whoever has it; it reads as zero then. Nothing where that can't be had. */
void ism_advice_give_back(unsigned char *address, uint64_t length);

#endif
