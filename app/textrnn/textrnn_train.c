/* SPDX-License-Identifier: MIT */
/* `textrnn train`: texts in, a model file out. */
#include "app/cli/console.h"
#include "app/textrnn/textrnn.h"

static void add_text_options(struct app_table *table, struct textrnn_command *c)
{
    const struct app_option rows[] = {
        app_option_choice('t', "task", "TASK", &c->task, text_task_names, "what to learn (lm)"),
        app_option_files('d', "data", "PATH", APP_INPUT, &c->data,
                         "texts, joined when given several times"),
        app_option_files(0, "dev", "PATH", APP_INPUT, &c->dev,
                         "texts to measure on (some of --data)"),
        app_option_real(0, "dev-share", "X", &c->dev_share, 0, 0.5,
                        "part of --data that is held out for it (0.05)"),
        app_option_file(0, "start", "FILE", APP_INPUT, &c->start,
                        "go on from this or a shipped model, which learns new tokens"),
        app_option_choice(0, "by", "UNIT", &c->unit, vocab_unit_names,
                          "what a text is read by (char; cloze and classify: word)"),
        app_option_choice(0, "target-by", "UNIT", &c->target_unit, vocab_unit_names,
                          "the same for the target language (char)"),
        app_option_flag(0, "ends", &c->ends, "lm: learn where a file ends, and samples end there"),
        app_option_number(0, "min-count", "N", &c->min_count, 1, 1000000,
                          "rarer words are unknown (1)"),
        app_option_number(0, "vocabulary", "N", &c->vocabulary, 1, 65000,
                          "only the N most frequent are known (40000; subword: 4000)"),
    };

    app_table_add(table, rows, APP_COUNT(rows));
}

static void add_net_options(struct app_table *table, struct textrnn_command *c,
                            const struct train_choices *lists)
{
    const struct app_option rows[] = {
        app_option_choice(0, "cell", "CELL", &c->cell, lists->cells, "recurrent cell (lstm)"),
        app_option_number(0, "layers", "N", &c->layers, 1, 8, "recurrent layers (1)"),
        app_option_number(0, "hidden", "N", &c->hidden, 1, 8192, "units per layer (256)"),
        app_option_number(0, "embedding", "N", &c->embedding, 1, 8192,
                          "numbers per token (as --hidden)"),
        app_option_real(0, "embedding-deviation", "X", &c->embedding_deviation, 0, 100,
                        "of embeddings at the start (1; classify 0: all within 0.1)"),
        app_option_number(0, "batch", "N", &c->batch, 1, 4096, "texts side by side (64)"),
        app_option_number(0, "steps", "N", &c->steps, 1, 4096,
                          "lm: steps that the gradient goes back (64)"),
        app_option_flag(0, "shift", &c->shifted,
                        "lm: begin each epoch elsewhere in the text, which is a ring"),
        app_option_number(0, "longest", "N", &c->longest, 1, 65535,
                          "not lm: longer texts are cut (200)"),
        app_option_real(0, "dropout", "X", &c->dropout, 0, 0.95,
                        "on inputs, between layers and on outputs (0.2)"),
        app_option_flag(0, "one-way", &c->one_way, "classify, cloze: read in one direction only"),
        app_option_flag(0, "pooled", &c->pooled, "classify: read the mean of all steps"),
    };

    app_table_add(table, rows, APP_COUNT(rows));
}

/* What the plain form lacks; docs/recurrent-nets.md has the equations. */
static void add_form_options(struct app_table *table, struct textrnn_command *c)
{
    const struct app_option rows[] = {
        app_option_flag(0, "tied", &c->tied,
                        "lm, translate: the output layer's weights are the embeddings"),
        app_option_flag(0, "learned-start", &c->learned_start,
                        "the state before a text is learnt, not zero"),
        app_option_flag(0, "layer-norm", &c->layer_norm, "normalise what enters the gates"),
        app_option_real(0, "zoneout", "X", &c->zoneout, 0, 0.95,
                        "share of units that keep their h at a step (0)"),
        app_option_real(0, "zoneout-cell", "X", &c->zoneout_cell, 0, 0.95,
                        "the same for the cell state of an LSTM (0)"),
        app_option_real(0, "recurrent-dropout", "X", &c->recurrent_dropout, 0, 0.95,
                        "on h from the step before, the same at all steps of a text (0)"),
        app_option_choice(0, "recurrent-start", "KIND", &c->recurrent_start, rnn_start_names,
                          "of recurrent weights (uniform)"),
    };

    app_table_add(table, rows, APP_COUNT(rows));
}

