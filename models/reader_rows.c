/* SPDX-License-Identifier: MIT */
#include "models/reader_rows.h"

#include "rnn/unroll.h"
#include "tensor/pointwise.h"

#include <string.h>

/* ---- Weights ---- */

static struct tn_matrix matrix_at(const float *theta, struct tn_span span, size_t rows)
{
    return (struct tn_matrix){
        .dtype = TN_F32, .rows = rows, .columns = span.count / rows, .data = theta + span.offset};
}

/* The same for the measuring arena and the real one. */
static void take_rows(struct reader_rows *rows)
{
    const struct rnn_sequence *sequence = &rows->reader->net.sequence;
    const size_t width = sequence->cell->gates * sequence->hidden;

    for (size_t l = 0; l < sequence->layers; l++)
        for (size_t d = 0; d < rnn_sequence_directions(sequence); d++) {
            const struct rnn_layer *layer = &sequence->layer[l][d];

            rows->input[l][d] = matrix_at(rows->theta, layer->weight_ih, width);
            rows->hidden[l][d] = matrix_at(rows->theta, layer->weight_hh, width);
            tn_matrix_to_int8(&rows->input[l][d], &rows->arena);
            tn_matrix_to_int8(&rows->hidden[l][d], &rows->arena);
        }
    if (rows->reader->config.classes > 0) {
        rows->output = matrix_at(rows->theta, rows->reader->output, rows->reader->config.classes);
        tn_matrix_to_int8(&rows->output, &rows->arena);
    }
}

enum tn_status reader_rows_init(struct reader_rows *rows, const struct reader *reader,
                                const float *theta, struct tn_error *err)
{
    *rows = (struct reader_rows){.reader = reader, .theta = theta};
    tn_arena_measure(&rows->arena);
    take_rows(rows);
    TN_TRY(tn_arena_reserve(&rows->arena, err));
    take_rows(rows);
    return TN_OK;
}

void reader_rows_finish(struct reader_rows *rows)
{
    tn_arena_finish(&rows->arena);
}

/* ---- Reading ---- */

/* One call of reader_rows_read. */
struct reading {
    const struct reader_rows *rows;
    struct tn_pool *pool;
    struct tn_arena *arena;
    struct rnn_packing packing;
    size_t directions, width, state; /* floats of all gates, of a state */
};

/* A layer in one direction. */
struct course {
    const struct reading *reading;
    const struct rnn_layer *layer;
    const float *extra;
    size_t d;
    float *gx;         /* [total][width] */
    float *gh;         /* [size][width]; NULL where W_hh h is added to gx at once */
    float *kept;       /* [threads][kept][H], scratch of the cell */
    float *before;     /* [threads] rows of states, scratch of zoneout */
    float *states, *h; /* [size] rows, of the texts in packed order */
    float *out;        /* [total][directions][H]: h of all steps */
    size_t first;      /* the packed row that the step at hand begins with */
};

static struct rnn_product product_of(const struct reading *g, const struct tn_matrix *weight,
                                     struct tn_span bias, struct tn_span gain)
{
    const float *theta = g->rows->theta;

    return (struct rnn_product){weight, theta + bias.offset,
                                gain.count > 0 ? theta + gain.offset : NULL,
                                g->rows->reader->net.sequence.cell->gates};
}

static void advance_text(void *context, size_t r, size_t thread)
{
    const struct course *c = context;
    const struct reading *g = c->reading;
    const struct rnn_sequence *sequence = &g->rows->reader->net.sequence;
    const struct rnn_cell_ops *cell = sequence->cell;
    const struct rnn_zoneout *zoneout = &sequence->options.zoneout;
    const size_t hidden = sequence->hidden;
    float *state = c->states + r * g->state, *before = c->before + thread * g->state;
    float *gx = c->gx + (c->first + r) * g->width, *gh = c->gh ? c->gh + r * g->width : NULL;

    if (gh && !cell->separate)
        tn_axpy(gx, 1, gh, g->width);
    memcpy(before, state, g->state * sizeof *before);
    cell->forward(hidden, gx, gh, c->extra, before, state, c->kept + thread * cell->kept * hidden);
    if (rnn_zoneout_is_on(zoneout))
        rnn_zoneout_mean(zoneout, cell->states, hidden, before, state);
    memcpy(c->h + r * hidden, state, hidden * sizeof *state);
    memcpy(c->out + ((c->first + r) * g->directions + c->d) * hidden, state,
           hidden * sizeof *state);
}

static void run_step(struct course *c, const struct tn_matrix *hidden, size_t t)
{
    const struct reading *g = c->reading;
    const size_t rows = g->packing.rows[t];
    const struct rnn_product product = product_of(g, hidden, c->layer->bias_hh, c->layer->gain_hh);

    c->first = g->packing.offset[t];
    if (c->gh)
        rnn_product_rows(g->pool, c->gh, c->h, &product, rows, g->arena);
    else
        tn_linear(g->pool, c->gx + c->first * g->width, c->h, hidden, product.bias, true, rows,
                  g->arena);
    tn_pool_run(g->pool, rows, advance_text, c);
}

