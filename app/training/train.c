/* SPDX-License-Identifier: MIT */
/* `caption train`: photos and captions in, a model file out. */
#include "app/cli/commands.h"
#include "app/cli/options.h"
#include "app/training/train_run.h"
#include "app/training/training.h"
#include "data/hold_out.h"

static const char *const storages[] = {"int8", "f16", "f32", NULL};
static const char *const languages[] = {"en", "zh", NULL};

/* What a training begins with: photos, and a model. */
static void add_start_options(struct app_table *table, struct train_command *c)
{
    const struct app_option rows[] = {
        app_option_file(0, "text", "FILE", APP_INPUT, &c->text,
                        "captions of no photo, one per line: V is imagined from the words"),
        app_option_real(0, "dev-share", "X", &c->dev_share, 0, 0.5,
                        "held out where a set names no dev photos (0.05; of a small one 0.2)"),
        app_option_flag(0, "no-mirror", &c->no_mirror, "do not train on mirror images"),
        app_option_file(0, "start", "FILE", APP_INPUT, &c->start,
                        "a model to begin with (of under 5000 captions the shipped one)"),
        app_option_flag(0, "from-scratch", &c->from_scratch, "begin without a model"),
        app_option_file(0, "encoder", "FILE", APP_MODEL, &c->encoder,
                        "model or encoder file whose encoder is used (the start's)"),
    };

    app_data_add_options(table, &c->data, "keep the photos' features here (OUTPUT.features)");
    app_table_add(table, rows, APP_COUNT(rows));
}

static void add_decoder_options(struct app_table *table, struct train_command *c,
                                const struct train_choices *lists)
{
    const struct app_option rows[] = {
        app_option_choice('l', "lang", "LANGUAGE", &c->language, languages, "of the captions (en)"),
        app_option_choice(0, "cell", "CELL", &c->cell, lists->cells, "recurrent cell (lstm)"),
        app_option_number(0, "layers", "N", &c->layers, 1, 8, "recurrent layers (1)"),
        app_option_number(0, "hidden", "N", &c->hidden, 1, 8192, "units per layer (512)"),
        app_option_number(0, "embedding", "N", &c->embedding, 1, 8192,
                          "numbers per word (as --hidden)"),
        app_option_number(0, "image-hidden", "N", &c->image_hidden, 1, 8192,
                          "rectified units between V and the first step (none)"),
        app_option_number(0, "image-rank", "N", &c->image_rank, 1, 8192,
                          "rank of W_v in the file, for a smaller one (whole)"),
        app_option_number(0, "min-count", "N", &c->min_count, 1, 1000000,
                          "rarer words are unknown (5; 2 of a small set with a start)"),
        app_option_number(0, "max-words", "N", &c->max_words, 1, 200,
                          "longer captions are cut (30)"),
        app_option_choice(0, "storage", "TYPE", &c->storage, storages,
                          "of the decoder's weights (int8)"),
    };

    app_table_add(table, rows, APP_COUNT(rows));
}

static void add_training_options(struct app_table *table, struct train_command *c)
{
    const struct app_option rows[] = {
        app_option_number(0, "batch", "N", &c->batch, 1, 1024,
                          "captions per step; photos with --scst or --finetune-cnn (100 or fewer)"),
        app_option_real(0, "dropout", "X", &c->dropout, 0, 0.95, "on words and outputs (0.5)"),
        app_option_real(0, "image-dropout", "X", &c->image_dropout, 0, 0.95,
                        "on the photo's features (0.3)"),
        app_option_real(0, "smoothing", "X", &c->smoothing, 0, 0.9, "of the labels (0.1)"),
        app_option_flag(0, "scst", &c->scst, "prefer those of the captions found that score best"),
        app_option_number(0, "samples", "N", &c->samples, 2, 64,
                          "with --scst: captions found per photo (5)"),
        app_option_text(0, "about", "TEXT", &c->about,
                        "a line for 'caption info': what it learnt from, and on what terms"),
        app_option_flag(0, "no-consensus", &c->no_consensus,
                        "the decoder alone, without consensus and calibration"),
        app_option_number(0, "beam", "N", &c->beam, 1, 64, "of the search on dev photos (3)"),
    };

    app_table_add(table, rows, APP_COUNT(rows));
}

