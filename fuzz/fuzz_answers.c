/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as what a user asks textrnn.  The first byte chooses a command, by which unit its model
 * reads, and whether the rest is the lines of standard input or one text of the command line.  The
 * commands run whole, with small models of random weights, and print a line for each line;
 * probabilities are numbers.  eval reads the rest as its data.  (`sample` sets signals, which are
 * the engine's; fuzz_prompts draws.)
 */
#include "app/textrnn/textrnn.h"
#include "fuzz/support.h"
#include "fuzz/text_models.h"

#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern const char app_program[];
const char app_program[] = "fuzz_answers";

enum answer { EACH_LINE, EACH_SCORED, LIKELIEST, MEASURED };

static const struct {
    int (*run)(int argc, char **argv);
    enum text_task task;
    enum answer answer;
} commands[] = {
    {textrnn_classify, TEXT_CLASSIFY, EACH_LINE},
    {textrnn_fill, TEXT_CLOZE, EACH_LINE},
    {textrnn_translate, TEXT_TRANSLATE, EACH_LINE},
    {textrnn_score, TEXT_LM, EACH_SCORED},
    {textrnn_next, TEXT_LM, LIKELIEST},
    {textrnn_eval, TEXT_LM, MEASURED},
    {textrnn_eval, TEXT_CLASSIFY, MEASURED},
    {textrnn_eval, TEXT_CLOZE, MEASURED},
    {textrnn_eval, TEXT_TRANSLATE, MEASURED},
};

/* What a command printed, NUL-terminated. */
struct printed {
    char *text;
    size_t size;
};

/* Runs a command with that input, a descriptor or -1.  Its output goes to memory, its messages
 * nowhere: both streams are variables of the C library, and a sanitizer's reports pass them by. */
static int run(int (*command)(int argc, char **argv), int argc, const char **argv, int input,
               struct printed *printed)
{
    FILE *out = stdout, *messages = stderr;
    int code;

    fuzz_require(input < 0 || dup2(input, STDIN_FILENO) >= 0);
    stdout = open_memstream(&printed->text, &printed->size);
    stderr = fopen("/dev/null", "w");
    fuzz_require(stdout != NULL && stderr != NULL);
    code = command(argc, (char **)(uintptr_t)argv);
    fclose(stdout);
    fclose(stderr);
    stdout = out;
    stderr = messages;
    return code;
}

static size_t count_lines(const char *text, size_t size)
{
    size_t lines = size > 0 && text[size - 1] != '\n';

    for (size_t i = 0; i < size; i++)
        lines += text[i] == '\n';
    return lines;
}

/* The first column of each line is a number up to `most`. */
static void check_numbers(const struct printed *printed, double most)
{
    const char *line = printed->text;

    for (size_t i = count_lines(printed->text, printed->size); i > 0; i--) {
        char *end;
        const double number = strtod(line, &end);

        fuzz_require(end > line && *end == '\t' && isfinite(number) && number <= most);
        line = (const char *)memchr(line, '\n', /* a text by bytes may hold a NUL */
                                    printed->size - (size_t)(line - printed->text)) +
               1;
    }
}

/* text: the lines, or with `operand` one text. */
static void ask(size_t command, enum vocab_unit unit, bool operand, const char *text, size_t size)
{
    const enum answer answer = commands[command].answer;
    const char *path = fuzz_text_model(commands[command].task, unit);
    char *copy = strndup(text, size);
    const char *argv[] = {"command", "-m", path, answer == LIKELIEST ? "-n2" : "-j1",
                          "--",      copy, NULL};
    const int argc = operand ? 6 : 5;
    struct fuzz_file file = fuzz_file_open(text, size);
    struct printed printed = {NULL, 0};
    int code;

    fuzz_require(copy != NULL);
    code = run(commands[command].run, argc, argv, operand ? -1 : file.descriptor, &printed);
    fuzz_require(code == APP_OK || (code == APP_FAILED && answer != EACH_SCORED) ||
                 vocab_check_text(unit, text, operand ? strlen(copy) : size, NULL) != TN_OK);
    if (unit != VOCAB_BYTES && !operand && size >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0) {
        text += 3; /* a byte order mark */
        size -= 3;
    }
    if (code == APP_OK || printed.size > 0)
        fuzz_require(count_lines(printed.text, printed.size) == (answer == LIKELIEST ? 2
                                                                 : operand
                                                                     ? 1
                                                                     : count_lines(text, size)));
    if (answer == EACH_SCORED || answer == LIKELIEST)
        check_numbers(&printed, answer == LIKELIEST ? 1 : 1e-3);
    free(printed.text);
    free(copy);
    fuzz_file_close(&file);
}

static void measure(size_t command, enum vocab_unit unit, const char *text, size_t size)
{
    const char *path = fuzz_text_model(commands[command].task, unit);
    char *data = strdup(fuzz_put("data", text, size));
    const char *argv[] = {"eval", "-m", path, "-j1", "-d", data, NULL};
    struct printed printed = {NULL, 0};
    int code;

    fuzz_require(data != NULL);
    code = run(commands[command].run, 6, argv, -1, &printed);
    fuzz_require(code == APP_OK || (code == APP_FAILED && printed.size == 0));
    fuzz_require(!strstr(printed.text, "nan") && !strstr(printed.text, "inf"));
    free(printed.text);
    free(data);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const unsigned chosen = size > 0 ? data[0] : 0;
    const size_t command = chosen % APP_COUNT(commands);
    const enum vocab_unit unit = (enum vocab_unit)(chosen / APP_COUNT(commands) % 4);
    const bool operand = commands[command].answer == LIKELIEST || chosen / APP_COUNT(commands) > 15;
    const char *text = size > 0 ? (const char *)data + 1 : "";

    size -= size > 0;
    if (commands[command].answer == MEASURED)
        measure(command, unit, text, size);
    else
        ask(command, unit, operand, text, size);
    return 0;
}