static void add_decoder_options(struct app_table *table, struct textrnn_command *c)
{
    const struct app_option rows[] = {
        app_option_choice(0, "attention", "SCORE", &c->attention, attention_names,
                          "translate: how each step looks at the source (none)"),
        app_option_real(0, "smoothing", "X", &c->smoothing, 0, 0.9, "translate: of the labels (0)"),
        app_option_real(0, "scheduled-sampling", "X", &c->scheduled_sampling, 0, 1,
                        "lm, translate: share of inputs that are the net's own at the end (0)"),
    };

    app_table_add(table, rows, APP_COUNT(rows));
}

/* --tied beside a task or sizes that it is not for. */
static int check_tied(const char *command, const struct textrnn_command *c)
{
    const size_t hidden = c->hidden > 0 ? c->hidden : TEXTRNN_USUAL_HIDDEN;

    if (!c->tied || c->start)
        return APP_PROCEED;
    if (c->task == TEXT_CLASSIFY || c->task == TEXT_CLOZE)
        return app_usage_error(command, "--tied is for --task lm and translate");
    if (c->embedding > 0 && c->embedding != hidden)
        return app_usage_error(command,
                               "--tied needs as many --embedding as --hidden: %zu, not %zu", hidden,
                               c->embedding);
    return APP_PROCEED;
}

/* Options of one task beside another. */
static int check_task_options(const char *command, const struct textrnn_command *c)
{
    const struct {
        const char *option;
        bool given;
        enum text_task task;
    } own[] = {
        {"--attention", c->attention != ATTENTION_NONE, TEXT_TRANSLATE},
        {"--smoothing", c->smoothing > 0, TEXT_TRANSLATE},
        {"--ends", c->ends, TEXT_LM},
        {"--shift", c->shifted, TEXT_LM},
    };
    const size_t task = c->task == TEXTRNN_NOT_GIVEN ? TEXT_LM : c->task;

    for (size_t i = 0; i < APP_COUNT(own) && !c->start; i++)
        if (own[i].given && own[i].task != (enum text_task)task)
            return app_usage_error(command, "%s is for --task %s", own[i].option,
                                   text_task_names[own[i].task]);
    if (c->scheduled_sampling > 0 && task != TEXT_LM && task != TEXT_TRANSLATE)
        return app_usage_error(command, "--scheduled-sampling is for --task lm and translate");
    return APP_PROCEED;
}

static int parse_text_command(int argc, char **argv, struct textrnn_command *c)
{
    static const struct app_beside beside[] = {
        {".checkpoint", NULL, "the checkpoint", APP_MODEL_OUTPUT},
        {".lock", NULL, "the lock", APP_OTHER_OUTPUT},
        {".png", "curve", "the curve", APP_DRAWING_OUTPUT},
        {NULL, NULL, NULL, APP_NO_FILE},
    };
    struct train_choices lists = {0};
    struct app_table table = {.count = 0};
    struct app_syntax syntax = {
        .command = "textrnn train",
        .synopsis = "[--task TASK] --data PATH... -o FILE [OPTION]...",
        .about = "Trains a net on texts and writes a model file.  PATH is a file or a directory\n"
                 "of files.  A line contains any text (lm); label<TAB>text, or a directory of\n"
                 "files per label (classify); a sentence (cloze); source<TAB>target (translate).",
        .options = table.rows,
        .required = {"data", "output"},
        .operand = "argument",
        .beside = beside,
    };
    size_t operands;
    int code;

    train_list_choices(&lists);
    add_text_options(&table, c);
    train_add_run_options(&table, &c->loop);
    add_net_options(&table, c, &lists);
    add_form_options(&table, c);
    add_decoder_options(&table, c);
    train_add_loop_options(&table, &c->loop, &lists);
    syntax.option_count = table.count;
    code = app_parse(&syntax, argc, argv, &operands);
    if (code == APP_PROCEED)
        code = textrnn_check_start(c);
    if (code == APP_PROCEED)
        code = check_task_options(syntax.command, c);
    if (code == APP_PROCEED)
        code = check_tied(syntax.command, c);
    return code == APP_PROCEED ? train_check_settings(syntax.command, &c->loop) : code;
}

int textrnn_train(int argc, char **argv)
{
    struct textrnn_command command = {
        .loop = TRAIN_SETTINGS_DEFAULT,
        .task = TEXTRNN_NOT_GIVEN,
        .unit = TEXTRNN_NOT_GIVEN,
        .target_unit = TEXTRNN_NOT_GIVEN,
        .cell = TEXTRNN_NOT_GIVEN,
        .min_count = 1,
        .batch = 64,
        .steps = 64,
        .longest = 200,
        .dropout = 0.2,
        .dev_share = 0.05,
        .embedding_deviation = -1,
    };
    struct tn_error err;
    int code = parse_text_command(argc, argv, &command);

    if (code == APP_PROCEED) {
        app_hold_interrupts();
        code = textrnn_train_run(&command, &err) == TN_OK ? APP_OK : app_fail(&err);
    }
    train_settings_finish(&command.loop);
    app_list_finish(&command.data);
    app_list_finish(&command.dev);
    return code;
}
