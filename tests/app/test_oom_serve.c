/* SPDX-License-Identifier: MIT */
/* Memory runs out in the server: what is lost is a request at most, and is no leak. */
#include "tests/support/folder.h"
#include "tests/support/oom.h"
#include "tests/support/suite.h"

#include "app/serve/access.h"
#include "app/serve/clients.h"
#include "app/serve/engine.h"
#include "app/serve/metrics.h"
#include "app/serve/plain_error.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* The operations leave nothing behind. */
static void check(void *context, enum tn_status status)
{
    (void)context;
    (void)status;
}

static void try(const char *name, enum tn_status (*run)(void *context, struct tn_error *err),
                void *context)
{
    const struct oom_operation operation = {name, run, check};

    ck_assert_uint_gt(oom_try(&operation, context), 0);
}

static enum tn_status enter_and_leave(void *context, struct tn_error *err)
{
    struct serve_clients *clients;
    struct serve_client *client;

    (void)context;
    TN_TRY(serve_clients_create(10, &clients, err));
    client = serve_client_enter(clients, -1, NULL);
    if (client)
        serve_client_leave(clients, client);
    serve_clients_destroy(clients);
    return client ? TN_OK : tn_fail_nomem(err, 1);
}

static enum tn_status count_and_print(void *context, struct tn_error *err)
{
    struct serve_metrics *metrics;
    char *text;
    size_t size;

    (void)context;
    TN_TRY(serve_metrics_create(&metrics, err));
    serve_metrics_begin(metrics);
    serve_metrics_end(metrics, "/caption", 200, 0.1);
    serve_metrics_batch(metrics, 3);
    text = serve_metrics_text(metrics, &size);
    free(text);
    serve_metrics_destroy(metrics);
    return text ? TN_OK : tn_fail_nomem(err, 1);
}

static enum tn_status read_token(void *context, struct tn_error *err)
{
    char *token;

    TN_TRY(serve_read_token(context, &token, err));
    free(token);
    return TN_OK;
}

static enum tn_status write_error(void *context, struct tn_error *err)
{
    struct serve_answer answer;

    (void)context;
    if (serve_fail_plainly(400, "what was \"wrong\"", &answer) != TN_OK)
        return tn_fail_nomem(err, 1);
    free(answer.text);
    return TN_OK;
}

/* ---- A request whose photo is none ---- */

struct request {
    struct serve_job job; /* the head */
    pthread_mutex_t mutex;
    pthread_cond_t answered;
    bool done;
};

static void read_request(struct serve_job *job)
{
    static const char bytes[] = "no photo";

    job->call.photos[0] = (struct serve_photo){.bytes = bytes, .size = sizeof bytes};
    job->call.photo_count = 1;
}

static void answer_request(struct serve_job *job)
{
    struct request *request = (struct request *)job;

    pthread_mutex_lock(&request->mutex);
    request->done = true;
    pthread_cond_signal(&request->answered);
    pthread_mutex_unlock(&request->mutex);
}

static void on_batch(void *context, size_t photos)
{
    (void)context;
    (void)photos;
}

static enum tn_status ask_engine(void *context, struct tn_error *err)
{
    const struct serve_engine_options options = {.threads = 1, .on_batch = on_batch};
    struct request request = {.job = {.read = read_request, .answer = answer_request},
                              .mutex = PTHREAD_MUTEX_INITIALIZER,
                              .answered = PTHREAD_COND_INITIALIZER};
    const struct captioner_error *error = &request.job.call.photos[0].error;
    struct serve_engine *engine;

    (void)context;
    TN_TRY(serve_engine_create(&options, &engine, err));
    serve_engine_submit(engine, &request.job);
    pthread_mutex_lock(&request.mutex);
    while (!request.done)
        pthread_cond_wait(&request.answered, &request.mutex);
    pthread_mutex_unlock(&request.mutex);
    serve_engine_destroy(engine);
    return error->status == CAPTIONER_FORMAT ? TN_OK : tn_fail(err, TN_NOMEM, "%s", error->text);
}

START_TEST(test_the_parts)
{
    char folder[TEST_FOLDER_SIZE], path[128];
    FILE *stream;

    test_folder_make(folder);
    snprintf(path, sizeof path, "%s/token", folder);
    stream = fopen(path, "w");
    fputs("0123456789abcdef\n", stream);
    fclose(stream);
    ck_assert_int_eq(chmod(path, 0600), 0);
    try("a client comes and goes", enter_and_leave, NULL);
    try("metrics are printed", count_and_print, NULL);
    try("a token is read", read_token, path);
    try("an error is written", write_error, NULL);
    try("a request is answered", ask_engine, NULL);
    test_folder_remove(folder);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("oom_serve");
    TCase *tests = tcase_create("oom_serve");

    tcase_add_test(tests, test_the_parts);
    suite_add_tcase(suite, tests);
    return suite;
}
