/* native.c: segments of shmget() that other software knows, by key or by id.
 *
 * The system keeps their sizes to the byte, and keeps them until they are removed. A key is written as
 * ipcs shows it (0x1234) or in decimal, an id as id:65538. Key 0 (IPC_PRIVATE) names no segment: each
 * shmget() of it makes another one. */
#include "sysv.h"

#include "../unix/system_error.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>

#define ID "id:"
#define ID_LENGTH (sizeof ID - 1)
#define DIGITS_MAX 10 /* of a number of 32 bits */

const struct ism_native_traits ism_native_traits = {
    .lifetime = ISM_LIFETIME_PERSISTENT,
    .keeps_exact_sizes = true,
};

static bool is_number(const char *text, const char *digits, size_t length_max, uint64_t largest)
{
    size_t length = strspn(text, digits);
    int base = strlen(digits) > 10 ? 16 : 10;
    return length >= 1 && length <= length_max && text[length] == '\0' && strtoull(text, NULL, base) <= largest;
}

static bool is_hexadecimal(const char *name)
{
    return name[0] == '0' && (name[1] == 'x' || name[1] == 'X');
}

static bool is_id(const char *name)
{
    return strncmp(name, ID, ID_LENGTH) == 0;
}

static uint32_t key_of(const char *name)
{
    return (uint32_t)strtoul(name, NULL, is_hexadecimal(name) ? 16 : 10);
}

const char *ism_native_complaint(const char *name, bool is_new)
{
    if (is_id(name) && is_new)
        return "is an id, which only the system gives";
    if (is_id(name))
        return is_number(name + ID_LENGTH, "0123456789", DIGITS_MAX, INT32_MAX) ? NULL : "is no id";
    bool is_key = is_hexadecimal(name) ? is_number(name + 2, "0123456789abcdefABCDEF", 8, UINT32_MAX)
                                       : name[0] != '0' && is_number(name, "0123456789", DIGITS_MAX, UINT32_MAX);
    if (!is_key || key_of(name) == IPC_PRIVATE)
        return "is no key";
    if (is_new && ism_sysv_is_region_key(key_of(name)))
        return "is a key of regions";
    return NULL;
}

static bool is_gone(int code)
{
    return code == EINVAL || code == EIDRM;
}

static ism_status find(const char *name, int *id, struct ism_cause *why)
{
    if (is_id(name)) {
        *id = (int)strtoul(name + ID_LENGTH, NULL, 10);
        return ISM_OK;
    }
    *id = shmget((key_t)key_of(name), 0, 0);
    return *id != -1 ? ISM_OK : ism_system_failure(why, "shmget", errno);
}

static ism_status measure(struct ism_memory *memory, struct ism_cause *why)
{
    struct shmid_ds found;
    if (shmctl((int)memory->handle, IPC_STAT, &found) == -1) {
        int code = errno;
        ism_status status = ism_system_failure(why, "shmctl", code);
        return is_gone(code) ? ISM_E_NOT_FOUND : status;
    }
    memory->length = (uint64_t)found.shm_segsz;
    return ISM_OK;
}

/* A key is told as that of a region is, however it was written. */
static void fill(struct ism_memory *memory, const char *name, int id, bool writable)
{
    memset(memory, 0, sizeof *memory);
    if (is_id(name))
        memcpy(memory->native, name, strlen(name) + 1);
    else
        ism_sysv_native_of_key(key_of(name), memory->native);
    memory->handle = id;
    memory->identity = (uint64_t)id;
    memory->writable = writable;
}

ism_status ism_native_create(const char *name, uint64_t length, struct ism_memory *out, struct ism_cause *why)
{
    int id;
    ism_status status = ism_sysv_make((key_t)key_of(name), (size_t)length, ISM_ACCESS_OWNER, &id, why);
    if (status != ISM_OK)
        return status;
    fill(out, name, id, true);
    out->length = length;
    return ISM_OK;
}

ism_status ism_native_open(const char *name, bool writable, struct ism_memory *out, struct ism_cause *why)
{
    int id;
    struct ism_memory memory;
    ism_status status = find(name, &id, why);
    if (status != ISM_OK)
        return status;
    fill(&memory, name, id, writable);
    status = measure(&memory, why);
    if (status == ISM_OK)
        *out = memory;
    return status;
}

ism_status ism_native_remove(const char *name, const struct ism_memory *only, struct ism_cause *why)
{
    int id;
    ism_status status = ISM_OK;
    if (only != NULL)
        id = (int)only->handle;
    else
        status = find(name, &id, why);
    if (status != ISM_OK || shmctl(id, IPC_RMID, NULL) == 0)
        return status;
    int code = errno;
    status = ism_system_failure(why, "shmctl", code);
    return is_gone(code) ? ISM_E_NOT_FOUND : status;
}
