/* SPDX-License-Identifier: MIT */
#include "app/alt/run.h"

#include "app/alt/run_private.h"
#include "app/caption/inputs.h"
#include "app/cli/commands.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Pages of the command line ---- */

static void on_problem(void *context, const char *path, const char *reason)
{
    struct alt_running *run = context;

    app_status_clear(&run->status);
    app_inputs_problem(&run->counts.failed, path, reason);
}

static void show_progress(struct alt_running *run, size_t pages)
{
    if (app_status_due(&run->status))
        fprintf(stderr, "\r\033[K%zu pages, %zu alternative texts", pages, run->counts.texts);
}

/* Whether the page has not been done by another name that leads to it.  Hard links are pages of
 * their own: one is written without the other. */
static enum tn_status is_new(struct alt_running *run, const char *path, bool *ret_new,
                             struct tn_error *err)
{
    const size_t count = run->pages.count;
    char *place = realpath(path, NULL);
    enum tn_status status = TN_OK;
    size_t index = count;

    if (place)
        status = tn_map_add(&run->pages, place, strlen(place), &index, err);
    free(place);
    *ret_new = index == count;
    return status;
}

/* A directory that was named is the root of a site. */
static enum tn_status do_input(struct alt_running *run, const struct app_input *input, bool *found,
                               struct tn_error *err)
{
    const struct app_walk_options *inputs = &run->settings->inputs;
    const char *root = run->settings->root;
    int kind = -1;
    bool new;

    if (!input->named && !alt_kind_of_name(input->path, &kind))
        return TN_OK;
    if (!input->named && !root && input->root < inputs->operand_count)
        root = inputs->operands[input->root];
    found[input->root] = true;
    TN_TRY(is_new(run, input->path, &new, err));
    return new ? alt_do_file(run, input->path, kind, root, err) : TN_OK;
}

static enum tn_status do_inputs(struct alt_running *run, struct app_walk *walk, bool *found,
                                struct tn_error *err)
{
    app_status_begin(&run->status);
    run->status.terminal &= !run->settings->quiet && !run->settings->list;
    for (size_t pages = 0;; pages++) {
        struct app_input input;
        enum tn_status status;

        if (app_interrupted())
            return tn_fail(err, TN_CANCELLED,
                           "interrupted; pages are whole, and the same command "
                           "again goes on");
        TN_TRY(app_walk_next(walk, &input, err));
        if (!input.path)
            return TN_OK;
        status = do_input(run, &input, found, err);
        free(input.path);
        TN_TRY(status);
        show_progress(run, pages);
    }
}

static void report_barren(struct alt_running *run, const bool *found)
{
    const struct app_walk_options *inputs = &run->settings->inputs;

    for (size_t i = 0; i < inputs->operand_count; i++)
        if (!found[i]) {
            app_warn("%s: no pages in this directory (HTML, Markdown or EPUB)",
                     inputs->operands[i]);
            run->counts.failed++;
        }
}

static enum tn_status do_pages(struct alt_running *run, struct tn_error *err)
{
    const struct app_walk_options *inputs = &run->settings->inputs;
    bool *found = calloc(inputs->operand_count + 1, sizeof *found);
    struct app_walk *walk = NULL;
    enum tn_status status;

    if (!found)
        return tn_fail_nomem(err, inputs->operand_count + 1);
    status = alt_captions_create(&run->settings->captions, &run->captions, err);
    if (status == TN_OK)
        status = app_walk_create(inputs, on_problem, run, &walk, err);
    if (status == TN_OK) {
        if (run->settings->list)
            alt_list_begin(stdout, (enum alt_list_format)run->settings->format);
        status = do_inputs(run, walk, found, err);
    }
    if (status == TN_OK) {
        report_barren(run, found);
        if (!run->settings->quiet)
            app_inputs_passed_over(walk);
        if (!run->settings->quiet)
            app_inputs_idle_patterns(walk, inputs);
    }
    app_walk_destroy(walk);
    free(found);
    return status;
}

/* ---- Pages of a list ---- */

/* The length of the file's name in that of a page: behind "!/", if it is a file that stands before,
 * whatever it is called, a page in the book begins. */
static enum tn_status find_file(const char *page, size_t *ret_length, struct tn_error *err)
{
    char *path = strdup(page);
    struct stat info;

    if (!path)
        return tn_fail_nomem(err, strlen(page) + 1);
    *ret_length = strlen(page);
    for (char *inner = path; (inner = strstr(inner, "!/")) != NULL; *inner++ = '!') {
        *inner = '\0';
        if (stat(path, &info) == 0 && S_ISREG(info.st_mode)) {
            *ret_length = (size_t)(inner - path);
            break;
        }
    }
    free(path);
    return TN_OK;
}

/* Each file once, in the order of the list. */
static enum tn_status collect_files(const struct alt_list *list, struct tn_map *files,
                                    struct tn_error *err)
{
    for (size_t i = 0; i < list->count; i++) {
        size_t length, index;

        TN_TRY(find_file(list->rows[i].page, &length, err));
        TN_TRY(tn_map_add(files, list->rows[i].page, length, &index, err));
    }
    return TN_OK;
}

static enum tn_status apply_list(struct alt_running *run, struct tn_error *err)
{
    struct tn_map files = {0};
    enum tn_status status = alt_list_read(run->settings->apply, &run->list, err);

    if (status == TN_OK)
        status = collect_files(&run->list, &files, err);
    for (size_t i = 0; i < files.count && status == TN_OK; i++) {
        if (app_interrupted())
            status = tn_fail(err, TN_CANCELLED, "interrupted; pages are whole");
        else
            status = alt_do_file(run, tn_map_text(&files, i), -1, run->settings->root, err);
    }
    tn_map_finish(&files);
    return status;
}

/* ---- Both ---- */

static void summarise(const struct alt_running *run)
{
    const struct alt_counts *counts = &run->counts;

    fprintf(stderr, "%zu alternative text%s %swritten in %zu page%s", counts->texts,
            counts->texts == 1 ? "" : "s", run->settings->list ? "would be " : "", counts->pages,
            counts->pages == 1 ? "" : "s");
    if (counts->there > 0)
        fprintf(stderr, ", %zu there already", counts->there);
    if (counts->left > 0)
        fprintf(stderr, ", %zu image%s left without%s", counts->left, counts->left == 1 ? "" : "s",
                run->captions && !run->settings->list ? " (--list says why)" : "");
    if (counts->failed > 0)
        fprintf(stderr, ", %zu failed", counts->failed);
    fputc('\n', stderr);
}

int alt_run(const struct alt_settings *settings)
{
    struct alt_running run = {.settings = settings};
    struct tn_error err;
    enum tn_status status;

    app_hold_interrupts();
    status = alt_available(&err);
    if (status == TN_OK)
        status = settings->apply ? apply_list(&run, &err) : do_pages(&run, &err);
    app_status_clear(&run.status);
    if (status != TN_OK)
        app_warn("%s", err.text);
    else if (!settings->quiet)
        summarise(&run);
    alt_captions_destroy(run.captions);
    alt_list_finish(&run.list);
    tn_map_finish(&run.pages);
    return status != TN_OK || run.counts.failed > 0 ? APP_FAILED : APP_OK;
}
