/* ledger.h: the demo's second shared array: the result, and a journal by which any worker can take
 * over from one that was killed at any instruction.
 *
 * A part of the pixels is worked on in strips, in order. Two counters say how far it is:
 *
 *   saved   strips whose elements were copied to the undo buffer before they were changed
 *   done    strips that are changed and counted
 *
 * They are equal, or saved is one ahead; then the strip may be changed in part, and is put back
 * from the undo buffer before it is done again. A part's counts exist twice, and done says which
 * are in force: the counts up to the next strip are made ready in the other, and come into force
 * with the one word done. So the parts are whole at every instruction. The total is not, while
 * somebody adds to it: it is computed anew from the parts after a death.
 *
 * Except for the counts that are not in force and the undo buffer, which belong to the part's
 * worker, all is written under the array's lock. Taking and giving it back also keeps the compiler
 * from reordering a worker's steps; what a dead process wrote is seen in the order in which it
 * wrote it. */
#ifndef ISTHMUS_TOOL_LEDGER_H
#define ISTHMUS_TOOL_LEDGER_H

#include "elements.h"
#include "tool.h"

#define LEDGER_STRIPS 8           /* in a part, if they are no larger than */
#define LEDGER_STRIP_BYTES 32768u /* as they have to fit into the undo buffer */

/* All members are 64-bit words: the array's data type is uint64. */
struct ledger_part {
    uint64_t strips;
    uint64_t saved;
    uint64_t done;
    struct tally counted[2]; /* that of done % 2 is in force */
    uint64_t undo[LEDGER_STRIP_BYTES / 8];
};

struct ledger {
    uint64_t parts;
    struct range range;
    volatile uint64_t adding; /* the part, plus 1, that is being added to the total; or 0 */
    uint64_t repairs;         /* how many times somebody had to mend the ledger */
    struct tally total;
    struct ledger_part part[];
};

/* A strip of a part of the pixels. */
struct strip {
    unsigned char *data;
    uint64_t count;
};

/* How an array must look to hold the ledger. */
void ledger_layout(unsigned parts, ism_array_layout *out);

/* The ledger in an open array; NULL if the array is none. */
struct ledger *ledger_open(const ism_array *array);

/* How many strips a part has: 1 or more, even if it has no elements. */
uint64_t ledger_strips(const ism_array_part *part, uint64_t item_size);

void ledger_strip(const ism_array_part *part, uint64_t item_size, uint64_t index, struct strip *out);

/* What ledger_lock() found when the previous owner of the lock had died. */
struct ledger_repair {
    bool needed;
    uint64_t found;     /* elements in the total */
    uint64_t whole;     /* in the parts, and now in the total */
    uint64_t abandoned; /* the part, plus 1, that the dead was adding to the total; or 0 */
};

/* Take the ledger's lock; if its owner had died, mend what it protects. */
ism_status ledger_lock(ism_array *array, struct ledger *ledger, struct ledger_repair *out);

#endif
