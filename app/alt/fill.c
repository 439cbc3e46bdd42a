/* SPDX-License-Identifier: MIT */
#include "app/alt/run_private.h"

#include "app/cli/commands.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* ---- Captions ---- */

static bool is_wanted(const struct alt_settings *settings, enum alt_state state)
{
    return state == ALT_MISSING || (state == ALT_EMPTY && settings->empty) ||
           (state == ALT_POOR && settings->poor);
}

/* Whether the image is one of those that lack a text, or may. */
static bool is_lacking(enum alt_state state)
{
    return state != ALT_GIVEN && state != ALT_DECORATION;
}

/* Whether a caption is made for it: of an image that stays as it is, only to be listed. */
static bool is_captioned(const struct alt_settings *settings, enum alt_state state)
{
    return is_wanted(settings, state) ||
           (settings->list && (state == ALT_EMPTY || state == ALT_POOR));
}

static const char *state_name(enum alt_state state)
{
    static const char *const names[] = {
        [ALT_GIVEN] = "has a text",      [ALT_MISSING] = "missing",
        [ALT_EMPTY] = "empty (--empty)", [ALT_DECORATION] = "decoration",
        [ALT_POOR] = "poor (--poor)",    [ALT_TEMPLATE] = "in a template"};

    return names[state];
}

static const char *reason(const struct alt_settings *settings, enum alt_state state,
                          const struct alt_caption *caption)
{
    if (state == ALT_TEMPLATE || (caption->text && !is_wanted(settings, state)))
        return state_name(state);
    if (!caption->text)
        return caption->why ? caption->why : state_name(state);
    return caption->confidence < settings->min_confidence ? "unsure" : state_name(state);
}

/* A picture that is in its URL would make the list unreadable. */
enum { SHOWN_DATA = 60 };

static bool is_long_data(const char *source)
{
    return strncasecmp(source, "data:", 5) == 0 && strlen(source) > SHOWN_DATA;
}

/* The URL in a list; out is memory for it. */
static const char *shown(const char *source, char out[SHOWN_DATA + 4])
{
    if (!is_long_data(source))
        return source;
    snprintf(out, SHOWN_DATA + 4, "%.*s...", SHOWN_DATA, source);
    return out;
}

static void list_image(const struct alt_running *run, const struct alt_image *image,
                       const char *title, const struct alt_cursor *place,
                       const struct alt_caption *caption, bool fill)
{
    char source[SHOWN_DATA + 4];
    const struct alt_row row = {.fill = fill,
                                .page = title,
                                .line = place->line,
                                .column = place->column,
                                .source = shown(image->source, source),
                                .why = reason(run->settings, image->state, caption),
                                .confidence = caption->text ? caption->confidence : -1,
                                .text = caption->text ? caption->text : ""};

    app_status_clear(&run->status);
    alt_list_put(stdout, (enum alt_list_format)run->settings->format, &row);
}

static void decide(struct alt_running *run, const struct alt_page *page, const char *title,
                   const struct alt_caption *captions, const char **texts)
{
    const struct alt_settings *settings = run->settings;
    struct alt_cursor place = {0};

    for (size_t i = 0; i < page->count; i++) {
        const enum alt_state state = page->images[i].state;
        const bool fill = is_wanted(settings, state) && captions[i].text &&
                          captions[i].confidence >= settings->min_confidence;

        texts[i] = fill ? captions[i].text : NULL;
        run->counts.left += is_lacking(state) && !fill;
        if (!settings->list || !is_lacking(state))
            continue;
        alt_cursor_move(&place, page, page->images[i].at);
        list_image(run, &page->images[i], title, &place, &captions[i], fill);
    }
}

static enum tn_status caption_images(struct alt_running *run, const struct alt_page *page,
                                     const struct alt_place *place, struct alt_picture *pictures,
                                     struct alt_caption *captions, struct tn_error *err)
{
    for (size_t i = 0; i < page->count; i++) {
        pictures[i].why = state_name(page->images[i].state);
        if (is_captioned(run->settings, page->images[i].state))
            TN_TRY(alt_picture_find(place, page->base, page->images[i].source, &pictures[i], err));
    }
    return alt_captions_make(run->captions, page->language, pictures, page->count, captions, err);
}

