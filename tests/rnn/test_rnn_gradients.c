/* SPDX-License-Identifier: MIT */
/*
 * Backpropagation through time against differences, for every cell of the registry: all parameters,
 * all inputs and the states before and after; one and two layers, one and two directions, zero and
 * given initial states, sequences of equal and of different lengths.
 */
#include "tests/support/gradcheck.h"
#include "tests/support/kinks.h"
#include "tests/support/suite.h"

#include "rnn/sequence.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { BATCH = 10, STEPS = 4, INPUT = 4, HIDDEN = 3, FIRST = 2 };
enum { MOST_HIDDEN = 6 }; /* of normalised products: with 3 of them, the curve is too sharp */
enum {
    STATES = 2 * RNN_MAX_DIRECTIONS * BATCH * 2 * MOST_HIDDEN
}; /* of up to 2 layers and 2 vectors */

/* A scene's number is a choice of each. */
enum state { ZERO, GIVEN };
enum { LAYERS = 2, DIRECTIONS = 2, KINDS = 2, SCENES = LAYERS * DIRECTIONS * KINDS * 2 };

/* The loss is a weighted sum of h of all steps and of the final states. */
struct scene {
    struct rnn_sequence sequence;
    struct tn_layout layout;
    struct tn_arena arena;
    struct rnn_packing packing;
    enum state state;
    bool state_wanted; /* dinitial */
    const char *form;  /* its name, for messages */
    bool draws;        /* dropout and zoneout, the same in each pass */
    struct tn_rng rng;
    const size_t *lengths;
    float *theta, *dtheta;
    float x[BATCH * STEPS * INPUT], dx[BATCH * STEPS * INPUT];
    float first[BATCH * FIRST], dfirst[BATCH * FIRST];
    float initial[STATES], dinitial[STATES], final[STATES];
    float weight[BATCH * STEPS * 2 * MOST_HIDDEN], final_weight[STATES];
};

static const size_t equal[BATCH] = {STEPS, STEPS, STEPS, STEPS, STEPS,
                                    STEPS, STEPS, STEPS, STEPS, STEPS};
static const size_t different[BATCH] = {2, STEPS, 1, 3, 3, 1, 2, STEPS, 2, 1};

static struct tn_pass pass_of(struct scene *scene)
{
    tn_rng_init(&scene->rng, 9);
    return (struct tn_pass){.theta = scene->theta,
                            .dtheta = scene->dtheta,
                            .rng = scene->draws ? &scene->rng : NULL,
                            .arena = &scene->arena};
}

static double forward(struct scene *scene, struct rnn_run *run)
{
    const struct tn_pass pass = pass_of(scene);
    const struct rnn_inputs inputs = {.x = scene->x,
                                      .first = scene->first,
                                      .initial = scene->state == GIVEN ? scene->initial : NULL};
    const size_t width = rnn_sequence_directions(&scene->sequence) * scene->sequence.hidden;
    double loss = 0;

    rnn_sequence_forward(&scene->sequence, &pass, &scene->packing, &inputs, run);
    if (!scene->arena.base)
        return 0;
    for (size_t r = 0; r < scene->packing.total; r++)
        for (size_t j = 0; j < width; j++) {
            loss += (double)scene->weight[r * width + j] * (double)run->h[r * run->ldh + j];
            run->dh[r * run->ldh + j] += scene->weight[r * width + j];
        }
    rnn_sequence_final(&scene->sequence, run, scene->final);
    for (size_t i = 0; i < rnn_sequence_state_floats(&scene->sequence, BATCH); i++)
        loss += (double)scene->final_weight[i] * (double)scene->final[i];
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
    const struct rnn_gradients gradients = {
        .final = scene->final_weight,
        .x = scene->dx,
        .first = scene->sequence.first > 0 ? scene->dfirst : NULL,
        .initial = scene->state_wanted ? scene->dinitial : NULL};
    const size_t mark = tn_arena_mark(&scene->arena);
    const struct tn_pass pass = pass_of(scene);
    struct rnn_run run;

    forward(scene, &run);
    rnn_sequence_backward(&scene->sequence, &pass, &run, &gradients);
    tn_arena_release(&scene->arena, mark);
}

/* A form of the net: what it has beyond the plain one. */
struct form {
    const char *name;
    struct rnn_options options;
    bool draws;
};

