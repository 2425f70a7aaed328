/* life_robust.c: the kernel marks a word when a thread dies, since the word is that of a robust mutex of the C library
 * which the thread has locked for good.
 *
 * The kernel finds such mutexes by a list whose links lie in them. Links must not lie in shared memory: who can write
 * there could lead the C library and the kernel anywhere. So the mutex straddles the edge between two pages: its word
 * at the end of a page of the user's file, its links in a page of this process's own behind that. Where in a mutex the
 * word lies differs among C libraries and processors; each process learns it by locking one, and the shared page says
 * how far before its end its word is:
 *
 *     shared page:  note (serial, distance) . . . . . . . . word |  private page: links, struct own_word
 *
 * The word is marked when the thread can do no more, before its process's memory is freed and its locks are dropped. A
 * list leads to a shared page only as long as the byte of its slot is locked, and none does in a forked child: so no
 * later mark is another life's. A mutex is unlocked only where a life ends before its thread does, when its page is
 * private again and no other process has a hand in it.
 *
 * Weak sides: each thread that locks costs a page of shared memory; only lives in the first slots have a word; and who
 * cuts the file off brings SIGBUS to those who watch, which only the same user can do. */
#include "life_word.h"

#include "../atomics.h"
#include "after_fork.h"
#include "user_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/futex.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef SYS_futex_waitv
#define SYS_futex_waitv 449 /* Linux 5.16; the headers may be older than the kernel */
#endif

#define SLOTS 1024u
#define SLOT_BITS UINT64_C(0x00ffffff)
#define SERIAL_BITS (UINT64_C(0xffffffff) << 32)

#define DISTANCE_MAX 64u     /* of a word from the end of its page: none is farther */
#define OWN_WORD_OFFSET 512u /* of struct own_word in the private page: no mutex is so long */
#define TRIES 4              /* to change a word: others change it twice at most, unless they mean harm */

struct own_word {
    struct own_word *next;
    unsigned char *pages; /* the shared one, and the private one in which this lies */
    pthread_mutex_t *mutex;
    uint32_t *word;
    uint32_t thread; /* its id, as the kernel and the C library write it into the word */
    bool has_ended;  /* before the thread */
    bool is_private; /* all of it */
};

/* How a mutex of this C library lies across an edge. */
static struct {
    bool is_possible;
    pthread_mutexattr_t attributes;
    pthread_mutex_t locked; /* a sample, for the part that comes to lie before the edge */
    size_t before_edge;     /* how much of it does */
    size_t word_at;
    size_t link_at;
} plan;

static pthread_once_t planned = PTHREAD_ONCE_INIT;

/* This process's words. Guarded by ISM_LOCK_REGISTRY, but for the child's handler, which is alone. */
static struct own_word *own_words;
static uint64_t own_generation; /* of the process, that made them */

static _Thread_local struct own_word *mine;

/* The shared pages of all slots. Written under ISM_LOCK_REGISTRY; once there it is never unmapped. */
static struct {
    uint64_t address;              /* 0: it is not mapped */
    uint64_t identity;             /* of the file */
    uint64_t has_note[SLOTS / 64]; /* bits: its page is there; to touch others could fail for want of memory */
} window;

static uint32_t slot_of(ism_life life)
{
    return (uint32_t)(life & SLOT_BITS);
}

static uint64_t note_for(ism_life life, size_t distance)
{
    return (life & SERIAL_BITS) | distance;
}

static uint64_t offset_of(uint32_t slot)
{
    return ism_user_file_words_offset() + (uint64_t)slot * ism_memory_page();
}

/* ---- what is possible ---- */

/* Learn from a mutex that this thread has just locked where the word and the link lie that the kernel goes by. */
static bool learn_layout(void)
{
    struct robust_list_head *head = NULL;
    size_t length;
    if (syscall(SYS_get_robust_list, 0, &head, &length) == -1 || head == NULL)
        return false; /* refused, or never set: qemu-user has no such lists */
    uintptr_t start = (uintptr_t)&plan.locked;
    plan.link_at = (uintptr_t)head->list.next - start;
    plan.word_at = plan.link_at + (size_t)head->futex_offset;
    uint32_t word = 0;
    if (plan.link_at > sizeof plan.locked - sizeof(void *) || plan.word_at > sizeof plan.locked - sizeof word)
        return false;
    memcpy(&word, (unsigned char *)&plan.locked + plan.word_at, sizeof word);
    size_t alignment = _Alignof(pthread_mutex_t);
    plan.before_edge = (plan.word_at + sizeof word + alignment - 1) / alignment * alignment;
    return word == (uint32_t)syscall(SYS_gettid) && plan.word_at % sizeof word == 0 &&
           plan.before_edge + sizeof(void *) <= plan.link_at && /* there may be another link before it */
           plan.before_edge - plan.word_at <= DISTANCE_MAX;
}

