/* SPDX-License-Identifier: MIT */
#include "models/reader_rows.h"

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
    float *gh;         /* [size][width]; NULL unless the cell is `separate` */
    float *kept;       /* [threads][kept][H], scratch of the cell */
    float *states, *h; /* [size] rows, of the texts in packed order */
    float *out;        /* [total][directions][H]: h of all steps */
    size_t first;      /* the packed row that the step at hand begins with */
};

static void advance_text(void *context, size_t r, size_t thread)
{
    const struct course *c = context;
    const struct reading *g = c->reading;
    const struct rnn_sequence *sequence = &g->rows->reader->net.sequence;
    const size_t hidden = sequence->hidden;
    float *state = c->states + r * g->state;

    sequence->cell->forward(hidden, c->gx + (c->first + r) * g->width,
                            c->gh ? c->gh + r * g->width : NULL, c->extra, state, state,
                            c->kept + thread * sequence->cell->kept * hidden);
    memcpy(c->h + r * hidden, state, hidden * sizeof *state);
    memcpy(c->out + ((c->first + r) * g->directions + c->d) * hidden, state,
           hidden * sizeof *state);
}

static void run_step(struct course *c, const struct tn_matrix *hidden, size_t t)
{
    const struct reading *g = c->reading;
    const size_t rows = g->packing.rows[t];
    const float *bias = g->rows->theta + c->layer->bias_hh.offset;
    float *products = c->gh ? c->gh : c->gx + g->packing.offset[t] * g->width;

    c->first = g->packing.offset[t];
    tn_linear(g->pool, products, c->h, hidden, bias, !c->gh, rows, g->arena);
    tn_pool_run(g->pool, rows, advance_text, c);
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
    memset(c->states, 0, size * g->state * sizeof *c->states);
    memset(c->h, 0, size * g->rows->reader->net.sequence.hidden * sizeof *c->h);
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
        .gh = cell->separate ? tn_arena_floats(g->arena, size * g->width) : NULL,
        .kept = tn_arena_floats(g->arena, tn_pool_threads(g->pool) * cell->kept * sequence->hidden),
        .states = tn_arena_floats(g->arena, size * g->state),
        .h = tn_arena_floats(g->arena, size * sequence->hidden),
        .out = out,
    };

    tn_linear(g->pool, c.gx, x, &rows->input[l][d], rows->theta + layer->bias_ih.offset, false,
              g->packing.total, g->arena);
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
