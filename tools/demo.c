/* demo.c: several processes stretch the contrast of one shared array, one of them is killed while
 * it holds the lock and has changed half of what the lock protects, another mends that and does the
 * rest.
 *
 * This process shares the array and a ledger (ledger.h), starts the workers, kills the victim when
 * that says that it is half-way, hands on what the workers say, and compares the outcome with what
 * it computes alone, from a copy of its own. Both arrays live as long as a process has them, so
 * nothing is left behind, however this ends. */
#include "ledger.h"
#include "picture.h"
#include "process.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXAMPLE "ascent.npy"
#define NAME_SIZE 64
#define NAMES_TRIED 100
#define SUCCESSORS_MAX 3
#define TIME_TO_FALL_ASLEEP 50 /* milliseconds */

struct demo {
    const char *file;
    unsigned workers;
    unsigned victim;
    char names[2][NAME_SIZE]; /* of pixels and ledger */
    ism_array *pixels;
    ism_array *ledger_array;
    ism_array_view view;
    struct ledger *ledger;
    void *alone; /* what this process computes alone */
    struct tally before;
    struct tally after_alone;
    struct process *processes[TOOL_WORKERS_MAX];
};

static bool is_readable(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (file != NULL)
        (void)fclose(file);
    return file != NULL;
}

/* The example lies beside the program, or where it was installed. */
static const char *find_example(char *path, size_t size)
{
    char folder[2048];

    process_program_folder(folder, sizeof folder);
    if (folder[0] == '\0') /* called by its name alone, where no system call tells more */
        (void)snprintf(folder, sizeof folder, ".");
    (void)snprintf(path, size, "%s/" EXAMPLE, folder);
    if (!is_readable(path))
        (void)snprintf(path, size, "%s/../share/isthmus/" EXAMPLE, folder);
    return path;
}

/* ---- before the workers ---- */

static ism_status share_as(struct demo *demo, unsigned attempt)
{
    ism_array_layout layout;
    ism_status status;

    for (unsigned i = 0; i < 2; i++)
        (void)snprintf(demo->names[i], NAME_SIZE, "demo-%" PRIu64 "-%u.%s", process_own_id(), attempt,
                       i == 0 ? "pixels" : "ledger");
    ledger_layout(demo->workers, &layout);
    status = ism_array_create(demo->names[1], &layout, NULL, &demo->ledger_array);
    if (status != ISM_OK)
        return status;
    status = ism_array_load(demo->file, demo->names[0], NULL, &demo->pixels);
    if (status != ISM_OK) {
        (void)ism_array_close(demo->ledger_array);
        demo->ledger_array = NULL;
    }
    return status;
}

/* Another process may have this process's id, if it lives in another container. */
static bool share(struct demo *demo)
{
    ism_status status = ISM_E_EXISTS;

    for (unsigned attempt = 1; attempt <= NAMES_TRIED && status == ISM_E_EXISTS; attempt++)
        status = share_as(demo, attempt);
    if (status == ISM_OK)
        status = ism_array_get_view(demo->pixels, &demo->view);
    if (status == ISM_OK)
        demo->ledger = ledger_open(demo->ledger_array);
    return demo->ledger != NULL;
}

static bool fill_ledger(struct demo *demo, const struct range *range)
{
    ism_array_part part;

    demo->ledger->parts = demo->workers;
    demo->ledger->range = *range;
    for (unsigned i = 0; i < demo->workers; i++) {
        if (ism_array_get_part(demo->pixels, i, demo->workers, &part) != ISM_OK)
            return false;
        demo->ledger->part[i].strips = ledger_strips(&part, demo->view.item_size);
    }
    return true;
}

/* Find out what the workers have to know, and compute alone what they will compute together. */
static bool prepare(struct demo *demo)
{
    const ism_array_view *view = &demo->view;
    struct range range;

    elements_find_range(view->layout.dtype, view->data, view->count, &range);
    elements_count(&range, view->data, view->count, &demo->before);
    elements_choose_cuts(&range, &demo->before);
    demo->alone = malloc((size_t)view->size + 1);
    if (demo->alone == NULL) {
        (void)tool_error("out of memory for a second copy of \"%s\"", demo->file);
        return false;
    }
    memcpy(demo->alone, view->data, (size_t)view->size);
    elements_stretch(&range, demo->alone, view->count);
    elements_count(&range, demo->alone, view->count, &demo->after_alone);
    if (!fill_ledger(demo, &range)) {
        (void)tool_fail();
        return false;
    }
    return true;
}

