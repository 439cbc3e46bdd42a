/* SPDX-License-Identifier: MIT */
#include "app/training/trained.h"

#include "app/cli/model_path.h"
#include "app/cli/shared_options.h"
#include "app/cli/together.h"

#include <stdlib.h>

void app_trained_add_options(struct app_table *table, struct app_trained_options *options)
{
    const struct app_option rows[] = {
        app_option_model(&options->model),
        app_option_language(&options->language),
        app_option_threads(&options->threads),
    };

    app_data_add_options(table, &options->data, "keep the photos' features here");
    app_table_add(table, rows, APP_COUNT(rows));
}

enum tn_status app_trained_open(struct app_trained *trained,
                                const struct app_trained_options *options, struct tn_error *err)
{
    enum tn_status status;

    TN_TRY(app_model_path(options->model, &trained->path, err));
    TN_TRY(tn_pool_create(app_threads(options->threads), &trained->pool, err));
    TN_TRY(model_load(&trained->model, trained->path, err));
    status = model_find(&trained->model, options->language, &trained->chosen, err);
    if (status != TN_OK)
        model_finish(&trained->model);
    return status;
}

enum tn_status app_trained_load_data(struct app_trained *trained,
                                     const struct app_data_options *options, struct tn_error *err)
{
    struct app_data_options wanted = *options;

    wanted.mirrored = trained->chosen->input.mirrored;
    wanted.language = trained->chosen->language;
    if (!options->vectors)
        TN_TRY(model_check_encoder(&trained->model, trained->chosen, err));
    TN_TRY(app_data_load(&wanted, trained->model.file, trained->pool, &trained->data, err));
    return app_data_check_width(options, &trained->data, &trained->model, trained->chosen, err);
}

enum tn_status app_trained_make_corpus(struct app_trained *trained, data_photo_filter *wanted,
                                       struct tn_error *err)
{
    TN_TRY(data_corpus_make(&trained->data.dataset, wanted, trained->chosen->tokenizer,
                            trained->chosen->vocab, &trained->corpus, err));
    app_warn_wordless(&trained->data, &trained->corpus);
    return TN_OK;
}

struct data_source app_trained_source(const struct app_trained *trained,
                                      const struct data_corpus *corpus,
                                      const struct data_features *features)
{
    return (struct data_source){.corpus = corpus,
                                .features = features,
                                .input = trained->chosen->input,
                                .max_words = corpus->longest > 0 ? corpus->longest : 1};
}

void app_trained_finish(struct app_trained *trained)
{
    data_corpus_finish(&trained->corpus);
    app_data_finish(&trained->data);
    if (trained->chosen)
        model_finish(&trained->model);
    free(trained->path);
    tn_pool_destroy(trained->pool);
}
