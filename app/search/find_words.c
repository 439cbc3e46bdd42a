/* SPDX-License-Identifier: MIT */
#include "app/search/columns.h"
#include "app/search/find.h"
#include "app/search/query.h"
#include "base/array.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A photo of the index, by what is known of it so far. */
struct candidate {
    int64_t id;
    float score;
    bool told;             /* some word is in its texts */
    bool wanted, unwanted; /* as the query's phrases have it */
};

struct candidates {
    struct candidate *items; /* by rising ids; owned */
    size_t count;
};

/* ---- Lists ---- */

enum tn_status app_found_add(struct app_found_list *list, struct app_found found,
                             struct tn_error *err)
{
    TN_TRY(tn_array_reserve(&list->items, &list->capacity, list->count + 1, err));
    list->items[list->count++] = found;
    return TN_OK;
}

/* Equal scores in the order of the ids, so that a search finds the same again. */
static int by_score(const void *a, const void *b)
{
    const struct app_found *x = a, *y = b;

    if (x->score != y->score)
        return x->score > y->score ? -1 : 1;
    if (x->index != y->index)
        return x->index < y->index ? -1 : 1;
    return (x->id > y->id) - (x->id < y->id);
}

void app_found_sort(struct app_found_list *list)
{
    if (list->count > 0)
        qsort(list->items, list->count, sizeof *list->items, by_score);
}

void app_found_cut(struct app_found_list *list, size_t most)
{
    app_found_sort(list);
    if (list->count > most)
        list->count = most;
}

/* ---- Evidence ---- */

static enum tn_status weigh_codes(const struct app_query *query, const struct app_rows_of *codes,
                                  struct candidates *all, struct tn_error *err)
{
    const struct tn_matrix matrix = app_rows_matrix(codes);
    float *scores = malloc((codes->count + 1) * sizeof *scores);
    enum tn_status status;

    all->items = calloc(codes->count + 1, sizeof *all->items);
    status = scores && all->items
                 ? relevance_evidence(query->relevance, &query->asked, &matrix, scores, err)
                 : tn_fail_nomem(err, codes->count * sizeof *all->items);
    for (size_t i = 0; i < codes->count && status == TN_OK; i++)
        all->items[all->count++] =
            (struct candidate){.id = codes->ids[i], .score = codes->photos[i] ? scores[i] : 0};
    free(scores);
    return status;
}

static enum tn_status weigh_photos(struct app_index *index, const struct app_query *query,
                                   struct candidates *all, struct tn_error *err)
{
    struct app_rows_of codes;
    enum tn_status status;

    TN_TRY(app_codes_load(index, relevance_code_size(query->relevance), &codes, err));
    status = weigh_codes(query, &codes, all, err);
    app_rows_of_finish(&codes);
    return status;
}

/* ---- Texts ---- */

/* The candidate of that id; NULL: a damaged index has a text without a photo. */
static struct candidate *find_candidate(const struct candidates *all, int64_t id)
{
    size_t low = 0, high = all->count;

    while (low < high) {
        const size_t middle = low + (high - low) / 2;

        if (all->items[middle].id < id)
            low = middle + 1;
        else
            high = middle;
    }
    return low < all->count && all->items[low].id == id ? &all->items[low] : NULL;
}

enum what { TOLD, WANTED, UNWANTED };

static void mark(const struct candidates *all, enum what what, const struct app_statement *row)
{
    struct candidate *candidate = find_candidate(all, app_column_number(row, 0));

    if (!candidate)
        return;
    candidate->wanted |= what == WANTED;
    candidate->unwanted |= what == UNWANTED;
    if (what == TOLD) {
        candidate->told = true;
        candidate->score -= (float)(FIND_TEXT * app_column_real(row, 1)); /* lower is better */
    }
}

static enum tn_status mark_texts(struct app_index *index, const struct candidates *all,
                                 enum what what, const char *match, struct tn_error *err)
{
    struct app_statement statement;
    enum tn_status status = TN_OK;
    bool row = match[0] != '\0';