static void introduce(const struct demo *demo)
{
    const struct range *range = &demo->ledger->range;
    ism_region_info info;
    char shape[TEXT_SHAPE], size[TEXT_SHORT], least[32], greatest[32];

    (void)printf("%s: %s, %s, %s, values from %s to %s\n", demo->file, ism_dtype_name(demo->view.layout.dtype),
                 text_shape(&demo->view.layout, shape), text_size(demo->view.size, size),
                 elements_describe(range, false, least), elements_describe(range, true, greatest));
    if (ism_region_get_info(ism_array_region(demo->pixels), &info) == ISM_OK)
        (void)printf("shared as \"%s\" (%s)\n", info.name, info.path[0] != '\0' ? info.path : info.native_name);
    (void)printf("%u worker process%s its contrast in place, and count%s into one histogram:\n\n", demo->workers,
                 demo->workers == 1 ? " stretches" : "es stretch", demo->workers == 1 ? "s" : "");
    (void)fflush(stdout);
}

/* ---- the workers ---- */

static struct process *start_worker(const struct demo *demo, unsigned index, const char *role)
{
    char number[TEXT_SHORT];
    const char *reason = "";
    const char *const arguments[] = {"worker", demo->names[0], demo->names[1], number, role, NULL};

    (void)snprintf(number, sizeof number, "%u", index);
    struct process *process = process_start(arguments, &reason);
    if (process == NULL)
        (void)tool_error("could not start a worker process: %s", reason);
    return process;
}

static bool start_workers(struct demo *demo)
{
    for (unsigned i = 0; i < demo->workers; i++) {
        demo->processes[i] = start_worker(demo, i, i == demo->victim ? "victim" : "worker");
        if (demo->processes[i] == NULL)
            return false;
    }
    return true;
}

static void print_line(unsigned number, uint64_t id, const char *line)
{
    (void)printf("  worker %-2u pid %-6" PRIu64 " %s\n", number, id, line);
    (void)fflush(stdout);
}

/* Print what a worker says until it says no more. */
static void listen(struct process *process, unsigned number)
{
    char line[256];

    while (process_read_line(process, line, sizeof line))
        print_line(number, process_id(process), line);
}

/* The others have their last strip before them, and find the lock held. They need not be asleep by
 * the time of the kill; but it is the harder case, so they get the time for it. */
static void kill_victim(struct demo *demo)
{
    struct process *victim = demo->processes[demo->victim];
    char line[256];
    bool reached = process_read_line(victim, line, sizeof line);

    print_line(demo->victim + 1, process_id(victim), reached ? line : "has ended before its time");
    for (unsigned i = 0; i < demo->workers; i++)
        if (i != demo->victim)
            process_write_line(demo->processes[i], "go on");
    if (!reached)
        return;
    process_pause(TIME_TO_FALL_ASLEEP);
    process_kill(victim);
    print_line(demo->victim + 1, process_id(victim), "is killed");
}

static void stop_workers(struct demo *demo)
{
    for (unsigned i = 0; i < demo->workers; i++)
        if (demo->processes[i] != NULL)
            process_kill(demo->processes[i]);
    for (unsigned i = 0; i < demo->workers; i++) {
        (void)process_wait(demo->processes[i]);
        demo->processes[i] = NULL;
    }
}

static bool is_finished(const struct demo *demo)
{
    for (unsigned i = 0; i < demo->workers; i++)
        if (demo->ledger->part[i].done < demo->ledger->part[i].strips)
            return false;
    return true;
}

/* Nobody was left to take over, or somebody else was killed too: a new process does the rest. */
static bool finish(struct demo *demo)
{
    for (unsigned i = 0; i < SUCCESSORS_MAX && !is_finished(demo) && !process_interrupted(); i++) {
        struct process *process = start_worker(demo, 0, "successor");
        if (process == NULL)
            return false;
        print_line(demo->workers + i + 1, process_id(process), "starts, as work is left");
        listen(process, demo->workers + i + 1);
        if (process_interrupted())
            process_kill(process);
        (void)process_wait(process);
    }
    if (!is_finished(demo) && !process_interrupted())
        (void)tool_error("the workers did not finish");
    return is_finished(demo);
}

