/* SPDX-License-Identifier: MIT */
/* The options of `caption PHOTO...`, and what they make of each other. */
#include "app/caption/caption.h"

#include "app/caption/inputs.h"
#include "app/cli/commands.h"
#include "app/cli/shared_options.h"
#include "app/output/template.h"
#include "base/path.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define UNSET SIZE_MAX
#define EXPECTED_TEXT "expected UTF-8 without control characters and noncharacters"

static const char *const existing_names[] = {"skip", "overwrite", "append", "replace", NULL};
static const char *const sidecar_name_names[] = {"full", "stem", NULL};

/* What makes sense only together, once all is parsed. */
struct raw {
    size_t seed, top_k, format, existing, sidecar_name;
    double temperature, top_p, length_exponent, plain, differ;
    bool sample, csv_raw;
    const char *keywords, *shard;
};

enum { MOST_KEYWORDS = 64 };

/* "auto", or how many; without the option none. */
static int set_keywords(struct captioner_writing *writing, const char *wanted)
{
    if (!wanted)
        return APP_PROCEED;
    if (strcmp(wanted, "auto") == 0)
        writing->keywords = CAPTIONER_KEYWORDS_AUTO;
    else if (!app_parse_size(wanted, &writing->keywords) || writing->keywords < 1 ||
             writing->keywords > MOST_KEYWORDS)
        return app_usage_error("caption",
                               "--keywords '%s': expected auto, or a number from 1 to %d", wanted,
                               MOST_KEYWORDS);
    return APP_PROCEED;
}

static int set_writing(struct captioner_writing *writing, const struct raw *raw)
{
    const char *random = raw->temperature > 0  ? "temperature"
                         : raw->top_k != UNSET ? "top-k"
                         : raw->top_p > 0      ? "top-p"
                         : raw->seed != UNSET  ? "seed"
                                               : NULL;

    if (!raw->sample && random)
        return app_usage_error("caption", "--%s needs --sample", random);
    if (raw->sample && writing->beam > 0)
        return app_usage_error("caption", "--beam is of the search, and has no part in --sample");
    if (raw->sample && raw->differ >= 0)
        return app_usage_error("caption", "--differ is of the search, and has no part in --sample");
    writing->sample = raw->sample;
    writing->seed = raw->seed == UNSET ? 0 : raw->seed;
    writing->top_k = raw->top_k == UNSET ? 0 : raw->top_k;
    writing->top_p = (float)raw->top_p;
    writing->length_exponent = (float)raw->length_exponent;
    writing->plain = (float)raw->plain;
    if (raw->differ >= 0)
        writing->differ = (float)raw->differ;
    if (raw->temperature > 0)
        writing->temperature = (float)raw->temperature;
    return set_keywords(writing, raw->keywords);
}

static int check_sidecars(struct app_caption_settings *settings, const struct raw *raw)
{
    if (raw->sidecar_name != UNSET)
        settings->sidecar_name = raw->sidecar_name == 0 ? APP_SIDECAR_FULL : APP_SIDECAR_STEM;
    if (settings->sidecar_directory && strcmp(settings->sidecar_directory, "-") == 0)
        return app_usage_error("caption",
                               "--sidecar-dir: - stands for no output; name a directory");
    for (size_t i = 0; i < APP_SIDECAR_COUNT; i++)
        if (settings->sidecars[i])
            return APP_PROCEED;
    if (settings->sidecar_directory || raw->sidecar_name != UNSET)
        return app_usage_error("caption", "--sidecar-%s needs --sidecar",
                               settings->sidecar_directory ? "dir" : "name");
    return APP_PROCEED;
}

/* Columns of the table of formats, which end in NULL. */
struct format_words {
    const char *names[APP_FORMAT_COUNT + 1], *extensions[APP_FORMAT_COUNT + 1];
};

static struct format_words list_formats(void)
{
    struct format_words words = {.names = {NULL}};

    for (size_t i = 0; i < APP_FORMAT_COUNT; i++) {
        words.names[i] = app_formats[i]->name;
        words.extensions[i] = app_formats[i]->extension;
    }
    return words;
}

static int refuse_name(const char *output)
{
    const struct format_words words = list_formats();
    char expected[128];

    app_join_choices(words.extensions, expected, sizeof expected);
    return app_usage_error("caption", "%s: its name shows no format; expected %s, or --format",
                           output, expected);
}

/* A name that shows another format than is written would mislead whoever opens the file. */
static int check_format(const struct app_format *format, const char *option, const char *file)
{
    return !file || app_format_may_be(format, file)
               ? APP_PROCEED
               : app_usage_error("caption",
                                 "%s: --%s writes the format %s, not %s; name another file", file,
                                 option, format->name, tn_path_extension(file));
}

