/* SPDX-License-Identifier: MIT */
#include "train/fit/gradient_flow.h"

#include "image/plot.h"
#include "models/reader.h"
#include "train/optimiser.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SYMBOLS = 8, BATCH = 32, WORDS = 2 * SYMBOLS };

/* A measurement with all that it holds. */
struct measurement {
    const struct gradient_flow_options *options;
    struct tn_layout layout;
    struct reader reader;
    struct train_optimiser optimiser;
    struct tn_arena arena;
    struct tn_pass pass; /* of training */
    struct tn_rng rng;
    float *theta, *dtheta;
    int *tokens; /* [steps][BATCH] */
    int targets[BATCH];
    size_t lengths[BATCH];
};

static void measurement_finish(struct measurement *m)
{
    tn_layout_finish(&m->layout);
    train_optimiser_finish(&m->optimiser);
    tn_arena_finish(&m->arena);
    free(m->theta);
    free(m->dtheta);
    free(m->tokens);
}

static struct reader_batch batch_of(struct measurement *m)
{
    return (struct reader_batch){.size = BATCH,
                                 .steps = m->options->steps,
                                 .tokens = m->tokens,
                                 .lengths = m->lengths,
                                 .targets = m->targets};
}

/* New texts: a symbol that counts, then noise of other symbols. */
static void draw_texts(struct measurement *m)
{
    for (size_t b = 0; b < BATCH; b++) {
        m->targets[b] = (int)tn_rng_below(&m->rng, SYMBOLS);
        m->tokens[b] = m->targets[b];
        m->lengths[b] = m->options->steps;
    }
    for (size_t i = BATCH; i < m->options->steps * BATCH; i++)
        m->tokens[i] = SYMBOLS + (int)tn_rng_below(&m->rng, SYMBOLS);
}

/* A forget gate that begins open for as long as the task is: b_f = log(T - 1) (Tallec and Ollivier
 * 2018). */
static void open_forget_gate(struct measurement *m)
{
    const int gate = m->reader.config.cell->forget_gate;
    float *bias = m->theta + m->reader.net.sequence.layer[0][0].bias_ih.offset;

    for (size_t j = 0; gate != RNN_NO_GATE && j < m->options->hidden; j++)
        bias[(size_t)gate * m->options->hidden + j] = logf((float)m->options->steps - 1);
}

static enum tn_status build_reader(struct measurement *m, const struct rnn_cell_ops *cell,
                                   struct tn_error *err)
{
    const struct reader_config config = {.cell = cell,
                                         .layers = 1,
                                         .embedding = SYMBOLS,
                                         .hidden = m->options->hidden,
                                         .vocabulary = WORDS,
                                         .classes = SYMBOLS,
                                         .readout = READ_LAST};
    const struct train_optimiser_options update = TRAIN_OPTIMISER_OPTIONS_DEFAULT;
    const struct reader_batch batch = batch_of(m);

    TN_TRY(reader_declare(&m->reader, &config, &m->layout, "", err));
    m->theta = calloc(m->layout.floats, sizeof *m->theta);
    m->dtheta = calloc(m->layout.floats, sizeof *m->dtheta);
    m->tokens = calloc(m->options->steps * BATCH, sizeof *m->tokens);
    if (!m->theta || !m->dtheta || !m->tokens)
        return tn_fail_nomem(err, m->layout.floats * sizeof *m->theta);
    TN_TRY(train_optimiser_init(&m->optimiser, train_optimiser_find("adam"), &update, NULL,
                                m->layout.floats, err));
    m->pass = (struct tn_pass){.theta = m->theta, .dtheta = m->dtheta, .arena = &m->arena};
    tn_arena_measure(&m->arena);
    reader_loss(&m->reader, &m->pass, &batch, 1, NULL);
    TN_TRY(tn_arena_reserve(&m->arena, err));
    tn_rng_init(&m->rng, m->options->seed);
    reader_init(&m->reader, &m->rng, m->theta);
    open_forget_gate(m);
    return TN_OK;
}

static void train(struct measurement *m)
{
    const struct reader_batch batch = batch_of(m);

    for (size_t i = 0; i < m->options->updates; i++) {
        draw_texts(m);
        reader_loss(&m->reader, &m->pass, &batch, 1.0F / BATCH, NULL);
        train_optimiser_step(&m->optimiser, NULL, 3e-3F, m->theta, m->dtheta, 1);
    }
}

