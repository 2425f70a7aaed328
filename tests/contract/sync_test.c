/* sync_test.c: what holds for all objects of isthmus/sync.h alike (S3 to S8): where they may lie, that a region in which
 * a thread uses one is not closed (E4), that any bytes in them end in a status (E2), and that waits end only for a
 * reason (S9). */
#include "objects.h"

#include <stdlib.h>

/* What helps: a mutex that this thread owns, and a condition. */
static ism_mutex *own_mutex;
static ism_condition *own_condition;

static ism_status do_nothing(void *context)
{
    (void)context;
    return ISM_OK;
}

/* Calls that take an object, each with a deadline that has passed if it could wait. */
#define CALL(name, expression)                                                                                         \
    static ism_status name(void *object)                                                                               \
    {                                                                                                                  \
        return expression;                                                                                             \
    }
CALL(call_try_read, ism_rwlock_try_read_lock(object))
CALL(call_read, ism_rwlock_read_lock_until(object, passed()))
CALL(call_try_write, ism_rwlock_try_write_lock(object))
CALL(call_write, ism_rwlock_write_lock_until(object, passed()))
CALL(call_rwlock_unlock, ism_rwlock_unlock(object))
CALL(call_rwlock_consistent, ism_rwlock_consistent(object))
CALL(call_post, ism_semaphore_post(object, 1))
CALL(call_post_many, ism_semaphore_post(object, ISM_PERMITS_MAX))
CALL(call_try_permit, ism_semaphore_try_wait(object))
CALL(call_permit, ism_semaphore_wait_until(object, passed()))
CALL(call_set, ism_event_set(object))
CALL(call_reset, ism_event_reset(object))
CALL(call_try_event_wait, ism_event_try_wait(object))
CALL(call_event_wait, ism_event_wait_until(object, passed()))
CALL(call_try_event_take, ism_event_try_take(object))
CALL(call_event_take, ism_event_take_until(object, passed()))
CALL(call_condition_wait, ism_condition_wait_until(object, own_mutex, passed()))
CALL(call_signal, ism_condition_signal(object))
CALL(call_broadcast, ism_condition_broadcast(object))
CALL(call_wait_under, ism_condition_wait_until(own_condition, object, passed()))
CALL(call_arrive, ism_barrier_arrive_until(object, 2, passed()))
CALL(call_arrive_alone, ism_barrier_arrive_until(object, 1, passed()))
CALL(call_arrive_of_all, ism_barrier_arrive_until(object, ISM_PARTIES_MAX, passed()))
CALL(call_once, ism_once_run(object, do_nothing, NULL))

static const struct call {
    const char *name;
    size_t size;
    ism_status (*make)(void *object);
} calls[] = {
    {"try_read_lock", sizeof(ism_rwlock), call_try_read},
    {"read_lock_until", sizeof(ism_rwlock), call_read},
    {"try_write_lock", sizeof(ism_rwlock), call_try_write},
    {"write_lock_until", sizeof(ism_rwlock), call_write},
    {"rwlock_unlock", sizeof(ism_rwlock), call_rwlock_unlock},
    {"rwlock_consistent", sizeof(ism_rwlock), call_rwlock_consistent},
    {"post", sizeof(ism_semaphore), call_post},
    {"post of many", sizeof(ism_semaphore), call_post_many},
    {"semaphore_try_wait", sizeof(ism_semaphore), call_try_permit},
    {"semaphore_wait_until", sizeof(ism_semaphore), call_permit},
    {"event_set", sizeof(ism_event), call_set},
    {"event_reset", sizeof(ism_event), call_reset},
    {"event_try_wait", sizeof(ism_event), call_try_event_wait},
    {"event_wait_until", sizeof(ism_event), call_event_wait},
    {"event_try_take", sizeof(ism_event), call_try_event_take},
    {"event_take_until", sizeof(ism_event), call_event_take},
    {"condition_wait_until", sizeof(ism_condition), call_condition_wait},
    {"condition_signal", sizeof(ism_condition), call_signal},
    {"condition_broadcast", sizeof(ism_condition), call_broadcast},
    {"condition_wait_until under it", sizeof(ism_mutex), call_wait_under},
    {"barrier_arrive_until", sizeof(ism_barrier), call_arrive},
    {"barrier_arrive_until alone", sizeof(ism_barrier), call_arrive_alone},
    {"barrier_arrive_until of all", sizeof(ism_barrier), call_arrive_of_all},
    {"once_run", sizeof(ism_once), call_once},
};
enum { CALLS = sizeof calls / sizeof calls[0] };

