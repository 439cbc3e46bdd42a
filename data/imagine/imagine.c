/* SPDX-License-Identifier: MIT */
#include "data/imagine/imagine.h"

#include "base/array.h"
#include "base/memory.h"
#include "data/imagine/imagine_private.h"

#include <stdlib.h>
#include <string.h>

/* Words seen less often show little about V; from fewer photos nothing can be learnt. */
enum { SEEN = 4, FEWEST_PHOTOS = 20 };

struct imagining {
    const struct imagine_options *options;
    struct tn_pool *pool;
    struct data_set *dataset, text; /* text: a photo per line, then per group */
    struct data_features *features;
    struct vocab *vocab;
    struct data_corpus photo_corpus, text_corpus;
    size_t words;
    float *idf; /* [words] */
    struct imagine_photos photos;
    struct imagine_bags photo_bags, turned, groups;
    size_t *starts; /* [groups.count + 1]: each group's first caption in text_corpus */
    float *a;       /* [words][width] */
};

static void imagining_finish(struct imagining *m)
{
    data_set_finish(&m->text);
    vocab_destroy(m->vocab);
    data_corpus_finish(&m->photo_corpus);
    data_corpus_finish(&m->text_corpus);
    free(m->idf);
    free(m->photos.scales);
    imagine_bags_finish(&m->photo_bags);
    imagine_bags_finish(&m->turned);
    imagine_bags_finish(&m->groups);
    free(m->starts);
    free(m->a);
}

enum tn_status imagine_progress(const struct imagine_options *options, const char *doing,
                                size_t done, size_t count, struct tn_error *err)
{
    return tn_progress_stops(&options->progress, doing, done, count)
               ? tn_fail(err, TN_CANCELLED, "interrupted")
               : TN_OK;
}

/* The words of the photos, and the photos' vectors. */
static enum tn_status read_photos(struct imagining *m, struct tn_error *err)
{
    const enum vocab_language language = m->options->language;
    enum tn_status status;
    size_t count = 0;

    for (size_t i = 0; i < m->dataset->photo_count; i++)
        count += data_photo_is_train(&m->dataset->photos[i]);
    if (count < FEWEST_PHOTOS)
        return tn_fail(err, TN_FORMAT,
                       "%s: there are %zu photos to imagine others from; expected at least %d",
                       m->options->text, count, FEWEST_PHOTOS);
    status = data_make_vocab(m->dataset, data_photo_is_train, language, SEEN, &m->vocab, err);
    if (status == TN_NOTFOUND)
        return tn_fail(err, TN_FORMAT,
                       "%s: the photos' captions contain no word %d times; nothing can be imagined "
                       "from them",
                       m->options->text, SEEN);
    TN_TRY(status);
    TN_TRY(data_corpus_make(m->dataset, data_photo_is_train, language, m->vocab, &m->photo_corpus,
                            err));
    m->words = vocab_count(m->vocab) - VOCAB_FIRST_WORD;
    m->idf = malloc(m->words * sizeof *m->idf);
    if (!m->idf)
        return tn_fail_nomem(err, m->words * sizeof *m->idf);
    TN_TRY(imagine_idf(&m->photo_corpus, m->words, m->idf, err));
    TN_TRY(imagine_bags_make(&m->photo_corpus, m->photo_corpus.firsts, m->photo_corpus.photo_count,
                             m->idf, m->words, &m->photo_bags, err));
    TN_TRY(imagine_bags_turn(&m->photo_bags, &m->turned, err));
    return imagine_photos_init(&m->photos, m->features, m->photo_corpus.photos,
                               m->photo_corpus.photo_count, err);
}

/* m->starts, of the captions of the text. */
static enum tn_status cut_text(struct imagining *m, size_t *ret_groups, struct tn_error *err)
{
    const size_t count = m->text_corpus.caption_count;
    struct imagine_bags lines;
    enum tn_status status;

    m->starts = malloc((count + 1) * sizeof *m->starts);
    if (!m->starts)
        return tn_fail_nomem(err, (count + 1) * sizeof *m->starts);
    for (size_t i = 0; i <= count; i++)
        m->starts[i] = i;
    TN_TRY(imagine_bags_make(&m->text_corpus, m->starts, count, m->idf, m->words, &lines, err));
    status =
        lines.starts[count] > 0
            ? imagine_cut(&lines, m->starts, ret_groups, err)
            : tn_fail(err, TN_FORMAT,
                      "%s: no word in it that the photos' captions contain %d times",
                      m->options->text, SEEN);
    imagine_bags_finish(&lines);
    return status;
}

