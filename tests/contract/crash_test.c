/* crash_test.c: kill -9 at any time (R6, S2). Workers create, lock, change, unlock, close and remove one region
 * over and over, and are killed at points spread by a seeded random number; where the system can trace
 * programs, also before and after each system call of one pass, and between the instructions of lock and
 * unlock. After each kill the others go on, and see no torn state that they were not told of; after the kill
 * of all the region is gone and its name works. */
#include "churn.h"
#include "regions.h"

#define SURVIVAL 10000u /* milliseconds in which survivors must get on */

static struct churn_board *board;
static struct process *workers[CHURN_WORKERS];
static uint64_t seed = 20240607;

/* xorshift64 */
static uint64_t random_below(uint64_t limit)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed % limit;
}

/* Nobody has the region any more: it can't be opened, and created it is fresh. */
static void assert_gone_and_free(const char *name)
{
    assert_int_equal(leftovers_live_regions(name), 0);
    assert_status(status_of_open(name, NULL), ISM_E_NOT_FOUND);
    ism_region *region = create_region(name, CHURN_SIZE);
    assert_true(region_holds(region, 0));
    assert_status(ism_mutex_try_lock(ism_region_data(region)), ISM_OK);
    assert_status(ism_mutex_unlock(ism_region_data(region)), ISM_OK);
    close_region(region);
    assert_int_equal(leftovers_regions(name), 0);
}

static void start_worker(int worker, const char *name, const char *board_name)
{
    char index[16], start[32];
    (void)snprintf(index, sizeof index, "%d", worker);
    (void)snprintf(start, sizeof start, "%llu", (unsigned long long)random_below(UINT32_MAX));
    workers[worker] = peer_start("churn", name, board_name, index, start, NULL);
}

/* A worker that gives up says why, and ends. */
static void fail_with_its_words(int worker)
{
    char line[512] = "nothing";
    process_end_input(workers[worker]);
    (void)process_read_line(workers[worker], line, sizeof line);
    fail_msg("worker %d does not go on; it says: %s", worker, line);
}

static void await_steps(int worker, uint32_t steps)
{
    const uint32_t from = board->workers[worker].steps;
    const uint64_t until = process_milliseconds() + SURVIVAL;

    while (board->workers[worker].steps - from < steps) {
        if (process_milliseconds() > until)
            fail_with_its_words(worker);
        process_pause();
    }
}

/* Until it is about to own the lock for a while. */
static void look_for_lock(int worker)
{
    const uint64_t until = process_milliseconds() + 100;
    while (!board->workers[worker].holds && process_milliseconds() < until)
        process_spin(2);
}

static void r6_s2_survivors_go_on_after_every_kill(void **state)
{
    const unsigned kills = backend_is("win32") ? 20 : 200;
    const char *name = NAME("x"), *board_name = NAME("board");
    unsigned owner_died = 0, created = 0;

    (void)state;
    ism_region *board_region = create_region(board_name, sizeof(struct churn_board));
    board = ism_region_data(board_region);
    for (int i = 0; i < CHURN_WORKERS; i++)
        start_worker(i, name, board_name);
    for (unsigned kill = 0; kill < kills; kill++) {
        int victim = (int)random_below(CHURN_WORKERS);
        await_steps(victim, 1 + (uint32_t)random_below(60));
        if (kill % 2 == 0)
            process_spin((unsigned)random_below(500));
        else
            look_for_lock(victim);
        kill_and_wait(workers[victim]);
        for (int i = 0; i < CHURN_WORKERS; i++)
            if (i != victim)
                await_steps(i, 20);
        process_free(workers[victim]);
        start_worker(victim, name, board_name);
    }
    for (int i = 0; i < CHURN_WORKERS; i++)
        process_kill(workers[i]);
    for (int i = 0; i < CHURN_WORKERS; i++)
        assert_int_equal(process_wait(workers[i]), PROCESS_KILLED);
    for (int i = 0; i < CHURN_WORKERS; i++) {
        owner_died += board->workers[i].owner_died;
        created += board->workers[i].created;
    }
    assert_gone_and_free(name);
    assert_status(ism_region_tidy(NULL, NULL), ISM_OK);
    print_message("%u kills and the kill of all; %u regions made, %u deaths of owners told\n", kills, created,
                  owner_died);
    assert_true(created > kills / 4);
    assert_true(owner_died > 0);
    close_region(board_region);
}

