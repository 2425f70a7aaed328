/* control.c: writing and checking control blocks. */
#include "control.h"

#include "name.h"

#include <string.h>

/* The layout is the same for every compiler and word size. */
_Static_assert(offsetof(struct ism_control, magic) == 0, "it is written last");
_Static_assert(offsetof(struct ism_control, checksum) == 16, "layout of the control block");
_Static_assert(offsetof(struct ism_control, region) == 24, "layout of the control block");
_Static_assert(offsetof(struct ism_control, name) == 48, "layout of the control block");
_Static_assert(offsetof(struct ism_control, size) == 256, "layout of the control block");
_Static_assert(offsetof(struct ism_control, ready) == 272, "layout of the control block");
_Static_assert(offsetof(struct ism_control, initialiser) == 280, "layout of the control block");
_Static_assert(offsetof(struct ism_control, growth_mutex) == 288, "layout of the control block");
_Static_assert(offsetof(struct ism_control, array_mutex) == 320, "layout of the control block");
_Static_assert(offsetof(struct ism_control, attached) == 384, "layout of the control block");
_Static_assert(sizeof(struct ism_control) == 896, "layout of the control block");
_Static_assert(sizeof(struct ism_control) <= 4096, "the control block fits the smallest page");
_Static_assert(sizeof(((struct ism_control *)0)->name) > ISM_NAME_MAX, "every name fits");

/* Where names are not locked, a creator may be seen halfway; then its block reads right soon. */
#define READS 8
#define PAUSE UINT64_C(200000) /* nanoseconds */

static uint64_t round_up(uint64_t bytes, uint64_t page)
{
    return (bytes + page - 1) / page * page;
}

uint64_t ism_control_capacity(const ism_region_options *options)
{
    return options->capacity != 0 ? options->capacity : options->size;
}

bool ism_control_place(uint64_t capacity, uint64_t *control_offset, uint64_t *object_length)
{
    uint64_t page = ism_memory_page();
    uint64_t largest = PTRDIFF_MAX; /* of an object in C */
    if (capacity > largest - 2 * page)
        return false;
    *control_offset = round_up(capacity, page);
    *object_length = *control_offset + page;
    return true;
}

bool ism_control_find(uint64_t object_length, uint64_t *control_offset)
{
    uint64_t page = ism_memory_page();
    if (object_length < 2 * page || object_length % page != 0 || object_length > PTRDIFF_MAX)
        return false;
    *control_offset = object_length - page;
    return true;
}

/* FNV-1a by words of 64 bits, folded: finds accidents and half-written blocks; no guard against forgery is
 * meant. The checksum's own place counts as zero. */
static uint32_t checksum_of(const struct ism_control *control)
{
    enum { WORDS = offsetof(struct ism_control, size) / sizeof(uint64_t) };
    uint64_t words[WORDS];
    uint32_t zero = 0;
    memcpy(words, control, sizeof words);
    memcpy((unsigned char *)words + offsetof(struct ism_control, checksum), &zero, sizeof zero);
    uint64_t sum = UINT64_C(14695981039346656037);
    for (size_t i = 0; i < WORDS; i++) {
        sum = (sum ^ words[i]) * UINT64_C(1099511628211);
        sum ^= sum >> 32;
    }
    return (uint32_t)sum;
}

void ism_control_fill(struct ism_control *control, const char *name, const ism_region_options *options, uint64_t region,
                      uint64_t life_table, ism_life initialiser)
{
    memset(control, 0, sizeof *control);
    control->magic = ISM_CONTROL_MAGIC;
    control->version = ISM_CONTROL_VERSION;
    control->features = ISM_CONTROL_FEATURES;
    control->lifetime = (uint32_t)options->lifetime;
    control->region = region;
    control->capacity = ism_control_capacity(options);
    control->access = (uint32_t)options->access;
    control->flags = (options->flags & ISM_REGION_LAZY) == 0 ? ISM_CONTROL_COMMITTED : 0;
    memcpy(control->name, name, strlen(name));
    control->size = options->size;
    control->life_table = life_table;
    control->initialiser = initialiser;
    control->checksum = checksum_of(control);
}

