/* native_smaps.c: what Linux says of mappings in /proc/self/smaps, piece by piece. A piece that
 * reaches beyond the memory that is asked about counts as a whole. */
#include "native.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <isthmus/region.h>

struct sums {
    unsigned long long present; /* KiB */
    unsigned long long huge;
    unsigned pieces;
    unsigned locked;
    unsigned dumped;
};

static void add_line(struct sums *sums, const char *line)
{
    unsigned long long amount;
    if (sscanf(line, "Rss: %llu", &amount) == 1)
        sums->present += amount;
    else if (sscanf(line, "ShmemPmdMapped: %llu", &amount) == 1)
        sums->huge += amount;
    else if (strncmp(line, "VmFlags:", 8) == 0) {
        sums->locked += strstr(line, " lo") != NULL;
        sums->dumped += strstr(line, " dd") == NULL;
    }
}

static bool add_up(const void *address, uint64_t size, struct sums *sums)
{
    char line[512];
    unsigned long long start, end;
    bool is_inside = false;
    FILE *file = fopen("/proc/self/smaps", "re");

    if (file == NULL)
        return false;
    while (fgets(line, sizeof line, file) != NULL) {
        if (sscanf(line, "%llx-%llx", &start, &end) == 2 && strchr(line, '-') < strchr(line, ' ')) {
            is_inside = start < (uintptr_t)address + size && end > (uintptr_t)address;
            sums->pieces += is_inside;
        } else if (is_inside) {
            add_line(sums, line);
        }
    }
    (void)fclose(file);
    return sums->pieces > 0;
}

/* Under tests/macos_limits, which plays a system that tells nothing, what Linux says proves nothing either. */
static bool is_playing_another_system(void)
{
    const char *preload = getenv("LD_PRELOAD");
    return preload != NULL && strstr(preload, "macos_limits") != NULL;
}

/* qemu-user says yes to any advice, and does nothing. */
static bool heeds_advice(const void *address)
{
    return madvise((void *)(uintptr_t)address, (size_t)sysconf(_SC_PAGESIZE), 0x7fffffff) == -1;
}

enum native_force native_in_force(const void *address, uint64_t size, uint32_t flag)
{
    struct sums sums;
    bool yes = false;

    memset(&sums, 0, sizeof sums);
    if (is_playing_another_system() || (flag == ISM_REGION_LOCKED && NATIVE_PLAYS_LOCKING) ||
        (flag == ISM_REGION_NO_CORE_DUMP && !heeds_advice(address)) || !add_up(address, size, &sums))
        return NATIVE_NOT_TOLD;
    if (flag == ISM_REGION_PREFAULT)
        yes = sums.present * 1024 >= size;
    else if (flag == ISM_REGION_LOCKED)
        yes = sums.locked == sums.pieces;
    else if (flag == ISM_REGION_HUGE_PAGES)
        yes = sums.huge > 0;
    else if (flag == ISM_REGION_NO_CORE_DUMP)
        yes = sums.dumped == 0;
    return yes ? NATIVE_IN_FORCE : NATIVE_NOT_IN_FORCE;
}
