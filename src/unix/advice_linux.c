/* advice_linux.c: what Linux's madvise() offers for a mapping of shared memory.
 *
 * Prefaulting is one call (MADV_POPULATE_*, Linux 5.14), which spares an exception per page, and fails where a
 * touch would kill; older kernels have the pages touched. Huge pages: MADV_HUGEPAGE makes later first
 * touches take them where the mount or system setting is advise or more, and MADV_COLLAPSE (Linux 6.1) gathers
 * what lies in small pages; it succeeds only if all of a range is then mapped by huge pages, so it is also how
 * we know. An extent without any page can't be collapsed, hence the populating before. The kernel places
 * mappings of files that may have huge pages at addresses that suit them. qemu-user says yes to any advice and does
 * nothing: who says yes to one that does not exist is not believed. */
#include "advice.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

/* C libraries are older than kernels. */
enum { POPULATE_READ = 22, POPULATE_WRITE = 23, COLLAPSE = 25, NONSENSE = 0x7fffffff };

#define TRIES 100

/* The kernel may be short of something for a moment; but it says the same of a process that has as many mappings as
 * it may have, which lasts. */
static bool advise(unsigned char *address, uint64_t length, int advice)
{
    int tries = advice != COLLAPSE ? TRIES : 1;
    int result;
    if (madvise(address, ism_memory_page(), NONSENSE) == 0) {
        errno = EINVAL;
        return false;
    }
    do {
        result = madvise(address, (size_t)length, advice);
    } while (result == -1 && (errno == EAGAIN || errno == EINTR) && --tries > 0);
    return result == 0;
}

static bool populate(unsigned char *address, uint64_t length, bool writable)
{
    return advise(address, length, writable ? POPULATE_WRITE : POPULATE_READ);
}

bool ism_advice_prefault(unsigned char *address, uint64_t length, bool writable)
{
    if (populate(address, length, writable))
        return true;
    if (errno != EINVAL)
        return false;
    ism_advice_touch(address, length, writable); /* before Linux 5.14 */
    return true;
}

/* 0: there are none. */
static uint64_t huge_page_size(void)
{
    char text[32] = {0};
    int descriptor = open("/sys/kernel/mm/transparent_hugepage/hpage_pmd_size", O_RDONLY | O_CLOEXEC);
    if (descriptor == -1)
        return 0;
    ssize_t got = read(descriptor, text, sizeof text - 1);
    (void)close(descriptor);
    return got > 0 ? strtoull(text, NULL, 10) : 0;
}

static bool gather(unsigned char *address, uint64_t length, bool writable)
{
    return populate(address, length, writable) && advise(address, length, COLLAPSE);
}

/* The first huge page shows whether there are any, before memory is brought in for nothing. */
bool ism_advice_use_huge_pages(unsigned char *address, uint64_t length, bool writable)
{
    uint64_t huge = huge_page_size();
    if (huge == 0)
        return false;
    uint64_t skipped = (huge - (uintptr_t)address % huge) % huge;
    if (length < skipped || length - skipped < huge)
        return false;
    address += skipped;
    length -= skipped;
    length -= length % huge;
    return advise(address, length, MADV_HUGEPAGE) && gather(address, huge, writable) &&
           (length == huge || gather(address + huge, length - huge, writable));
}

bool ism_advice_leave_out_of_dumps(unsigned char *address, uint64_t length)
{
    return advise(address, length, MADV_DONTDUMP);
}

void ism_advice_give_back(unsigned char *address, uint64_t length)
{
    (void)advise(address, length, MADV_REMOVE);
}
