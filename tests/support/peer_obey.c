/* peer_obey.c: one command per line of input, one line of answer to each.
 *
 *   create NAME [OPTION...]           the status; so do open and open_or_create. The region that was opened
 *                                     last is the one that the commands below mean
 *   create_native NATIVE [OPTION...]  the status; so does open_native
 *   remove_native NATIVE              the status
 *   create_anonymous - [OPTION...]    the status; so does open_token TOKEN [OPTION...]
 *   open_own_token - [OPTION...]      the status of opening the region's own token
 *   token, name                       the region's
 *   create_sealed - [OPTION...]       the status; so does open_descriptor NUMBER [OPTION...]
 *   open_own_descriptor - [OPTION...] the status of opening the region's own descriptor
 *   send_descriptor ADDRESS           yes if the region's was sent to who waits for it there
 *   receive_descriptor ADDRESS [OPTION...]
 *                                     waiting, and when it came the status of opening it
 *   truncate BYTES                    yes if what the descriptor means got that length
 *   write_descriptor OFFSET BYTE      yes if a byte was written by it
 *   exec_with_descriptor              the status of the same process as a fresh program that opens it
 *   close                             the status of closing it
 *   remove NAME, look NAME            the status
 *   remove_until NAME END             how often a region was removed until there was one of the name END; or the
 *                                     first status that was neither ISM_OK nor ISM_E_NOT_FOUND
 *   regions PREFIX                    how many regions there are whose names begin with it
 *   listed NAME                       yes if it is among them; else the status of one that can't be read, or no
 *   initialised                       how often an initialiser has run
 *   size                              the region's size
 *   grow BYTES                        the status
 *   grow_by BYTES TIMES               the first status that is not ISM_OK of growing so often by so much; "shrunk" if
 *                                     the size that it sees ever falls
 *   native                            its native name
 *   fill BYTE, holds BYTE             ok; yes if the whole region holds that byte, else no
 *   pattern                           yes if the whole region holds the initialisers' pattern, else no
 *   poke OFFSET BYTE, peek OFFSET     ok; the byte
 *   lock OFFSET, try OFFSET, unlock OFFSET, consistent OFFSET, lock_within OFFSET MILLISECONDS
 *                                     the status
 *   locked_round OFFSET               the status of locking, after consistent if need be and unlock
 *   lock_many OFFSET COUNT            the first status that is not ISM_OK of locking so many in a row
 *   end_while_initialising NAME BYTES  ended, when a thread has in the initialiser of a region that it creates
 *   lock_in_thread OFFSET             the status that a thread got, which has ended since
 *   count OFFSET WORD TIMES           the status of adding 1 to a 64-bit word so often, under the lock
 *   create_many NAME BYTES LIMIT      the status of the first that failed, and how many were created
 *   plant NATIVE BYTES, uproot        yes if a foreign object was made under a native name; and removed
 *   forbid_writing NATIVE, allow_writing NATIVE
 *                                     yes if the permission to write was taken from all, or given back
 *   mode NATIVE                       who may use it, as permission bits in octal
 *   change_mode NATIVE MODE           yes if they were changed
 *   memory NATIVE                     how many bytes of memory the system keeps for it
 *   look_shared NAME, remove_shared NAME
 *                                     the status, among the names that all users share
 *   owner                             the user whose the region is
 *   tidy                              the status
 *   confine_memory BYTES, confine_addresses BYTES, become_other_user, accept_interruptions
 *                                     yes, or no where that is not possible
 *   become USER GROUP, umask MASK     the same; the mask in octal
 *   confined_create MORE NAME [OPTION...]
 *                                     as create, with room for that many more descriptors until it returns
 *   granted                           what of R14 the region has got: words of OPTIONs, or "nothing"
 *   in_force OPTION                   whether the system says so too: yes, no, or untold
 *   confine_locking, allow_huge_pages, refuse WHAT, remove_life_table
 *                                     yes, or no where that is not possible
 *   fork                              child, and the child obeys until "exit"; then parent
 *   exec                              exec, said by the same process as a fresh program
 *   stopped COMMAND                   what the command says; a test that traces the process takes hold of it first
 *   exit                              nothing; the process ends
 * and those of peer_world.c, peer_array.c and peer_sync.c.
 *
 * OPTIONs are size=BYTES capacity=BYTES within=MILLISECONDS lazy read-only persistent group everyone machine, prefault
 * locked huge-pages no-core-dump one-writer, and the initialisers
 * pattern, failing, and halting: that one fills half, says "initialising", and goes on with the next line of
 * input, "go" or "fail". */
