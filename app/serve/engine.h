/* SPDX-License-Identifier: MIT */
/*
 * The photos of all requests, captioned together.  It knows nothing of HTTP:
 *
 *     submit -> read -> photos decoded by any thread -> up to 24 captioned at once -> answer
 *
 * Whatever has been decoded while a batch was captioned is the next batch, whoever sent it.  So a
 * photo that comes alone does not wait for others, and many share the network.
 */
#ifndef APP_ENGINE_H
#define APP_ENGINE_H

#include "app/serve/route.h"

/* A request on its way; the head of its owner's struct.  All members are zero at first. */
struct serve_job {
    struct serve_call call;
    /* Both are called once, in this order, by threads of the engine.  read fills the call; what it
     * leaves without photos is answered next.  From answer on the job is the owner's again. */
    void (*read)(struct serve_job *job);
    void (*answer)(struct serve_job *job);
    /* The engine's own. */
    struct serve_job *next;
    size_t taken, done; /* photos */
};

struct serve_engine_options {
    struct serve_voices *voices;
    size_t threads;    /* that decode photos; 0: one per core */
    size_t max_pixels; /* 0: the usual limit */
    /* Called for each batch, with its photos. */
    void (*on_batch)(void *context, size_t photos);
    void *context;
};

struct serve_engine;

/* options' voices stay as long as the engine.  Errors: TN_NOMEM. */
TN_NODISCARD enum tn_status serve_engine_create(const struct serve_engine_options *options,
                                                struct serve_engine **ret_engine,
                                                struct tn_error *err);
/* All jobs have been answered by then.  NULL is fine. */
void serve_engine_destroy(struct serve_engine *engine);
/* Any thread may call this. */
void serve_engine_submit(struct serve_engine *engine, struct serve_job *job);

#endif
