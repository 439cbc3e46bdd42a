/* SPDX-License-Identifier: MIT */
#include "app/search/page.h"

#include "app/cli/commands.h"
#include "app/cli/photo_load.h"
#include "app/output/gallery.h"
#include "app/output/gallery_words.h"
#include "app/output/html.h"
#include "models/captioner/keywords.h"
#include "models/captioner/photo_encoder.h"

#include <stdio.h>
#include <stdlib.h>

struct app_page {
    const struct app_show *show;
    struct app_output *output;
    char *head; /* of its format */
};

/* ---- Its beginning and end ---- */

static enum tn_status make_title(const struct app_show *show, char **ret_title,
                                 struct tn_error *err)
{
    size_t size;
    char *title = NULL;
    FILE *stream = open_memstream(&title, &size);

    if (stream && !show->words && !show->like) {
        fputs("Photos that look nearly the same", stream);
    } else if (stream) {
        fputs(show->words ? "Search: " : "Photos like ", stream);
        app_html_text(stream, show->words ? show->words : show->like);
    }
    if (!stream || fclose(stream) != 0) {
        free(title);
        return tn_fail_nomem(err, 1);
    }
    *ret_title = title;
    return TN_OK;
}

static enum tn_status begin(struct app_page *page, struct tn_error *err)
{
    const struct app_show *show = page->show;
    struct app_gallery_words words = {.order =
                                          show->words || show->like ? "Best first" : "By group"};
    struct app_format format;
    enum tn_status status;
    char *title;

    TN_TRY(make_title(show, &title, err));
    words.title = title;
    status = app_gallery_with_words(&words, &format, &page->head, err);
    free(title);
    TN_TRY(status);
    return app_gallery_create(&format, show->gallery, APP_REPLACE, &page->output, err);
}

enum tn_status app_page_create(const struct app_show *show, struct app_page **ret_page,
                               struct tn_error *err)
{
    struct app_page *page = calloc(1, sizeof *page);
    enum tn_status status;

    if (!page)
        return tn_fail_nomem(err, sizeof *page);
    page->show = show;
    status = begin(page, err);
    if (status == TN_OK)
        *ret_page = page;
    else
        app_page_destroy(page);
    return status;
}

enum tn_status app_page_finish(struct app_page *page, bool any, struct tn_error *err)
{
    struct app_output *output = page->output;

    TN_TRY(output->ops->flush(output, err));
    return output->ops->finish(output, any || !output->replaces, err);
}

void app_page_destroy(struct app_page *page)
{
    if (!page)
        return;
    if (page->output)
        page->output->ops->destroy(page->output);
    free(page->head);
    free(page);
}

/* ---- Its photos ---- */

/* Those that a reader of the page wants to see; the index has more, to find photos by. */
static size_t count_likely(const struct captioner_result *result)
{
    size_t count = 0;

    while (count < result->keyword_count && result->keywords[count].probability >= KEYWORDS_LIKELY)
        count++;
    return count;
}

enum tn_status app_page_add(struct app_page *page, const char *path,
                            const struct captioner_result *result, const size_t *group,
                            struct tn_error *err)
{
    const struct app_show *show = page->show;
    const struct image_options options = photo_options(show->max_pixels);
    struct captioner_result shown = *result;
    struct app_thumbnail thumbnail = {.bytes = NULL};
    struct image image = {.rgb = NULL};
    char note[32];
    const struct app_entry entry = {.path = path,
                                    .result = &shown,
                                    .language = captioner_language(show->captioner),
                                    .model = captioner_fingerprint(show->captioner),
                                    .thumbnail = &thumbnail,
                                    .note = group ? note : NULL};
    enum tn_status status = app_photo_load(path, &options, &image, err);

    if (status != TN_OK) { /* it is gone since, or cannot be read any more */
        app_warn("%s", err->text);
        return TN_OK;
    }
    snprintf(note, sizeof note, "Group %zu", group ? *group + 1 : 0);
    shown.keyword_count = count_likely(result);
    status = app_thumbnail_make(&image, &thumbnail, err);
    image_finish(&image);
    if (status == TN_OK)
        status = page->output->ops->put(page->output, &entry, err);
    app_thumbnail_finish(&thumbnail);
    return status;
}
