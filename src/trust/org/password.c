#include "trust/org/inside.h"

#include <pthread.h>
#include <sodium.h>

enum {
    AT_ONCE = 2, // 64 MiB each
    WAITING = 8,
    LEAST_CHARACTERS = 10,
    MOST_BYTES = 1024
};

// Memory is the machine's, not a store's: the one state of this room outside the store.
static struct {
    pthread_mutex_t lock;
    pthread_cond_t free;
    // guarded by lock:
    int running, waiting;
} hashing = {.lock = PTHREAD_MUTEX_INITIALIZER, .free = PTHREAD_COND_INITIALIZER};

static bool enter(struct ym_error *err)
{
    pthread_mutex_lock(&hashing.lock);
    bool room = hashing.running < AT_ONCE || hashing.waiting < WAITING;
    if (room) {
        hashing.waiting++;
        while (hashing.running >= AT_ONCE)
            pthread_cond_wait(&hashing.free, &hashing.lock);
        hashing.waiting--;
        hashing.running++;
    }
    pthread_mutex_unlock(&hashing.lock);
    if (room)
        return true;
    ym_fail(err, YM_LIMITED, "org.slow_down", "too many people sign in at once");
    return ym_hint(err, "Try again in a few seconds.");
}

static void leave(void)
{
    pthread_mutex_lock(&hashing.lock);
    hashing.running--;
    pthread_cond_signal(&hashing.free);
    pthread_mutex_unlock(&hashing.lock);
}

static bool same_without_case(struct ym_str a, struct ym_str b)
{
    return a.n == b.n && strncasecmp(a.p, b.p, a.n) == 0;
}

bool org_check_password(struct ym_str name, struct ym_str password, struct ym_error *err)
{
    size_t bad;

    if (password.n > MOST_BYTES || !ym_utf8_valid(password, &bad))
        return org_invalid(err, "org.password", "password", "is too long", "Choose a shorter one.");
    if (ym_utf8_count(password) < LEAST_CHARACTERS)
        return org_invalid(err, "org.password", "password", "has fewer than 10 characters",
                           "Choose a longer one: three or four words will do.");
    if (same_without_case(name, password))
        return org_invalid(err, "org.password", "password", "is the name of the account",
                           "Choose one that nobody can guess.");
    return true;
}

bool org_hash_password(struct ym_str password, struct ym_arena *arena, struct ym_str *hash,
                       struct ym_error *err)
{
    char *text = ym_arena_alloc(arena, crypto_pwhash_STRBYTES);

    if (!org_random_ready(err) || !enter(err))
        return false;
    int failed = crypto_pwhash_str(text, password.p, password.n, crypto_pwhash_OPSLIMIT_INTERACTIVE,
                                   crypto_pwhash_MEMLIMIT_INTERACTIVE);
    leave();
    if (failed)
        abort(); // no memory: as in base
    *hash = ym_str(text);
    return true;
}

bool org_verify_password(struct ym_str hash, struct ym_str password, bool *right,
                         struct ym_error *err)
{
    // Of random bytes that nobody kept; of the same cost as all others (a test looks).
    static const char nobody[] =
        "$argon2id$v=19$m=65536,t=2,p=1$35CBKYzUptIw8o/cmvxzfQ"
        "$dp7bA8lOluEmHEWHe7rngeB1Oqq38OBZzUcwsHuupxQ";
    char text[crypto_pwhash_STRBYTES] = {0};
    struct ym_str real = hash.p && hash.n < sizeof text ? hash : ym_str(nobody);

    *right = false;
    if (!enter(err))
        return false;
    memcpy(text, real.p, real.n);
    size_t n = password.n <= MOST_BYTES ? password.n : MOST_BYTES;
    bool fits = crypto_pwhash_str_verify(text, password.p ? password.p : "", n) == 0;
    leave();
    *right = fits && real.p == hash.p && password.n <= MOST_BYTES;
    return true;
}