static void r6_the_kill_of_all_at_any_time_leaves_nothing(void **state)
{
    const unsigned rounds = backend_is("win32") ? 5 : 60;
    const char *name = NAME("x"), *board_name = NAME("board");
    unsigned found = 0;

    (void)state;
    ism_region *board_region = create_region(board_name, sizeof(struct churn_board));
    board = ism_region_data(board_region);
    for (unsigned round = 0; round < rounds; round++) {
        const int count = 1 + (int)(round % CHURN_WORKERS);
        for (int i = 0; i < count; i++)
            start_worker(i, name, board_name);
        await_steps(count - 1, 1 + (uint32_t)random_below(200));
        process_spin((unsigned)random_below(500));
        for (int i = 0; i < count; i++)
            process_kill(workers[i]);
        for (int i = 0; i < count; i++)
            assert_int_equal(process_wait(workers[i]), PROCESS_KILLED);
        found += leftovers_regions(name);
        assert_gone_and_free(name);
        for (int i = 0; i < count; i++)
            process_free(workers[i]);
    }
    print_message("%u kills of all; %u of them left something that was then freed\n", rounds, found);
    close_region(board_region);
}

/* Let it make so many stops, and kill it. Returns PROCESS_KILLED, or its exit status if it ended before. */
static int kill_at_stop(const char *name, const char *part, enum process_stops kind, unsigned stop)
{
    struct process *victim = hold_at_start(name, part);
    int status = process_step(victim, kind, stop);
    if (status == PROCESS_RUNNING) {
        process_kill(victim);
        status = process_wait(victim);
    }
    process_free(victim);
    return status;
}

static void r6_killed_at_each_system_call_it_leaves_nothing(void **state)
{
    const char *name = NAME("x");
    unsigned stop = 0, found = 0;
    int status;

    (void)state;
    if (!process_can_trace())
        skip_because("this system can't trace programs for a test");
    while ((status = kill_at_stop(name, "all", PROCESS_CALLS, stop)) == PROCESS_KILLED) {
        found += leftovers_regions(name);
        assert_gone_and_free(name);
        stop++;
    }
    assert_int_equal(status, 0);
    assert_gone_and_free(name);
    assert_in_range(stop, 20, 2000);
    print_message("killed at %u stops; %u of them left something that was then freed\n", stop, found);
}

/* Other ways to use the name at each stop: the tidier's, and that of one who removes. */
static void r6_killed_at_each_system_call_it_is_tidied_or_removed(void **state)
{
    const char *name = NAME("x");
    unsigned stop = 0;
    int status;

    (void)state;
    if (!process_can_trace())
        skip_because("this system can't trace programs for a test");
    while ((status = kill_at_stop(name, "all", PROCESS_CALLS, stop)) == PROCESS_KILLED) {
        if (stop % 2 == 0)
            assert_status(ism_region_tidy(NULL, NULL), ISM_OK);
        else
            assert_status(ism_region_remove(name), ISM_E_NOT_FOUND);
        assert_int_equal(leftovers_regions(name), 0);
        stop++;
    }
    assert_int_equal(status, 0);
}

static ism_status initialise(ism_region *region, void *context)
{
    struct churn *churn = ism_region_data(region);
    (void)context;
    for (size_t i = 0; i < sizeof churn->pattern; i++)
        churn->pattern[i] = churn_pattern(i);
    return ISM_OK;
}

static ism_region *create_initialised(const char *name)
{
    ism_region_options options = {.size = CHURN_SIZE, .initialiser = initialise};
    ism_region *region = NULL;
    assert_status(ism_region_create(name, &options, &region), ISM_OK);
    return region;
}

/* The survivor's view of a lock whose last user was killed: a torn state is told. Returns whether. */
static bool survivor_is_told(struct churn *churn)
{
    ism_status status = ism_mutex_lock_until(&churn->mutex, ism_deadline_after(SURVIVAL * ISM_MILLISECOND));
    if (status == ISM_OWNER_DIED) {
        churn->second = churn->first;
        assert_status(ism_mutex_consistent(&churn->mutex), ISM_OK);
    } else {
        assert_status(status, ISM_OK);
    }
    assert_int_equal(churn->first, churn->second);
    assert_status(ism_mutex_unlock(&churn->mutex), ISM_OK);
    return status == ISM_OWNER_DIED;
}

/* The survivor has the region; the victim comes, locks, and dies. */
static void r6_s2_killed_at_each_system_call_it_leaves_region_and_lock_to_others(void **state)
{
    const char *name = NAME("x");
    unsigned stop = 0;
    int status;

    (void)state;
    if (!process_can_trace())
        skip_because("this system can't trace programs for a test");
    ism_region *region = create_initialised(name);
    while ((status = kill_at_stop(name, "all", PROCESS_CALLS, stop)) == PROCESS_KILLED) {
        assert_int_equal(leftovers_live_regions(name), 1);
        (void)survivor_is_told(ism_region_data(region));
        stop++;
    }
    assert_int_equal(status, 0);
    close_region(region);
    assert_int_equal(leftovers_regions(name), 0);
}

