/* SPDX-License-Identifier: MIT */
#include "app/training/eval_report.h"

#include "app/cli/console.h"
#include "app/training/calibrate_report.h"
#include "app/training/eval_compare.h"
#include "base/atomic_file.h"

#include <json-c/json.h>
#include <math.h>
#include <string.h>

/* A split that a set does not name is none. */
static const char *split_name(const struct eval_report *report)
{
    return report->without_splits && strcmp(report->split, "train") != 0 ? "all" : report->split;
}

/* "1000 (dev)", "24 (all, 22 of them trained on)", "2 (not trained on; left out 22 that were)". */
static void print_photos(const struct eval_report *report, FILE *stream)
{
    const bool train = strcmp(report->split, "train") == 0;

    fprintf(stream, "photos      %zu (", report->scores->photos);
    if (report->without_splits && !report->known)
        fputs("all; the model does not record which it was trained on", stream);
    else if (report->left_out > 0 && (train || report->trained == 0))
        fputs(train ? "trained on" : "not trained on", stream);
    else
        fputs(split_name(report), stream);
    if (report->trained > 0 && !train)
        fprintf(stream, ", %zu of them trained on", report->trained);
    if (report->left_out > 0)
        fprintf(stream, "; left out %zu that were%s", report->left_out, train ? " not" : "");
    fputs(")\n", stream);
}

static size_t count_denied(const struct eval_report *report)
{
    size_t denied = 0;

    for (size_t i = 0; i < report->scores->photos; i++)
        denied += report->denied[i];
    return denied;
}

static void print_people(const struct train_people *people, FILE *stream)
{
    const struct metric_scores *m = &people->metrics;

    if (people->photos == 0) {
        fputs("people      - (no photo has several captions)\n", stream);
        return;
    }
    fprintf(stream, "people      BLEU-4 %.2f, ROUGE-L %.2f, ", 100 * m->bleu[3], 100 * m->rouge_l);
    if (m->weighed)
        fprintf(stream, "CIDEr-D %.3f, content %.2f", m->cider, 100 * m->content);
    else
        fputs("CIDEr-D -, content -", stream);
    fprintf(stream, " (%zu photo%s: each caption against the others)\n", people->photos,
            people->photos == 1 ? "" : "s");
}

void eval_print_table(const struct eval_report *report, FILE *stream)
{
    const struct train_scores *s = report->scores;
    char perplexity[APP_NUMBER_SIZE];

    print_photos(report, stream);
    for (int k = 0; k < 4; k++)
        fprintf(stream, "BLEU-%d      %.2f\n", k + 1, 100 * s->metrics.bleu[k]);
    fprintf(stream, "ROUGE-L     %.2f\n", 100 * s->metrics.rouge_l);
    if (s->metrics.weighed) {
        fprintf(stream, "CIDEr-D     %.3f\n", s->metrics.cider);
        fprintf(stream, "content     %.2f\n", 100 * s->metrics.content);
    } else {
        fputs("CIDEr-D     - (what people say must differ from photo to photo)\n", stream);
        fputs("content     -\n", stream);
    }
    app_number_text(s->perplexity, 2, perplexity);
    fprintf(stream, "perplexity  %s\n", perplexity);
    fprintf(stream, "distinct    %.1f %%\n", 100 * s->metrics.distinct);
    fprintf(stream, "vocabulary  %zu of %zu words used\n", s->words_used, s->vocabulary);
    fprintf(stream, "length      %.1f words\n", s->mean_length);
    if (report->reliability) {
        calibrate_print_reliability(report->reliability, stream);
        fprintf(stream, "no photo    %zu of %zu photos\n", count_denied(report), s->photos);
    }
    keyword_report_print(report->keywords, stream);
    recall_report_print(report->recall, stream);
    if (report->people)
        print_people(report->people, stream);
    if (report->rival)
        eval_print_comparison(report, stream);
}

