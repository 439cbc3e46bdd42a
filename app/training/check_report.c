/* SPDX-License-Identifier: MIT */
/* What was found, for people and as JSON. */
#include "app/output/json_row.h"
#include "app/training/check_private.h"
#include "app/training/train_run.h"
#include "base/atomic_file.h"

#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

/* A set of fewer dev photos tells little by CIDEr-D, and of fewer cannot be calibrated on. */
enum { FEW_DEV = 200, FEWEST_TO_CALIBRATE = 40 };

static double percent(size_t part, size_t whole)
{
    return whole > 0 ? 100 * (double)part / (double)whole : 0;
}

/* ---- For people ---- */

static void print_sets(const struct check *check, FILE *out)
{
    for (size_t i = 0; i < check->set_count; i++) {
        const struct check_set *set = &check->sets[i];

        fprintf(out, "%-12s%s (%s): %zu photos, %zu captions\n", i == 0 ? "data" : "", set->path,
                set->form, set->photos, set->captions);
    }
}

static void print_lengths(const struct check *check, FILE *out)
{
    const struct check_lengths *l = &check->lengths;

    fprintf(out, "%-12s%zu to train on\n", "captions", check->captions);
    fprintf(out,
            "%-12s%zu to %zu words, half have %zu at most; 5 %% fewer than %zu or more than "
            "%zu\n",
            "", l->shortest, l->longest, l->median, l->low, l->high);
}

/* A vocabulary: how much of the captions it knows. */
static void print_row(const char *title, const char *name, size_t words, size_t known_words,
                      size_t known_captions, const struct check *check, FILE *out)
{
    fprintf(out, "%-12s%-16s%9zu%13.1f %%%15.1f %%\n", title, name, words,
            percent(known_words, check->tokens), percent(known_captions, check->captions));
}

static void print_words(const struct check *check, FILE *out)
{
    fprintf(out, "%-12s%-16s%9s%15s%17s\n", "vocabulary", "", "words", "words known",
            "captions known");
    for (size_t i = 0; i < CHECK_MIN_COUNTS; i++) {
        const struct check_vocabulary *v = &check->vocabularies[i];
        char name[32];

        snprintf(name, sizeof name, "--min-count %zu%s", v->min_count,
                 v->min_count == check->min_count ? " *" : "");
        print_row("", name, v->words, v->known_words, v->known_captions, check, out);
    }
    if (check->start)
        print_row("", "of the start", check->start_words, check->start_known_words,
                  check->start_known_captions, check, out);
    fprintf(out, "%-12s* as 'caption train' chooses\n", "");
    if (check->start)
        fprintf(out, "%-12s%s\n", "start", check->start);
}

static void print_findings(const struct check *check, bool wrong, FILE *out)
{
    for (size_t i = 0; i < check->finding_count; i++) {
        const struct check_finding *f = &check->findings[i];

        if (f->wrong != wrong)
            continue;
        fprintf(out, "%-12s%s", wrong ? "WRONG" : "note", f->what);
        if (f->first[0]) /* of others there is one or none */
            fprintf(out, ": %zu\n%-12s  the first: %s", f->count, "", f->first);
        fprintf(out, "\n");
        fprintf(out, "%-12s  what to do: %s\n", "", f->advice);
    }
}

static void print_advice(const struct check *check, FILE *out)
{
    fprintf(out, "%-12s%zu captions %s\n", "advice", check->captions,
            !train_is_small(check->captions) ? "suffice to begin from scratch"
            : check->start ? "are few: the training begins with the start, unless --from-scratch"
                           : "are few to begin from scratch: rather begin with a model (--start)");
    if (check->dev < FEW_DEV)
        fprintf(out, "%-12s%zu dev photos tell little by CIDEr-D: look at the perplexity\n", "",
                check->dev);
    if (check->dev < FEWEST_TO_CALIBRATE)
        fprintf(out, "%-12sa calibration wants %d photos that the model was not trained on\n", "",
                FEWEST_TO_CALIBRATE);
}

void check_print(const struct check *check, FILE *out)
{
    print_sets(check, out);
    if (check->dataset.photo_count > 0) {
        fprintf(out, "%-12s%zu to train on, %zu dev%s\n", "photos", check->train, check->dev,
                check->decoded ? "; all were decoded" : "");
        print_lengths(check, out);
        print_words(check, out);
        print_advice(check, out);
    }
    print_findings(check, false, out);
    print_findings(check, true, out);
    fprintf(out, "%-12s%s\n", "result",
            check_is_wrong(check) ? "something is wrong" : "'caption train' can read it");
}

