/* SPDX-License-Identifier: MIT */
#include "app/output/sidecar_text.h"

#include "app/output/description.h"
#include "app/output/sidecar_file.h"

#include <stdlib.h>
#include <string.h>

enum { LARGEST = 16 << 20 }; /* bytes of an existing sidecar */

struct sidecar_text {
    struct app_output output;
    struct app_sidecar_paths *paths;
};

static enum tn_status path_of(const struct sidecar_text *sidecar, const char *photo,
                              char **ret_path, struct tn_error *err)
{
    return app_sidecar_path(sidecar->paths, photo, ".txt", true, ret_path, err);
}

/* What is in the file now, NULL when there is none.  Something that is no text, such as UTF-16 or a
 * picture of that name, is not written to. */
static enum tn_status read_text(const struct sidecar_text *sidecar, const char *path,
                                char **ret_text, struct tn_error *err)
{
    size_t size;
    char *text;
    const enum tn_status status =
        app_sidecar_read(sidecar->paths, path, LARGEST, &text, &size, err);

    if (status == TN_NOTFOUND) {
        *ret_text = NULL;
        return TN_OK;
    }
    TN_TRY(status);
    if (strlen(text) != size) {
        free(text);
        return tn_fail(err, TN_FORMAT, "%s: not a text file in UTF-8; it is left as it is", path);
    }
    *ret_text = text;
    return TN_OK;
}

static bool holds(const struct app_output *output, const char *photo)
{
    const struct sidecar_text *sidecar = (const struct sidecar_text *)output;
    char *path, *text;
    size_t size;
    bool held = false;

    if (path_of(sidecar, photo, &path, NULL) != TN_OK)
        return false;
    if (app_sidecar_read(sidecar->paths, path, LARGEST, &text, &size, NULL) == TN_OK) {
        held = strlen(text) != size || !app_description_blank(text);
        free(text);
    }
    free(path);
    return held;
}

static bool is_new(const struct captioner_result *result, size_t index, const char *text)
{
    const char *caption = result->captions[index].text;

    for (size_t i = 0; i < index; i++)
        if (strcmp(result->captions[i].text, caption) == 0)
            return false;
    return !app_description_has_line(text, caption);
}

/* Writes the text, which may be "", and behind it the captions that are not a line of it. */
static enum tn_status write_lines(const struct sidecar_text *sidecar, const char *path,
                                  const char *text, const struct captioner_result *result,
                                  struct tn_error *err)
{
    const size_t length = strlen(text);
    struct tn_atomic_file file;

    TN_TRY(app_sidecar_open(sidecar->paths, path, &file, err));
    fputs(text, file.stream);
    if (length > 0 && text[length - 1] != '\n')
        fputc('\n', file.stream);
    for (size_t i = 0; i < result->count; i++)
        if (is_new(result, i, text))
            fprintf(file.stream, "%s\n", result->captions[i].text);
    return tn_atomic_commit(&file, err);
}

static enum tn_status put_at(const struct sidecar_text *sidecar, const char *path,
                             const struct captioner_result *result, struct tn_error *err)
{
    char *text;
    bool news = false;
    enum tn_status status = TN_OK;

    TN_TRY(read_text(sidecar, path, &text, err));
    if (!text || sidecar->output.existing != APP_APPEND) {
        free(text);
        return write_lines(sidecar, path, "", result, err);
    }
    for (size_t i = 0; i < result->count; i++)
        news |= is_new(result, i, text);
    if (news)
        status = write_lines(sidecar, path, text, result, err);
    free(text);
    return status;
}

static enum tn_status put(struct app_output *output, const struct app_entry *entry,
                          struct tn_error *err)
{
    const struct sidecar_text *sidecar = (const struct sidecar_text *)output;
    enum tn_status status;
    char *path;

    TN_TRY(path_of(sidecar, entry->path, &path, err));
    status = put_at(sidecar, path, entry->result, err);
    free(path);
    return status;
}

static void destroy(struct app_output *output)
{
    struct sidecar_text *sidecar = (struct sidecar_text *)output;

    if (!sidecar)
        return;
    app_sidecar_paths_destroy(sidecar->paths);
    free(sidecar);
}

static const struct app_output_ops ops = {
    .name = "text sidecars", .holds = holds, .put = put, .destroy = destroy};

enum tn_status app_sidecar_text_create(enum app_existing existing, const char *directory,
                                       const struct app_walk_options *inputs,
                                       const struct app_guard *guard,
                                       struct app_output **ret_output, struct tn_error *err)
{
    struct sidecar_text *sidecar = calloc(1, sizeof *sidecar);
    enum tn_status status;

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
