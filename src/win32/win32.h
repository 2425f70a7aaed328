/* win32.h: what the Windows answers to memory, lease, life, wait and process know of each other. */
#ifndef ISM_WIN32_H
#define ISM_WIN32_H

#include "../backend.h"

#include <windows.h>

/* Open the mutex that guards those names; it is made if it is not there. */
ism_status ism_win32_open_names(struct ism_names names, HANDLE *mutex, struct ism_cause *why);

/* Open the mutex of a life in a table (NULL: this user's), to wait for it and to query it. False: *is_gone tells
 * whether that is because the life has ended. */
bool ism_win32_open_life(const struct ism_life_table *table, ism_life life, HANDLE *mutex, bool *is_gone);

/* Has the life of that mutex ended? False also if the system gives no answer now. */
bool ism_win32_has_ended(HANDLE mutex);

/* Who may use what belongs to the regions that have that table (NULL: this user's), and a number that no other table
 * ever has in this process; 0 is this user's. */
struct ism_audience;
const struct ism_audience *ism_win32_audience_of(const struct ism_life_table *table, uint64_t *number);

/* Why a call failed that wants memory for an object: want of it is the system's, not this process's. */
ism_status ism_win32_reserve_failure(struct ism_cause *why, const char *call, unsigned long code);

/* Make a section, of a file or (INVALID_HANDLE_VALUE) of memory; a length of 0 is the file's. ISM_E_EXISTS: the
 * native name is taken. */
ism_status ism_win32_make_section(const char *native, HANDLE file, DWORD pages, uint64_t length, ism_access access,
                                  HANDLE *out, struct ism_cause *why);

/* The length of a view of a whole section. */
uint64_t ism_win32_length_of_view(const unsigned char *view);

/* A time as Windows takes it, rounded up; never INFINITE. */
DWORD ism_win32_milliseconds(uint64_t nanoseconds);

/* Close the semaphores that are kept open to sleep on: this process has no region open any more. */
void ism_win32_forget_alarms(void);

#endif
