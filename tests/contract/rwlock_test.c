/* rwlock_test.c: many readers or one writer, none of whom starves (S3); a writer's death is told, a reader's is
 * not; waits end only for a reason (S9). */
#include "objects.h"

static struct process *peers[4];

static void start(const char *name, int count)
{
    create_objects(name);
    for (int i = 0; i < count; i++)
        peers[i] = peer_with(name);
}

static void end(int count)
{
    for (int i = 0; i < count; i++)
        dismiss(peers[i]);
    close_region();
}

/* The six ways to take it; those from FIRST_WRITER on are for writing. */
enum { FIRST_WRITER = 3, WAYS = 6 };

static ism_status take(ism_rwlock *lock, int way)
{
    switch (way) {
    case 0:
        return ism_rwlock_read_lock(lock);
    case 1:
        return ism_rwlock_try_read_lock(lock);
    case 2:
        return ism_rwlock_read_lock_until(lock, passed());
    case 3:
        return ism_rwlock_write_lock(lock);
    case 4:
        return ism_rwlock_try_write_lock(lock);
    default:
        return ism_rwlock_write_lock_until(lock, passed());
    }
}

/* Nobody has it, and nobody is kept out. */
static void assert_idle(void)
{
    ism_rwlock *lock = &objects->rwlock;
    assert_status(ism_rwlock_write_lock_until(lock, soon()), ISM_OK);
    assert_status(ism_rwlock_unlock(lock), ISM_OK);
    assert_status(ism_rwlock_read_lock_until(lock, soon()), ISM_OK);
    assert_status(ism_rwlock_unlock(lock), ISM_OK);
}

/* After the death of a writer: this thread was told, is alone, mends, and the lock is as new. */
static void recover_and_use(struct process *peer)
{
    ism_rwlock *lock = &objects->rwlock;
    assert_answer(ask(peer, "try_read_lock 0"), "ISM_E_BUSY");
    assert_answer(ask(peer, "try_write_lock 0"), "ISM_E_BUSY");
    assert_answer(ask(peer, "rwlock_consistent 0"), "ISM_E_NOT_OWNER");
    assert_status(ism_rwlock_consistent(lock), ISM_OK);
    assert_status(ism_rwlock_consistent(lock), ISM_E_INVALID);
    assert_answer(ask(peer, "try_read_lock 0"), "ISM_E_BUSY");
    assert_status(ism_rwlock_unlock(lock), ISM_OK);
    assert_answer(ask(peer, "read_round 0"), "ISM_OK");
    assert_answer(ask(peer, "write_round 0"), "ISM_OK");
    assert_idle();
}

static void s3_zero_bytes_are_a_free_lock(void **state)
{
    (void)state;
    assert_int_equal(sizeof(ism_rwlock), 512);
    assert_int_equal(_Alignof(ism_rwlock), 8);
    start(NAME("x"), 0);
    for (int way = 0; way < WAYS; way++) {
        memset(&objects->rwlock, 0, sizeof objects->rwlock);
        for (int times = 0; times < 3; times++) {
            assert_status(take(&objects->rwlock, way), ISM_OK);
            assert_status(ism_rwlock_unlock(&objects->rwlock), ISM_OK);
        }
    }
    assert_status(ism_rwlock_read_lock_until(&objects->rwlock, ISM_FOREVER), ISM_OK);
    assert_status(ism_rwlock_unlock(&objects->rwlock), ISM_OK);
    assert_status(ism_rwlock_write_lock_until(&objects->rwlock, ISM_FOREVER), ISM_OK);
    assert_status(ism_rwlock_unlock(&objects->rwlock), ISM_OK);
    end(0);
}

static void s3_readers_share_and_a_writer_is_alone(void **state)
{
    ism_rwlock *lock;

    (void)state;
    start(NAME("x"), 2);
    lock = &objects->rwlock;
    assert_status(ism_rwlock_read_lock(lock), ISM_OK);
    assert_answer(ask(peers[0], "read_lock 0"), "ISM_OK");
    assert_answer(ask(peers[1], "try_write_lock 0"), "ISM_E_BUSY");
    assert_answer(ask(peers[1], "write_lock_within 0 0"), "ISM_E_TIMED_OUT");
    assert_answer(ask(peers[1], "write_lock_within 0 30"), "ISM_E_TIMED_OUT");
    assert_answer(ask(peers[1], "try_read_lock 0"), "ISM_OK");
    assert_answer(ask(peers[1], "rwlock_unlock 0"), "ISM_OK");
    assert_status(ism_rwlock_unlock(lock), ISM_OK);
    assert_answer(ask(peers[1], "try_write_lock 0"), "ISM_E_BUSY");
    assert_answer(ask(peers[0], "rwlock_unlock 0"), "ISM_OK");
    assert_answer(ask(peers[1], "try_write_lock 0"), "ISM_OK");
    assert_status(ism_rwlock_try_write_lock(lock), ISM_E_BUSY);
    assert_status(ism_rwlock_try_read_lock(lock), ISM_E_BUSY);
    assert_status(ism_rwlock_read_lock_until(lock, passed()), ISM_E_TIMED_OUT);
    assert_answer(ask(peers[0], "read_lock_within 0 30"), "ISM_E_TIMED_OUT");
    assert_answer(ask(peers[0], "write_lock_within 0 30"), "ISM_E_TIMED_OUT");
    assert_answer(ask(peers[1], "rwlock_unlock 0"), "ISM_OK");
    assert_idle();
    end(2);
}