static int check_template(const struct app_caption_settings *settings, const struct raw *raw)
{
    struct tn_error err;
    bool keywords;

    if (raw->format != UNSET || raw->csv_raw)
        return app_usage_error("caption", "--template is a format of its own, without --%s",
                               raw->csv_raw ? "csv-raw" : "format");
    if (!app_is_wording(settings->template, "\t\n"))
        return app_usage_error("caption", "--template: " EXPECTED_TEXT);
    if (app_template_check(settings->template, &keywords, &err) != TN_OK)
        return app_usage_error("caption", "--template: %s", err.text);
    if (keywords && settings->writing.keywords == 0)
        return app_usage_error("caption", "--template: {keywords} needs --keywords");
    return APP_PROCEED;
}

static int check_wording(const struct app_wording *wording)
{
    if (wording->prefix && !app_is_wording(wording->prefix, ""))
        return app_usage_error("caption", "--prefix: " EXPECTED_TEXT);
    if (wording->suffix && !app_is_wording(wording->suffix, ""))
        return app_usage_error("caption", "--suffix: " EXPECTED_TEXT);
    return APP_PROCEED;
}

static int check_outputs(struct app_caption_settings *settings, const struct raw *raw)
{
    const struct app_format *of_file =
        settings->output ? app_format_of_file(settings->output) : NULL;
    int code;

    settings->format = raw->format != UNSET ? app_formats[raw->format] : of_file;
    if (settings->template)
        settings->format = &app_format_template;
    if (settings->output && !settings->format)
        return refuse_name(settings->output);
    code = check_format(settings->format, "output", settings->output);
    if (code == APP_PROCEED)
        code = check_format(&app_format_gallery, "gallery", settings->gallery);
    if (code != APP_PROCEED)
        return code;
    if (raw->csv_raw && settings->format != &app_format_csv)
        return app_usage_error("caption", "--csv-raw needs the format csv");
    if (raw->csv_raw)
        settings->format = &app_format_csv_raw;
    settings->existing = (enum app_existing)raw->existing;
    return check_sidecars(settings, raw);
}

/* What is written beside a photo, or leads to it, needs the photo's file. */
static int check_pipe_outputs(struct app_caption_settings *settings)
{
    const char *option = settings->write_metadata                      ? "write-metadata"
                         : settings->gallery                           ? "gallery"
                         : settings->format == &app_format_gallery     ? "format gallery"
                         : settings->format == &app_format_imagefolder ? "format imagefolder"
                                                                       : NULL;

    for (size_t i = 0; i < APP_SIDECAR_COUNT && !option; i++)
        option = settings->sidecars[i] ? "sidecar" : NULL;
    if (option)
        return app_usage_error(
            "caption",
            "--%s needs the photo's file, and - is standard input; write it to a "
            "file first",
            option);
    if (settings->existing == APP_SKIP)
        settings->existing = APP_APPEND; /* it is another photo each time */
    return APP_PROCEED;
}

/* `caption -` */
static int check_pipe(struct app_caption_settings *settings)
{
    const struct app_walk_options *inputs = &settings->inputs;

    for (size_t i = 0; i < inputs->operand_count; i++)
        if (app_is_standard_input(inputs->operands[i]) &&
            (inputs->operand_count > 1 || inputs->list))
            return app_usage_error("caption",
                                   "- is one photo from standard input, and goes alone (a file of "
                                   "that name is ./-)");
    if (!app_is_from_pipe(settings))
        return APP_PROCEED;
    if (isatty(STDIN_FILENO))
        return app_usage_error("caption",
                               "-: standard input is the terminal; lead a photo into it, as "
                               "'curl ... | caption -' does");
    return check_pipe_outputs(settings);
}

/* Rows that are not there for each input, or not on stdout, keep nobody in step. */
static int check_in_step(const struct app_caption_settings *settings)
{
    const struct app_format *format = settings->format;

    if (!settings->in_step)
        return APP_PROCEED;
    if (settings->output)
        return app_usage_error("caption", "--in-step is for rows on stdout, without --output");
    if (format && (format->sentences_only || format == &app_format_gallery))
        return app_usage_error("caption",
                               "--in-step: %s has no rows for what has no caption; expected text, "
                               "tsv, csv, json or jsonl",
                               format->name);
    return APP_PROCEED;
}

/* What counts on an answer for each photo, or on one photo, is not shared out. */
static int set_shard(struct app_caption_settings *settings, const char *wanted)
{
    if (!wanted)
        return APP_PROCEED;
    if (!app_shard_parse(wanted, &settings->inputs.shard))
        return app_usage_error("caption",
                               "--shard '%s': expected I/N, such as 3/16, with I from "
                               "1 to N",
                               wanted);
    if (settings->in_step || settings->explain || app_is_from_pipe(settings))
        return app_usage_error("caption", "--shard is for many photos, not for %s",
                               settings->in_step   ? "--in-step"
                               : settings->explain ? "--explain"
                                                   : "standard input");
    return APP_PROCEED;
}