    if (!row)
        return TN_OK;
    TN_TRY(app_prepare(index->db,
                       what == TOLD ? "SELECT rowid, bm25(texts) FROM texts WHERE texts MATCH ?1"
                                    : "SELECT rowid FROM texts WHERE texts MATCH ?1",
                       &statement, err));
    app_bind_text(&statement, 1, match);
    while (row && status == TN_OK) {
        status = app_step(&statement, &row, err);
        if (status == TN_OK && row)
            mark(all, what, &statement);
    }
    app_statement_finish(&statement);
    return status;
}

/* ---- The best ---- */

/* The list is cut whenever it has twice as many: so it stays short, and what is worse than all that
 * a cut has left is not added. */
static enum tn_status keep_best(struct app_index *index, const struct app_query *query,
                                const struct candidates *all, size_t most,
                                struct app_found_list *best, struct tn_error *err)
{
    float least = -INFINITY;

    for (size_t i = 0; i < all->count; i++) {
        const struct candidate *c = &all->items[i];
        const struct app_found found = {.index = index, .id = c->id, .score = c->score};

        if (c->unwanted || (query->wanted[0] && !c->wanted))
            continue;
        if (!(c->told || c->wanted || c->score > 0) || c->score <= least)
            continue;
        TN_TRY(app_found_add(best, found, err));
        if (best->count == 2 * most) {
            app_found_cut(best, most);
            least = best->items[most - 1].score;
        }
    }
    app_found_cut(best, most);
    return TN_OK;
}

/* ---- The decoder ---- */

/* What it makes of the words, added to the scores of found[count], all of one index. */
static enum tn_status reread(struct app_query *query, struct app_found *found, size_t count,
                             struct tn_error *err)
{
    struct app_index *index = found->index;
    int64_t *ids = malloc((count + 1) * sizeof *ids);
    float *features = malloc((count + 1) * query->features * sizeof *features);
    float *scores = malloc((count + 1) * sizeof *scores);
    struct app_rows_of vectors = {.count = 0};
    enum tn_status status = TN_OK;

    if (!ids || !features || !scores)
        status = tn_fail_nomem(err, count * query->features * sizeof *features);
    for (size_t i = 0; i < count && status == TN_OK; i++) {
        ids[i] = found[i].id;
        scores[i] = found[i].score;
    }
    if (status == TN_OK)
        status = app_vectors_load(index, ids, count, query->features, &vectors, err);
    if (status == TN_OK && vectors.count != count)
        status =
            tn_fail(err, TN_FORMAT, "%s: the index is damaged; remove it, and it is made again",
                    app_db_path(index->db));
    for (size_t i = 0; i < count && status == TN_OK; i++)
        app_rows_floats(&vectors, i, features + i * query->features);
    if (status == TN_OK)
        status = relevance_read(query->relevance, &query->asked, count, features, scores, err);
    for (size_t i = 0; i < count && status == TN_OK; i++)
        found[i].score = scores[i];
    app_rows_of_finish(&vectors);
    free(ids);
    free(features);
    free(scores);
    return status;
}

enum tn_status app_find_reread(struct app_query *query, struct app_found_list *list,
                               struct tn_error *err)
{
    for (size_t first = 0, end; first < list->count; first = end) {
        for (end = first; end < list->count && list->items[end].index == list->items[first].index;)
            end++;
        TN_TRY(reread(query, list->items + first, end - first, err));
    }
    app_found_sort(list);
    return TN_OK;
}

/* ---- All of it ---- */

static enum tn_status find_words(struct app_index *index, struct app_query *query, size_t most,
                                 struct candidates *all, struct app_found_list *best,
                                 struct tn_error *err)
{
    TN_TRY(weigh_photos(index, query, all, err));
    TN_TRY(mark_texts(index, all, TOLD, query->match, err));
    TN_TRY(mark_texts(index, all, WANTED, query->wanted, err));
    TN_TRY(mark_texts(index, all, UNWANTED, query->unwanted, err));
    return keep_best(index, query, all, most > FIND_REREAD ? most : FIND_REREAD, best, err);
}

enum tn_status app_find_words(struct app_index *index, struct app_query *query, size_t most,
                              struct app_found_list *list, struct tn_error *err)
{
    struct candidates all = {.count = 0};
    struct app_found_list best = {.count = 0};
    enum tn_status status = find_words(index, query, most, &all, &best, err);

    for (size_t i = 0; i < best.count && status == TN_OK; i++)
        status = app_found_add(list, best.items[i], err);
    free(all.items);
    free(best.items);
    return status;
}
