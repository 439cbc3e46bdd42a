/* SPDX-License-Identifier: MIT */
/* The texts that the command line names. */
#include "app/cli/walk.h"
#include "app/textrnn/textrnn.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static void tell_problem(void *context, const char *path, const char *reason)
{
    size_t *problems = context;

    ++*problems;
    app_warn("%s: %s", path, reason);
}

/* The directory below `root` that path lies in: what its texts are labelled with.  false when the
 * file lies in root itself, or was named. */
static bool label_of(const struct app_input *input, const char *root, char *label, size_t size)
{
    const char *rest = input->path + strlen(root), *slash;

    if (input->named)
        return false;
    rest += strspn(rest, "/");
    slash = strchr(rest, '/');
    if (!slash || (size_t)(slash - rest) >= size)
        return false;
    memcpy(label, rest, (size_t)(slash - rest));
    label[slash - rest] = '\0';
    return true;
}

static enum tn_status add_input(enum text_task task, enum vocab_unit unit, const char *root,
                                const struct app_input *input, struct text_items *items,
                                struct tn_error *err)
{
    char label[256];

    switch (task) {
    case TEXT_LM:
        return text_items_add_file(items, input->path, unit, NULL, err);
    case TEXT_CLASSIFY:
        if (label_of(input, root, label, sizeof label))
            return text_items_add_file(items, input->path, unit, label, err);
        return text_items_add_table(items, input->path, true, err);
    case TEXT_CLOZE:
        return text_items_add_lines(items, input->path, err);
    case TEXT_TRANSLATE:
        break;
    }
    return text_items_add_table(items, input->path, false, err);
}

/* An empty file that was not named, but lies in a directory, is no text. */
static bool is_nothing(const struct app_input *input)
{
    struct stat info;

    return !input->named && stat(input->path, &info) == 0 && S_ISREG(info.st_mode) &&
           info.st_size == 0;
}

static enum tn_status read_inputs(enum text_task task, enum vocab_unit unit,
                                  const struct app_list *paths, struct app_walk *walk,
                                  struct text_items *items, struct tn_error *err)
{
    for (;;) {
        struct app_input input;
        enum tn_status status = TN_OK;

        TN_TRY(app_walk_next(walk, &input, err));
        if (!input.path)
            return TN_OK;
        if (!is_nothing(&input))
            status = add_input(task, unit, paths->items[input.root], &input, items, err);
        free(input.path);
        TN_TRY(status);
    }
}

enum tn_status textrnn_read(enum text_task task, enum vocab_unit unit, const struct app_list *paths,
                            struct text_items *items, struct tn_error *err)
{
    /* The walk only reads the names: the texts are argv's. */
    char **operands = calloc(paths->count + 1, sizeof *operands);
    struct app_walk *walk;
    size_t problems = 0;
    enum tn_status status;

    if (!operands)
        return tn_fail_nomem(err, paths->count * sizeof *operands);
    memcpy(operands, paths->items, paths->count * sizeof *operands);
    status = app_walk_create(
        &(struct app_walk_options){.operands = operands, .operand_count = paths->count},
        tell_problem, &problems, &walk, err);
    if (status == TN_OK) {
        status = read_inputs(task, unit, paths, walk, items, err);
        app_walk_destroy(walk);
    }
    free(operands);
    if (status == TN_OK && problems > 0)
        return tn_fail(err, TN_IO, "%zu directories could not be read", problems);
    if (status == TN_OK && items->wide > 0)
        app_warn("%s: %zu of %zu lines have more than two columns; what follows the second "
                 "is not read",
                 paths->items[0], items->wide, items->count);
    if (status == TN_OK && items->count == 0)
        return tn_fail(err, TN_NOTFOUND, "%s: no text in it", paths->items[0]);
    return status;
}

static bool is_unknown(const struct text_column *texts, size_t i)
{
    bool unknown = false;

    for (size_t t = texts->starts[i]; t < texts->starts[i + 1]; t++) {
        if (texts->ids[t] >= VOCAB_FIRST_WORD)
            return false;
        unknown = unknown || texts->ids[t] == VOCAB_UNKNOWN; /* a gap is neither */
    }
    return unknown;
}

void textrnn_warn_unknown(const struct text_column *texts, enum vocab_unit unit)
{
    size_t count = 0;

    for (size_t i = 0; texts->unknown > 0 && i < texts->count; i++)
        count += is_unknown(texts, i);
    if (count > 0)
        app_warn("%zu of %zu texts have no %s that the model knows", count, texts->count,
                 vocab_unit_names[unit]);
}

void textrnn_print_words(const struct vocab *vocab, enum vocab_unit unit, const int *words,
                         size_t count)
{
    const char *before = NULL;

    for (size_t i = 0; i < count; i++) {
        char text[VOCAB_LONGEST_WORD + 8];
        const char *word = vocab_word(vocab, words[i]);

        fwrite(text, 1, vocab_unit_text(unit, before, word, text), stdout);
        before = word;
    }
}

void textrnn_print_line(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (text[i] == '\n')
            fputs("\\n", stdout);
        else
            putchar(text[i]);
}

void textrnn_print_token(enum vocab_unit unit, const char *token)
{
    char text[VOCAB_LONGEST_WORD + 8];
    const size_t length = vocab_unit_text(unit, NULL, token, text);
    const unsigned char first = (unsigned char)text[0];

    if (length == 1 && first == '\n')
        fputs("\\n", stdout);
    else if (length == 1 && (first < ' ' || first >= 0x7F))
        printf("\\x%02x", (unsigned)first);
    else
        fwrite(text, 1, length, stdout);
}

enum tn_status textrnn_read_lines(char *const *operands, size_t count, enum vocab_unit unit,
                                  struct text_items *items, struct tn_error *err)
{
    if (count == 0)
        return text_items_add_all_lines(items, "/dev/stdin", unit, err);
    for (size_t i = 0; i < count; i++)
        TN_TRY(text_items_add_text(items, operands[i], unit, err));
    return TN_OK;
}
