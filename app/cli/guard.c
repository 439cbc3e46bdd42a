/* SPDX-License-Identifier: MIT */
#include "app/cli/guard.h"

#include "app/cli/commands.h"
#include "app/cli/model_path.h"
#include "app/cli/options.h"
#include "app/cli/output_content.h"
#include "app/cli/output_name.h"
#include "app/cli/standard_input.h"
#include "app/cli/stream_path.h"
#include "base/array.h"
#include "base/name_case.h"
#include "base/path.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { NO_STREAM = -1 };

/* What makes two paths one file: device and inode, or the folder's and the name in it. */
struct identity {
    dev_t device, folder_device;
    ino_t inode, folder_inode;
    const char *path; /* NULL: a stream; the rest tells nothing of its folder */
    bool there;       /* device and inode tell; otherwise there is no such file yet */
    bool known;
};

struct app_guard_file {
    const char *path;          /* NULL: a standard stream */
    int stream;                /* its descriptor, or the one that the path leads to; NO_STREAM */
    char *made;                /* path, where it is owned */
    const char *dashes, *what; /* for messages: "--" and "output" */
    enum app_file_role role;
    struct identity identity;
};

/* ---- One file ---- */

static bool is_output(enum app_file_role role)
{
    return role >= APP_TEXT_OUTPUT;
}

/* What is no regular file, such as /dev/null, may be read and written as often as one likes. */
static struct identity identity_of_file(const struct stat *info)
{
    return (struct identity){.device = info->st_dev,
                             .inode = info->st_ino,
                             .there = true,
                             .known = S_ISREG(info->st_mode)};
}

static struct identity identity_of_stream(int descriptor)
{
    struct stat info;

    return fstat(descriptor, &info) == 0 ? identity_of_file(&info) : (struct identity){0};
}

static struct identity identity_of_path(const char *path)
{
    struct identity identity = {0};
    struct stat info;
    char *folder;

    if (strncmp(path, "/dev/", strlen("/dev/")) == 0) /* /dev/stdout leads to a file, and is none */
        return identity;
    if (stat(path, &info) == 0) {
        identity = identity_of_file(&info);
    } else if (lstat(path, &info) == 0) { /* a link that leads nowhere */
        identity = identity_of_file(&info);
        identity.known = true;
    }
    folder = tn_path_folder(path);
    if (folder && stat(folder, &info) == 0 && (identity.known || !identity.there)) {
        identity.folder_device = info.st_dev;
        identity.folder_inode = info.st_ino;
        identity.path = path;
        identity.known = true;
    }
    free(folder);
    return identity;
}

/* Whether the two names, in one folder, are one: the same, or where case is ignored in any case. */
static bool is_same_name(const char *a, const char *b)
{
    const char *name_a = tn_path_name(a), *name_b = tn_path_name(b);
    char *folded_a = NULL, *folded_b = NULL, *folder = NULL;
    bool same = strcmp(name_a, name_b) == 0;

    if (!same && tn_fold_case(name_a, strlen(name_a), &folded_a, NULL) == TN_OK &&
        tn_fold_case(name_b, strlen(name_b), &folded_b, NULL) == TN_OK &&
        strcmp(folded_a, folded_b) == 0) {
        folder = tn_path_folder(a);
        same = folder && tn_folder_ignores_case(folder);
    }
    free(folder);
    free(folded_a);
    free(folded_b);
    return same;
}

static bool is_same(const struct identity *a, const struct identity *b)
{
    if (!a->known || !b->known)
        return false;
    if (a->there && b->there && a->device == b->device && a->inode == b->inode)
        return true;
    return a->path && b->path && a->folder_device == b->folder_device &&
           a->folder_inode == b->folder_inode && is_same_name(a->path, b->path);
}

/* ---- What is there ---- */

/* Whether what is there may be written over.  An empty file may. */
static int check_content(const char *command, const struct app_guard_file *output)
{
    const struct app_content content = app_content_of(output->role, output->path);

    if (content.alike && !content.picture)
        return APP_PROCEED;
    if (content.reason != 0)
        return app_usage_error(command, "%s: cannot be looked at before %s%s writes over it: %s",
                               output->path, output->dashes, output->what,
                               strerror(content.reason));
    if (content.picture)
        return app_usage_error(command,
                               "%s: is a picture (%s), and %s%s would write over it; name another "
                               "file",
                               output->path, content.picture, output->dashes, output->what);
    return app_usage_error(command,
                           "%s: is there and contains %s, and %s%s would write over it; name "
                           "another file",
                           output->path, content.expected, output->dashes, output->what);
}

