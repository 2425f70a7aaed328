/* ntdll.h: what only the lowest library of Windows tells about kernel objects. */
#ifndef ISM_NTDLL_H
#define ISM_NTDLL_H

#include "../backend.h"

#include <windows.h>

/* How many handles of an object there are, in all processes. False: the system does not tell. */
bool ism_ntdll_count_handles(HANDLE object, uint32_t *count);

/* The count of a mutex: 1 it is free, 0 a thread owns it, -1 that thread has locked it twice.
 * False: the system does not tell. */
bool ism_ntdll_count_mutex(HANDLE mutex, int32_t *count);

/* How long a section is, in bytes, and whether it stands on a file; it was opened with SECTION_QUERY. */
ism_status ism_ntdll_measure_section(HANDLE section, uint64_t *length, bool *is_file, struct ism_cause *why);

/* Open the directory that a named object is in. */
ism_status ism_ntdll_open_directory(HANDLE object, HANDLE *directory, struct ism_cause *why);

/* An entry of a directory; the strings are valid until the next call with the same buffer. */
struct ism_ntdll_entry {
    const wchar_t *name;
    size_t name_length;
    const wchar_t *type;
    size_t type_length;
};

#define ISM_NTDLL_BUFFER_SIZE 0x11000u /* the longest name and type fit */

/* Read the entry of that place and move the place on; it starts as 0. ISM_E_NOT_FOUND: there is no
 * more. */
ism_status ism_ntdll_read_directory(HANDLE directory, unsigned long *place, void *buffer, struct ism_ntdll_entry *entry,
                                    struct ism_cause *why);

#endif