static bool work(struct demo *demo)
{
    bool started = start_workers(demo);

    if (started) {
        kill_victim(demo);
        for (unsigned i = 0; i < demo->workers && !process_interrupted(); i++)
            listen(demo->processes[i], i + 1);
    }
    stop_workers(demo);
    return started && !process_interrupted() && finish(demo);
}

/* ---- after the workers ---- */

static bool compare_elements(const struct demo *demo)
{
    const unsigned char *shared = demo->view.data, *alone = demo->alone;
    uint64_t i = 0;

    if (memcmp(shared, alone, (size_t)demo->view.size) == 0)
        return true;
    while (shared[i] == alone[i])
        i++;
    (void)tool_error("element %" PRIu64 " is not what one process alone computes", i / demo->view.item_size);
    return false;
}

static bool compare_tallies(const struct tally *shared, const struct tally *alone)
{
    for (unsigned i = 0; i < ELEMENTS_BINS; i++)
        if (shared->bins[i] != alone->bins[i]) {
            (void)tool_error("bin %u has %" PRIu64 " elements, but %" PRIu64 " if one process alone counts", i,
                             shared->bins[i], alone->bins[i]);
            return false;
        }
    if (shared->apart != alone->apart)
        (void)tool_error("%" PRIu64 " elements are infinite or no number, but %" PRIu64 " if one process alone counts",
                         shared->apart, alone->apart);
    return shared->apart == alone->apart;
}

static bool compare(const struct demo *demo)
{
    struct ledger *ledger = demo->ledger;
    struct ledger_repair repair;
    bool equal;

    if (ledger_lock(demo->ledger_array, ledger, &repair) != ISM_OK) {
        (void)tool_fail();
        return false;
    }
    equal = compare_elements(demo) && compare_tallies(&ledger->total, &demo->after_alone);
    if (equal && ledger->repairs == 0) {
        (void)tool_error("nobody was told that the owner of the lock had died");
        equal = false;
    }
    (void)ism_array_unlock(demo->ledger_array);
    return equal;
}

static void conclude(const struct demo *demo)
{
    static const char *const titles[2] = {"before", "after"};
    const struct tally *const tallies[2] = {&demo->before, &demo->ledger->total};
    char count[TEXT_SHORT];

    (void)putchar('\n');
    picture_print(stdout, process_output_is_utf8(), &demo->ledger->range, titles, tallies);
    if (demo->ledger->total.apart > 0)
        (void)printf("  besides: %s infinite or no number, left as they are\n",
                     text_count(demo->ledger->total.apart, count));
    (void)printf("\nAll %s elements and all bins are what one process alone computes.\n",
                 text_count(demo->view.count, count));
    (void)fflush(stdout);
}

/* Both arrays are gone with this last process that has them. */
static bool leave(struct demo *demo)
{
    bool shared = demo->pixels != NULL, gone = true;
    ism_region_info info;

    free(demo->alone);
    (void)ism_array_close(demo->ledger_array);
    (void)ism_array_close(demo->pixels);
    for (unsigned i = 0; i < 2 && shared; i++)
        if (ism_region_look(demo->names[i], &info) != ISM_E_NOT_FOUND) {
            (void)tool_error("\"%s\" was left behind", demo->names[i]);
            gone = false;
        }
    return gone;
}

int command_demo(const struct request *request)
{
    struct demo demo;
    char example[4096];
    bool equal = false;

    memset(&demo, 0, sizeof demo);
    process_catch_interrupts();
    demo.workers = request->workers;
    demo.victim = request->workers / 2;
    demo.file = request->operand_count > 0 ? request->operands[0] : find_example(example, sizeof example);
    if (!share(&demo)) {
        (void)tool_fail();
    } else if (prepare(&demo)) {
        introduce(&demo);
        equal = work(&demo) && compare(&demo);
        if (equal)
            conclude(&demo);
    }
    bool gone = leave(&demo);
    if (equal && gone)
        (void)printf("Nothing is left behind.\n");
    if (process_interrupted())
        process_end_interrupted();
    return equal && gone ? 0 : 1;
}
