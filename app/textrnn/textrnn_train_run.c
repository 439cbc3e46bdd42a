/* SPDX-License-Identifier: MIT */
/* The work behind `textrnn train`. */
#include "app/cli/together.h"
#include "app/textrnn/textrnn.h"
#include "base/atomic_file.h"
#include "train/tasks/lm_task.h"
#include "train/tasks/reader_task.h"
#include "train/tasks/translate_task.h"

#include <stdio.h>
#include <stdlib.h>

/* The texts of a training or a measurement, as ids: what is read, and what belongs to it. */
struct part {
    struct text_items items;
    struct text_column first, second;
};

/* A run with all that it holds. */
struct run {
    const struct textrnn_command *command;
    struct text_config config;
    struct textrnn_start start;
    struct tn_pool *pool;
    struct part train, dev;
    struct vocab *vocab, *targets;
    struct train_task *task;
    char identity[1024];
};

static void part_finish(struct part *part)
{
    text_items_finish(&part->items);
    text_column_finish(&part->first);
    text_column_finish(&part->second);
}

static void text_run_finish(struct run *run)
{
    train_task_destroy(run->task);
    textrnn_start_finish(&run->start);
    part_finish(&run->train);
    part_finish(&run->dev);
    vocab_destroy(run->vocab);
    vocab_destroy(run->targets);
    tn_pool_destroy(run->pool);
}

static bool has_labels(const struct run *run)
{
    return run->config.task == TEXT_CLASSIFY;
}

static bool has_targets(const struct run *run)
{
    return has_labels(run) || run->config.task == TEXT_TRANSLATE;
}

static enum tn_status read_texts(struct run *run, struct tn_error *err)
{
    const struct textrnn_command *c = run->command;
    const double every = c->dev_share > 0 ? 1 / c->dev_share : 0;

    TN_TRY(textrnn_read(run->config.task, run->config.unit, &c->data, &run->train.items, err));
    if (c->dev.count > 0)
        return textrnn_read(run->config.task, run->config.unit, &c->dev, &run->dev.items, err);
    if (run->config.task == TEXT_LM)
        return text_items_hold_out_end(&run->train.items, c->dev_share, &run->dev.items, err);
    return every > 0 ? text_items_hold_out(&run->train.items, (size_t)every, &run->dev.items, err)
                     : TN_OK;
}

static enum tn_status make_columns(struct run *run, struct part *part, struct tn_error *err)
{
    const size_t longest = run->config.task == TEXT_LM ? 0 : run->command->longest;

    part->items.ends = run->config.ends;
    TN_TRY(text_items_column(&part->items, TEXT_FIRST, run->config.unit, false, longest, run->vocab,
                             &part->first, err));
    if (has_targets(run))
        TN_TRY(text_items_column(&part->items, TEXT_SECOND, run->config.target_unit,
                                 has_labels(run), longest, run->targets, &part->second, err));
    text_items_finish(&part->items); /* memory, when the corpus is large */
    return TN_OK;
}

/* How many tokens are known at most. */
static size_t vocabulary_limit(const struct run *run, enum vocab_unit unit)
{
    enum { USUAL = 40000, USUAL_SUBWORDS = 4000 };

    if (run->command->vocabulary > 0)
        return run->command->vocabulary;
    return unit == VOCAB_SUBWORDS ? USUAL_SUBWORDS : USUAL;
}

/* The vocabularies, behind those of the start, if there is one. */
static enum tn_status make_vocabularies(struct run *run, struct tn_error *err)
{
    const struct textrnn_command *c = run->command;
    const enum vocab_unit answer_unit = has_labels(run) ? VOCAB_WORDS : run->config.target_unit;
    const struct text_vocab_options words = {.unit = run->config.unit,
                                             .minimum = c->min_count,
                                             .limit = vocabulary_limit(run, run->config.unit),
                                             .base = run->start.model.vocab};
    const struct text_vocab_options answers = {.unit = run->config.target_unit,
                                               .whole = has_labels(run),
                                               .minimum = has_labels(run) ? 1 : c->min_count,
                                               .limit = vocabulary_limit(run, answer_unit),
                                               .base = run->start.model.targets};

    TN_TRY(text_items_vocab(&run->train.items, TEXT_FIRST, &words, &run->vocab, err));
    if (has_targets(run))
        TN_TRY(text_items_vocab(&run->train.items, TEXT_SECOND, &answers, &run->targets, err));
    return text_model_check_answers(&run->config, run->vocab, run->targets, err);
}