static int check_name(const char *command, const struct app_guard_file *output)
{
    const char *extension = app_misnamed(output->role, output->path);

    if (strcmp(output->path, "-") == 0)
        return app_usage_error(
            command, "%s%s: - stands for no output; name a file%s", output->dashes, output->what,
            strcmp(output->what, "output") == 0 && output->role == APP_TEXT_OUTPUT
                ? ", or leave the option out to print"
                : "");
    return extension ? app_usage_error(command, "%s: %s%s writes %s, not %s; name another file",
                                       output->path, output->dashes, output->what,
                                       app_written_as(output->role), extension)
                     : APP_PROCEED;
}

/* ---- The files of a command line ---- */

/* Takes the file's `made` over.  false: out of memory. */
static bool add_file(struct app_guard *guard, struct app_guard_file file)
{
    if (tn_array_reserve(&guard->files, &guard->capacity, guard->count + 1, NULL) != TN_OK) {
        free(file.made);
        return false;
    }
    if (file.made)
        file.path = file.made;
    if (file.path)
        file.stream = file.role == APP_FAILURES_OUTPUT ? app_stream_of_path(file.path) : NO_STREAM;
    file.identity =
        file.stream == NO_STREAM ? identity_of_path(file.path) : identity_of_stream(file.stream);
    guard->files[guard->count++] = file;
    return true;
}

static bool add_option(struct app_guard *guard, const struct app_option *option)
{
    struct app_guard_file file = {.dashes = "--", .what = option->name, .role = option->role};
    const struct app_list *list = option->value;

    if (option->kind == APP_LIST) {
        for (size_t i = 0; i < list->count; i++) {
            file.path = list->items[i];
            if (!add_file(guard, file))
                return false;
        }
        return true;
    }
    file.path = *(const char **)option->value;
    if (option->role == APP_MODEL && app_model_path(file.path, &file.made, NULL) == TN_NOMEM)
        return false;
    if (!file.path && !file.made)
        return true;
    if (!file.made && strcmp(file.path, "-") == 0 && !is_output(file.role))
        file.path = NULL; /* standard input: stream 0 */
    return add_file(guard, file);
}

static const struct app_guard_file *find_file(const struct app_guard *guard, const char *what)
{
    for (size_t i = 0; i < guard->count; i++)
        if (strcmp(guard->files[i].what, what) == 0)
            return &guard->files[i];
    return NULL;
}

/* What is named after --output or, where that is the model itself, after the model. */
static bool add_besides(struct app_guard *guard, const struct app_syntax *syntax)
{
    const struct app_guard_file *output = find_file(guard, "output");
    const char *path;

    if (!output && syntax->in_place)
        output = find_file(guard, "model");
    path = output ? output->path : NULL;
    for (const struct app_beside *beside = syntax->beside; path && beside && beside->suffix;
         beside++) {
        struct app_guard_file file = {.dashes = "", .what = beside->what, .role = beside->role};

        if (beside->unless && find_file(guard, beside->unless))
            continue;
        if (asprintf(&file.made, "%s%s", path, beside->suffix) < 0 || !add_file(guard, file))
            return false;
    }
    return true;
}

static bool gather(struct app_guard *guard, const struct app_syntax *syntax)
{
    const struct app_guard_file printed = {
        .dashes = "", .what = "standard output", .role = APP_OTHER_OUTPUT, .stream = STDOUT_FILENO};
    const struct app_guard_file said = {
        .dashes = "", .what = "standard error", .role = APP_OTHER_OUTPUT, .stream = STDERR_FILENO};

    for (size_t i = 0; i < syntax->option_count; i++)
        if (syntax->options[i].role >= APP_INPUT && !add_option(guard, &syntax->options[i]))
            return false;
    return add_besides(guard, syntax) && add_file(guard, printed) && add_file(guard, said);
}

/* ---- The rules ---- */

static int refuse_pair(const struct app_syntax *syntax, const struct app_guard_file *first,
                       const struct app_guard_file *output)
{
    const char *one = first->path ? first->path : output->path;
    const char *other = output->path ? output->path : one;

    if (!one)
        one = other = "standard input";
    if (strcmp(one, other) == 0)
        return app_usage_error(syntax->command, "%s: cannot be both %s%s and %s%s", one,
                               first->dashes, first->what, output->dashes, output->what);
    return app_usage_error(syntax->command, "%s, which is %s%s, is the file %s, which is %s%s",
                           other, output->dashes, output->what, one, first->dashes, first->what);
}

static bool is_in_place(const struct app_syntax *syntax, const struct app_guard_file *input,
                        const struct app_guard_file *output)
{
    return syntax->in_place && input->role == APP_MODEL && output->role == APP_MODEL_OUTPUT;
}

