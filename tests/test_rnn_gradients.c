/* SPDX-License-Identifier: MIT */
/*
 * Backpropagation through time against central differences, for every cell of the registry: all
 * parameters and all inputs, one and two layers, sequences of equal and of different lengths, zero
 * and given initial states.
 */
#include "tests/support/gradcheck.h"
#include "tests/support/suite.h"

#include "rnn/sequence.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { BATCH = 10, STEPS = 4, INPUT = 4, HIDDEN = 5, FIRST = 3, SCENES = 4 };

/* The loss is the sum of h weighted by random numbers, over all rows. */
struct scene {
    struct rnn_sequence sequence;
    struct tn_layout layout;
    struct tn_arena arena;
    struct rnn_packing packing;
    float *theta, *dtheta;
    float x[BATCH * STEPS * INPUT], dx[BATCH * STEPS * INPUT];
    float first[BATCH * FIRST], dfirst[BATCH * FIRST];
    float initial[RNN_MAX_LAYERS * BATCH * 2 * HIDDEN],
        dinitial[RNN_MAX_LAYERS * BATCH * 2 * HIDDEN];
    float weight[BATCH * STEPS * HIDDEN];
    bool given_state;
};

static struct rnn_inputs inputs_of(const struct scene *scene)
{
    return (struct rnn_inputs){.x = scene->x,
                               .first = scene->first,
                               .initial = scene->given_state ? scene->initial : NULL};
}

static double forward(struct scene *scene, struct rnn_run *run)
{
    const struct rnn_inputs inputs = inputs_of(scene);
    double loss = 0;

    rnn_sequence_forward(&scene->sequence, NULL, scene->theta, &scene->packing, &inputs, true, NULL,
                         run, &scene->arena);
    for (size_t r = 0; scene->arena.base && r < scene->packing.total; r++)
        for (size_t j = 0; j < HIDDEN; j++) {
            loss += (double)scene->weight[r * HIDDEN + j] * (double)run->h[r * run->ldh + j];
            run->dh[r * run->ldh + j] += scene->weight[r * HIDDEN + j];
        }
    return loss;
}

static double loss_of(void *context)
{
    struct scene *scene = context;
    const size_t mark = tn_arena_mark(&scene->arena);
    struct rnn_run run;
    const double loss = forward(scene, &run);

    tn_arena_release(&scene->arena, mark);
    return loss;
}

static void run_backward(struct scene *scene)
{
    const struct rnn_input_gradients gradients = {.x = scene->dx,
                                                  .first = scene->dfirst,
                                                  .initial =
                                                      scene->given_state ? scene->dinitial : NULL};
    const size_t mark = tn_arena_mark(&scene->arena);
    struct rnn_run run;

    forward(scene, &run);
    rnn_sequence_backward(&scene->sequence, NULL, scene->theta, scene->dtheta, &run, &gradients,
                          &scene->arena);
    tn_arena_release(&scene->arena, mark);
}

static void scene_init(struct scene *scene, const struct rnn_cell_ops *cell, int number)
{
    static const size_t equal[BATCH] = {STEPS, STEPS, STEPS, STEPS, STEPS,
                                        STEPS, STEPS, STEPS, STEPS, STEPS},
                        different[BATCH] = {2, STEPS, 1, 3, 3, 1, 2, STEPS, 2, 1};
    struct tn_rng rng;

    memset(scene, 0, sizeof *scene);
    scene->given_state = number & 2;
    scene->sequence = (struct rnn_sequence){.cell = cell,
                                            .layers = number & 1 ? 2 : 1,
                                            .input = INPUT,
                                            .hidden = HIDDEN,
                                            .first = FIRST};
    ck_assert_int_eq(
        rnn_sequence_declare(&scene->sequence, &scene->layout, "rnn.", "image.weight", NULL),
        TN_OK);
    scene->theta = calloc(scene->layout.floats, sizeof(float));
    scene->dtheta = calloc(scene->layout.floats, sizeof(float));
    ck_assert(scene->theta && scene->dtheta);
    tn_rng_init(&rng, 7);
    rnn_sequence_init(&scene->sequence, &rng, scene->theta);
    tn_rng_fill_uniform(&rng, scene->x, BATCH * STEPS * INPUT, 1);
    tn_rng_fill_uniform(&rng, scene->first, BATCH * FIRST, 1);
    tn_rng_fill_uniform(&rng, scene->initial, RNN_MAX_LAYERS * BATCH * 2 * HIDDEN, 1);
    tn_rng_fill_uniform(&rng, scene->weight, BATCH * STEPS * HIDDEN, 1);
    tn_arena_measure(&scene->arena);
    rnn_pack(&scene->packing, BATCH, STEPS, NULL, &scene->arena);
    run_backward(scene);
    ck_assert_int_eq(tn_arena_reserve(&scene->arena, NULL), TN_OK);
    rnn_pack(&scene->packing, BATCH, STEPS, number & 1 ? different : equal, &scene->arena);
}