static int check_directories(const struct app_walk_options *inputs)
{
    for (size_t i = 0; i < inputs->operand_count; i++) {
        struct stat info;

        if (stat(inputs->operands[i], &info) != 0)
            return app_usage_error("caption watch", "%s: %s", inputs->operands[i], strerror(errno));
        if (!S_ISDIR(info.st_mode))
            return app_usage_error("caption watch", "%s: is no directory", inputs->operands[i]);
    }
    return APP_PROCEED;
}

/* Vectors are no files beside which, or into which, something could be written. */
static int check_vectors(const struct app_caption_settings *s)
{
    bool needs_photos = s->inputs.operand_count > 0 || s->inputs.list || s->write_metadata ||
                        s->gallery || s->explain || s->in_step || s->errors ||
                        s->format == &app_format_gallery || s->format == &app_format_imagefolder;

    for (size_t i = 0; i < APP_SIDECAR_COUNT; i++)
        needs_photos = needs_photos || s->sidecars[i];
    if (needs_photos)
        return app_usage_error("caption",
                               "--vectors takes no photos, and has rows alone: text, tsv, csv, "
                               "json or jsonl");
    return APP_PROCEED;
}

static int check_settings(struct app_caption_settings *settings, const struct raw *raw)
{
    int code = set_writing(&settings->writing, raw); /* whose values may be photos by mistake */

    if (code == APP_PROCEED)
        code = settings->watch && settings->inputs.operand_count == 0
                   ? app_usage_error("caption watch", "no directory given")
               : settings->vectors ? APP_PROCEED
                                   : app_inputs_check("caption", &settings->inputs);
    if (code == APP_PROCEED)
        code = set_shard(settings, raw->shard);
    if (code == APP_PROCEED && settings->watch)
        code = check_directories(&settings->inputs);
    if (code == APP_PROCEED)
        code = check_wording(&settings->wording);
    if (code == APP_PROCEED && settings->template)
        code = check_template(settings, raw);
    if (code == APP_PROCEED)
        code = check_outputs(settings, raw);
    if (code == APP_PROCEED && settings->vectors)
        code = check_vectors(settings);
    if (code == APP_PROCEED)
        code = app_languages_set(settings);
    if (code == APP_PROCEED)
        code = check_in_step(settings);
    return code == APP_PROCEED ? check_pipe(settings) : code;
}

static const struct app_syntax syntax_of_a_run = {
    .command = "caption",
    .synopsis = "[OPTION]... PHOTO|DIRECTORY...\nCOMMAND [OPTION]... [ARGUMENT]...",
    .about = "Prints a sentence that describes the photo; for several: path, tab, sentence.",
    .commands = app_commands,
    .operands_max = SIZE_MAX,
    .operand = "photo",
    .operands_are_files = true,
    .stdin_operand = true,
};

static const struct app_syntax syntax_of_watch = {
    .command = "caption watch",
    .synopsis = "[OPTION]... DIRECTORY...",
    .about = "Captions the photos in directories, and those that come into them, until SIGTERM.\n"
             "A photo that has its caption in all outputs is skipped.",
    .operands_max = SIZE_MAX,
    .operand = "directory",
    .operands_are_files = true,
};