static void s3_taking_it_again_is_an_error_and_changes_nothing(void **state)
{
    (void)state;
    start(NAME("x"), 1);
    for (int first = 0; first < WAYS; first++) {
        assert_status(take(&objects->rwlock, first), ISM_OK);
        for (int again = 0; again < WAYS; again++)
            assert_status(take(&objects->rwlock, again), ISM_E_DEADLOCK);
        assert_answer(ask(peers[0], "try_write_lock 0"), "ISM_E_BUSY");
        const bool writes = first >= FIRST_WRITER;
        assert_answer(ask(peers[0], "try_read_lock 0"), writes ? "ISM_E_BUSY" : "ISM_OK");
        if (!writes)
            assert_answer(ask(peers[0], "rwlock_unlock 0"), "ISM_OK");
        assert_status(ism_rwlock_unlock(&objects->rwlock), ISM_OK);
        assert_status(ism_rwlock_unlock(&objects->rwlock), ISM_E_NOT_OWNER);
        assert_answer(ask(peers[0], "write_round 0"), "ISM_OK");
    }
    end(1);
}

struct attempt {
    ism_status unlocked, consistent, tried;
};

static void attempt_another_threads(void *context)
{
    struct attempt *attempt = context;
    attempt->unlocked = ism_rwlock_unlock(&objects->rwlock);
    attempt->consistent = ism_rwlock_consistent(&objects->rwlock);
    attempt->tried = ism_rwlock_try_write_lock(&objects->rwlock);
}

static void s3_only_who_has_it_gives_it_back(void **state)
{
    struct attempt attempt;

    (void)state;
    start(NAME("x"), 1);
    assert_status(ism_rwlock_unlock(&objects->rwlock), ISM_E_NOT_OWNER);
    for (int writes = 0; writes < 2; writes++) {
        assert_status(take(&objects->rwlock, writes ? FIRST_WRITER : 0), ISM_OK);
        assert_answer(ask(peers[0], "rwlock_unlock 0"), "ISM_E_NOT_OWNER");
        assert_answer(ask(peers[0], "rwlock_consistent 0"), "ISM_E_NOT_OWNER");
        struct thread *thread = thread_start(attempt_another_threads, &attempt);
        assert_non_null(thread);
        thread_join(thread);
        assert_status(attempt.unlocked, ISM_E_NOT_OWNER);
        assert_status(attempt.consistent, ISM_E_NOT_OWNER);
        assert_status(attempt.tried, ISM_E_BUSY);
        assert_status(ism_rwlock_consistent(&objects->rwlock), writes ? ISM_E_INVALID : ISM_E_NOT_OWNER);
        assert_status(ism_rwlock_unlock(&objects->rwlock), ISM_OK);
    }
    end(1);
}

static void s3_it_is_the_same_through_every_mapping(void **state)
{
    ism_region *again;

    (void)state;
    start(NAME("x"), 1);
    assert_status(ism_region_open(NAME("x"), NULL, &again), ISM_OK);
    ism_rwlock *same = &((struct objects *)ism_region_data(again))->rwlock;
    for (int way = 0; way < WAYS; way++) {
        assert_status(take(&objects->rwlock, way), ISM_OK);
        for (int other = 0; other < WAYS; other++)
            assert_status(take(same, other), ISM_E_DEADLOCK);
        assert_status(ism_rwlock_unlock(same), ISM_OK);
        assert_status(take(same, way), ISM_OK);
        assert_answer(ask(peers[0], "try_write_lock 0"), "ISM_E_BUSY");
        assert_status(ism_rwlock_unlock(&objects->rwlock), ISM_OK);
        assert_answer(ask(peers[0], "write_round 0"), "ISM_OK");
    }
    assert_status(ism_region_close(again), ISM_OK);
    end(1);
}