#include "descriptor.h"
#include "native.h"
#include "peer.h"
#include "process.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REGIONS 16
#define WORDS 16

static ism_region *regions[REGIONS];
static unsigned region_count;
static unsigned initialiser_runs;
static struct native_object *planted;
static char *own_path;

static ism_region *region(void)
{
    return region_count > 0 ? regions[region_count - 1] : NULL;
}

static unsigned char *at(const char *offset)
{
    return (unsigned char *)ism_region_data(region()) + strtoull(offset, NULL, 10);
}

static ism_mutex *mutex_at(const char *offset)
{
    return (ism_mutex *)(void *)at(offset);
}

static void say_status(ism_status status)
{
    peer_say("%s", ism_status_name(status));
}

static void say_whether(bool yes)
{
    peer_say(yes ? "yes" : "no");
}

static bool read_command(char *line, int size)
{
    if (fgets(line, size, stdin) == NULL)
        return false;
    line[strcspn(line, "\r\n")] = '\0';
    return true;
}

/* ---- opening ---- */

static ism_status initialise_whole(ism_region *fresh, void *context)
{
    (void)context;
    initialiser_runs++;
    peer_fill_pattern(ism_region_data(fresh), ism_region_size(fresh));
    return ISM_OK;
}

static ism_status initialise_failing(ism_region *fresh, void *context)
{
    (void)initialise_whole(fresh, context);
    return ISM_E_FILE;
}

static ism_status initialise_halting(ism_region *fresh, void *context)
{
    char line[64];

    (void)context;
    initialiser_runs++;
    peer_fill_pattern(ism_region_data(fresh), ism_region_size(fresh) / 2);
    peer_say("initialising");
    if (!read_command(line, sizeof line))
        process_end_self(1);
    if (strcmp(line, "go") != 0)
        return ISM_E_FILE;
    peer_fill_pattern(ism_region_data(fresh), ism_region_size(fresh));
    return ISM_OK;
}

static const struct {
    const char *word;
    uint32_t flag;
} advice[] = {
    {"prefault", ISM_REGION_PREFAULT},
    {"locked", ISM_REGION_LOCKED},
    {"huge-pages", ISM_REGION_HUGE_PAGES},
    {"no-core-dump", ISM_REGION_NO_CORE_DUMP},
};

static uint32_t advice_flag(const char *word)
{
    for (size_t i = 0; i < sizeof advice / sizeof advice[0]; i++)
        if (strcmp(word, advice[i].word) == 0)
            return advice[i].flag;
    return 0;
}

static void set_option(ism_region_options *options, const char *word)
{
    const char *equals = strchr(word, '=');
    uint64_t number = equals != NULL ? strtoull(equals + 1, NULL, 10) : 0;

    if (strncmp(word, "size=", 5) == 0)
        options->size = number;
    else if (strncmp(word, "capacity=", 9) == 0)
        options->capacity = number;
    else if (strncmp(word, "within=", 7) == 0)
        options->deadline = ism_deadline_after(number * ISM_MILLISECOND);
    else if (strcmp(word, "lazy") == 0)
        options->flags |= ISM_REGION_LAZY;
    else if (strcmp(word, "read-only") == 0)
        options->flags |= ISM_REGION_READ_ONLY;
    else if (strcmp(word, "one-writer") == 0)
        options->flags |= ISM_REGION_ONE_WRITER;
    else if (strcmp(word, "group") == 0)
        options->access = ISM_ACCESS_GROUP;
    else if (strcmp(word, "everyone") == 0)
        options->access = ISM_ACCESS_EVERYONE;
    else if (strcmp(word, "machine") == 0)
        options->scope = ISM_SCOPE_MACHINE;
    else if (strcmp(word, "persistent") == 0)
        options->lifetime = ISM_LIFETIME_PERSISTENT;
    else if (strcmp(word, "pattern") == 0)
        options->initialiser = initialise_whole;
    else if (strcmp(word, "failing") == 0)
        options->initialiser = initialise_failing;
    else if (strcmp(word, "halting") == 0)
        options->initialiser = initialise_halting;
    else
        options->flags |= advice_flag(word);
}

