/* SPDX-License-Identifier: MIT */
/* What the keywords' probabilities are made with, in the model file. */
#include "models/captioner/keywords.h"
#include "models/file/model_part.h"

#include <math.h>
#include <stdio.h>

#define WEIGHTS "keywords.weights"

enum tn_status keywords_get(const struct tn_file *file, const char *prefix,
                            const float **ret_weights, struct tn_error *err)
{
    const size_t dims[] = {KEYWORDS_WEIGHTS};
    const struct tn_tensor *tensor;
    const float *weights = NULL;
    char name[TN_NAME_SIZE];

    snprintf(name, sizeof name, "%s" WEIGHTS, prefix);
    if (tn_file_find(file, name)) {
        TN_TRY(tn_file_get(file, name, TN_F32, 1, dims, &tensor, err));
        weights = tensor->data;
        for (size_t i = 0; i < KEYWORDS_WEIGHTS; i++)
            if (!isfinite(weights[i]))
                return tn_fail(err, TN_FORMAT, "%s: tensor %s: number %zu is not finite",
                               tn_file_path(file), name, i);
    }
    *ret_weights = weights;
    return TN_OK;
}

enum tn_status keywords_save(const char *path, const struct tn_file *file, const char *language,
                             const float *weights, const char *note, struct tn_error *err)
{
    char prefix[MODEL_KEY_SIZE], name[TN_NAME_SIZE] = WEIGHTS;
    const struct tn_tensor tensor = model_part_tensor(name, TN_F32, KEYWORDS_WEIGHTS, 0, weights);
    const struct model_part part = {.language = language,
                                    .ending = MODEL_KEY_KEYWORDS,
                                    .tensors = &tensor,
                                    .count = 1,
                                    .note = note};

    model_key(prefix, language, "");
    snprintf(name, sizeof name, "%s" WEIGHTS, prefix);
    return model_part_save(path, file, &part, err);
}
