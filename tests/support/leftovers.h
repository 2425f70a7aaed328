/* leftovers.h: what a test leaves behind, which is to be nothing: no region whose name carries this process's
 * id, no descriptor or handle, no mapping of shared memory, no child. */
#ifndef ISTHMUS_TESTS_LEFTOVERS_H
#define ISTHMUS_TESTS_LEFTOVERS_H

#include <stdbool.h>

/* A region's name of this test's own: "test-", the process's id, the test's name and what it is for. Valid for
 * the next seven. */
#define NAME(what) leftovers_name(__func__, what)
const char *leftovers_name(const char *test, const char *what);

/* Setup and teardown of every test: remember what there is; compare, and clean up for the next test. */
int leftovers_begin(void **state);
int leftovers_end(void **state);

/* How many of the user's regions have names, or native names, that begin with this. Stale and half-made ones
 * count. */
unsigned leftovers_regions(const char *name);

/* The same, without what is stale. */
unsigned leftovers_live_regions(const char *name);

/* Take what this process has now as what it had before, for leftovers_none() alone. */
void leftovers_mark(void);

/* Has this process what it had before, not more? What is more is printed. */
bool leftovers_none(void);

#endif
