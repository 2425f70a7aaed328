/* life_undo_test.c: lives that are semaphores: a death is told by what the kernel undoes, an exec by the marker, each
 * without the other; what stands where a table is to be is refused and left; and nothing is left behind. All of it in
 * an IPC namespace of the test's own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sysv/life_undo.c"
#include "sysv/marker.c"

#define VERY_LONG UINT64_C(600000000000) /* longer than the test may take */
#define LENGTH 28032                     /* of a segment beside a set of 4000 semaphores */

/* What parent and children share. */
static struct {
    uint32_t word; /* slept on; nobody changes it */
    volatile ism_life life;
    volatile uint32_t marker;
    volatile pid_t grandchild;
} * board;

static struct ism_life_table *open_table(ism_status expected)
{
    struct ism_undo_audience audience = ism_undo_for_user();
    struct ism_life_table *table = NULL;
    struct ism_cause why;
    ism_process_lock(ISM_LOCK_REGISTRY);
    ism_status status = ism_undo_open(&audience, &table, &why);
    ism_process_unlock(ISM_LOCK_REGISTRY);
    assert_int_equal(status, expected);
    return table;
}

static void leave_table(struct ism_life_table *table)
{
    ism_process_lock(ISM_LOCK_REGISTRY);
    ism_undo_leave(table);
    ism_process_unlock(ISM_LOCK_REGISTRY);
}

static ism_life life_of_this(void)
{
    struct ism_cause why;
    ism_life life = 0;
    assert_int_equal(ism_life_take(NULL, &life, &why), ISM_OK);
    return life;
}

static bool has_ended_now(ism_life life)
{
    return ism_life_ended(NULL, life);
}

/* A child that has a life, and goes on as it is told. */
static pid_t start_living(bool has_marker, void (*go_on)(void))
{
    board->life = 0;
    pid_t child = fork();
    if (child == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (!has_marker)
            marker.is_refused = true;
        ism_life life = life_of_this();
        board->marker = marker.name;
        board->life = life;
        go_on();
        for (;;)
            (void)pause();
    }
    while (board->life == 0)
        (void)poll(NULL, 0, 1);
    return child;
}

static void stay(void)
{
}

static void reap(pid_t child)
{
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
}

static void end(pid_t child)
{
    assert_int_equal(kill(child, SIGKILL), 0);
    reap(child);
}

static key_t key_of_user(void)
{
    return ism_undo_for_user().key;
}

static void assert_nothing_left(void)
{
    assert_int_equal(semget(key_of_user(), 0, 0), -1);
    assert_int_equal(shmget(key_of_user(), 0, 0), -1);
    assert_int_equal(find_segment(0), -1);
}

static void s2_a_death_is_told_without_a_marker(void **state)
{
    (void)state;
    struct ism_life_table *table = open_table(ISM_OK);
    pid_t child = start_living(false, stay);
    assert_int_equal(board->marker, 0);
    assert_false(has_ended_now(board->life));
    end(child);
    assert_true(has_ended_now(board->life));
    leave_table(table);
    assert_nothing_left();
}

static void become_another(void)
{
    (void)execlp("sleep", "sleep", "600", (char *)NULL);
    _exit(1);
}

static void s2_an_exec_is_told_while_the_semaphore_says_nothing(void **state)
{
    (void)state;
    struct ism_life_table *table = open_table(ISM_OK);
    pid_t child = start_living(true, become_another);
    assert_int_not_equal(board->marker, 0);
    while (!has_ended_now(board->life))
        (void)poll(NULL, 0, 1);
    assert_int_equal(semctl(table->set, ism_undo_semaphore(table, ism_undo_slot(board->life)), GETVAL), 1);
    end(child);
    assert_false(ism_marker_is_there(board->marker));
    leave_table(table);
    assert_nothing_left();
}

static void fork_one_who_stays(void)
{
    pid_t grandchild = fork();
    if (grandchild == 0)
        (void)alarm(60); /* it outlives its parent, but not this test for long */
    else
        board->grandchild = grandchild;
}

static void r12_a_forked_child_keeps_neither_life_nor_marker(void **state)
{
    (void)state;
    struct ism_life_table *table = open_table(ISM_OK);
    ism_life own = life_of_this();
    pid_t child = start_living(true, fork_one_who_stays);
    while (board->grandchild == 0)
        (void)poll(NULL, 0, 1);
    assert_false(has_ended_now(board->life));
    assert_int_not_equal(board->marker, 0);
    assert_int_not_equal(board->marker, marker.name);
    end(child);
    assert_true(has_ended_now(board->life));
    while (ism_marker_is_there(board->marker))
        (void)poll(NULL, 0, 1);
    assert_int_equal(kill(board->grandchild, SIGKILL), 0);
    assert_false(has_ended_now(own));
    assert_true(life_of_this() == own);
    leave_table(table);
}

