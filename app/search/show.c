/* SPDX-License-Identifier: MIT */
#include "app/search/show.h"

#include "app/cli/commands.h"
#include "app/cli/options.h"
#include "app/cli/text_escape.h"
#include "app/output/json_row.h"
#include "app/search/page.h"

#include <json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_LINES = 64 };

/* A photo as the index describes it. */
struct described {
    char *name, *captions, *keywords; /* owned; the texts below are in them */
    struct captioner_caption caption_items[MOST_LINES];
    struct captioner_keyword keyword_items[MOST_LINES];
    struct captioner_result result;
};

static void described_finish(struct described *d)
{
    free(d->name);
    free(d->captions);
    free(d->keywords);
}

/* The next line, a number, a tab and a text, of which *text becomes the rest; false: none is left.
 */
static bool next_line(char **text, double *ret_number, const char **ret_text)
{
    char *line = *text, *end = strchr(line, '\n'), *tab = strchr(line, '\t');

    if (!end || !tab || tab > end)
        return false;
    *end = *tab = '\0';
    *ret_number = app_parse_real(line, ret_number) ? *ret_number : 0;
    *ret_text = tab + 1;
    *text = end + 1;
    return true;
}

static void parse(struct described *d)
{
    char *captions = d->captions, *keywords = d->keywords;
    struct captioner_result *r = &d->result;
    struct captioner_caption *caption = d->caption_items;
    struct captioner_keyword *keyword = d->keyword_items;

    while (r->count < MOST_LINES && next_line(&captions, &caption->confidence, &caption->text)) {
        caption++;
        r->count++;
    }
    while (r->keyword_count < MOST_LINES &&
           next_line(&keywords, &keyword->probability, &keyword->text)) {
        keyword++;
        r->keyword_count++;
    }
    r->captions = d->caption_items;
    r->keywords = d->keyword_items;
}

static enum tn_status take_row(struct described *d, const struct app_found *found,
                               const struct app_statement *row, struct tn_error *err)
{
    size_t length;
    const char *path = app_column_bytes(row, 0, &length);
    char *copy = strndup(path ? path : "", length);
    enum tn_status status;

    d->captions = strdup(app_column_text(row, 1));
    d->keywords = strdup(app_column_text(row, 2));
    d->result.not_a_photo = app_column_number(row, 3) != 0;
    status = copy && d->captions && d->keywords ? app_index_name(found->index, copy, &d->name, err)
                                                : tn_fail_nomem(err, length);
    free(copy);
    if (status == TN_OK)
        parse(d);
    return status;
}

static enum tn_status describe(struct described *d, const struct app_found *found,
                               struct tn_error *err)
{
    struct app_statement statement;
    enum tn_status status;
    bool row;

    TN_TRY(app_prepare(found->index->db,
                       "SELECT files.path, captions, keywords, not_a_photo FROM files JOIN photos"
                       " ON photos.id = files.id WHERE files.id = ?1",
                       &statement, err));
    app_bind_number(&statement, 1, found->id);
    status = app_step(&statement, &row, err);
    if (status == TN_OK)
        status = row ? take_row(d, found, &statement, err)
                     : tn_fail(err, TN_FORMAT,
                               "%s: the index is damaged; remove it, and it is made again",
                               app_db_path(found->index->db));
    app_statement_finish(&statement);
    return status;
}

/* ---- Lines ---- */

static json_object *number(double value)
{
    char text[32];

    snprintf(text, sizeof text, "%.4f", value);
    return json_object_new_double_s(value, text);
}

static json_object *make_object(const struct described *d, double score, const size_t *group)
{
    json_object *object = json_object_new_object();
    json_object *captions = json_object_new_array(), *keywords = json_object_new_array();
    bool lossy;

    json_object_object_add(object, "path", app_json_text(d->name, &lossy));
    json_object_object_add(object, "score", number(score));
    if (group)
        json_object_object_add(object, "group", json_object_new_int64((int64_t)*group + 1));
    if (d->result.not_a_photo)
        json_object_object_add(object, "not_a_photo", json_object_new_boolean(true));
    for (size_t i = 0; i < d->result.count; i++) {
        json_object *caption = json_object_new_object();

        json_object_object_add(caption, "caption",
                               app_json_text(d->result.captions[i].text, &lossy));
        json_object_object_add(caption, "confidence", number(d->result.captions[i].confidence));
        json_object_array_add(captions, caption);
    }
    for (size_t i = 0; i < d->result.keyword_count; i++) {
        json_object *keyword = json_object_new_object();

        json_object_object_add(keyword, "keyword",
                               app_json_text(d->result.keywords[i].text, &lossy));
        json_object_object_add(keyword, "probability", number(d->result.keywords[i].probability));
        json_object_array_add(keywords, keyword);
    }
    json_object_object_add(object, "captions", captions);
    json_object_object_add(object, "keywords", keywords);
    return object;
}

static void print_json(const struct described *d, double score, const size_t *group)
{
    json_object *object = make_object(d, score, group);

    fputs(json_object_to_json_string_ext(object,
                                         JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE),
          stdout);
    json_object_put(object);
}

static void print_tsv(const struct described *d, double score)
{
    app_escape_tsv(stdout, d->name);
    printf("\t%.4f\t", score);
    if (d->result.count > 0)
        app_escape_tsv(stdout, d->result.captions[0].text);
    putchar('\n');
}

static void print_found(const struct app_show *show, const struct described *d, double score,
                        const size_t *group, bool first, bool new_group)
{
    const int end = show->nul ? '\0' : '\n';

    switch (show->format) {
    case APP_SHOW_PATHS:
        if (new_group)
            putchar(end);
        fputs(d->name, stdout);
        putchar(end);
        break;
    case APP_SHOW_TSV:
        if (new_group)
            putchar('\n');
        print_tsv(d, score);
        break;
    case APP_SHOW_JSON:
        fputs(first ? "" : ",\n", stdout);
        print_json(d, score, group);
        break;
    case APP_SHOW_JSONL:
        print_json(d, score, group);
        putchar('\n');
        break;
    }
}

/* ---- All ---- */

static enum tn_status show_all(const struct app_show *show, struct app_page *page,
                               const struct app_found_list *list, const size_t *groups,
                               struct tn_error *err)
{
    for (size_t i = 0; i < list->count; i++) {
        struct described d = {.name = NULL};
        enum tn_status status = describe(&d, &list->items[i], err);

        if (status == TN_OK)
            print_found(show, &d, (double)list->items[i].score, groups ? &groups[i] : NULL, i == 0,
                        groups && i > 0 && groups[i] != groups[i - 1]);
        if (status == TN_OK && page)
            status = app_page_add(page, d.name, &d.result, groups ? &groups[i] : NULL, err);
        described_finish(&d);
        TN_TRY(status);
    }
    return page ? app_page_finish(page, list->count > 0, err) : TN_OK;
}

enum tn_status app_show_found(const struct app_show *show, const struct app_found_list *list,
                              const size_t *groups, struct tn_error *err)
{
    struct app_page *page = NULL;
    enum tn_status status;

    if (show->gallery)
        TN_TRY(app_page_create(show, &page, err));
    if (show->format == APP_SHOW_JSON)
        fputs("[", stdout);
    status = show_all(show, page, list, groups, err);
    if (show->format == APP_SHOW_JSON)
        fputs("]\n", stdout);
    app_page_destroy(page);
    return status;
}
