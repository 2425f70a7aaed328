/* tool.h: what the files of the `isthmus` program share.
 *
 * main.c takes the command line apart and hands each command a request. A command returns the
 * program's exit status: 0, or 1 after it has said on standard error what went wrong. */
#ifndef ISTHMUS_TOOL_H
#define ISTHMUS_TOOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <isthmus/isthmus.h>

#define TOOL_WORKERS_MAX 64

struct request {
    bool json;
    unsigned workers;
    int operand_count;
    char **operands;
};

int command_ls(const struct request *request);
int command_stat(const struct request *request);
int command_rm(const struct request *request);
int command_tidy(const struct request *request);
int command_load(const struct request *request);
int command_save(const struct request *request);
int command_demo(const struct request *request);
int command_worker(const struct request *request);

/* Say what the library's last failed call had to say. Returns 1. */
int tool_fail(void);

/* Say something else that went wrong. Returns 1. */
int tool_error(const char *format, ...);

/* ---- text.c ---- */

#define TEXT_SHORT 32   /* bytes for a number in words */
#define TEXT_SHAPE 1024 /* bytes for any array's shape */

/* 262144 as "262,144". Returns text. */
const char *text_count(uint64_t count, char text[TEXT_SHORT]);

/* 262144 as "256 KiB". Returns text. */
const char *text_size(uint64_t bytes, char text[TEXT_SHORT]);

/* The shape as "512 x 512". Returns text. */
const char *text_shape(const ism_array_layout *layout, char text[TEXT_SHAPE]);

/* A region's name, or else its native name, fit for a terminal: it may be a file's that another user
 * has made. Returns text. */
const char *text_name(const ism_region_info *info, char text[ISM_NATIVE_NAME_MAX + 1]);

#endif
