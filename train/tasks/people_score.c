/* SPDX-License-Identifier: MIT */
#include "train/tasks/people_score.h"

#include <stdlib.h>

/* The captions of a corpus as metric_score reads them.  All owned. */
struct people {
    const char **words;                 /* [tokens] */
    struct metric_sentence *references; /* [captions] */
    struct metric_item *items;          /* [photos] */
};

static void people_finish(struct people *people)
{
    free(people->words);
    free(people->references);
    free(people->items);
}

static enum tn_status people_init(struct people *people, const struct data_corpus *corpus,
                                  struct tn_error *err)
{
    *people = (struct people){
        .words = calloc(corpus->token_count + 1, sizeof *people->words),
        .references = calloc(corpus->caption_count + 1, sizeof *people->references),
        .items = calloc(corpus->photo_count + 1, sizeof *people->items),
    };
    if (people->words && people->references && people->items)
        return TN_OK;
    people_finish(people);
    return tn_fail_nomem(err, corpus->token_count * sizeof *people->words);
}

static struct metric_sentence sentence_of(const struct people *people,
                                          const struct data_corpus *corpus, size_t caption)
{
    return (struct metric_sentence){people->words + corpus->starts[caption],
                                    corpus->starts[caption + 1] - corpus->starts[caption]};
}

/* The k-th caption of each photo that has it and others; returns how many have. */
static size_t choose(struct people *people, const struct data_corpus *corpus, size_t k)
{
    size_t count = 0;

    for (size_t photo = 0; photo < corpus->photo_count; photo++) {
        const size_t first = corpus->firsts[photo], end = corpus->firsts[photo + 1];
        struct metric_sentence *others = people->references + first;
        size_t kept = 0;

        if (end - first < 2 || k >= end - first)
            continue;
        for (size_t caption = first; caption < end; caption++)
            if (caption != first + k)
                others[kept++] = sentence_of(people, corpus, caption);
        people->items[count++] =
            (struct metric_item){sentence_of(people, corpus, first + k), others, kept};
    }
    return count;
}

static void add_scores(struct metric_scores *sum, const struct metric_scores *scores, double weight)
{
    for (int n = 0; n < 4; n++)
        sum->bleu[n] += weight * scores->bleu[n];
    sum->rouge_l += weight * scores->rouge_l;
    sum->cider += weight * scores->cider;
    sum->content += weight * scores->content;
    sum->distinct += weight * scores->distinct;
    sum->weighed |= scores->weighed;
}

static enum tn_status score_all(struct people *people, const struct data_corpus *corpus,
                                struct train_people *ret_people, struct tn_error *err)
{
    struct train_people sum = {.photos = 0}, mean = {.photos = 0};
    size_t captions = 0, count;

    for (size_t k = 0; (count = choose(people, corpus, k)) > 0; k++) {
        struct metric_scores scores;

        TN_TRY(metric_score(people->items, count, &scores, NULL, err));
        add_scores(&sum.metrics, &scores, (double)count);
        captions += count;
        mean.photos = k == 0 ? count : mean.photos;
    }
    if (captions > 0)
        add_scores(&mean.metrics, &sum.metrics, 1 / (double)captions);
    *ret_people = mean;
    return TN_OK;
}

enum tn_status train_score_people(const struct data_corpus *corpus, struct train_people *ret_people,
                                  struct tn_error *err)
{
    struct people people;
    enum tn_status status;

    TN_TRY(people_init(&people, corpus, err));
    for (size_t t = 0; t < corpus->token_count; t++)
        people.words[t] = corpus->text + corpus->words[t];
    status = score_all(&people, corpus, ret_people, err);
    people_finish(&people);
    return status;
}
