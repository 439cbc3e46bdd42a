/* SPDX-License-Identifier: MIT */
/*
 * BLEU, ROUGE-L, CIDEr-D and content precision over one numbered corpus.  Where the papers leave a
 * choice, the choice is coco-caption's.
 */
#include "metrics/metrics.h"

#include "metrics/cider.h"
#include "metrics/ngram_table.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* coco-caption's guards against 0 / 0 in BLEU's precisions and length ratio. */
static const double tiny = 1e-15, small = 1e-9;
static const double rouge_beta = 1.2;

struct scored_item {
    struct ngram_sentence hypothesis;
    struct ngram_sentence *references;
    size_t reference_count;
};

struct corpus {
    struct ngram_table table;
    struct scored_item *items;
    size_t count;
    struct ngram_sentence *references; /* of all items */
    uint32_t *room;                    /* of all sentences */
    uint32_t *documents; /* [table.count + 1] items whose references hold the n-gram */
    uint32_t *row;       /* [longest reference + 1] */
};

static void corpus_finish(struct corpus *corpus)
{
    ngram_table_finish(&corpus->table);
    free(corpus->items);
    free(corpus->references);
    free(corpus->room);
    free(corpus->documents);
    free(corpus->row);
}

static enum tn_status allocate_block(size_t count, size_t size, void *ret_block,
                                     struct tn_error *err)
{
    void *const block = calloc(count + 1, size);

    if (!block)
        return tn_fail_nomem(err, (count + 1) * size);
    memcpy(ret_block, &block, sizeof block);
    return TN_OK;
}

/* In how many items the references hold each n-gram: `seen` remembers the last item counted. */
static enum tn_status count_documents(struct corpus *corpus, struct tn_error *err)
{
    size_t *seen = NULL;

    TN_TRY(allocate_block(corpus->table.count, sizeof *corpus->documents, &corpus->documents, err));
    TN_TRY(allocate_block(corpus->table.count, sizeof *seen, &seen, err));
    for (size_t i = 0; i < corpus->count; i++)
        for (size_t r = 0; r < corpus->items[i].reference_count; r++)
            for (size_t n = 0; n < NGRAM_ORDERS; n++) {
                const struct ngram_sentence *reference = &corpus->items[i].references[r];

                for (size_t k = 0; k < ngram_count(reference, n); k++) {
                    const uint32_t id = reference->ids[n][k];

                    corpus->documents[id] += seen[id] != i + 1;
                    seen[id] = i + 1;
                }
            }
    free(seen);
    return TN_OK;
}

static enum tn_status corpus_fill(struct corpus *corpus, const struct metric_item *items,
                                  size_t count, struct tn_error *err)
{
    struct ngram_sentence *reference;
    size_t references = 0, room_size = 0, longest = 0;
    uint32_t *room;

    for (size_t i = 0; i < count; i++) {
        if (items[i].reference_count == 0)
            return tn_fail(err, TN_SHAPE, "item %zu has no reference to be scored against", i);
        references += items[i].reference_count;
        room_size += ngram_room(items[i].hypothesis.count);
        for (size_t r = 0; r < items[i].reference_count; r++) {
            const size_t length = items[i].references[r].count;

            room_size += ngram_room(length);
            longest = length > longest ? length : longest;
        }
    }
    TN_TRY(allocate_block(count, sizeof *corpus->items, &corpus->items, err));
    TN_TRY(allocate_block(references, sizeof *corpus->references, &corpus->references, err));
    TN_TRY(allocate_block(room_size, sizeof *corpus->room, &corpus->room, err));
    TN_TRY(allocate_block(longest, sizeof *corpus->row, &corpus->row, err));
    room = corpus->room;
    reference = corpus->references;
    for (size_t i = 0; i < count; i++) {
        struct scored_item *item = &corpus->items[i];

        TN_TRY(ngram_number(&corpus->table, &items[i].hypothesis, room, &item->hypothesis, err));
        room += ngram_room(items[i].hypothesis.count);
        item->references = reference;
        item->reference_count = items[i].reference_count;
        for (size_t r = 0; r < item->reference_count; r++) {
            TN_TRY(ngram_number(&corpus->table, &items[i].references[r], room, reference++, err));
            room += ngram_room(items[i].references[r].count);
        }
    }
    corpus->count = count;
    return count_documents(corpus, err);
}

/* The hypothesis' n-grams that some reference has too, each counted at most as often as the
 * reference that has it most often. */
