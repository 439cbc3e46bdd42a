/* SPDX-License-Identifier: MIT */
/* `caption import`: AlexNet weights from elsewhere become an encoder file of ours. */
#include "app/caption/import_encoder.h"
#include "app/cli/commands.h"
#include "app/cli/options.h"
#include "exchange/mean_file.h"

#include <stdint.h>
#include <string.h>

static const char *const answers[] = {"yes", "no", NULL}, *const channels[] = {"rgb", "bgr", NULL};

/* What the command line says, before it is looked at. */
struct raw {
    size_t norm, channels;
    const char *mean, *mean_file, *deviation;
    bool rgb;
};

/* "0.485,0.456,0.406" */
static int set_three(const char *option, const char *text, double minimum, double values[3],
                     bool *ret_given)
{
    char part[64];

    *ret_given = text != NULL;
    for (size_t i = 0; i < 3 && text; i++) {
        const size_t length = strcspn(text, ",");

        if (length >= sizeof part || (text[length] == ',') != (i < 2))
            return app_usage_error("caption import",
                                   "--%s: expected three numbers such as "
                                   "104,117,123",
                                   option);
        memcpy(part, text, length);
        part[length] = '\0';
        if (!app_parse_real(part, &values[i]) || values[i] < minimum || values[i] > 255)
            return app_usage_error("caption import", "--%s: '%s' is no number from %g to 255",
                                   option, part, minimum);
        text += length + 1;
    }
    return APP_PROCEED;
}

static int set_claims(struct exchange_claims *claims, const struct raw *raw)
{
    int code;

    if (raw->norm != SIZE_MAX)
        claims->norm = raw->norm == 0 ? EXCHANGE_YES : EXCHANGE_NO;
    if (raw->channels != SIZE_MAX)
        claims->blue_first = raw->channels == 1 ? EXCHANGE_YES : EXCHANGE_NO;
    else if (raw->rgb)
        claims->blue_first = EXCHANGE_NO;
    if (raw->mean && raw->mean_file)
        return app_usage_error("caption import", "--mean and --mean-file say the same");
    code = set_three("mean", raw->mean, 0, claims->mean, &claims->has_mean);
    if (code == APP_PROCEED)
        code =
            set_three("deviation", raw->deviation, 1e-3, claims->deviation, &claims->has_deviation);
    return code;
}

static enum tn_status read_mean(struct exchange_claims *claims, const char *path,
                                struct tn_error *err)
{
    float mean[3];

    if (!path)
        return TN_OK;
    TN_TRY(exchange_mean_read(path, mean, err));
    for (size_t c = 0; c < 3; c++)
        claims->mean[c] = (double)mean[c];
    claims->has_mean = true;
    return TN_OK;
}

int app_import(int argc, char **argv)
{
    struct app_import import = {.to = "alexnet.safetensors", .tolerance = 1e-4, .report = stdout};
    struct raw raw = {.norm = SIZE_MAX, .channels = SIZE_MAX};
    bool overwrite = false, quiet = false;
    const struct app_option options[] = {
        app_option_file('o', "output", "FILE", APP_MODEL_OUTPUT, &import.to,
                        "the encoder file to write (alexnet.safetensors)"),
        app_option_flag(0, "overwrite", &overwrite, "replace a model that is there"),
        app_option_file(0, "check", "FILE", APP_INPUT, &import.activations,
                        "compare with these activations first (safetensors, .npz)"),
        app_option_real(0, "tolerance", "X", &import.tolerance, 0, 1,
                        "what may differ, of a layer's largest value (0.0001)"),
        app_option_choice(0, "channels", "ORDER", &raw.channels, channels,
                          "what conv1 of the file reads first and last"),
        app_option_choice(0, "lrn", "ANSWER", &raw.norm, answers,
                          "whether normalisation follows conv1 and conv2"),
        app_option_text(0, "mean", "NUMBERS", &raw.mean,
                        "what is subtracted from each channel, in their order"),
        app_option_file(0, "mean-file", "FILE", APP_INPUT, &raw.mean_file,
                        "the same, from a .binaryproto of Caffe"),
        app_option_text(0, "deviation", "NUMBERS", &raw.deviation,
                        "what each channel is divided by then"),
        app_option_real(0, "scale", "X", &import.claims.scale, 1e-4, 1,
                        "what pixels of 0 to 255 are multiplied by first"),
        app_option_flag(0, "rgb", &raw.rgb, NULL),
        app_option_flag('q', "quiet", &quiet, "do not print what was found and compared"),
    };
    const struct app_syntax syntax = {
        .command = "caption import",
        .synopsis = "[OPTION]... FILE",
        .about =
            "Makes an encoder file for 'caption train' of the weights of an AlexNet, BVLC's or\n"
            "torchvision's, from PyTorch (.pth), Caffe, ONNX or safetensors.",
        .options = options,
        .option_count = APP_COUNT(options),
        .operands_min = 1,
        .operands_max = 1,
        .operand = "file",
        .operands_are_files = true,
        .overwrite = &overwrite,
    };
    struct tn_error err;
    size_t operands;
    int code = app_parse(&syntax, argc, argv, &operands);

    if (code == APP_PROCEED)
        code = set_claims(&import.claims, &raw);
    if (code != APP_PROCEED)
        return code;
    import.from = argv[0];
    if (quiet)
        import.report = NULL;
    if (read_mean(&import.claims, raw.mean_file, &err) != TN_OK ||
        app_import_encoder(&import, &err) != TN_OK)
        return app_fail(&err);
    return APP_OK;
}
