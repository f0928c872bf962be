/* host/worker: threads, and children of this program.
 *
 * The only place that begins threads. A pool runs short jobs on a fixed number of threads behind a
 * bounded queue; a full queue refuses (YM_BUSY "worker.full"). A thread runs one function until it
 * returns. Children: worker_child_start forks and executes a program with exactly the descriptors
 * and the environment named; it must be called from a thread that lives as long as the child
 * (PR_SET_PDEATHSIG, SIGKILL, follows the thread). The parent is the only holder of the write end
 * of the child's stdin pipe (O_CLOEXEC), so that stdin's end is the parent's death. A program that
 * cannot be executed is an error of worker_child_start (YM_FAULT "worker.child"), not an early end.
 * Threads begin with all signals blocked, children with none and nothing ignored.
 */
#pragma once
#include "base/base.h"

#include <sys/types.h>

struct worker_pool;
typedef void worker_run(void *arg);
struct worker_pool *worker_pool_new(size_t threads, size_t queue_max);
YM_MUST bool worker_pool_put(struct worker_pool *pool, worker_run *run, void *arg,
                             struct ym_error *err);
size_t worker_pool_waiting(struct worker_pool *pool);
void worker_pool_free(struct worker_pool *pool); // runs what was accepted, then joins

struct worker_thread;
struct worker_thread *worker_thread_start(const char *name, worker_run *run, void *arg);
void worker_thread_join(struct worker_thread *thread); // and frees

struct worker_child {
    pid_t pid;
    int pidfd;  // readable when it has ended
    int in_fd;  // write end of its stdin pipe, -1 where stdin_fd was given
    int out_fd; // read end of its stdout, non-blocking is not set
    int err_fd; // read end of its stderr, -1 where it goes to ours
    bool group; // it leads a process group of its own
};
struct worker_child_options {
    const char *program; // absolute path
    char *const *argv;   // NULL-ended, argv[0] included
    char *const *envp;   // NULL-ended; exactly this
    int stdin_fd;        // -1: a pipe held by us; else this descriptor becomes its stdin
    bool own_group;      // setpgid: ^C at the terminal goes to the parent only
    bool keep_stderr;    // true: its stderr is a pipe to us (err_fd)
};
YM_MUST bool worker_child_start(const struct worker_child_options *options,
                                struct worker_child *child, struct ym_error *err);
// Waits up to `timeout_ms` (-1: for ever). True when it ended; *status as of waitpid.
bool worker_child_wait(struct worker_child *child, int timeout_ms, int *status);
void worker_child_kill(struct worker_child *child);  // SIGKILL to it (and its group)
void worker_child_clear(struct worker_child *child); // kills what still runs, reaps, closes

/* The cage, entered by a child on itself before it touches foreign bytes: seccomp allow-list (read,
 * write, memory that is not executable, exit and the like: no open, no socket, no exec, no stat;
 * the rest ends the process with SIGSYS), no_new_privs, RLIMIT_AS, CPU, FSIZE 0, NPROC 0, CORE 0,
 * PR_SET_PDEATHSIG, undumpable. Everything that must be opened or loaded (iconv tables, for one) is
 * opened before. One way: there is no leaving it, also not by exit handlers: end with _exit.
 * Errors: YM_FAULT "worker.cage". */
struct worker_cage {
    size_t memory_bytes;
    unsigned cpu_seconds;
};
YM_MUST bool worker_cage_enter(const struct worker_cage *cage, struct ym_error *err);
