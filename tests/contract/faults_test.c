/* faults_test.c: each system call of each call of the library fails once with each error that fits it, and the
 * process is killed once before each. Whatever failed, an error says so or nothing had to be said; what failed left
 * nothing behind, the same call then works, and nothing of another process's is touched (E3, R6). A signal that
 * interrupts a wait ends none (S9). */
#include "regions.h"

#include <stdlib.h>

/* Commands for peers, see peer_obey.c, with "; " between them; '@' is a region's name, '$' a native one. */
struct deed {
    const char *beside; /* done before by another process, which lives on, */
    bool is_killed;     /* or is killed then; NULL: there is none */
    const char *before; /* done by the process whose calls fail; or NULL */
    const char *during; /* what fails */
    const char *after;  /* undoes that; or NULL */
    const char *clears; /* done by a third process at the end, whatever it says; or NULL */
    bool is_removal;    /* which may have freed the name though something failed after that */
};

#define OBJECTS "create @ size=4096"
#define SAVED "array_create @-saved; array_save @.npy; array_close"

/* What a deed is like when nothing fails. */
struct course {
    char answer[128];
    char counts[32];
};

/* What a failure must not leave more of. */
struct traces {
    unsigned regions;
    unsigned files;
};

static struct process *bystander, *clearer;
static unsigned failures, kills; /* of one deed */
static char stroke[256];         /* what is done just now; empty: nothing */

static const char *native(void)
{
    static char name[64];
    const unsigned long long own = (unsigned long long)process_own_id();
    (void)snprintf(name, sizeof name, backend_is("sysv") ? "0x5166%04llx" : "/test-%llu-faults",
                   backend_is("sysv") ? own & 0xffff : own);
    return name;
}

/* The next of several commands, with names in it; returns where it ends. */
static const char *write_out(const char *commands, const char *name, char line[512])
{
    const char *at = commands;
    size_t length = 0;

    for (; *at != '\0' && strncmp(at, "; ", 2) != 0; at++)
        length += (size_t)snprintf(line + length, 512 - length, *at == '@' || *at == '$' ? "%s" : "%.1s",
                                   *at == '@'   ? name
                                   : *at == '$' ? native()
                                                : at);
    return at;
}

/* Have commands carried out, and get the last one's answer. */
static const char *do_all(struct process *peer, const char *name, const char *commands)
{
    char line[512];
    const char *last = "";

    for (const char *at = commands; at != NULL && *at != '\0'; at += strspn(at, "; ")) {
        at = write_out(at, name, line);
        last = ask(peer, "%s", line);
    }
    return last;
}

static struct process *start_beside(const struct deed *deed, const char *name)
{
    struct process *beside = deed->beside != NULL ? peer_obeying() : NULL;
    if (beside != NULL)
        (void)do_all(beside, name, deed->beside);
    if (deed->is_killed)
        kill_and_wait(beside);
    return beside;
}

/* Nothing is left, and the name works. What was killed may have left what the next one frees, and half a file. */
static void end_beside(const struct deed *deed, const char *name, struct process *beside)
{
    if (beside != NULL && !deed->is_killed)
        dismiss(beside);
    process_free(deed->is_killed ? beside : NULL);
    if (deed->clears != NULL)
        (void)do_all(clearer, name, deed->clears);
    (void)native_files(name, true);
    assert_status(ism_region_tidy(NULL, NULL), ISM_OK);
    assert_int_equal(leftovers_regions(name), 0);
    assert_status(ism_region_close(create_region(name, 4321)), ISM_OK);
    assert_int_equal(leftovers_regions(name), 0);
}

static bool is_error(const char *answer)
{
    return strncmp(answer, "ISM_E_", 6) == 0;
}

/* With what the library opens once and keeps, which the deed itself opens only if it meets others' regions. */
static void get_counts(struct process *peer, const char *name, char counts[32])
{
    (void)do_all(peer, name, "create @-warm size=100; lock 0; unlock 0; close");
    (void)snprintf(counts, 32, "%s", ask(peer, "counts"));
}

static void assert_no_more(const char *counts, const char *than)
{
    unsigned handles, mappings, handles_then, mappings_then;
    assert_int_equal(sscanf(counts, "%u %u", &handles, &mappings), 2);
    assert_int_equal(sscanf(than, "%u %u", &handles_then, &mappings_then), 2);
    if (handles > handles_then || mappings > mappings_then)
        fail_msg("%u descriptors and %u mappings are left, instead of %u and %u", handles, mappings, handles_then,
                 mappings_then);
}

static struct course without_fault(const struct deed *deed, const char *name)
{
    struct course course;
    struct process *beside = start_beside(deed, name), *doer = peer_obeying();