static size_t clipped_matches(const struct scored_item *item, size_t n)
{
    const struct ngram_sentence *hypothesis = &item->hypothesis;
    size_t matches = 0, run;

    for (size_t at = 0; at < ngram_count(hypothesis, n); at += run) {
        size_t most = 0;

        run = ngram_run(hypothesis, n, at);
        for (size_t r = 0; r < item->reference_count; r++) {
            const size_t found = ngram_find(&item->references[r], n, hypothesis->ids[n][at]);

            most = found > most ? found : most;
        }
        matches += run < most ? run : most;
    }
    return matches;
}

/* The reference length closest to the hypothesis', of two equally close the shorter. */
static size_t closest_length(const struct scored_item *item)
{
    const size_t length = item->hypothesis.length;
    size_t best = 0, best_distance = SIZE_MAX;

    for (size_t r = 0; r < item->reference_count; r++) {
        const size_t candidate = item->references[r].length;
        const size_t distance = candidate > length ? candidate - length : length - candidate;

        if (distance < best_distance || (distance == best_distance && candidate < best)) {
            best = candidate;
            best_distance = distance;
        }
    }
    return best;
}

/* BLEU-k = min(1, exp(1 - r / c)) (p_1 ... p_k)^(1/k), p_n = clipped matches / n-grams, over all.
 */
static void score_bleu(const struct corpus *corpus, double bleu[NGRAM_ORDERS])
{
    double matches[NGRAM_ORDERS] = {0}, guesses[NGRAM_ORDERS] = {0};
    double length = 0, reference_length = 0, product = 1, ratio;

    for (size_t i = 0; i < corpus->count; i++) {
        const struct scored_item *item = &corpus->items[i];

        for (size_t n = 0; n < NGRAM_ORDERS; n++) {
            matches[n] += (double)clipped_matches(item, n);
            guesses[n] += (double)ngram_count(&item->hypothesis, n);
        }
        length += (double)item->hypothesis.length;
        reference_length += (double)closest_length(item);
    }
    ratio = (length + tiny) / (reference_length + small);
    for (size_t n = 0; n < NGRAM_ORDERS; n++) {
        product *= (matches[n] + tiny) / (guesses[n] + small);
        bleu[n] = pow(product, 1.0 / (double)(n + 1));
        if (ratio < 1)
            bleu[n] *= exp(1 - 1 / ratio);
    }
}

/* The length of the longest common subsequence; row[b->length + 1] is scratch. */
static size_t common_length(const struct ngram_sentence *a, const struct ngram_sentence *b,
                            uint32_t *row)
{
    memset(row, 0, (b->length + 1) * sizeof *row);
    for (size_t i = 0; i < a->length; i++) {
        uint32_t diagonal = 0;

        for (size_t j = 0; j < b->length; j++) {
            const uint32_t above = row[j + 1];

            if (a->tokens[i] == b->tokens[j])
                row[j + 1] = diagonal + 1;
            else if (row[j] > above)
                row[j + 1] = row[j];
            diagonal = above;
        }
    }
    return row[b->length];
}

/* F = (1 + beta^2) P R / (R + beta^2 P), P and R each the best over the references. */
static double score_rouge(const struct scored_item *item, uint32_t *row)
{
    const double beta2 = rouge_beta * rouge_beta;
    double precision = 0, recall = 0;

    for (size_t r = 0; r < item->reference_count; r++) {
        const struct ngram_sentence *reference = &item->references[r];
        const double common = (double)common_length(&item->hypothesis, reference, row);

        if (common > 0) {
            precision = fmax(precision, common / (double)item->hypothesis.length);
            recall = fmax(recall, common / (double)reference->length);
        }
    }
    return precision > 0 ? (1 + beta2) * precision * recall / (recall + beta2 * precision) : 0;
}

/* The idf of an n-gram: log of items / items whose references hold it. */
static double weight(const struct corpus *corpus, uint32_t id)
{
    return ngram_idf(corpus->documents[id], corpus->count);
}

/* The length of the tf-idf vector of one order. */
static double norm(const struct corpus *corpus, const struct ngram_sentence *sentence, size_t n)
{
    double sum = 0;
    size_t run;

    for (size_t at = 0; at < ngram_count(sentence, n); at += run) {
        run = ngram_run(sentence, n, at);
        sum += pow((double)run * weight(corpus, sentence->ids[n][at]), 2);
    }
    return sqrt(sum);
}

