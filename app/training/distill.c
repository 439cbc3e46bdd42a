/* SPDX-License-Identifier: MIT */
/* `caption distill`: an encoder learns from stronger networks, on photos without captions. */
#include "app/cli/commands.h"
#include "app/training/distill_run.h"
#include "app/training/train_run.h"
#include "data/hold_out.h"

static const char *const languages[] = {"en", "zh", NULL};

static void add_photo_options(struct app_table *table, struct distill_command *c)
{
    const struct app_option rows[] = {
        app_option_files(0, "photos", "PATH", APP_INPUT, &c->photos,
                         "photos and folders of them (may be repeated)"),
        app_option_files('d', "data", "PATH", APP_INPUT, &c->data,
                         "captioned photos, as for 'caption train' (may be repeated)"),
        app_option_file(0, "images", "DIR", APP_FOLDER, &c->images,
                        "where the photos of --data lie"),
        app_option_flag(0, "skip-missing", &c->skip_missing,
                        "leave photos out that are missing or cannot be read"),
        app_option_file(0, "teacher", "FILE", APP_INPUT, &c->teacher,
                        "features that other networks gave the photos"),
        app_option_file(0, "cache", "FILE", APP_OTHER_OUTPUT, &c->cache,
                        "keep pool5 of the photos here (OUTPUT.pool5)"),
        app_option_real(0, "dev-share", "X", &c->dev_share, 0, 0.5,
                        "of photos that measure the training, where --data names none (0.05)"),
        app_option_flag(0, "no-mirror", &c->no_mirror, "do not train on mirror images"),
    };

    app_table_add(table, rows, APP_COUNT(rows));
}

static void add_encoder_options(struct app_table *table, struct distill_command *c)
{
    const struct app_option rows[] = {
        app_option_file(0, "encoder", "FILE", APP_MODEL, &c->encoder,
                        "model or encoder file to begin with (the shipped model)"),
        app_option_file('m', "model", "FILE", APP_INPUT, &c->model,
                        "the same, and OUTPUT becomes this model with the new encoder"),
        app_option_choice(0, "from", "LAYER", &c->from, train_cnn_layers,
                          "first one trained (fc6)"),
        app_option_flag(0, "random-start", &c->random_start,
                        "begin these layers with random weights"),
        app_option_real(0, "teacher-weight", "X", &c->teacher_weight, 0, 1000,
                        "of the error of each network's features (1)"),
        app_option_number(0, "words", "N", &c->words, 0, 20000,
                          "with --data: words to be expected, the most frequent (1500)"),
        app_option_real(0, "words-weight", "X", &c->words_weight, 0, 1000, "of their error (1)"),
        app_option_choice('l', "lang", "LANGUAGE", &c->language, languages, "of the captions (en)"),
        app_option_number(0, "batch", "N", &c->batch, 1, 8192, "photos per step (256)"),
        app_option_real(0, "dropout", "X", &c->dropout, 0, 0.95, "behind fc6 and fc7 (0.5)"),
    };

    app_table_add(table, rows, APP_COUNT(rows));
}

/* What does not go together. */
static int check_distill_command(struct distill_command *c)
{
    const char *command = "caption distill";

    if (c->photos.count + c->data.count == 0)
        return app_usage_error(command, "no photos: give --photos or --data");
    if (c->model && c->encoder)
        return app_usage_error(command, "--model and --encoder do not go together");
    if (c->teacher_weight + c->words_weight <= 0)
        return app_usage_error(command, "--teacher-weight and --words-weight are both 0");
    return train_check_settings(command, &c->loop);
}

static int parse_distill_command(int argc, char **argv, struct distill_command *c)
{
    static const struct app_beside beside[] = {
        {".checkpoint", NULL, "the checkpoint", APP_MODEL_OUTPUT},
        {".pool5", "cache", "the cache of pool5", APP_OTHER_OUTPUT},
        {".png", "curve", "the curve", APP_DRAWING_OUTPUT},
        {NULL, NULL, NULL, APP_NO_FILE},
    };
    struct train_choices lists = {0};
    struct app_table table = {.count = 0};
    struct app_syntax syntax = {
        .command = "caption distill",
        .synopsis = "--photos PATH... --teacher FILE -o FILE [OPTION]...",
        .about = "Trains an encoder to know what stronger networks know, on photos without "
                 "captions.\nThe rate is 1e-4 where --rate does not say otherwise.",
        .options = table.rows,
        .required = {"teacher", "output"},
        .operand = "argument",
        .beside = beside,
    };
    size_t operands;
    int code;

    train_list_choices(&lists);
    add_photo_options(&table, c);
    train_add_run_options(&table, &c->loop);
    add_encoder_options(&table, c);
    train_add_loop_options(&table, &c->loop, &lists);
    syntax.option_count = table.count;
    code = app_parse(&syntax, argc, argv, &operands);
    return code == APP_PROCEED ? check_distill_command(c) : code;
}

int app_distill(int argc, char **argv)
{
    struct distill_command command = {
        .loop = TRAIN_SETTINGS_DEFAULT,
        .from = 5, /* fc6 */
        .words = 1500,
        .batch = 256,
        .dropout = 0.5,
        .teacher_weight = 1,
        .words_weight = 1,
        .dev_share = DATA_HOLD_OUT_USUAL,
    };
    struct tn_error err;
    int code;

    command.loop.rate = 1e-4;
    code = parse_distill_command(argc, argv, &command);
    if (code == APP_PROCEED) {
        app_hold_interrupts();
        code = distill_command_run(&command, &err) == TN_OK ? APP_OK : app_fail(&err);
    }
    train_settings_finish(&command.loop);
    app_list_finish(&command.photos);
    app_list_finish(&command.data);
    return code;
}