enum tn_status alt_fill(struct alt_running *run, const struct alt_page *page, const char *title,
                        const struct alt_place *place, const char **texts, struct tn_error *err)
{
    struct alt_picture *pictures = calloc(page->count + 1, sizeof *pictures);
    struct alt_caption *captions = calloc(page->count + 1, sizeof *captions);
    enum tn_status status;

    if (pictures && captions)
        status = caption_images(run, page, place, pictures, captions, err);
    else
        status = tn_fail_nomem(err, page->count * sizeof *pictures);
    if (status == TN_OK)
        decide(run, page, title, captions, texts);
    for (size_t i = 0; pictures && i < page->count; i++)
        alt_picture_finish(&pictures[i]);
    free(pictures);
    free(captions);
    return status;
}

/* ---- A list ---- */

/* The byte of a line and column; SIZE_MAX: the page has no such line. */
static size_t byte_at(const struct alt_page *page, const struct alt_row *row)
{
    const char *at = page->bytes, *const end = page->bytes + page->size;

    for (size_t line = 1; line < row->line; line++) {
        at = memchr(at, '\n', (size_t)(end - at));
        if (!at)
            return SIZE_MAX;
        at++;
    }
    return (size_t)(at - page->bytes) + row->column - 1;
}

static size_t find_image(const struct alt_page *page, const struct alt_row *row)
{
    const size_t at = byte_at(page, row);
    char source[SHOWN_DATA + 4];

    for (size_t i = 0; i < page->count; i++)
        if (page->images[i].at == at &&
            strcmp(shown(page->images[i].source, source), row->source) == 0)
            return i;
    return SIZE_MAX;
}

/* Whether a person has taken the text away. */
static bool is_emptied(const struct alt_row *row)
{
    return row->text[strspn(row->text, " ")] == '\0';
}

static void leave_out(struct alt_running *run, const struct alt_row *row)
{
    run->counts.left++;
    app_status_clear(&run->status);
    if (!run->settings->quiet)
        app_warn("%s:%zu:%zu: left out, as its text is empty", row->page, row->line, row->column);
}

/* The text of a row for its image; NULL: it stands there already. */
static enum tn_status text_of(const struct alt_image *image, const struct alt_row *row,
                              const char **ret_text, struct tn_error *err)
{
    if (image->state == ALT_TEMPLATE)
        return tn_fail(err, TN_FORMAT, "%s:%zu:%zu: the image is in a template", row->page,
                       row->line, row->column);
    if (image->state == ALT_GIVEN && strcmp(image->alt, row->text) != 0)
        return tn_fail(err, TN_NOTFOUND,
                       "%s:%zu:%zu: the image has another text by now; list this page again",
                       row->page, row->line, row->column);
    *ret_text = image->state == ALT_GIVEN ? NULL : row->text;
    return TN_OK;
}

enum tn_status alt_fill_from_list(struct alt_running *run, const struct alt_page *page,
                                  const char *title, const char **texts, struct tn_error *err)
{
    size_t there = 0;

    for (size_t i = 0; i < run->list.count; i++) {
        const struct alt_row *row = &run->list.rows[i];
        size_t image;

        if (strcmp(row->page, title) != 0)
            continue;
        if (is_emptied(row)) {
            leave_out(run, row);
            continue;
        }
        image = find_image(page, row);
        if (image == SIZE_MAX)
            return tn_fail(err, TN_NOTFOUND,
                           "%s:%zu:%zu: there is no image %s (any more); list this page again",
                           title, row->line, row->column, row->source);
        TN_TRY(text_of(&page->images[image], row, &texts[image], err));
        there += !texts[image];
    }
    run->counts.there += there;
    return TN_OK;
}