/* The states before the first step: zero, or the learned start. */
static void begin_texts(struct course *c)
{
    const struct reading *g = c->reading;
    const size_t size = g->packing.batch, hidden = g->rows->reader->net.sequence.hidden;
    const float *initial = g->rows->theta + c->layer->initial.offset;

    memset(c->states, 0, size * g->state * sizeof *c->states);
    for (size_t r = 0; r < size && c->layer->initial.count > 0; r++)
        memcpy(c->states + r * g->state, initial, g->state * sizeof *initial);
    for (size_t r = 0; r < size; r++)
        memcpy(c->h + r * hidden, c->states + r * g->state, hidden * sizeof *c->h);
}

/* Every number of rows is measured, since more need not take more. */
static void run_steps(struct course *c, const struct tn_matrix *hidden)
{
    const struct reading *g = c->reading;
    const size_t steps = g->packing.steps, size = g->packing.batch;

    if (!g->arena->base) {
        for (size_t rows = 1; rows <= size; rows++)
            tn_linear(g->pool, NULL, NULL, hidden, NULL, true, rows, g->arena);
        return;
    }
    begin_texts(c);
    for (size_t i = 0; i < steps; i++)
        run_step(c, hidden, c->d == 1 ? steps - 1 - i : i);
}

/* Layer l in direction d, from x into out; final, or NULL, receives its states. */
static void run_direction(const struct reading *g, size_t l, size_t d, const float *x, float *out,
                          float *final)
{
    const struct reader_rows *rows = g->rows;
    const struct rnn_sequence *sequence = &rows->reader->net.sequence;
    const struct rnn_cell_ops *cell = sequence->cell;
    const struct rnn_layer *layer = &sequence->layer[l][d];
    const size_t mark = tn_arena_mark(g->arena), size = g->packing.batch;
    struct course c = {
        .reading = g,
        .layer = layer,
        .extra = layer->extra.count > 0 ? rows->theta + layer->extra.offset : NULL,
        .d = d,
        .gx = tn_arena_floats(g->arena, g->packing.total * g->width),
        .gh = rnn_keeps_gh(cell, &sequence->options) ? tn_arena_floats(g->arena, size * g->width)
                                                     : NULL,
        .kept = tn_arena_floats(g->arena, tn_pool_threads(g->pool) * cell->kept * sequence->hidden),
        .before = tn_arena_floats(g->arena, tn_pool_threads(g->pool) * g->state),
        .states = tn_arena_floats(g->arena, size * g->state),
        .h = tn_arena_floats(g->arena, size * sequence->hidden),
        .out = out,
    };
    const struct rnn_product input =
        product_of(g, &rows->input[l][d], layer->bias_ih, layer->gain_ih);

    rnn_product_rows(g->pool, c.gx, x, &input, g->packing.total, g->arena);
    run_steps(&c, &rows->hidden[l][d]);
    for (size_t r = 0; g->arena->base && final && r < size; r++)
        memcpy(final + g->packing.order[r] * g->state, c.states + r * g->state,
               g->state * sizeof *final);
    tn_arena_release(g->arena, mark);
}

/* x of the first layer. */
static const float *embed_texts(const struct reading *g, const int *tokens)
{
    const struct word_net *net = &g->rows->reader->net;
    const size_t width = net->sequence.input;
    int *packed = tn_arena_ints(g->arena, g->packing.total);
    float *x = tn_arena_floats(g->arena, g->packing.total * width);

    if (g->arena->base) {
        rnn_pack_tokens(&g->packing, tokens, packed);
        rnn_embed(g->pool, x, g->rows->theta + net->embedding.offset, packed, g->packing.total,
                  width);
    }
    return x;
}

/* logits of the answers, from h of the top layer. */
static void answer_texts(const struct reading *g, const struct reader_batch *batch, const float *h,
                         float *logits)
{
    const struct reader *reader = g->rows->reader;
    const size_t width = g->directions * reader->config.hidden, size = batch->size;
    float *r = tn_arena_floats(g->arena, size * width);

    for (size_t i = 0; g->arena->base && i < size; i++)
        reader_read_out(reader, &g->packing, batch, i, h, width, r + g->packing.order[i] * width);
    tn_linear(g->pool, logits, r, &g->rows->output, g->rows->theta + reader->output_bias.offset,
              false, size, g->arena);
}

void reader_rows_read(const struct reader_rows *rows, struct tn_pool *pool,
                      const struct reader_batch *batch, float *logits, float *final, float *outputs,
                      struct tn_arena *arena)
{
    const struct rnn_sequence *sequence = &rows->reader->net.sequence;
    struct reading g = {.rows = rows,
                        .pool = pool,
                        .arena = arena,
                        .directions = rnn_sequence_directions(sequence),
                        .width = sequence->cell->gates * sequence->hidden,
                        .state = sequence->cell->states * sequence->hidden};
    const size_t mark = tn_arena_mark(arena), floats = g.directions * sequence->hidden;
    const float *x;

    rnn_pack(&g.packing, batch->size, batch->steps, batch->lengths, arena);
    x = embed_texts(&g, batch->tokens);
    for (size_t l = 0; l < sequence->layers; l++) {
        float *h = tn_arena_floats(arena, g.packing.total * floats);

        for (size_t d = 0; d < g.directions; d++)
            run_direction(&g, l, d, x, h,
                          final ? final + (l * g.directions + d) * batch->size * g.state : NULL);
        x = h;
    }
    if (rows->reader->config.classes > 0)
        answer_texts(&g, batch, x, logits);
    if (outputs && arena->base)
        memcpy(outputs, x, g.packing.total * floats * sizeof *outputs);
    tn_arena_release(arena, mark);
}
