/* SPDX-License-Identifier: MIT */
#include "models/confidence.h"

#include "models/model_keys.h"

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
    double norm = 0;

    for (size_t j = 0; j < confidence->photos.columns; j++)
        norm += (double)features[j] * (double)features[j];
    norm = sqrt(norm);
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

static double sigmoid(const float *weights, double x, double y)
{
    return 1 / (1 + exp(-((double)weights[0] + (double)weights[1] * x + (double)weights[2] * y)));
}

double confidence_estimate(const float *weights, const struct confidence_evidence *evidence)
{
    return sigmoid(weights, evidence->photo, evidence->empty) *
           sigmoid(weights + CONFIDENCE_WEIGHTS, evidence->photo, evidence->words);
}

double confidence_uncalibrated(double log_prob, size_t count)
{
    return exp(log_prob / (double)(count + 1));
}

/* ---- In the model file ---- */

enum { PHOTOS, EMPTY, WEIGHTS, PARTS };
static const char *const parts[PARTS] = {"photos", "empty", "weights"};

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

enum tn_status confidence_get(const struct tn_file *file, const char *prefix, size_t features,
                              struct confidence *ret_confidence, struct tn_error *err)
{
    const size_t dims[] = {CONFIDENCE_FACTORS, CONFIDENCE_WEIGHTS};
    struct confidence confidence = {.weights = NULL};
    const struct tn_tensor *tensor;
    char name[TN_NAME_SIZE];
    bool any = false;

    for (int part = 0; part < PARTS; part++) {
        part_name(name, prefix, part, "");
        any = any || tn_file_find(file, name);
    }
    if (any) { /* name is that of the weights, the last part */
        TN_TRY(get_centres(file, prefix, PHOTOS, features, &confidence.photos, err));
        TN_TRY(get_centres(file, prefix, EMPTY, features, &confidence.empty, err));
        TN_TRY(tn_file_get(file, name, TN_F32, 2, dims, &tensor, err));
        confidence.weights = tensor->data;
        TN_TRY(check_finite(file, name, confidence.weights, dims[0] * dims[1], err));
    }
    *ret_confidence = confidence;
    return TN_OK;
}

/* What a copy of a model file consists of. */
struct copy {
    struct tn_tensor *tensors;
    struct tn_metadata *metadata;
    size_t tensor_count, metadata_count;
};

static enum tn_status copy_file(const struct tn_file *file, const char *language, struct copy *copy,
                                struct tn_error *err)
{
    const size_t tensors = tn_file_count(file), entries = tn_file_metadata_count(file);

    copy->tensors = calloc(tensors + 2 * PARTS, sizeof *copy->tensors);
    copy->metadata = calloc(entries + 1, sizeof *copy->metadata);
    if (!copy->tensors || !copy->metadata)
        return tn_fail_nomem(err, tensors * sizeof *copy->tensors);
    for (size_t i = 0; i < tensors; i++)
        if (!model_is_calibration(tn_file_at(file, i)->name, language))
            copy->tensors[copy->tensor_count++] = *tn_file_at(file, i);
    for (size_t i = 0; i < entries; i++) {
        struct tn_metadata *entry = &copy->metadata[copy->metadata_count];

        tn_file_metadata_at(file, i, &entry->key, &entry->value);
        copy->metadata_count += !model_is_calibration(entry->key, language);
    }
    return TN_OK;
}

static void add(struct copy *copy, const char *name, enum tn_dtype dtype, size_t rows,
                size_t columns, const void *data)
{
    copy->tensors[copy->tensor_count++] =
        (struct tn_tensor){.name = name,
                           .dtype = dtype,
                           .rank = columns > 0 ? 2 : 1,
                           .dims = {rows, columns},
                           .data = data,
                           .bytes = rows * (columns > 0 ? columns : 1) * tn_dtype_size(dtype)};
}

enum tn_status confidence_save(const char *path, const struct tn_file *file, const char *language,
                               const struct confidence *confidence, const char *note,
                               struct tn_error *err)
{
    const struct tn_matrix *centres[] = {&confidence->photos, &confidence->empty};
    char prefix[MODEL_KEY_SIZE], key[MODEL_KEY_SIZE];
    char names[PARTS][TN_NAME_SIZE], scales[PARTS][TN_NAME_SIZE];
    struct copy copy = {.tensors = NULL};
    enum tn_status status = copy_file(file, language, &copy, err);

    model_key(prefix, language, "");
    model_key(key, language, MODEL_KEY_CALIBRATION);
    for (int part = 0; part < PARTS && status == TN_OK; part++) {
        part_name(names[part], prefix, part, "");
        part_name(scales[part], prefix, part, "_scale");
        if (part == WEIGHTS) {
            add(&copy, names[part], TN_F32, CONFIDENCE_FACTORS, CONFIDENCE_WEIGHTS,
                confidence->weights);
            continue;
        }
        add(&copy, names[part], TN_I8, centres[part]->rows, centres[part]->columns,
            centres[part]->data);
        add(&copy, scales[part], TN_F32, centres[part]->rows, 0, centres[part]->scale);
    }
    if (status == TN_OK) {
        copy.metadata[copy.metadata_count++] = (struct tn_metadata){key, note};
        status = tn_file_save(path, copy.tensors, copy.tensor_count, copy.metadata,
                              copy.metadata_count, err);
    }
    free(copy.tensors);
    free(copy.metadata);
    return status;
}
