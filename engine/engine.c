/* yunmeng-engine CONFIG.xml STORE [WRITABLE_DIR]...
 *
 * ClickHouse's own HTTP listener from libchdb, alive exactly as long as stdin is open: the server
 * holds the write end of a pipe on it, and however the server dies, read() here returns 0.
 * Prints "http PORT" on stdout when it listens. Exit 0: the pipe was closed. Anything else has its
 * reason on stderr. STORE and the directories must exist. Environment: what CONFIG.xml and its
 * users.xml take by from_env, and YM_ENGINE_NATIVE to open the native port of a cluster too.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <linux/landlock.h>
#include <netinet/in.h>
#include <pthread.h>
#include <seccomp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

// The calls of libchdb's C API that are used; its npm package carries no header.
struct chdb_result;
const char *chdb_version(void);
struct chdb_result *chdb_query_cmdline(int argc, char **argv);
const char *chdb_result_error(struct chdb_result *result);

// The local session is always user `default` without a password; its last statement never ends,
// which keeps the process up. max_block_size: one sleep a block, or the sleep is refused as too
// long.
#define SLEEP "SELECT sleepEachRow(3) FROM system.numbers SETTINGS max_block_size = 1 FORMAT Null"
static char sql_alone[] = "--query=SYSTEM START LISTEN HTTP; " SLEEP;
static char sql_cluster[] = "--query=SYSTEM START LISTEN HTTP; SYSTEM START LISTEN TCP; " SLEEP;

static bool tell_listener(int fd)
{
    struct sockaddr_in address = {.sin_family = AF_UNSPEC};
    socklen_t size = sizeof address, on_size = sizeof(int);
    int on = 0;

    if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &on, &on_size) != 0 || !on ||
        getsockname(fd, (struct sockaddr *)&address, &size) != 0 || address.sin_family != AF_INET)
        return false;
    dprintf(STDOUT_FILENO, "http %d\n", ntohs(address.sin_port));
    return true;
}

// <http_port>0</http_port> lets the kernel choose: find the first listener, which is HTTP's. Its
// number is behind those of the files that the tables hold open, two a dataset.
static void *announce(void *with)
{
    DIR *files = with;

    for (;; usleep(5000)) {
        rewinddir(files);
        for (const struct dirent *file = readdir(files); file; file = readdir(files)) {
            int fd = (int)strtol(file->d_name, NULL, 10); // "." and "..": 0
            if (fd > STDERR_FILENO && tell_listener(fd)) {
                closedir(files);
                return NULL;
            }
        }
    }
}

// The tables hold files open; the number that a shell allows by default is for 500 datasets.
static void allow_files(void)
{
    struct rlimit files;

    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &files);
    }
}

static void *watch_stdin(void *unused)
{
    char bytes[64];
    ssize_t n;

    (void)unused;
    do {
        n = read(STDIN_FILENO, bytes, sizeof bytes);
    } while (n > 0 || (n < 0 && errno == EINTR));
    // Nothing to flush: what was acknowledged is in files already, and the store is crash-safe.
    _exit(0);
}

static bool allow(int ruleset, const char *path, uint64_t rights)
{
    struct landlock_path_beneath_attr rule = {.allowed_access = rights};

    rule.parent_fd = open(path, O_PATH | O_CLOEXEC);
    if (rule.parent_fd < 0)
        return errno == ENOENT;
    long rc = syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
    close(rule.parent_fd);
    return rc == 0;
}

/* The library runs as "local", where file() may name any path. Landlock takes the rest of the
 * machine away from it, the server's keys and control store above all. It needs no privilege, but
 * version 2 (kernel 5.19): before, a rename between directories, as DROP TABLE does, is refused. */
