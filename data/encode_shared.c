/* SPDX-License-Identifier: MIT */
/* Photos that the processes of a team share: each encodes a part of every round, and all receive
 * all. */
#include "data/encode_private.h"

#include "cnn/int8/encoder.h"

#include <stdlib.h>
#include <string.h>

enum { ROUND = 512 }; /* photos: seconds of work for one process, and 16 MB */

/* What became of a photo. */
struct record {
    enum { NOT_YET, ENCODED, FAILED } state;
    struct data_photo_id id;
    struct tn_error failure;
};

struct round {
    const struct data_encode *encode;
    size_t first, count;    /* photos of the round */
    size_t mine, mine_end;  /* this process' own, counted from its first one */
    struct record *records; /* [ROUND] */
    float *values;          /* [ROUND][width] */
    size_t width;
    size_t *starts; /* [processes + 1] */
};

/* Where the share of a process begins. */
static size_t share(const struct round *r, size_t rank)
{
    return r->count * rank / team_size(r->encode->team);
}

static enum tn_status keep_photo(void *context, size_t photo, const struct data_encoded *encoded,
                                 struct tn_error *err)
{
    struct round *r = context;
    struct record *record = &r->records[r->mine + photo];

    (void)err;
    *record = (struct record){.state = encoded->values ? ENCODED : FAILED, .id = encoded->id};
    if (encoded->values)
        memcpy(r->values + (r->mine + photo) * r->width, encoded->values,
               r->width * sizeof *r->values);
    else
        record->failure = *encoded->failure;
    return TN_OK;
}

/* As if all processes were as far as this one. */
static bool report_all(void *context, const char *doing, size_t done, size_t count)
{
    const struct round *r = context;
    const size_t share = r->mine_end - r->mine;

    (void)count;
    done = r->first + (share > 0 ? r->count * done / share : 0);
    return !tn_progress_stops(&r->encode->progress, doing, done, r->encode->count);
}

static enum tn_status encode_share(struct round *r, const struct tn_file *weights,
                                   struct tn_pool *pool, struct tn_error *err)
{
    struct data_encode own = *r->encode;

    own.team = NULL;
    own.places += r->first + r->mine;
    own.count = r->mine_end - r->mine;
    own.context = r;
    own.take = keep_photo;
    own.progress = (struct tn_progress){report_all, r};
    return own.count > 0 ? data_encode_photos(&own, weights, pool, err) : TN_OK;
}

static void gather_round(struct round *r, void *items, size_t bytes)
{
    for (size_t rank = 0; rank <= team_size(r->encode->team); rank++)
        r->starts[rank] = share(r, rank) * bytes;
    team_gather(r->encode->team, items, r->starts);
}

static enum tn_status take_round(struct round *r, struct tn_error *err)
{
    for (size_t i = 0; i < r->count; i++) {
        const struct record *record = &r->records[i];
        const bool encoded = record->state == ENCODED;
        const struct data_encoded photo = {encoded ? r->values + i * r->width : NULL, record->id,
                                           encoded ? NULL : &record->failure};

        if (record->state != NOT_YET)
            TN_TRY(r->encode->take(r->encode->context, r->first + i, &photo, err));
    }
    return TN_OK;
}

static enum tn_status run_rounds(struct round *r, const struct tn_file *weights,
                                 struct tn_pool *pool, struct tn_error *err)
{
    struct team *team = r->encode->team;

    for (; r->first < r->encode->count; r->first += r->count) {
        const size_t left = r->encode->count - r->first;
        enum tn_status status;

        r->count = left < ROUND ? left : ROUND;
        r->mine = share(r, team_rank(team));
        r->mine_end = share(r, team_rank(team) + 1);
        memset(r->records, 0, ROUND * sizeof *r->records);
        status = encode_share(r, weights, pool, err);
        if (status != TN_OK && status != TN_CANCELLED)
            return status;
        gather_round(r, r->records, sizeof *r->records);
        gather_round(r, r->values, r->width * sizeof *r->values);
        TN_TRY(take_round(r, err));
        if (team_any(team, status == TN_CANCELLED))
            return tn_fail(err, TN_CANCELLED, "interrupted after %zu of %zu photos", r->first,
                           r->encode->count);
    }
    return TN_OK;
}

enum tn_status data_encode_shared(const struct data_encode *encode, const struct tn_file *weights,
                                  struct tn_pool *pool, struct tn_error *err)
{
    struct round r = {.encode = encode, .width = (encode->mirrored ? 2 : 1) * CNN_ENCODER_FEATURES};
    enum tn_status status;

    r.records = calloc(ROUND, sizeof *r.records);
    r.values = calloc(ROUND * r.width, sizeof *r.values);
    r.starts = calloc(team_size(encode->team) + 1, sizeof *r.starts);
    status = r.records && r.values && r.starts
                 ? run_rounds(&r, weights, pool, err)
                 : tn_fail_nomem(err, ROUND * r.width * sizeof *r.values);
    free(r.records);
    free(r.values);
    free(r.starts);
    return status;
}
