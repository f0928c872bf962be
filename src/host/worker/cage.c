#include "host/worker/worker.h"

#include <errno.h>
#include <seccomp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#if defined(__SANITIZE_ADDRESS__)
#define WATCHED 1 // the sanitizer's shadow is terabytes of address space
#else
#define WATCHED 0
#endif

// All that parsing needs: bytes in, bytes out, memory, the end.
static const int allowed[] = {
    SCMP_SYS(read),          SCMP_SYS(pread64),      SCMP_SYS(write),           SCMP_SYS(writev),
    SCMP_SYS(close),         SCMP_SYS(lseek),        SCMP_SYS(munmap),          SCMP_SYS(mremap),
    SCMP_SYS(brk),           SCMP_SYS(madvise),      SCMP_SYS(futex),           SCMP_SYS(getrandom),
    SCMP_SYS(clock_gettime), SCMP_SYS(rt_sigreturn), SCMP_SYS(restart_syscall), SCMP_SYS(exit),
    SCMP_SYS(exit_group),
};
// What a sanitizer's runtime asks for besides, to print what it found.
static const int allowed_watched[] = {
    SCMP_SYS(getpid),         SCMP_SYS(gettid),       SCMP_SYS(sigaltstack),
    SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigaction), SCMP_SYS(sched_yield),
};

static bool fail(struct ym_error *err, const char *what, int why)
{
    char text[128];

    ym_fail(err, YM_FAULT, "worker.cage", "the cage cannot be entered: %s: %s", what,
            strerror_r(why, text, sizeof text));
    return ym_hint(err,
                   "The kernel must know seccomp filters; look at how the service is confined.");
}

static bool limit(int which, rlim_t most)
{
    struct rlimit now;

    if (getrlimit((__rlimit_resource_t)which, &now) != 0)
        return false;
    if (now.rlim_max != RLIM_INFINITY && now.rlim_max < most)
        most = now.rlim_max;
    return setrlimit((__rlimit_resource_t)which, &(struct rlimit){most, most}) == 0;
}

static bool limits(const struct worker_cage *cage)
{
    return (WATCHED || limit(RLIMIT_AS, cage->memory_bytes)) &&
           limit(RLIMIT_CPU, cage->cpu_seconds) && limit(RLIMIT_FSIZE, 0) &&
           limit(RLIMIT_NPROC, 0) && limit(RLIMIT_CORE, 0);
}

static int filter(scmp_filter_ctx rules)
{
    int failed = 0;

    for (size_t i = 0; i < YM_COUNT(allowed) && !failed; i++)
        failed = seccomp_rule_add(rules, SCMP_ACT_ALLOW, allowed[i], 0);
    for (size_t i = 0; i < YM_COUNT(allowed_watched) && WATCHED && !failed; i++)
        failed = seccomp_rule_add(rules, SCMP_ACT_ALLOW, allowed_watched[i], 0);
    // Memory, but never memory that can be executed.
    if (!failed)
        failed = seccomp_rule_add(rules, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1,
                                  SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
    if (!failed)
        failed = seccomp_rule_add(rules, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1,
                                  SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
    return failed ? failed : seccomp_load(rules);
}

bool worker_cage_enter(const struct worker_cage *cage, struct ym_error *err)
{
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || prctl(PR_SET_DUMPABLE, 0) != 0 ||
        prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return fail(err, "prctl", errno);
    if (!limits(cage))
        return fail(err, "limits", errno);
    scmp_filter_ctx rules = seccomp_init(SCMP_ACT_KILL_PROCESS);
    int failed = rules ? filter(rules) : -ENOMEM;
    seccomp_release(rules); // NULL does nothing; user space only, the filter stays
    return failed ? fail(err, "seccomp", -failed) : true;
}