static void assert_told(const struct call *call, void *object, ism_status expected)
{
    ism_status status = call->make(object);
    if (status != expected)
        fail_msg("%s: %s, not %s", call->name, ism_status_name(status), ism_status_name(expected));
}

static void all_say(void *object, ism_status expected)
{
    for (size_t i = 0; i < CALLS; i++)
        assert_told(&calls[i], object, expected);
}

static void begin(const char *name)
{
    create_objects(name);
    own_mutex = &objects->mutex;
    own_condition = &objects->condition;
    assert_status(ism_mutex_lock(own_mutex), ISM_OK);
}

static void end(void)
{
    assert_status(ism_mutex_unlock(own_mutex), ISM_OK);
    close_region();
}

/* ---- where they may lie ---- */

static void s3_s4_s5_s6_s7_s8_what_is_no_object_is_refused(void **state)
{
    static ism_rwlock in_static_memory;
    ism_rwlock on_the_stack;

    (void)state;
    memset(&on_the_stack, 0, sizeof on_the_stack);
    begin(NAME("x"));
    unsigned char *bytes = ism_region_data(region);
    all_say(NULL, ISM_E_INVALID);
    all_say(&on_the_stack, ISM_E_INVALID);
    all_say(&in_static_memory, ISM_E_INVALID);
    all_say(bytes - 512, ISM_E_INVALID);
    for (unsigned misaligned = 1; misaligned < 8; misaligned++)
        all_say(bytes + 1024 + misaligned, ISM_E_INVALID);
    all_say(bytes + SIZE, ISM_E_INVALID);
    end();
}

static void s3_s4_s5_s6_s7_s8_an_object_that_reaches_beyond_the_region_is_refused(void **state)
{
    ism_region_options options = {.size = 1000}; /* no whole page, so the bytes behind it are there */
    ism_region *small;

    (void)state;
    begin(NAME("x"));
    assert_status(ism_region_create(NAME("y"), &options, &small), ISM_OK);
    unsigned char *bytes = ism_region_data(small);
    const size_t size = (size_t)options.size;
    for (size_t i = 0; i < CALLS; i++) {
        const size_t last = size - calls[i].size;
        for (size_t at = last + 8; at < size + 32; at += 8) {
            assert_told(&calls[i], bytes + at, ISM_E_INVALID);
            if (at == last + 8) { /* the thread remembers the region in another state */
                memset(bytes, 0, size);
                assert_int_not_equal(calls[i].make(bytes + last), ISM_E_INVALID);
                (void)ism_rwlock_unlock((ism_rwlock *)(void *)(bytes + last));
                assert_told(&calls[i], bytes + at, ISM_E_INVALID);
            }
        }
    }
    for (size_t i = size; i < size + 32; i++)
        assert_int_equal(bytes[i], 0);
    assert_status(ism_region_close(small), ISM_OK);
    end();
}

static void s3_s4_s5_s6_s7_s8_objects_in_a_read_only_region_are_refused(void **state)
{
    ism_region_options options = {.flags = ISM_REGION_READ_ONLY};
    ism_region *reader;

    (void)state;
    begin(NAME("x"));
    assert_status(ism_region_open(NAME("x"), &options, &reader), ISM_OK);
    all_say((unsigned char *)ism_region_data(reader) + 1024, ISM_E_READ_ONLY);
    assert_status(ism_region_close(reader), ISM_OK);
    end();
}

