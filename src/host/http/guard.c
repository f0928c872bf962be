#include "host/http/inside.h"

#include <arpa/inet.h>
#include <errno.h>
#include <sys/socket.h>

enum {
    KEEP_S = 65,        // for the next head on a kept connection, begun or not
    WINDOW_S = 10,      // a body's rate is looked at once in this
    BODY_RATE = 1024,   // bytes a second, at least
    ANSWER_S = 60,      // for an answer, and
    ANSWER_RATE = 8192, // bytes a second, at least
    PER_ADDRESS = 64
};

static void address_of(const struct sockaddr *peer, struct http_address *out)
{
    *out = (struct http_address){{0}};
    if (peer && peer->sa_family == AF_INET6) {
        const struct sockaddr_in6 *six = (const void *)peer;
        memcpy(out->bytes, &six->sin6_addr, 16);
    } else if (peer && peer->sa_family == AF_INET) {
        const struct sockaddr_in *four = (const void *)peer;
        memset(out->bytes + 10, 0xff, 2);
        memcpy(out->bytes + 12, &four->sin_addr, 4);
    }
}

bool http_address_parse(struct ym_str text, struct http_address *out)
{
    char zero[INET6_ADDRSTRLEN];

    *out = (struct http_address){{0}};
    if (text.n == 0 || text.n >= sizeof zero || memchr(text.p, 0, text.n))
        return false;
    memcpy(zero, text.p, text.n);
    zero[text.n] = '\0';
    if (inet_pton(AF_INET, zero, out->bytes + 12) == 1) {
        memset(out->bytes + 10, 0xff, 2);
        return true;
    }
    return inet_pton(AF_INET6, zero, out->bytes) == 1;
}

struct ym_str http_address_text(const struct http_address *address, struct ym_arena *arena)
{
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
    char text[INET6_ADDRSTRLEN] = "";

    if (memcmp(address->bytes, mapped, sizeof mapped) == 0)
        inet_ntop(AF_INET, address->bytes + 12, text, sizeof text);
    else
        inet_ntop(AF_INET6, address->bytes, text, sizeof text);
    return ym_arena_str(arena, ym_str(text));
}

static bool is_proxy(const struct http_guard *guard, const struct http_address *address)
{
    for (size_t i = 0; i < guard->n_proxies; i++)
        if (memcmp(guard->proxies[i].bytes, address->bytes, sizeof address->bytes) == 0)
            return true;
    return false;
}

bool http_guard_client(const struct http_guard *guard, struct ym_str forwarded,
                       struct http_address *out)
{
    struct ym_str item;
    bool found = false, last_fits = true;

    // The nearest address that is no proxy of ours; what stands before it may be invented.
    while (ym_str_cut(&forwarded, ',', &item)) {
        struct http_address one;
        last_fits = http_address_parse(ym_str_trim(item), &one);
        if (last_fits && !is_proxy(guard, &one)) {
            *out = one;
            found = true;
        }
    }
    return found && last_fits;
}

void http_guard_init(struct http_guard *guard, const struct http_options *options,
                     unsigned connections)
{
    struct ym_str list = ym_str(options->proxies), item;
    pthread_condattr_t clock;

    *guard = (struct http_guard){.connections = connections};
    guard->per_address = options->per_address > 0 ? options->per_address : PER_ADDRESS;
    guard->head_us = options->head_ms > 0 ? options->head_ms * INT64_C(1000) : 10 * YM_SECOND;
    pthread_mutex_init(&guard->lock, NULL);
    pthread_condattr_init(&clock);
    pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
    pthread_cond_init(&guard->tick, &clock);
    pthread_condattr_destroy(&clock);
    while (ym_str_cut(&list, '\n', &item)) {
        struct http_address one;
        if (!http_address_parse(ym_str_trim(item), &one)) {
            if (ym_str_trim(item).n > 0)
                ym_log(YM_WARN, "http.proxy_unknown", YM_ARGS(ym_text("proxy", item)));
            continue;
        }
        struct http_address *more =
            realloc(guard->proxies, (guard->n_proxies + 1) * sizeof *guard->proxies);
        if (!more)
            abort();
        guard->proxies = more;
        guard->proxies[guard->n_proxies++] = one;
    }
}

static void count_clear(struct http_count **counts)
{
    struct http_count *one = *counts;

    HASH_CLEAR(hh, *counts); // the table; the entries stay in their list
    while (one) {
        struct http_count *next = one->hh.next;
        free(one);
        one = next;
    }
}

void http_guard_clear(struct http_guard *guard)
{
    count_clear(&guard->addresses);
    count_clear(&guard->clients);
    free(guard->proxies);
    pthread_cond_destroy(&guard->tick);
    pthread_mutex_destroy(&guard->lock);
}

static struct http_count *count_find(struct http_count *counts, const struct http_address *address)
{
    struct http_count *one = NULL;

    HASH_FIND(hh, counts, address, sizeof *address, one);
    return one;
}

static void count_up(struct http_count **counts, const struct http_address *address)
{
    struct http_count *one = count_find(*counts, address);

    if (!one) {
        one = calloc(1, sizeof *one);
        if (!one)
            abort();
        one->address = *address;
        HASH_ADD(hh, *counts, address, sizeof one->address, one);
    }
    one->n++;
}

