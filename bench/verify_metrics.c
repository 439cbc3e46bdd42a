/* SPDX-License-Identifier: MIT */
/*
 * Checks metrics/ and the tokeniser against the field's reference scorer, on files that are not in
 * the repository:
 *
 *     verify_metrics FIXTURE.json [DATASET.json]
 *
 * FIXTURE has images (hypothesis, references, cider, rougeL; tokens separated by spaces) and the
 * `scores` of the set.  DATASET is Karpathy's format; then the tokeniser is compared with the
 * dataset's own tokens, and caption 5 of each val image is scored against captions 1 to 4, to be
 * met by FIXTURE's `dev_human`.  Prints one JSON line per comparison; fails when FIXTURE's own
 * images differ by more than 1e-9, or DATASET's, where the tokenisers may disagree on a word, by
 * 1e-4.
 */
#include <ctype.h>
#include <json-c/json.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "metrics/metrics.h"
#include "vocab/tokenize.h"

static void check(enum tn_status status, const struct tn_error *err)
{
    if (status != TN_OK) {
        fprintf(stderr, "verify_metrics: %s\n", err->text);
        exit(EXIT_FAILURE);
    }
}

static void *allocate(size_t count, size_t size)
{
    void *const block = calloc(count + 1, size);

    if (!block) {
        fprintf(stderr, "verify_metrics: out of memory\n");
        exit(EXIT_FAILURE);
    }
    return block;
}

static struct json_object *member(struct json_object *object, const char *name)
{
    struct json_object *value = NULL;

    if (!json_object_object_get_ex(object, name, &value)) {
        fprintf(stderr, "verify_metrics: no member \"%s\"\n", name);
        exit(EXIT_FAILURE);
    }
    return value;
}

/* A sentence of copies of the tokens; the process ends soon after, so nothing is freed. */
static struct metric_sentence copy_tokens(const struct vocab_tokens *tokens)
{
    const char **words = allocate(tokens->count, sizeof *words);

    for (size_t i = 0; i < tokens->count; i++)
        words[i] = strdup(tokens->text + tokens->offsets[i]);
    return (struct metric_sentence){words, tokens->count};
}

static struct metric_sentence split_at_blanks(const char *text)
{
    char *copy = strdup(text), *rest = copy, *word;
    const char **words = allocate(strlen(text), sizeof *words);
    size_t count = 0;

    while ((word = strtok_r(rest, " ", &rest)) != NULL)
        words[count++] = word;
    return (struct metric_sentence){words, count};
}

static struct metric_sentence tokenize(const char *text, struct vocab_tokens *tokens)
{
    struct tn_error err;

    check(vocab_tokenize(VOCAB_ENGLISH, text, strlen(text), tokens, &err), &err);
    return copy_tokens(tokens);
}

static double difference(const struct metric_scores *scores, struct json_object *expected)
{
    const double found[] = {scores->bleu[0], scores->bleu[1], scores->bleu[2],
                            scores->bleu[3], scores->rouge_l, scores->cider};
    const char *const names[] = {"bleu1", "bleu2", "bleu3", "bleu4", "rougeL", "cider"};
    double largest = 0;

    for (size_t i = 0; i < 6; i++)
        largest =
            fmax(largest, fabs(found[i] - json_object_get_double(member(expected, names[i]))));
    return largest;
}

static double seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static double verify_fixture(struct json_object *fixture)
{
    struct json_object *images = member(fixture, "images");
    const size_t count = json_object_array_length(images);
    struct metric_item *items = allocate(count, sizeof *items);
    double *rouge = allocate(count, sizeof *rouge), *cider = allocate(count, sizeof *cider);
    const struct metric_each each = {.rouge = rouge, .cider = cider};
    double largest_each = 0, largest;
    struct metric_scores scores;
    struct tn_error err;

    for (size_t i = 0; i < count; i++) {
        struct json_object *image = json_object_array_get_idx(images, i);
        struct json_object *references = member(image, "references");
        const size_t reference_count = json_object_array_length(references);
        struct metric_sentence *sentences = allocate(reference_count, sizeof *sentences);

        for (size_t r = 0; r < reference_count; r++)
            sentences[r] =
                split_at_blanks(json_object_get_string(json_object_array_get_idx(references, r)));
        items[i].hypothesis = split_at_blanks(json_object_get_string(member(image, "hypothesis")));
        items[i].references = sentences;
        items[i].reference_count = reference_count;
    }
    check(metric_score(items, count, &scores, &each, &err), &err);
    for (size_t i = 0; i < count; i++) {
        struct json_object *image = json_object_array_get_idx(images, i);

        largest_each =
            fmax(largest_each, fabs(rouge[i] - json_object_get_double(member(image, "rougeL"))));
        largest_each =
            fmax(largest_each, fabs(cider[i] - json_object_get_double(member(image, "cider"))));
    }
    largest = difference(&scores, member(fixture, "scores"));
    printf("{\"check\": \"fixture\", \"images\": %zu, \"difference\": %.3g, "
           "\"difference_each\": %.3g}\n",
           count, largest, largest_each);
    return fmax(largest, largest_each);
}

