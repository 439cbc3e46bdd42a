/* SPDX-License-Identifier: MIT */
/* `caption undo`: takes this program's captions out of photos and XMP files again. */
#include "app/caption/failures.h"
#include "app/caption/inputs.h"
#include "app/cli/commands.h"
#include "app/cli/companion.h"
#include "app/cli/console.h"
#include "app/cli/shared_options.h"
#include "app/cli/text_escape.h"
#include "app/cli/walk_total.h"
#include "app/output/undo_files.h"
#include "base/path.h"
#include "image/image.h"
#include "metadata/metadata.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#define GO_ON "the same command again goes on where this one stopped"

struct undo_command {
    struct app_walk_options inputs;
    const char *sidecar_directory, *errors;
    bool dry, quiet;
    struct app_guard guard; /* finished by the caller */
};

struct undo_run {
    const struct undo_command *command;
    struct app_undo undo;
    struct app_walk *walk;
    struct app_walk_total total;
    struct app_status status;
    bool *found;  /* [operand_count + 1]: the operand has a photo */
    FILE *errors; /* NULL: no list is wanted */
    struct app_companions companions;
    size_t undone, idle, failed, walk_failures, others;
};

/* ---- What is said ---- */

static void on_change(void *context, const char *path, bool removed)
{
    struct undo_run *run = context;

    if (!run->command->dry)
        return;
    app_status_clear(&run->status);
    app_escape_tsv(stdout, path);
    puts(removed ? "\tremove" : "\tchange");
}

static void on_failure(void *context, const char *photo, const char *reason)
{
    struct undo_run *run = context;

    app_status_clear(&run->status);
    app_warn("%s", reason);
    if (run->errors)
        app_failures_put(run->errors, photo, reason);
}

static void on_walk_problem(void *context, const char *path, const char *reason)
{
    struct undo_run *run = context;

    app_status_clear(&run->status);
    app_inputs_problem(&run->walk_failures, path, reason);
}

static void show_progress(struct undo_run *run)
{
    const size_t done = run->undone + run->idle + run->failed;
    const size_t counted = app_walk_total_now(&run->total);

    if (app_status_due(&run->status))
        app_status_show(&run->status, done,
                        counted > done + run->others ? counted - run->others : done);
}

static void summarise(const struct undo_run *run)
{
    fprintf(stderr, "%zu %sundone, %zu had nothing of this program, %zu failed\n", run->undone,
            run->command->dry ? "would be " : "", run->idle, run->failed);
    app_inputs_passed_over(run->walk);
}

/* ---- The run ---- */

/* Also one that another undo has just removed from beside its photo. */
static bool is_xmp(const char *path)
{
    return strcasecmp(tn_path_extension(path), ".xmp") == 0 &&
           (!image_is_photo(path) || (!tn_path_exists(path) && app_is_beside_photo(path)));
}

/* A pattern of the shell names sidecars, too, which are undone with their photos, and links to
 * them, which lead nowhere then.  What a folder had may be gone: image_is_photo leaves that to
 * those who read it. */
static bool is_passed_over(const struct undo_run *run, const struct app_input *input, bool xmp)
{
    if (input->named)
        return (xmp || !tn_path_exists(input->path)) && app_undo_knows(&run->undo, input->path);
    return !image_is_photo(input->path) || !tn_path_exists(input->path);
}

static void note_idle(struct undo_run *run, const struct app_input *input)
{
    if (!input->named || input->root >= run->command->inputs.operand_count || run->command->quiet ||
        app_undo_knows_sidecar(&run->undo, input->path))
        return;
    app_status_clear(&run->status);
    app_warn("%s: has nothing of this program", input->path);
}

static void undo_input(struct undo_run *run, const struct app_input *input)
{
    const bool xmp = input->named && is_xmp(input->path);

    if (is_passed_over(run, input, xmp)) {
        run->others++;
        return;
    }
    if (input->named && !xmp && app_is_companion(input->path)) {
        app_companions_add(&run->companions, input->path);
        return;
    }
    run->found[input->root] = true;
    switch (xmp ? app_undo_xmp(&run->undo, input->path) : app_undo_photo(&run->undo, input->path)) {
    case APP_UNDONE:
        run->undone++;
        return;
    case APP_UNDO_FAILED:
        run->failed++;
        return;
    default:
        run->idle++;
        note_idle(run, input);
    }
}

static enum tn_status undo_inputs(struct undo_run *run, struct tn_error *err)
{
    for (;;) {
        struct app_input input;

        TN_TRY(app_walk_next(run->walk, &input, err));
        if (app_interrupted()) {
            free(input.path);
            return tn_fail(err, TN_CANCELLED, "interrupted; " GO_ON);
        }
        if (!input.path)
            return TN_OK;
        undo_input(run, &input);
        free(input.path);
        show_progress(run);
    }
}

