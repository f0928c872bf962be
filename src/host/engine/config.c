#include "host/engine/inside.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

/* Neither file holds a secret: `from_env` takes them from the child's environment. Nothing answers
 * without the header, which keeps strangers out of `default`, the local session's user without a
 * password. The engine shares its machine: caches are bounded, and 0.7 of the memory is its own
 * bound. Pools are small as libchdb makes them. */
static const char CONFIG[] =
    "<clickhouse>\n"
    "  <listen_host>127.0.0.1</listen_host>\n"
    "  <http_port>0</http_port><tcp_port>0</tcp_port>\n"
    "  <users_config>users.xml</users_config>\n"
    "  <logger><console>true</console></logger><log-level>fatal</log-level>\n"
    "  <http_handlers>\n"
    "    <rule><headers><X-Yunmeng from_env=\"YM_ENGINE_KEY\"/></headers>\n"
    "      <methods>POST,GET</methods>\n"
    "      <handler><type>dynamic_query_handler</type>\n"
    "        <query_param_name>query</query_param_name></handler></rule>\n"
    "    <rule><url>/ping</url><handler><type>static</type>\n"
    "      <response_content>Ok.</response_content></handler></rule>\n"
    "  </http_handlers>\n"
    "  <keep_alive_timeout>30</keep_alive_timeout>\n"
    "  <max_server_memory_usage_to_ram_ratio>0.7</max_server_memory_usage_to_ram_ratio>\n"
    "  <mark_cache_size>268435456</mark_cache_size>\n"
    "  <primary_index_cache_size>268435456</primary_index_cache_size>\n"
    "  <index_mark_cache_size>67108864</index_mark_cache_size>\n"
    "  <compiled_expression_cache_size>33554432</compiled_expression_cache_size>\n"
    "  <max_thread_pool_free_size>16</max_thread_pool_free_size>\n";

static const char USERS[] =
    "<clickhouse>\n"
    "  <profiles>\n"
    "    <default><readonly>0</readonly>\n"
    "      <http_max_field_value_size>1048576</http_max_field_value_size></default>\n"
    "    <platform>\n"
    "      <max_bytes_ratio_before_external_sort>0.5</max_bytes_ratio_before_external_sort>\n"
    "      <max_bytes_ratio_before_external_group_by>0.5"
    "</max_bytes_ratio_before_external_group_by>\n"
    "    </platform>\n"
    "  </profiles>\n"
    "  <users>\n"
    "    <default>\n"
    "      <password/><networks><ip>127.0.0.1</ip></networks>\n"
    "      <profile>default</profile><quota>boot</quota>\n"
    "      <grants><query>GRANT SYSTEM LISTEN ON *.*</query>\n"
    "        <query>GRANT SELECT ON system.numbers</query></grants>\n"
    "    </default>\n"
    "    <platform>\n"
    "      <password_sha256_hex from_env=\"YM_ENGINE_PW_SHA256\"/>\n"
    "      <networks><ip>127.0.0.1</ip></networks>\n"
    "      <profile>platform</profile><quota>default</quota>\n"
    "      <access_management>1</access_management>\n"
    "      <named_collection_control>1</named_collection_control>\n"
    "    </platform>\n"
    "  </users>\n"
    "  <quotas>\n"
    "    <default/>\n"
    "    <boot><interval><duration>2000000000</duration><queries>3</queries></interval></boot>\n"
    "  </quotas>\n"
    "</clickhouse>\n";

const char *engine_path(const struct engine_options *options, const char *name, char to[4096])
{
    snprintf(to, 4096, "%s/%s", options->dir, name);
    return to;
}

static bool fail_file(struct ym_error *err, const char *what, const char *name)
{
    ym_fail(err, errno == ENOSPC || errno == EDQUOT ? YM_FULL : YM_FAULT, "engine.files",
            "cannot %s '%s' of the engine: %s", what, name, strerror(errno));
    ym_about(err, ym_str(name));
    return ym_hint(err, "See that the data directory is writable and has room, then start again.");
}

static bool make_folder(const struct engine_options *options, const char *name,
                        struct ym_error *err)
{
    char path[4096];

    if (mkdir(engine_path(options, name, path), 0700) != 0 && errno != EEXIST)
        return fail_file(err, "make", name);
    return true;
}

// Written beside and renamed: a child that starts never reads half of it.
static bool write_file(const struct engine_options *options, const char *name, struct ym_str text,
                       struct ym_error *err)
{
    char path[4096], beside[4200];

