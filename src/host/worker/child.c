#include "host/worker/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

struct pipes {
    int in[2], out[2], err[2], told[2]; // [0] is read, [1] written; told: why exec failed
};

static void close_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

static void close_pipes(struct pipes *p)
{
    for (int i = 0; i < 2; i++) {
        close_fd(&p->in[i]);
        close_fd(&p->out[i]);
        close_fd(&p->err[i]);
        close_fd(&p->told[i]);
    }
}

static bool open_pipes(const struct worker_child_options *options, struct pipes *p)
{
    *p = (struct pipes){{-1, -1}, {-1, -1}, {-1, -1}, {-1, -1}};
    return pipe2(p->out, O_CLOEXEC) == 0 && pipe2(p->told, O_CLOEXEC) == 0 &&
           (options->stdin_fd >= 0 || pipe2(p->in, O_CLOEXEC) == 0) &&
           (!options->keep_stderr || pipe2(p->err, O_CLOEXEC) == 0);
}

// A descriptor that dup2 must not overwrite while 0 to 2 and the telling pipe (3) are laid out.
static int out_of_the_way(int fd)
{
    return fd >= 0 ? fcntl(fd, F_DUPFD_CLOEXEC, 16) : -1;
}

// Between fork and exec of a process with threads: only what is safe in a signal handler.
static void become(const struct worker_child_options *options, const struct pipes *p, pid_t parent)
{
    int in = out_of_the_way(options->stdin_fd >= 0 ? options->stdin_fd : p->in[0]);
    int out = out_of_the_way(p->out[1]), err = out_of_the_way(p->err[1]);
    int told = out_of_the_way(p->told[1]);
    struct sigaction usual = {.sa_handler = SIG_DFL};
    sigset_t none;

    if (in < 0 || out < 0 || told < 0 || (p->err[1] >= 0 && err < 0))
        goto failed;
    if (dup2(in, 0) < 0 || dup2(out, 1) < 0 || (err >= 0 && dup2(err, 2) < 0) ||
        dup3(told, 3, O_CLOEXEC) < 0)
        goto failed;
    told = 3;
    if (close_range(4, ~0u, 0) != 0)
        goto failed;
    for (int signal = 1; signal < NSIG; signal++)
        sigaction(signal, &usual, NULL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    if (options->own_group && setpgid(0, 0) != 0)
        goto failed;
    // The parent may have died before the kernel knew of the wish.
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != parent)
        goto failed;
    execve(options->program, options->argv, options->envp);
failed:;
    int why = errno;
    ssize_t n = write(told, &why, sizeof why);
    _exit(n == sizeof why ? 127 : 126);
}

static bool fail(struct ym_error *err, const char *program, int why)
{
    char text[128];
    const char *name = strrchr(program, '/');

    ym_fail(err, YM_FAULT, "worker.child", "'%s' cannot be started: %s", name ? name + 1 : program,
            strerror_r(why, text, sizeof text));
    ym_about(err, ym_str(name ? name + 1 : program));
    return ym_hint(err, "Look at the installation and at the limits of processes and open files.");
}

bool worker_child_start(const struct worker_child_options *options, struct worker_child *child,
                        struct ym_error *err)
{
    struct pipes p;
    int why = 0;
    bool ok = false;

    *child = (struct worker_child){.pid = -1, .pidfd = -1, .in_fd = -1, .out_fd = -1, .err_fd = -1};
    if (!open_pipes(options, &p)) {
        fail(err, options->program, errno);
        goto out;
    }
    pid_t parent = getpid();
    child->pid = fork();
    if (child->pid == 0)
        become(options, &p, parent);
    if (child->pid < 0) {
        fail(err, options->program, errno);
        goto out;
    }
    if (options->own_group)
        setpgid(child->pid, child->pid); // also here: who kills the group need not wait for it
    child->group = options->own_group;
    child->pidfd = pidfd_open(child->pid, 0);
    close_fd(&p.told[1]);
    ssize_t n;
    do
        n = read(p.told[0], &why, sizeof why);
    while (n < 0 && errno == EINTR);
    if (n > 0 || child->pidfd < 0) {
        fail(err, options->program, n > 0 ? why : EMFILE);
        worker_child_clear(child);
        goto out;
    }
    child->in_fd = p.in[1];
    child->out_fd = p.out[0];
    child->err_fd = p.err[0];
    p.in[1] = p.out[0] = p.err[0] = -1;
    ok = true;
out:
    close_pipes(&p);
    return ok;
}

bool worker_child_wait(struct worker_child *child, int timeout_ms, int *status)
{
    struct pollfd ended = {.fd = child->pidfd, .events = POLLIN};
    int got = 0;

    if (child->pid < 0)
        return false;
    if (timeout_ms != 0) {
        int n = poll(&ended, 1, timeout_ms);
        if (n == 0 || (n < 0 && errno != EINTR))
            return false;
    }
    pid_t pid;
    do
        pid = waitpid(child->pid, &got, timeout_ms < 0 ? 0 : WNOHANG);
    while (pid < 0 && errno == EINTR);
    if (pid != child->pid)
        return false;
    child->pid = -1;
    if (status)
        *status = got;
    return true;
}

void worker_child_kill(struct worker_child *child)
{
    if (child->pid <= 0)
        return;
    if (child->group)
        kill(-child->pid, SIGKILL);
    kill(child->pid, SIGKILL);
}

void worker_child_clear(struct worker_child *child)
{
    if (child->pid > 0) {
        worker_child_kill(child);
        worker_child_wait(child, -1, NULL);
    }
    close_fd(&child->pidfd);
    close_fd(&child->in_fd);
    close_fd(&child->out_fd);
    close_fd(&child->err_fd);
    child->pid = -1;
}