/* Several locks at once, also of one thread, in an order of its own. */
static void s3_locks_are_independent(void **state)
{
    enum { LOCKS = 20 };
    (void)state;
    start(NAME("x"), 1);
    ism_rwlock *locks = ism_region_data(region);
    for (int i = 0; i < LOCKS; i++)
        assert_status(take(&locks[i], i % 2 == 0 ? 0 : FIRST_WRITER), ISM_OK);
    for (int i = 0; i < LOCKS; i++) {
        unsigned offset = (unsigned)i * (unsigned)sizeof(ism_rwlock);
        assert_answer(ask(peers[0], "try_write_lock %u", offset), "ISM_E_BUSY");
        assert_status(take(&locks[i], 0), ISM_E_DEADLOCK);
    }
    for (int i = 0; i < LOCKS; i++) {
        unsigned place = (unsigned)(i * 7 % LOCKS);
        assert_status(ism_rwlock_unlock(&locks[place]), ISM_OK);
        assert_answer(ask(peers[0], "write_round %u", place * (unsigned)sizeof(ism_rwlock)), "ISM_OK");
    }
    end(1);
}

static void s3_who_waits_gets_it_when_it_is_free(void **state)
{
    static const char *const waits[] = {"read_lock", "write_lock", "read_lock_within", "write_lock_within"};
    (void)state;
    start(NAME("x"), 1);
    for (int i = 0; i < 4; i++)
        for (int writes = 0; writes < 2; writes++) {
            if (!writes && i % 2 == 0)
                continue; /* readers don't wait for each other */
            assert_status(take(&objects->rwlock, writes ? FIRST_WRITER : 0), ISM_OK);
            tell_to_wait(peers[0], &objects->rwlock, waits[i], "15000");
            assert_status(ism_rwlock_unlock(&objects->rwlock), ISM_OK);
            assert_answer(answer(peers[0]), "ISM_OK");
            assert_status(ism_rwlock_try_write_lock(&objects->rwlock), ISM_E_BUSY);
            assert_answer(ask(peers[0], "rwlock_unlock 0"), "ISM_OK");
            assert_idle();
        }
    end(1);
}

static void s3_all_readers_who_wait_for_a_writer_get_it(void **state)
{
    (void)state;
    start(NAME("x"), 4);
    assert_status(ism_rwlock_write_lock(&objects->rwlock), ISM_OK);
    tell_to_wait(peers[0], &objects->rwlock, "read_lock", "");
    for (int i = 1; i < 4; i++)
        tell(peers[i], "read_lock 0");
    assert_status(ism_rwlock_unlock(&objects->rwlock), ISM_OK);
    for (int i = 0; i < 4; i++) /* none of them gives it back meanwhile */
        assert_answer(answer(peers[i]), "ISM_OK");
    for (int i = 0; i < 4; i++)
        assert_answer(ask(peers[i], "rwlock_unlock 0"), "ISM_OK");
    assert_idle();
    end(4);
}

static void s3_a_writer_who_waits_keeps_new_readers_out(void **state)
{
    (void)state;
    start(NAME("x"), 3);
    assert_status(ism_rwlock_read_lock(&objects->rwlock), ISM_OK);
    tell_to_wait(peers[0], &objects->rwlock, "write_lock", "");
    assert_answer(ask(peers[1], "try_read_lock 0"), "ISM_E_BUSY");
    assert_answer(ask(peers[1], "read_lock_within 0 20"), "ISM_E_TIMED_OUT");
    tell(peers[1], "read_lock 0");
    tell(peers[2], "read_lock 0");
    assert_status(ism_rwlock_unlock(&objects->rwlock), ISM_OK);
    assert_answer(answer(peers[0]), "ISM_OK");
    assert_answer(ask(peers[0], "rwlock_unlock 0"), "ISM_OK");
    assert_answer(answer(peers[1]), "ISM_OK");
    assert_answer(answer(peers[2]), "ISM_OK");
    assert_answer(ask(peers[1], "rwlock_unlock 0"), "ISM_OK");
    assert_answer(ask(peers[2], "rwlock_unlock 0"), "ISM_OK");
    assert_idle();
    end(3);
}

static void s3_a_writer_who_gives_up_lets_readers_in_again(void **state)
{
    (void)state;
    start(NAME("x"), 3);
    assert_status(ism_rwlock_read_lock(&objects->rwlock), ISM_OK);
    tell(peers[0], "write_lock_within 0 60");
    tell(peers[1], "read_lock 0");
    assert_answer(answer(peers[0]), "ISM_E_TIMED_OUT");
    assert_answer(answer(peers[1]), "ISM_OK");
    assert_answer(ask(peers[2], "try_read_lock 0"), "ISM_OK");
    assert_answer(ask(peers[2], "rwlock_unlock 0"), "ISM_OK");
    assert_answer(ask(peers[1], "rwlock_unlock 0"), "ISM_OK");
    assert_status(ism_rwlock_unlock(&objects->rwlock), ISM_OK);
    assert_idle();
    end(3);
}

