/* SPDX-License-Identifier: MIT */
/* Which photos of a set are kept, and each one's captions put together. */
#include "base/path.h"
#include "data/sets/dataset_paths_private.h"
#include "vocab/tokenize.h"

#include <stdlib.h>
#include <string.h>

static bool is_wanted(const struct data_photo *photo, const struct data_set_options *options)
{
    bool any = false;

    if (photo->split == DATA_SPLIT_OUT)
        return false;
    for (int i = 0; i < 3; i++) {
        if (options->splits[i] != DATA_SPLIT_NONE && options->splits[i] == photo->split)
            return true;
        any = any || options->splits[i] != DATA_SPLIT_NONE;
    }
    return !any || photo->split == DATA_SPLIT_NONE;
}

struct selection {
    struct data_set *dataset;
    struct data_builder *builder;
    const struct data_set_options *options;
    struct data_finder finder;
    struct tn_map paths; /* of the photos that stay; value: the photo */
    size_t *counts;      /* [photos]: each one's captions; owned */
    size_t *to;          /* [photos]: each one's new number; SIZE_MAX for those that go */
    size_t kept;
};

/* ASCII letters and digits are words; of anything else the tokeniser knows. */
static enum tn_status has_word(const char *text, struct vocab_tokens *tokens, bool *ret_has,
                               struct tn_error *err)
{
    *ret_has = true;
    for (const char *at = text; *at; at++)
        if ((*at >= '0' && *at <= '9') || (*at >= 'A' && *at <= 'Z') || (*at >= 'a' && *at <= 'z'))
            return TN_OK;
    TN_TRY(vocab_tokenize(VOCAB_ENGLISH, text, strlen(text), tokens, err));
    *ret_has = tokens->count > 0;
    return TN_OK;
}

/* Counts the captions of each photo, and drops those that say nothing. */
static enum tn_status count_captions(struct selection *s, struct tn_error *err)
{
    struct data_set *set = s->dataset;
    struct vocab_tokens tokens = {0};
    enum tn_status status = TN_OK;
    size_t kept = 0;

    for (size_t i = 0; i < set->caption_count && status == TN_OK; i++) {
        const size_t photo = set->captions[i].photo;
        bool has = false;

        status = has_word(data_set_caption(set, i), &tokens, &has, err);
        if (has) {
            set->captions[kept++] = set->captions[i];
            s->counts[photo]++;
        } else if (is_wanted(&set->photos[photo], s->options)) {
            data_note_add(&set->notes[DATA_NOTE_WORDLESS], data_set_name(set, photo));
        }
    }
    set->caption_count = kept;
    vocab_tokens_finish(&tokens);
    return status;
}

/* A photo that two names lead to is one.  Not so where only their ends do: /a/1.jpg and /b/1.jpg
 * were two on the machine that the list comes from. */
static enum tn_status keep_photo(struct selection *s, size_t photo, struct tn_error *err)
{
    const char *path = data_set_path(s->dataset, photo);
    const size_t before = s->paths.count;
    size_t entry, first;

    TN_TRY(tn_map_add(&s->paths, path, strlen(path), &entry, err));
    if (s->paths.count > before) {
        s->paths.entries[entry].value = photo;
        s->to[photo] = s->kept++;
        return TN_OK;
    }
    first = (size_t)s->paths.entries[entry].value;
    if (data_are_two_files(data_set_name(s->dataset, first), data_set_name(s->dataset, photo)))
        return tn_fail(err, TN_FORMAT,
                       "%s: %s and %s may both be %s; name the folder that has both with --images, "
                       "or mend the list",
                       s->builder->source, data_set_name(s->dataset, first),
                       data_set_name(s->dataset, photo), path);
    s->to[photo] = s->to[first];
    if (s->dataset->photos[photo].split > s->dataset->photos[first].split)
        s->dataset->photos[first].split = s->dataset->photos[photo].split;
    return TN_OK;
}

/* Finds where the photo lies; *ret_there: it lies anywhere. */
static enum tn_status set_path(struct selection *s, size_t photo, bool *ret_there,
                               struct tn_error *err)
{
    const char *name = data_set_name(s->dataset, photo);
    enum tn_status status;
    char *path;