static void add_finetune_options(struct app_table *table, struct train_command *c)
{
    const struct app_option rows[] = {
        app_option_flag(0, "finetune-cnn", &c->finetune_cnn,
                        "train the encoder too, on the photos themselves"),
        app_option_real(0, "cnn-rate", "X", &c->cnn_rate, 0, 100,
                        "learning rate of the encoder (2e-5)"),
        app_option_choice(0, "cnn-from", "LAYER", &c->cnn_from, train_cnn_layers,
                          "first one trained (conv2)"),
        app_option_real(0, "cnn-dropout", "X", &c->cnn_dropout, 0, 0.95,
                        "behind its fc6 and fc7 (0)"),
        app_option_number(0, "captions", "N", &c->captions, 1, 100,
                          "of a photo in a step, drawn where it has more (5)"),
        app_option_file(0, "teacher", "FILE", APP_INPUT, &c->teacher,
                        "other networks' features of the photos, to be predicted from V"),
        app_option_real(0, "teacher-weight", "X", &c->teacher_weight, 0, 1000,
                        "of that loss beside the captions' (1)"),
    };

    app_table_add(table, rows, APP_COUNT(rows));
}

/* What does not go together. */
static int check_train_command(struct train_command *c)
{
    const char *command = "caption train";
    int code;

    if (c->finetune_cnn && c->scst)
        return app_usage_error(command, "--finetune-cnn and --scst do not go together");
    if (c->text && c->finetune_cnn)
        return app_usage_error(command, "--text and --finetune-cnn do not go together");
    if (c->data.vectors && (c->finetune_cnn || c->text || c->encoder))
        return app_usage_error(command, "--vectors and %s do not go together",
                               c->finetune_cnn ? "--finetune-cnn"
                               : c->text       ? "--text"
                                               : "--encoder");
    if (c->teacher && !c->finetune_cnn)
        return app_usage_error(command, "--teacher needs --finetune-cnn");
    code = train_check_start(c);
    return code == APP_PROCEED ? train_check_settings(command, &c->loop) : code;
}

static int parse_train_command(int argc, char **argv, struct train_command *c)
{
    static const struct app_beside beside[] = {
        {".checkpoint", NULL, "the checkpoint", APP_MODEL_OUTPUT},
        {".lock", NULL, "the lock", APP_OTHER_OUTPUT},
        {".features", "cache", "the features' cache", APP_OTHER_OUTPUT},
        {".png", "curve", "the curve", APP_DRAWING_OUTPUT},
        {NULL, NULL, NULL, APP_NO_FILE},
    };
    struct train_choices lists = {0};
    struct app_table table = {.count = 0};
    struct app_syntax syntax = {
        .command = "caption train",
        .synopsis = "--data PATH... -o FILE [OPTION]...",
        .about = "Trains a decoder.  PATH is Flickr8k's folder, one with a .txt per photo, or a "
                 ".json, .tsv or .csv.",
        .options = table.rows,
        .required = {"data", "output"},
        .operand = "argument",
        .beside = beside,
    };
    size_t operands;
    int code;

    train_list_choices(&lists);
    add_start_options(&table, c);
    train_add_run_options(&table, &c->loop);
    add_decoder_options(&table, c, &lists);
    add_training_options(&table, c);
    add_finetune_options(&table, c);
    train_add_loop_options(&table, &c->loop, &lists);
    syntax.option_count = table.count;
    code = app_parse(&syntax, argc, argv, &operands);
    return code == APP_PROCEED ? check_train_command(c) : code;
}

int app_train(int argc, char **argv)
{
    struct train_command command = {
        .loop = TRAIN_SETTINGS_DEFAULT,
        .cell = TRAIN_NOT_GIVEN,
        .max_words = 30,
        .dropout = 0.5,
        .image_dropout = 0.3,
        .dev_share = DATA_HOLD_OUT_USUAL,
        .smoothing = 0.1,
        .beam = 3,
        .samples = 5,
        .cnn_from = 1,
        .cnn_rate = 2e-5,
        .captions = 5,
        .teacher_weight = 1,
    };
    struct tn_error err;
    int code;

    command.loop.epochs = 0;
    code = parse_train_command(argc, argv, &command);

    if (code == APP_PROCEED) {
        app_hold_interrupts();
        code = train_command_run(&command, &err) == TN_OK ? APP_OK : app_fail(&err);
    }
    train_settings_finish(&command.loop);
    app_list_finish(&command.data.data);
    return code;
}
