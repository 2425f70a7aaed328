/* foreign.h: an object of shared memory as other software has it. Each foreign_*.c uses the system's own calls, and
 * nothing of the library. */
#ifndef ISTHMUS_TESTS_FOREIGN_H
#define ISTHMUS_TESTS_FOREIGN_H

#include <stdbool.h>
#include <stddef.h>

struct foreign {
    unsigned char *bytes; /* mapped for writing, to the end of the last page */
    size_t size;          /* as the system tells it */
};

/* Make an object of that native name, or attach to it. False: that is not possible. */
bool foreign_make(const char *native_name, size_t size, struct foreign *object);
bool foreign_attach(const char *native_name, struct foreign *object);

/* Free the name. */
bool foreign_remove(const char *native_name);

/* What else the system calls the object of that name, "-" if nothing else. */
void foreign_other_name(const char *native_name, char *other, size_t size);

size_t foreign_page_size(void);

#endif
