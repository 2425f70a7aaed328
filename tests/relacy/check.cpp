/* check.cpp: runs the real code of src/sync under Relacy, which lets a load return every value that its memory order
 * permits, and switches threads at every operation. Then it seeds bugs: every order that the source names is made weaker,
 * one after the other, and some scenario must fail.
 *   check [SCENARIO]   with a scenario: only that one, as it is written; a failure's history is shown */
#include "scenarios.h"

#include <cstdio>

enum { RUNS = 25000 }; /* of each scenario */

/* Returns what was found. With a history, a failure is run again, and told there. */
template <class story> static rl::test_result_e simulate(rl::test_params &params, std::ostream *history)
{
    typedef rl::random_scheduler<story::params::thread_count> scheduler;
    rl::ostringstream state;
    rl::test_result_e found = rl::run_test<story, scheduler>(params, state, false);
    if (found == rl::test_result_success || history == NULL)
        return found;
    params.initial_state = state.str();
    params.collect_history = true;
    params.output_stream = history;
    return rl::run_test<story, scheduler>(params, state, true);
}

static const struct {
    const char *name;
    rl::test_result_e (*simulate)(rl::test_params &, std::ostream *history);
} scenarios[] = {
    {"mutex, 2 threads", simulate<mutexes<2>>},
    {"mutex, 3 threads", simulate<mutexes<3>>},
    {"mutex, 2 of 3 only try", simulate<tries>},
    {"mutex, an owner dies, 2 threads", simulate<dying_owner<2>>},
    {"mutex, an owner dies, 3 threads", simulate<dying_owner<3>>},
    {"mutex, given up", simulate<lock_given_up>},
    {"rwlock, a writer and a reader", simulate<rwlocks<1, 1>>},
    {"rwlock, a writer and 2 readers", simulate<rwlocks<1, 2>>},
    {"rwlock, 2 writers and a reader", simulate<rwlocks<2, 1>>},
    {"rwlock, no slot for a reader", simulate<full_rwlock>},
    {"rwlock, a writer dies", simulate<dying_reader_or_writer<true>>},
    {"rwlock, a reader dies", simulate<dying_reader_or_writer<false>>},
    {"semaphore, 2 threads", simulate<semaphores<2>>},
    {"semaphore, 3 threads", simulate<semaphores<3>>},
    {"semaphore, 2 posters", simulate<two_posters>},
    {"event, 2 threads take it", simulate<taken_events<2>>},
    {"event, 3 threads take it", simulate<taken_events<3>>},
    {"event, 2 watch", simulate<watched_event<false>>},
    {"event, 2 watch, and it is reset", simulate<watched_event<true>>},
    {"condition, 2 threads, told under the mutex", simulate<conditions<2, true>>},
    {"condition, 2 threads, told afterwards", simulate<conditions<2, false>>},
    {"condition, 3 threads, told under the mutex", simulate<conditions<3, true>>},
    {"condition, 3 threads, told afterwards", simulate<conditions<3, false>>},
    {"condition, what was done before it is told", simulate<told_condition>},
    {"barrier, 2 threads", simulate<barriers<2>>},
    {"barrier, 3 threads", simulate<barriers<3>>},
    {"barrier, one of 3 may be late", simulate<late_party>},
    {"once, 2 threads", simulate<onces<2>>},
    {"once, 3 threads", simulate<onces<3>>},
};
enum { SCENARIOS = sizeof scenarios / sizeof scenarios[0] };

/* ---- runs ---- */

static rl::test_result_e run(unsigned number, std::ostream *history, rl::iteration_t *runs)
{
    rl::ostringstream progress;
    rl::test_params params;
    params.iteration_count = RUNS;
    params.execution_depth_limit = 5000;
    params.progress_stream = &progress;
    scenario = number;
    rl::test_result_e found = scenarios[number].simulate(params, history);
    *runs = params.stop_iteration;
    return found;
}

static unsigned passed, failed;

static void tell(bool is_good, const char *text)
{
    (is_good ? passed : failed)++;
    printf("%s: %s\n", is_good ? "passed" : "failed", text);
    fflush(stdout);
}

static void run_as_written(unsigned number)
{
    rl::ostringstream history;
    char text[200];
    rl::iteration_t runs = 0;
    rl::test_result_e found = run(number, &history, &runs);
    bool holds = found == rl::test_result_success;
    snprintf(text, sizeof text, "%s: %s (%lu runs)", scenarios[number].name,
             holds ? "holds" : rl::test_result_str(found), (unsigned long)runs);
    tell(holds, text);
    if (!holds)
        puts(history.str().c_str());
}

static void run_weakened(site *site, order weaker)
{
    static const char *const names[] = {"relaxed", "acquire", "release", "acquire-release", "sequential"};
    char text[300];
    rl::test_result_e found = rl::test_result_success;
    rl::iteration_t runs = 0;
    unsigned number = 0;
    site->tried = weaker;
    for (; number < SCENARIOS && found == rl::test_result_success; number++)
        if (site->scenarios >> number & 1)
            found = run(number, NULL, &runs);
    site->tried = site->order;
    bool is_found = found != rl::test_result_success;
    snprintf(text, sizeof text, "seeded: %s:%d %s() in %s: %s instead of %s: %s%s%s", site->file, site->line,
             site->function, site->unit, names[weaker], names[site->order],
             is_found ? rl::test_result_str(found) : "not found", is_found ? " in " : "",
             is_found ? scenarios[number - 1].name : "");
    tell(is_found, text);
}

/* What no thread needs: it holds the compiler, of which Relacy knows nothing. */
static bool is_for_the_compiler(const site *site)
{
    return strcmp(site->function, "ism_lock_touch") == 0;
}

static void seed_bugs()
{
    for (site *const *place = __start_sites; place != __stop_sites; place++) {
        site *const site = *place;
        if (is_for_the_compiler(site))
            continue;
        if (site->order == SEQUENTIAL)
            run_weakened(site, site->is_load ? ACQUIRE : ACQUIRE_RELEASE);
        if (site->order == ACQUIRE_RELEASE) {
            run_weakened(site, ACQUIRE);
            run_weakened(site, RELEASE);
        }
        if (site->order != RELAXED)
            run_weakened(site, RELAXED);
    }
}

int main(int count, char **words)
{
    for (unsigned number = 0; number < SCENARIOS; number++)
        if (count < 2 || strcmp(words[1], scenarios[number].name) == 0)
            run_as_written(number);
    if (count < 2 && failed == 0)
        seed_bugs();
    printf("%u passed, %u failed\n", passed, failed);
    return failed == 0 ? 0 : 1;
}