/* null for what is no number in JSON. */
static void add_number(struct json_object *object, const char *key, double value)
{
    json_object_object_add(object, key, isfinite(value) ? json_object_new_double(value) : NULL);
}

/* The scores that weigh n-grams; null where none weighs anything. */
static void add_weighed(struct json_object *object, const struct train_scores *s, double cider,
                        double content)
{
    add_number(object, "cider_d", s->metrics.weighed ? cider : NAN);
    add_number(object, "content_precision", s->metrics.weighed ? content : NAN);
}

struct json_object *eval_scores_json(const struct train_scores *s)
{
    struct json_object *scores = json_object_new_object();

    add_number(scores, "bleu1", s->metrics.bleu[0]);
    add_number(scores, "bleu2", s->metrics.bleu[1]);
    add_number(scores, "bleu3", s->metrics.bleu[2]);
    add_number(scores, "bleu4", s->metrics.bleu[3]);
    add_number(scores, "rouge_l", s->metrics.rouge_l);
    add_weighed(scores, s, s->metrics.cider, s->metrics.content);
    add_number(scores, "perplexity", s->perplexity);
    add_number(scores, "distinct", s->metrics.distinct);
    json_object_object_add(scores, "words_used", json_object_new_int64((int64_t)s->words_used));
    add_number(scores, "mean_length", s->mean_length);
    return scores;
}

static struct json_object *people_json(const struct train_people *people)
{
    const struct metric_scores *m = &people->metrics;
    struct json_object *scores = json_object_new_object();

    json_object_object_add(scores, "photos", json_object_new_int64((int64_t)people->photos));
    add_number(scores, "bleu4", people->photos > 0 ? m->bleu[3] : NAN);
    add_number(scores, "rouge_l", people->photos > 0 ? m->rouge_l : NAN);
    add_number(scores, "cider_d", m->weighed ? m->cider : NAN);
    add_number(scores, "content_precision", m->weighed ? m->content : NAN);
    return scores;
}

static struct json_object *keyword_scores_json(const struct keyword_scores *s)
{
    struct json_object *scores = json_object_new_object();

    add_number(scores, "precision", s->precision);
    add_number(scores, "recall", s->recall);
    add_number(scores, "f1", keyword_f1(s));
    add_number(scores, "per_photo", s->per_photo);
    add_number(scores, "none", s->none);
    return scores;
}

/* "auto" and "precision_at_5" are of the consensus; "captions" has the captions' words. */
static struct json_object *keywords_json(const struct keyword_report *report)
{
    struct json_object *keywords = json_object_new_object();

    if (report->probabilities) {
        json_object_object_add(keywords, "auto", keyword_scores_json(&report->likely));
        add_number(keywords, "precision_at_5", report->likely.at_five);
    }
    json_object_object_add(keywords, "captions", keyword_scores_json(&report->captions));
    return keywords;
}

static struct json_object *recall_scores_json(const struct recall_scores *s)
{
    struct json_object *scores = json_object_new_object();

    add_number(scores, "at_1", s->at[0]);
    add_number(scores, "at_5", s->at[1]);
    add_number(scores, "at_10", s->at[2]);
    add_number(scores, "median", s->median);
    return scores;
}

static struct json_object *recall_json(const struct recall_report *report)
{
    struct json_object *recall = json_object_new_object();

    json_object_object_add(recall, "among", json_object_new_int64((int64_t)report->photo_count));
    json_object_object_add(recall, "photos", recall_scores_json(&report->photos));
    json_object_object_add(recall, "captions", recall_scores_json(&report->captions));
    return recall;
}

static struct json_object *calibration_json(const struct eval_report *report)
{
    const struct reliability *r = report->reliability;
    struct json_object *calibration = json_object_new_object();

    add_number(calibration, "confidence", r->estimate);
    add_number(calibration, "ece", r->ece_width);
    add_number(calibration, "ece_equal_mass", r->ece_mass);
    add_number(calibration, "spearman", r->spearman);
    json_object_object_add(calibration, "photos_denied",
                           json_object_new_int64((int64_t)count_denied(report)));
    return calibration;
}