/* ---- many readers ---- */

enum { MANY = 65 };

struct reader {
    ism_status status;
    volatile uint32_t has_it;
};

static volatile uint32_t may_go;

static void read_until_told(void *context)
{
    struct reader *reader = context;
    ism_status status = ism_rwlock_read_lock_until(&objects->rwlock, soon());
    reader->has_it = status == ISM_OK;
    while (status == ISM_OK && may_go == 0)
        process_pause();
    reader->status = status == ISM_OK ? ism_rwlock_unlock(&objects->rwlock) : status;
}

static unsigned count_who_have_it(const struct reader *readers)
{
    unsigned count = 0;
    for (int i = 0; i < MANY; i++)
        count += readers[i].has_it;
    return count;
}

static void s3_more_readers_than_there_is_room_for_wait(void **state)
{
    static struct reader readers[MANY];
    struct thread *threads[MANY];
    const uint64_t until = process_milliseconds() + PROCESS_LIMIT;

    (void)state;
    start(NAME("x"), 1);
    may_go = 0;
    memset(readers, 0, sizeof readers);
    for (int i = 0; i < MANY; i++) {
        threads[i] = thread_start(read_until_told, &readers[i]);
        assert_non_null(threads[i]);
    }
    while (count_who_have_it(readers) < ISM_READERS_MAX && process_milliseconds() < until)
        process_pause();
    const char *tried = ask(peers[0], "try_read_lock 0");
    const char *waited = ask(peers[0], "read_lock_within 0 20");
    const char *wrote = ask(peers[0], "try_write_lock 0");
    const unsigned most = count_who_have_it(readers);
    may_go = 1;
    for (int i = 0; i < MANY; i++)
        thread_join(threads[i]);
    for (int i = 0; i < MANY; i++)
        assert_status(readers[i].status, ISM_OK);
    assert_int_equal(most, ISM_READERS_MAX);
    assert_answer(tried, "ISM_E_BUSY");
    assert_answer(waited, "ISM_E_TIMED_OUT");
    assert_answer(wrote, "ISM_E_BUSY");
    assert_idle();
    end(1);
}

static void s3_a_reader_who_waits_for_room_gets_it_when_one_leaves(void **state)
{
    static struct reader readers[MANY];
    struct thread *threads[ISM_READERS_MAX - 1];

    (void)state;
    start(NAME("x"), 2);
    may_go = 0;
    memset(readers, 0, sizeof readers);
    for (int i = 0; i < ISM_READERS_MAX - 1; i++) {
        threads[i] = thread_start(read_until_told, &readers[i]);
        assert_non_null(threads[i]);
    }
    while (count_who_have_it(readers) < ISM_READERS_MAX - 1)
        process_pause();
    for (int round = 0; round < 3; round++) {
        assert_answer(ask(peers[0], "read_lock 0"), "ISM_OK");
        tell_to_wait(peers[1], &objects->rwlock, "read_lock", "");
        if (round == 2) {
            kill_and_wait(peers[0]);
            process_free(peers[0]);
            peers[0] = peer_with(NAME("x"));
        } else {
            assert_answer(ask(peers[0], "rwlock_unlock 0"), "ISM_OK");
        }
        assert_answer(answer(peers[1]), "ISM_OK");
        assert_answer(ask(peers[1], "rwlock_unlock 0"), "ISM_OK");
    }
    may_go = 1;
    for (int i = 0; i < ISM_READERS_MAX - 1; i++)
        thread_join(threads[i]);
    assert_idle();
    end(2);
}

static void s3_the_room_of_dead_readers_is_used_again(void **state)
{
    (void)state;
    for (int writes = 0; writes < 2; writes++) {
        start(NAME("x"), 1);
        for (int i = 0; i < MANY; i++)
            assert_answer(ask(peers[0], "in_thread read_lock 0"), "ISM_OK");
        if (writes)
            assert_status(ism_rwlock_try_write_lock(&objects->rwlock), ISM_OK);
        else
            assert_status(ism_rwlock_try_read_lock(&objects->rwlock), ISM_OK);
        assert_status(ism_rwlock_unlock(&objects->rwlock), ISM_OK);
        assert_idle();
        end(1);
    }
}

/* ---- nobody starves ---- */