static enum tn_status make_data(struct run *run, struct tn_error *err)
{
    TN_TRY(read_texts(run, err));
    TN_TRY(make_vocabularies(run, err));
    TN_TRY(make_columns(run, &run->train, err));
    TN_TRY(make_columns(run, &run->dev, err));
    if (run->train.first.total < 2)
        return tn_fail(err, TN_RANGE, "%s: too short to learn from", run->command->data.items[0]);
    return TN_OK;
}

/* What the start learns. */
static struct text_growth growth_of(const struct run *run)
{
    return (struct text_growth){run->vocab, run->targets, &run->train.first, &run->train.second};
}

/* What the net has beyond the plain form: " tied=1 layer-norm=1 ..." */
static void describe_form(const struct text_config *m, char *out, size_t size)
{
    const struct rnn_options *o = &m->options;
    char deviation[48] = "", shares[128] = "";

    if (m->embedding_deviation > 0)
        snprintf(deviation, sizeof deviation, " embedding-deviation=%g",
                 (double)m->embedding_deviation);
    if (rnn_zoneout_is_on(&o->zoneout) || o->recurrent_dropout > 0)
        snprintf(shares, sizeof shares, " zoneout=%g zoneout-cell=%g recurrent-dropout=%g",
                 (double)o->zoneout.h, (double)o->zoneout.c, (double)o->recurrent_dropout);
    snprintf(out, size, "%s%s%s%s%s%s%s", deviation, m->tied ? " tied=1" : "",
             o->learned_start ? " learned-start=1" : "", o->layer_norm ? " layer-norm=1" : "",
             shares, o->recurrent_start != RNN_START_UNIFORM ? " recurrent-start=" : "",
             o->recurrent_start != RNN_START_UNIFORM ? rnn_start_names[o->recurrent_start] : "");
}

/* Options of decoders that are on. */
static void describe_decoder(const struct run *run, char *out, size_t size)
{
    const enum attention_score attention = run->config.attention;
    char smoothing[32] = "", sampling[48] = "";

    if (run->command->smoothing > 0)
        snprintf(smoothing, sizeof smoothing, " smoothing=%g", run->command->smoothing);
    if (run->command->scheduled_sampling > 0)
        snprintf(sampling, sizeof sampling, " scheduled-sampling=%g",
                 run->command->scheduled_sampling);
    snprintf(out, size, "%s%s%s%s", attention != ATTENTION_NONE ? " attention=" : "",
             attention != ATTENTION_NONE ? attention_names[attention] : "", smoothing, sampling);
}

/* All that decides the result, for the checkpoint and for the model file's "training" entry. */
static void write_identity(struct run *run)
{
    const struct textrnn_command *c = run->command;
    const struct text_config *m = &run->config;
    char loop[256], form[256], decoder[128], start[32] = "";

    train_settings_text(&c->loop, loop, sizeof loop);
    describe_form(m, form, sizeof form);
    describe_decoder(run, decoder, sizeof decoder);
    if (run->start.path)
        snprintf(start, sizeof start, " start=%016llx", (unsigned long long)run->start.hash);
    snprintf(run->identity, sizeof run->identity,
             "task=%s by=%s target-by=%s cell=%s layers=%zu embedding=%zu hidden=%zu "
             "bidirectional=%d pooled=%d%s%s dropout=%g batch=%zu steps=%zu longest=%zu "
             "%s min-count=%zu vocabulary=%zu%s%s%s seed=%zu tokens=%zu+%zu data=%016llx%016llx",
             text_task_names[m->task], vocab_unit_names[m->unit], vocab_unit_names[m->target_unit],
             m->cell->name, m->layers, m->embedding, m->hidden, m->bidirectional, m->pooled, form,
             decoder, c->dropout, c->batch, c->steps, c->longest, loop, c->min_count,
             vocab_count(run->vocab), m->ends ? " ends=1" : "", c->shifted ? " shifted=1" : "",
             start, c->loop.seed, run->train.first.total, run->dev.first.total,
             (unsigned long long)text_column_hash(&run->train.first),
             (unsigned long long)(text_column_hash(&run->dev.first) ^
                                  text_column_hash(&run->train.second)));
}

static enum tn_status make_text_task(struct run *run, struct tn_error *err)
{
    const struct textrnn_command *c = run->command;
    const struct part *train = &run->train, *dev = &run->dev;
    const struct text_task_options options = {.config = run->config,
                                              .vocab = run->vocab,
                                              .targets = run->targets,
                                              .start = run->start.theta,
                                              .dropout = (float)c->dropout,
                                              .label_smoothing = (float)c->smoothing,
                                              .own_words = (float)c->scheduled_sampling,
                                              .shifted = c->shifted,
                                              .batch = c->batch,
                                              .slices = train_slices(&c->loop),
                                              .output = c->loop.output};