typedef ism_status opening(const char *name, const ism_region_options *options, ism_region **out);

static void open_by(opening *call, char **words)
{
    ism_region_options options;
    ism_region *opened;

    memset(&options, 0, sizeof options);
    for (char **word = words + 2; *word != NULL; word++)
        set_option(&options, *word);
    ism_status status = call(words[1], &options, &opened);
    if (status == ISM_OK && region_count < REGIONS)
        regions[region_count++] = opened;
    say_status(status);
}

static void obey_create(char **words)
{
    open_by(ism_region_create, words);
}

static void obey_open(char **words)
{
    open_by(ism_region_open, words);
}

static void obey_open_or_create(char **words)
{
    open_by(ism_region_open_or_create, words);
}

static void obey_create_native(char **words)
{
    open_by(ism_region_create_native, words);
}

static void obey_open_native(char **words)
{
    open_by(ism_region_open_native, words);
}

static void obey_remove_native(char **words)
{
    say_status(ism_region_remove_native(words[1]));
}

static ism_status create_anonymous(const char *name, const ism_region_options *options, ism_region **out)
{
    (void)name;
    return ism_region_create_anonymous(options, out);
}

static void obey_create_anonymous(char **words)
{
    open_by(create_anonymous, words);
}

static void obey_open_token(char **words)
{
    open_by(ism_region_open_token, words);
}

static void obey_token(char **words)
{
    char token[ISM_TOKEN_MAX + 1];
    (void)words;
    ism_status status = ism_region_get_token(region(), token);
    peer_say("%s", status == ISM_OK ? token : ism_status_name(status));
}

static void obey_open_own_token(char **words)
{
    char token[ISM_TOKEN_MAX + 1];
    ism_status status = ism_region_get_token(region(), token);
    words[1] = token;
    if (status == ISM_OK)
        open_by(ism_region_open_token, words);
    else
        say_status(status);
}

static void obey_name(char **words)
{
    ism_region_info info;
    (void)words;
    ism_status status = ism_region_get_info(region(), &info);
    peer_say("%s", status == ISM_OK ? info.name : ism_status_name(status));
}

static ism_status create_sealed(const char *name, const ism_region_options *options, ism_region **out)
{
    (void)name;
    return ism_region_create_sealed(options, out);
}

static void obey_create_sealed(char **words)
{
    open_by(create_sealed, words);
}

static ism_status open_descriptor(const char *number, const ism_region_options *options, ism_region **out)
{
    return ism_region_open_descriptor((intptr_t)strtol(number, NULL, 10), options, out);
}

static void obey_open_descriptor(char **words)
{
    open_by(open_descriptor, words);
}

static intptr_t descriptor(void)
{
    intptr_t found;
    return ism_region_get_descriptor(region(), &found) == ISM_OK ? found : -1;
}

static void obey_open_own_descriptor(char **words)
{
    char number[32];
    (void)snprintf(number, sizeof number, "%ld", (long)descriptor());
    words[1] = number;
    open_by(open_descriptor, words);
}

static void obey_send_descriptor(char **words)
{
    say_whether(descriptor_send(words[1], descriptor()));
}

static void say_waiting(void)
{
    peer_say("waiting");
}

static void obey_receive_descriptor(char **words)
{
    char number[32];
    intptr_t received = descriptor_receive(words[1], say_waiting);
    (void)snprintf(number, sizeof number, "%ld", (long)received);
    words[1] = number;
    open_by(open_descriptor, words);
    descriptor_close(received);
}

static void obey_truncate(char **words)
{
    say_whether(descriptor_truncate(descriptor(), strtoull(words[1], NULL, 10)));
}

static void obey_write_descriptor(char **words)
{
    say_whether(descriptor_write(descriptor(), strtoull(words[1], NULL, 10), (unsigned char)atoi(words[2])));
}

static void obey_exec_with_descriptor(char **words)
{
    char number[32];
    const char *arguments[] = {own_path, "inheriting", number, NULL};
    (void)words;
    (void)snprintf(number, sizeof number, "%ld", (long)descriptor_inheritable(descriptor()));
    process_replace(arguments);
    peer_say("no");
}

static void obey_confined_create(char **words)
{
    if (!native_confine_handles((unsigned)strtoul(words[1], NULL, 10))) {
        peer_say("no");
        return;
    }
    open_by(ism_region_create, words + 1);
    native_release_handles();
}