    engine_path(options, name, path);
    snprintf(beside, sizeof beside, "%s.new", path);
    int fd = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0)
        return fail_file(err, "write", name);
    bool ok = write(fd, text.p, text.n) == (ssize_t)text.n;
    ok = close(fd) == 0 && ok;
    if (!ok || rename(beside, path) != 0)
        return fail_file(err, "write", name);
    return true;
}

static void add_element(struct ym_buf *xml, const char *name, struct ym_str value)
{
    ym_buf_printf(xml, "  <%s>", name);
    for (size_t i = 0; i < value.n; i++) {
        char c = value.p[i];
        if (c == '<' || c == '>' || c == '&')
            ym_buf_printf(xml, "&#%d;", c);
        else
            ym_buf_char(xml, c);
    }
    ym_buf_printf(xml, "</%s>\n", name);
}

/* The first release made its database with lazy_load_tables, and a table that the engine has not
 * loaded itself is left out of BACKUP. The database's own statement lies in a file; no child runs
 * while it is changed. */
static bool load_at_start(const struct engine_options *options, struct ym_error *err)
{
    static const char lazy[] = "\nSETTINGS lazy_load_tables = 1";
    char name[300], path[4096], text[1024];

    if (!options->database)
        return true;
    (void)snprintf(name, sizeof name, "store/metadata/%s.sql", options->database);
    int fd = open(engine_path(options, name, path), O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT || fail_file(err, "read", name);
    ssize_t n = read(fd, text, sizeof text);
    close(fd);
    if (n < 0)
        return fail_file(err, "read", name);
    struct ym_str old = {text, (size_t)n};
    size_t at = ym_str_find(old, YM_STR(lazy), 0);
    if (at == SIZE_MAX || old.n == sizeof text)
        return true;
    size_t behind = at + sizeof lazy - 1;
    memmove(text + at, text + behind, old.n - behind);
    ym_log(YM_INFO, "engine.loads_at_start",
           YM_ARGS(ym_text("database", ym_str(options->database))));
    return write_file(options, name, (struct ym_str){text, old.n - (sizeof lazy - 1)}, err);
}

bool engine_config(const struct engine_options *options, struct ym_error *err)
{
    static const char *const folders[] = {"", "store", "config", "tmp"};
    struct ym_buf xml = {0};
    char path[4096];

    for (size_t i = 0; i < YM_COUNT(folders); i++)
        if (!make_folder(options, folders[i], err))
            return false;
    ym_buf_add(&xml, YM_STR(CONFIG));
    add_element(&xml, "tmp_path", ym_str(engine_path(options, "tmp/", path)));
    if (options->zone)
        add_element(&xml, "timezone", ym_str(options->zone));
    if (options->backups) {
        ym_buf_add(&xml, YM_STR("  <backups>\n"));
        add_element(&xml, "allowed_path", ym_str(options->backups));
        ym_buf_add(&xml, YM_STR("  </backups>\n"));
    }
    ym_buf_add(&xml, YM_STR("</clickhouse>\n"));
    bool ok = load_at_start(options, err) &&
              write_file(options, "config/users.xml", YM_STR(USERS), err) &&
              write_file(options, "config/config.xml", ym_buf_str(&xml), err);
    ym_buf_clear(&xml);
    return ok;
}

static void to_hex(const unsigned char *bytes, size_t n, char *to)
{
    for (size_t i = 0; i < n; i++)
        snprintf(to + 2 * i, 3, "%02x", bytes[i]);
}

bool engine_secrets_make(struct engine_secrets *secrets, struct ym_error *err)
{
    unsigned char random[64], digest[EVP_MAX_MD_SIZE];
    unsigned int n = 0;

    if (getrandom(random, sizeof random, 0) != (ssize_t)sizeof random)
        return ym_fail(err, YM_FAULT, "engine.random", "no random bytes: %s", strerror(errno));
    to_hex(random, 32, secrets->header);
    to_hex(random + 32, 32, secrets->password);
    if (EVP_Digest(secrets->password, strlen(secrets->password), digest, &n, EVP_sha256(), NULL) !=
        1)
        return ym_fail(err, YM_FAULT, "engine.random", "no digest of the engine's password");
    to_hex(digest, n, secrets->password_sha256);
    explicit_bzero(random, sizeof random);
    return true;
}
