/* SPDX-License-Identifier: MIT */
#include "data/teacher.h"

#include "base/hash.h"
#include "base/map.h"
#include "base/path.h"
#include "data/text.h"
#include "tensor/half.h"
#include "tensor/pointwise.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char extension[] = ".safetensors", list_suffix[] = "-images.txt";

static const float z_step = 6.0F / 127;

/* x.safetensors -> x-images.txt; the caller frees it. */
static char *list_path(const char *path)
{
    size_t length = strlen(path);
    char *out = malloc(length + sizeof list_suffix);

    if (!out)
        return NULL;
    if (length >= sizeof extension - 1 &&
        strcmp(path + length - (sizeof extension - 1), extension) == 0)
        length -= sizeof extension - 1;
    memcpy(out, path, length);
    memcpy(out + length, list_suffix, sizeof list_suffix);
    return out;
}

static bool is_finite(const struct tn_tensor *tensor)
{
    if (tensor->dtype == TN_F32)
        return tn_all_finite(tensor->data, tensor->bytes / sizeof(float));
    return tensor->dtype != TN_F16 ||
           tn_half_all_finite(tensor->data, tensor->bytes / sizeof(uint16_t));
}

static enum tn_status add_part(struct teacher *teacher, const struct tn_tensor *tensor,
                               struct tn_error *err)
{
    const char *path = tn_file_path(teacher->file);
    struct teacher_part part = {.values = tensor, .first = teacher->width};
    char name[TN_NAME_SIZE + sizeof "_scale"];
    const struct tn_tensor *scale = NULL;

    if (teacher->part_count == TEACHER_MAX_PARTS)
        return tn_fail(err, TN_RANGE, "%s: more than %d tensors of features", path,
                       TEACHER_MAX_PARTS);
    part.rows = tensor->dims[0];
    part.width = tensor->dims[1];
    if (part.rows == 0 || part.width == 0 || part.width > 65536)
        return tn_fail(err, TN_SHAPE,
                       "%s: %s is [%zu][%zu]; expected 1 to 65536 features per photo", path,
                       tensor->name, part.rows, part.width);
    snprintf(name, sizeof name, "%s_scale", tensor->name);
    if (tensor->dtype == TN_I8 && tn_file_find(teacher->file, name)) {
        TN_TRY(tn_file_get(teacher->file, name, TN_F32, 1, &part.rows, &scale, err));
        part.scale = scale->data;
    }
    if (!is_finite(part.scale ? scale : tensor))
        return tn_fail(err, TN_FORMAT, "%s: %s contains what is no finite number", path,
                       part.scale ? scale->name : tensor->name);
    teacher->parts[teacher->part_count++] = part;
    teacher->width += part.width;
    return TN_OK;
}

static enum tn_status find_parts(struct teacher *teacher, struct tn_error *err)
{
    for (size_t i = 0; i < tn_file_count(teacher->file); i++) {
        const struct tn_tensor *tensor = tn_file_at(teacher->file, i);

        if (tensor->rank == 2 &&
            (tensor->dtype == TN_I8 || tensor->dtype == TN_F16 || tensor->dtype == TN_F32))
            TN_TRY(add_part(teacher, tensor, err));
    }
    return teacher->part_count > 0
               ? TN_OK
               : tn_fail(err, TN_FORMAT,
                         "%s: no features in it; expected tensors [photos][features] of type I8, "
                         "F16 or F32",
                         tn_file_path(teacher->file));
}

/* Enters the list's lines, by their file names. */
static enum tn_status index_lines(struct tn_map *lines, const char *text, struct tn_error *err)
{
    for (size_t row = 0; *text; row++) {
        const size_t length = strcspn(text, "\r\n");
        const size_t before = lines->count;
        const char *name = text + length;
        size_t line;

        while (name > text && name[-1] != '/')
            name--;
        if (length > 0)
            TN_TRY(tn_map_add(lines, name, (size_t)(text + length - name), &line, err));
        if (lines->count > before)
            lines->entries[line].value = row;
        text += length;
        text += *text == '\r';
        text += *text == '\n';
    }
    return TN_OK;
}

static enum tn_status find_photos(struct teacher *teacher, const struct data_set *dataset,
                                  const char *list, struct tn_error *err)
{
    struct tn_map lines = {0};
    enum tn_status status;
    char *text;
    size_t size;

    TN_TRY(data_read_text(list, &text, &size, err));
    status = index_lines(&lines, text, err);
    for (size_t i = 0; status == TN_OK && i < dataset->photo_count; i++) {
        const char *name = tn_path_name(data_set_path(dataset, i));
        const size_t line = tn_map_find(&lines, name, strlen(name));

        teacher->rows[i] = line == TN_MAP_NONE ? SIZE_MAX : lines.entries[line].value;
        teacher->known += line != TN_MAP_NONE;
    }
    if (status == TN_OK && teacher->known == 0)
        status = tn_fail(err, TN_NOTFOUND, "%s names none of the photos that are trained on", list);
    tn_map_finish(&lines);
    free(text);
    return status;
}

enum tn_status teacher_open(const char *path, const struct data_set *dataset,
                            struct teacher *ret_teacher, struct tn_error *err)
{
    struct teacher made = {.photos = dataset->photo_count,
                           .rows = malloc((dataset->photo_count + 1) * sizeof *made.rows)};
    char *list = list_path(path);
    enum tn_status status;

    if (!made.rows || !list)
        status = tn_fail_nomem(err, dataset->photo_count * sizeof *made.rows);
    else
        status = tn_file_open(path, &made.file, err);
    if (status == TN_OK)
        status = find_parts(&made, err);
    if (status == TN_OK)
        status = find_photos(&made, dataset, list, err);
    free(list);
    if (status == TN_OK)
        *ret_teacher = made;
    else
        teacher_finish(&made);
    return status;
}

void teacher_finish(struct teacher *teacher)
{
    tn_file_close(teacher->file);
    free(teacher->rows);
    memset(teacher, 0, sizeof *teacher);
}

void teacher_fingerprint(const struct teacher *teacher, char ret_text[17])
{
    uint64_t hash = tn_hash_block(0, teacher->rows, teacher->photos * sizeof *teacher->rows);

    for (size_t i = 0; i < teacher->part_count; i++) {
        const struct teacher_part *part = &teacher->parts[i];
        const uint64_t shape[] = {part->values->dtype, part->rows, part->width,
                                  part->scale != NULL};

        hash = tn_hash_block(hash, shape, sizeof shape);
        hash = tn_hash_block(hash, part->values->data, part->values->bytes);
        if (part->scale)
            hash = tn_hash_block(hash, part->scale, part->rows * sizeof *part->scale);
    }
    snprintf(ret_text, 17, "%016" PRIx64, hash);
}

bool teacher_get(const struct teacher *teacher, const struct teacher_part *part, size_t photo,
                 float *out)
{
    const size_t row = teacher->rows[photo], start = row * part->width;

    if (row >= part->rows) /* of a photo without a row too */
        return false;
    if (part->values->dtype == TN_F32) {
        memcpy(out, (const float *)part->values->data + start, part->width * sizeof *out);
    } else if (part->values->dtype == TN_F16) {
        tn_half_to_float(out, (const uint16_t *)part->values->data + start, part->width);
    } else {
        const signed char *q = (const signed char *)part->values->data + start;
        const float scale = part->scale ? part->scale[row] : z_step;

        for (size_t i = 0; i < part->width; i++)
            out[i] = (float)q[i] * scale;
    }
    return true;
}
