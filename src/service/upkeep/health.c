#include "service/upkeep/inside.h"

static json_t *time_json(int64_t time)
{
    char text[YM_TIME_TEXT];

    return time == 0 ? json_null() : json_string(ym_time_text(time, text));
}

static json_t *checks_json(struct upkeep *upkeep, bool *all)
{
    const struct upkeep_options *options = &upkeep->options;
    json_t *checks = json_array();

    *all = true;
    for (size_t i = 0; i < options->n_checks; i++) {
        struct ym_error why = {0};
        bool ok = options->checks[i].run(upkeep, &why);
        *all = *all && ok;
        json_array_append_new(
            checks, json_pack("{s:s, s:b, s:o, s:o}", "name", options->checks[i].name, "ok", ok,
                              "code", ok ? json_null() : json_string(why.code), "why",
                              ok ? json_null() : ym_json_str(ym_str(why.message))));
    }
    return checks;
}

static json_t *alarms_json(const struct upkeep_state *state)
{
    json_t *alarms = json_array();

    for (size_t i = 0; i < UPKEEP_ALARMS; i++)
        if (state->since[i] > 0)
            json_array_append_new(
                alarms, json_pack("{s:s, s:b, s:o}", "code", upkeep_alarms[i].code, "night",
                                  upkeep_alarms[i].night, "since", time_json(state->since[i])));
    return alarms;
}

bool upkeep_health(struct upkeep *upkeep, const struct org_caller *caller, json_t **out,
                   struct ym_error *err)
{
    struct upkeep_state state;
    char why[256];
    bool all;

    if (!org_need_role(caller, ORG_ROLE_BIT(ORG_ADMINISTRATOR) | ORG_ROLE_BIT(ORG_AUDITOR), err))
        return false;
    upkeep_look(upkeep, &state);
    pthread_mutex_lock(&upkeep->lock);
    int64_t failing = upkeep->failing_since;
    pthread_mutex_unlock(&upkeep->lock);
    json_t *checks = checks_json(upkeep, &all), *alarms = alarms_json(&state);
    bool ok = all && json_array_size(alarms) == 0;
    struct ym_str trouble = engine_trouble(upkeep->options.engine, why);
    *out = json_pack(
        "{s:b, s:o, s:o, s:o, s:o, s:{s:I, s:I, s:I}, s:{s:I, s:o}, s:{s:b, s:I, s:o},"
        " s:{s:I, s:o}, s:{s:o, s:o, s:I, s:I}}",
        "ok", ok, "started_at", time_json(state.started), "failing_since",
        time_json(all ? 0 : failing), "checks", checks, "alarms", alarms, "disk", "size",
        (json_int_t)state.disk.size, "free", (json_int_t)state.disk.free, "low",
        (json_int_t)state.disk_low, "store", "size", (json_int_t)state.store_bytes, "written_at",
        time_json(state.beat), "engine", "ready", engine_ready(upkeep->options.engine), "starts",
        (json_int_t)engine_starts(upkeep->options.engine), "why",
        trouble.n ? ym_json_str(trouble) : json_null(), "jobs", "waiting",
        (json_int_t)state.jobs_waiting, "oldest_at", time_json(state.jobs_oldest), "backup", "at",
        time_json(state.backup_at), "proven_at", time_json(state.proven_at), "proven_seconds",
        (json_int_t)state.proven_seconds, "promised_hours",
        (json_int_t)upkeep->options.backup_hours);
    return *out || ym_fail(err, YM_FAULT, "upkeep.answer", "the answer cannot be made");
}
