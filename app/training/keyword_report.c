/* SPDX-License-Identifier: MIT */
#include "app/training/keyword_report.h"

#include <stdlib.h>

static void measure(struct keyword_report *report)
{
    keyword_score(&report->examples, report->probabilities, KEYWORDS_LIKELY, &report->likely);
}

static enum tn_status measure_consensus(struct keyword_report *report,
                                        const struct app_trained *trained,
                                        const struct data_source *source, struct tn_error *err)
{
    size_t count;

    TN_TRY(keyword_examples_make(report->keywords, &trained->chosen->consensus, source,
                                 trained->pool, &report->examples, err));
    count = report->examples.starts[report->examples.photos];
    report->probabilities = malloc((count + 1) * sizeof *report->probabilities);
    if (!report->probabilities)
        return tn_fail_nomem(err, count * sizeof *report->probabilities);
    keyword_estimate(&report->examples, keywords_weights(report->keywords), report->probabilities);
    measure(report);
    return TN_OK;
}

enum tn_status keyword_report_make(struct keyword_report *report, const struct app_trained *trained,
                                   const struct data_source *source,
                                   const struct train_hypotheses *hypotheses, struct tn_error *err)
{
    const struct model_decoder *chosen = trained->chosen;

    TN_TRY(keywords_create(chosen->language, chosen->vocab, &chosen->consensus,
                           chosen->keyword_weights, &report->keywords, err));
    TN_TRY(keyword_score_captions(report->keywords, source->corpus, hypotheses, chosen->vocab,
                                  &report->captions, err));
    return chosen->consensus.grams > 0 ? measure_consensus(report, trained, source, err) : TN_OK;
}

enum tn_status keyword_report_fit(struct keyword_report *report, float *weights,
                                  struct tn_error *err)
{
    TN_TRY(keyword_cross_fit(&report->examples, report->probabilities, err));
    TN_TRY(keyword_fit(&report->examples, weights, err));
    measure(report);
    return TN_OK;
}

void keyword_report_finish(struct keyword_report *report)
{
    free(report->probabilities);
    keyword_examples_finish(&report->examples);
    keywords_destroy(report->keywords);
}

/* ---- Texts ---- */

static void print_scores(const char *name, const struct keyword_scores *scores, const char *note,
                         FILE *stream)
{
    fprintf(stream, "%-12s%.2f precision, %.2f recall, %.2f F1 (%s, %.1f per photo)\n", name,
            100 * scores->precision, 100 * scores->recall, 100 * keyword_f1(scores), note,
            scores->per_photo);
}

void keyword_report_print(const struct keyword_report *report, FILE *stream)
{
    if (report->probabilities) {
        print_scores("keywords", &report->likely, "auto", stream);
        fprintf(stream, "  first 5   %.2f precision\n", 100 * report->likely.at_five);
    }
    print_scores(report->probabilities ? "  captions" : "keywords", &report->captions,
                 "the captions' words", stream);
}

void keyword_report_print_curve(const struct keyword_report *report, FILE *stream)
{
    static const int percent[] = {20, 30, 40, 50, 60, 70, 80};

    fprintf(stream, "\nkeywords   precision  recall     F1  per photo  photos without\n");
    for (size_t i = 0; i < sizeof percent / sizeof percent[0]; i++) {
        struct keyword_scores s;

        keyword_score(&report->examples, report->probabilities, percent[i] / 100.0, &s);
        fprintf(stream, "over 0.%d      %6.2f  %6.2f %6.2f     %6.2f        %5.1f %%\n",
                percent[i] / 10, 100 * s.precision, 100 * s.recall, 100 * keyword_f1(&s),
                s.per_photo, 100 * s.none);
    }
}

void keyword_report_note(const struct keyword_report *report, char note[KEYWORD_NOTE_SIZE])
{
    const struct keyword_scores *s = &report->likely;

    snprintf(note, KEYWORD_NOTE_SIZE,
             "{\"photos\": %zu, \"precision\": %.4f, \"recall\": %.4f, \"f1\": %.4f, "
             "\"precision_at_5\": %.4f, \"per_photo\": %.2f}",
             report->examples.photos, s->precision, s->recall, keyword_f1(s), s->at_five,
             s->per_photo);
}