/* At every moment one of the others has the lock, or is about to come. */
static void come_among(const char *name, const char *others, ism_status (*lock_until)(ism_rwlock *, ism_deadline))
{
    enum { TIMES = 10 };
    start(name, 3);
    for (int i = 0; i < 3; i++)
        tell(peers[i], "%s 0 %u", others, AT(words[0]));
    for (int i = 0; i < TIMES; i++) {
        assert_status(lock_until(&objects->rwlock, soon()), ISM_OK);
        assert_status(ism_rwlock_unlock(&objects->rwlock), ISM_OK);
    }
    objects->words[0] = 1;
    for (int i = 0; i < 3; i++)
        assert_answer(answer(peers[i]), "ISM_OK");
    assert_idle();
    end(3);
}

static void s3_readers_who_come_for_ever_do_not_keep_a_writer_out(void **state)
{
    (void)state;
    come_among(NAME("x"), "read_until", ism_rwlock_write_lock_until);
}

static void s3_writers_who_come_for_ever_do_not_keep_a_reader_out(void **state)
{
    (void)state;
    come_among(NAME("x"), "write_until", ism_rwlock_read_lock_until);
}

/* ---- nobody is beside a writer ---- */

static void s3_nobody_is_beside_a_writer(void **state)
{
    const unsigned times = backend_is("win32") ? 500 : 10000;

    (void)state;
    start(NAME("x"), 4);
    for (int i = 0; i < 4; i++)
        tell(peers[i], "%s 0 %u %u", i < 2 ? "write_pairs" : "read_pairs", AT(words[0]), times);
    for (int i = 0; i < 4; i++)
        assert_answer(answer(peers[i]), "ISM_OK");
    assert_int_equal(objects->words[0], 2 * times);
    assert_int_equal(objects->words[1], 2 * times);
    end(4);
}

struct counter {
    unsigned times;
    bool writes;
    ism_status status;
};

static void use_in_thread(void *context)
{
    struct counter *counter = context;
    for (unsigned i = 0; i < counter->times && counter->status == ISM_OK; i++) {
        counter->status =
            counter->writes ? ism_rwlock_write_lock(&objects->rwlock) : ism_rwlock_read_lock(&objects->rwlock);
        if (counter->status != ISM_OK)
            return;
        if (objects->words[0] != objects->words[1])
            counter->status = ISM_E_CORRUPT;
        objects->words[0] = objects->words[0] + counter->writes;
        objects->words[1] = objects->words[1] + counter->writes;
        ism_status unlocked = ism_rwlock_unlock(&objects->rwlock);
        counter->status = counter->status == ISM_OK ? unlocked : counter->status;
    }
}

static void s3_threads_exclude_each_other_too(void **state)
{
    enum { THREADS = 4 };
    struct counter counters[THREADS];
    struct thread *threads[THREADS];
    const unsigned times = backend_is("win32") ? 500 : 5000;

    (void)state;
    start(NAME("x"), 0);
    for (int i = 0; i < THREADS; i++) {
        counters[i] = (struct counter){times, i < 2, ISM_OK};
        threads[i] = thread_start(use_in_thread, &counters[i]);
        assert_non_null(threads[i]);
    }
    for (int i = 0; i < THREADS; i++)
        thread_join(threads[i]);
    for (int i = 0; i < THREADS; i++)
        assert_status(counters[i].status, ISM_OK);
    assert_int_equal(objects->words[0], 2 * times);
    end(0);
}

/* ---- death ---- */

static void s3_a_writers_death_is_told_once_to_whoever_is_next(void **state)
{
    (void)state;
    start(NAME("x"), 1);
    for (int way = 0; way < WAYS; way++) {
        struct process *writer = peer_with(NAME("x"));
        assert_answer(ask(writer, "write_lock 0"), "ISM_OK");
        kill_and_wait(writer);
        assert_status(take(&objects->rwlock, way), ISM_OWNER_DIED);
        recover_and_use(peers[0]);
        process_free(writer);
    }
    end(1);
}

static void s3_a_writers_death_is_told_to_one_who_waits(void **state)
{
    static const char *const verbs[] = {"read_lock", "write_lock"};
    (void)state;
    start(NAME("x"), 1);
    for (int writes = 0; writes < 2; writes++) {
        struct process *writer = peer_with(NAME("x"));
        assert_answer(ask(writer, "write_lock 0"), "ISM_OK");
        tell_to_wait(peers[0], &objects->rwlock, verbs[writes], "");
        kill_and_wait(writer);
        assert_answer(answer(peers[0]), "ISM_OWNER_DIED");
        assert_status(ism_rwlock_try_read_lock(&objects->rwlock), ISM_E_BUSY);
        assert_answer(ask(peers[0], "rwlock_consistent 0"), "ISM_OK");
        assert_answer(ask(peers[0], "rwlock_unlock 0"), "ISM_OK");
        assert_idle();
        process_free(writer);
    }
    end(1);
}

