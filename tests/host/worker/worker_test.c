// cmocka.h wants these four before it.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "host/worker/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__)
#define WATCHED 1
#else
#define WATCHED 0
#endif

static char self[4096];

static void start_self(const char *what, bool group, struct worker_child *child)
{
    char *argv[] = {self, (char *)what, NULL}; // execve does not write to them
    char *envp[] = {"ONLY=this", NULL};
    struct ym_error err = {0};
    struct worker_child_options options = {
        .program = self, .argv = argv, .envp = envp, .stdin_fd = -1, .own_group = group};

    assert_true(worker_child_start(&options, child, &err));
}

static size_t hear(int fd, char *to, size_t room)
{
    size_t n = 0;
    ssize_t k;

    while (n < room && (k = read(fd, to + n, room - n)) > 0)
        n += (size_t)k;
    return n;
}

// What this program does as a child, by its argument.
static int in_cage(const char *what)
{
    struct worker_cage cage = {.memory_bytes = 256 << 20, .cpu_seconds = 2};
    struct ym_error err = {0};

    if (!worker_cage_enter(&cage, &err))
        _exit(99);
    if (strcmp(what, "cage-open") == 0)
        (void)!open("/etc/hostname", O_RDONLY);
    else if (strcmp(what, "cage-socket") == 0)
        (void)!socket(AF_INET, SOCK_STREAM, 0);
    else if (strcmp(what, "cage-exec") == 0)
        execl("/bin/true", "true", (char *)NULL);
    else if (strcmp(what, "cage-fork") == 0)
        (void)!fork();
    else if (strcmp(what, "cage-kill") == 0)
        kill(getppid(), 0);
    else if (strcmp(what, "cage-code") == 0)
        (void)!mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    else if (strcmp(what, "cage-memory") == 0)
        _exit(malloc((size_t)512 << 20) ? 1 : 0);
    else if (strcmp(what, "cage-spin") == 0)
        for (volatile unsigned i = 0;; i = i + 1)
            ;
    else if (strcmp(what, "cage-work") == 0) {
        char *bytes = malloc(1 << 20), text[16];
        ssize_t n = read(0, text, sizeof text);
        if (!bytes || n < 0 || write(1, text, (size_t)n) != n)
            _exit(1);
        free(bytes);
    }
    _exit(0);
}

static int as_child(const char *what)
{
    char text[256];

    if (strncmp(what, "cage-", 5) == 0)
        return in_cage(what);
    if (strcmp(what, "echo") == 0) {
        ssize_t n;
        while ((n = read(0, text, sizeof text)) > 0)
            if (write(1, text, (size_t)n) != n)
                return 1;
        return 7;
    }
    if (strcmp(what, "look") == 0) {
        int open_fds = 0;
        for (int fd = 0; fd < 64; fd++)
            open_fds += fcntl(fd, F_GETFD) >= 0;
        const char *path = getenv("PATH"), *only = getenv("ONLY");
        struct sigaction pipe_action;
        sigset_t blocked;
        sigaction(SIGPIPE, NULL, &pipe_action);
        sigprocmask(SIG_SETMASK, NULL, &blocked);
        printf("%d %s %s %d %d", open_fds, path ? path : "none", only ? only : "none",
               pipe_action.sa_handler == SIG_DFL, sigismember(&blocked, SIGTERM));
        return 0;
    }
    if (strcmp(what, "parent") == 0) {
        struct worker_child child;
        start_self("sleep", false, &child);
        printf("%d\n", (int)child.pid);
        fflush(stdout);
    }
    for (;;)
        pause();
}

struct gate {
    pthread_mutex_t lock;
    pthread_cond_t moved;
    bool open;
    int running, done;
};

static void wait_at(void *arg)
{
    struct gate *gate = arg;

    pthread_mutex_lock(&gate->lock);
    gate->running++;
    pthread_cond_broadcast(&gate->moved);
    while (!gate->open)
        pthread_cond_wait(&gate->moved, &gate->lock);
    gate->done++;
    pthread_mutex_unlock(&gate->lock);
}

static void a_full_queue_refuses_and_what_was_accepted_is_run(void **state)
{
    (void)state;
    struct gate gate = {.lock = PTHREAD_MUTEX_INITIALIZER, .moved = PTHREAD_COND_INITIALIZER};
    struct worker_pool *pool = worker_pool_new(1, 2);
    struct ym_error err = {0};

    assert_true(worker_pool_put(pool, wait_at, &gate, &err));
    pthread_mutex_lock(&gate.lock);
    while (gate.running == 0)
        pthread_cond_wait(&gate.moved, &gate.lock);
    pthread_mutex_unlock(&gate.lock);
    assert_true(worker_pool_put(pool, wait_at, &gate, &err));
    assert_true(worker_pool_put(pool, wait_at, &gate, &err));
    assert_int_equal(worker_pool_waiting(pool), 2);
    assert_false(worker_pool_put(pool, wait_at, &gate, &err));
    assert_string_equal(err.code, "worker.full");
    assert_int_equal(err.kind, YM_BUSY);

    pthread_mutex_lock(&gate.lock);
    gate.open = true;
    pthread_cond_broadcast(&gate.moved);
    pthread_mutex_unlock(&gate.lock);
    worker_pool_free(pool);
    assert_int_equal(gate.done, 3);
}

static void mark(void *arg)
{
    sigset_t blocked;

    pthread_sigmask(SIG_SETMASK, NULL, &blocked);
    *(int *)arg = sigismember(&blocked, SIGTERM) ? 2 : 1;
}

static void a_thread_runs_with_signals_left_to_the_main_thread(void **state)
{
    (void)state;
    int marked = 0;

    worker_thread_join(worker_thread_start("a-name-longer-than-fifteen", mark, &marked));
    assert_int_equal(marked, 2);
    worker_thread_join(NULL);
}