/* Makes the text's photos, of a line each, those of groups.  Lines without a word are in no group,
 * and go with the lines before them. */
static void join_lines(struct imagining *m)
{
    const struct data_corpus *corpus = &m->text_corpus;
    const size_t groups = m->groups.count, lines = m->text.photo_count;

    for (size_t g = 0; g < groups; g++) {
        const size_t first = g == 0 ? 0 : corpus->photos[corpus->owners[m->starts[g]]];
        const size_t end =
            g + 1 == groups ? lines : corpus->photos[corpus->owners[m->starts[g + 1]]];
        struct data_photo *photo = &m->text.photos[g];

        *photo = m->text.photos[first];
        photo->caption_count = end - first;
        for (size_t line = first; line < end; line++)
            m->text.captions[line].photo = g;
    }
    m->text.photo_count = groups;
}

static enum tn_status read_text(struct imagining *m, struct tn_error *err)
{
    size_t groups;

    TN_TRY(imagine_read_lines(m->options->text, &m->text, err));
    TN_TRY(data_corpus_make(&m->text, data_photo_is_train, m->options->language, m->vocab,
                            &m->text_corpus, err));
    TN_TRY(cut_text(m, &groups, err));
    TN_TRY(
        imagine_bags_make(&m->text_corpus, m->starts, groups, m->idf, m->words, &m->groups, err));
    join_lines(m);
    return TN_OK;
}

/* Room for `more` photos, each with the row behind the last one's. */
static enum tn_status reserve(struct data_features *features, size_t more, struct tn_error *err)
{
    const size_t length = features->views * features->width, total = features->total + more;

    TN_TRY(tn_array_reserve(&features->rows, &(size_t){0}, features->photos + more, err));
    TN_TRY(tn_array_reserve(&features->values, &(size_t){0}, total * length, err));
    for (size_t i = 0; i < more; i++)
        features->rows[features->photos + i] = features->total + i;
    return TN_OK;
}

static enum tn_status imagine(struct imagining *m, struct tn_error *err)
{
    const size_t views = m->features->views, width = m->features->width;
    const size_t groups = m->groups.count;
    struct imagine_draw draw = {&m->photos, &m->photo_bags,   &m->turned, &m->groups,
                                NULL,       m->options->seed, NULL};

    TN_TRY(imagine_progress(m->options, "learning V from words", 0, m->words, err));
    draw.a = m->a = tn_memory_create(m->words * width * sizeof *m->a);
    if (!m->a)
        return tn_fail_nomem(err, m->words * width * sizeof *m->a);
    TN_TRY(imagine_fit(&m->photos, &m->photo_bags, m->pool, m->a, err));
    TN_TRY(reserve(m->features, groups, err));
    draw.values = m->features->values + m->features->total * views * width;
    TN_TRY(imagine_draw(&draw, m->options, m->pool, err));
    TN_TRY(imagine_match(&m->photos, draw.values, groups * views, m->options, m->pool, err));
    TN_TRY(data_set_append(m->dataset, &m->text, err));
    m->features->total += groups;
    m->features->photos += groups;
    return TN_OK;
}

enum tn_status data_imagine_check(const char *text, struct tn_error *err)
{
    struct data_set lines = {0};
    const enum tn_status status = imagine_read_lines(text, &lines, err);

    data_set_finish(&lines);
    return status;
}

enum tn_status data_imagine(struct data_set *dataset, struct data_features *features,
                            const struct imagine_options *options, struct tn_pool *pool,
                            struct imagine_counts *ret_counts, struct tn_error *err)
{
    struct imagining m = {
        .options = options, .pool = pool, .dataset = dataset, .features = features};
    enum tn_status status = read_photos(&m, err);

    if (status == TN_OK)
        status = read_text(&m, err);
    if (status == TN_OK)
        status = imagine(&m, err);
    if (status == TN_OK)
        *ret_counts = (struct imagine_counts){m.text_corpus.caption_count, m.groups.count};
    imagining_finish(&m);
    return status;
}
