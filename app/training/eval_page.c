/* SPDX-License-Identifier: MIT */
#include "app/training/eval_page.h"

#include "app/cli/commands.h"
#include "app/output/gallery.h"
#include "app/output/gallery_words.h"
#include "app/output/html.h"
#include "base/atomic_file.h"
#include "base/path.h"
#include "models/captioner/photo_encoder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_REMARKS = 64 };

/* A photo of the corpus, and how far in front it stands. */
struct place {
    double key;
    size_t photo;
};

struct page {
    const struct eval_report *report;
    struct app_output *output;
    char *head; /* of its format */
    struct place *order;
};

enum tn_status eval_page_check(const char *path, struct tn_error *err)
{
    TN_TRY(tn_atomic_try(path, err));
    return app_gallery_check_words(path, err);
}

/* ---- Its beginning ---- */

static enum tn_status make_title(const struct eval_report *report, char **ret_title,
                                 struct tn_error *err)
{
    size_t size;
    char *title = NULL;
    FILE *stream = open_memstream(&title, &size);

    if (stream) {
        app_html_text(stream, tn_path_name(report->model));
        fputs(report->rival ? " against " : " against people", stream);
        if (report->rival)
            app_html_text(stream, tn_path_name(report->rival->model));
    }
    if (!stream || fclose(stream) != 0) {
        free(title);
        return tn_fail_nomem(err, 1);
    }
    *ret_title = title;
    return TN_OK;
}

static enum tn_status begin_page(struct page *page, const char *path, struct tn_error *err)
{
    struct app_gallery_words words = {.order = page->report->rival ? "Largest losses first"
                                                                   : "Worst first"};
    struct app_format format;
    enum tn_status status;
    char *title;

    TN_TRY(make_title(page->report, &title, err));
    words.title = title;
    status = app_gallery_with_words(&words, &format, &page->head, err);
    free(title);
    TN_TRY(status);
    return app_gallery_create(&format, path, APP_REPLACE, &page->output, err);
}

/* ---- The order ---- */

static int compare_places(const void *a, const void *b)
{
    const struct place *one = a, *other = b;

    if (one->key < other->key || one->key > other->key)
        return one->key < other->key ? -1 : 1;
    return one->photo < other->photo ? -1 : one->photo > other->photo;
}

/* By CIDEr-D or, where no n-gram weighs anything, by the confidence; against a rival by what was
 * lost. */
static enum tn_status order_photos(struct page *page, struct tn_error *err)
{
    const struct eval_report *report = page->report;
    const size_t count = report->corpus->photo_count;
    const bool weighed = report->scores->metrics.weighed;

    page->order = malloc((count + 1) * sizeof *page->order);
    if (!page->order)
        return tn_fail_nomem(err, count * sizeof *page->order);
    for (size_t i = 0; i < count; i++) {
        double key = weighed ? report->hypotheses->cider[i] : report->confidences[i];

        if (report->rival)
            key -= report->rival->hypotheses->cider[i];
        page->order[i] = (struct place){key, i};
    }
    qsort(page->order, count, sizeof *page->order, compare_places);
    return TN_OK;
}

/* ---- A photo ---- */

static void write_note(const struct eval_report *report, size_t photo, char *note, size_t size)
{
    const struct train_hypotheses *now = report->hypotheses;

    note[0] = '\0';
    if (report->scores->metrics.weighed)
        snprintf(note, size, "CIDEr-D %.2f, content %.0f%%", now->cider[photo],
                 100 * now->content[photo]);
}

/* What the rival said, and people; `who` and `said` are the rival's texts' memory. */
static size_t gather_remarks(const struct eval_report *report, size_t photo, char *who,
                             size_t who_size, char *said, size_t said_size,
                             struct app_remark remarks[MOST_REMARKS])
{
    const struct eval_rival *rival = report->rival;
    const struct data_set *set = report->dataset;
    const struct data_photo *known = &set->photos[report->corpus->photos[photo]];
    size_t count = 0;