static void s3_s4_s5_s6_s7_s8_objects_in_a_native_region_are_refused(void **state)
{
    ism_region_options options = {.size = 4096};
    ism_region *native;
    char name[64];

    (void)state;
    begin(NAME("x"));
    const unsigned long long own = (unsigned long long)process_own_id();
    if (backend_is("sysv"))
        (void)snprintf(name, sizeof name, "0x5155%04llx", own & 0xffff);
    else
        (void)snprintf(name, sizeof name, "%stest-%llu-sync", backend_is("posix") ? "/" : "Local\\", own);
    assert_status(ism_region_create_native(name, &options, &native), ISM_OK);
    all_say((unsigned char *)ism_region_data(native) + 1024, ISM_E_UNSUPPORTED);
    assert_status(ism_region_close(native), ISM_OK);
    ism_status removed = ism_region_remove_native(name);
    if (!backend_is("win32"))
        assert_status(removed, ISM_OK);
    end();
}

/* A thread keeps in mind what it used last; that must not outlive the region. */
static void s3_s4_s5_s6_s7_s8_objects_of_a_closed_region_are_refused(void **state)
{
    ism_region *again;

    (void)state;
    begin(NAME("x"));
    assert_status(ism_region_open(NAME("x"), NULL, &again), ISM_OK);
    unsigned char *bytes = ism_region_data(again);
    assert_status(ism_rwlock_read_lock((ism_rwlock *)(void *)(bytes + 1024)), ISM_OK);
    assert_status(ism_rwlock_unlock((ism_rwlock *)(void *)(bytes + 1024)), ISM_OK);
    assert_status(ism_region_close(again), ISM_OK);
    all_say(bytes + 1024, ISM_E_INVALID);
    end();
}

/* ---- E4 ---- */

static void e4_s3_a_region_whose_lock_is_read_or_written_is_busy(void **state)
{
    (void)state;
    create_objects(NAME("x"));
    for (int writes = 0; writes < 2; writes++) {
        for (int times = 0; times < 3; times++) {
            assert_status(writes ? ism_rwlock_write_lock(&objects->rwlock) : ism_rwlock_read_lock(&objects->rwlock),
                          ISM_OK);
            assert_status(ism_region_close(region), ISM_E_BUSY);
            assert_status(ism_rwlock_unlock(&objects->rwlock), ISM_OK);
        }
        assert_status(ism_rwlock_unlock(&objects->rwlock), ISM_E_NOT_OWNER);
    }
    close_region();
}

struct errand {
    ism_status (*wait)(void);
    ism_status status;
};

static ism_status wait_to_read(void)
{
    ism_status status = ism_rwlock_read_lock_until(&objects->rwlock, soon());
    return status == ISM_OK ? ism_rwlock_unlock(&objects->rwlock) : status;
}

static ism_status wait_to_write(void)
{
    ism_status status = ism_rwlock_write_lock_until(&objects->rwlock, soon());
    return status == ISM_OK ? ism_rwlock_unlock(&objects->rwlock) : status;
}

static ism_status wait_for_permit(void)
{
    return ism_semaphore_wait_until(&objects->semaphore, soon());
}

static ism_status wait_for_event(void)
{
    return ism_event_wait_until(&objects->event, soon());
}

static ism_status take_event(void)
{
    return ism_event_take_until(&objects->event, soon());
}

static ism_status wait_for_signal(void)
{
    ism_status status = ism_mutex_lock(&objects->mutex);
    if (status == ISM_OK)
        status = ism_condition_wait_until(&objects->condition, &objects->mutex, soon());
    ism_status unlocked = ism_mutex_unlock(&objects->mutex);
    return status == ISM_OK ? unlocked : status;
}