int app_caption_parse(struct app_caption_settings *s, int argc, char **argv)
{
    const struct format_words formats = list_formats();
    struct raw raw = {.seed = UNSET,
                      .top_k = UNSET,
                      .format = UNSET,
                      .sidecar_name = UNSET,
                      .differ = -1,
                      .length_exponent = (double)CAPTIONER_USUAL_EXPONENT};
    const struct app_option options[] = {
        app_option_model(&s->model),
        app_option_text('l', "lang", "LANGUAGE", &s->options.language,
                        "of the captions, or several: en,zh (the model's first)"),
        app_option_text(0, "language", "LANGUAGE", &s->options.language, NULL),
        app_option_beam(&s->writing.beam),
        app_option_number('n', "best", "N", &s->writing.best, 1, 64,
                          "captions per photo (1), as different as --differ X (0.5), 0 to 10"),
        app_option_real(0, "differ", "X", &raw.differ, 0, 10, NULL),
        app_option_max_words(&s->writing.max_words),
        app_option_length_exponent(&raw.length_exponent),
        app_option_list(0, "forbid", "WORD", &s->forbidden,
                        "no caption has the word as written, plurals are others (repeatable)"),
        app_option_flag('s', "sample", &raw.sample, "draw the words at random instead"),
        app_option_real(0, "temperature", "X", &raw.temperature, 0.01, 100,
                        "with --sample: below 1 is safer, above bolder (1)"),
        app_option_number(0, "top-k", "N", &raw.top_k, 0, 1024,
                          "with --sample: from the N likeliest words only, 0: all (0)"),
        app_option_real(0, "top-p", "X", &raw.top_p, 0.001, 1,
                        "with --sample: from the likeliest that have the share X of it (1)"),
        app_option_number(0, "seed", "N", &raw.seed, 0, (size_t)1 << 53,
                          "with --sample: equal seeds, equal captions (0)"),
        app_option_text(0, "keywords", "N|auto", &raw.keywords,
                        "words to find each photo by: the N likeliest, or the likely ones"),
        app_option_real(0, "plain", "X", &raw.plain, 0.01, 0.99,
                        "a plainer word, as 'animal', for a noun below the probability X"),
        app_option_real(0, "min-confidence", "X", &s->wording.min_confidence, 0, 1,
                        "leave out captions below it (0)"),
        app_option_flag(0, "any-picture", &s->wording.any_picture,
                        "caption what is hardly a photo of anything, too"),
        app_option_choice('f', "format", "FORMAT", &raw.format, formats.names, "one"),
        app_option_text(0, "template", "TEXT", &s->template,
                        "lines of your own: '{path}: {caption}'"),
        app_option_text(0, "prefix", "TEXT", &s->wording.prefix, "before each caption"),
        app_option_text(0, "suffix", "TEXT", &s->wording.suffix, "behind each caption"),
        app_option_flag(0, "csv-raw", &raw.csv_raw,
                        "csv: do not guard texts that a spreadsheet would run"),
        app_option_file('o', "output", "FILE", APP_TEXT_OUTPUT, &s->output,
                        "write to FILE, not to stdout"),
        app_option_file(0, "gallery", "FILE", APP_TEXT_OUTPUT, &s->gallery,
                        "a page of the photos, as HTML"),
        app_option_choices(0, "sidecar", "KIND", s->sidecars, app_sidecar_names,
                           "a file beside each photo (may be repeated)"),
        app_option_choice(0, "sidecar-name", "NAME", &raw.sidecar_name, sidecar_name_names,
                          "photo.jpg.xmp or photo.xmp"),
        app_option_sidecar_directory(&s->sidecar_directory),
        app_option_flag(0, "write-metadata", &s->write_metadata,
                        "captions into the photos, as XMP and EXIF"),
        app_option_errors(&s->errors),
        app_option_no_recursion(&s->inputs.no_recursion),
        app_option_exclude(&s->inputs.excluded),
        app_option_max_pixels(&s->options.max_pixels),
        app_option_threads(&s->options.threads),
        app_option_quiet(&s->quiet),
    };
    const struct app_option options_of_a_run[] = {
        app_option_flag(0, "in-step", &s->in_step,
                        "on stdout a row for each input, also for what has no caption"),
        app_option_file(0, "explain", "PNG", APP_DRAWING_OUTPUT, &s->explain,
                        "a picture of what in the photo drove each word"),
        app_option_file(0, "vectors", "FILE", APP_INPUT, &s->vectors,
                        "caption these rows of numbers, of 'caption features', not photos"),
        app_option_file(0, "vectors-names", "FILE", APP_INPUT, &s->vector_names, NULL),
        app_option_choice(0, "existing", "WHAT", &raw.existing, existing_names,
                          "photos with captions"),
        app_option_files_from(&s->inputs.list),
        app_option_null(&s->inputs.list_nul),
        app_option_text(0, "shard", "SHARD", &raw.shard,
                        "I/N: of the photos, those that run I of N takes"),
        app_option_flag('V', "version", &s->version, "print version, model and features"),
    };
    const struct app_option options_of_watch[] = {
        app_option_number(0, "poll", "SECONDS", &s->poll, 1, 86400,
                          "look so often, for what other machines write"),
    };
    struct app_table table = {.count = 0};
    struct app_syntax syntax = s->watch ? syntax_of_watch : syntax_of_a_run;
    int code;

    app_table_add(&table, options, APP_COUNT(options));
    if (s->watch)
        app_table_add(&table, options_of_watch, APP_COUNT(options_of_watch));
    else
        app_table_add(&table, options_of_a_run, APP_COUNT(options_of_a_run));
    syntax.options = table.rows;
    syntax.option_count = table.count;
    syntax.guard = &s->guard;
    code = app_parse(&syntax, argc, argv, &s->inputs.operand_count);
    s->inputs.operands = argv;
    if (code == APP_PROCEED && !s->version)
        code = check_settings(s, &raw);
    return code;
}