static void obey_close(char **words)
{
    (void)words;
    ism_status status = ism_region_close(region());
    if (status == ISM_OK && region_count > 0)
        region_count--;
    say_status(status);
}

static void obey_create_many(char **words)
{
    ism_region_options options;
    ism_region *opened;
    char name[ISM_NAME_MAX + 16];
    unsigned long created = 0, limit = strtoul(words[3], NULL, 10);
    ism_status status = ISM_OK;

    memset(&options, 0, sizeof options);
    options.size = strtoull(words[2], NULL, 10);
    for (; created < limit; created++) {
        (void)snprintf(name, sizeof name, "%s-%lu", words[1], created);
        if ((status = ism_region_create(name, &options, &opened)) != ISM_OK)
            break;
    }
    peer_say("%s %lu", ism_status_name(status), created);
}

/* ---- names ---- */

static void obey_remove(char **words)
{
    say_status(ism_region_remove(words[1]));
}

static void obey_remove_until(char **words)
{
    ism_region_info info;
    unsigned removed = 0;
    ism_status status = ISM_OK;

    while (status == ISM_OK && ism_region_look(words[2], &info) != ISM_OK) {
        status = ism_region_remove(words[1]);
        removed += status == ISM_OK;
        if (status == ISM_E_NOT_FOUND)
            status = ISM_OK;
    }
    if (status != ISM_OK)
        say_status(status);
    else
        peer_say("%u", removed);
}

static void obey_look(char **words)
{
    ism_region_info info;
    say_status(ism_region_look(words[1], &info));
}

static void obey_look_shared(char **words)
{
    ism_region_info info;
    say_status(ism_region_look_shared(words[1], ISM_SCOPE_SESSION, &info));
}

static void obey_remove_shared(char **words)
{
    say_status(ism_region_remove_shared(words[1], ISM_SCOPE_SESSION));
}

static void obey_owner(char **words)
{
    ism_region_info info;
    (void)words;
    ism_status status = ism_region_get_info(region(), &info);
    if (status == ISM_OK)
        peer_say("%llu", (unsigned long long)info.owner);
    else
        say_status(status);
}

static void obey_mode(char **words)
{
    peer_say("%o", native_mode(words[1]));
}

static void obey_change_mode(char **words)
{
    say_whether(native_change_mode(words[1], (unsigned)strtoul(words[2], NULL, 8)));
}

static void obey_memory(char **words)
{
    peer_say("%llu", (unsigned long long)native_memory(words[1]));
}

static void obey_tidy(char **words)
{
    (void)words;
    say_status(ism_region_tidy(NULL, NULL));
}

struct search {
    const char *prefix;
    unsigned count;
};

static int count_region(const ism_region_info *info, ism_status outcome, void *context)
{
    struct search *search = context;
    (void)outcome;
    search->count += strncmp(info->name, search->prefix, strlen(search->prefix)) == 0;
    return 0;
}

static void obey_regions(char **words)
{
    struct search search = {words[1], 0};
    ism_status status = ism_region_list(count_region, &search);
    if (status != ISM_OK)
        say_status(status);
    else
        peer_say("%u", search.count);
}

struct find {
    const char *name;
    bool is_found;
    ism_status unread;
};

static int find_region(const ism_region_info *info, ism_status outcome, void *context)
{
    struct find *find = context;
    if (strcmp(info->name, find->name) == 0)
        find->is_found = true;
    else if (outcome != ISM_OK)
        find->unread = outcome;
    return 0;
}

static void obey_listed(char **words)
{
    struct find find = {words[1], false, ISM_OK};
    ism_status status = ism_region_list(find_region, &find);
    if (status == ISM_OK && !find.is_found)
        status = find.unread;
    if (status != ISM_OK)
        say_status(status);
    else
        say_whether(find.is_found);
}

static void obey_plant(char **words)
{
    static const char nothing[65536];
    size_t size = strtoul(words[2], NULL, 10);
    if (size <= sizeof nothing)
        planted = native_plant(words[1], nothing, size);
    say_whether(planted != NULL);
}

static void obey_uproot(char **words)
{
    (void)words;
    native_uproot(planted);
    peer_say("yes");
}

static void obey_forbid_writing(char **words)
{
    say_whether(native_allow_writing(words[1], false));
}

