#include "data/lake/uploads_private.h"

#include <fcntl.h>
#include <unistd.h>

static bool open_file(struct lake *lake, const struct org_caller *caller,
                      const struct lake_preview *what, struct ym_arena *arena,
                      struct collect_request *request, struct ym_error *err)
{
    struct lake_upload upload;
    struct lake_load load;
    char path[4096];

    if (what->upload.p) {
        if (!lake_upload_whole(lake, caller, what->upload, arena, &upload, err))
            return false;
        lake_upload_path(lake, upload.id, path);
        request->name = upload.name;
    } else {
        if (!lake_load_get(lake, caller, what->load, arena, &load, err))
            return false;
        lake_original_path(lake, load.digest, path);
        request->name = load.file;
    }
    request->fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    return request->fd >= 0 || lake_disk_failed(err, "the file cannot be opened");
}

bool lake_preview_file(struct lake *lake, const struct org_caller *caller,
                       const struct lake_preview *what, json_t **out, struct ym_error *problem,
                       struct ym_error *err)
{
    struct collect_request request = {
        .fd = -1, .recipe = what->recipe, .program = lake->options.program};
    struct ym_arena arena = {0};

    *out = NULL;
    *problem = (struct ym_error){0};
    bool ok = open_file(lake, caller, what, &arena, &request, err) &&
              collect_preview(&request, what->rows, out, problem, err);
    if (request.fd >= 0)
        close(request.fd);
    ym_arena_clear(&arena);
    return ok;
}