    (void)do_all(doer, name, deed->before);
    (void)snprintf(course.answer, sizeof course.answer, "%s", do_all(doer, name, deed->during));
    (void)do_all(doer, name, deed->after);
    get_counts(doer, name, course.counts);
    dismiss(doer);
    end_beside(deed, name, beside);
    return course;
}

/* Start the deed, and hold it before so many of its system calls. False: it has fewer. */
static bool hold_before(const struct deed *deed, const char *name, struct process *doer, unsigned call)
{
    char command[512], line[530];

    (void)write_out(deed->during, name, command);
    (void)snprintf(line, sizeof line, "stopped %s\n", command);
    assert_true(process_trace(doer, line));
    for (unsigned i = 0; i <= call; i++)
        if (!process_next_call(doer))
            return false;
    return true;
}

/* What failed says so, has left nothing, and then works. */
static void judge_failed(const struct deed *deed, const struct course *course, const char *name, struct process *doer,
                         const struct process_error *error, const struct traces *before)
{
    char counts[32];
    const char *said = answer(doer);

    if (strcmp(said, course->answer) != 0) {
        if (!is_error(said) || error->is_interruption)
            fail_msg("it answered %s instead of %s", said, course->answer);
        assert_in_range(leftovers_regions(name), 0, before->regions);
        assert_in_range(native_files(name, false), 0, before->files);
        const char *again = do_all(doer, name, deed->during);
        if (!deed->is_removal || strcmp(again, "ISM_E_NOT_FOUND") != 0)
            assert_answer(again, course->answer);
    }
    (void)do_all(doer, name, deed->after);
    get_counts(doer, name, counts);
    assert_no_more(counts, course->counts);
    dismiss(doer);
}

/* Before so many system calls let one fail, or (no error given) kill the process. False: it makes fewer. */
static bool strike(const struct deed *deed, const struct course *course, const char *name, unsigned call,
                   const unsigned *which, unsigned *errors)
{
    struct process_error error = {.call = NULL};
    struct process *beside = start_beside(deed, name), *doer = peer_obeying();

    (void)do_all(doer, name, deed->before);
    const struct traces before = {leftovers_regions(name), native_files(name, false)};
    const bool is_held = hold_before(deed, name, doer, call);
    for (*errors = 0; is_held && process_call_error(doer, *errors, &error);)
        ++*errors;
    const bool fails = is_held && which != NULL && process_call_error(doer, *which, &error);
    if (fails) {
        (void)snprintf(stroke, sizeof stroke, "\"%s\": call %u, %s: %s", deed->during, call, error.call, error.name);
        process_refuse_call(doer, &error);
        process_release(doer);
        judge_failed(deed, course, name, doer, &error, &before);
        failures++;
    } else {
        (void)snprintf(stroke, sizeof stroke, "\"%s\": killed before call %u", deed->during, call);
        process_kill(doer);
        (void)process_wait(doer);
        process_free(doer);
        kills += is_held;
    }
    end_beside(deed, name, beside);
    return is_held;
}

static void carry_out(const struct deed *deed, const char *name)
{
    const struct course course = without_fault(deed, name);
    unsigned call = 0, errors, unused;

    failures = kills = 0;
    if (strcmp(course.answer, "ISM_E_UNSUPPORTED") == 0)
        return;
    if (is_error(course.answer))
        assert_answer(course.answer, "ISM_E_TIMED_OUT");
    for (; strike(deed, &course, name, call, NULL, &errors); call++)
        for (unsigned which = 0; which < errors; which++)
            if (!strike(deed, &course, name, call, &which, &unused))
                break;
    print_message("%s: %u calls, %u failures, %u kills\n", deed->during, call, failures, kills);
    stroke[0] = '\0';
}

/* Another process has a region, and a lock in another one, all the time. */
static void carry_out_all(const struct deed *deeds, size_t count, const char *test)
{
    const char *name = leftovers_name(test, "x"), *others = leftovers_name(test, "y");
    const char *locked = leftovers_name(test, "z");

    if (!process_can_refuse())
        skip_because("this system can't refuse system calls for a test");
    bystander = peer_obeying();
    clearer = peer_obeying();
    assert_answer(ask(bystander, "create %s size=64", locked), "ISM_OK");
    assert_answer(ask(bystander, "lock 0"), "ISM_OK");
    assert_answer(ask(bystander, "create %s size=10000", others), "ISM_OK");
    assert_answer(ask(bystander, "fill 7"), "ok");
    ism_region *region = open_region(locked);
    for (size_t i = 0; i < count; i++) {
        carry_out(&deeds[i], name);
        assert_answer(ask(bystander, "holds 7"), "yes");
        assert_int_equal(leftovers_live_regions(others), 1);
        assert_status(ism_mutex_try_lock(ism_region_data(region)), ISM_E_BUSY);
    }
    close_region(region);
    assert_answer(ask(bystander, "close"), "ISM_OK");
    assert_answer(ask(bystander, "unlock 0"), "ISM_OK");
    dismiss(clearer);
    dismiss(bystander);
}

