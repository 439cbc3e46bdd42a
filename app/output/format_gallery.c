/* SPDX-License-Identifier: MIT */
/*
 * The gallery: a page of HTML with a thumbnail of each photo, in the page or in a file of its own.
 * A photo is a line, so that rows.c can go on with a page that it left; the page around the lines
 * is made of the files of app/output/gallery/.
 */
#include "app/gallery_page.h"
#include "app/output/html.h"
#include "app/output/rows.h"

#include <string.h>

static const char row_start[] = "<figure data-path=\"", row_end[] = "</figcaption></figure>\n";
static const char no_photo[] = "No caption: hardly a photo of anything";

static void write_thumbnail(FILE *stream, const struct app_entry *entry, const char *caption)
{
    const struct app_thumbnail *thumbnail = entry->thumbnail;

    fprintf(stream, "<img width=\"%zu\" height=\"%zu\" loading=\"lazy\" decoding=\"async\" alt=\"",
            thumbnail->width, thumbnail->height);
    app_html_text(stream, caption);
    fputs("\" src=\"", stream);
    if (entry->thumbnail_link) {
        fputs(entry->thumbnail_link, stream);
    } else {
        fputs("data:image/jpeg;base64,", stream);
        app_html_base64(stream, thumbnail->bytes, thumbnail->size);
    }
    fputs("\">", stream);
}

static void write_language(FILE *stream, const char *language)
{
    fputs(" lang=\"", stream);
    app_html_text(stream, language);
    fputs("\">", stream);
}

static void write_confidence(FILE *stream, double confidence)
{
    fprintf(stream, "<data value=\"%.4f\">%.0f%%</data>", confidence, 100 * confidence);
}

static void write_alternatives(FILE *stream, const struct captioner_result *result,
                               const char *language)
{
    if (result->count < 2)
        return;
    fprintf(stream, "<details><summary>%zu other caption%s</summary><ol>", result->count - 1,
            result->count > 2 ? "s" : "");
    for (size_t i = 1; i < result->count; i++) {
        fputs("<li><span", stream);
        write_language(stream, language);
        app_html_text(stream, result->captions[i].text);
        fputs("</span> ", stream);
        write_confidence(stream, result->captions[i].confidence);
    }
    fputs("</ol></details>", stream);
}

static void write_keywords(FILE *stream, const struct captioner_result *result,
                           const char *language)
{
    if (result->keyword_count == 0)
        return;
    fputs("<ul aria-label=\"Keywords\"", stream);
    write_language(stream, language);
    for (size_t i = 0; i < result->keyword_count; i++) {
        fputs("<li>", stream);
        app_html_text(stream, result->keywords[i].text);
        fputs("</li>", stream);
    }
    fputs("</ul>", stream);
}

/* A picture of nothing has no confidence to show; with the least it comes first where the reader
 * looks for what to check. */
static void write_no_photo(FILE *stream, const struct app_entry *entry)
{
    fputs("<p lang=\"en\">", stream);
    fputs(no_photo, stream);
    fputs("</p><p><bdi>", stream);
    app_html_path(stream, entry->path);
    fputs("</bdi></p><p hidden>Confidence ", stream);
    write_confidence(stream, 0);
    fputs("</p>", stream);
}

static void write_remarks(FILE *stream, const struct app_entry *entry)
{
    if (entry->remark_count == 0)
        return;
    fputs("<dl>", stream);
    for (size_t i = 0; i < entry->remark_count; i++) {
        const struct app_remark *remark = &entry->remarks[i];

        if (remark->who) {
            fputs("<dt>", stream);
            app_html_text(stream, remark->who);
            fputs("</dt>", stream);
        }
        fputs("<dd", stream);
        write_language(stream, entry->language);
        app_html_text(stream, remark->text);
        fputs("</dd>", stream);
    }
    fputs("</dl>", stream);
}

static void write_captions(FILE *stream, const struct app_entry *entry)
{
    const struct captioner_caption *best = &entry->result->captions[0];

    fputs("<p", stream);
    write_language(stream, entry->language);
    app_html_text(stream, best->text);
    fputs("</p>", stream);
    write_keywords(stream, entry->result, entry->language);
    fputs("<p><bdi>", stream);
    app_html_path(stream, entry->path);
    fputs("</bdi></p><p>Confidence ", stream);
    write_confidence(stream, best->confidence);
    if (entry->note) {
        fputs(" <b>", stream);
        app_html_text(stream, entry->note);
        fputs("</b>", stream);
    }
    fputs("</p>", stream);
    write_alternatives(stream, entry->result, entry->language);
    write_remarks(stream, entry);
}

static void write_row(const struct app_format *format, FILE *stream, const struct app_entry *entry,
                      const char *file)
{
    const bool any = entry->result->count > 0;

    (void)format;
    fputs(row_start, stream);
    app_html_percent(stream, entry->path);
    fputs("\"><a href=\"", stream);
    app_html_link(stream, file, entry->path);
    fputs("\"", stream);
    write_language(stream, any ? entry->language : "en");
    write_thumbnail(stream, entry, any ? entry->result->captions[0].text : no_photo);
    fputs("</a><figcaption>", stream);
    if (any)
        write_captions(stream, entry);
    else
        write_no_photo(stream, entry);
    fputs(row_end, stream);
}

/* A row that was torn may stand before what was left of the page's end: a line all the same. */
static size_t row_length(const char *text, size_t size)
{
    const size_t start = sizeof row_start - 1, end = sizeof row_end - 1;
    const char *newline = memchr(text, '\n', size);
    const size_t length = newline ? (size_t)(newline + 1 - text) : 0;

    return length >= start + end && memcmp(text, row_start, start) == 0 &&
                   memcmp(text + length - end, row_end, end) == 0
               ? length
               : 0;
}

static bool row_path(const struct app_format *format, const char *text, size_t length, char *path)
{
    const size_t start = sizeof row_start - 1;
    const char *end;

    (void)format;
    if (length < start || memcmp(text, row_start, start) != 0)
        return false;
    end = memchr(text + start, '"', length - start);
    return end && app_html_percent_decode(text + start, (size_t)(end - text) - start, path);
}

const struct app_format app_format_gallery = {
    .name = "gallery",
    .extension = ".html",
    .head = app_gallery_head,
    .separator = "",
    .foot = app_gallery_foot,
    .row_start = row_start,
    .thumbnails = true,
    .write = write_row,
    .length = row_length,
    .path = row_path,
};