static void scene_finish(struct scene *scene)
{
    tn_arena_finish(&scene->arena);
    tn_layout_finish(&scene->layout);
    free(scene->theta);
    free(scene->dtheta);
}

/* Largest error seen: 1.5e-2, of elements a hundredth of the largest, by rounding. */
static void check(struct scene *scene, const char *what, float *x, const float *g, size_t count)
{
    size_t worst = 0;
    const double error = gradcheck_smooth(loss_of, scene, x, g, count, 5e-2, &worst);

    ck_assert_msg(error < 2.5e-2, "%s, %zu layers: the gradient of %s[%zu] is wrong by %g",
                  scene->sequence.cell->name, scene->sequence.layers, what, worst, error);
}

static void check_scene(const struct rnn_cell_ops *cell, int number)
{
    struct scene scene;

    scene_init(&scene, cell, number);
    run_backward(&scene);
    for (size_t i = 0; i < scene.layout.count; i++) {
        const struct tn_parameter *p = &scene.layout.parameters[i];

        check(&scene, p->name, scene.theta + p->span.offset, scene.dtheta + p->span.offset,
              p->span.count);
    }
    check(&scene, "x", scene.x, scene.dx, scene.packing.total * INPUT);
    check(&scene, "first", scene.first, scene.dfirst, BATCH * FIRST);
    if (scene.given_state)
        check(&scene, "initial", scene.initial, scene.dinitial,
              scene.sequence.layers * BATCH * cell->states * HIDDEN);
    scene_finish(&scene);
}

START_TEST(every_gradient_matches_central_differences)
{
    check_scene(rnn_cell_at((size_t)_i / SCENES), _i % SCENES);
}
END_TEST

START_TEST(backward_adds_to_the_parameter_gradients)
{
    const struct rnn_cell_ops *cell = rnn_cell_at((size_t)_i);
    struct scene scene;
    float *once;

    scene_init(&scene, cell, 1);
    run_backward(&scene);
    once = malloc(scene.layout.floats * sizeof *once);
    ck_assert_ptr_nonnull(once);
    memcpy(once, scene.dtheta, scene.layout.floats * sizeof *once);
    run_backward(&scene);
    for (size_t i = 0; i < scene.layout.floats; i++)
        ck_assert_msg(fabsf(scene.dtheta[i] - 2 * once[i]) <= 1e-5F * (1 + fabsf(once[i])),
                      "%s: gradient %zu is not added", cell->name, i);
    free(once);
    scene_finish(&scene);
}
END_TEST

START_TEST(every_cell_is_complete)
{
    const struct rnn_cell_ops *cell = rnn_cell_at((size_t)_i);

    ck_assert(cell->forward && cell->backward);
    ck_assert_uint_ge(cell->gates, 1);
    ck_assert_uint_ge(cell->states, 1);
    ck_assert_uint_le(cell->states, 2);
    ck_assert(cell->forget_gate == RNN_NO_GATE || (size_t)cell->forget_gate < cell->gates);
    ck_assert_ptr_nonnull(cell->summary);
    ck_assert_ptr_eq(rnn_cell_find(cell->name), cell);
    ck_assert_ptr_nonnull(strstr(rnn_cell_names(), cell->name));
}
END_TEST

START_TEST(an_unknown_cell_is_not_found)
{
    ck_assert_ptr_null(rnn_cell_find("gruu"));
    ck_assert_ptr_null(rnn_cell_find(""));
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("rnn gradients");
    TCase *gradients = tcase_create("gradients"), *registry = tcase_create("registry");
    const int cells = (int)rnn_cell_count();

    tcase_add_loop_test(gradients, every_gradient_matches_central_differences, 0, cells * SCENES);
    tcase_add_loop_test(gradients, backward_adds_to_the_parameter_gradients, 0, cells);
    tcase_add_loop_test(registry, every_cell_is_complete, 0, cells);
    tcase_add_test(registry, an_unknown_cell_is_not_found);
    suite_add_tcase(suite, gradients);
    suite_add_tcase(suite, registry);
    return suite;
}