#define CARRY_OUT(deeds) carry_out_all(deeds, sizeof deeds / sizeof deeds[0], __func__)

static void e3_r6_any_call_of_creating_and_opening_may_fail(void **state)
{
    static const struct deed deeds[] = {
        {.during = "create @ size=10000", .after = "close"},
        {.during = "create @ size=5000 capacity=50000 lazy pattern", .after = "close"},
        {.during = "create @ size=5000 persistent prefault locked huge-pages no-core-dump",
         .after = "close; remove @",
         .clears = "remove @"},
        {.before = "create other-@ size=100; lock 0; unlock 0",
         .during = "open_or_create @ size=2500000 pattern",
         .after = "close; close"},
        {.beside = "create @ size=10000 pattern",
         .is_killed = true,
         .during = "open_or_create @ size=5000",
         .after = "close"},
        {.beside = "create @ size=10000 pattern", .during = "open @", .after = "close"},
        {.beside = "create @ size=10000", .during = "open @ read-only", .after = "close"},
        {.beside = "create @ size=10000", .during = "open_or_create @ size=10000", .after = "close"},
        {.during = "create @ size=10000 everyone", .after = "close"},
        {.beside = "create @ size=10000 group", .during = "open @ group", .after = "close"},
    };
    (void)state;
    CARRY_OUT(deeds);
}

static void e3_r6_any_call_of_using_regions_may_fail(void **state)
{
    static const struct deed deeds[] = {
        {.before = "create @ size=10000", .during = "close"},
        {.beside = "create @ size=10000", .before = "open @ read-only", .during = "close"},
        {.before = "create @ size=100 capacity=100000", .during = "grow 60000", .after = "close"},
        {.beside = "create @ size=10000", .during = "look @"},
        {.beside = "create @ size=10000", .during = "listed @"},
        {.beside = "create @ size=10000", .during = "remove @", .is_removal = true},
        {.beside = "create @ size=10000", .is_killed = true, .during = "tidy"},
    };
    (void)state;
    CARRY_OUT(deeds);
}

static void e3_any_call_of_tokens_and_native_memory_may_fail(void **state)
{
    static const struct deed deeds[] = {
        {.during = "create_anonymous - size=100", .after = "close"},
        {.before = "create @ size=100", .during = "token", .after = "close"},
        {.before = "create @ size=100", .during = "open_own_token -", .after = "close; close"},
        {.during = "create_native $ size=5000", .after = "close", .clears = "remove_native $"},
        {.beside = "create_native $ size=5000",
         .during = "open_native $",
         .after = "close",
         .clears = "remove_native $"},
        {.beside = "create_native $ size=5000",
         .during = "remove_native $",
         .clears = "remove_native $",
         .is_removal = true},
        {.during = "create_sealed - size=5000", .after = "close"},
        {.before = "create_sealed - size=5000", .during = "open_own_descriptor -", .after = "close; close"},
    };
    (void)state;
    CARRY_OUT(deeds);
}

static void e3_r6_any_call_of_arrays_may_fail(void **state)
{
    static const struct deed deeds[] = {
        {.during = "array_create @", .after = "array_close"},
        {.beside = "array_create @", .during = "array_open @", .after = "array_close"},
        {.beside = SAVED, .during = "array_load @ @.npy", .after = "array_close"},
        {.beside = SAVED, .before = "array_create @", .during = "array_save @.npy", .after = "array_close"},
    };
    (void)state;
    CARRY_OUT(deeds);
}

static void s9_any_call_of_locking_may_fail(void **state)
{
    static const struct deed deeds[] = {
        {.beside = OBJECTS, .before = "open @", .during = "lock 0", .after = "unlock 0; close"},
        {.beside = OBJECTS "; lock 0", .before = "open @", .during = "lock_within 0 12", .after = "close"},
        {.beside = OBJECTS "; in_thread mutex_lock 0",
         .before = "open @",
         .during = "lock 0",
         .after = "consistent 0; unlock 0; close"},
        {.beside = OBJECTS, .before = "open @", .during = "read_round 0", .after = "close"},
        {.beside = OBJECTS "; read_lock 0", .before = "open @", .during = "write_lock_within 0 12", .after = "close"},
        {.beside = OBJECTS "; in_thread write_lock 0", .before = "open @", .during = "write_round 0", .after = "close"},
    };
    (void)state;
    CARRY_OUT(deeds);
}

