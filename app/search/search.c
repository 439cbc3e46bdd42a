/* SPDX-License-Identifier: MIT */
/* `caption search`: photos by words, by another photo, and each other. */
#include "app/caption/batch.h"
#include "app/caption/inputs.h"
#include "app/cli/commands.h"
#include "app/cli/console.h"
#include "app/cli/model_path.h"
#include "app/cli/shared_options.h"
#include "app/output/gallery_words.h"
#include "app/output/rows.h"
#include "app/search/find.h"
#include "app/search/index.h"
#include "app/search/show.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* Exit codes, as of grep. */
enum { FOUND = 0, NOTHING_FOUND = 1, FAILED = 2 };

static const char *const formats[] = {"text", "tsv", "json", "jsonl", NULL};

struct search_command {
    struct captioner_options options;
    struct app_show show;
    const char *model, *index, *like;
    size_t most, format;
    double limit;
    bool duplicates, no_update, again, quiet;
    struct app_list excluded;
    const char *words;
    char *const *folders;
    size_t folder_count;
};

/* A search with all that it holds. */
struct searching {
    const struct search_command *command;
    struct captioner *captioner;
    struct app_listing **listings; /* [folder_count], of those that are to be up to date */
    struct app_index *indexes;     /* [folder_count] */
    size_t opened;
    struct app_query *query;
    float *features; /* of the photo to be like */
    struct app_found_list found;
    size_t *groups; /* of duplicates */
};

static void searching_finish(struct searching *s)
{
    for (size_t i = 0; i < s->opened; i++)
        app_index_close(&s->indexes[i]);
    for (size_t i = 0; s->listings && i < s->command->folder_count; i++)
        app_listing_destroy(s->listings[i]);
    free(s->listings);
    free(s->indexes);
    free(s->features);
    free(s->found.items);
    free(s->groups);
    app_query_destroy(s->query);
    captioner_destroy(s->captioner);
}

static enum tn_status of_captioner(enum captioner_status status, const struct captioner_error *why,
                                   struct tn_error *err)
{
    return status == CAPTIONER_OK ? TN_OK : tn_fail(err, (enum tn_status)status, "%s", why->text);
}

static enum tn_status load_captioner(struct searching *s, struct tn_error *err)
{
    struct captioner_options options = s->command->options;
    struct captioner_error why;
    enum captioner_status status;
    char *path;

    options.max_batch = APP_BATCH_AT_ONCE;
    TN_TRY(app_model_path(s->command->model, &path, err));
    status = captioner_load(path, &options, &s->captioner, &why);
    free(path);
    return of_captioner(status, &why, err);
}

/* ---- Indexes ---- */

static enum tn_status open_index(struct searching *s, const char *folder, struct app_index *index,
                                 struct tn_error *err)
{
    const struct search_command *c = s->command;
    char *usual = NULL;
    enum tn_status status = TN_OK;

    if (!c->index)
        status = app_index_usual_path(folder, captioner_language(s->captioner), &usual, err);
    if (status == TN_OK)
        status = app_index_open(index, c->index ? c->index : usual, folder,
                                c->no_update ? APP_DB_READ : APP_DB_CREATE, s->captioner, err);
    free(usual);
    return status;
}

static enum tn_status start_listings(struct searching *s, struct tn_error *err)
{
    const struct search_command *c = s->command;

    s->listings = calloc(c->folder_count, sizeof(struct app_listing *));
    if (!s->listings)
        return tn_fail_nomem(err, c->folder_count * sizeof *s->listings);
    for (size_t i = 0; i < c->folder_count && !c->no_update; i++)
        TN_TRY(app_listing_start(c->folders[i], &c->excluded, &s->listings[i], err));
    return TN_OK;
}

/* From here on each is as it is now, whatever other searches write: what is found stays there until
 * it has been shown. */
static enum tn_status read_indexes(struct searching *s, struct tn_error *err)
{
    for (size_t i = 0; i < s->opened; i++) {
        TN_TRY(app_db_begin_reading(s->indexes[i].db, err));
        TN_TRY(app_index_count(&s->indexes[i], err));
    }
    return TN_OK;
}