static ism_status wait_for_party(void)
{
    return ism_barrier_arrive_until(&objects->barrier, 2, soon());
}

static void run_errand(void *context)
{
    struct errand *errand = context;
    errand->status = errand->wait();
}

/* A thread waits; the region can't be closed until a peer does what it waits for. */
static void wait_and_close(ism_status (*wait)(void), const void *object, struct process *peer, const char *command)
{
    struct errand errand = {wait, ISM_E_SYSTEM};
    const volatile uint64_t *word = object;
    const uint64_t before = *word, until = process_milliseconds() + PROCESS_LIMIT;

    struct thread *thread = thread_start(run_errand, &errand);
    assert_non_null(thread);
    while (*word == before && process_milliseconds() < until)
        process_pause();
    ism_status closed = ism_region_close(region);
    const char *told = ask(peer, "%s", command);
    thread_join(thread);
    assert_status(closed, ISM_E_BUSY);
    assert_status(errand.status, ISM_OK);
    if (strcmp(told, "ISM_LAST_PARTY") != 0)
        assert_answer(told, "ISM_OK");
}

static void e4_s9_a_region_in_which_a_thread_waits_is_busy(void **state)
{
    static const struct {
        ism_status (*wait)(void);
        size_t object;
        const char *before, *command;
    } waits[] = {
        {wait_to_read, offsetof(struct objects, rwlock), "write_lock", "rwlock_unlock"},
        {wait_to_write, offsetof(struct objects, rwlock), "write_lock", "rwlock_unlock"},
        {wait_to_write, offsetof(struct objects, rwlock), "read_lock", "rwlock_unlock"},
        {wait_for_permit, offsetof(struct objects, semaphore), NULL, "post"},
        {wait_for_event, offsetof(struct objects, event), NULL, "event_set"},
        {take_event, offsetof(struct objects, event), NULL, "event_set"},
        {wait_for_signal, offsetof(struct objects, condition), NULL, "condition_signal"},
        {wait_for_party, offsetof(struct objects, barrier), NULL, "arrive"},
    };
    char command[64];

    (void)state;
    create_objects(NAME("x"));
    struct process *peer = peer_with(NAME("x"));
    for (size_t i = 0; i < sizeof waits / sizeof waits[0]; i++) {
        memset(objects, 0, sizeof *objects); /* no flag is left of who waited before */
        if (waits[i].before != NULL)
            assert_answer(ask(peer, "%s %u", waits[i].before, (unsigned)waits[i].object), "ISM_OK");
        const unsigned count = strcmp(waits[i].command, "arrive") == 0 ? 2 : 1;
        (void)snprintf(command, sizeof command, "%s %u %u", waits[i].command, (unsigned)waits[i].object, count);
        wait_and_close(waits[i].wait, (unsigned char *)objects + waits[i].object, peer, command);
    }
    dismiss(peer);
    close_region();
}

/* ---- E2 ---- */

static uint64_t noise(int round, int word)
{
    static const uint64_t flags[] = {UINT64_C(0x80000000), UINT64_C(0x40000000), UINT64_C(0x20000000),
                                     UINT64_C(0x10000000), UINT64_MAX,           1,
                                     UINT64_C(0xffffffff), UINT64_C(0x7fffffff)};
    uint64_t any = (uint64_t)rand() << 42 ^ (uint64_t)rand() << 21 ^ (uint64_t)rand();
    switch ((round + word) % 4) {
    case 0:
        return any;
    case 1:
        return flags[any % 8];
    case 2:
        return any & ISM_PERMITS_MAX;
    default:
        return any % 3 == 0 ? 0 : any << 32;
    }
}

/* What this thread has got by a call among noise it gives back. */
static ism_status give_back(const struct call *call, void *object, ism_status status)
{
    bool has_it = call->size == sizeof(ism_rwlock) && status >= ISM_OK && strncmp(call->name, "rwlock", 6) != 0;
    return has_it ? ism_rwlock_unlock(object) : ISM_OK;
}

