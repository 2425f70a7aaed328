/* worker.c: a worker process of the demo. It opens the two arrays by name, stretches its part of
 * the pixels strip by strip, and adds each strip's counts to the total under the ledger's lock.
 * Whatever it has to say it writes to the demo, a line at a time.
 *
 * Three roles: a `worker` stops before its last strip until the demo says a word, so that somebody
 * is left to find the lock of the `victim`, which stops for good half-way through its part, with
 * the lock held and the total half changed. A `successor` does whatever the others left undone. If
 * the demo dies, its end of the pipe closes, and whoever waits for its word ends too. */
#include "ledger.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct worker {
    ism_array *pixels;
    ism_array *ledger_array;
    ism_array_view view;
    struct ledger *ledger;
    unsigned own_part;
    bool stops_before_last; /* until it has heard the demo's word */
    bool stops_half_way;    /* for good */
    uint64_t to_do;         /* a bit for each part that this worker has to do */
};

static void say(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    (void)vprintf(format, arguments);
    va_end(arguments);
    (void)putchar('\n');
    (void)fflush(stdout);
}

/* False: the demo has gone. */
static bool wait_for_word(void)
{
    char line[16];
    return fgets(line, sizeof line, stdin) != NULL;
}

static void report_repair(const struct ledger_repair *repair)
{
    char found[TEXT_SHORT], whole[TEXT_SHORT];

    say("is told ISM_OWNER_DIED");
    say("finds %s elements counted, %s by the journal", text_count(repair->found, found),
        text_count(repair->whole, whole));
    if (repair->abandoned > 0)
        say("mends the histogram, and takes over part %" PRIu64, repair->abandoned);
    else
        say("mends the histogram");
}

/* Who is told of a death also does what the dead was at. */
static bool take_lock(struct worker *worker)
{
    struct ledger_repair repair;

    if (ledger_lock(worker->ledger_array, worker->ledger, &repair) != ISM_OK)
        return false;
    if (repair.needed)
        report_repair(&repair);
    if (repair.abandoned > 0)
        worker->to_do |= UINT64_C(1) << (repair.abandoned - 1);
    return true;
}

static bool release_lock(struct worker *worker)
{
    return ism_array_unlock(worker->ledger_array) == ISM_OK;
}

/* Make a strip ready to be changed: copy it, or put it back to what it was when somebody copied it.
 */
static bool save_strip(struct worker *worker, struct ledger_part *part, const struct strip *strip)
{
    size_t bytes = (size_t)(strip->count * worker->view.item_size);

    if (part->saved > part->done) {
        memcpy(strip->data, part->undo, bytes);
        return true;
    }
    memcpy(part->undo, strip->data, bytes);
    if (!take_lock(worker))
        return false;
    part->saved = part->done + 1;
    return release_lock(worker);
}

/* Does not come back, unless the demo dies. */
static void stop_half_way(struct worker *worker, uint64_t part, const struct tally *counted)
{
    struct tally *total = &worker->ledger->total;

    for (unsigned i = 0; i < ELEMENTS_BINS / 2; i++)
        total->bins[i] += counted->bins[i];
    say("holds the lock, half of strip %" PRIu64 " of %" PRIu64 " counted, and stops",
        worker->ledger->part[part].done + 1, worker->ledger->part[part].strips);
    (void)wait_for_word();
    exit(1);
}

static bool add_to_total(struct worker *worker, uint64_t index, const struct tally *counted)
{
    struct ledger_part *part = &worker->ledger->part[index];

    if (!take_lock(worker))
        return false;
    worker->ledger->adding = index + 1;
    if (worker->stops_half_way && part->done == part->strips / 2)
        stop_half_way(worker, index, counted);
    tally_add(&worker->ledger->total, counted);
    part->done++;
    worker->ledger->adding = 0;
    return release_lock(worker);
}

static bool do_strip(struct worker *worker, uint64_t index, const struct strip *strip)
{
    struct ledger_part *part = &worker->ledger->part[index];
    const struct tally *until_now = &part->counted[part->done % 2];
    struct tally *next = &part->counted[(part->done + 1) % 2];
    struct tally counted = {{0}, 0};

    if (!save_strip(worker, part, strip))
        return false;
    elements_stretch(&worker->ledger->range, strip->data, strip->count);
    elements_count(&worker->ledger->range, strip->data, strip->count, &counted);
    *next = *until_now;
    tally_add(next, &counted);
    if (worker->stops_before_last && part->done + 1 == part->strips) {
        if (!wait_for_word())
            exit(1);
        worker->stops_before_last = false;
    }
    return add_to_total(worker, index, &counted);
}

static bool do_part(struct worker *worker, uint64_t index)
{
    struct ledger_part *part = &worker->ledger->part[index];
    ism_array_part elements;
    struct strip strip;
    char count[TEXT_SHORT];
    uint64_t first = part->done, done = 0;

    if (ism_array_get_part(worker->pixels, index, worker->ledger->parts, &elements) != ISM_OK)
        return false;
    while (part->done < part->strips) {
        ledger_strip(&elements, worker->view.item_size, part->done, &strip);
        if (!do_strip(worker, index, &strip))
            return false;
        done += strip.count;
    }
    say("part %" PRIu64 ", strips %" PRIu64 " to %" PRIu64 ": %s elements", index + 1, first + 1, part->strips,
        text_count(done, count));
    return true;
}

static bool do_all(struct worker *worker)
{
    for (uint64_t i = 0; worker->to_do != 0; i = (i + 1) % worker->ledger->parts) {
        if ((worker->to_do >> i & 1) == 0)
            continue;
        if (!do_part(worker, i))
            return false;
        worker->to_do &= ~(UINT64_C(1) << i);
    }
    return true;
}

static bool play_role(struct worker *worker, const char *role)
{
    if (strcmp(role, "successor") == 0) {
        for (uint64_t i = 0; i < worker->ledger->parts; i++)
            if (worker->ledger->part[i].done < worker->ledger->part[i].strips)
                worker->to_do |= UINT64_C(1) << i;
    } else {
        worker->to_do = UINT64_C(1) << worker->own_part;
    }
    worker->stops_before_last = strcmp(role, "worker") == 0;
    worker->stops_half_way = strcmp(role, "victim") == 0;
    return do_all(worker);
}

static bool open_arrays(struct worker *worker, char *const names[2])
{
    if (ism_array_open(names[0], NULL, &worker->pixels) != ISM_OK ||
        ism_array_open(names[1], NULL, &worker->ledger_array) != ISM_OK ||
        ism_array_get_view(worker->pixels, &worker->view) != ISM_OK) {
        (void)tool_fail();
        return false;
    }
    worker->ledger = ledger_open(worker->ledger_array);
    if (worker->ledger == NULL || worker->own_part >= worker->ledger->parts) {
        (void)tool_error("\"%s\" is no ledger of the demo", names[1]);
        return false;
    }
    return true;
}

/* Operands: the arrays' names, the part's number from 0, the role. */
int command_worker(const struct request *request)
{
    struct worker worker;
    bool done = false;

    memset(&worker, 0, sizeof worker);
    worker.own_part = (unsigned)strtoul(request->operands[2], NULL, 10);
    if (open_arrays(&worker, request->operands)) {
        done = play_role(&worker, request->operands[3]);
        if (!done)
            (void)tool_fail();
    }
    (void)ism_array_close(worker.ledger_array);
    (void)ism_array_close(worker.pixels);
    return done ? 0 : 1;
}