static enum tn_status end_reading(struct searching *s, struct tn_error *err)
{
    for (size_t i = 0; i < s->opened; i++)
        TN_TRY(app_db_commit(s->indexes[i].db, err));
    return TN_OK;
}

static enum tn_status open_indexes(struct searching *s, struct tn_error *err)
{
    const struct search_command *c = s->command;

    s->indexes = calloc(c->folder_count, sizeof *s->indexes);
    if (!s->indexes)
        return tn_fail_nomem(err, c->folder_count * sizeof *s->indexes);
    for (size_t i = 0; i < c->folder_count; i++) {
        TN_TRY(open_index(s, c->folders[i], &s->indexes[i], err));
        s->opened++;
        s->indexes[i].excluded.patterns = &c->excluded;
        if (!c->no_update)
            TN_TRY(app_index_renew(&s->indexes[i], s->captioner, c->quiet, err));
    }
    return read_indexes(s, err);
}

static void report_idle_patterns(const struct searching *s)
{
    const struct search_command *c = s->command;

    for (size_t p = 0; p < c->excluded.count; p++) {
        bool fitted = false;

        for (size_t i = 0; i < c->folder_count; i++)
            fitted |= app_listing_fitted(s->listings[i], p);
        if (!fitted)
            app_warn("--exclude %s: excluded nothing", c->excluded.items[p]);
    }
}

static struct app_index_update how_to_update(const struct searching *s)
{
    return (struct app_index_update){.captioner = s->captioner,
                                     .threads = s->command->options.threads,
                                     .max_pixels = s->command->options.max_pixels,
                                     .quiet = s->command->quiet,
                                     .again = s->command->again};
}

static enum tn_status are_current(const struct searching *s, bool *ret_current,
                                  struct tn_error *err)
{
    const struct app_index_update update = how_to_update(s);

    *ret_current = true;
    for (size_t i = 0; i < s->opened; i++) {
        bool current;

        TN_TRY(app_index_is_current(&s->indexes[i], &update, s->listings[i], &current, err));
        *ret_current &= current;
    }
    return TN_OK;
}

/* None is being read while another is written: two may be the same file. */
static enum tn_status update_indexes(struct searching *s, bool *ret_changed, struct tn_error *err)
{
    const struct app_index_update update = how_to_update(s);
    bool current;

    TN_TRY(are_current(s, &current, err));
    if (!current)
        TN_TRY(end_reading(s, err));
    for (size_t i = 0; i < s->opened; i++) {
        size_t failed;

        TN_TRY(app_index_update(&s->indexes[i], &update, s->listings[i], &failed, err));
    }
    *ret_changed = !current;
    return current ? TN_OK : read_indexes(s, err);
}

static void report_empty(const struct searching *s)
{
    for (size_t i = 0; i < s->opened; i++)
        if (s->indexes[i].photos == 0)
            app_warn("%s: no photos in this directory", s->command->folders[i]);
}

/* ---- Finding ---- */

static enum tn_status find_words(struct searching *s, struct tn_error *err)
{
    for (size_t i = 0; i < s->opened; i++)
        TN_TRY(app_find_words(&s->indexes[i], s->query, s->command->most, &s->found, err));
    return TN_OK;
}

static enum tn_status find_like(struct searching *s, struct tn_error *err)
{
    for (size_t i = 0; i < s->opened; i++)
        TN_TRY(app_find_like(&s->indexes[i], s->captioner, s->features, &s->found, err));
    return TN_OK;
}

/* What is asked for is understood before a folder is looked at. */
static enum tn_status understand(struct searching *s, struct tn_error *err)
{
    const struct search_command *c = s->command;
    const struct captioner_photo photo = {.path = c->like};
    const size_t bytes = captioner_feature_count(s->captioner) * sizeof *s->features;
    struct captioner_error why, failure;
    unsigned char read;