static void e2_any_bytes_where_an_object_should_be_end_in_a_status(void **state)
{
    const int rounds = backend_is("win32") ? 20 : 300;
    uint64_t words[sizeof(ism_rwlock) / 8];

    (void)state;
    begin(NAME("x"));
    uint64_t *place = (uint64_t *)(void *)((unsigned char *)ism_region_data(region) + 4096);
    srand(2);
    for (int round = 0; round < rounds; round++)
        for (size_t i = 0; i < CALLS; i++) {
            for (int word = 0; word < (int)(sizeof words / 8); word++)
                words[word] = noise(round, word);
            memcpy(place, words, sizeof words);
            ism_status status = calls[i].make(place);
            assert_string_not_equal(ism_status_name(status), "ISM_STATUS_UNKNOWN");
            if (calls[i].size == sizeof(ism_rwlock) && status == ISM_OWNER_DIED && round % 2 == 0)
                assert_status(ism_rwlock_consistent((ism_rwlock *)(void *)place), ISM_OK);
            assert_status(give_back(&calls[i], place, status), ISM_OK);
        }
    end();
}

/* The object changes under whoever waits for it, over and over. */
struct scribbler {
    volatile uint64_t *place;
    volatile uint32_t ends;
};

static void scribble(void *context)
{
    struct scribbler *scribbler = context;
    uint64_t seed = 88172645463325252u;
    while (scribbler->ends == 0) {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        scribbler->place[seed % (sizeof(ism_rwlock) / 8)] = seed % 5 == 0 ? 0 : seed;
        scribbler->place[0] = seed % 7 == 0 ? 0 : seed >> 3;
    }
}

static void e2_an_object_that_is_overwritten_all_the_time_makes_nobody_hang(void **state)
{
    const int rounds = backend_is("win32") ? 10 : 200;

    (void)state;
    begin(NAME("x"));
    unsigned char *place = (unsigned char *)ism_region_data(region) + 4096;
    struct scribbler scribbler = {(volatile uint64_t *)(void *)place, 0};
    struct thread *thread = thread_start(scribble, &scribbler);
    assert_non_null(thread);
    for (int round = 0; round < rounds; round++)
        for (size_t i = 0; i < CALLS; i++)
            if (calls[i].make != call_once && calls[i].make != call_wait_under) /* no deadline */
                (void)give_back(&calls[i], place, calls[i].make(place));
    scribbler.ends = 1;
    thread_join(thread);
    end();
}

/* What a lock's owner finds in the place of its lock spoils the lock, not the process: it can still close. */
static void e2_s3_a_lock_taken_away_leaves_a_region_that_can_be_closed(void **state)
{
    (void)state;
    for (int writes = 0; writes < 2; writes++) {
        create_objects(NAME("x"));
        assert_status(writes ? ism_rwlock_write_lock(&objects->rwlock) : ism_rwlock_read_lock(&objects->rwlock),
                      ISM_OK);
        memset(&objects->rwlock, 0, sizeof objects->rwlock);
        assert_status(ism_rwlock_unlock(&objects->rwlock), ISM_E_NOT_OWNER);
        close_region();
    }
}

/* ---- S9 ---- */