    if (rival) {
        const size_t length = (size_t)snprintf(who, who_size, "%s", tn_path_name(rival->model));

        if (report->scores->metrics.weighed && length < who_size)
            snprintf(who + length, who_size - length, ": CIDEr-D %.2f, content %.0f%%",
                     rival->hypotheses->cider[photo], 100 * rival->hypotheses->content[photo]);
        eval_caption_text(rival->hypotheses, rival->vocab, report->language, photo, said,
                          said_size);
        remarks[count++] = (struct app_remark){who, said};
    }
    for (size_t c = 0; c < known->caption_count && count < MOST_REMARKS; c++)
        remarks[count++] =
            (struct app_remark){c == 0 ? "People" : NULL, data_set_caption(set, known->first + c)};
    return count;
}

static enum tn_status load_thumbnail(const struct data_place *place,
                                     struct app_thumbnail *ret_thumbnail, struct tn_error *err)
{
    const struct image_options options = photo_options(IMAGE_USUAL_PIXELS);
    enum tn_status status;
    unsigned char *bytes;
    struct image image;
    size_t size;

    TN_TRY(data_place_read(place, &options, &bytes, &size, err));
    status = image_decode(bytes, size, place->name, &options, &image, err);
    free(bytes);
    TN_TRY(status);
    status = app_thumbnail_make(&image, ret_thumbnail, err);
    image_finish(&image);
    return status;
}

static enum tn_status put_photo(const struct page *page, size_t photo,
                                const struct app_thumbnail *thumbnail, struct tn_error *err)
{
    const struct eval_report *report = page->report;
    char text[EVAL_CAPTION_SIZE], said[EVAL_CAPTION_SIZE], who[512], note[64];
    struct app_remark remarks[MOST_REMARKS];
    const struct captioner_caption caption = {.text = text,
                                              .confidence = report->confidences[photo]};
    const struct captioner_result result = {.count = 1, .captions = &caption};
    struct app_entry entry = {
        .path = data_set_path(report->dataset, report->corpus->photos[photo]),
        .result = &result,
        .language = report->language_name,
        .model = "",
        .thumbnail = thumbnail,
        .note = note,
        .remarks = remarks,
    };

    eval_caption_text(report->hypotheses, report->vocab, report->language, photo, text,
                      sizeof text);
    write_note(report, photo, note, sizeof note);
    entry.remark_count = gather_remarks(report, photo, who, sizeof who, said, sizeof said, remarks);
    return page->output->ops->put(page->output, &entry, err);
}

static enum tn_status add_photo(const struct page *page, size_t photo, struct tn_error *err)
{
    const struct eval_report *report = page->report;
    const struct data_place place = data_set_place(report->dataset, report->corpus->photos[photo]);
    struct app_thumbnail thumbnail;
    enum tn_status status = load_thumbnail(&place, &thumbnail, err);

    if (status != TN_OK) { /* it is gone since, or there are only vectors */
        app_warn("%s", err->text);
        return TN_OK;
    }
    status = put_photo(page, photo, &thumbnail, err);
    app_thumbnail_finish(&thumbnail);
    return status;
}

static enum tn_status add_photos(struct page *page, struct tn_error *err)
{
    const size_t count = page->report->corpus->photo_count;
    struct app_output *output = page->output;
    struct app_status status;
    const struct tn_progress progress = {app_show_count, &status};

    TN_TRY(order_photos(page, err));
    app_status_begin(&status);
    for (size_t i = 0; i < count; i++) {
        TN_TRY(add_photo(page, page->order[i].photo, err));
        if (tn_progress_stops(&progress, "on the page:", i + 1, count))
            return tn_fail(err, TN_CANCELLED, "stopped after %zu of %zu photos", i + 1, count);
    }
    TN_TRY(output->ops->flush(output, err));
    return output->ops->finish(output, true, err);
}

enum tn_status eval_page_save(const struct eval_report *report, const char *path,
                              struct tn_error *err)
{
    struct page page = {.report = report};
    enum tn_status status = begin_page(&page, path, err);

    if (status == TN_OK)
        status = add_photos(&page, err);
    if (page.output)
        page.output->ops->destroy(page.output);
    free(page.head);
    free(page.order);
    return status;
}