static void a_child_gets_its_pipes_and_its_end_is_seen(void **state)
{
    (void)state;
    struct worker_child child;
    char text[32];
    int status = 0;

    start_self("echo", false, &child);
    assert_false(worker_child_wait(&child, 0, &status));
    assert_int_equal(write(child.in_fd, "hello", 5), 5);
    close(child.in_fd);
    child.in_fd = -1;
    assert_int_equal(hear(child.out_fd, text, sizeof text), 5);
    assert_memory_equal(text, "hello", 5);
    assert_true(worker_child_wait(&child, 10000, &status));
    assert_int_equal(WEXITSTATUS(status), 7);
    worker_child_clear(&child);
    worker_child_clear(&child); // releasing the empty value does nothing
}

static void a_child_inherits_no_descriptor_environment_or_ignored_signal(void **state)
{
    (void)state;
    struct worker_child child;
    char text[256] = "";
    int stray = open("/dev/null", O_RDONLY); // not O_CLOEXEC, as a library might
    sigset_t term, before;

    signal(SIGPIPE, SIG_IGN);
    sigemptyset(&term);
    sigaddset(&term, SIGTERM);
    sigprocmask(SIG_BLOCK, &term, &before);
    start_self("look", false, &child);
    sigprocmask(SIG_SETMASK, &before, NULL);
    hear(child.out_fd, text, sizeof text - 1);
    assert_string_equal(text, "3 none this 1 0");
    worker_child_clear(&child);
    close(stray);
}

static void a_program_that_is_not_there_is_an_error_at_once(void **state)
{
    (void)state;
    char *argv[] = {"nowhere", NULL}, *envp[] = {NULL};
    struct worker_child_options options = {
        .program = "/nowhere/at/all", .argv = argv, .envp = envp, .stdin_fd = -1};
    struct worker_child child;
    struct ym_error err = {0};

    assert_false(worker_child_start(&options, &child, &err));
    assert_string_equal(err.code, "worker.child");
    assert_null(strstr(err.message, "/nowhere")); // no paths of ours in messages
    assert_true(waitpid(-1, NULL, WNOHANG) <= 0);
}

static void killing_a_child_ends_its_group(void **state)
{
    (void)state;
    struct worker_child child;
    char line[32] = "";
    int status = 0;

    prctl(PR_SET_CHILD_SUBREAPER, 1);
    start_self("parent", true, &child);
    assert_true(read(child.out_fd, line, sizeof line - 1) > 0);
    pid_t grandchild = (pid_t)strtol(line, NULL, 10);
    worker_child_kill(&child);
    assert_true(worker_child_wait(&child, 10000, &status));
    assert_int_equal(WTERMSIG(status), SIGKILL);
    assert_int_equal(waitpid(grandchild, &status, 0), grandchild);
    worker_child_clear(&child);
}

static void a_child_dies_with_its_parent_that_is_killed(void **state)
{
    (void)state;
    struct worker_child child;
    char line[32] = "";
    int status = 0;

    prctl(PR_SET_CHILD_SUBREAPER, 1); // so that the orphan becomes ours to wait for
    start_self("parent", false, &child);
    assert_true(read(child.out_fd, line, sizeof line - 1) > 0);
    pid_t grandchild = (pid_t)strtol(line, NULL, 10);
    kill(child.pid, SIGKILL);
    assert_true(worker_child_wait(&child, 10000, &status));
    assert_int_equal(waitpid(grandchild, &status, 0), grandchild);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGKILL);
    worker_child_clear(&child);
}

static int end_of(const char *what)
{
    struct worker_child child;
    int status = 0;

    start_self(what, false, &child);
    assert_int_equal(write(child.in_fd, "abc", 3), 3);
    assert_true(worker_child_wait(&child, 20000, &status));
    worker_child_clear(&child);
    return WIFSIGNALED(status) ? WTERMSIG(status) : -WEXITSTATUS(status);
}

static void the_cage_lets_work_through_and_kills_whatever_reaches_out(void **state)
{
    (void)state;
    static const char *const reaching[] = {"cage-open", "cage-socket", "cage-exec",
                                           "cage-fork", "cage-kill",   "cage-code"};

    assert_int_equal(end_of("cage-work"), 0);
    for (size_t i = 0; i < YM_COUNT(reaching); i++)
        assert_int_equal(end_of(reaching[i]), SIGSYS);
}

static void the_cage_bounds_memory_and_time(void **state)
{
    (void)state;
    if (!WATCHED) // a sanitizer's shadow alone is larger
        assert_int_equal(end_of("cage-memory"), 0);
    int end = end_of("cage-spin");
    assert_true(end == SIGXCPU || end == SIGKILL);
}

int main(int argc, char **argv)
{
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    assert(n > 0);
    if (argc > 1)
        return as_child(argv[1]);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_full_queue_refuses_and_what_was_accepted_is_run),
        cmocka_unit_test(a_thread_runs_with_signals_left_to_the_main_thread),
        cmocka_unit_test(a_child_gets_its_pipes_and_its_end_is_seen),
        cmocka_unit_test(a_child_inherits_no_descriptor_environment_or_ignored_signal),
        cmocka_unit_test(a_program_that_is_not_there_is_an_error_at_once),
        cmocka_unit_test(killing_a_child_ends_its_group),
        cmocka_unit_test(a_child_dies_with_its_parent_that_is_killed),
        cmocka_unit_test(the_cage_lets_work_through_and_kills_whatever_reaches_out),
        cmocka_unit_test(the_cage_bounds_memory_and_time),
    };
    return cmocka_run_group_tests_name("worker", tests, NULL, NULL);
}
