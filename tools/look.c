/* look.c: `ls` and `stat`, which show what there is, to people and as JSON.
 *
 * Looking at a region keeps nothing alive. Only to see whether it holds an array it is opened, for
 * a moment and for reading. */
#include "json.h"
#include "tool.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct entry {
    ism_region_info info;
    ism_status outcome; /* ISM_OK, or why no more is known of it than its native name */
    bool is_array;
    ism_array_layout layout;
};

struct entries {
    struct entry *items;
    size_t count;
    size_t capacity;
    bool out_of_memory;
};

static void look_for_array(struct entry *entry)
{
    ism_region_options options;
    ism_array_view view;
    ism_array *array;

    if (entry->outcome != ISM_OK || entry->info.stale || !entry->info.ready)
        return;
    memset(&options, 0, sizeof options);
    options.flags = ISM_REGION_READ_ONLY;
    options.access = entry->info.access; /* a region of this user alone may have the same name */
    options.deadline = ism_deadline_after(0);
    if (ism_array_open(entry->info.name, &options, &array) != ISM_OK)
        return;
    entry->is_array = ism_array_get_view(array, &view) == ISM_OK;
    if (entry->is_array)
        entry->layout = view.layout;
    (void)ism_array_close(array);
}

static const char *lifetime_word(const ism_region_info *info)
{
    return info->lifetime == ISM_LIFETIME_PERSISTENT ? "persistent" : "processes";
}

static const char *state_word(const struct entry *entry)
{
    if (entry->outcome != ISM_OK)
        return "unreadable";
    if (entry->info.stale)
        return "stale";
    return entry->info.ready ? "ready" : "initialising";
}

/* ---- JSON ---- */

static void print_json_array(const ism_array_layout *layout)
{
    (void)printf(", \"dtype\": \"%s\", \"order\": \"%s\", \"shape\": [", ism_dtype_name(layout->dtype),
                 layout->order == ISM_ORDER_FORTRAN ? "F" : "C");
    for (uint32_t i = 0; i < layout->dimensions; i++)
        (void)printf("%s%" PRIu64, i > 0 ? ", " : "", layout->shape[i]);
    (void)putchar(']');
}

static void print_json(const struct entry *entry)
{
    const ism_region_info *info = &entry->info;

    (void)printf("{\"name\": ");
    json_string_or_null(stdout, info->name);
    (void)printf(", \"native_name\": ");
    json_string(stdout, info->native_name);
    (void)printf(", \"path\": ");
    json_string_or_null(stdout, info->path);
    if (entry->outcome != ISM_OK) {
        (void)printf(", \"error\": \"%s\"}", ism_status_name(entry->outcome));
        return;
    }
    (void)printf(", \"size\": %" PRIu64 ", \"capacity\": %" PRIu64 ", \"lifetime\": \"%s\"", info->size, info->capacity,
                 lifetime_word(info));
    (void)printf(", \"attached\": [");
    for (uint32_t i = 0; i < info->attached_count; i++)
        (void)printf("%s%" PRIu64, i > 0 ? ", " : "", info->attached[i]);
    (void)printf("], \"stale\": %s, \"ready\": %s, \"committed\": %s", info->stale ? "true" : "false",
                 info->ready ? "true" : "false", info->committed ? "true" : "false");
    if (entry->is_array)
        print_json_array(&entry->layout);
    (void)putchar('}');
}

/* ---- ls ---- */

static int collect(const ism_region_info *info, ism_status outcome, void *context)
{
    struct entries *entries = context;

    if (entries->count == entries->capacity) {
        size_t capacity = entries->capacity * 2 + 16;
        struct entry *items = realloc(entries->items, capacity * sizeof *items);
        entries->out_of_memory = items == NULL;
        if (items == NULL)
            return 1;
        entries->items = items;
        entries->capacity = capacity;
    }
    struct entry *entry = &entries->items[entries->count++];
    memset(entry, 0, sizeof *entry);
    entry->info = *info;
    entry->outcome = outcome;
    return 0;
}

static int compare_names(const void *left, const void *right)
{
    const struct entry *one = left, *other = right;
    char name[ISM_NATIVE_NAME_MAX + 1], other_name[ISM_NATIVE_NAME_MAX + 1];
    return strcmp(text_name(&one->info, name), text_name(&other->info, other_name));
}