    if (c->words)
        return app_query_create(s->captioner, c->words, &s->query, err);
    if (!c->like)
        return TN_OK;
    s->features = malloc(bytes);
    if (!s->features)
        return tn_fail_nomem(err, bytes);
    TN_TRY(of_captioner(
        captioner_features(s->captioner, &photo, 1, s->features, &read, &failure, &why), &why,
        err));
    return read ? TN_OK : tn_fail(err, (enum tn_status)failure.status, "%s", failure.text);
}

static enum tn_status find(struct searching *s, struct tn_error *err)
{
    const struct search_command *c = s->command;

    if (c->duplicates)
        return app_find_duplicates(s->indexes, s->opened, s->captioner, c->limit, !c->quiet,
                                   &s->found, &s->groups, err);
    return c->words ? find_words(s, err) : find_like(s, err);
}

/* Mostly nothing has changed since the last search, and to look for changes takes as long as to
 * find: so both are done at once, and what is found counts where nothing has changed.  The decoder,
 * which takes all cores, comes after both. */
static enum tn_status find_while_listing(struct searching *s, struct tn_error *err)
{
    const struct search_command *c = s->command;
    bool changed = false;

    if (!c->duplicates)
        TN_TRY(find(s, err));
    if (!c->no_update)
        TN_TRY(update_indexes(s, &changed, err));
    report_empty(s);
    if (!c->no_update && !c->quiet)
        report_idle_patterns(s);
    if (c->duplicates) /* takes longer than others should wait */
        TN_TRY(end_reading(s, err));
    if (changed || c->duplicates) {
        s->found.count = 0;
        TN_TRY(find(s, err));
    }
    if (c->words)
        TN_TRY(app_find_reread(s->query, &s->found, err));
    if (!c->duplicates && s->found.count > c->most)
        s->found.count = c->most;
    return TN_OK;
}

static enum tn_status search(struct searching *s, struct tn_error *err)
{
    struct app_show show = s->command->show;

    if (show.gallery)
        TN_TRY(app_gallery_check_words(show.gallery, err));
    TN_TRY(start_listings(s, err));
    TN_TRY(load_captioner(s, err));
    TN_TRY(understand(s, err));
    TN_TRY(open_indexes(s, err));
    TN_TRY(find_while_listing(s, err));
    if (s->query && app_query_unknown(s->query)[0] && !s->command->quiet)
        app_warn("the model does not know the word%s %s: looked for in texts and file names alone",
                 strchr(app_query_unknown(s->query), ',') ? "s" : "", app_query_unknown(s->query));
    show.format = (enum app_show_format)s->command->format;
    show.words = s->command->words;
    show.like = s->command->like;
    show.captioner = s->captioner;
    show.max_pixels = s->command->options.max_pixels;
    TN_TRY(app_show_found(&show, &s->found, s->groups, err));
    return fflush(stdout) == 0 ? TN_OK
                               : tn_fail(err, TN_IO, "standard output: %s", strerror(errno));
}

static int run(const struct search_command *command)
{
    static const char go_on[] = "the same command again goes on where this one stopped";
    struct searching s = {.command = command};
    struct tn_error err;
    enum tn_status status;
    int code = FAILED;

    app_hold_interrupts();
    app_advise_interrupted(go_on);
    status = search(&s, &err);
    if (status == TN_OK)
        code = s.found.count > 0 ? FOUND : NOTHING_FOUND;
    else if (status == TN_CANCELLED)
        app_warn("interrupted; %s", go_on);
    else
        app_fail(&err);
    searching_finish(&s);
    return code;
}

/* ---- The command line ---- */