/* Captions may make the directory, but there is nothing to undo in one that is not there. */
static enum tn_status check_directory(const char *directory, struct tn_error *err)
{
    struct stat info;

    if (!directory || (stat(directory, &info) == 0 && S_ISDIR(info.st_mode)))
        return TN_OK;
    return tn_fail(err, TN_NOTFOUND, "%s: --sidecar-dir is no directory that is there", directory);
}

static enum tn_status begin_run(struct undo_run *run, struct tn_error *err)
{
    const struct undo_command *command = run->command;

    TN_TRY(meta_available(err));
    TN_TRY(check_directory(command->sidecar_directory, err));
    run->found = calloc(command->inputs.operand_count + 1, sizeof *run->found);
    if (!run->found)
        return tn_fail_nomem(err, command->inputs.operand_count + 1);
    TN_TRY(app_sidecar_paths_create(command->sidecar_directory, &command->inputs, &command->guard,
                                    &run->undo.paths, err));
    if (command->errors)
        TN_TRY(app_failures_open(command->errors, &run->errors, err));
    TN_TRY(app_walk_create(&command->inputs, on_walk_problem, run, &run->walk, err));
    app_status_begin(&run->status);
    run->status.terminal &= !command->quiet;
    if (run->status.terminal)
        app_walk_total_start(&run->total, &command->inputs);
    return TN_OK;
}

static enum tn_status undo_all(struct undo_run *run, struct tn_error *err)
{
    const struct app_walk_options *inputs = &run->command->inputs;
    enum tn_status status;

    TN_TRY(begin_run(run, err));
    status = undo_inputs(run, err);
    app_status_clear(&run->status);
    run->failed += run->walk_failures;
    if (status == TN_OK)
        run->failed +=
            app_inputs_barren(inputs->operands, inputs->operand_count, run->found, run->walk);
    if (!run->command->quiet)
        app_companions_report(&run->companions);
    if (!run->command->quiet && app_inputs_is_collection(inputs)) {
        summarise(run);
        if (status == TN_OK)
            app_inputs_idle_patterns(run->walk, inputs);
    }
    return status;
}

static void finish_run(struct undo_run *run)
{
    app_walk_total_stop(&run->total);
    app_walk_destroy(run->walk);
    app_sidecar_paths_destroy(run->undo.paths);
    app_undo_finish(&run->undo);
    app_companions_finish(&run->companions);
    free(run->found);
}

static int undo_photos(const struct undo_command *command)
{
    struct undo_run run = {.command = command,
                           .undo = {.dry = command->dry,
                                    .context = &run,
                                    .on_change = on_change,
                                    .on_failure = on_failure}};
    struct tn_error err, later;
    enum tn_status status;

    app_hold_interrupts();
    app_advise_interrupted(GO_ON);
    status = undo_all(&run, &err);
    if (status != TN_OK)
        app_warn("%s", err.text);
    if (run.errors && app_failures_close(run.errors, command->errors, &later) != TN_OK) {
        app_warn("%s", later.text);
        status = TN_IO;
    }
    finish_run(&run);
    return status != TN_OK || run.failed > 0 ? APP_FAILED : APP_OK;
}

int app_undo(int argc, char **argv)
{
    struct undo_command c = {.dry = false};
    const struct app_option options[] = {
        app_option_flag('n', "dry-run", &c.dry, "change nothing, print what would change"),
        app_option_sidecar_directory(&c.sidecar_directory),
        app_option_errors(&c.errors),
        app_option_files_from(&c.inputs.list),
        app_option_null(&c.inputs.list_nul),
        app_option_no_recursion(&c.inputs.no_recursion),
        app_option_exclude(&c.inputs.excluded),
        app_option_quiet(&c.quiet),
    };
    const struct app_syntax syntax = {
        .command = "caption undo",
        .synopsis = "[OPTION]... PHOTO|DIRECTORY...",
        .about = "Takes this program's captions, alt texts, keywords and marks out of photos and\n"
                 "of their XMP sidecars again.  What people wrote stays, and so do text sidecars.",
        .options = options,
        .option_count = APP_COUNT(options),
        .operands_max = SIZE_MAX,
        .operand = "photo",
        .operands_are_files = true,
        .guard = &c.guard,
    };
    int code = app_parse(&syntax, argc, argv, &c.inputs.operand_count);

    c.inputs.operands = argv;
    if (code == APP_PROCEED)
        code = app_inputs_check(syntax.command, &c.inputs);
    if (code == APP_PROCEED)
        code = undo_photos(&c);
    app_list_finish(&c.inputs.excluded);
    app_guard_finish(&c.guard);
    return code;
}