static void print_all_json(const struct entries *entries)
{
    (void)putchar('[');
    for (size_t i = 0; i < entries->count; i++) {
        (void)printf(i > 0 ? ",\n " : "\n ");
        print_json(&entries->items[i]);
    }
    (void)printf(entries->count > 0 ? "\n]\n" : "]\n");
}

static void print_row(const struct entry *entry, int name_width)
{
    const ism_region_info *info = &entry->info;
    char name[ISM_NATIVE_NAME_MAX + 1], size[TEXT_SHORT], shape[TEXT_SHAPE];

    (void)printf("%-*s  ", name_width, text_name(info, name));
    if (entry->outcome != ISM_OK) {
        (void)printf("%8s  %-10s  %8s  %-12s  %s\n", "-", "-", "-", state_word(entry), ism_status_text(entry->outcome));
        return;
    }
    (void)printf("%8s  %-10s  %8" PRIu32 "  ", text_size(info->size, size), lifetime_word(info), info->attached_count);
    if (entry->is_array)
        (void)printf("%-12s  %s, %s\n", state_word(entry), ism_dtype_name(entry->layout.dtype),
                     text_shape(&entry->layout, shape));
    else
        (void)printf("%s\n", state_word(entry));
}

static void print_table(const struct entries *entries)
{
    int width = 4;

    for (size_t i = 0; i < entries->count; i++) {
        char name[ISM_NATIVE_NAME_MAX + 1];
        int length = (int)strlen(text_name(&entries->items[i].info, name));
        width = length > width ? length : width;
    }
    if (entries->count > 0)
        (void)printf("%-*s  %8s  %-10s  %8s  %-12s  %s\n", width, "NAME", "SIZE", "LIFETIME", "ATTACHED", "STATE",
                     "ARRAY");
    for (size_t i = 0; i < entries->count; i++)
        print_row(&entries->items[i], width);
}

int command_ls(const struct request *request)
{
    struct entries entries = {NULL, 0, 0, false};
    int result = 0;

    if (ism_region_list(collect, &entries) != ISM_OK) {
        result = tool_fail();
    } else if (entries.out_of_memory) {
        result = tool_error("out of memory");
    } else {
        if (entries.count > 0)
            qsort(entries.items, entries.count, sizeof entries.items[0], compare_names);
        for (size_t i = 0; i < entries.count; i++)
            look_for_array(&entries.items[i]);
        if (request->json)
            print_all_json(&entries);
        else
            print_table(&entries);
    }
    free(entries.items);
    return result;
}

/* ---- stat ---- */

static void print_size(const char *label, uint64_t bytes)
{
    char exact[TEXT_SHORT], size[TEXT_SHORT];

    (void)printf("%-12s %s bytes", label, text_count(bytes, exact));
    if (bytes >= 1024)
        (void)printf(" (%s)", text_size(bytes, size));
    (void)putchar('\n');
}

static void print_long(const struct entry *entry)
{
    const ism_region_info *info = &entry->info;
    char shape[TEXT_SHAPE];

    (void)printf("%-12s %s\n%-12s %s\n", "name", info->name, "native name", info->native_name);
    if (info->path[0] != '\0')
        (void)printf("%-12s %s\n", "path", info->path);
    print_size("size", info->size);
    if (info->capacity != info->size)
        print_size("capacity", info->capacity);
    (void)printf("%-12s %s\n%-12s", "lifetime", lifetime_word(info), "attached");
    for (uint32_t i = 0; i < info->attached_count; i++)
        (void)printf(" %" PRIu64, info->attached[i]);
    (void)printf("%s\n%-12s %s\n", info->attached_count == 0 ? " nobody" : "", "state", state_word(entry));
    if (entry->is_array)
        (void)printf("%-12s %s, %s%s\n", "array", ism_dtype_name(entry->layout.dtype),
                     text_shape(&entry->layout, shape),
                     entry->layout.order == ISM_ORDER_FORTRAN ? ", Fortran order" : "");
}

int command_stat(const struct request *request)
{
    struct entry entry;

    memset(&entry, 0, sizeof entry);
    if (ism_region_look(request->operands[0], &entry.info) != ISM_OK)
        return tool_fail();
    look_for_array(&entry);
    if (request->json) {
        print_json(&entry);
        (void)putchar('\n');
    } else {
        print_long(&entry);
    }
    return 0;
}
