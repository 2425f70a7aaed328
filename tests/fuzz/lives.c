/* lives.c: the user's file of hostile bytes: its header to who opens it, its serials and words to who asks for lives and
 * takes some. All that happens in a world of this process's own, since the user's other processes need the file.
 *
 * Input: a byte that selects; the file's first bytes; or pairs of two bytes of slot and eight of life, each with what is
 * put at that slot before the life is asked for. The file is opened anew by means of its own room, see below. */
#include "unix/user_file.c"

#include "fuzz.h"
#include "native.h"
#include "process.h"
#include "world.h"

#define SLOTS 16u

/* Give all up, as at the process's end. */
static void forget_file(void)
{
    file.users = 0;
    remove_if_last();
}

static void start_anew(const uint8_t *bytes, size_t size)
{
    char path[128];
    struct ism_cause why;
    uint64_t id = 0;

    forget_file();
    path_of(path);
    FILE *stream = fopen(path, "wb");
    must(stream != NULL && fwrite(bytes, 1, size, stream) == size && fclose(stream) == 0);
    const ism_status status = ism_user_file_use(&id, &why);
    must((status == ISM_OK) == (file.lease != -1) && (status != ISM_OK || id != 0));
    forget_file();
    (void)unlink(path);
}

static void put(int descriptor, uint64_t offset, const void *bytes, size_t size)
{
    must(pwrite(descriptor, bytes, size, (off_t)offset) == (ssize_t)size);
}

static void take_a_life(void *context)
{
    struct ism_cause why;
    ism_life life = 0;
    *(ism_status *)context = ism_life_take(NULL, &life, &why);
    must(*(ism_status *)context != ISM_OK || !ism_life_ended(NULL, life));
}

static void ask(struct input *input, int descriptor)
{
    const uint32_t slot = (uint32_t)take(input, 2) % SLOTS;
    const uint64_t note = take(input, 8), life = take(input, 8) & ISM_LIFE_BITS;
    const uint32_t serial = (uint32_t)(note >> 32), word = (uint32_t)take(input, 4);
    const uint64_t page = ism_memory_page(), start = ism_user_file_words_offset() + slot * page;
    uint32_t *watched, value;

    put(descriptor, ism_user_file_serial_offset(slot), &serial, sizeof serial);
    put(descriptor, start, &note, sizeof note);
    for (uint64_t place = start + page - 72; place < start + page; place += sizeof word)
        put(descriptor, place, &word, sizeof word);
    (void)ism_life_ended(NULL, life);
    (void)ism_life_is_known_to_have_ended(NULL, life);
    (void)ism_life_word_is_marked(descriptor, life);
    if (ism_life_word_watch(life, &watched, &value))
        (void)*(volatile uint32_t *)watched;
}

/* Room for the pages of the slots, in which nobody of this process has a word but the thread that is started. */
static void use_lives(struct input *input)
{
    uint64_t id;
    struct ism_cause why;
    int descriptor;
    ism_status taken = ISM_E_SYSTEM;

    must(ism_user_file_use(&id, &why) == ISM_OK);
    must(ism_user_file_locks(&descriptor, &why) == ISM_OK);
    must(ftruncate(descriptor, (off_t)(ism_user_file_words_offset() + 1024 * ism_memory_page())) == 0);
    for (int i = 0; i < 8 && input->left > 0; i++)
        ask(input, descriptor);
    struct thread *thread = thread_start(take_a_life, &taken);
    must(thread != NULL);
    thread_join(thread);
    must(taken == ISM_OK);
    for (int i = 0; i < 8 && input->left > 0; i++)
        ask(input, descriptor);
    ism_user_file_leave();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static enum { UNKNOWN, OWN, NONE } world;
    struct input input = {bytes, size};

    if (world == UNKNOWN)
        world = native_confine_memory(UINT64_C(256) << 20) ? OWN : NONE;
    if (world == NONE) {
        (void)fprintf(stderr, "skipped: this process can't have a world of its own\n");
        _Exit(77);
    }
    if (take(&input, 1) % 2 == 0)
        start_anew(input.at, input.left);
    else
        use_lives(&input);
    return 0;
}
