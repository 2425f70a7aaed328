/* control.c: a region whose control block is of hostile bytes, to all who look for it, open it, remove it and use it.
 *
 * Input: flags; a number of patches; that many of two bytes of place, one of length, and so many bytes that are put
 * into a sound block; then one byte for each thing that is done. */
#include "region/control.h"
#include "fuzz.h"
#include "world.h"

#define SIZE 4096u
#define ACTIONS 12

#define FLAG_CHECKSUM 1u /* the checksum is right for what is there */
#define FLAG_SCRIBBLE 2u /* somebody changes between the sound block and the other one all the time */

static char name[ISM_NAME_MAX + 1];
static char token[ISM_TOKEN_MAX + 1];

/* As the library computes it: see tests/unit/control_test.c for where that is held. */
static uint32_t checksum_of(const uint8_t *block)
{
    uint64_t sum = UINT64_C(14695981039346656037), word;
    for (size_t i = 0; i < offsetof(struct ism_control, size); i += sizeof word) {
        memcpy(&word, block + i, sizeof word);
        if (i == offsetof(struct ism_control, checksum))
            memset(&word, 0, sizeof(uint32_t));
        sum = (sum ^ word) * UINT64_C(1099511628211);
        sum ^= sum >> 32;
    }
    return (uint32_t)sum;
}

static void patch(uint8_t *block, struct input *input, bool mends_checksum)
{
    for (uint64_t patches = take(input, 1) % 16; patches > 0; patches--) {
        size_t place = (size_t)take(input, 2) % sizeof(struct ism_control);
        for (uint64_t length = take(input, 1) % 17; length > 0; length--, place++)
            block[place % sizeof(struct ism_control)] = (uint8_t)take(input, 1);
    }
    const uint32_t sum = checksum_of(block);
    if (mends_checksum)
        memcpy(block + offsetof(struct ism_control, checksum), &sum, sizeof sum);
}

/* All that is said to be there can be touched. */
static void use(ism_status status, ism_region **opened)
{
    ism_region *region = *opened;
    if (status != ISM_OK) {
        must(region == NULL);
        return;
    }
    volatile unsigned char *data = ism_region_data(region);
    const uint64_t size = ism_region_size(region);
    must(size <= SIZE);
    if (size > 0)
        (void)(data[0] + data[size - 1]);
    status = ism_region_close(region);
    must(status == ISM_OK || status == ISM_E_BUSY);
}

static int count(const ism_region_info *info, ism_status outcome, void *context)
{
    (void)outcome;
    must(memchr(info->name, '\0', sizeof info->name) != NULL &&
         memchr(info->native_name, '\0', sizeof info->native_name) != NULL && info->attached_count <= ISM_ATTACHED_MAX);
    ++*(unsigned *)context;
    return 0;
}

static void use_array(const ism_region_options *options)
{
    ism_array *array = NULL;
    if (ism_array_open(name, options, &array) == ISM_OK)
        (void)ism_array_close(array);
    else
        must(array == NULL);
}

static void use_lock(ism_region *own)
{
    ism_mutex *mutex = ism_region_data(own);
    const ism_status status = ism_mutex_try_lock(mutex);
    if (status == ISM_OWNER_DIED)
        (void)ism_mutex_consistent(mutex);
    if (status >= ISM_OK)
        (void)ism_mutex_unlock(mutex);
}

static void act(unsigned action, ism_region *own)
{
    const ism_region_options reading = {.flags = ISM_REGION_READ_ONLY, .deadline = ism_deadline_after(0)};
    const ism_region_options making = {.size = 1 + action, .deadline = ism_deadline_after(0)};
    const ism_region_options soon = {.deadline = ism_deadline_after(0)};
    ism_region *region = NULL;
    ism_region_info info;
    unsigned found = 0;

    switch (action % ACTIONS) {
    case 0:
        use(ism_region_open(name, &soon, &region), &region);
        break;
    case 1:
        use(ism_region_open(name, &reading, &region), &region);
        break;
    case 2:
        use(ism_region_open_or_create(name, &making, &region), &region);
        break;
    case 3:
        use(ism_region_open_token(token, &soon, &region), &region);
        break;
    case 4:
        (void)ism_region_look(name, &info);
        break;
    case 5:
        (void)ism_region_list(count, &found);
        break;
    case 6:
        (void)ism_region_tidy(count, &found);
        break;
    case 7:
        (void)ism_region_remove(name);
        break;
    case 8:
        (void)ism_region_get_info(own, &info);
        break;
    case 9:
        (void)ism_region_grow(own, SIZE / 2 + action * 16);
        break;
    case 10:
        use_array(&soon);
        break;
    default:
        use_lock(own);
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    const ism_region_options options = {.size = SIZE};
    struct input input = {bytes, size};
    const unsigned flags = (unsigned)take(&input, 1);
    uint8_t sound[sizeof(struct ism_control)], hostile[sizeof sound];
    ism_region *own;

    world_name("control", name);
    must(ism_region_create(name, &options, &own) == ISM_OK);
    must(ism_region_get_token(own, token) == ISM_OK);
    uint64_t offset = 0, length = 0;
    must(ism_control_place(SIZE, &offset, &length));
    uint8_t *block = (uint8_t *)ism_region_data(own) + offset;
    memcpy(sound, block, sizeof sound);
    memcpy(hostile, block, sizeof hostile);
    patch(hostile, &input, (flags & FLAG_CHECKSUM) != 0);
    memcpy(block, hostile, sizeof hostile);
    if ((flags & FLAG_SCRIBBLE) != 0)
        world_scribble(block, sound, hostile, sizeof sound);
    for (int i = 0; i < 8 && input.left > 0; i++)
        act((unsigned)take(&input, 1), own);
    world_rest();
    memcpy(block, sound, sizeof sound);
    must(ism_region_close(own) == ISM_OK);
    (void)ism_region_remove(name);
    return 0;
}