static void s9_any_call_of_waiting_may_fail(void **state)
{
    static const struct deed deeds[] = {
        {.beside = OBJECTS, .before = "open @", .during = "post 0 1", .after = "permit 0; close"},
        {.beside = OBJECTS, .before = "open @", .during = "permit_within 0 12", .after = "close"},
        {.beside = OBJECTS, .before = "open @", .during = "event_wait_within 0 12", .after = "close"},
        {.beside = OBJECTS,
         .before = "open @; lock 64",
         .during = "condition_wait_within 0 64 12",
         .after = "unlock 64; close"},
        {.beside = OBJECTS, .before = "open @", .during = "arrive_within 0 2 12", .after = "close"},
        {.beside = OBJECTS, .before = "open @", .during = "once 0 64", .after = "close"},
    };
    (void)state;
    CARRY_OUT(deeds);
}

/* A process to whom the system refuses something. */
static struct process *peer_refused(const char *what, const char *name)
{
    struct process *peer = peer_obeying();
    if (strcmp(what, "nothing") != 0) {
        assert_answer(ask(peer, "refuse %s", what), "yes");
        assert_answer(ask(peer, "exec"), "exec");
    }
    if (name != NULL)
        assert_answer(ask(peer, "open %s", name), "ISM_OK");
    return peer;
}

static void s2_a_death_is_told_to_and_by_whom_the_system_refuses_something(void **state)
{
    static const char *const refused[] = {"nothing", "futex_waitv", "robust_lists"};
    enum { REFUSED = sizeof refused / sizeof refused[0] };

    (void)state;
    if (!process_can_refuse())
        skip_because("this system can't refuse system calls for a test");
    ism_region *region = create_region(NAME("x"), 64);
    const ism_mutex *mutex = ism_region_data(region);
    for (unsigned i = 0; i < REFUSED * REFUSED; i++) {
        struct process *victim = peer_refused(refused[i / REFUSED], NAME("x"));
        struct process *survivor = peer_refused(refused[i % REFUSED], NAME("x"));
        assert_answer(ask(victim, "lock 0"), "ISM_OK");
        const ism_mutex as_owned = *mutex;
        tell(survivor, "lock 0");
        await_waiter(mutex, &as_owned);
        kill_and_wait(victim);
        assert_answer(answer(survivor), "ISM_OWNER_DIED");
        assert_answer(ask(survivor, "consistent 0"), "ISM_OK");
        assert_answer(ask(survivor, "unlock 0"), "ISM_OK");
        process_free(victim);
        dismiss(survivor);
    }
    close_region(region);
}

static void e3_what_the_system_refuses_for_good_is_told_and_leaves_nothing(void **state)
{
    (void)state;
    if (!process_can_refuse())
        skip_because("this system can't refuse system calls for a test");
    struct process *peer = peer_refused("memfd", NULL);
    assert_answer(ask(peer, "create_sealed - size=100"), "ISM_E_UNSUPPORTED");
    assert_answer(ask(peer, "create %s size=100", NAME("x")), "ISM_OK");
    dismiss(peer);
    peer = peer_refused("fallocate", NULL);
    const char *created = ask(peer, "create %s size=100", NAME("y"));
    assert_true(is_error(created) || strcmp(created, "ISM_OK") == 0);
    assert_int_equal(leftovers_regions(NAME("y")), !is_error(created));
    dismiss(peer);
}

/* What was done when a test failed. */
static int tell_and_end(void **state)
{
    if (stroke[0] != '\0')
        print_message("this was at %s\n", stroke);
    stroke[0] = '\0';
    return leftovers_end(state);
}

#define faulty(test) cmocka_unit_test_setup_teardown(test, leftovers_begin, tell_and_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        faulty(e3_r6_any_call_of_creating_and_opening_may_fail),
        faulty(e3_r6_any_call_of_using_regions_may_fail),
        faulty(e3_any_call_of_tokens_and_native_memory_may_fail),
        faulty(e3_r6_any_call_of_arrays_may_fail),
        faulty(s9_any_call_of_locking_may_fail),
        faulty(s9_any_call_of_waiting_may_fail),
        promise(s2_a_death_is_told_to_and_by_whom_the_system_refuses_something),
        promise(e3_what_the_system_refuses_for_good_is_told_and_leaves_nothing),
    };
    return cmocka_run_group_tests_name("faults", tests, NULL, NULL);
}