static void count_down(struct http_count **counts, const struct http_address *address)
{
    struct http_count *one = count_find(*counts, address);

    if (one && --one->n == 0) {
        HASH_DEL(*counts, one);
        free(one);
    }
}

static void close_link(struct http_link *link)
{
    if (!atomic_exchange(&link->closed, true))
        shutdown(link->fd, SHUT_RDWR);
}

// As many again as an address may have are taken, to be told so; those beyond find a closed door.
bool http_guard_admits(struct http_guard *guard, const struct sockaddr *peer)
{
    struct http_address address;

    address_of(peer, &address);
    if (is_proxy(guard, &address))
        return true;
    pthread_mutex_lock(&guard->lock);
    const struct http_count *one = count_find(guard->addresses, &address);
    bool room = !one || one->n < 2 * guard->per_address;
    pthread_mutex_unlock(&guard->lock);
    if (!room)
        ym_log(YM_DEBUG, "http.per_address", YM_NO_ARGS);
    return room;
}

// When nine tenths of all connections are in use, the one that has waited longest for a head goes.
static void shed_oldest(struct http_guard *guard)
{
    if (guard->links < (size_t)guard->connections - guard->connections / 10)
        return;
    for (struct http_link *one = guard->first; one; one = one->after)
        if (atomic_load(&one->phase) == HTTP_PHASE_HEAD && !atomic_load(&one->closed)) {
            close_link(one);
            return;
        }
}

struct http_link *http_guard_join(struct http_guard *guard, const struct sockaddr *peer, int fd)
{
    struct http_link *link = calloc(1, sizeof *link);

    if (!link)
        abort();
    address_of(peer, &link->address);
    link->proxy = is_proxy(guard, &link->address);
    link->fd = fd;
    http_guard_phase(link, HTTP_PHASE_HEAD, guard->head_us);
    pthread_mutex_lock(&guard->lock);
    shed_oldest(guard);
    link->before = guard->last;
    if (guard->last)
        guard->last->after = link;
    else
        guard->first = link;
    guard->last = link;
    guard->links++;
    count_up(&guard->addresses, &link->address);
    link->over =
        !link->proxy && count_find(guard->addresses, &link->address)->n > guard->per_address;
    pthread_mutex_unlock(&guard->lock);
    return link;
}

void http_guard_leave(struct http_guard *guard, struct http_link *link)
{
    if (!link)
        return;
    pthread_mutex_lock(&guard->lock);
    if (link->before)
        link->before->after = link->after;
    else
        guard->first = link->after;
    if (link->after)
        link->after->before = link->before;
    else
        guard->last = link->before;
    guard->links--;
    count_down(&guard->addresses, &link->address);
    pthread_mutex_unlock(&guard->lock);
    free(link);
}

bool http_guard_enter(struct http_guard *guard, const struct http_address *client)
{
    pthread_mutex_lock(&guard->lock);
    const struct http_count *one = count_find(guard->clients, client);
    bool room = !one || one->n < guard->per_address;
    if (room)
        count_up(&guard->clients, client);
    pthread_mutex_unlock(&guard->lock);
    return room;
}

void http_guard_exit(struct http_guard *guard, const struct http_address *client)
{
    pthread_mutex_lock(&guard->lock);
    count_down(&guard->clients, client);
    pthread_mutex_unlock(&guard->lock);
}

void http_guard_phase(struct http_link *link, enum http_phase phase, int64_t limit)
{
    if (!link)
        return;
    if (phase == HTTP_PHASE_HEAD && limit == 0)
        limit = KEEP_S * YM_SECOND;
    if (phase == HTTP_PHASE_ANSWER)
        limit = ANSWER_S * YM_SECOND + limit / ANSWER_RATE * YM_SECOND;
    atomic_store(&link->bytes, 0);
    atomic_store(&link->limit_us, limit);
    atomic_store(&link->since, ym_monotonic());
    atomic_store(&link->phase, phase);
}

static bool too_slow(struct http_link *link, int64_t now)
{
    int64_t age = now - atomic_load(&link->since);

    switch (atomic_load(&link->phase)) {
    case HTTP_PHASE_HEAD:
    case HTTP_PHASE_ANSWER:
        return age > atomic_load(&link->limit_us);
    case HTTP_PHASE_BODY:
        if (age < WINDOW_S * YM_SECOND)
            return false;
        atomic_store(&link->since, now);
        return atomic_exchange(&link->bytes, 0) < (int64_t)WINDOW_S * BODY_RATE;
    default:
        return false;
    }
}

void http_guard_sweep(struct http_guard *guard, int64_t now)
{
    pthread_mutex_lock(&guard->lock);
    for (struct http_link *one = guard->first; one; one = one->after)
        if (!atomic_load(&one->closed) && too_slow(one, now))
            close_link(one);
    pthread_mutex_unlock(&guard->lock);
}

bool http_guard_sending(struct http_guard *guard)
{
    bool any = false;

    pthread_mutex_lock(&guard->lock);
    for (const struct http_link *one = guard->first; one && !any; one = one->after)
        any = !atomic_load(&one->closed) && (atomic_load(&one->phase) == HTTP_PHASE_ANSWER ||
                                             atomic_load(&one->phase) == HTTP_PHASE_OURS ||
                                             atomic_load(&one->phase) == HTTP_PHASE_STREAM);
    pthread_mutex_unlock(&guard->lock);
    return any;
}
