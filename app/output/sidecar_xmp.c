/* SPDX-License-Identifier: MIT */
#include "app/output/sidecar_xmp.h"

#include "app/output/metadata.h"
#include "app/output/sidecar_file.h"

#include <stdlib.h>
#include <string.h>

enum { LARGEST = 64 << 20 }; /* bytes of an existing sidecar */

struct sidecar_xmp {
    struct app_output output;
    struct app_sidecar_paths *paths;
};

static enum tn_status path_of(const struct sidecar_xmp *sidecar, const char *photo, char **ret_path,
                              struct tn_error *err)
{
    return app_sidecar_path(sidecar->paths, photo, ".xmp", false, ret_path, err);
}

static bool holds(const struct app_output *output, const char *photo)
{
    const struct sidecar_xmp *sidecar = (const struct sidecar_xmp *)output;
    char *path, *bytes;
    size_t size;
    bool held = false;

    if (path_of(sidecar, photo, &path, NULL) != TN_OK)
        return false;
    if (app_sidecar_read(sidecar->paths, path, LARGEST, &bytes, &size, NULL) == TN_OK) {
        held = app_metadata_xmp_described(bytes, size);
        free(bytes);
    }
    free(path);
    return held;
}

static enum tn_status write_bytes(const struct sidecar_xmp *sidecar, const char *path,
                                  const char *bytes, size_t size, struct tn_error *err)
{
    struct tn_atomic_file file;

    TN_TRY(app_sidecar_open(sidecar->paths, path, &file, err));
    fwrite(bytes, 1, size, file.stream);
    return tn_atomic_commit(&file, err);
}

static enum tn_status put_at(const struct sidecar_xmp *sidecar, const char *path,
                             const struct app_entry *entry, struct tn_error *err)
{
    const struct app_metadata_caption caption = {
        .text = entry->result->captions[0].text,
        .language = entry->language,
        .append = sidecar->output.existing == APP_APPEND,
    };
    char *old = NULL, *bytes;
    size_t size = 0;
    enum tn_status status = app_sidecar_read(sidecar->paths, path, LARGEST, &old, &size, err);

    if (status == TN_NOTFOUND)
        status = TN_OK;
    if (status == TN_OK)
        status = app_metadata_edit_xmp(path, old ? old : "", size, &caption, &bytes, &size, err);
    free(old);
    TN_TRY(status);
    if (bytes)
        status = write_bytes(sidecar, path, bytes, size, err);
    free(bytes);
    return status;
}

static enum tn_status put(struct app_output *output, const struct app_entry *entry,
                          struct tn_error *err)
{
    const struct sidecar_xmp *sidecar = (const struct sidecar_xmp *)output;
    enum tn_status status;
    char *path;

    TN_TRY(path_of(sidecar, entry->path, &path, err));
    status = put_at(sidecar, path, entry, err);
    free(path);
    return status;
}

static void destroy(struct app_output *output)
{
    struct sidecar_xmp *sidecar = (struct sidecar_xmp *)output;

    if (!sidecar)
        return;
    app_sidecar_paths_destroy(sidecar->paths);
    free(sidecar);
}

static const struct app_output_ops ops = {
    .name = "XMP sidecars", .holds = holds, .put = put, .destroy = destroy};

enum tn_status app_sidecar_xmp_create(enum app_existing existing, const char *directory,
                                      const struct app_walk_options *inputs,
                                      const struct app_guard *guard, struct app_output **ret_output,
                                      struct tn_error *err)
{
    struct sidecar_xmp *sidecar;
    enum tn_status status;

    TN_TRY(app_metadata_available(err));
    sidecar = calloc(1, sizeof *sidecar);
    if (!sidecar)
        return tn_fail_nomem(err, sizeof *sidecar);
    sidecar->output = (struct app_output){.ops = &ops, .existing = existing, .each_alone = true};
    status = app_sidecar_paths_create(directory, inputs, guard, &sidecar->paths, err);
    if (status != TN_OK) {
        destroy(&sidecar->output);
        return status;
    }
    *ret_output = &sidecar->output;
    return TN_OK;
}
