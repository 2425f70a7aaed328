/* picture.c: a column stands for 8 bins. Unicode has blocks of eighths, so that 8 lines show 64
 * heights; ASCII makes do with halves. What is not zero is never drawn as nothing. */
#include "picture.h"

#include <string.h>

#define COLUMNS 32
#define LINES 8
#define INDENT 2
#define GAP 4

struct style {
    unsigned steps; /* in a character */
    const char *characters[9];
};

static const struct style unicode = {8,
                                     {" ", "\xe2\x96\x81", "\xe2\x96\x82", "\xe2\x96\x83", "\xe2\x96\x84",
                                      "\xe2\x96\x85", "\xe2\x96\x86", "\xe2\x96\x87", "\xe2\x96\x88"}};
static const struct style ascii = {2, {" ", ".", "#"}};

static uint64_t column(const struct tally *tally, unsigned index)
{
    uint64_t sum = 0;
    for (unsigned i = 0; i < ELEMENTS_BINS / COLUMNS; i++)
        sum += tally->bins[index * (ELEMENTS_BINS / COLUMNS) + i];
    return sum;
}

static void find_heights(const struct tally *tally, uint64_t highest, unsigned steps, unsigned heights[COLUMNS])
{
    for (unsigned i = 0; i < COLUMNS; i++) {
        uint64_t value = column(tally, i);
        double share = highest > 0 ? (double)value / (double)highest : 0;
        heights[i] = (unsigned)(share * steps * LINES + 0.5);
        if (value > 0 && heights[i] == 0)
            heights[i] = 1;
    }
}

/* The line that lies so many above the lowest, through both histograms, without blanks at its end. */
static void print_line(FILE *out, const struct style *style, unsigned above, const unsigned heights[2 * COLUMNS])
{
    unsigned below = above * style->steps, end = 2 * COLUMNS;

    while (end > 0 && heights[end - 1] <= below)
        end--;
    for (unsigned i = 0; i < end; i++) {
        unsigned filled = heights[i] > below ? heights[i] - below : 0;
        (void)fprintf(out, "%*s%s",
                      i == 0         ? INDENT
                      : i == COLUMNS ? GAP
                                     : 0,
                      "", style->characters[filled < style->steps ? filled : style->steps]);
    }
    (void)fputc('\n', out);
}

/* The range's ends, each under its edge. */
static void print_scale(FILE *out, const struct range *range)
{
    char least[32], greatest[32];
    int width = (int)strlen(elements_describe(range, false, least));

    (void)fprintf(out, "%s%*s", least, width < COLUMNS ? COLUMNS - width : 1, elements_describe(range, true, greatest));
}

void picture_print(FILE *out, bool utf8, const struct range *range, const char *const titles[2],
                   const struct tally *const tallies[2])
{
    const struct style *style = utf8 ? &unicode : &ascii;
    unsigned heights[2 * COLUMNS];
    uint64_t highest = 0;

    for (unsigned i = 0; i < 2 * COLUMNS; i++)
        if (column(tallies[i / COLUMNS], i % COLUMNS) > highest)
            highest = column(tallies[i / COLUMNS], i % COLUMNS);
    for (unsigned i = 0; i < 2; i++)
        find_heights(tallies[i], highest, style->steps, heights + (size_t)i * COLUMNS);

    (void)fprintf(out, "%*s%-*s%s\n", INDENT, "", COLUMNS + GAP, titles[0], titles[1]);
    for (unsigned above = LINES; above-- > 0;)
        print_line(out, style, above, heights);
    (void)fprintf(out, "%*s", INDENT, "");
    print_scale(out, range);
    (void)fprintf(out, "%*s", GAP, "");
    print_scale(out, range);
    (void)fputc('\n', out);
}
