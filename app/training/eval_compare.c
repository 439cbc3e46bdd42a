/* SPDX-License-Identifier: MIT */
#include "app/training/eval_compare.h"

#include "app/cli/console.h"

#include <json-c/json.h>
#include <math.h>

struct eval_paired eval_pair(const double *now, const double *before, size_t photos)
{
    struct eval_paired paired = {.difference = 0};
    double squares = 0;

    for (size_t i = 0; i < photos; i++) {
        const double gain = now[i] - before[i];

        paired.difference += gain / (double)photos;
        paired.better += gain > 0;
        paired.worse += gain < 0;
        paired.equal += !(gain > 0) && !(gain < 0);
    }
    for (size_t i = 0; i < photos; i++) {
        const double apart = now[i] - before[i] - paired.difference;

        squares += apart * apart;
    }
    if (photos > 1)
        paired.error = sqrt(squares / (double)(photos - 1) / (double)photos);
    return paired;
}

/* "CIDEr-D        0.450      0.524     +0.074"; what follows is the caller's. */
static void print_both(FILE *stream, const char *name, double before, double now, int decimals)
{
    char numbers[2][APP_NUMBER_SIZE];

    app_number_text(before, decimals, numbers[0]);
    app_number_text(now, decimals, numbers[1]);
    fprintf(stream, "  %-10s%10s%10s   %+.*f", name, numbers[0], numbers[1], decimals,
            now - before);
}

static void print_weighed(FILE *stream, const char *name, double factor, int decimals,
                          const double *before, const double *now, size_t photos)
{
    const struct eval_paired paired = eval_pair(now, before, photos);
    double sums[2] = {0, 0};

    for (size_t i = 0; i < photos; i++) {
        sums[0] += before[i];
        sums[1] += now[i];
    }
    print_both(stream, name, factor * sums[0] / (double)photos, factor * sums[1] / (double)photos,
               decimals);
    fprintf(stream, " (standard error %.*f); better on %zu, worse on %zu, equal on %zu photos\n",
            decimals, factor * paired.error, paired.better, paired.worse, paired.equal);
}

void eval_print_comparison(const struct eval_report *report, FILE *stream)
{
    const struct eval_rival *rival = report->rival;
    const struct train_scores *then = rival->scores, *now = report->scores;
    const struct train_hypotheses *before = rival->hypotheses, *after = report->hypotheses;

    fprintf(stream, "compared with %s, on the same photos: then, now, and the difference\n",
            rival->model);
    print_both(stream, "BLEU-4", 100 * then->metrics.bleu[3], 100 * now->metrics.bleu[3], 2);
    fputc('\n', stream);
    print_both(stream, "ROUGE-L", 100 * then->metrics.rouge_l, 100 * now->metrics.rouge_l, 2);
    fputc('\n', stream);
    if (now->metrics.weighed) {
        print_weighed(stream, "CIDEr-D", 1, 3, before->cider, after->cider, now->photos);
        print_weighed(stream, "content", 100, 2, before->content, after->content, now->photos);
    }
    print_both(stream, "perplexity", then->perplexity, now->perplexity, 2);
    if (then->vocabulary != now->vocabulary)
        fprintf(stream, ", of %zu and of %zu words, which are not the same task", then->vocabulary,
                now->vocabulary);
    fputc('\n', stream);
}

static struct json_object *paired_json(const struct eval_paired *paired)
{
    struct json_object *object = json_object_new_object();

    json_object_object_add(object, "difference", json_object_new_double(paired->difference));
    json_object_object_add(object, "standard_error", json_object_new_double(paired->error));
    json_object_object_add(object, "better", json_object_new_int64((int64_t)paired->better));
    json_object_object_add(object, "worse", json_object_new_int64((int64_t)paired->worse));
    json_object_object_add(object, "equal", json_object_new_int64((int64_t)paired->equal));
    return object;
}

struct json_object *eval_comparison_json(const struct eval_report *report)
{
    const struct train_hypotheses *before = report->rival->hypotheses, *now = report->hypotheses;
    const struct eval_paired cider = eval_pair(now->cider, before->cider, now->photos);
    const struct eval_paired content = eval_pair(now->content, before->content, now->photos);
    struct json_object *object = json_object_new_object();

    json_object_object_add(object, "model", json_object_new_string(report->rival->model));
    json_object_object_add(object, "scores", eval_scores_json(report->rival->scores));
    if (report->scores->metrics.weighed) {
        json_object_object_add(object, "cider_d", paired_json(&cider));
        json_object_object_add(object, "content_precision", paired_json(&content));
    }
    return object;
}