static void r6_what_a_killed_process_leaves_is_made_anew(void **state)
{
    (void)state;
    pid_t child = start_living(true, stay);
    struct ism_life_table *table = open_table(ISM_OK);
    uint64_t id = table->id;
    leave_table(table);
    table = open_table(ISM_OK);
    assert_true(table->id == id);
    assert_false(has_ended_now(board->life));
    leave_table(table);
    end(child);
    assert_int_not_equal(semget(key_of_user(), 0, 0), -1);
    table = open_table(ISM_OK);
    assert_false(table->id == id);
    assert_true(has_ended_now(board->life));
    assert_int_not_equal(find_segment(IPC_CREAT | MODE), -1); /* as one leaves that is killed while it makes a marker */
    leave_table(table);
    assert_nothing_left();
}

static void s2_a_segment_of_others_is_no_marker(void **state)
{
    (void)state;
    int id = shmget((key_t)(KEY | (uint32_t)geteuid()), 1, IPC_CREAT | IPC_EXCL | 0600);
    struct ism_life_table *table = open_table(ISM_OK);
    pid_t child = start_living(true, stay);
    assert_int_equal(board->marker, 0);
    end(child);
    assert_true(has_ended_now(board->life));
    leave_table(table);
    assert_nothing_left();
    assert_int_equal(shmctl(id, IPC_RMID, NULL), 0);
}

static void e2_a_planted_table_is_refused_and_left(void **state)
{
    (void)state;
    int set = semget(key_of_user(), 100, IPC_CREAT | IPC_EXCL | 0666);
    (void)open_table(ISM_E_FOREIGN);
    assert_int_equal(semctl(set, 0, IPC_RMID), 0);
    int segment = shmget(key_of_user(), LENGTH, IPC_CREAT | IPC_EXCL | 0666);
    (void)open_table(ISM_E_FOREIGN);
    assert_int_equal(semget(key_of_user(), 0, 0), -1);
    assert_int_equal(shmctl(segment, IPC_RMID, NULL), 0);
    assert_nothing_left();
}

static void e5_an_unknown_version_is_refused_and_left(void **state)
{
    const struct {
        uint64_t magic;
        uint32_t version;
        uint32_t features;
        ism_status expected;
    } tries[] = {
        {UINT64_C(0x0a6f646e75737369), 2, 0, ISM_E_VERSION},
        {UINT64_C(0x0a6f646e75737369), 1, 1, ISM_E_VERSION},
        {UINT64_C(0x6f646e7573736961), 1, 0, ISM_E_FOREIGN},
    };

    (void)state;
    for (size_t i = 0; i < sizeof tries / sizeof tries[0]; i++) {
        int id = shmget(key_of_user(), LENGTH, IPC_CREAT | IPC_EXCL | 0600);
        unsigned char *segment = shmat(id, NULL, 0);
        memset(segment, 0x55, LENGTH);
        memcpy(segment, &tries[i], 16);
        assert_int_equal(shmdt(segment), 0);
        (void)open_table(tries[i].expected);
        segment = shmat(id, NULL, 0);
        assert_memory_equal(segment, &tries[i], 16);
        for (size_t byte = 16; byte < LENGTH; byte++)
            assert_int_equal(segment[byte], 0x55);
        assert_int_equal(shmdt(segment), 0);
        assert_int_equal(shmctl(id, IPC_RMID, NULL), 0);
        (void)semctl(semget(key_of_user(), 0, 0), 0, IPC_RMID);
    }
    assert_nothing_left();
}

/* Which the system's limits have made a small one. */
static void s1_a_full_table_is_a_limit(void **state)
{
    struct ism_cause why;
    ism_life life;

    (void)state;
    FILE *limits = fopen("/proc/sys/kernel/sem", "we");
    if (limits == NULL || fputs("64 64 32 2", limits) < 0 || fclose(limits) != 0)
        skip();
    struct ism_life_table *table = open_table(ISM_OK);
    assert_int_equal(table->slots + table->alarms + ISM_UNDO_ALARMS, 62);
    for (uint32_t slot = 1; slot <= table->slots; slot++) {
        struct sembuf step = {ism_undo_semaphore(table, slot), 1, 0};
        assert_int_equal(semop(table->set, &step, 1), 0);
    }
    assert_int_equal(ism_life_take(NULL, &life, &why), ISM_E_LIMIT);
    struct sembuf step = {ism_undo_semaphore(table, 7), -1, 0};
    assert_int_equal(semop(table->set, &step, 1), 0);
    assert_int_equal(ism_life_take(NULL, &life, &why), ISM_OK);
    assert_int_equal(ism_undo_slot(life), 7);
    assert_true(has_ended_now(life + 1));
    assert_true(has_ended_now((life & ~UINT64_C(0xffffff)) | (table->slots + 1)));
    leave_table(table);
    assert_nothing_left();
    limits = fopen("/proc/sys/kernel/sem", "we");
    assert_true(limits != NULL && fputs("32000 1024000000 500 32000", limits) >= 0 && fclose(limits) == 0);
}

