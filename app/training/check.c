/* SPDX-License-Identifier: MIT */
/* `caption check`: what a training would read, and what is wrong with it, before a night is spent.
 */
#include "app/cli/commands.h"
#include "app/cli/model_path.h"
#include "app/cli/shared_options.h"
#include "app/training/check_private.h"
#include "app/training/train_run.h"
#include "base/array.h"
#include "base/atomic_file.h"
#include "base/path.h"
#include "data/hold_out.h"
#include "data/vectors.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const char *const languages[] = {"en", "zh", NULL};

struct check_command {
    struct app_data_options data;
    const char *start, *json;
    size_t language, threads; /* language: a choice */
    double dev_share;
    bool decode, from_scratch;
};

enum tn_status check_note(struct check *check, bool wrong, size_t count, const char *code,
                          const char *what, const char *advice, const char *first,
                          struct tn_error *err)
{
    struct check_finding finding = {wrong, count, code, what, advice, ""};

    if (count == 0)
        return TN_OK;
    TN_TRY(tn_array_reserve(&check->findings, &check->finding_capacity, check->finding_count + 1,
                            err));
    snprintf(finding.first, sizeof finding.first, "%s", first ? first : "");
    check->findings[check->finding_count++] = finding;
    return TN_OK;
}

bool check_is_wrong(const struct check *check)
{
    bool wrong = false;

    for (size_t i = 0; i < check->finding_count; i++)
        wrong = wrong || check->findings[i].wrong;
    return wrong;
}

static void check_finish(struct check *check)
{
    free(check->sets);
    data_set_finish(&check->dataset);
    data_features_finish(&check->photos);
    free(check->findings);
}

/* ---- The sets ---- */

static const char *form_of(const char *path, const struct data_set *set)
{
    const char *extension = tn_path_extension(path);
    struct stat info;

    if (set->said_in_photos)
        return "descriptions in the photos";
    if (stat(path, &info) == 0 && S_ISDIR(info.st_mode))
        return "folder";
    return extension[0] == '.' ? extension + 1 : "file";
}

/* What the readers found, of all sets together. */
static enum tn_status note_read(struct check *check, bool skip_missing, struct tn_error *err)
{
    static const struct {
        const char *code, *what, *advice;
    } kinds[DATA_NOTES] = {
        [DATA_NOTE_RENAMED] = {"renamed", "photos that were found under other names", "nothing"},
        [DATA_NOTE_MISSING] = {"missing", "photos that are not there",
                               "name their folder with --images, or leave them out with "
                               "--skip-missing"},
        [DATA_NOTE_UNDESCRIBED] = {"undescribed", "photos without a caption",
                                   "nothing: they are left out"},
        [DATA_NOTE_WORDLESS] = {"wordless", "captions without a word",
                                "nothing: they are left out"},
        [DATA_NOTE_REPEATED] = {"repeated-rows", "rows that repeat others",
                                "nothing: they are read once"},
        [DATA_NOTE_KNOWN] = {"several-sets", "photos that are in several sets",
                             "nothing: each is one photo with all its captions"},
    };

    for (int kind = 0; kind < DATA_NOTES; kind++) {
        const struct data_note *note = &check->dataset.notes[kind];

        TN_TRY(check_note(check, kind == DATA_NOTE_MISSING && !skip_missing, note->count,
                          kinds[kind].code, kinds[kind].what, kinds[kind].advice, note->first,
                          err));
    }
    return TN_OK;
}

/* Reads a set.  One that cannot be read is a finding. */
static enum tn_status add_set(struct check *check, const struct check_command *c, const char *path,
                              struct tn_error *err)
{
    const struct data_set_options options = {.images = c->data.images,
                                             .splits = {DATA_SPLIT_TRAIN, DATA_SPLIT_DEV},
                                             .skip_missing = true,
                                             .without_files = c->data.vectors != NULL,
                                             .in_photos = c->data.in_photos,
                                             .language = check->language};
    struct data_set set;
    struct tn_error why;
    enum tn_status status = data_set_load(path, &options, &set, &why);

