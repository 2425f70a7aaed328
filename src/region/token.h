/* token.h: a region as a short text, to be handed to another process (R10).
 *
 *   ism1.os.0123456789abcdef.NAME.89abcdef
 *   |    ||  |                    |
 *   |    ||  the region's id      the checksum of all before it
 *   |    |s: the names of the session; m: of the machine
 *   |    o: the names of the owner; a: of all users
 *   the version
 *
 * It has only letters, digits and . _ - and begins with a letter, so it can be an argument, a file's name or a
 * line of text. It tells nothing that its region does not, and gives no right: the system decides who may open
 * what it names. The layout is held by golden bytes (tests/unit). */
#ifndef ISM_TOKEN_H
#define ISM_TOKEN_H

#include "../backend.h"

#define ISM_TOKEN_VERSION 1

struct ism_token {
    bool is_of_all;     /* among the names that all users share, not among the owner's */
    bool is_of_machine; /* among those of the whole machine, not of this session */
    uint64_t region;    /* its id, not 0 */
    char name[ISM_NAME_MAX + 1];
};

void ism_token_write(const struct ism_token *token, char text[ISM_TOKEN_MAX + 1]);

/* Read a hostile text of any length. ISM_OK; ISM_E_VERSION: another version's; ISM_E_TOKEN: no token, or a
 * damaged one. */
ism_status ism_token_read(const char *text, struct ism_token *out);

#endif