static const struct form plain = {"plain", {.learned_start = false}, false};
static const struct form forms[] = {
    {"a learned start", {.learned_start = true}, false},
    {"layer normalisation", {.layer_norm = true}, false},
    {"zoneout's mean", {.zoneout = {0.3F, 0.2F}}, false},
    {"zoneout", {.zoneout = {0.3F, 0.4F}}, true},
    {"recurrent dropout", {.recurrent_dropout = 0.25F}, true},
    {"all of it",
     {.learned_start = true,
      .layer_norm = true,
      .zoneout = {0.2F, 0.3F},
      .recurrent_dropout = 0.25F},
     true},
};
enum { FORMS = sizeof forms / sizeof *forms };

/* Normalised products do not grow with their weights, but their curve gets flatter. */
static void enlarge_weights(struct scene *scene, struct tn_rng *rng)
{
    for (size_t i = 0; i < scene->layout.count; i++) {
        const struct tn_parameter *p = &scene->layout.parameters[i];

        if (strstr(p->name, "rnn.weight"))
            tn_rng_fill_uniform(rng, scene->theta + p->span.offset, p->span.count, 2);
    }
}

static void scene_init_form(struct scene *scene, const struct rnn_cell_ops *cell, int number,
                            const struct form *form)
{
    struct tn_rng rng;

    memset(scene, 0, sizeof *scene);
    scene->form = form->name;
    scene->draws = form->draws;
    scene->sequence =
        (struct rnn_sequence){.cell = cell,
                              .layers = 1 + (size_t)number % LAYERS,
                              .input = INPUT,
                              .hidden = form->options.layer_norm ? MOST_HIDDEN : HIDDEN,
                              .bidirectional = number / LAYERS % DIRECTIONS == 1,
                              .options = form->options};
    scene->state = (enum state)(number / (LAYERS * DIRECTIONS) % KINDS);
    scene->state_wanted = scene->state == GIVEN;
    scene->sequence.first = scene->sequence.bidirectional || form->options.layer_norm ? 0 : FIRST;
    scene->lengths = number < SCENES / 2 ? different : equal;
    ck_assert_int_eq(
        rnn_sequence_declare(&scene->sequence, &scene->layout, "rnn.", "image.weight", NULL),
        TN_OK);
    scene->theta = calloc(scene->layout.floats, sizeof(float));
    scene->dtheta = calloc(scene->layout.floats, sizeof(float));
    ck_assert(scene->theta && scene->dtheta);
    tn_rng_init(&rng, 7);
    tn_rng_fill_uniform(&rng, scene->theta, scene->layout.floats, 0.7F);
    spread_from_kinks(cell, &scene->layout, scene->theta, 3, 0.3F);
    if (form->options.layer_norm)
        enlarge_weights(scene, &rng);
    tn_rng_fill_uniform(&rng, scene->x, BATCH * STEPS * INPUT, 1);
    tn_rng_fill_uniform(&rng, scene->first, BATCH * FIRST, 1);
    tn_rng_fill_uniform(&rng, scene->initial, STATES, 1);
    tn_rng_fill_uniform(&rng, scene->weight, BATCH * STEPS * 2 * MOST_HIDDEN, 1);
    tn_rng_fill_uniform(&rng, scene->final_weight, STATES, 1);
    tn_arena_measure(&scene->arena);
    rnn_pack(&scene->packing, BATCH, STEPS, NULL, &scene->arena);
    run_backward(scene);
    ck_assert_int_eq(tn_arena_reserve(&scene->arena, NULL), TN_OK);
    rnn_pack(&scene->packing, BATCH, STEPS, scene->lengths, &scene->arena);
}

static void scene_init(struct scene *scene, const struct rnn_cell_ops *cell, int number)
{
    scene_init_form(scene, cell, number, &plain);
}

static void scene_finish(struct scene *scene)
{
    tn_arena_finish(&scene->arena);
    tn_layout_finish(&scene->layout);
    free(scene->theta);
    free(scene->dtheta);
}

/* Largest error seen: 2.1e-3, by the curve within a step. */
static void check(struct scene *scene, const char *what, float *x, const float *g, size_t count)
{
    static const char *const states[] = {"zero", "given"};
    size_t worst = 0;
    const double step = scene->sequence.options.layer_norm ? 4e-3 : 5e-2;
    const double error = gradcheck_smooth(loss_of, scene, x, g, count, step, &worst);

    ck_assert_msg(error < 5e-3,
                  "%s, %s, %zu layers in %zu directions, %s state, %s lengths: the gradient of "
                  "%s[%zu] is wrong by %g",
                  scene->sequence.cell->name, scene->form, scene->sequence.layers,
                  rnn_sequence_directions(&scene->sequence), states[scene->state],
                  scene->lengths == equal ? "equal" : "different", what, worst, error);
}

