/* SPDX-License-Identifier: MIT */
#include "data/imagine/imagine_private.h"
#include "data/sets/builder.h"
#include "data/text.h"
#include "vocab/units.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Lines of one photo are alike beyond UNRELATED, which is the cosine of two that have nothing to do
 * with each other; of cuts that differ by less than SLACK the one into longer groups is taken. */
static const float UNRELATED = 0.09F, SLACK = 0.02F;

static enum tn_status add_line(struct data_builder *builder, const char *line, size_t length,
                               size_t number, struct tn_error *err)
{
    char name[32];
    size_t photo;

    if (length > DATA_MAX_CAPTION)
        return tn_fail(err, TN_FORMAT,
                       "%s: line %zu is longer than 64 KiB; expected one caption per line",
                       builder->source, number);
    snprintf(name, sizeof name, "text:%zu", number);
    TN_TRY(data_builder_photo(builder, name, strlen(name), &photo, err));
    builder->dataset->photos[photo].first = builder->dataset->caption_count;
    builder->dataset->photos[photo].caption_count = 1;
    builder->dataset->photos[photo].split = DATA_SPLIT_TRAIN;
    return data_builder_caption(builder, photo, line, length, err);
}

static enum tn_status add_lines(struct data_builder *builder, const char *text, size_t size,
                                struct tn_error *err)
{
    const char *const end = text + size;
    struct tn_error why = {.text = ""};

    if (vocab_check_text(VOCAB_CHARS, text, size, &why) != TN_OK)
        return tn_fail(err, TN_FORMAT, "%s: %s", builder->source, why.text);
    for (size_t number = 1; text < end; number++) {
        const size_t length = strcspn(text, "\n");

        if (strspn(text, " \t\r\v\f") < length)
            TN_TRY(add_line(builder, text, length, number, err));
        text += length + 1;
    }
    return TN_OK;
}

enum tn_status imagine_read_lines(const char *path, struct data_set *dataset, struct tn_error *err)
{
    struct data_builder builder = {.dataset = dataset, .source = path};
    enum tn_status status;
    size_t size;
    char *text;

    TN_TRY(data_read_text(path, &text, &size, err));
    status = add_lines(&builder, text, size, err);
    free(text);
    tn_map_finish(&builder.names);
    if (status == TN_OK && dataset->caption_count == 0)
        return tn_fail(err, TN_FORMAT, "%s: no captions in it; expected one per line", path);
    return status;
}

/* The cosine of two vectors whose lengths are given. */
static float similarity(const struct imagine_bags *bags, const float *lengths, size_t i, size_t j)
{
    size_t a = bags->starts[i], b = bags->starts[j];
    float sum = 0;

    while (a < bags->starts[i + 1] && b < bags->starts[j + 1]) {
        const size_t x = bags->ids[a], y = bags->ids[b];

        if (x == y)
            sum += bags->weights[a] * bags->weights[b];
        a += x <= y;
        b += y <= x;
    }
    return sum > 0 ? sum / (lengths[i] * lengths[j]) : 0;
}

static void measure_bags(const struct imagine_bags *bags, float *lengths)
{
    for (size_t i = 0; i < bags->count; i++) {
        float squares = 0;

        for (size_t e = bags->starts[i]; e < bags->starts[i + 1]; e++)
            squares += bags->weights[e] * bags->weights[e];
        lengths[i] = sqrtf(squares);
    }
}

/* best[e]: the score of the best cut of the first e lines, whose last group begins at begins[e]. */
static void find_cut(const struct imagine_bags *lines, const float *lengths, float *best,
                     size_t *begins)
{
    best[0] = 0;
    for (size_t end = 1; end <= lines->count; end++) {
        float score = 0;

        best[end] = -INFINITY;
        for (size_t size = 1; size <= IMAGINE_LONGEST_GROUP && size <= end; size++) {
            const size_t first = end - size;

            for (size_t other = first + 1; other < end; other++)
                score += similarity(lines, lengths, first, other) - UNRELATED;
            if (best[first] + score + SLACK > best[end]) {
                best[end] = best[first] + score;
                begins[end] = first;
            }
        }
    }
}

enum tn_status imagine_cut(const struct imagine_bags *lines, size_t *starts, size_t *ret_groups,
                           struct tn_error *err)
{
    const size_t count = lines->count;
    float *lengths = malloc((2 * count + 1) * sizeof *lengths);
    size_t *begins = malloc((count + 1) * sizeof *begins), groups = 0;

    if (!lengths || !begins) {
        free(lengths);
        free(begins);
        return tn_fail_nomem(err, (2 * count + 1) * sizeof *begins);
    }
    measure_bags(lines, lengths);
    find_cut(lines, lengths, lengths + count, begins);
    for (size_t end = count; end > 0; end = begins[end])
        groups++;
    starts[groups] = count;
    for (size_t end = count, group = groups; end > 0; end = begins[end])
        starts[--group] = begins[end];
    free(lengths);
    free(begins);
    *ret_groups = groups;
    return TN_OK;
}
