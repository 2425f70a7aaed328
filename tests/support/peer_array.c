/* peer_array.c: commands that concern the peer's one array.
 *
 *   array_create NAME, array_open NAME, array_load NAME PATH, array_save PATH, array_close
 *                                     the status */
#include "peer.h"

#include <string.h>

static ism_array *array;

static ism_status obey_array_create(char **words)
{
    const ism_array_layout layout = {.dtype = ISM_DTYPE_FLOAT64, .dimensions = 2, .shape = {20, 50}};
    return ism_array_create(words[1], &layout, NULL, &array);
}

static ism_status obey_array_open(char **words)
{
    return ism_array_open(words[1], NULL, &array);
}

static ism_status obey_array_load(char **words)
{
    return ism_array_load(words[2], words[1], NULL, &array);
}

static ism_status obey_array_save(char **words)
{
    return ism_array_save(array, words[1]);
}

static ism_status obey_array_close(char **words)
{
    (void)words;
    ism_status status = ism_array_close(array);
    if (status == ISM_OK)
        array = NULL;
    return status;
}

static const struct {
    const char *verb;
    int words; /* that it needs, with the verb */
    ism_status (*obey)(char **words);
} commands[] = {
    {"array_create", 2, obey_array_create}, {"array_open", 2, obey_array_open},   {"array_load", 3, obey_array_load},
    {"array_save", 2, obey_array_save},     {"array_close", 1, obey_array_close},
};

bool peer_obey_array(int count, char **words)
{
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
        if (strcmp(words[0], commands[i].verb) == 0 && count >= commands[i].words) {
            peer_say("%s", ism_status_name(commands[i].obey(words)));
            return true;
        }
    return false;
}