static void s9_a_signal_does_not_end_a_wait(void **state)
{
    static const struct {
        size_t object;
        const char *before, *wait, *words, *end;
    } waits[] = {
        {offsetof(struct objects, rwlock), "write_lock", "read_round", "", "rwlock_unlock"},
        {offsetof(struct objects, rwlock), "read_lock", "write_round", "", "rwlock_unlock"},
        {offsetof(struct objects, semaphore), NULL, "permit", "", "post"},
        {offsetof(struct objects, event), NULL, "event_wait", "", "event_set"},
        {offsetof(struct objects, event), NULL, "event_take", "", "event_set"},
        {offsetof(struct objects, barrier), NULL, "arrive", "2", "arrive"},
    };

    (void)state;
    create_objects(NAME("x"));
    struct process *waiter = peer_with(NAME("x")), *other = peer_with(NAME("x"));
    assert_answer(ask(waiter, "accept_interruptions"), "yes");
    for (size_t i = 0; i < sizeof waits / sizeof waits[0]; i++) {
        const unsigned object = (unsigned)waits[i].object;
        memset(objects, 0, sizeof *objects); /* no flag is left of who waited before */
        if (waits[i].before != NULL)
            assert_answer(ask(other, "%s %u", waits[i].before, object), "ISM_OK");
        tell_to_wait(waiter, (unsigned char *)objects + object, waits[i].wait, waits[i].words);
        for (int times = 0; times < 20; times++) {
            process_interrupt(waiter);
            process_pause();
        }
        assert_false(process_has_output(waiter));
        (void)ask(other, "%s %u %d", waits[i].end, object, waits[i].words[0] == '2' ? 2 : 1);
        assert_answer(answer(waiter), "ISM_OK");
    }
    dismiss(waiter);
    dismiss(other);
    close_region();
}

/* A waiter whose deadline is the clock's last moment waits, and does not fail. */
static void s9_a_wait_until_the_last_moment_waits(void **state)
{
    static const char last[] = "18446744073709";

    (void)state;
    create_objects(NAME("x"));
    struct process *waiter = peer_with(NAME("x"));
    tell_to_wait(waiter, &objects->semaphore, "permit_within", last);
    assert_status(ism_semaphore_post(&objects->semaphore, 1), ISM_OK);
    assert_answer(answer(waiter), "ISM_OK");
    tell_to_wait(waiter, &objects->event, "event_take_within", last);
    assert_status(ism_event_set(&objects->event), ISM_OK);
    assert_answer(answer(waiter), "ISM_OK");
    char words[32];
    (void)snprintf(words, sizeof words, "2 %s", last);
    tell_to_wait(waiter, &objects->barrier, "arrive_within", words);
    assert_status(ism_barrier_arrive(&objects->barrier, 2), ISM_LAST_PARTY);
    assert_answer(answer(waiter), "ISM_OK");
    assert_status(ism_rwlock_read_lock(&objects->rwlock), ISM_OK);
    tell_to_wait(waiter, &objects->rwlock, "write_lock_within", last);
    assert_status(ism_rwlock_unlock(&objects->rwlock), ISM_OK);
    assert_answer(answer(waiter), "ISM_OK");
    assert_answer(ask(waiter, "rwlock_unlock 0"), "ISM_OK");
    dismiss(waiter);
    close_region();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        promise(s3_s4_s5_s6_s7_s8_what_is_no_object_is_refused),
        promise(s3_s4_s5_s6_s7_s8_an_object_that_reaches_beyond_the_region_is_refused),
        promise(s3_s4_s5_s6_s7_s8_objects_in_a_read_only_region_are_refused),
        promise(s3_s4_s5_s6_s7_s8_objects_in_a_native_region_are_refused),
        promise(s3_s4_s5_s6_s7_s8_objects_of_a_closed_region_are_refused),
        promise(e4_s3_a_region_whose_lock_is_read_or_written_is_busy),
        promise(e4_s9_a_region_in_which_a_thread_waits_is_busy),
        promise(e2_any_bytes_where_an_object_should_be_end_in_a_status),
        promise(e2_an_object_that_is_overwritten_all_the_time_makes_nobody_hang),
        promise(e2_s3_a_lock_taken_away_leaves_a_region_that_can_be_closed),
        promise(s9_a_signal_does_not_end_a_wait),
        promise(s9_a_wait_until_the_last_moment_waits),
    };
    return cmocka_run_group_tests_name("sync", tests, NULL, NULL);
}