static bool is_folder(const char *path)
{
    struct stat info;

    return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

/* The words, and the directories behind them.  Whoever names a directory alone has forgotten the
 * words, and would get all of the current directory captioned. */
static int take_operands(struct search_command *c, char *const *operands, size_t count)
{
    static char dot[] = ".";
    static char *const here[] = {dot};
    const bool words = !c->like && !c->duplicates;

    if (words && (count == 0 || !operands[0][strspn(operands[0], " \t\n\r")]))
        return app_usage_error("caption search", "no words to search for");
    if (words && count == 1 && is_folder(operands[0]))
        return app_usage_error("caption search",
                               "%s: is a directory; to search in it, give words first (to search "
                               "for this word, name a directory, too)",
                               operands[0]);
    c->words = words ? operands[0] : NULL;
    c->folders = count > words ? operands + words : here;
    c->folder_count = count > words ? count - words : 1;
    for (size_t i = 0; i < c->folder_count; i++)
        if (!is_folder(c->folders[i]))
            return app_usage_error(
                "caption search", "%s: is no directory%s", c->folders[i][0] ? c->folders[i] : "''",
                words ? " (put several words into quotation marks: 'two dogs')" : "");
    return APP_PROCEED;
}

static int check(struct search_command *c)
{
    if (c->like && c->duplicates)
        return app_usage_error("caption search", "--like and --duplicates are two searches");
    if (c->show.gallery && !app_format_may_be(&app_format_gallery, c->show.gallery))
        return app_usage_error("caption search",
                               "%s: --gallery writes a page of HTML; name another file",
                               c->show.gallery);
    if (c->index && c->folder_count > 1)
        return app_usage_error("caption search", "--index is for one directory");
    if (c->show.nul && c->format != APP_SHOW_PATHS)
        return app_usage_error("caption search", "--null is for paths, not for --format %s",
                               formats[c->format]);
    return app_inputs_check("caption search",
                            &(struct app_walk_options){.operands = c->folders,
                                                       .operand_count = c->folder_count,
                                                       .excluded = c->excluded});
}

int app_search(int argc, char **argv)
{
    struct search_command c = {.most = 20, .limit = FIND_DUPLICATE};
    const struct app_option options[] = {
        app_option_file(0, "like", "PHOTO", APP_INPUT, &c.like, "photos that look like this one"),
        app_option_flag(0, "duplicates", &c.duplicates,
                        "groups of photos that look nearly the same"),
        app_option_real(0, "min-likeness", "X", &c.limit, 0.5, 1,
                        "with --duplicates: the least cosine of two photos (0.9)"),
        app_option_number('n', "number", "N", &c.most, 1, 100000, "photos to find (20)"),
        app_option_choice('f', "format", "FORMAT", &c.format, formats, "one"),
        app_option_flag('0', "null", &c.show.nul, "paths end with NUL, for xargs -0"),
        app_option_file(0, "gallery", "FILE", APP_TEXT_OUTPUT, &c.show.gallery,
                        "a page of what was found, too, as HTML"),
        app_option_file(0, "index", "FILE", APP_OTHER_OUTPUT, &c.index,
                        "the index of the directory (in ~/.cache/caption)"),
        app_option_exclude(&c.excluded),
        app_option_flag(0, "no-update", &c.no_update, "search the index as it is"),
        app_option_flag(0, "again", &c.again, "try again photos that could not be read before"),
        app_option_model(&c.model),
        app_option_language(&c.options.language),
        app_option_max_pixels(&c.options.max_pixels),
        app_option_threads(&c.options.threads),
        app_option_quiet(&c.quiet),
    };
    const struct app_syntax syntax = {
        .command = "caption search",
        .synopsis = "WORDS [OPTION]... [DIRECTORY]...\n--like PHOTO [OPTION]... [DIRECTORY]...\n"
                    "--duplicates [OPTION]... [DIRECTORY]...",
        .about = "Finds photos by what they show, the best first.  The first search captions the\n"
                 "photos; an index remembers what it found, and later ones caption what is new.\n"
                 "In WORDS, -word excludes, and \"some words\" must be there as they are.",
        .options = options,
        .option_count = APP_COUNT(options),
        .footer = "Exit status: 0 photos were found, 1 none were, 2 an error.",
        .operands_max = SIZE_MAX,
    };
    size_t operands;
    int code = app_parse(&syntax, argc, argv, &operands);

    if (code == APP_PROCEED)
        code = take_operands(&c, argv, operands);
    if (code == APP_PROCEED)
        code = check(&c);
    if (code == APP_PROCEED)
        code = run(&c);
    app_list_finish(&c.excluded);
    return code;
}
