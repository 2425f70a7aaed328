/* life_robust_test.c: the words that the kernel marks when a life ends: who sleeps is woken by them, they end with
 * thread, process and program, belong to nobody's child, and nonsense in their pages does no harm. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "unix/life_robust.c"

#define VERY_LONG UINT64_C(600000000000) /* longer than the test may take */

/* What parent and children share. */
static struct {
    uint32_t word; /* slept on; nobody changes it */
    volatile ism_life life;
    uint32_t count;
} * board;

static ism_life life_of_this(void)
{
    struct ism_cause why = {NULL, 0};
    ism_life life = 0;
    assert_int_equal(ism_life_take(NULL, &life, &why), ISM_OK);
    return life;
}

static bool has_ended(ism_life life)
{
    return ism_life_ended(NULL, life);
}

/* Have a word at all, or say why not. */
static int need_words(void **state)
{
    uint64_t id;
    struct ism_cause why = {NULL, 0};

    (void)state;
    board = mmap(NULL, sizeof *board, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(board, MAP_FAILED);
    assert_int_equal(ism_life_table_use(&id, &why), ISM_OK);
    (void)life_of_this();
    return 0;
}

static void skip_without_words(void)
{
    if (mine != NULL)
        return;
    print_message("[  SKIPPED ] this kernel, or a filter of its calls, has no robust lists or no futex_waitv\n");
    skip();
}

/* A child that has a life, tells it, and waits to be killed. */
static pid_t start_living(void)
{
    board->life = 0;
    pid_t child = fork();
    assert_int_not_equal(child, -1);
    if (child == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        board->life = life_of_this();
        for (;;)
            (void)pause();
    }
    while (board->life == 0)
        (void)poll(NULL, 0, 1);
    return child;
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

static void sleep_watching_child(uint64_t nanoseconds)
{
    struct ism_place place = {.word = &board->word, .region = 1};
    while (!has_ended(board->life))
        ism_wait_sleep(&place, 0, board->life, nanoseconds);
}

/* Nobody wakes it, and its time does not pass. */
static void s2_who_sleeps_is_woken_by_the_death_of_the_watched(void **state)
{
    (void)state;
    skip_without_words();
    for (unsigned round = 0; round < 20; round++) {
        pid_t child = start_living();
        assert_false(has_ended(board->life));
        pid_t killer = fork();
        if (killer == 0) {
            (void)poll(NULL, 0, (int)(round % 4) * 5);
            (void)kill(child, SIGKILL);
            _exit(0);
        }
        sleep_watching_child(VERY_LONG);
        assert_true(ism_life_is_known_to_have_ended(NULL, board->life));
        reap(child);
        reap(killer);
    }
}

/* The kernel wakes one, and that one the others. */
static void s2_all_who_sleep_are_woken_by_a_death(void **state)
{
    enum { SLEEPERS = 64 };
    pid_t sleepers[SLEEPERS];

    (void)state;
    skip_without_words();
    pid_t child = start_living();
    assert_false(has_ended(board->life));
    for (int i = 0; i < SLEEPERS; i++)
        if ((sleepers[i] = fork()) == 0) {
            (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
            (void)__atomic_add_fetch(&board->count, 1, __ATOMIC_RELAXED);
            sleep_watching_child(VERY_LONG);
            _exit(0);
        }
    while (__atomic_load_n(&board->count, __ATOMIC_RELAXED) < SLEEPERS)
        (void)poll(NULL, 0, 1);
    end(child);
    for (int i = 0; i < SLEEPERS; i++)
        reap(sleepers[i]);
    board->count = 0;
}

static void *live_shortly(void *unused)
{
    (void)unused;
    board->life = life_of_this();
    return NULL;
}

static unsigned count_mappings(void)
{
    unsigned count = 0;
    int byte;
    FILE *maps = fopen("/proc/self/maps", "re");
    assert_non_null(maps);
    while ((byte = fgetc(maps)) != EOF)
        count += byte == '\n';
    (void)fclose(maps);
    return count;
}

static void s2_a_threads_word_ends_with_it_and_leaves_nothing(void **state)
{
    enum { THREADS = 300 };
    unsigned before = 0;

    (void)state;
    skip_without_words();
    for (int i = 0; i < THREADS; i++) {
        pthread_t thread;
        assert_int_equal(pthread_create(&thread, NULL, live_shortly, NULL), 0);
        assert_int_equal(pthread_join(thread, NULL), 0);
        assert_true(has_ended(board->life));
        if (i == 10)
            before = count_mappings();
    }
    assert_in_range(count_mappings(), 1, before + 5);
    assert_ptr_equal(own_words, mine);
}

/* Before a sanitizer looks for what a child has not freed. */
static void leave_at_once(void)
{
    _exit(0);
}

/* Whatever a child does at its end, a robust mutex of the C library's that it still holds included. */
static void r12_a_forked_childs_end_marks_no_word_of_its_parent(void **state)
{
    static pthread_mutex_t other;

    (void)state;
    skip_without_words();
    ism_life life = life_of_this();
    assert_int_equal(pthread_mutex_init(&other, &plan.attributes), 0);
    for (int way = 0; way < 3; way++) {
        pid_t child = fork();
        if (child == 0) {
            if (mine != NULL || own_words != NULL)
                _exit(1);
            if (way >= 1)
                (void)pthread_mutex_lock(&other);
            if (way == 2 && life_of_this() == life)
                _exit(1);
            if (has_ended(life))
                _exit(1);
            (void)atexit(leave_at_once);
            pthread_exit(NULL);
        }
        int status;
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_int_equal(status, 0);
        assert_false(has_ended(life));
        assert_false(ism_life_word_is_marked(-1, life));
    }
    assert_int_equal(pthread_mutex_destroy(&other), 0);
}

static void s2_a_program_that_is_replaced_has_ended(void **state)
{
    (void)state;
    skip_without_words();
    board->life = 0;
    pid_t child = fork();
    if (child == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        board->life = life_of_this();
        (void)execl("/bin/sleep", "sleep", "600", (char *)NULL);
        _exit(1);
    }
    while (board->life == 0)
        (void)poll(NULL, 0, 1);
    sleep_watching_child(VERY_LONG);
    assert_int_equal(kill(child, 0), 0);
    end(child);
}

/* All but a mark, which only the user's own processes could forge: no address is taken from it, and the byte tells. */
static void e2_nonsense_in_a_page_is_not_believed(void **state)
{
    static const size_t distances[] = {0, 1, 3, 68, 4096, UINT64_C(0xffffffff), UINT64_C(0x80000008)};
    uint32_t *word, value;

    (void)state;
    skip_without_words();
    pid_t child = start_living();
    ism_life life = board->life;
    assert_false(has_ended(life));
    uint64_t *note = (uint64_t *)(uintptr_t)(window.address + slot_of(life) * ism_memory_page());
    uint64_t was = *note;
    for (size_t i = 0; i < sizeof distances / sizeof distances[0]; i++) {
        *note = note_for(life, distances[i]);
        assert_false(ism_life_word_watch(life, &word, &value));
        assert_false(has_ended(life));
    }
    *note = was ^ SERIAL_BITS;
    assert_false(ism_life_word_watch(life, &word, &value));
    *note = was;
    assert_true(ism_life_word_watch(life, &word, &value));
    uint32_t held = *word;
    *word = 0;
    assert_false(ism_life_word_watch(life, &word, &value));
    assert_false(has_ended(life));
    *word = held ^ 1; /* another's: the kernel leaves it alone */
    assert_true(ism_life_word_watch(life, &word, &value));
    end(child);
    assert_true(has_ended(life));
}

/* The mutex of a thread whose word was overwritten still leaves the C library's list whole. */
static void *live_with_nonsense(void *unused)
{
    (void)unused;
    board->life = life_of_this();
    if (mine != NULL)
        memset(mine->pages, 0xff, ism_memory_page());
    return NULL;
}

static void e2_a_thread_whose_page_was_overwritten_ends_in_order(void **state)
{
    pthread_t thread;

    (void)state;
    skip_without_words();
    for (int i = 0; i < 10; i++) {
        assert_int_equal(pthread_create(&thread, NULL, live_with_nonsense, NULL), 0);
        assert_int_equal(pthread_join(thread, NULL), 0);
        assert_true(has_ended(board->life));
    }
}

/* What a filter of a container's may answer. */
static bool refuse(int call, uint32_t code)
{
    struct sock_filter steps[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)call, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | code),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog filter = {sizeof steps / sizeof steps[0], steps};
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0;
}

/* Exit status: 0 if all was as it should be, 1 if not, 77 if nothing can be refused here. */
static int sleep_refused(uint32_t code)
{
    struct ism_place place = {.word = &board->word, .region = 1};
    if (!refuse(SYS_futex_waitv, code))
        return 77;
    uint64_t start = ism_process_now();
    for (int i = 0; i < 10; i++)
        ism_wait_sleep(&place, 0, board->life, 1000000);
    if (ism_process_now() - start < 10 * UINT64_C(1000000) - 1000)
        return 1; /* it did not sleep */
    return has_ended(board->life) ? 1 : 0;
}

static void s2_where_watching_is_refused_one_sleeps_all_the_same(void **state)
{
    static const uint32_t codes[] = {EPERM, ENOSYS};
    int status;

    (void)state;
    skip_without_words();
    for (int i = 0; i < 2; i++) {
        pid_t child = start_living();
        assert_false(has_ended(board->life));
        pid_t sleeper = fork();
        if (sleeper == 0)
            _exit(sleep_refused(codes[i]));
        assert_int_equal(waitpid(sleeper, &status, 0), sleeper);
        end(child);
        assert_true(WIFEXITED(status));
        if (WEXITSTATUS(status) == 77)
            skip();
        assert_int_equal(WEXITSTATUS(status), 0);
    }
}

/* Who has no word is seen to live and to die all the same. */
static void s2_who_is_refused_a_word_lives_without(void **state)
{
    (void)state;
    skip_without_words();
    board->life = 0;
    pid_t child = fork();
    if (child == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        board->life = refuse(SYS_fallocate, ENOSYS) ? life_of_this() : 1;
        for (;;)
            (void)pause();
    }
    while (board->life == 0)
        (void)poll(NULL, 0, 1);
    if (board->life == 1) {
        end(child);
        skip();
    }
    uint32_t *word, value;
    assert_false(has_ended(board->life));
    assert_false(ism_life_word_watch(board->life, &word, &value));
    end(child);
    assert_true(has_ended(board->life));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(s2_who_sleeps_is_woken_by_the_death_of_the_watched),
        cmocka_unit_test(s2_all_who_sleep_are_woken_by_a_death),
        cmocka_unit_test(s2_a_threads_word_ends_with_it_and_leaves_nothing),
        cmocka_unit_test(r12_a_forked_childs_end_marks_no_word_of_its_parent),
        cmocka_unit_test(s2_a_program_that_is_replaced_has_ended),
        cmocka_unit_test(e2_nonsense_in_a_page_is_not_believed),
        cmocka_unit_test(e2_a_thread_whose_page_was_overwritten_ends_in_order),
        cmocka_unit_test(s2_where_watching_is_refused_one_sleeps_all_the_same),
        cmocka_unit_test(s2_who_is_refused_a_word_lives_without),
    };
    return cmocka_run_group_tests_name("life_robust", tests, need_words, NULL);
}