    *ret_there = s->dataset->photos[photo].size > 0;
    if (*ret_there)
        return TN_OK;
    TN_TRY(data_find_photo(&s->finder, name, &path, err));
    if (!path && !s->options->without_files)
        return TN_OK;
    if (!path && !(path = tn_path_join(s->finder.images, name)))
        return tn_fail_nomem(err, strlen(name));
    if (strlen(path) < strlen(name) || strcmp(path + strlen(path) - strlen(name), name) != 0 ||
        (name[0] == '/' && strlen(path) != strlen(name)))
        data_note_add(&s->dataset->notes[DATA_NOTE_RENAMED], name);
    status =
        data_builder_text(s->builder, path, strlen(path), &s->dataset->photos[photo].path, err);
    free(path);
    *ret_there = true;
    return status;
}

static enum tn_status choose_photos(struct selection *s, struct tn_error *err)
{
    struct data_set *set = s->dataset;

    for (size_t i = 0; i < set->photo_count; i++) {
        bool there;

        s->to[i] = SIZE_MAX;
        if (!is_wanted(&set->photos[i], s->options))
            continue;
        if (s->counts[i] == 0) {
            data_note_add(&set->notes[DATA_NOTE_UNDESCRIBED], data_set_name(set, i));
            continue;
        }
        TN_TRY(set_path(s, i, &there, err));
        if (there)
            TN_TRY(keep_photo(s, i, err));
        else
            data_note_add(&set->notes[DATA_NOTE_MISSING], data_set_name(set, i));
    }
    return TN_OK;
}

/* Keeps the chosen photos and their captions, both in their first order. */
static enum tn_status keep_chosen(const struct selection *s, struct tn_error *err)
{
    struct data_set *set = s->dataset;
    struct data_caption *room = malloc((set->caption_count + 1) * sizeof *room);
    size_t photos = 0, captions = 0;

    if (!room)
        return tn_fail_nomem(err, set->caption_count * sizeof *room);
    for (size_t i = 0; i < set->photo_count; i++)
        if (s->to[i] == photos)
            set->photos[photos++] = set->photos[i];
    for (size_t i = 0; i < set->caption_count; i++) {
        const size_t photo = s->to[set->captions[i].photo];

        if (photo != SIZE_MAX)
            set->captions[captions++] = (struct data_caption){photo, set->captions[i].text};
    }
    set->photo_count = photos;
    set->caption_count = captions;
    data_set_gather(set, room);
    return TN_OK;
}

static enum tn_status check_selection(const struct selection *s, const char *source,
                                      struct tn_error *err)
{
    const struct data_note *missing = &s->dataset->notes[DATA_NOTE_MISSING];
    const struct data_note *wordless = &s->dataset->notes[DATA_NOTE_WORDLESS];

    if (missing->count > 0 && (!s->options->skip_missing || s->kept == 0))
        return tn_fail(err, TN_NOTFOUND,
                       "%s: %zu of %zu photos are not in %s (%s%s); name their folder with "
                       "--images, or leave them out with --skip-missing",
                       source, missing->count, missing->count + s->kept, s->finder.images,
                       missing->first, missing->count > 3 ? ", ..." : "");
    if (s->kept == 0 && wordless->count > 0)
        return tn_fail(err, TN_NOTFOUND, "%s: no caption contains a word, the first: %s", source,
                       wordless->first);
    if (s->kept == 0)
        return tn_fail(err, TN_NOTFOUND, "%s: no photo with a caption is in the wanted split",
                       source);
    return TN_OK;
}

enum tn_status data_set_select(struct data_builder *builder, const char *source, const char *images,
                               const struct data_set_options *options, struct tn_error *err)
{
    struct data_set *dataset = builder->dataset;
    struct selection s = {.dataset = dataset,
                          .builder = builder,
                          .options = options,
                          .finder = {.images = images},
                          .counts = calloc(2 * dataset->photo_count + 1, sizeof *s.counts)};
    enum tn_status status;

    if (!s.counts)
        return tn_fail_nomem(err, 2 * dataset->photo_count * sizeof *s.counts);
    s.to = s.counts + dataset->photo_count;
    status = count_captions(&s, err);
    if (status == TN_OK)
        status = choose_photos(&s, err);
    if (status == TN_OK)
        status = check_selection(&s, source, err);
    if (status == TN_OK)
        status = keep_chosen(&s, err);
    data_finder_finish(&s.finder);
    tn_map_finish(&s.paths);
    free(s.counts);
    return status;
}