/* ---- As JSON ---- */

static void add_size(struct json_object *object, const char *name, size_t value)
{
    json_object_object_add(object, name, json_object_new_int64((int64_t)value));
}

/* Names of files may be any bytes, and texts are cut. */
static struct json_object *text_json(const char *text)
{
    bool lossy;

    return app_json_text(text, &lossy);
}

static struct json_object *sets_json(const struct check *check)
{
    struct json_object *sets = json_object_new_array();

    for (size_t i = 0; i < check->set_count; i++) {
        struct json_object *set = json_object_new_object();

        json_object_object_add(set, "path", text_json(check->sets[i].path));
        json_object_object_add(set, "form", text_json(check->sets[i].form));
        add_size(set, "photos", check->sets[i].photos);
        add_size(set, "captions", check->sets[i].captions);
        json_object_array_add(sets, set);
    }
    return sets;
}

static struct json_object *lengths_json(const struct check_lengths *lengths)
{
    struct json_object *object = json_object_new_object();

    add_size(object, "shortest", lengths->shortest);
    add_size(object, "p5", lengths->low);
    add_size(object, "median", lengths->median);
    add_size(object, "p95", lengths->high);
    add_size(object, "longest", lengths->longest);
    return object;
}

static struct json_object *vocabularies_json(const struct check *check)
{
    struct json_object *vocabularies = json_object_new_array();

    for (size_t i = 0; i < CHECK_MIN_COUNTS; i++) {
        const struct check_vocabulary *v = &check->vocabularies[i];
        struct json_object *object = json_object_new_object();

        add_size(object, "min_count", v->min_count);
        add_size(object, "words", v->words);
        add_size(object, "known_words", v->known_words);
        add_size(object, "known_captions", v->known_captions);
        json_object_array_add(vocabularies, object);
    }
    return vocabularies;
}

static struct json_object *start_json(const struct check *check)
{
    struct json_object *start = json_object_new_object();

    json_object_object_add(start, "model", text_json(check->start));
    add_size(start, "words", check->start_words);
    add_size(start, "known_words", check->start_known_words);
    add_size(start, "known_captions", check->start_known_captions);
    return start;
}

static struct json_object *findings_json(const struct check *check)
{
    struct json_object *findings = json_object_new_array();

    for (size_t i = 0; i < check->finding_count; i++) {
        const struct check_finding *f = &check->findings[i];
        struct json_object *finding = json_object_new_object();

        json_object_object_add(finding, "wrong", json_object_new_boolean(f->wrong));
        json_object_object_add(finding, "code", text_json(f->code));
        add_size(finding, "count", f->count);
        json_object_object_add(finding, "what", text_json(f->what));
        json_object_object_add(finding, "first", text_json(f->first));
        json_object_object_add(finding, "advice", text_json(f->advice));
        json_object_array_add(findings, finding);
    }
    return findings;
}

static struct json_object *check_json(const struct check *check)
{
    struct json_object *root = json_object_new_object();

    json_object_object_add(root, "ok", json_object_new_boolean(!check_is_wrong(check)));
    json_object_object_add(root, "sets", sets_json(check));
    add_size(root, "train_photos", check->train);
    add_size(root, "dev_photos", check->dev);
    json_object_object_add(root, "decoded", json_object_new_boolean(check->decoded));
    add_size(root, "captions", check->captions);
    add_size(root, "words", check->tokens);
    json_object_object_add(root, "lengths", lengths_json(&check->lengths));
    json_object_object_add(root, "vocabularies", vocabularies_json(check));
    json_object_object_add(root, "start", check->start ? start_json(check) : NULL);
    json_object_object_add(root, "findings", findings_json(check));
    return root;
}

enum tn_status check_save_json(const struct check *check, const char *path, struct tn_error *err)
{
    struct json_object *root;
    struct tn_atomic_file file;

    TN_TRY(tn_atomic_open(&file, path, err));
    root = check_json(check);
    fprintf(file.stream, "%s\n",
            json_object_to_json_string_ext(root, JSON_C_TO_STRING_PRETTY |
                                                     JSON_C_TO_STRING_NOSLASHESCAPE));
    json_object_put(root);
    return tn_atomic_commit(&file, err);
}