static bool make_plan(void)
{
    pthread_mutex_t *sample = &plan.locked;
    if (pthread_mutexattr_init(&plan.attributes) != 0 ||
        pthread_mutexattr_setpshared(&plan.attributes, PTHREAD_PROCESS_SHARED) != 0 ||
        pthread_mutexattr_setrobust(&plan.attributes, PTHREAD_MUTEX_ROBUST) != 0 ||
        pthread_mutex_init(sample, &plan.attributes) != 0 || pthread_mutex_trylock(sample) != 0)
        return false;
    bool is_learned = learn_layout();
    unsigned char as_locked[sizeof *sample];
    memcpy(as_locked, sample, sizeof as_locked);
    (void)pthread_mutex_unlock(sample);
    memcpy(sample, as_locked, sizeof as_locked);
    return is_learned;
}

static bool can_watch(void)
{
    return syscall(SYS_futex_waitv, NULL, 0, 0, NULL, 0) == -1 && errno == EINVAL;
}

/* ---- the pages ---- */

/* Replace the shared page by a private one that holds what the C library left there. Without memory for that, at least
 * the kernel must not reach the shared one. */
static bool make_private(struct own_word *own)
{
    size_t page = ism_memory_page();
    if (mmap(own->pages, page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED) {
        (void)mprotect(own->pages, page, PROT_NONE);
        return false;
    }
    memcpy(own->mutex, &plan.locked, plan.before_edge);
    *own->word = own->thread;
    return true;
}

static void unmap(struct own_word *own)
{
    (void)munmap(own->pages, 2 * ism_memory_page());
}

/* In a forked child: the C library's list of its one thread may still lead to the parent's mutex (musl); the other
 * threads are not there. */
static void leave_to_parent(void)
{
    for (struct own_word *own = own_words, *next; own != NULL; own = next) {
        next = own->next;
        if (own == mine)
            (void)make_private(own);
        else
            unmap(own);
    }
    own_words = NULL;
    own_generation = ism_process_generation();
    mine = NULL;
}

static void prepare(void)
{
    plan.is_possible = can_watch() && make_plan();
    ism_after_fork(leave_to_parent);
}

/* What is left of a parent's is forgotten: a fork may have run no handlers. */
static void settle(void)
{
    (void)pthread_once(&planned, prepare);
    if (own_generation == ism_process_generation())
        return;
    own_words = NULL;
    own_generation = ism_process_generation();
    mine = NULL;
}

/* A file that grows beyond the limit of its process brings it a signal. */
static bool may_grow_to(uint64_t length)
{
    struct rlimit limit;
    return getrlimit(RLIMIT_FSIZE, &limit) == 0 && (limit.rlim_cur == RLIM_INFINITY || limit.rlim_cur >= length);
}

static bool set_aside(int descriptor, uint32_t slot)
{
    size_t page = ism_memory_page();
    return may_grow_to(offset_of(slot) + page) && fallocate(descriptor, 0, (off_t)offset_of(slot), (off_t)page) == 0;
}

/* Nobody reads words of an earlier file any more: no region was open when that was left. */
static bool map_window(int file)
{
    if (window.address != 0 && window.identity == ism_user_file_identity())
        return true;
    memset(window.has_note, 0, sizeof window.has_note);
    void *pages = mmap((void *)(uintptr_t)window.address, SLOTS * ism_memory_page(), PROT_READ | PROT_WRITE,
                       MAP_SHARED | (window.address != 0 ? MAP_FIXED : 0), file, (off_t)offset_of(0));
    if (pages == MAP_FAILED)
        return false;
    window.identity = ism_user_file_identity();
    ism_store_relaxed_64(&window.address, (uintptr_t)pages);
    return true;
}

static struct own_word *map_own(int file, uint32_t slot)
{
    size_t page = ism_memory_page();
    unsigned char *pages = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (pages == MAP_FAILED)
        return NULL;
    if (mmap(pages, page, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, file, (off_t)offset_of(slot)) == MAP_FAILED) {
        (void)munmap(pages, 2 * page);
        return NULL;
    }
    unsigned char *mutex = pages + page - plan.before_edge;
    struct own_word *own = (struct own_word *)(void *)(pages + page + OWN_WORD_OFFSET);
    own->pages = pages;
    own->mutex = (pthread_mutex_t *)(void *)mutex;
    own->word = (uint32_t *)(void *)(mutex + plan.word_at);
    own->thread = (uint32_t)syscall(SYS_gettid);
    return own;
}

/* Who has no word, for want of a low slot, still watches those of others. The mapping has a description of its own: it
 * would keep the locks of another one alive. */
static struct own_word *map_pages(int descriptor, uint32_t slot)
{
    struct ism_cause ignored;
    int file;
    struct own_word *own = NULL;
    if (ism_user_file_open_again(&file, &ignored) != ISM_OK)
        return NULL;
    if (map_window(file) && slot < SLOTS && set_aside(descriptor, slot))
        own = map_own(file, slot);
    (void)close(file);
    return own;
}

/* ---- this thread's word ---- */

/* Others may write to what lies in the shared page meanwhile: it counts only that the mutex is in the thread's list. */
static bool lock_for_good(struct own_word *own)
{
    if (pthread_mutex_init(own->mutex, &plan.attributes) != 0)
        return false;
    int code = pthread_mutex_trylock(own->mutex);
    void *link;
    memcpy(&link, (unsigned char *)own->mutex + plan.link_at, sizeof link);
    return (code == 0 || code == EOWNERDEAD) && link != NULL;
}

void ism_life_word_make(int descriptor, ism_life life)
{
    uint32_t slot = slot_of(life);
    ism_life_word_end(); /* that of an earlier round */
    if (!plan.is_possible)
        return;
    struct own_word *own = map_pages(descriptor, slot);
    if (own == NULL)
        return;
    uint64_t *note = (uint64_t *)(void *)own->pages;
    ism_store_relaxed_64(note, 0);
    if (!lock_for_good(own)) {
        unmap(own);
        return;
    }
    own->next = own_words;
    own_words = own;
    mine = own;
    /* Pairs with the acquire of find_word(): who sees the note sees the word. */
    ism_store_release_64(note, note_for(life, plan.before_edge - plan.word_at));
}

/* Release, which pairs with the acquire of ism_life_word_is_marked(), as the kernel's own mark does. */
static void mark(uint32_t *word)
{
    uint32_t seen = ism_load_acquire_32(word);
    for (int i = 0; i < TRIES; i++)
        if (ism_compare_exchange_release_32(word, &seen, FUTEX_OWNER_DIED))
            break;
    (void)syscall(SYS_futex, word, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
}

static bool end_word(struct own_word *own)
{
    if (own->has_ended)
        return own->is_private;
    own->has_ended = true;
    mark(own->word);
    own->is_private = make_private(own);
    return own->is_private;
}

void ism_life_word_end(void)
{
    settle();
    struct own_word *own = mine;
    if (own == NULL)
        return;
    struct own_word **place = &own_words;
    while (*place != own)
        place = &(*place)->next;
    *place = own->next;
    mine = NULL;
    if (end_word(own) && pthread_mutex_unlock(own->mutex) == 0)
        unmap(own);
}

void ism_life_word_end_all(void)
{
    if (own_generation != ism_process_generation())
        return; /* they are a parent's, or there are none */
    for (struct own_word *own = own_words; own != NULL; own = own->next)
        (void)end_word(own);
}

/* ---- another's word ---- */

/* Is the slot's page there? If not known yet, the file is asked by the descriptor, unless that is -1. */
static bool is_there(int descriptor, uint32_t slot)
{
    uint64_t *bits = &window.has_note[slot / 64], bit = UINT64_C(1) << slot % 64;
    if ((ism_load_relaxed_64(bits) & bit) != 0)
        return true;
    uint64_t note = 0;
    if (descriptor == -1 || pread(descriptor, &note, sizeof note, (off_t)offset_of(slot)) != (ssize_t)sizeof note ||
        note == 0)
        return false;
    ism_process_lock(ISM_LOCK_REGISTRY);
    ism_store_relaxed_64(bits, *bits | bit);
    ism_process_unlock(ISM_LOCK_REGISTRY);
    return true;
}

/* A page of another file has no note of this life, whose serial is drawn from 2^32. */
static uint32_t *find_word(int descriptor, ism_life life)
{
    uint32_t slot = slot_of(life);
    uint64_t address = ism_load_relaxed_64(&window.address);
    if (address == 0 || slot == 0 || slot >= SLOTS || !is_there(descriptor, slot))
        return NULL;
    size_t page = ism_memory_page();
    unsigned char *start = (unsigned char *)(uintptr_t)address + slot * page;
    uint64_t note = ism_load_acquire_64((uint64_t *)(void *)start);
    uint32_t distance = (uint32_t)note;
    if (note != note_for(life, distance) || distance == 0 || distance > DISTANCE_MAX ||
        distance % sizeof(uint32_t) != 0)
        return NULL;
    return (uint32_t *)(void *)(start + page - distance);
}

/* The acquire pairs with the kernel's mark, which comes after all that the thread had stored. */
bool ism_life_word_is_marked(int descriptor, ism_life life)
{
    const uint32_t *word = find_word(descriptor, life);
    return word != NULL && (ism_load_acquire_32(word) & FUTEX_OWNER_DIED) != 0;
}

bool ism_life_word_watch(ism_life life, uint32_t **word, uint32_t *value)
{
    *word = find_word(-1, life);
    if (*word == NULL)
        return false;
    uint32_t seen = ism_load_acquire_32(*word);
    for (int i = 0; i < TRIES; i++) {
        if ((seen & FUTEX_OWNER_DIED) != 0)
            return *value = 0, true;
        if ((seen & FUTEX_TID_MASK) == 0)
            return false;
        *value = seen | FUTEX_WAITERS;
        if (seen == *value || ism_compare_exchange_relaxed_32(*word, &seen, *value))
            return true;
    }
    return false;
}