static void check_all(struct scene *scene)
{
    run_backward(scene);
    for (size_t i = 0; i < scene->layout.count; i++) {
        const struct tn_parameter *p = &scene->layout.parameters[i];

        if (strstr(p->name, "initial") && scene->state == GIVEN)
            continue; /* not used */
        check(scene, p->name, scene->theta + p->span.offset, scene->dtheta + p->span.offset,
              p->span.count);
    }
    check(scene, "x", scene->x, scene->dx, scene->packing.total * INPUT);
    if (scene->sequence.first > 0)
        check(scene, "first", scene->first, scene->dfirst, BATCH * FIRST);
    if (scene->state == GIVEN)
        check(scene, "initial", scene->initial, scene->dinitial,
              rnn_sequence_state_floats(&scene->sequence, BATCH));
    scene_finish(scene);
}

START_TEST(every_gradient_matches_differences)
{
    struct scene scene;

    scene_init(&scene, rnn_cell_at((size_t)_i / SCENES), _i % SCENES);
    check_all(&scene);
}
END_TEST

/* Of each form: two layers (one that is normalised, to save time), one and two directions, zero and
 * given states, different lengths. */
START_TEST(every_gradient_matches_differences_beyond_the_plain_form)
{
    enum { NETS = DIRECTIONS * KINDS };
    const struct form *form = &forms[_i / NETS % FORMS];
    struct scene scene;

    scene_init_form(&scene, rnn_cell_at((size_t)_i / NETS / FORMS),
                    LAYERS * (_i % NETS) + (form->options.layer_norm ? 0 : 1), form);
    check_all(&scene);
}
END_TEST

static void check_equal(const struct scene *a, const struct scene *b)
{
    for (size_t i = 0; i < a->layout.floats; i++)
        ck_assert_float_eq_tol(a->dtheta[i], b->dtheta[i], 1e-5F);
}

/* What is known of the initial states, and whether their gradient is asked for, saves work only. */
START_TEST(the_gradients_of_a_zero_state_are_those_of_zeros_given)
{
    const int net = _i % (LAYERS * DIRECTIONS);
    const struct rnn_cell_ops *cell = rnn_cell_at((size_t)_i / (LAYERS * DIRECTIONS));
    struct scene zero, given, unasked;

    scene_init(&zero, cell, ZERO * LAYERS * DIRECTIONS + net);
    scene_init(&given, cell, GIVEN * LAYERS * DIRECTIONS + net);
    scene_init(&unasked, cell, GIVEN * LAYERS * DIRECTIONS + net);
    ck_assert(zero.state == ZERO && given.state == GIVEN && unasked.state == GIVEN);
    zero.state_wanted = true;
    unasked.state_wanted = false;
    memset(given.initial, 0, sizeof given.initial);
    memset(unasked.initial, 0, sizeof unasked.initial);
    run_backward(&zero);
    run_backward(&given);
    run_backward(&unasked);
    check_equal(&zero, &given);
    check_equal(&unasked, &given);
    for (size_t i = 0; i < rnn_sequence_state_floats(&given.sequence, BATCH); i++)
        ck_assert_float_eq_tol(zero.dinitial[i], given.dinitial[i], 1e-6F);
    scene_finish(&zero);
    scene_finish(&given);
    scene_finish(&unasked);
}
END_TEST

START_TEST(backward_adds_to_the_parameter_gradients)
{
    const struct rnn_cell_ops *cell = rnn_cell_at((size_t)_i);
    struct scene scene;
    float *once;

    scene_init(&scene, cell, GIVEN * LAYERS * DIRECTIONS + 3);
    ck_assert(scene.state == GIVEN && scene.sequence.bidirectional);
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

    tcase_add_loop_test(gradients, every_gradient_matches_differences, 0, cells * SCENES);
    tcase_add_loop_test(gradients, every_gradient_matches_differences_beyond_the_plain_form, 0,
                        cells * FORMS * DIRECTIONS * KINDS);
    tcase_add_loop_test(gradients, the_gradients_of_a_zero_state_are_those_of_zeros_given, 0,
                        cells * LAYERS * DIRECTIONS);
    tcase_add_loop_test(gradients, backward_adds_to_the_parameter_gradients, 0, cells);
    tcase_add_loop_test(registry, every_cell_is_complete, 0, cells);
    tcase_add_test(registry, an_unknown_cell_is_not_found);
    suite_add_tcase(suite, gradients);
    suite_add_tcase(suite, registry);
    return suite;
}
