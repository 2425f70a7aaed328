/* ledger.c: the demo's result and journal, and how they are mended. */
#include "ledger.h"

#include <string.h>

static uint64_t words_for(uint64_t parts)
{
    return (sizeof(struct ledger) + parts * sizeof(struct ledger_part)) / sizeof(uint64_t);
}

void ledger_layout(unsigned parts, ism_array_layout *out)
{
    memset(out, 0, sizeof *out);
    out->dtype = ISM_DTYPE_UINT64;
    out->dimensions = 1;
    out->shape[0] = words_for(parts);
}

struct ledger *ledger_open(const ism_array *array)
{
    ism_array_view view;
    struct ledger *ledger;

    if (ism_array_get_view(array, &view) != ISM_OK || view.layout.dtype != ISM_DTYPE_UINT64 ||
        view.count < words_for(0))
        return NULL;
    ledger = view.data;
    if (ledger->parts > TOOL_WORKERS_MAX || view.count < words_for(ledger->parts))
        return NULL;
    return ledger;
}

static uint64_t strip_elements(const ism_array_part *part, uint64_t item_size)
{
    uint64_t elements = part->count / LEDGER_STRIPS + (part->count % LEDGER_STRIPS != 0);
    uint64_t limit = LEDGER_STRIP_BYTES / item_size;

    return elements < limit ? elements : limit;
}

uint64_t ledger_strips(const ism_array_part *part, uint64_t item_size)
{
    uint64_t elements = strip_elements(part, item_size);
    return elements == 0 ? 1 : (part->count - 1) / elements + 1;
}

void ledger_strip(const ism_array_part *part, uint64_t item_size, uint64_t index, struct strip *out)
{
    uint64_t elements = strip_elements(part, item_size);
    uint64_t first = index * elements;

    out->data = (unsigned char *)part->data + first * item_size;
    out->count = part->count - first < elements ? part->count - first : elements;
}

static void mend(struct ledger *ledger, struct ledger_repair *out)
{
    out->needed = true;
    out->found = tally_elements(&ledger->total);
    out->abandoned = ledger->adding <= ledger->parts ? ledger->adding : 0;
    memset(&ledger->total, 0, sizeof ledger->total);
    for (uint64_t i = 0; i < ledger->parts; i++) {
        const struct ledger_part *part = &ledger->part[i];
        tally_add(&ledger->total, &part->counted[part->done % 2]);
    }
    out->whole = tally_elements(&ledger->total);
    ledger->adding = 0;
    ledger->repairs++;
}

ism_status ledger_lock(ism_array *array, struct ledger *ledger, struct ledger_repair *out)
{
    ism_status status = ism_array_lock(array);

    memset(out, 0, sizeof *out);
    if (status != ISM_OWNER_DIED)
        return status;
    mend(ledger, out);
    return ism_array_consistent(array);
}