static void s3_of_several_who_wait_one_is_told(void **state)
{
    int told = 0;

    (void)state;
    start(NAME("x"), 4);
    struct process *writer = peer_with(NAME("x"));
    assert_answer(ask(writer, "write_lock 0"), "ISM_OK");
    tell_to_wait(peers[0], &objects->rwlock, "read_round", "");
    for (int i = 1; i < 4; i++)
        tell(peers[i], i < 2 ? "read_round 0" : "write_round 0");
    kill_and_wait(writer);
    for (int i = 0; i < 4; i++) {
        const char *status = answer(peers[i]);
        told += strcmp(status, "ISM_OWNER_DIED") == 0;
        if (strcmp(status, "ISM_OWNER_DIED") != 0)
            assert_answer(status, "ISM_OK");
    }
    assert_int_equal(told, 1);
    end(4);
}

static void s3_given_back_without_consistent_it_is_given_up_for_all(void **state)
{
    (void)state;
    for (int reads = 0; reads < 2; reads++) {
        start(NAME("x"), 3);
        struct process *writer = peer_with(NAME("x"));
        assert_answer(ask(writer, "write_lock 0"), "ISM_OK");
        kill_and_wait(writer);
        assert_status(take(&objects->rwlock, reads ? 0 : FIRST_WRITER), ISM_OWNER_DIED);
        tell_to_wait(peers[0], &objects->rwlock, "read_lock", "");
        tell(peers[1], "write_lock 0");
        assert_status(ism_rwlock_unlock(&objects->rwlock), ISM_OK);
        assert_answer(answer(peers[0]), "ISM_E_UNRECOVERABLE");
        assert_answer(answer(peers[1]), "ISM_E_UNRECOVERABLE");
        for (int way = 0; way < WAYS; way++)
            assert_status(take(&objects->rwlock, way), ISM_E_UNRECOVERABLE);
        assert_answer(ask(peers[2], "read_lock 0"), "ISM_E_UNRECOVERABLE");
        assert_answer(ask(peers[2], "try_write_lock 0"), "ISM_E_UNRECOVERABLE");
        assert_answer(ask(peers[2], "rwlock_unlock 0"), "ISM_E_NOT_OWNER");
        assert_status(ism_rwlock_consistent(&objects->rwlock), ISM_E_NOT_OWNER);
        process_free(writer);
        end(3);
    }
}

static void s3_who_dies_while_mending_or_after_it_died_too(void **state)
{
    (void)state;
    start(NAME("x"), 1);
    for (int i = 0; i < 4; i++) {
        struct process *writer = peer_with(NAME("x"));
        assert_answer(ask(writer, i % 2 == 0 ? "write_lock 0" : "read_lock 0"), i == 0 ? "ISM_OK" : "ISM_OWNER_DIED");
        if (i == 2)
            assert_answer(ask(writer, "rwlock_consistent 0"), "ISM_OK");
        kill_and_wait(writer);
        process_free(writer);
    }
    assert_status(ism_rwlock_read_lock(&objects->rwlock), ISM_OWNER_DIED);
    recover_and_use(peers[0]);
    end(1);
}

static void s3_a_readers_death_is_not_told(void **state)
{
    (void)state;
    start(NAME("x"), 1);
    for (int way = 0; way < WAYS; way++) {
        struct process *reader = peer_with(NAME("x"));
        assert_answer(ask(reader, "read_lock 0"), "ISM_OK");
        kill_and_wait(reader);
        assert_status(take(&objects->rwlock, way), ISM_OK);
        assert_status(ism_rwlock_consistent(&objects->rwlock), way < FIRST_WRITER ? ISM_E_NOT_OWNER : ISM_E_INVALID);
        assert_status(ism_rwlock_unlock(&objects->rwlock), ISM_OK);
        process_free(reader);
    }
    struct process *reader = peer_with(NAME("x"));
    assert_answer(ask(reader, "read_lock 0"), "ISM_OK");
    tell_to_wait(peers[0], &objects->rwlock, "write_lock", "");
    kill_and_wait(reader);
    assert_answer(answer(peers[0]), "ISM_OK");
    assert_answer(ask(peers[0], "rwlock_unlock 0"), "ISM_OK");
    assert_idle();
    end(1);
}

/* It has kept new readers out, and nobody else waits; what it would have changed is whole. */
static void s3_a_writer_who_dies_before_the_readers_left_is_not_told(void **state)
{
    (void)state;
    start(NAME("x"), 1);
    for (int way = 0; way < WAYS; way++) {
        assert_answer(ask(peers[0], "read_lock 0"), "ISM_OK");
        struct process *writer = peer_with(NAME("x"));
        tell_to_wait(writer, &objects->rwlock, "write_lock", "");
        kill_and_wait(writer);
        if (way >= FIRST_WRITER)
            assert_answer(ask(peers[0], "rwlock_unlock 0"), "ISM_OK");
        assert_status(take(&objects->rwlock, way), ISM_OK);
        assert_status(ism_rwlock_unlock(&objects->rwlock), ISM_OK);
        if (way < FIRST_WRITER)
            assert_answer(ask(peers[0], "rwlock_unlock 0"), "ISM_OK");
        assert_idle();
        process_free(writer);
    }
    end(1);
}

