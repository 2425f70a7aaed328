/* error.c: status names and texts, and each thread's record of its last failure. */
#include "error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static ISM_THREAD_LOCAL ism_error last_error;

const char *ism_status_name(ism_status status)
{
    switch (status) {
#define NAME(name, value, text)                                                                                        \
    case name:                                                                                                         \
        return #name;
        ISM_STATUS_LIST(NAME)
#undef NAME
    case ISM_STATUS_RESERVED:
        break;
    }
    return "ISM_STATUS_UNKNOWN";
}

const char *ism_status_text(ism_status status)
{
    switch (status) {
#define TEXT(name, value, text)                                                                                        \
    case name:                                                                                                         \
        return text;
        ISM_STATUS_LIST(TEXT)
#undef TEXT
    case ISM_STATUS_RESERVED:
        break;
    }
    return "unknown status";
}

const ism_error *ism_error_last(void)
{
    return &last_error;
}

void ism_error_restore(const ism_error *earlier)
{
    last_error = *earlier;
}

/* The message is built in memory of its own first: an argument may be the old message. */
ism_status ism_fail(ism_status status, const struct ism_cause *why, const char *format, ...)
{
    char message[sizeof last_error.message];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    if (length < 0)
        length = 0;
    if ((size_t)length < sizeof message)
        (void)snprintf(message + length, sizeof message - (size_t)length, ": %s", ism_status_text(status));

    memset(&last_error, 0, sizeof last_error);
    last_error.status = status;
    memcpy(last_error.message, message, sizeof message);
    if (why != NULL && why->call != NULL) {
        last_error.system_code = why->code;
        (void)snprintf(last_error.call, sizeof last_error.call, "%s", why->call);
    }
    return status;
}

void ism_printable(const char *bytes, size_t length, char *text, size_t text_size)
{
    size_t i = 0;
    for (; i < length && i < text_size - 1; i++) {
        unsigned char byte = (unsigned char)bytes[i];
        text[i] = byte < 0x20 || byte == 0x7f ? '?' : bytes[i];
    }
    text[i] = '\0';
}
