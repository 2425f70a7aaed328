/* descriptor.h: the descriptors of objects and files that are written to. */
#ifndef ISM_DESCRIPTOR_H
#define ISM_DESCRIPTOR_H

/* Move a descriptor that was just opened, close-on-exec, away from the numbers of standard input, output and error.
 * Returns its number; or -1 with errno if it is -1, or can't be moved: it is closed then. */
int ism_descriptor_keep(int descriptor);

#endif
