/* SPDX-License-Identifier: MIT */
/* `textrnn gradients`: how far back the loss of each cell reaches. */
#include "app/textrnn/textrnn.h"
#include "base/atomic_file.h"
#include "train/fit/gradient_flow.h"

#include <stdio.h>
#include <stdlib.h>

enum { MAX_CELLS = 16 };

struct gradients_command {
    const char *output;
    struct gradient_flow_options options;
};

/* T - k, and a column of norms for each cell. */
static void print_table(const struct rnn_cell_ops *const *cells, const struct gradient_flow *flows,
                        size_t count, size_t steps)
{
    printf("T-k");
    for (size_t i = 0; i < count; i++)
        printf("\t%s", cells[i]->name);
    printf("\n");
    for (size_t back = 0; back < steps; back++) {
        printf("%zu", back);
        for (size_t i = 0; i < count; i++)
            printf("\t%.3e", flows[i].norms[steps - 1 - back]);
        printf("\n");
    }
}

static enum tn_status measure_cells(const struct gradients_command *c, struct tn_error *err)
{
    const size_t count = rnn_cell_count() < MAX_CELLS ? rnn_cell_count() : MAX_CELLS;
    const struct rnn_cell_ops *cells[MAX_CELLS];
    struct gradient_flow flows[MAX_CELLS] = {{NULL, 0}};
    enum tn_status status = c->output ? tn_atomic_try(c->output, err) : TN_OK;

    for (size_t i = 0; i < count && status == TN_OK; i++) {
        cells[i] = rnn_cell_at(i);
        status = gradient_flow_measure(cells[i], &c->options, &flows[i], err);
        if (status == TN_OK)
            fprintf(stderr, "%s: %.0f %% right after %zu updates\n", cells[i]->name,
                    100 * flows[i].accuracy, c->options.updates);
    }
    if (status == TN_OK)
        print_table(cells, flows, count, c->options.steps);
    if (status == TN_OK && c->output)
        status = gradient_flow_draw(c->output, cells, flows, count, c->options.steps, err);
    for (size_t i = 0; i < count; i++)
        free(flows[i].norms);
    return status;
}

int textrnn_gradients(int argc, char **argv)
{
    size_t seed = 1;
    struct gradients_command c = {.options = {.hidden = 32, .steps = 100, .updates = 1500}};
    const struct app_option options[] = {
        app_option_file('o', "output", "FILE", APP_DRAWING_OUTPUT, &c.output,
                        "draw them here, as PNG"),
        app_option_number(0, "steps", "N", &c.options.steps, 2, 1000, "length of the task (100)"),
        app_option_number(0, "hidden", "N", &c.options.hidden, 1, 1024, "units (32)"),
        app_option_number(0, "updates", "N", &c.options.updates, 0, 1000000,
                          "of training before, 0: as initialised (1500)"),
        app_option_number(0, "seed", "N", &seed, 0, 1000000000, "(1)"),
    };
    const struct app_syntax syntax = {
        .command = "textrnn gradients",
        .synopsis = "[OPTION]...",
        .about =
            "Trains every cell to repeat the first symbol of a text after its last, and prints\n"
            "how large the gradient of that loss is at each step on the way back.",
        .options = options,
        .option_count = APP_COUNT(options),
        .operand = "argument",
    };
    struct tn_error err;
    size_t operands;
    const int code = app_parse(&syntax, argc, argv, &operands);

    if (code != APP_PROCEED)
        return code;
    c.options.seed = seed;
    return measure_cells(&c, &err) == TN_OK ? APP_OK : app_fail(&err);
}