    if (run->config.task == TEXT_LM)
        return lm_task_create(&options, c->steps, &train->first, &dev->first, &run->task, err);
    if (run->config.task == TEXT_TRANSLATE)
        return translate_task_create(
            &options, &(struct translate_pairs){&train->first, &train->second},
            &(struct translate_pairs){&dev->first, &dev->second}, &run->task, err);
    return reader_task_create(
        &options, &(struct reader_texts){&train->first, has_labels(run) ? &train->second : NULL},
        &(struct reader_texts){&dev->first, has_labels(run) ? &dev->second : NULL}, &run->task,
        err);
}

static void report_texts(const struct run *run)
{
    const char *unit = vocab_unit_plural(run->config.unit);

    fprintf(stderr, "train: %zu %s", run->train.first.total, unit);
    if (run->config.task != TEXT_LM)
        fprintf(stderr, " in %zu texts", run->train.first.count);
    fprintf(stderr, "; dev: %zu; vocabulary: %zu", run->dev.first.total,
            vocab_count(run->vocab) - VOCAB_FIRST_WORD);
    if (run->targets)
        fprintf(stderr, " and %zu", vocab_count(run->targets) - VOCAB_FIRST_WORD);
    if (run->train.first.unknown > 0)
        fprintf(stderr, "; %.1f %% unknown",
                100.0 * (double)run->train.first.unknown / (double)run->train.first.total);
    fprintf(stderr, "; parameters: %zu\n", run->task->layout->floats);
}

/* Embeddings of deviation 1, as those of PyTorch, learn faster where h says what a word is
 * (docs/textrnn.md has the comparison). */
static float choose_deviation(const struct textrnn_command *c, enum text_task task)
{
    if (c->embedding_deviation >= 0)
        return (float)c->embedding_deviation;
    return task == TEXT_CLASSIFY ? 0 : 1;
}

/* The shape of a net that begins from scratch. */
static struct text_config new_config(const struct textrnn_command *c)
{
    const enum text_task task = c->task == TEXTRNN_NOT_GIVEN ? TEXT_LM : (enum text_task)c->task;
    const size_t hidden = c->hidden > 0 ? c->hidden : TEXTRNN_USUAL_HIDDEN;

    return (struct text_config){
        .task = task,
        .unit = c->unit != TEXTRNN_NOT_GIVEN ? (enum vocab_unit)c->unit
                : task == TEXT_LM            ? VOCAB_CHARS
                                             : VOCAB_WORDS,
        .target_unit =
            c->target_unit != TEXTRNN_NOT_GIVEN ? (enum vocab_unit)c->target_unit : VOCAB_CHARS,
        .cell = rnn_cell_at(c->cell != TEXTRNN_NOT_GIVEN ? c->cell : 0),
        .layers = c->layers > 0 ? c->layers : 1,
        .embedding = c->embedding > 0 ? c->embedding : hidden,
        .hidden = hidden,
        .bidirectional = task != TEXT_LM && !c->one_way,
        .pooled = c->pooled,
        .attention = (enum attention_score)c->attention,
        .ends = c->ends,
        .tied = c->tied,
        .options = {.learned_start = c->learned_start,
                    .layer_norm = c->layer_norm,
                    .zoneout = {(float)c->zoneout, (float)c->zoneout_cell},
                    .recurrent_start = (enum rnn_start)c->recurrent_start},
        .embedding_deviation = choose_deviation(c, task),
    };
}

/* Before long work: whether the files can be written. */
static enum tn_status try_files(const struct train_settings *s, struct tn_error *err)
{
    TN_TRY(tn_atomic_try(s->output, err));
    return s->curve ? tn_atomic_try(s->curve, err) : TN_OK;
}

static enum tn_status run_all(struct run *run, struct tn_error *err)
{
    const struct textrnn_command *c = run->command;
    struct text_growth growth;

    TN_TRY(try_files(&c->loop, err));
    TN_TRY(textrnn_start_read(&run->start, c, err));
    run->config = run->start.path ? run->start.model.config : new_config(c);
    run->config.options.recurrent_dropout = (float)c->recurrent_dropout;
    TN_TRY(tn_pool_create(app_threads(c->loop.threads), &run->pool, err));
    TN_TRY(make_data(run, err));
    growth = growth_of(run);
    TN_TRY(textrnn_start_grow(&run->start, &growth, err));
    write_identity(run);
    TN_TRY(make_text_task(run, err));
    if (!c->loop.quiet) {
        textrnn_start_report(&run->start, &growth);
        report_texts(run);
    }
    return train_loop(&c->loop, run->task, run->identity, run->pool, err);
}

enum tn_status textrnn_train_run(const struct textrnn_command *command, struct tn_error *err)
{
    struct run run = {.command = command};
    const enum tn_status status = run_all(&run, err);

    text_run_finish(&run);
    return status;
}