    if (status == TN_NOMEM)
        return tn_fail(err, status, "%s", why.text);
    if (status != TN_OK)
        return check_note(check, true, 1, "set", "sets that cannot be read", "mend it", why.text,
                          err);
    check->sets[check->set_count++] =
        (struct check_set){path, form_of(path, &set), set.photo_count, set.caption_count};
    status = data_set_append(&check->dataset, &set, err);
    data_set_finish(&set);
    return status;
}

static enum tn_status add_sets(struct check *check, const struct check_command *c,
                               struct tn_error *err)
{
    check->sets = calloc(c->data.data.count + 1, sizeof *check->sets);
    if (!check->sets)
        return tn_fail_nomem(err, c->data.data.count * sizeof *check->sets);
    for (size_t i = 0; i < c->data.data.count; i++)
        TN_TRY(add_set(check, c, c->data.data.items[i], err));
    return note_read(check, c->data.skip_missing, err);
}

/* ---- The model to begin with ---- */

struct start {
    char *path; /* owned */
    struct model model;
    const struct model_decoder *decoder; /* NULL: none */
};

static enum tn_status open_start(struct start *start, const char *given, const char *language,
                                 struct tn_error *err)
{
    enum tn_status status;

    TN_TRY(app_model_path(given, &start->path, err));
    TN_TRY(model_load(&start->model, start->path, err));
    status = model_find(&start->model, language, &start->decoder, err);
    if (status != TN_OK)
        model_finish(&start->model);
    return status;
}

static void start_finish(struct start *start)
{
    if (start->decoder)
        model_finish(&start->model);
    free(start->path);
}

/* ---- Train and dev ---- */

static enum tn_status split(struct check *check, const struct model_photos *known, double share,
                            struct tn_error *err)
{
    struct data_set *set = &check->dataset;

    TN_TRY(data_hold_out(set, &check->photos, known, share, err));
    for (size_t i = 0; i < set->photo_count; i++) {
        check->train += data_photo_is_train(&set->photos[i]);
        check->dev += data_photo_is_dev(&set->photos[i]);
    }
    TN_TRY(check_note(check, true, check->train == 0, "no-train", "no photo to train on",
                      "give photos with captions", NULL, err));
    return check_note(check, false, check->dev == 0, "no-dev", "no dev photos",
                      "give 11 photos at least, or --dev-share: dev photos tell when to stop", NULL,
                      err);
}

/* ---- The run ---- */

static enum tn_status take_vectors(struct check *check, const struct check_command *c,
                                   struct tn_error *err)
{
    struct data_vectors vectors;
    enum tn_status status;

    TN_TRY(data_vectors_load(c->data.vectors, c->data.names, &vectors, err));
    status = data_vectors_match(&vectors, c->data.vectors, &check->dataset, &check->photos, err);
    data_vectors_finish(&vectors);
    TN_TRY(status);
    for (size_t i = 0; i < check->photos.photos; i++)
        if (check->photos.rows[i] == SIZE_MAX)
            check->dataset.photos[i].split = DATA_SPLIT_OUT;
    return check_note(check, !c->data.skip_missing, check->photos.unreadable, "no-vector",
                      "photos without a row in --vectors",
                      "compute them, or leave the photos out with --skip-missing",
                      check->photos.first_failure.text, err);
}

/* As the training decides what it begins with. */
static enum tn_status choose_start(struct check *check, const struct check_command *c,
                                   struct start *start, struct tn_error *err)
{
    const bool small = train_is_small(train_count_captions(&check->dataset));
    struct tn_error none;
    enum tn_status status = TN_OK;

    if (c->start)
        status = open_start(start, c->start, check->language, err);
    else if (small && !c->from_scratch && !c->data.vectors)
        (void)open_start(start, NULL, check->language, &none); /* there may be none */
    check->start = start->decoder ? start->path : NULL;
    check->min_count = train_usual_min_count(small && start->decoder);
    return status;
}