/* How many instructions a pass has, and how long it takes to count them. Reading the clock takes some more
 * where it is disturbed, so the least of several counts is right. */
static unsigned count_instructions(const char *name, const char *part, uint64_t *milliseconds)
{
    unsigned least = UINT32_MAX;
    const uint64_t start = process_milliseconds();

    for (int i = 0; i < 3; i++) {
        struct process *victim = hold_at_start(name, part);
        unsigned count = 0;
        while (process_step(victim, PROCESS_INSTRUCTIONS, 1) == PROCESS_RUNNING)
            count++;
        process_free(victim);
        least = count < least ? count : least;
    }
    *milliseconds = (process_milliseconds() - start) / 3;
    return least;
}

/* After how many instructions to look, if a pass is to be looked at so often; less often where a look takes so
 * long that all of them would take minutes. */
static unsigned stride_of(const char *name, const char *part, unsigned looks)
{
    enum { FEWEST = 40, MILLISECONDS = 8000 };
    uint64_t milliseconds;
    const unsigned count = count_instructions(name, part, &milliseconds);
    const uint64_t most = MILLISECONDS / (milliseconds + 1);

    if (looks > most)
        looks = most > FEWEST ? (unsigned)most : FEWEST;
    return count / looks + 1;
}

static void kill_at_instructions(const char *name, const char *part)
{
    unsigned stop = 0, told = 0, kills = 0;
    int status;

    ism_region *region = create_initialised(name);
    const unsigned stride = stride_of(name, part, 300);
    while ((status = kill_at_stop(name, part, PROCESS_INSTRUCTIONS, stop)) == PROCESS_KILLED) {
        told += survivor_is_told(ism_region_data(region));
        stop += stride;
        kills++;
    }
    assert_int_equal(status, 0);
    if (stride < 10)
        assert_in_range(told, 1, kills - 1);
    print_message("killed after %u of %u instructions; %u times an owner's death was told\n", kills, stop, told);
    close_region(region);
}

static void s2_killed_at_any_instruction_of_locking_it_leaves_a_lock_that_tells(void **state)
{
    (void)state;
    if (!process_can_trace())
        skip_because("this system can't trace programs for a test");
    kill_at_instructions(NAME("x"), "lock");
}

static void s2_killed_at_any_instruction_of_unlocking_it_leaves_a_lock_that_tells(void **state)
{
    (void)state;
    if (!process_can_trace())
        skip_because("this system can't trace programs for a test");
    kill_at_instructions(NAME("x"), "unlock");
}

/* Somebody waits while the owner dies on its way out of the lock: the wake-up may die with it. */
static void s2_killed_at_any_instruction_of_unlocking_it_keeps_no_waiter(void **state)
{
    const char *name = NAME("x");
    unsigned stop = 0, stride = 0;
    int status = PROCESS_RUNNING;

    (void)state;
    if (!process_can_trace())
        skip_because("this system can't trace programs for a test");
    ism_region *region = create_initialised(name);
    struct churn *churn = ism_region_data(region);
    struct process *waiter = peer_obeying();
    assert_answer(ask(waiter, "open %s", name), "ISM_OK");
    stride = stride_of(name, "unlock", 80);
    for (; status == PROCESS_RUNNING; stop += stride) {
        struct process *victim = hold_at_start(name, "unlock");
        ism_mutex as_owned = churn->mutex;
        tell(waiter, "locked_round 0");
        await_waiter(&churn->mutex, &as_owned);
        status = process_step(victim, PROCESS_INSTRUCTIONS, stop);
        process_kill(victim);
        const char *told = answer(waiter);
        if (strcmp(told, "ISM_OWNER_DIED") != 0)
            assert_answer(told, "ISM_OK");
        memset(&churn->mutex, 0, sizeof churn->mutex);
        churn->second = churn->first;
        process_free(victim);
    }
    assert_int_equal(status, 0);
    dismiss(waiter);
    close_region(region);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        promise(r6_s2_survivors_go_on_after_every_kill),
        promise(r6_the_kill_of_all_at_any_time_leaves_nothing),
        promise(r6_killed_at_each_system_call_it_leaves_nothing),
        promise(r6_killed_at_each_system_call_it_is_tidied_or_removed),
        promise(r6_s2_killed_at_each_system_call_it_leaves_region_and_lock_to_others),
        promise(s2_killed_at_any_instruction_of_locking_it_leaves_a_lock_that_tells),
        promise(s2_killed_at_any_instruction_of_unlocking_it_leaves_a_lock_that_tells),
        promise(s2_killed_at_any_instruction_of_unlocking_it_keeps_no_waiter),
    };
    return cmocka_run_group_tests_name("crash", tests, NULL, NULL);
}