static bool confine(char *const *writable, const char *config_dir)
{
    const uint64_t read_file = LANDLOCK_ACCESS_FS_READ_FILE;
    const uint64_t read_tree = read_file | LANDLOCK_ACCESS_FS_READ_DIR;
    // All that version 2 knows; with REFER, the last of them, renames between directories.
    const uint64_t all = (LANDLOCK_ACCESS_FS_REFER << 1) - 1;
    // Not /proc/self as a whole: file('/proc/self/environ') would give away the header key.
    const struct {
        const char *path;
        uint64_t rights;
    } rules[] = {
        {config_dir, read_tree},
        {"/usr/lib", read_tree}, // the name service's modules
        {"/usr/share/zoneinfo", read_tree},
        {"/usr/share/ca-certificates", read_tree},
        {"/etc/ssl/certs", read_tree},
        {"/etc/hosts", read_file},
        {"/etc/resolv.conf", read_file},
        {"/etc/nsswitch.conf", read_file},
        {"/etc/localtime", read_file},
        {"/etc/timezone", read_file},
        {"/sys/fs/cgroup", read_tree}, // how much memory and how many cores it may take
        {"/sys/devices/system/cpu", read_tree},
        {"/proc/cpuinfo", read_file},
        {"/proc/meminfo", read_file},
        {"/proc/stat", read_file},
        {"/proc/self/statm", read_file},
        {"/proc/self/maps", read_file}, // glibc finds the first thread's stack there
        {"/dev/urandom", read_file},
        {"/dev/null", read_file | LANDLOCK_ACCESS_FS_WRITE_FILE},
    };
    struct landlock_ruleset_attr handled = {.handled_access_fs = all};

    if (syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION) < 2) {
        errno = ENOSYS;
        return false;
    }
    int ruleset = (int)syscall(SYS_landlock_create_ruleset, &handled, sizeof handled, 0);
    if (ruleset < 0)
        return false;
    bool ok = true;
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        ok = ok && allow(ruleset, rules[i].path, rules[i].rights);
    for (; *writable; writable++)
        ok = ok && allow(ruleset, *writable, all & ~(uint64_t)LANDLOCK_ACCESS_FS_EXECUTE);
    ok = ok && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         syscall(SYS_landlock_restrict_self, ruleset, 0) == 0;
    close(ruleset);
    return ok;
}

/* What no query needs and an intruder would want: other programs, other processes, the kernel's
 * wider doors. A refused call is an error for the library, not its death. */
static bool forbid_calls(void)
{
    const int calls[] = {
        SCMP_SYS(execve),
        SCMP_SYS(execveat),
        SCMP_SYS(ptrace),
        SCMP_SYS(process_vm_readv),
        SCMP_SYS(process_vm_writev),
        SCMP_SYS(pidfd_getfd),
        SCMP_SYS(mount),
        SCMP_SYS(move_mount),
        SCMP_SYS(umount2),
        SCMP_SYS(pivot_root),
        SCMP_SYS(chroot),
        SCMP_SYS(setns),
        SCMP_SYS(unshare),
        SCMP_SYS(bpf),
        SCMP_SYS(perf_event_open),
        SCMP_SYS(userfaultfd),
        SCMP_SYS(io_uring_setup),
        SCMP_SYS(keyctl),
        SCMP_SYS(add_key),
        SCMP_SYS(request_key),
        SCMP_SYS(init_module),
        SCMP_SYS(finit_module),
        SCMP_SYS(kexec_load),
        SCMP_SYS(open_by_handle_at),
    };
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
    bool ok = filter != NULL;

    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
        ok = ok && seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), calls[i], 0) == 0;
    ok = ok && seccomp_load(filter) == 0;
    seccomp_release(filter);
    return ok;
}

int main(int argc, char **argv)
{
    if (argc < 3) {
        fprintf(stderr, "usage: yunmeng-engine CONFIG.xml STORE [WRITABLE_DIR]... (libchdb %s)\n",
                chdb_version());
        return 2;
    }
    prctl(PR_SET_NAME, "yunmeng-engine");
    prctl(PR_SET_DUMPABLE, 0); // no core file with data in it, no /proc/PID/environ for others
    setsid();                  // ^C at the terminal goes to the server only
    (void)signal(SIGPIPE, SIG_IGN);

    allow_files();
    DIR *files = opendir("/proc/self/fd"); // out of reach once confined
    char *config_dir = strdup(argv[1]), *config = NULL, *path = NULL;
    if (!files || !config_dir || asprintf(&config, "--config-file=%s", argv[1]) < 0 ||
        asprintf(&path, "--path=%s", argv[2]) < 0)
        abort();
    bool caged = confine(argv + 2, dirname(config_dir)) && forbid_calls();
    free(config_dir);
    if (!caged) {
        fprintf(stderr, "engine: cannot confine myself: %s\n", strerror(errno));
        return 1;
    }

    pthread_t thread;
    if (pthread_create(&thread, NULL, watch_stdin, NULL) != 0 ||
        pthread_create(&thread, NULL, announce, files) != 0) {
        fprintf(stderr, "engine: cannot begin a thread\n");
        return 1;
    }
    char *sql = getenv("YM_ENGINE_NATIVE") ? sql_cluster : sql_alone;
    struct chdb_result *result =
        chdb_query_cmdline(4, (char *[]){argv[0], config, path, sql, NULL});
    // The last statement never ends by itself: to be here is a failure.
    const char *why = result ? chdb_result_error(result) : "no result";
    fprintf(stderr, "engine: %s\n", why && *why ? why : "it ended by itself");
    _exit(1);
}