static void obey_allow_writing(char **words)
{
    say_whether(native_allow_writing(words[1], true));
}

/* ---- the region's memory ---- */

static void obey_initialised(char **words)
{
    (void)words;
    peer_say("%u", initialiser_runs);
}

static void obey_size(char **words)
{
    (void)words;
    peer_say("%llu", (unsigned long long)ism_region_size(region()));
}

static void obey_grow(char **words)
{
    say_status(ism_region_grow(region(), strtoull(words[1], NULL, 10)));
}

static void obey_grow_by(char **words)
{
    uint64_t bytes = strtoull(words[1], NULL, 10), last = 0;
    unsigned long times = strtoul(words[2], NULL, 10);
    ism_status status = ISM_OK;

    while (times-- > 0 && status == ISM_OK) {
        uint64_t size = ism_region_size(region());
        if (size < last) {
            peer_say("shrunk");
            return;
        }
        last = size;
        status = ism_region_grow(region(), size + bytes);
        if (status == ISM_OK)
            ((unsigned char *)ism_region_data(region()))[size + bytes - 1] = 1;
    }
    say_status(status);
}

static void obey_native(char **words)
{
    (void)words;
    peer_say("%s", ism_region_native_name(region()));
}

static void obey_fill(char **words)
{
    memset(at("0"), atoi(words[1]), (size_t)ism_region_size(region()));
    peer_say("ok");
}

static void obey_holds(char **words)
{
    const unsigned char *bytes = at("0");
    uint64_t size = ism_region_size(region()), i = 0;

    while (i < size && bytes[i] == (unsigned char)atoi(words[1]))
        i++;
    say_whether(i == size);
}

static void obey_pattern(char **words)
{
    (void)words;
    say_whether(peer_holds_pattern(at("0"), ism_region_size(region())));
}

static void obey_poke(char **words)
{
    *(volatile unsigned char *)at(words[1]) = (unsigned char)atoi(words[2]);
    peer_say("ok");
}

static void obey_peek(char **words)
{
    peer_say("%d", *(volatile unsigned char *)at(words[1]));
}

/* ---- locks ---- */

static void obey_lock(char **words)
{
    say_status(ism_mutex_lock(mutex_at(words[1])));
}

static void obey_try(char **words)
{
    say_status(ism_mutex_try_lock(mutex_at(words[1])));
}

static void obey_lock_within(char **words)
{
    uint64_t time = strtoull(words[2], NULL, 10) * ISM_MILLISECOND;
    say_status(ism_mutex_lock_until(mutex_at(words[1]), ism_deadline_after(time)));
}

static void obey_unlock(char **words)
{
    say_status(ism_mutex_unlock(mutex_at(words[1])));
}

static void obey_consistent(char **words)
{
    say_status(ism_mutex_consistent(mutex_at(words[1])));
}

static void obey_locked_round(char **words)
{
    ism_mutex *mutex = mutex_at(words[1]);
    ism_status status = ism_mutex_lock(mutex);
    if (status == ISM_OWNER_DIED)
        (void)ism_mutex_consistent(mutex);
    if (status >= ISM_OK)
        (void)ism_mutex_unlock(mutex);
    say_status(status);
}

static void obey_lock_many(char **words)
{
    ism_status status = ISM_OK;
    unsigned long count = strtoul(words[2], NULL, 10);
    for (unsigned long i = 0; i < count && status == ISM_OK; i++)
        status = ism_mutex_lock(mutex_at(words[1]) + i);
    say_status(status);
}

static ism_status initialise_ending(ism_region *fresh, void *context)
{
    (void)initialise_whole(fresh, context);
    thread_end_self();
    return ISM_OK;
}

static void create_and_end(void *context)
{
    char **words = context;
    ism_region_options options = {.size = strtoull(words[2], NULL, 10), .initialiser = initialise_ending};
    ism_region *unused;
    (void)ism_region_create(words[1], &options, &unused);
}

static void obey_end_while_initialising(char **words)
{
    struct thread *thread = thread_start(create_and_end, words);
    if (thread != NULL)
        thread_join(thread);
    peer_say(thread != NULL ? "ended" : "no");
}

struct thread_lock {
    ism_mutex *mutex;
    ism_status status;
};

static void lock_and_end(void *context)
{
    struct thread_lock *lock = context;
    lock->status = ism_mutex_lock(lock->mutex);
}