/* Names can still be looked up, by a lock that those who come later take too. */
static void s2_of_a_lost_table_nothing_is_guessed(void **state)
{
    struct ism_cause why;

    (void)state;
    struct ism_life_table *table = open_table(ISM_OK);
    pid_t child = start_living(true, stay);
    assert_int_equal(semctl(table->set, 0, IPC_RMID), 0);
    assert_false(has_ended_now(board->life));
    assert_int_equal(ism_lease_begin((struct ism_names){.shared = false}, &why), ISM_OK);
    assert_int_equal(semctl(semget(key_of_user(), 0, 0), ISM_UNDO_NAMES, GETVAL), 1);
    ism_lease_end();
    assert_int_equal(semctl(semget(key_of_user(), 0, 0), ISM_UNDO_NAMES, GETVAL), 0);
    ism_life life;
    assert_int_equal(ism_life_take(NULL, &life, &why), ISM_E_UNSUPPORTED);
    pid_t late = fork();
    if (late == 0) {
        leave_table(ism_undo_of_user());
        struct ism_undo_audience audience = ism_undo_for_user();
        _exit(ism_undo_open(&audience, &table, &why) == ISM_E_UNSUPPORTED ? 0 : 1);
    }
    int status;
    assert_int_equal(waitpid(late, &status, 0), late);
    assert_int_equal(status, 0);
    end(child);
    assert_false(has_ended_now(board->life));
    leave_table(table);
    assert_nothing_left();
}

static int count_wakes(const struct ism_life_table *table)
{
    int count = 0;
    for (uint32_t i = 0; i < table->alarms; i++)
        count += semctl(table->set, ISM_UNDO_ALARMS + (int)i, GETVAL);
    return count;
}

/* Whoever has looked at the word when it is changed, and sleeps only then, finds the wake. */
static void s9_a_wake_waits_for_who_is_about_to_sleep(void **state)
{
    struct ism_place place = {.word = &board->word, .region = 1};

    (void)state;
    struct ism_life_table *table = open_table(ISM_OK);
    for (int all = 0; all < 2; all++) {
        assert_false(ism_wait_wake(&place, all));
        assert_false(ism_wait_wake(&place, all));
        assert_int_equal(count_wakes(table), 1);
        ism_wait_sleep(&place, 0, 0, VERY_LONG);
        assert_int_equal(count_wakes(table), 0);
        ism_wait_sleep(&place, 1, 0, VERY_LONG); /* the word holds another value */
    }
    leave_table(table);
    assert_nothing_left();
}

static int enter_namespace(void **state)
{
    (void)state;
    board = mmap(NULL, sizeof *board, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    return board != MAP_FAILED ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(s2_a_death_is_told_without_a_marker),
        cmocka_unit_test(s2_an_exec_is_told_while_the_semaphore_says_nothing),
        cmocka_unit_test(r12_a_forked_child_keeps_neither_life_nor_marker),
        cmocka_unit_test(r6_what_a_killed_process_leaves_is_made_anew),
        cmocka_unit_test(s2_a_segment_of_others_is_no_marker),
        cmocka_unit_test(e2_a_planted_table_is_refused_and_left),
        cmocka_unit_test(e5_an_unknown_version_is_refused_and_left),
        cmocka_unit_test(s1_a_full_table_is_a_limit),
        cmocka_unit_test(s2_of_a_lost_table_nothing_is_guessed),
        cmocka_unit_test(s9_a_wake_waits_for_who_is_about_to_sleep),
    };
    if (unshare(CLONE_NEWIPC) == -1 && unshare(CLONE_NEWIPC | CLONE_NEWUSER) == -1) {
        (void)puts("skipped: this user can't have an IPC namespace of its own");
        return 77;
    }
    return cmocka_run_group_tests_name("life_undo", tests, enter_namespace, NULL);
}
