/* SPDX-License-Identifier: MIT */
/* What the parts of a run share: batch_read.c reads ahead, batch.c captions, batch_put.c puts. */
#ifndef APP_BATCH_PRIVATE_H
#define APP_BATCH_PRIVATE_H

#include "app/caption/batch.h"
#include "app/cli/companion.h"
#include "app/cli/console.h"
#include "app/cli/walk_total.h"
#include "models/captioner/photo_encoder.h"

#include <pthread.h>

enum { APP_WINDOW = 3 * APP_BATCH_AT_ONCE }; /* places per process */

enum app_slot_state { APP_SLOT_READING, APP_SLOT_READ, APP_SLOT_DONE };
enum app_slot_outcome {
    APP_SLOT_CAPTIONED,
    APP_SLOT_FAILED,
    APP_SLOT_HELD,
    APP_SLOT_NO_PHOTO,
    APP_SLOT_COMPANION
};

/* A place in the window: an input on its way. */
struct app_batch_slot {
    enum app_slot_state state;
    enum app_slot_outcome outcome; /* once it is done */
    struct app_input input;
    unsigned char *bytes; /* of standard input, of which there is no file; NULL: of others */
    size_t size;
    unsigned char *pixels;          /* [PHOTO_BYTES]; kept from photo to photo */
    struct app_thumbnail thumbnail; /* no bytes when nobody wants one */
    struct captioner_result *result, *further[APP_MOST_TRANSLATIONS];
    struct tn_error error;   /* of APP_SLOT_FAILED */
    enum meta_author author; /* of APP_SLOT_HELD */
};

struct app_batch_run {
    const struct app_batch *batch;
    struct app_batch_counts counts;
    struct app_status status;
    size_t not_photos;                /* files that the walk found and that are none */
    struct app_companions companions; /* those of them that were named */

    struct app_walk *walk;    /* under turn */
    struct app_source source; /* likewise */
    bool *found;           /* [operand_count + 1]: the operand has a photo; under mutex */
    pthread_mutex_t turn;  /* whoever takes the next input */
    pthread_mutex_t large; /* whoever decodes a photo that takes much memory */

    pthread_mutex_t mutex; /* what follows */
    pthread_cond_t room, progressed;
    struct app_batch_slot *slots; /* [places]; owned */
    size_t places;
    size_t head, tail; /* the window: inputs [head, tail), in slots[i % places] */
    bool ended;        /* no input is taken any more */
    bool waiting;      /* the next input has to be waited for */
    size_t walk_failures;
    enum tn_status failure; /* of the walk itself */
    struct tn_error why;

    pthread_t *readers;
    size_t reader_count;
    struct app_walk_total total;
    size_t at_once;                 /* photos that are captioned in a round */
    struct app_batch_slot **chosen; /* [at_once]: those of the round; owned */
    struct tn_pool *pool;           /* of a team's process, which reads in rounds; or NULL */
    bool thumbnails; /* some output wants them */
    bool features;   /* some output wants V: */
    float *vectors;  /* [places + APP_BATCH_AT_ONCE][V], of the slots and of the batch that is
                        captioned; or NULL */
};

/* Whose caption of that photo stays as it is in every durable output: META_PERSON if in any;
 * META_NOBODY unless all hold one, and there is one. */
enum meta_author app_batch_held(const struct app_batch *batch, const char *path);

/* Whether more would be replaced, were it not for a person's words. */
bool app_batch_spares_persons(const struct app_batch *batch);
/* V of the slot, where some output wants it. */
float *app_batch_vector(const struct app_batch_run *run, const struct app_batch_slot *slot);
/* Puts what is done at the head of the window, in order, and gives its places back. */
TN_NODISCARD enum tn_status app_batch_put_done(struct app_batch_run *run, struct tn_error *err);
/* Ends the outputs; complete: nothing cut the run short. */
TN_NODISCARD enum tn_status app_batch_finish_outputs(struct app_batch_run *run, bool complete,
                                                     struct tn_error *err);

/* Starts the readers.  Errors: TN_NOMEM, and those of app_walk_create. */
TN_NODISCARD enum tn_status app_batch_begin(const struct app_batch *batch,
                                            struct app_batch_run **ret_run, struct tn_error *err);
/* Ends the readers; each finishes its photo. */
void app_batch_stop(struct app_batch_run *run);
void app_batch_end(struct app_batch_run *run);

/* Whether no input is left, in the window or to be taken. */
bool app_batch_is_over(struct app_batch_run *run);
/* Whether the walk came to its end, or why not. */
TN_NODISCARD enum tn_status app_batch_failure(struct app_batch_run *run, struct tn_error *err);
/* The files that there are, as far as they are counted; at least those taken. */
size_t app_batch_total(struct app_batch_run *run);

/* Reads the slot's photo: decoded, and resized for the network. */
TN_NODISCARD enum tn_status app_batch_read_photo(struct app_batch_run *run,
                                                 struct app_batch_slot *slot, struct tn_error *err);
/* Captions slots[count] that are read, at most APP_BATCH_AT_ONCE. */
TN_NODISCARD enum tn_status app_batch_caption(struct app_batch_run *run,
                                              struct app_batch_slot *const *slots, size_t count,
                                              struct tn_error *err);
/* Gives back what a slot holds, but for its pixels' memory. */
void app_batch_release(struct app_batch_slot *slot);
/* Makes room for V of all slots, if it is wanted. */
TN_NODISCARD enum tn_status app_batch_want_vectors(struct app_batch_run *run, bool wanted,
                                                   struct tn_error *err);

/* The leader of a team: has slots[count] read and captioned by all its processes. */
TN_NODISCARD enum tn_status app_batch_caption_together(struct app_batch_run *run,
                                                       struct app_batch_slot *const *slots,
                                                       size_t count, struct tn_error *err);
/* The same, at the end of the run: there is no more to do for them. */
void app_batch_release_followers(void);

#endif
