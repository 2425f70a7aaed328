/* picture.h: histograms in a terminal. */
#ifndef ISTHMUS_TOOL_PICTURE_H
#define ISTHMUS_TOOL_PICTURE_H

#include <stdbool.h>
#include <stdio.h>

#include "elements.h"

/* Draw two histograms over the same range side by side, to the same scale, each under its title. */
void picture_print(FILE *out, bool utf8, const struct range *range, const char *const titles[2],
                   const struct tally *const tallies[2]);

#endif