static void obey_lock_in_thread(char **words)
{
    struct thread_lock lock = {mutex_at(words[1]), ISM_E_SYSTEM};
    struct thread *thread = thread_start(lock_and_end, &lock);
    if (thread != NULL)
        thread_join(thread);
    say_status(lock.status);
}

/* The addition is no atomic one: only the lock makes it whole. */
static void obey_count(char **words)
{
    ism_mutex *mutex = mutex_at(words[1]);
    volatile uint64_t *word = (volatile uint64_t *)(void *)at(words[2]);
    unsigned long times = strtoul(words[3], NULL, 10);
    ism_status status = ISM_OK;

    for (unsigned long i = 0; i < times && status == ISM_OK; i++) {
        if ((status = ism_mutex_lock(mutex)) != ISM_OK)
            break;
        *word = *word + 1;
        status = ism_mutex_unlock(mutex);
    }
    say_status(status);
}

/* ---- what was granted ---- */

static void obey_granted(char **words)
{
    ism_region_info info;
    char line[64] = "";

    (void)words;
    ism_status status = ism_region_get_info(region(), &info);
    for (size_t i = 0; i < sizeof advice / sizeof advice[0]; i++)
        if (status == ISM_OK && (info.granted & advice[i].flag) != 0) {
            (void)strcat(line, line[0] != '\0' ? " " : "");
            (void)strcat(line, advice[i].word);
        }
    peer_say("%s", line[0] != '\0' ? line : "nothing");
}

static void obey_in_force(char **words)
{
    static const char *const answers[] = {"no", "yes", "untold"};
    peer_say("%s", answers[native_in_force(at("0"), ism_region_size(region()), advice_flag(words[1]))]);
}

static void obey_confine_locking(char **words)
{
    (void)words;
    say_whether(native_confine_locking());
}

static void obey_refuse(char **words)
{
    say_whether(native_refuse(words[1]));
}

static void obey_remove_life_table(char **words)
{
    (void)words;
    say_whether(native_remove_life_table());
}

static void obey_allow_huge_pages(char **words)
{
    (void)words;
    say_whether(native_allow_huge_pages());
}

/* ---- the process ---- */

static void obey_confine_memory(char **words)
{
    say_whether(native_confine_memory(strtoull(words[1], NULL, 10)));
}

static void obey_confine_addresses(char **words)
{
    say_whether(native_confine_addresses(strtoull(words[1], NULL, 10)));
}

static void obey_become_other_user(char **words)
{
    (void)words;
    say_whether(native_become_other_user());
}

static void obey_become(char **words)
{
    say_whether(native_become((unsigned)strtoul(words[1], NULL, 10), (unsigned)strtoul(words[2], NULL, 10)));
}

static void obey_umask(char **words)
{
    say_whether(native_set_umask((unsigned)strtoul(words[1], NULL, 8)));
}

static void obey_accept_interruptions(char **words)
{
    (void)words;
    process_accept_interruptions();
    peer_say("yes");
}

static void obey_fork(char **words)
{
    (void)words;
    int64_t child = process_fork();
    if (child > 0)
        process_wait_for_fork(child);
    peer_say(child > 0 ? "parent" : child == 0 ? "child" : "no");
}

static void obey_exec(char **words)
{
    const char *arguments[] = {own_path, "obey", "exec", NULL};
    (void)words;
    process_replace(arguments);
    peer_say("no");
}

static void obey_exit(char **words)
{
    (void)words;
    process_end_self(0);
}