/* Those who wait are killed while they do; whoever is left gets it. */
static void s3_a_killed_waiter_keeps_nobody_out(void **state)
{
    enum { ROUNDS = 12 };
    (void)state;
    start(NAME("x"), 1);
    for (int round = 0; round < ROUNDS; round++) {
        const bool held_by_writer = round % 3 != 0;
        struct process *victim = peer_with(NAME("x"));
        memset(&objects->rwlock, 0, sizeof objects->rwlock);
        assert_status(take(&objects->rwlock, held_by_writer ? FIRST_WRITER : 0), ISM_OK);
        tell_to_wait(victim, &objects->rwlock, held_by_writer && round % 2 ? "read_lock" : "write_lock", "");
        tell(peers[0], round % 4 < 2 ? "write_round 0" : "read_round 0");
        if (round % 2 == 0)
            process_kill(victim);
        assert_status(ism_rwlock_unlock(&objects->rwlock), ISM_OK);
        process_kill(victim);
        const char *status = answer(peers[0]);
        if (strcmp(status, "ISM_OWNER_DIED") != 0)
            assert_answer(status, "ISM_OK");
        process_free(victim);
    }
    end(1);
}

static void s3_the_end_of_a_thread_is_a_death(void **state)
{
    (void)state;
    start(NAME("x"), 2);
    assert_answer(ask(peers[0], "in_thread read_lock 0"), "ISM_OK");
    assert_status(ism_rwlock_try_write_lock(&objects->rwlock), ISM_OK);
    assert_status(ism_rwlock_unlock(&objects->rwlock), ISM_OK);
    assert_answer(ask(peers[0], "in_thread write_lock 0"), "ISM_OK");
    assert_status(ism_rwlock_try_read_lock(&objects->rwlock), ISM_OWNER_DIED);
    recover_and_use(peers[1]);
    assert_answer(ask(peers[0], "in_thread write_lock 0"), "ISM_OK");
    assert_answer(ask(peers[0], "read_lock 0"), "ISM_OWNER_DIED");
    assert_answer(ask(peers[0], "rwlock_consistent 0"), "ISM_OK");
    assert_answer(ask(peers[0], "rwlock_unlock 0"), "ISM_OK");
    assert_answer(ask(peers[0], "in_thread read_lock 0"), "ISM_OK");
    assert_answer(ask(peers[0], "close"), "ISM_OK");
    assert_idle();
    end(2);
}

static void s3_exit_and_exec_are_deaths(void **state)
{
    (void)state;
    start(NAME("x"), 1);
    for (int way = 0; way < 4; way++) {
        struct process *peer = peer_with(NAME("x"));
        assert_answer(ask(peer, way % 2 == 0 ? "read_lock 0" : "write_lock 0"), "ISM_OK");
        bool has_ended = true;
        if (way < 2) {
            tell(peer, "exit");
            assert_int_equal(process_wait(peer), 0);
        } else {
            has_ended = strcmp(ask(peer, "exec"), "exec") == 0;
        }
        if (has_ended) {
            assert_status(ism_rwlock_write_lock(&objects->rwlock), way % 2 == 0 ? ISM_OK : ISM_OWNER_DIED);
            if (way % 2 == 1)
                assert_status(ism_rwlock_consistent(&objects->rwlock), ISM_OK);
            assert_status(ism_rwlock_unlock(&objects->rwlock), ISM_OK);
        } else {
            assert_answer(ask(peer, "rwlock_unlock 0"), "ISM_OK");
        }
        process_free(peer);
    }
    assert_idle();
    end(1);
}

static void s3_one_who_is_stopped_lives(void **state)
{
    (void)state;
    start(NAME("x"), 1);
    for (int writes = 0; writes < 2; writes++) {
        assert_answer(ask(peers[0], writes ? "write_lock 0" : "read_lock 0"), "ISM_OK");
        process_suspend(peers[0]);
        assert_status(ism_rwlock_try_write_lock(&objects->rwlock), ISM_E_BUSY);
        assert_status(ism_rwlock_write_lock_until(&objects->rwlock, ism_deadline_after(30 * ISM_MILLISECOND)),
                      ISM_E_TIMED_OUT);
        process_resume(peers[0]);
        assert_answer(ask(peers[0], "rwlock_unlock 0"), "ISM_OK");
        assert_idle();
    }
    end(1);
}