void eval_caption_text(const struct train_hypotheses *said, const struct vocab *vocab,
                       enum vocab_language language, size_t photo, char *out, size_t size)
{
    enum { MAX_WORDS = 64 };
    const char *words[MAX_WORDS];
    size_t count = 0;

    for (size_t t = said->starts[photo]; t < said->starts[photo + 1] && count < MAX_WORDS; t++)
        words[count++] = vocab_word(vocab, said->ids[t]);
    vocab_detokenize(language, words, count, out, size);
}

static struct json_object *rival_caption_json(const struct eval_report *report, size_t photo)
{
    const struct train_hypotheses *said = report->rival->hypotheses;
    struct json_object *object = json_object_new_object();
    char text[EVAL_CAPTION_SIZE];

    eval_caption_text(said, report->rival->vocab, report->language, photo, text, sizeof text);
    json_object_object_add(object, "caption", json_object_new_string(text));
    add_weighed(object, report->scores, said->cider[photo], said->content[photo]);
    return object;
}

static struct json_object *caption_json(const struct eval_report *report, size_t photo)
{
    const struct train_hypotheses *said = report->hypotheses;
    struct json_object *object = json_object_new_object();
    char text[EVAL_CAPTION_SIZE];

    eval_caption_text(said, report->vocab, report->language, photo, text, sizeof text);
    json_object_object_add(
        object, "photo",
        json_object_new_string(data_set_name(report->dataset, report->corpus->photos[photo])));
    json_object_object_add(object, "caption", json_object_new_string(text));
    add_number(object, "log_probability", said->log_prob[photo]);
    add_number(object, "confidence", report->confidences[photo]);
    if (report->denied[photo])
        json_object_object_add(object, "not_a_photo", json_object_new_boolean(true));
    add_weighed(object, report->scores, said->cider[photo], said->content[photo]);
    if (report->rival)
        json_object_object_add(object, "compared", rival_caption_json(report, photo));
    return object;
}

enum tn_status eval_save_json(const struct eval_report *report, const char *path,
                              struct tn_error *err)
{
    struct json_object *root = json_object_new_object(), *captions = json_object_new_array();
    struct tn_atomic_file file;
    enum tn_status status = tn_atomic_open(&file, path, err);

    json_object_object_add(root, "model", json_object_new_string(report->model));
    json_object_object_add(root, "split", json_object_new_string(split_name(report)));
    json_object_object_add(root, "photos", json_object_new_int64((int64_t)report->scores->photos));
    json_object_object_add(root, "trained_on",
                           report->known ? json_object_new_int64((int64_t)report->trained) : NULL);
    json_object_object_add(root, "beam", json_object_new_int64((int64_t)report->beam));
    json_object_object_add(root, "scores", eval_scores_json(report->scores));
    if (report->people)
        json_object_object_add(root, "people", people_json(report->people));
    if (report->rival)
        json_object_object_add(root, "compared", eval_comparison_json(report));
    if (report->reliability)
        json_object_object_add(root, "calibration", calibration_json(report));
    json_object_object_add(root, "keywords", keywords_json(report->keywords));
    if (report->recall->photo_count > 0)
        json_object_object_add(root, "recall", recall_json(report->recall));
    for (size_t i = 0; i < report->corpus->photo_count; i++)
        json_object_array_add(captions, caption_json(report, i));
    json_object_object_add(root, "captions", captions);
    if (status == TN_OK) {
        fprintf(file.stream, "%s\n",
                json_object_to_json_string_ext(root, JSON_C_TO_STRING_PRETTY |
                                                         JSON_C_TO_STRING_NOSLASHESCAPE));
        status = tn_atomic_commit(&file, err);
    }
    json_object_put(root);
    return status;
}