/* The outputs from number `from` on that are the file, too. */
static int check_outputs_against(const struct app_syntax *syntax, const struct app_guard *guard,
                                 const struct app_guard_file *file, size_t from)
{
    for (size_t i = from; i < guard->count; i++) {
        const struct app_guard_file *output = &guard->files[i];

        if (!file->path && !output->path && is_output(file->role)) /* >FILE 2>&1 */
            continue;
        if (output != file && is_output(output->role) &&
            is_same(&file->identity, &output->identity) && !is_in_place(syntax, file, output))
            return refuse_pair(syntax, file, output);
    }
    return APP_PROCEED;
}

static int check_operand(const struct app_syntax *syntax, const struct app_guard *guard,
                         const char *operand)
{
    const bool piped = syntax->stdin_operand && app_is_standard_input(operand);
    const struct app_guard_file file = {.path = piped ? NULL : operand,
                                        .dashes = "a ",
                                        .what = syntax->operand,
                                        .role = APP_INPUT,
                                        .identity = piped ? identity_of_stream(STDIN_FILENO)
                                                          : identity_of_path(operand)};

    return check_outputs_against(syntax, guard, &file, 0);
}

/* What was made before stays, unless the command says otherwise.  Of the model that is changed in
 * place, and of what is named after it, nothing else is meant. */
static int check_overwrite(const struct app_syntax *syntax, const struct app_guard *guard,
                           const struct app_guard_file *output)
{
    const char *what = app_made_before(output->role);
    const struct app_guard_file *model = find_file(guard, "model");
    const struct app_guard_file *named = find_file(guard, "output");
    const bool in_place = syntax->in_place && model &&
                          (!named || is_same(&model->identity, &named->identity)) &&
                          (output == named || output->dashes[0] == '\0');
    struct stat info;

    if (!what || !syntax->overwrite || *syntax->overwrite || in_place ||
        stat(output->path, &info) != 0 || info.st_size == 0)
        return APP_PROCEED;
    return app_usage_error(syntax->command,
                           "%s: %s is there already; --overwrite replaces it, another %s%s spares "
                           "it",
                           output->path, what, output->dashes[0] ? output->dashes : "--",
                           output->dashes[0] ? output->what : "output");
}

/* A model within a program is not changed in place: a model alone would be written over both. */
static int check_in_place(const struct app_syntax *syntax, const struct app_guard *guard)
{
    const struct app_guard_file *model = find_file(guard, "model");
    const struct app_guard_file *output = find_file(guard, "output");

    if (!syntax->in_place || !model || !model->path ||
        (output && !is_same(&model->identity, &output->identity)) || !app_is_program(model->path))
        return APP_PROCEED;
    return app_usage_error(syntax->command,
                           "%s: the model lies within the program, and stays as it is; name "
                           "another file with --output",
                           model->path);
}

int app_guard_check(const struct app_syntax *syntax, char *const *operands, size_t count,
                    struct app_guard *guard)
{
    int code = APP_PROCEED;

    if (!gather(guard, syntax)) {
        app_warn("out of memory");
        return APP_FAILED;
    }
    for (size_t i = 0; i < guard->count && code == APP_PROCEED; i++)
        code = check_outputs_against(syntax, guard, &guard->files[i],
                                     is_output(guard->files[i].role) ? i + 1 : 0);
    if (code == APP_PROCEED)
        code = check_in_place(syntax, guard);
    for (size_t i = 0; syntax->operands_are_files && i < count && code == APP_PROCEED; i++)
        code = check_operand(syntax, guard, operands[i]);
    for (size_t i = 0; i < guard->count && code == APP_PROCEED; i++) {
        const struct app_guard_file *file = &guard->files[i];

        if (is_output(file->role) && file->stream == NO_STREAM && file->identity.known &&
            file->identity.there)
            code = check_content(syntax->command, file);
        if (code == APP_PROCEED && is_output(file->role) && file->path)
            code = check_name(syntax->command, file);
        if (code == APP_PROCEED && file->identity.known && file->identity.there)
            code = check_overwrite(syntax, guard, file);
    }
    return code;
}

void app_guard_finish(struct app_guard *guard)
{
    for (size_t i = 0; i < guard->count; i++)
        free(guard->files[i].made);
    free(guard->files);
    *guard = (struct app_guard){0};
}

enum tn_status app_guard_sidecar(const struct app_guard *guard, const char *path,
                                 struct tn_error *err)
{
    const struct identity identity = identity_of_path(path);

    for (size_t i = 0; guard && i < guard->count; i++)
        if (is_same(&guard->files[i].identity, &identity))
            return tn_fail(err, TN_RANGE, "%s: is %s%s, and no sidecar", path,
                           guard->files[i].dashes, guard->files[i].what);
    return TN_OK;
}
