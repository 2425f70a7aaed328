/* compiler.h: the few words that compilers spell differently. */
#ifndef ISM_COMPILER_H
#define ISM_COMPILER_H

#include <stdio.h>

#if defined(_MSC_VER) && !defined(__clang__)
#define ISM_THREAD_LOCAL __declspec(thread)
#define ISM_PRINTF(format_index, first_argument)
#define ISM_LIKELY(condition) (condition)
#else
#define ISM_THREAD_LOCAL _Thread_local
#ifdef __MINGW_PRINTF_FORMAT /* which of two printf dialects the headers chose */
#define ISM_PRINTF_DIALECT __MINGW_PRINTF_FORMAT
#else
#define ISM_PRINTF_DIALECT printf
#endif
#define ISM_PRINTF(format_index, first_argument)                                                                       \
    __attribute__((format(ISM_PRINTF_DIALECT, format_index, first_argument)))
#define ISM_LIKELY(condition) __builtin_expect(!!(condition), 1)
#endif

#endif
