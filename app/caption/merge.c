/* SPDX-License-Identifier: MIT */
/* `caption merge`: the parts of a run that was shared out (--shard) become the file of one run. */
#include "app/caption/inputs.h"
#include "app/caption/merge_parts.h"
#include "app/cli/commands.h"
#include "app/cli/shared_options.h"
#include "app/cli/text_escape.h"
#include "app/output/rows_held.h"
#include "base/atomic_file.h"
#include "image/image.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct command {
    const char *output;
    size_t format; /* SIZE_MAX: by the names */
    bool overwrite;
    struct app_list expected, failures;
    struct app_walk_options walk; /* of what is expected; operands owned */
    const char **operands;
};

/* ---- What is expected ---- */

/* Directories and photos are what a run was given; another file is its list. */
static int sort_expected(struct command *c)
{
    c->operands = calloc(c->expected.count + 1, sizeof *c->operands);
    if (!c->operands)
        return app_fail(&(struct tn_error){TN_NOMEM, "out of memory"});
    for (size_t i = 0; i < c->expected.count; i++) {
        const char *path = c->expected.items[i];
        struct stat info;

        if (stat(path, &info) == 0 && S_ISREG(info.st_mode) && !image_is_photo(path)) {
            if (c->walk.list)
                return app_usage_error("caption merge",
                                       "--expect: %s and %s are two lists of "
                                       "names; expected at most one",
                                       c->walk.list, path);
            c->walk.list = path;
        } else {
            c->operands[c->walk.operand_count++] = path;
        }
    }
    c->walk.operands = (char *const *)(uintptr_t)c->operands;
    return c->expected.count > 0 ? app_inputs_check("caption merge", &c->walk) : APP_PROCEED;
}

/* The photos that lists of failures (--errors) name. */
static enum tn_status read_failures(const struct command *c, struct tn_map *failed,
                                    struct tn_error *err)
{
    enum tn_status status = TN_OK;
    size_t capacity = 0, index;
    char *line = NULL;

    for (size_t i = 0; i < c->failures.count && status == TN_OK; i++) {
        FILE *file = fopen(c->failures.items[i], "rbe");

        if (!file)
            return tn_fail(err, TN_IO, "%s: cannot be read", c->failures.items[i]);
        while (status == TN_OK && getline(&line, &capacity, file) > 0) {
            const size_t length = strcspn(line, "\t\n");
            char *path = malloc(length + 1);

            if (!path) {
                status = tn_fail_nomem(err, length + 1);
                break;
            }
            app_unescape_tsv(line, length, path);
            status = tn_map_add(failed, path, strlen(path), &index, err);
            free(path);
        }
        fclose(file);
    }
    free(line);
    return status;
}

/* ---- The file ---- */

static const struct app_format *format_of(const struct command *c, const char *part)
{
    if (c->format != SIZE_MAX)
        return app_formats[c->format];
    return app_format_of_file(c->output ? c->output : part);
}

static enum tn_status write_file(struct command *c, struct merge *merge, struct tn_error *err)
{
    struct tn_atomic_file file = {.path = NULL};
    enum tn_status status;
    struct stat info;

    if (!c->output)
        return merge_write(merge, stdout, err);
    if (stat(c->output, &info) == 0 && info.st_size > 0) {
        if (!c->overwrite)
            return tn_fail(err, TN_IO, "%s: is there already; --overwrite replaces it", c->output);
        TN_TRY(app_rows_held_check(&merge->format, c->output, err));
    }
    TN_TRY(tn_atomic_open(&file, c->output, err));
    status = merge_write(merge, file.stream, err);
    if (status == TN_OK)
        status = tn_atomic_commit(&file, err);
    else
        tn_atomic_abandon(&file);
    return status;
}

/* A run that was killed before its first row leaves the same file as a shard without photos. */
static void warn_of_empty(const struct merge *merge)
{
    for (size_t i = 0; i < merge->part_count; i++)
        if (merge->parts[i].count == 0)
            app_warn("%s: has no photo; --expect shows whether some are missing",
                     merge->parts[i].path);
}