/* ---- fork ---- */

static void s3_a_forked_child_owns_nothing_and_its_parents_death_counts(void **state)
{
    (void)state;
    for (int writes = 0; writes < 2; writes++) {
        start(NAME("x"), 0);
        struct process *parent = peer_with(NAME("x"));
        assert_answer(ask(parent, writes ? "write_lock 0" : "read_lock 0"), "ISM_OK");
        if (!forks(parent)) {
            process_free(parent);
            end(0);
            skip_because("this system has no fork");
        }
        assert_answer(ask(parent, "rwlock_unlock 0"), "ISM_E_NOT_OWNER");
        assert_answer(ask(parent, "try_write_lock 0"), "ISM_E_BUSY");
        assert_answer(ask(parent, "write_lock_within 0 20"), "ISM_E_TIMED_OUT");
        assert_answer(ask(parent, "try_read_lock 0"), writes ? "ISM_E_BUSY" : "ISM_OK");
        if (!writes)
            assert_answer(ask(parent, "rwlock_unlock 0"), "ISM_OK");
        assert_status(ism_rwlock_try_write_lock(&objects->rwlock), ISM_E_BUSY);
        kill_and_wait(parent);
        assert_answer(ask(parent, "write_lock 0"), writes ? "ISM_OWNER_DIED" : "ISM_OK");
        if (writes)
            assert_answer(ask(parent, "rwlock_consistent 0"), "ISM_OK");
        assert_answer(ask(parent, "rwlock_unlock 0"), "ISM_OK");
        assert_idle();
        process_end_input(parent);
        assert_true(process_output_ended(parent));
        process_free(parent);
        end(0);
    }
}

static void s3_a_forked_childs_death_does_not_end_its_parent(void **state)
{
    (void)state;
    start(NAME("x"), 1);
    assert_answer(ask(peers[0], "read_lock 0"), "ISM_OK");
    if (!forks(peers[0])) {
        assert_answer(ask(peers[0], "rwlock_unlock 0"), "ISM_OK");
        end(1);
        skip_because("this system has no fork");
    }
    assert_answer(ask(peers[0], "read_lock 0"), "ISM_OK");
    assert_answer(ask(peers[0], "exit"), "parent");
    assert_status(ism_rwlock_try_write_lock(&objects->rwlock), ISM_E_BUSY);
    assert_answer(ask(peers[0], "rwlock_unlock 0"), "ISM_OK");
    assert_idle();
    end(1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        promise(s3_zero_bytes_are_a_free_lock),
        promise(s3_readers_share_and_a_writer_is_alone),
        promise(s3_taking_it_again_is_an_error_and_changes_nothing),
        promise(s3_only_who_has_it_gives_it_back),
        promise(s3_it_is_the_same_through_every_mapping),
        promise(s3_locks_are_independent),
        promise(s3_who_waits_gets_it_when_it_is_free),
        promise(s3_all_readers_who_wait_for_a_writer_get_it),
        promise(s3_a_writer_who_waits_keeps_new_readers_out),
        promise(s3_a_writer_who_gives_up_lets_readers_in_again),
        promise(s3_more_readers_than_there_is_room_for_wait),
        promise(s3_a_reader_who_waits_for_room_gets_it_when_one_leaves),
        promise(s3_the_room_of_dead_readers_is_used_again),
        promise(s3_readers_who_come_for_ever_do_not_keep_a_writer_out),
        promise(s3_writers_who_come_for_ever_do_not_keep_a_reader_out),
        promise(s3_nobody_is_beside_a_writer),
        promise(s3_threads_exclude_each_other_too),
        promise(s3_a_writers_death_is_told_once_to_whoever_is_next),
        promise(s3_a_writers_death_is_told_to_one_who_waits),
        promise(s3_of_several_who_wait_one_is_told),
        promise(s3_given_back_without_consistent_it_is_given_up_for_all),
        promise(s3_who_dies_while_mending_or_after_it_died_too),
        promise(s3_a_readers_death_is_not_told),
        promise(s3_a_writer_who_dies_before_the_readers_left_is_not_told),
        promise(s3_a_killed_waiter_keeps_nobody_out),
        promise(s3_the_end_of_a_thread_is_a_death),
        promise(s3_exit_and_exec_are_deaths),
        promise(s3_one_who_is_stopped_lives),
        promise(s3_a_forked_child_owns_nothing_and_its_parents_death_counts),
        promise(s3_a_forked_childs_death_does_not_end_its_parent),
    };
    return cmocka_run_group_tests_name("rwlock", tests, NULL, NULL);
}
