/* process.c: clock, random bytes and locks within this process. Windows does not fork. */
#include "system_error.h"
#include "win32.h"

#include <bcrypt.h>

#define NANOSECONDS UINT64_C(1000000000) /* in a second */
#define MILLISECOND UINT64_C(1000000)    /* in nanoseconds */

static SRWLOCK locks[] = {SRWLOCK_INIT, SRWLOCK_INIT};
static uint64_t epoch;

/* The counter is one for the whole system, and does not go back. */
uint64_t ism_process_now(void)
{
    LARGE_INTEGER frequency, ticks;
    (void)QueryPerformanceFrequency(&frequency);
    (void)QueryPerformanceCounter(&ticks);
    uint64_t per_second = (uint64_t)frequency.QuadPart;
    uint64_t count = (uint64_t)ticks.QuadPart;
    /* In two parts: the product of all ticks would overflow after some minutes. */
    return count / per_second * NANOSECONDS + count % per_second * NANOSECONDS / per_second + 1;
}

DWORD ism_win32_milliseconds(uint64_t nanoseconds)
{
    uint64_t milliseconds = nanoseconds / MILLISECOND + (nanoseconds % MILLISECOND != 0 ? 1 : 0);
    return milliseconds < INFINITE ? (DWORD)milliseconds : INFINITE - 1;
}

void ism_process_pause(uint64_t nanoseconds)
{
    Sleep(ism_win32_milliseconds(nanoseconds));
}

ism_status ism_process_random(void *bytes, size_t size, struct ism_cause *why)
{
    NTSTATUS code = BCryptGenRandom(NULL, bytes, (ULONG)size, BCRYPT_USE_SYSTEM_PREFERRED_RNG);
    return code == 0 ? ISM_OK : ism_system_failure(why, "BCryptGenRandom", (unsigned long)code);
}

unsigned ism_process_cores(void)
{
    unsigned count = GetActiveProcessorCount(ALL_PROCESSOR_GROUPS);
    return count != 0 ? count : 1;
}

uint64_t ism_process_id(void)
{
    return GetCurrentProcessId();
}

/* An ended process can be opened as long as somebody has a handle of it. */
bool ism_process_exists(uint64_t id)
{
    if (id == 0 || id > UINT32_MAX)
        return false;
    HANDLE process = OpenProcess(SYNCHRONIZE, FALSE, (DWORD)id);
    if (process == NULL)
        return GetLastError() == ERROR_ACCESS_DENIED;
    bool has_ended = WaitForSingleObject(process, 0) == WAIT_OBJECT_0;
    (void)CloseHandle(process);
    return !has_ended;
}

uint64_t *ism_process_epoch(void)
{
    return &epoch;
}

uint64_t ism_process_forks(void)
{
    return 0;
}

uint64_t ism_process_generation(void)
{
    return 0;
}

void ism_process_lock(enum ism_process_lock which)
{
    AcquireSRWLockExclusive(&locks[which]);
}

void ism_process_unlock(enum ism_process_lock which)
{
    ReleaseSRWLockExclusive(&locks[which]);
}

/* Windows has no cancellation of threads that would release what they have. */
void ism_process_shield(void)
{
}

void ism_process_unshield(void)
{
}
