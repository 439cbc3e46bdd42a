/* SPDX-License-Identifier: MIT */
#include "app/output/sidecar.h"

#include "app/output/sidecar_file.h"

#include <stdlib.h>

const struct app_sidecar_kind *const app_sidecar_kinds[] = {&app_sidecar_txt, &app_sidecar_xmp};
const char *const app_sidecar_names[] = {"txt", "xmp", NULL};

struct sidecar {
    struct app_output output;
    const struct app_sidecar_kind *kind;
    struct app_sidecar_paths *paths;
};

static enum tn_status sidecar_path(const struct sidecar *sidecar, const char *photo,
                                   char **ret_path, struct tn_error *err)
{
    return app_sidecar_path(sidecar->paths, photo, sidecar->kind->extension,
                            sidecar->kind->replaces, ret_path, err);
}

static enum meta_author sidecar_holds(const struct app_output *output, const char *photo)
{
    const struct sidecar *sidecar = (const struct sidecar *)output;
    const struct app_sidecar_kind *kind = sidecar->kind;
    enum meta_author author = META_NOBODY;
    char *path, *bytes;
    struct stat info;
    size_t size;

    if (sidecar_path(sidecar, photo, &path, NULL) != TN_OK)
        return META_NOBODY;
    if (app_sidecar_read(sidecar->paths, path, kind->largest, &bytes, &size, &info, NULL) ==
        TN_OK) {
        author = kind->author(bytes, size);
        free(bytes);
    }
    free(path);
    return app_existing_spared(output->existing, author);
}

static enum tn_status merge_sidecar(const struct sidecar *sidecar, const char *path,
                                    const struct app_entry *entry, struct tn_error *err)
{
    const struct app_sidecar_kind *kind = sidecar->kind;
    const enum app_existing existing = sidecar->output.existing;
    char *old = NULL, *bytes = NULL;
    struct stat info;
    size_t size = 0;
    enum tn_status status =
        app_sidecar_read(sidecar->paths, path, kind->largest, &old, &size, &info, err);

    if (status == TN_OK && app_existing_spares(existing, kind->author(old, size))) {
        free(old); /* a person has written it since the photo was looked at */
        return TN_OK;
    }
    if (status == TN_OK || status == TN_NOTFOUND)
        status = kind->merge(path, old, size, entry, existing, &bytes, &size, err);
    free(old);
    TN_TRY(status);
    if (bytes)
        status = app_sidecar_replace(sidecar->paths, path, &info, bytes, size, err);
    free(bytes);
    return status;
}

static enum tn_status sidecar_put(struct app_output *output, const struct app_entry *entry,
                                  struct tn_error *err)
{
    const struct sidecar *sidecar = (const struct sidecar *)output;
    enum tn_status status;
    char *path;

    TN_TRY(sidecar_path(sidecar, entry->path, &path, err));
    status = merge_sidecar(sidecar, path, entry, err);
    for (int i = 1; status == TN_NOTFOUND && i < APP_SIDECAR_TRIES; i++)
        status = merge_sidecar(sidecar, path, entry, err);
    free(path);
    return status;
}

static void sidecar_destroy(struct app_output *output)
{
    struct sidecar *sidecar = (struct sidecar *)output;

    app_sidecar_paths_destroy(sidecar->paths);
    free(sidecar);
}

enum tn_status app_sidecar_create(const struct app_sidecar_kind *kind, enum app_existing existing,
                                  const char *directory, const struct app_walk_options *inputs,
                                  const struct app_guard *guard, struct app_output **ret_output,
                                  struct tn_error *err)
{
    static const struct app_output_ops ops = {
        .holds = sidecar_holds, .put = sidecar_put, .destroy = sidecar_destroy};
    struct sidecar *sidecar;
    enum tn_status status;

    if (kind->check)
        TN_TRY(kind->check(err));
    sidecar = calloc(1, sizeof *sidecar);
    if (!sidecar)
        return tn_fail_nomem(err, sizeof *sidecar);
    sidecar->output = (struct app_output){
        .ops = &ops, .existing = existing, .each_alone = true, .sentences_only = true};
    sidecar->kind = kind;
    status = app_sidecar_paths_create(directory, inputs, guard, &sidecar->paths, err);
    if (status != TN_OK) {
        sidecar_destroy(&sidecar->output);
        return status;
    }
    *ret_output = &sidecar->output;
    return TN_OK;
}
