/* descriptor.h: what tests do with descriptors of shared memory, by the system's own calls. Where the system has no such
 * descriptors, nothing can be done: false, or -1. */
#ifndef ISTHMUS_TESTS_DESCRIPTOR_H
#define ISTHMUS_TESTS_DESCRIPTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Make an object of these bytes, without a name; sealed against becoming shorter, or not at all. */
intptr_t descriptor_make(const void *bytes, size_t size, bool sealed);

/* A descriptor of a pipe, and of a file. */
intptr_t descriptor_of_pipe(void);
intptr_t descriptor_of_file(const char *path);

/* One more descriptor that other programs inherit; or one that can only read. */
intptr_t descriptor_inheritable(intptr_t descriptor);
intptr_t descriptor_read_only(intptr_t descriptor);

void descriptor_close(intptr_t descriptor);

/* Change the length, or a byte, of what it means. */
bool descriptor_truncate(intptr_t descriptor, uint64_t size);
bool descriptor_write(intptr_t descriptor, uint64_t offset, unsigned char byte);

/* Send a descriptor to the process that waits for one at this address; and wait, calling back as soon as others can
 * send. */
bool descriptor_send(const char *address, intptr_t descriptor);
intptr_t descriptor_receive(const char *address, void (*waiting)(void));

#endif