static enum tn_status merge_all(struct command *c, struct merge *merge, char *const *parts,
                                size_t count, struct tn_error *err)
{
    struct tn_map failed = {.text = NULL};
    enum tn_status status;

    TN_TRY(merge_read(merge, parts, count, err));
    if (!merge->format.photo_name) /* imagefolder's names are not those that the run had */
        merge_check_shards(merge);
    if (c->expected.count == 0) {
        warn_of_empty(merge);
        merge_order_as_walk(merge);
    } else {
        status = read_failures(c, &failed, err);
        if (status == TN_OK)
            status = merge_expect(merge, &c->walk, &failed, err);
        tn_map_finish(&failed);
        TN_TRY(status);
    }
    return merge->problems > 0 ? TN_OK : write_file(c, merge, err);
}

static int run(struct command *c, char *const *parts, size_t count)
{
    const struct app_format *format = format_of(c, parts[0]);
    struct merge merge = {.part_count = 0};
    enum tn_status status;
    struct tn_error err;

    if (!format || !format->path || format == &app_format_gallery)
        return app_usage_error("caption merge",
                               "%s: expected parts in text, tsv, csv, json, jsonl or imagefolder "
                               "(--format says which)",
                               c->output ? c->output : parts[0]);
    merge.format = *format;
    status = merge_all(c, &merge, parts, count, &err);
    if (status != TN_OK)
        app_fail(&err);
    else if (merge.problems > 0)
        app_warn("%zu problem%s: nothing was written", merge.problems,
                 merge.problems == 1 ? "" : "s");
    merge_finish(&merge);
    return status == TN_OK && merge.problems == 0 ? APP_OK : APP_FAILED;
}

int app_merge(int argc, char **argv)
{
    struct command c = {.format = SIZE_MAX};
    const char *names[APP_FORMAT_COUNT + 1] = {NULL};
    const struct app_option options[] = {
        app_option_file('o', "output", "FILE", APP_OTHER_OUTPUT, &c.output,
                        "the file to write (stdout)"),
        app_option_flag(0, "overwrite", &c.overwrite, "replace a file of rows that is there"),
        app_option_choice('f', "format", "FORMAT", &c.format, names, "of the parts"),
        app_option_files(0, "expect", "PATH", APP_FOLDER, &c.expected,
                         "the run's photos: a directory, or a list of names (repeatable)"),
        app_option_files(0, "errors", "FILE", APP_INPUT, &c.failures,
                         "lists of photos that failed, which may be missing (repeatable)"),
        app_option_null(&c.walk.list_nul),
        app_option_no_recursion(&c.walk.no_recursion),
        app_option_exclude(&c.walk.excluded),
    };
    const struct app_syntax syntax = {
        .command = "caption merge",
        .synopsis = "[OPTION]... PART...",
        .about = "Puts the outputs of runs with --shard together to that of one run.  Checks that\n"
                 "no part and no photo is missing or double, or writes nothing.",
        .options = options,
        .option_count = APP_COUNT(options),
        .operands_min = 1,
        .operands_max = SIZE_MAX,
        .operand = "part",
        .operands_are_files = true,
    };
    size_t operands;
    int code;

    for (size_t i = 0; i < APP_FORMAT_COUNT; i++)
        names[i] = app_formats[i]->name;
    code = app_parse(&syntax, argc, argv, &operands);
    if (code == APP_PROCEED && operands == 1 && c.expected.count == 0)
        code = app_usage_error(syntax.command,
                               "one part alone may be one of many: give the others, too, or the "
                               "run's photos, with --expect");
    if (code == APP_PROCEED)
        code = sort_expected(&c);
    if (code == APP_PROCEED)
        code = run(&c, argv, operands);
    free(c.operands);
    app_list_finish(&c.expected);
    app_list_finish(&c.failures);
    app_list_finish(&c.walk.excluded);
    return code;
}