static enum tn_status look_at(struct check *check, const struct check_command *c,
                              struct start *start, struct tn_pool *pool, struct tn_error *err)
{
    const struct model_decoder *decoder;

    TN_TRY(add_sets(check, c, err));
    TN_TRY(choose_start(check, c, start, err));
    if (check->dataset.photo_count == 0)
        return TN_OK;
    decoder = start->decoder;
    TN_TRY(c->data.vectors ? take_vectors(check, c, err)
                           : check_photos(check, c->decode, c->data.skip_missing, pool, err));
    TN_TRY(split(check, decoder ? &decoder->trained_on : NULL, c->dev_share, err));
    TN_TRY(check_twins(check, err));
    TN_TRY(check_texts(check, err));
    TN_TRY(check_words(check, decoder ? decoder->vocab : NULL, err));
    return decoder && check->decoded ? check_known(check, &decoder->trained_on, err) : TN_OK;
}

static int report(const struct check *check, const struct check_command *c)
{
    struct tn_error err;

    check_print(check, stdout);
    if (c->json && check_save_json(check, c->json, &err) != TN_OK)
        return app_fail(&err);
    return check_is_wrong(check) ? APP_FAILED : APP_OK;
}

static int check_data(const struct check_command *c)
{
    struct check check = {.language = languages[c->language],
                          .tokenizer = c->language == 0 ? VOCAB_ENGLISH : VOCAB_CHINESE};
    struct start start = {.decoder = NULL};
    struct tn_pool *pool = NULL;
    struct tn_error err;
    enum tn_status status = c->json ? tn_atomic_try(c->json, &err) : TN_OK;
    int code;

    if (status == TN_OK)
        status = tn_pool_create(c->threads, &pool, &err);
    if (status == TN_OK)
        status = look_at(&check, c, &start, pool, &err);
    code = status == TN_OK ? report(&check, c) : app_fail(&err);
    check_finish(&check);
    start_finish(&start);
    tn_pool_destroy(pool);
    return code;
}

int app_check(int argc, char **argv)
{
    struct check_command c = {.dev_share = DATA_HOLD_OUT_USUAL};
    struct app_table table = {.count = 0};
    const struct app_option rows[] = {
        app_option_choice('l', "lang", "LANGUAGE", &c.language, languages, "of the captions (en)"),
        app_option_file(0, "start", "FILE", APP_INPUT, &c.start,
                        "the model to begin with (as 'caption train' chooses)"),
        app_option_flag(0, "from-scratch", &c.from_scratch, "begin without a model"),
        app_option_real(0, "dev-share", "X", &c.dev_share, 0, 0.5,
                        "of a set that names no dev photos (0.05; 0.2 of few)"),
        app_option_flag(0, "decode", &c.decode,
                        "decode each photo, and find the same picture in other files"),
        app_option_file(0, "json", "FILE", APP_SCORES_OUTPUT, &c.json,
                        "write what is found here, too"),
        app_option_threads(&c.threads),
    };
    struct app_syntax syntax = {
        .command = "caption check",
        .synopsis = "--data PATH... [OPTION]...",
        .about = "Says what 'caption train' would read with the same options, and what is wrong\n"
                 "with it.  Writes nothing but --json.  The exit code is 1 where something is\n"
                 "wrong.",
        .options = table.rows,
        .required = {"data"},
        .operand = "argument",
    };
    size_t operands;
    int code;

    app_data_add_options(&table, &c.data, NULL);
    app_table_add(&table, rows, APP_COUNT(rows));
    syntax.option_count = table.count;
    code = app_parse(&syntax, argc, argv, &operands);
    if (code == APP_PROCEED) {
        app_hold_interrupts();
        code = check_data(&c);
    }
    app_list_finish(&c.data.data);
    return code;
}
