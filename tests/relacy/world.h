/* world.h: the memory, the threads and the kernel of src/sync when Relacy runs it. */
#ifndef RELACY_WORLD_H
#define RELACY_WORLD_H

#include <relacy/relacy.hpp>

#include <cstring>

#include "../../include/isthmus/sync.h"
#include "atomics.h"

/* ---- the memory, and who runs ---- */

enum { WORDS = 68, THREADS = 4 };

static uint64_t memory[WORDS]; /* only addresses: what is in it is kept by Relacy */

/* What there is for each run of a scenario. */
struct world {
    rl::atomic<uint64_t> words[WORDS];
    rl::waitset<THREADS> sleepers[WORDS];
    rl::atomic<bool> ended[THREADS]; /* the kernel's word */
    bool sleeps_end;                 /* by themselves: only after deaths is that needed */
    bool deadlines_pass;
};
static world *current;

extern "C" {
extern char __start_thread_locals[], __stop_thread_locals[];
extern site *const __start_sites[], *const __stop_sites[];
}
static char initial_locals[1024], locals[THREADS][1024];
static unsigned running; /* whose are in place */

/* After every step at which Relacy may have let others run. */
static unsigned resume()
{
    const size_t size = size_t(__stop_thread_locals - __start_thread_locals);
    const unsigned self = unsigned(rl::ctx().threadx_->index_);
    if (self != running) {
        memcpy(locals[running], __start_thread_locals, size);
        memcpy(__start_thread_locals, locals[self], size);
        running = self;
    }
    return self;
}

static void begin(world *world)
{
    const size_t size = size_t(__stop_thread_locals - __start_thread_locals);
    RL_VERIFY(size <= sizeof initial_locals);
    static bool is_known = false;
    if (!is_known)
        memcpy(initial_locals, __start_thread_locals, size);
    is_known = true;
    for (unsigned thread = 0; thread < THREADS; thread++)
        memcpy(locals[thread], initial_locals, size);
    memcpy(__start_thread_locals, initial_locals, size);
    running = unsigned(rl::ctx().threadx_->index_);
    current = world;
    seam_begin(memory, sizeof memory);
    world->sleeps_end = world->deadlines_pass = false;
    for (unsigned i = 0; i < WORDS; i++)
        world->words[i].store(0, rl::mo_relaxed, $);
    for (unsigned i = 0; i < THREADS; i++)
        world->ended[i].store(false, rl::mo_relaxed, $);
}

/* ---- operations ---- */

static unsigned scenario; /* the number of the one that runs */

static rl::memory_order order_of(site *site)
{
    static const rl::memory_order orders[] = {rl::mo_relaxed, rl::mo_acquire, rl::mo_release, rl::mo_acq_rel,
                                              rl::mo_seq_cst};
    site->scenarios |= uint64_t(1) << scenario;
    return orders[site->tried];
}

uint64_t relacy_load(const uint64_t *word, site *site)
{
    const size_t place = size_t(word - memory);
    if (place >= WORDS)
        return *word;
    const rl::debug_info where("", site->file, unsigned(site->line));
    uint64_t value = current->words[place].load(order_of(site), where);
    site->is_load = true;
    resume();
    return value;
}

void relacy_store(uint64_t *word, uint64_t value)
{
    RL_VERIFY(size_t(word - memory) >= WORDS);
    *word = value;
}

bool relacy_compare_exchange(uint64_t *word, uint64_t *expected, uint64_t desired, site *site)
{
    const rl::debug_info where("", site->file, unsigned(site->line));
    bool is_exchanged = current->words[word - memory].compare_exchange(rl::bool_t<false>(), *expected, desired,
                                                                       order_of(site), rl::mo_relaxed, where);
    resume();
    return is_exchanged;
}

/* ---- the kernel's part ---- */

unsigned relacy_thread()
{
    return unsigned(rl::ctx().threadx_->index_);
}

bool relacy_has_ended(unsigned thread)
{
    if (thread >= THREADS)
        return false;
    bool has_ended = current->ended[thread].load(rl::mo_acquire, $);
    resume();
    return has_ended;
}

bool relacy_is_late()
{
    return current->deadlines_pass && rl::rand(4) == 0;
}

/* To compare and to fall asleep is one step; it orders nothing. A sleep may end for no reason. */
void relacy_sleep(const uint32_t *word, uint32_t value)
{
    const size_t place = size_t((const uint64_t *)(const void *)word - memory);
    rl::context &context = rl::ctx();
    context.sched();
    if (uint32_t(current->words[place].debug_value()) == value)
        current->sleepers[place].park_current(context, current->sleeps_end, rl::rand(2) == 0, false, $);
    resume();
}

bool relacy_wake(const uint32_t *word, bool all)
{
    const size_t place = size_t((const uint64_t *)(const void *)word - memory);
    rl::context &context = rl::ctx();
    context.sched();
    bool is_woken =
        all ? current->sleepers[place].unpark_all(context, $) != 0 : current->sleepers[place].unpark_one(context, $);
    resume();
    return is_woken;
}

#endif