static const struct {
    const char *verb;
    int words; /* that it needs, with the verb */
    void (*obey)(char **words);
} commands[] = {
    {"create", 2, obey_create},
    {"open", 2, obey_open},
    {"open_or_create", 2, obey_open_or_create},
    {"create_native", 2, obey_create_native},
    {"open_native", 2, obey_open_native},
    {"remove_native", 2, obey_remove_native},
    {"create_anonymous", 2, obey_create_anonymous},
    {"open_token", 2, obey_open_token},
    {"open_own_token", 2, obey_open_own_token},
    {"token", 1, obey_token},
    {"name", 1, obey_name},
    {"create_sealed", 2, obey_create_sealed},
    {"open_descriptor", 2, obey_open_descriptor},
    {"open_own_descriptor", 2, obey_open_own_descriptor},
    {"send_descriptor", 2, obey_send_descriptor},
    {"receive_descriptor", 2, obey_receive_descriptor},
    {"truncate", 2, obey_truncate},
    {"write_descriptor", 3, obey_write_descriptor},
    {"exec_with_descriptor", 1, obey_exec_with_descriptor},
    {"confined_create", 3, obey_confined_create},
    {"close", 1, obey_close},
    {"create_many", 4, obey_create_many},
    {"remove", 2, obey_remove},
    {"remove_until", 3, obey_remove_until},
    {"look", 2, obey_look},
    {"look_shared", 2, obey_look_shared},
    {"remove_shared", 2, obey_remove_shared},
    {"owner", 1, obey_owner},
    {"mode", 2, obey_mode},
    {"change_mode", 3, obey_change_mode},
    {"memory", 2, obey_memory},
    {"tidy", 1, obey_tidy},
    {"regions", 2, obey_regions},
    {"listed", 2, obey_listed},
    {"plant", 3, obey_plant},
    {"uproot", 1, obey_uproot},
    {"forbid_writing", 2, obey_forbid_writing},
    {"allow_writing", 2, obey_allow_writing},
    {"initialised", 1, obey_initialised},
    {"size", 1, obey_size},
    {"grow", 2, obey_grow},
    {"grow_by", 3, obey_grow_by},
    {"native", 1, obey_native},
    {"fill", 2, obey_fill},
    {"holds", 2, obey_holds},
    {"pattern", 1, obey_pattern},
    {"poke", 3, obey_poke},
    {"peek", 2, obey_peek},
    {"lock", 2, obey_lock},
    {"try", 2, obey_try},
    {"lock_within", 3, obey_lock_within},
    {"unlock", 2, obey_unlock},
    {"consistent", 2, obey_consistent},
    {"locked_round", 2, obey_locked_round},
    {"lock_many", 3, obey_lock_many},
    {"end_while_initialising", 3, obey_end_while_initialising},
    {"lock_in_thread", 2, obey_lock_in_thread},
    {"count", 4, obey_count},
    {"confine_memory", 2, obey_confine_memory},
    {"confine_addresses", 2, obey_confine_addresses},
    {"become_other_user", 1, obey_become_other_user},
    {"become", 3, obey_become},
    {"umask", 2, obey_umask},
    {"accept_interruptions", 1, obey_accept_interruptions},
    {"granted", 1, obey_granted},
    {"in_force", 2, obey_in_force},
    {"confine_locking", 1, obey_confine_locking},
    {"allow_huge_pages", 1, obey_allow_huge_pages},
    {"refuse", 2, obey_refuse},
    {"remove_life_table", 1, obey_remove_life_table},
    {"fork", 1, obey_fork},
    {"exec", 1, obey_exec},
    {"exit", 1, obey_exit},
};

static void obey_words(int count, char **words)
{
    for (size_t i = 0; count > 0 && i < sizeof commands / sizeof commands[0]; i++)
        if (strcmp(words[0], commands[i].verb) == 0 && count >= commands[i].words) {
            commands[i].obey(words);
            return;
        }
    if (count == 0 || !(peer_obey_world(count, words) || peer_obey_array(count, words) ||
                        peer_obey_sync(count, words, ism_region_data(region()))))
        peer_say("not understood");
}

static void obey(char *line)
{
    char *words[WORDS + 1] = {NULL};
    int count = 0, first = 0;

    for (char *word = strtok(line, " "); word != NULL && count < WORDS; word = strtok(NULL, " "))
        words[count++] = word;
    if (count > 0 && strcmp(words[0], "stopped") == 0) {
        process_stop_self();
        first = 1;
    }
    obey_words(count - first, words + first);
}

static int obey_input(void)
{
    char line[1024];

    while (read_command(line, sizeof line))
        obey(line);
    while (region_count > 0 && ism_region_close(region()) == ISM_OK)
        region_count--;
    return 0;
}

/* The program's own path is the word before the role. */
int peer_obey(int count, char **words)
{
    own_path = words[-1];
    if (count > 1)
        peer_say("%s", words[1]);
    return obey_input();
}

int peer_given(int count, char **words)
{
    own_path = words[-1];
    if (count > 1)
        open_by(ism_region_open_token, words);
    return obey_input();
}

int peer_inheriting(int count, char **words)
{
    own_path = words[-1];
    if (count > 1)
        open_by(open_descriptor, words);
    return obey_input();
}