/* sum of min(hypothesis, reference) * reference over the tf-idf vectors of one order. */
static double clipped_product(const struct corpus *corpus, const struct ngram_sentence *hypothesis,
                              const struct ngram_sentence *reference, size_t n)
{
    double sum = 0;
    size_t run;

    for (size_t at = 0; at < ngram_count(hypothesis, n); at += run) {
        const uint32_t id = hypothesis->ids[n][at];
        const size_t found = ngram_find(reference, n, id);
        const double idf = found ? weight(corpus, id) : 0;

        run = ngram_run(hypothesis, n, at);
        sum += idf * (double)(run < found ? run : found) * idf * (double)found;
    }
    return sum;
}

/* CIDEr-D = 10 mean_{n, references} exp(-d^2 / 2 sigma^2) product / (|hypothesis| |reference|). */
static double score_cider(const struct corpus *corpus, const struct scored_item *item)
{
    const struct ngram_sentence *hypothesis = &item->hypothesis;
    double sum = 0;

    for (size_t n = 0; n < NGRAM_ORDERS; n++) {
        const double hypothesis_norm = norm(corpus, hypothesis, n);

        for (size_t r = 0; r < item->reference_count; r++) {
            const struct ngram_sentence *reference = &item->references[r];
            const double norms = hypothesis_norm * norm(corpus, reference, n);

            if (norms > 0)
                sum += metric_cider_penalty(hypothesis->length, reference->length) *
                       clipped_product(corpus, hypothesis, reference, n) / norms;
        }
    }
    return 10 * sum / (double)(NGRAM_ORDERS * item->reference_count);
}

/* Words that no reference of any item holds weigh most: log(items). */
static double score_content(const struct corpus *corpus, const struct scored_item *item)
{
    const struct ngram_sentence *hypothesis = &item->hypothesis;
    double said = 0, all = 0;

    for (size_t k = 0; k < ngram_count(hypothesis, 0); k++) {
        const uint32_t id = hypothesis->ids[0][k];
        const double idf = weight(corpus, id);
        size_t r = 0;

        while (r < item->reference_count && ngram_find(&item->references[r], 0, id) == 0)
            r++;
        all += idf;
        said += r < item->reference_count ? idf : 0;
    }
    return all > 0 ? said / all : 0;
}

/* How many sentences differ from all before them; marks the n-grams it has seen in `documents`,
 * which is of no use to the other scores afterwards. */
static size_t count_distinct(struct corpus *corpus)
{
    size_t distinct = 0;

    memset(corpus->documents, 0, (corpus->table.count + (size_t)1) * sizeof *corpus->documents);
    for (size_t i = 0; i < corpus->count; i++)
        distinct += corpus->documents[corpus->items[i].hypothesis.whole]++ == 0;
    return distinct;
}

static void put_if_wanted(double *each, size_t i, double score)
{
    if (each)
        each[i] = score;
}

/* Whether an n-gram of the references is not in those of all items. */
static bool tells_apart(const struct corpus *corpus)
{
    for (size_t id = 0; id < corpus->table.count; id++)
        if (corpus->documents[id] > 0 && corpus->documents[id] < corpus->count)
            return true;
    return false;
}

static void score_corpus(struct corpus *corpus, struct metric_scores *scores,
                         const struct metric_each *each)
{
    const double count = (double)corpus->count;

    score_bleu(corpus, scores->bleu);
    for (size_t i = 0; i < corpus->count; i++) {
        const double rouge = score_rouge(&corpus->items[i], corpus->row);
        const double cider = score_cider(corpus, &corpus->items[i]);
        const double content = score_content(corpus, &corpus->items[i]);

        scores->rouge_l += rouge / count;
        scores->cider += cider / count;
        scores->content += content / count;
        put_if_wanted(each->rouge, i, rouge);
        put_if_wanted(each->cider, i, cider);
        put_if_wanted(each->content, i, content);
    }
    scores->weighed = tells_apart(corpus);
    scores->distinct = (double)count_distinct(corpus) / count;
}

enum tn_status metric_score(const struct metric_item *items, size_t count,
                            struct metric_scores *ret_scores, const struct metric_each *each,
                            struct tn_error *err)
{
    const struct metric_each none = {NULL, NULL, NULL};
    struct corpus corpus = {0};
    struct metric_scores scores = {0};
    const enum tn_status status = corpus_fill(&corpus, items, count, err);

    if (status == TN_OK) {
        if (count > 0)
            score_corpus(&corpus, &scores, each ? each : &none);
        *ret_scores = scores;
    }
    corpus_finish(&corpus);
    return status;
}