/* Are the values possible in an object with the control block at that offset? */
static bool makes_sense(const struct ism_control *control, uint64_t offset)
{
    uint64_t expected, length;
    return ism_control_place(control->capacity, &expected, &length) && expected == offset && control->size >= 1 &&
           control->size <= control->capacity && control->region != 0 && control->lifetime <= ISM_LIFETIME_PERSISTENT &&
           control->access <= ISM_ACCESS_EVERYONE && memchr(control->name, '\0', sizeof control->name) != NULL &&
           ism_name_is_valid(control->name);
}

/* A region that only its owner may use has one of the owner's names; all others have shared ones. */
static bool is_protected(const struct ism_control *control, const struct ism_memory *memory)
{
    return control->access == memory->access &&
           (control->access != ISM_ACCESS_OWNER) == ism_memory_is_shared(memory->native);
}

static ism_status judge(struct ism_control *copy, const struct ism_memory *memory, uint64_t offset,
                        enum ism_control_state *state)
{
    if (copy->magic == 0)
        memset(copy, 0, sizeof *copy);
    if (copy->magic == 0)
        return ISM_OK;
    if (copy->magic == ISM_CONTROL_MAGIC_TURNED)
        return ISM_E_VERSION;
    if (copy->magic != ISM_CONTROL_MAGIC)
        return ISM_E_FOREIGN;
    if (copy->version != ISM_CONTROL_VERSION || (copy->features & ~ISM_CONTROL_FEATURES) != 0)
        return ISM_E_VERSION;
    if (copy->checksum != checksum_of(copy) || !makes_sense(copy, offset))
        return ISM_E_CORRUPT;
    if (!is_protected(copy, memory))
        return ISM_E_FOREIGN;
    *state = copy->ready != 0 ? ISM_CONTROL_READY : ISM_CONTROL_UNREADY;
    return ISM_OK;
}

ism_status ism_control_read(struct ism_memory *memory, struct ism_control *copy, enum ism_control_state *state,
                            struct ism_cause *why)
{
    memset(copy, 0, sizeof *copy);
    *state = ISM_CONTROL_UNREADY;
    uint64_t offset;
    if (ism_memory_is_shared(memory->native) && ism_memory_is_hollow(memory)) {
        *state = ISM_CONTROL_HOLLOW;
        return ISM_OK;
    }
    if (memory->length == 0) /* its creator has only just made it */
        return ISM_OK;
    if (memory->length > PTRDIFF_MAX)
        return ISM_E_SIZE;
    if (!ism_control_find(memory->length, &offset))
        return ISM_E_FOREIGN;
    /* The list of holders, and what lies before it, is read only where it is used. */
    size_t size = ism_backend_traits.lease_names_holders ? offsetof(struct ism_control, array_mutex) : sizeof *copy;
    int reads = ism_backend_traits.locks_names ? 1 : READS;
    ism_status status = ISM_OK;
    for (int i = 0; i < reads; i++) {
        if (i > 0)
            ism_process_pause(PAUSE);
        status = ism_memory_read(memory, offset, copy, size, why);
        if (status != ISM_OK)
            return status;
        status = judge(copy, memory, offset, state);
        if (status == ISM_OK)
            return ISM_OK;
    }
    return status;
}

static ism_status write_at(struct ism_memory *memory, size_t place, const void *bytes, size_t size,
                           struct ism_cause *why)
{
    return ism_memory_write(memory, memory->length - ism_memory_page() + place, bytes, size, why);
}

ism_status ism_control_write(struct ism_memory *memory, const struct ism_control *control, struct ism_cause *why)
{
    return write_at(memory, 0, control, sizeof *control, why);
}

ism_status ism_control_publish(struct ism_memory *memory, struct ism_cause *why)
{
    uint32_t ready = 1;
    return write_at(memory, offsetof(struct ism_control, ready), &ready, sizeof ready, why);
}

ism_status ism_control_set_removed(struct ism_memory *memory, struct ism_cause *why)
{
    uint32_t removed = 1;
    return write_at(memory, offsetof(struct ism_control, removed), &removed, sizeof removed, why);
}

ism_status ism_control_set_life_table(struct ism_memory *memory, uint64_t life_table, struct ism_cause *why)
{
    return write_at(memory, offsetof(struct ism_control, life_table), &life_table, sizeof life_table, why);
}

struct ism_control *ism_control_mapped(const struct ism_memory *memory)
{
    uint64_t offset = memory->length - ism_memory_page();
    return (struct ism_control *)(void *)(memory->address + offset);
}