/* Appends the letters and digits of a token; room for them is the caller's. */
static char *append_letters(char *out, const char *token)
{
    for (; *token; token++)
        if (isalnum((unsigned char)*token) || (unsigned char)*token >= 0x80)
            *out++ = *token;
    *out = '\0';
    return out;
}

/* The dataset's tokens are cut at every hyphen and apostrophe and hold letters and digits only:
 * `equal` counts the sentences whose tokens are the same, `same_letters` those where they are the
 * same but for the cuts and punctuation. */
static void compare_tokens(struct json_object *images)
{
    size_t sentences = 0, equal = 0, spelled = 0, words = 0;
    struct vocab_tokens tokens = {0};
    char letters[8192]; /* ours, theirs */
    double spent = 0;

    for (size_t i = 0; i < json_object_array_length(images); i++) {
        struct json_object *list = member(json_object_array_get_idx(images, i), "sentences");

        for (size_t s = 0; s < json_object_array_length(list); s++) {
            struct json_object *sentence = json_object_array_get_idx(list, s);
            struct json_object *expected = member(sentence, "tokens");
            const char *raw = json_object_get_string(member(sentence, "raw"));
            const double begin = seconds();
            struct tn_error err;
            char *ours, *theirs;
            bool same;

            if (strlen(raw) >= sizeof letters / 2)
                continue;
            check(vocab_tokenize(VOCAB_ENGLISH, raw, strlen(raw), &tokens, &err), &err);
            spent += seconds() - begin;
            same = tokens.count == json_object_array_length(expected);
            ours = letters;
            theirs = letters + sizeof letters / 2;
            for (size_t t = 0; t < tokens.count; t++)
                ours = append_letters(ours, tokens.text + tokens.offsets[t]);
            for (size_t t = 0; t < json_object_array_length(expected); t++) {
                const char *token = json_object_get_string(json_object_array_get_idx(expected, t));

                theirs = append_letters(theirs, token);
                same = same && strcmp(tokens.text + tokens.offsets[t], token) == 0;
            }
            spelled += strcmp(letters, letters + sizeof letters / 2) == 0;
            words += tokens.count;
            sentences++;
            equal += same;
        }
    }
    printf("{\"check\": \"tokens\", \"sentences\": %zu, \"equal\": %.5f, \"same_letters\": %.5f, "
           "\"words_per_s\": %.4g}\n",
           sentences, (double)equal / (double)sentences, (double)spelled / (double)sentences,
           (double)words / spent);
    vocab_tokens_finish(&tokens);
}

static double verify_dataset(struct json_object *dataset, struct json_object *fixture)
{
    struct json_object *images = member(dataset, "images");
    const size_t total = json_object_array_length(images);
    struct metric_item *items = allocate(total, sizeof *items);
    struct vocab_tokens tokens = {0};
    struct metric_scores scores;
    struct tn_error err;
    size_t count = 0;
    double begin, largest;

    for (size_t i = 0; i < total; i++) {
        struct json_object *image = json_object_array_get_idx(images, i);
        struct json_object *list = member(image, "sentences");
        struct metric_sentence *sentences = allocate(5, sizeof *sentences);

        if (strcmp(json_object_get_string(member(image, "split")), "val") != 0 ||
            json_object_array_length(list) < 5)
            continue;
        for (size_t s = 0; s < 5; s++)
            sentences[s] = tokenize(
                json_object_get_string(member(json_object_array_get_idx(list, s), "raw")), &tokens);
        items[count++] = (struct metric_item){sentences[4], sentences, 4};
    }
    begin = seconds();
    check(metric_score(items, count, &scores, NULL, &err), &err);
    largest = difference(&scores, member(fixture, "dev_human"));
    printf("{\"check\": \"dev_human\", \"images\": %zu, \"difference\": %.3g, \"seconds\": %.4f, "
           "\"bleu4\": %.6f, \"rouge_l\": %.6f, \"cider\": %.6f, \"distinct\": %.4f}\n",
           count, largest, seconds() - begin, scores.bleu[3], scores.rouge_l, scores.cider,
           scores.distinct);
    vocab_tokens_finish(&tokens);
    compare_tokens(images);
    return largest;
}

static struct json_object *read_json(const char *path)
{
    struct json_object *value = json_object_from_file(path);

    if (!value) {
        fprintf(stderr, "verify_metrics: %s: %s\n", path, json_util_get_last_err());
        exit(EXIT_FAILURE);
    }
    return value;
}

int main(int argc, char **argv)
{
    struct json_object *fixture;
    bool same;

    if (argc < 2 || argc > 3) {
        fprintf(stderr, "usage: verify_metrics FIXTURE.json [DATASET.json]\n");
        return 2;
    }
    fixture = read_json(argv[1]);
    same = verify_fixture(fixture) < 1e-9;
    if (argc == 3)
        same &= verify_dataset(read_json(argv[2]), fixture) < 1e-4;
    return same ? EXIT_SUCCESS : EXIT_FAILURE;
}
