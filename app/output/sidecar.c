/* SPDX-License-Identifier: MIT */
#include "app/output/sidecar.h"

#include "app/output/sidecar_file.h"
#include "app/output/sidecar_find.h"
#include "app/output/undo_files.h"

#include <stdlib.h>

const struct app_sidecar_kind *const app_sidecar_kinds[] = {&app_sidecar_txt, &app_sidecar_xmp,
                                                            &app_sidecar_caption};
const char *const app_sidecar_names[] = {"txt", "xmp", "caption", NULL};

struct sidecar {
    struct app_output output;
    const struct app_sidecar_kind *kind;
    enum app_sidecar_name name;
    struct app_sidecar_paths *paths;
};

static enum tn_status find_sidecar(const struct sidecar *sidecar, const char *photo,
                                   struct app_sidecar_found *ret_found, struct tn_error *err)
{
    return app_sidecar_find(sidecar->paths, sidecar->kind, sidecar->name, photo, ret_found, err);
}

static enum meta_author author_of_file(const struct sidecar *sidecar, const char *path)
{
    enum meta_author author = META_NOBODY;
    struct stat info;
    size_t size;
    char *bytes;

    if (path && app_sidecar_read(sidecar->paths, path, sidecar->kind->largest, &bytes, &size, &info,
                                 NULL) == TN_OK) {
        if (sidecar->kind->author(bytes, size, &author, NULL) != TN_OK)
            author = META_NOBODY; /* who puts a caption into it asks again */
        free(bytes);
    }
    return author;
}

static enum meta_author sidecar_holds(const struct app_output *output, const char *photo)
{
    const struct sidecar *sidecar = (const struct sidecar *)output;
    struct app_sidecar_found found;
    enum meta_author author, other;

    if (find_sidecar(sidecar, photo, &found, NULL) != TN_OK)
        return META_NOBODY;
    author = author_of_file(sidecar, found.path);
    other = author_of_file(sidecar, found.other);
    app_sidecar_found_finish(&found);
    return app_existing_spared(output->existing, other > author ? other : author);
}

static enum tn_status merge_sidecar(const struct sidecar *sidecar, const char *path,
                                    const struct app_entry *entry, struct tn_error *err)
{
    const struct app_sidecar_kind *kind = sidecar->kind;
    const enum app_existing existing = sidecar->output.existing;
    enum meta_author author = META_NOBODY;
    char *old = NULL, *bytes = NULL;
    struct stat info;
    size_t size = 0;
    enum tn_status status =
        app_sidecar_read(sidecar->paths, path, kind->largest, &old, &size, &info, err);

    if (status == TN_OK)
        status = kind->author(old, size, &author, err);
    if (app_existing_spares(existing, author)) {
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
    struct app_sidecar_found found;
    enum tn_status status;

    TN_TRY(find_sidecar(sidecar, entry->path, &found, err));
    status = merge_sidecar(sidecar, found.path, entry, err);
    for (int i = 1; status == TN_NOTFOUND && i < APP_SIDECAR_TRIES; i++)
        status = merge_sidecar(sidecar, found.path, entry, err);
    app_sidecar_found_finish(&found);
    return status;
}

static enum tn_status sidecar_clear(struct app_output *output, const char *photo,
                                    struct tn_error *err)
{
    const struct sidecar *sidecar = (const struct sidecar *)output;

    return sidecar->kind == &app_sidecar_xmp ? app_clear_sidecars(sidecar->paths, photo, err)
                                             : TN_OK;
}

static void sidecar_destroy(struct app_output *output)
{
    struct sidecar *sidecar = (struct sidecar *)output;

    app_sidecar_paths_destroy(sidecar->paths);
    free(sidecar);
}

enum tn_status app_sidecar_create(const struct app_sidecar_kind *kind,
                                  const struct app_sidecar_options *options,
                                  struct app_output **ret_output, struct tn_error *err)
{
    static const struct app_output_ops ops = {.holds = sidecar_holds,
                                              .put = sidecar_put,
                                              .clear = sidecar_clear,
                                              .destroy = sidecar_destroy};
    struct sidecar *sidecar;
    enum tn_status status;

    if (kind->check)
        TN_TRY(kind->check(err));
    sidecar = calloc(1, sizeof *sidecar);
    if (!sidecar)
        return tn_fail_nomem(err, sizeof *sidecar);
    sidecar->output = (struct app_output){
        .ops = &ops, .existing = options->existing, .each_alone = true, .sentences_only = true};
    sidecar->kind = kind;
    sidecar->name = options->name != APP_SIDECAR_USUAL ? options->name : kind->name;
    status = app_sidecar_paths_create(options->directory, options->inputs, options->guard,
                                      &sidecar->paths, err);
    if (status != TN_OK) {
        sidecar_destroy(&sidecar->output);
        return status;
    }
    *ret_output = &sidecar->output;
    return TN_OK;
}
