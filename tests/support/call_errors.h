/* call_errors.h: with what errors a system call may fail, for process_traced.c. */
#ifndef ISTHMUS_TESTS_CALL_ERRORS_H
#define ISTHMUS_TESTS_CALL_ERRORS_H

#include "process.h"

/* Of the call of this number with this second argument, which selects what some calls do. False: it has no more. */
bool call_errors_find(uint64_t number, uint64_t second, unsigned which, struct process_error *out);

#endif
