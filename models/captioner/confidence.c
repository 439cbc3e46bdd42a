/* SPDX-License-Identifier: MIT */
#include "models/captioner/confidence.h"

#include "models/file/model_part.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LANES = 16 };

/* ---- Estimates ---- */

/* q . v in LANES sums, so that the compiler may use its vectors and the order is fixed. */
static double dot(const signed char *q, const float *v, size_t count)
{
    float lanes[LANES] = {0};
    double sum = 0;
    size_t j = 0;

    for (; j + LANES <= count; j += LANES)
        for (size_t k = 0; k < LANES; k++)
            lanes[k] += (float)q[j + k] * v[j + k];
    for (; j < count; j++)
        lanes[j % LANES] += (float)q[j] * v[j];
    for (size_t k = 0; k < LANES; k++)
        sum += (double)lanes[k];
    return sum;
}

static double nearest(const struct tn_matrix *centres, const float *features, double norm)
{
    const signed char *q = centres->data;
    double most = -1;

    for (size_t i = 0; i < centres->rows; i++)
        most = fmax(most, (double)centres->scale[i] *
                              dot(q + i * centres->columns, features, centres->columns) / norm);
    return most;
}

void confidence_look(const struct confidence *confidence, const float *features,
                     struct confidence_evidence *evidence)
{
    const size_t count = confidence->photos.columns;
    size_t active = 0;
    double norm = 0;

    for (size_t j = 0; j < count; j++) {
        active += features[j] != 0;
        norm += (double)features[j] * (double)features[j];
    }
    norm = sqrt(norm);
    evidence->active = (double)active / (double)count;
    evidence->photo = norm > 0 ? nearest(&confidence->photos, features, norm) : 0;
    evidence->empty = norm > 0 ? nearest(&confidence->empty, features, norm) : 0;
}

double confidence_words(const int *words, const float *log_probs, size_t count)
{
    double sum = 0, total = 0;

    for (size_t t = 0; t < count; t++) {
        const double weight = log(2 + (double)(words[t] - VOCAB_FIRST_WORD));

        sum += weight * (double)log_probs[t];
        total += weight;
    }
    return total > 0 ? sum / total : 0;
}

static double sigmoid(double x)
{
    return 1 / (1 + exp(-x));
}

static double combine(const float *weights, double x, double y)
{
    return (double)weights[0] + (double)weights[1] * x + (double)weights[2] * y;
}

double confidence_photo(const struct confidence *confidence,
                        const struct confidence_evidence *evidence)
{
    return sigmoid(combine(confidence->weights, evidence->photo, evidence->empty) +
                   (double)confidence->active[0] *
                       (evidence->active - (double)confidence->active[1]));
}

bool confidence_denies_photo(const struct confidence *confidence,
                             const struct confidence_evidence *evidence)
{
    return confidence_photo(confidence, evidence) < (double)confidence->least_photo;
}

double confidence_estimate(const struct confidence *confidence,
                           const struct confidence_evidence *evidence)
{
    const float *weights = confidence->weights + CONFIDENCE_WEIGHTS;
    const double estimate = confidence_photo(confidence, evidence) *
                            sigmoid(combine(weights, evidence->photo, evidence->words));

    return isnan(estimate) ? 0 : estimate; /* of an infinite logarithm and a weight of 0 */
}

double confidence_uncalibrated(double log_prob, size_t count)
{
    return exp(log_prob / (double)(count + 1));
}

/* ---- In the model file ---- */

enum { PHOTOS, EMPTY, WEIGHTS, ACTIVE, THRESHOLD, PARTS };
static const char *const parts[PARTS] = {"photos", "empty", "weights", "active", "threshold"};

static void part_name(char name[TN_NAME_SIZE], const char *prefix, int part, const char *ending)
{
    snprintf(name, TN_NAME_SIZE, "%scalibration.%s%s", prefix, parts[part], ending);
}

static enum tn_status check_finite(const struct tn_file *file, const char *name,
                                   const float *values, size_t count, struct tn_error *err)
{
    for (size_t i = 0; i < count; i++)
        if (!isfinite(values[i]))
            return tn_fail(err, TN_FORMAT, "%s: tensor %s: number %zu is not finite",
                           tn_file_path(file), name, i);
    return TN_OK;
}

static enum tn_status get_centres(const struct tn_file *file, const char *prefix, int part,
                                  size_t features, struct tn_matrix *ret_centres,
                                  struct tn_error *err)
{
    const struct tn_tensor *tensor;
    char name[TN_NAME_SIZE];

