/* SPDX-License-Identifier: MIT */
#include "app/output/explain.h"

#include "app/cli/console.h"
#include "app/cli/photo_load.h"
#include "app/cli/standard_input.h"
#include "app/output/font.h"
#include "app/output/sheet.h"
#include "base/atomic_file.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

struct explain {
    struct app_output output;
    struct captioner *captioner;
    const char *png;
    bool quiet;
};

/* ---- Progress ---- */

static int show_explaining(void *context, size_t done, size_t total)
{
    struct app_status *status = context;

    if (status && app_status_seconds(status) >= 1 && app_status_due(status))
        fprintf(stderr, "\rexplaining: %zu %%\033[K", 100 * done / total);
    return !app_interrupted();
}

static enum tn_status make_word_maps(const struct explain *explain, const struct app_entry *entry,
                                     float *maps, struct tn_error *err)
{
    const struct captioner_photo photo = {
        .path = entry->path, .bytes = entry->bytes, .size = entry->size};
    struct app_status shown;
    const struct captioner_progress progress = {show_explaining, explain->quiet ? NULL : &shown};
    struct captioner_error why;
    enum captioner_status status;

    app_status_begin(&shown);
    status = captioner_explain(explain->captioner, &photo, &entry->result->captions[0], &progress,
                               maps, &why);
    app_status_clear(&shown);
    return status == CAPTIONER_OK ? TN_OK : tn_fail(err, (enum tn_status)status, "%s", why.text);
}

/* ---- The sheet ---- */

static enum tn_status draw_and_save(const struct app_sheet_input *input, const char *png,
                                    struct tn_error *err)
{
    struct image sheet;
    enum tn_status status;

    TN_TRY(app_sheet_draw(input, &sheet, err));
    status = image_save_png(&sheet, png, err);
    image_finish(&sheet);
    return status;
}

/* In fonts that have the caption's characters, and the legend's: a Chinese font may lack the
 * latter. */
static enum tn_status draw_photo(const struct image *photo, const struct captioner_caption *caption,
                                 const float *maps, const char *png, struct tn_error *err)
{
    struct image_font *font = NULL, *notes = NULL;
    enum tn_status status = app_font_find(caption->text, &font, err);

    if (status == TN_OK)
        status = app_font_find(app_sheet_notes, &notes, err);
    if (status == TN_OK)
        status =
            draw_and_save(&(struct app_sheet_input){photo, caption, maps, font, notes}, png, err);
    image_font_destroy(font);
    image_font_destroy(notes);
    return status;
}

static enum tn_status load_and_draw(const struct app_entry *entry, const float *maps,
                                    const char *png, struct tn_error *err)
{
    struct image_options options = IMAGE_OPTIONS_DEFAULT;
    struct image photo;
    enum tn_status status;

    options.max_pixels = SIZE_MAX; /* the captioner has read it with the user's limit */
    options.wanted_side = APP_SHEET_PHOTO;
    TN_TRY(entry->bytes
               ? image_decode(entry->bytes, entry->size, APP_STANDARD_INPUT, &options, &photo, err)
               : app_photo_load(entry->path, &options, &photo, err));
    status = draw_photo(&photo, &entry->result->captions[0], maps, png, err);
    image_finish(&photo);
    return status;
}

/* ---- The output ---- */

static enum tn_status put_explanation(struct app_output *output, const struct app_entry *entry,
                                      struct tn_error *err)
{
    const struct explain *explain = (const struct explain *)output;
    const size_t words = entry->result->captions[0].word_count;
    const size_t bytes = words * CAPTIONER_MAP_SIDE * CAPTIONER_MAP_SIDE * sizeof(float);
    enum tn_status status;
    float *maps;

    maps = malloc(bytes);
    if (!maps)
        return tn_fail_nomem(err, bytes);
    status = make_word_maps(explain, entry, maps, err);
    if (status == TN_OK)
        status = load_and_draw(entry, maps, explain->png, err);
    free(maps);
    return status;
}

/* A picture that is there may be of another photo, or another caption. */
static enum meta_author explain_holds(const struct app_output *output, const char *photo)
{
    (void)output;
    (void)photo;
    return META_NOBODY;
}

static void explain_destroy(struct app_output *output)
{
    free(output);
}

enum tn_status app_explain_create(struct captioner *captioner, const char *png, bool quiet,
                                  struct app_output **ret_output, struct tn_error *err)
{
    static const struct app_output_ops ops = {
        .holds = explain_holds, .put = put_explanation, .destroy = explain_destroy};
    struct explain *explain;

    TN_TRY(tn_atomic_try(png, err));
    explain = malloc(sizeof *explain);
    if (!explain)
        return tn_fail_nomem(err, sizeof *explain);
    *explain = (struct explain){
        .output = {.ops = &ops, .existing = APP_REPLACE},
        .captioner = captioner,
        .png = png,
        .quiet = quiet,
    };
    *ret_output = &explain->output;
    return TN_OK;
}