static double accuracy(struct measurement *m)
{
    const struct tn_pass pass = {.theta = m->theta, .arena = &m->arena};
    const struct reader_batch batch = batch_of(m);
    float p[BATCH * SYMBOLS];
    size_t right = 0;

    reader_loss(&m->reader, &pass, &batch, 0, p);
    for (size_t b = 0; b < BATCH; b++) {
        const float *row = p + b * SYMBOLS;
        size_t best = 0;

        for (size_t c = 1; c < SYMBOLS; c++)
            best = row[c] > row[best] ? c : best;
        right += (int)best == m->targets[b];
    }
    return (double)right / BATCH;
}

enum tn_status gradient_flow_measure(const struct rnn_cell_ops *cell,
                                     const struct gradient_flow_options *options,
                                     struct gradient_flow *ret_flow, struct tn_error *err)
{
    struct measurement m = {.options = options};
    struct gradient_flow flow = {.norms = calloc(options->steps, sizeof *flow.norms)};
    enum tn_status status = flow.norms ? build_reader(&m, cell, err)
                                       : tn_fail_nomem(err, options->steps * sizeof *flow.norms);

    if (status == TN_OK) {
        const struct reader_batch batch = batch_of(&m);

        train(&m);
        draw_texts(&m);
        flow.accuracy = accuracy(&m);
        reader_gradient_norms(&m.reader, &m.pass, &batch, flow.norms);
        *ret_flow = flow;
    } else {
        free(flow.norms);
    }
    measurement_finish(&m);
    return status;
}

enum { WIDTH = 900, HEIGHT = 520, LEFT = 80, RIGHT = 660, TOP = 50, BOTTOM = 440, DECADES = 8 };

/* The height of a norm, on a logarithmic scale from 10^(1 - DECADES) to 10. */
static double at_y(double norm)
{
    const double log = fmin(log10(fmax(norm, 1e-300)), 1);

    return BOTTOM - (BOTTOM - TOP) * (log - 1 + DECADES) / DECADES;
}

static double at_x(size_t back, size_t steps)
{
    return LEFT + (double)(RIGHT - LEFT) * (double)back / (double)(steps > 1 ? steps - 1 : 1);
}

static void draw_axes(struct image *image, size_t steps)
{
    const size_t every = (steps + 9) / 10;
    char label[32];

    for (int decade = 1 - DECADES; decade <= 1; decade++) {
        const double y = at_y(pow(10, decade));

        plot_line(image, LEFT, y, RIGHT, y, 0.5, plot_grey);
        snprintf(label, sizeof label, "1E%d", decade);
        plot_text(image, LEFT - 8 - 8 * (int)strlen(label), (int)y - 5, 2, label, plot_black);
    }
    for (size_t back = 0; back < steps; back += every) {
        snprintf(label, sizeof label, "%zu", back);
        plot_text(image, (int)at_x(back, steps) - 4 * (int)strlen(label), BOTTOM + 12, 2, label,
                  plot_black);
    }
    plot_line(image, LEFT, BOTTOM, RIGHT, BOTTOM, 0.5, plot_black);
    plot_line(image, LEFT, BOTTOM, LEFT, TOP, 0.5, plot_black);
    plot_text(image, LEFT, 20, 2, "NORM OF DE/DS AT STEP K WITH E THE LOSS AFTER STEP T",
              plot_black);
    plot_text(image, (LEFT + RIGHT) / 2 - 20, BOTTOM + 36, 2, "T - K", plot_black);
}

/* A line that ends where it leaves the axes. */
static void draw_flow(struct image *image, const double *norms, size_t steps,
                      const unsigned char colour[3])
{
    for (size_t back = 1; back < steps && at_y(norms[steps - 1 - back]) <= BOTTOM; back++)
        plot_line(image, at_x(back - 1, steps), at_y(norms[steps - back]), at_x(back, steps),
                  at_y(norms[steps - 1 - back]), 1.2, colour);
}

enum tn_status gradient_flow_draw(const char *path, const struct rnn_cell_ops *const *cells,
                                  const struct gradient_flow *flows, size_t count, size_t steps,
                                  struct tn_error *err)
{
    struct image image;
    enum tn_status status;

    TN_TRY(plot_create(&image, WIDTH, HEIGHT, err));
    draw_axes(&image, steps);
    for (size_t i = 0; i < count; i++) {
        draw_flow(&image, flows[i].norms, steps, plot_colour(i));
        plot_text(&image, RIGHT + 20, TOP + 24 * (int)i, 2, cells[i]->name, plot_colour(i));
    }
    status = image_save_png(&image, path, err);
    image_finish(&image);
    return status;
}