    part_name(name, prefix, part, "");
    tensor = tn_file_find(file, name);
    if (!tensor)
        return tn_fail(err, TN_NOTFOUND, "%s: a calibration without the tensor %s",
                       tn_file_path(file), name);
    if (tensor->dtype != TN_I8 || tensor->rank != 2 || tensor->dims[0] < 1 ||
        tensor->dims[0] > CONFIDENCE_MAX_CENTRES || tensor->dims[1] != features)
        return tn_fail(err, TN_SHAPE, "%s: tensor %s: expected I8 with 1 to %d rows of %zu numbers",
                       tn_file_path(file), name, CONFIDENCE_MAX_CENTRES, features);
    TN_TRY(tn_matrix_get(file, name, tensor->dims[0], features, ret_centres, err));
    return check_finite(file, name, ret_centres->scale, ret_centres->rows, err);
}

static bool has_part(const struct tn_file *file, const char *prefix, int part)
{
    char name[TN_NAME_SIZE];

    part_name(name, prefix, part, "");
    return tn_file_find(file, name) != NULL;
}

/* The numbers of a part without scales. */
static enum tn_status get_numbers(const struct tn_file *file, const char *prefix, int part,
                                  size_t rank, const size_t *dims, const float **ret_numbers,
                                  struct tn_error *err)
{
    const struct tn_tensor *tensor;
    char name[TN_NAME_SIZE];

    part_name(name, prefix, part, "");
    TN_TRY(tn_file_get(file, name, TN_F32, rank, dims, &tensor, err));
    *ret_numbers = tensor->data;
    return check_finite(file, name, tensor->data, tensor->bytes / sizeof(float), err);
}

/* What older calibrations do not have: numbers[count] stay as they are. */
static enum tn_status get_later_numbers(const struct tn_file *file, const char *prefix, int part,
                                        size_t count, float *numbers, struct tn_error *err)
{
    const float *found = numbers;

    if (has_part(file, prefix, part))
        TN_TRY(get_numbers(file, prefix, part, 1, &count, &found, err));
    memmove(numbers, found, count * sizeof *numbers);
    return TN_OK;
}

enum tn_status confidence_get(const struct tn_file *file, const char *prefix, size_t features,
                              struct confidence *ret_confidence, struct tn_error *err)
{
    const size_t dims[] = {CONFIDENCE_FACTORS, CONFIDENCE_WEIGHTS};
    struct confidence c = {.least_photo = CONFIDENCE_LEAST_PHOTO};
    bool any = false;

    for (int part = 0; part < PARTS; part++)
        any = any || has_part(file, prefix, part);
    if (any) {
        TN_TRY(get_centres(file, prefix, PHOTOS, features, &c.photos, err));
        TN_TRY(get_centres(file, prefix, EMPTY, features, &c.empty, err));
        TN_TRY(get_numbers(file, prefix, WEIGHTS, 2, dims, &c.weights, err));
        TN_TRY(get_later_numbers(file, prefix, ACTIVE, 2, c.active, err));
        TN_TRY(get_later_numbers(file, prefix, THRESHOLD, 1, &c.least_photo, err));
    }
    *ret_confidence = c;
    return TN_OK;
}

enum tn_status confidence_save(const char *path, const struct tn_file *file, const char *language,
                               const struct confidence *confidence, const char *note,
                               struct tn_error *err)
{
    const struct tn_matrix *centres[] = {&confidence->photos, &confidence->empty};
    char prefix[MODEL_KEY_SIZE], names[PARTS][TN_NAME_SIZE], scales[WEIGHTS][TN_NAME_SIZE];
    struct tn_tensor tensors[PARTS + WEIGHTS];
    const struct model_part part = {.language = language,
                                    .ending = MODEL_KEY_CALIBRATION,
                                    .tensors = tensors,
                                    .count = PARTS + WEIGHTS,
                                    .note = note};

    model_key(prefix, language, "");
    for (int i = 0; i < PARTS; i++)
        part_name(names[i], prefix, i, "");
    for (int i = 0; i < WEIGHTS; i++) {
        const size_t rows = centres[i]->rows, columns = centres[i]->columns;

        part_name(scales[i], prefix, i, "_scale");
        tensors[2 * i] = model_part_tensor(names[i], TN_I8, rows, columns, centres[i]->data);
        tensors[2 * i + 1] = model_part_tensor(scales[i], TN_F32, rows, 0, centres[i]->scale);
    }
    tensors[2 * WEIGHTS] = model_part_tensor(names[WEIGHTS], TN_F32, CONFIDENCE_FACTORS,
                                             CONFIDENCE_WEIGHTS, confidence->weights);
    tensors[WEIGHTS + ACTIVE] = model_part_tensor(names[ACTIVE], TN_F32, 2, 0, confidence->active);
    tensors[WEIGHTS + THRESHOLD] =
        model_part_tensor(names[THRESHOLD], TN_F32, 1, 0, &confidence->least_photo);
    return model_part_save(path, file, &part, err);
}
