/* What a call answers, and what went wrong in the calling thread (promise E1). */
#ifndef ISTHMUS_STATUS_H
#define ISTHMUS_STATUS_H

#include <stdint.h>

/* What marks a function as exported; the build of a shared library defines it on its command line. */
#ifndef ISM_API
#define ISM_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* Every status: enumerator, value, text. Values are never renumbered or used again. Zero and above:
 * the call did its work, and a positive value adds a fact. Below zero: it did not, and nothing of it
 * is left behind (promise E3). */
#define ISM_STATUS_LIST(X)                                                                                             \
    X(ISM_OK, 0, "success")                                                                                            \
    X(ISM_OWNER_DIED, 1, "the lock is yours, but its previous owner died holding it")                                  \
    X(ISM_LAST_PARTY, 2, "all parties have arrived, and this was the last one")                                        \
    X(ISM_E_INVALID, -1, "invalid argument")                                                                           \
    X(ISM_E_NAME, -2, "not a valid region name")                                                                       \
    X(ISM_E_SIZE, -3, "not a possible size")                                                                           \
    X(ISM_E_DTYPE, -4, "unknown or unsupported data type")                                                             \
    X(ISM_E_SHAPE, -5, "not a possible array shape")                                                                   \
    X(ISM_E_OVERFLOW, -6, "the size in bytes overflows")                                                               \
    X(ISM_E_NOT_FOUND, -7, "no such region or file")                                                                   \
    X(ISM_E_EXISTS, -8, "already exists")                                                                              \
    X(ISM_E_ACCESS, -9, "permission denied")                                                                           \
    X(ISM_E_NO_SPACE, -10, "no space left for shared memory")                                                          \
    X(ISM_E_NO_MEMORY, -11, "out of private memory or address space")                                                  \
    X(ISM_E_LIMIT, -12, "a limit of the system or the library is reached")                                             \
    X(ISM_E_BUSY, -13, "in use")                                                                                       \
    X(ISM_E_TIMED_OUT, -14, "the deadline passed")                                                                     \
    X(ISM_E_DEADLOCK, -15, "the calling thread already owns the lock")                                                 \
    X(ISM_E_NOT_OWNER, -16, "the calling thread does not own the lock")                                                \
    X(ISM_E_UNRECOVERABLE, -17, "what the lock protects was given up by the one who recovered it")                     \
    X(ISM_E_UNSUPPORTED, -18, "not possible on this system")                                                           \
    X(ISM_E_VERSION, -19, "made by a version that this one does not know")                                             \
    X(ISM_E_CORRUPT, -20, "the shared bytes are damaged")                                                              \
    X(ISM_E_FOREIGN, -21, "the object was not made by isthmus, or belongs to another user")                            \
    X(ISM_E_FORMAT, -22, "not a well-formed .npy file")                                                                \
    X(ISM_E_TRUNCATED, -23, "the .npy file is cut short")                                                              \
    X(ISM_E_BYTE_ORDER, -24, "the data has the other byte order")                                                      \
    X(ISM_E_READ_ONLY, -25, "the handle is read-only")                                                                 \
    X(ISM_E_INITIALISER, -26, "the init callback reported failure")                                                    \
    X(ISM_E_FILE, -27, "a file could not be read or written")                                                          \
    X(ISM_E_SYSTEM, -28, "the operating system refused for another reason")                                            \
    X(ISM_E_TOKEN, -29, "not a token, or a damaged one")

typedef enum ism_status {
#define ISM_STATUS_ENUMERATOR(name, value, text) name = value,
    ISM_STATUS_LIST(ISM_STATUS_ENUMERATOR)
#undef ISM_STATUS_ENUMERATOR
        ISM_STATUS_RESERVED = -32768 /* makes the type signed and wide for every compiler */
} ism_status;

/* What the last failed call of a thread had to say. */
typedef struct ism_error {
    ism_status status;   /* what the call returned */
    int64_t system_code; /* errno, or GetLastError() on Windows; 0: no system call failed */
    char call[32];       /* the system call that failed, such as "shm_open"; "" if none did */
    char message[344];   /* what could not be done, with the value that was wrong, and why */
} ism_error;

/* The name of a status, such as "ISM_E_NOT_FOUND".
 * status:  any value.
 * Returns: a string that is never freed; "ISM_STATUS_UNKNOWN" for a value that is no status.
 * Threads: any; may be called from a signal handler. Blocks: no. Since: 0.1. Promise: E1. */
ISM_API const char *ism_status_name(ism_status status);

/* A status in words, in lower case and without a full stop.
 * status:  any value.
 * Returns: a string that is never freed; "unknown status" for a value that is no status.
 * Threads: any; may be called from a signal handler. Blocks: no. Since: 0.1. Promise: E1. */
ISM_API const char *ism_status_text(ism_status status);

/* What went wrong in the last call of this thread that returned a status below zero.
 * Returns: the thread's own record, valid until the thread ends, changed by its next failing call;
 *          a record with ISM_OK and empty strings if none has failed yet. Successful calls leave
 *          the record alone. Calls that answer "not now" on a lock (ISM_E_BUSY, ISM_E_TIMED_OUT)
 *          fill it too.
 * Threads: any; each has its own. Blocks: no. Since: 0.1. Promise: E1. */
ISM_API const ism_error *ism_error_last(void);

#ifdef __cplusplus
}
#endif

#endif
