/* SPDX-License-Identifier: MIT */
/* Any bytes as damage to the index of a search: the first two say how much is missing at its end,
 * in 64 bytes; then come patches: a place in three bytes, a count, and so many bytes.  The index is
 * made here, of a tiny model and three photos.  Whatever it has become, each search ends with paths
 * below the folder or with an error; so do changes of it. */
#include "app/search/find.h"
#include "app/search/index.h"
#include "app/search/show.h"
#include "cnn/alexnet.h"
#include "fuzz/support.h"
#include "models/captioner/consensus.h"
#include "models/decoder.h"
#include "models/file/model_file.h"
#include "rnn/cell.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

extern const char app_program[];
const char app_program[] = "fuzz_index"; /* of messages, of which there are none */

static const char words[] = "a\ndog\nruns\nin\nhome\n";
enum { WORDS = 5, FEATURES = 4096, PHOTOS = 3, DIRECTIONS = 2, MOST_TENSORS = 32 };

/* ---- A model ---- */

/* Writes an encoder of AlexNet's shape whose weights are zeros. */
static void write_encoder(const char *path)
{
    enum { LARGEST = 64 << 20, CHANNELS = 4096 };
    static char names[MOST_TENSORS][TN_NAME_SIZE + 8];
    struct tn_tensor tensors[MOST_TENSORS];
    float scales[CHANNELS];
    void *zeros = calloc(LARGEST, 1);
    struct cnn_network *network;
    size_t count = 0;

    for (size_t i = 0; i < CHANNELS; i++)
        scales[i] = 1;
    fuzz_require(zeros && alexnet_create("", 0, &network, NULL) == TN_OK);
    for (size_t i = 0; i < cnn_network_layout(network)->count; i++) {
        const struct tn_parameter *p = &cnn_network_layout(network)->parameters[i];
        struct tn_tensor *tensor = &tensors[count++];

        *tensor = (struct tn_tensor){.name = p->name,
                                     .dtype = p->rank == 2 ? TN_I8 : TN_F32,
                                     .rank = p->rank,
                                     .data = zeros};
        memcpy(tensor->dims, p->dims, sizeof tensor->dims);
        tensor->bytes = p->span.count * tn_dtype_size(tensor->dtype);
        fuzz_require(tensor->bytes <= LARGEST && p->dims[0] <= CHANNELS);
        if (p->rank != 2)
            continue;
        snprintf(names[count], sizeof names[count], "%s_scale", p->name);
        tensors[count] = (struct tn_tensor){names[count], TN_F32, 1,
                                            {p->dims[0]}, scales, p->dims[0] * sizeof *scales};
        count++;
    }
    fuzz_require(tn_file_save(path, tensors, count, NULL, 0, NULL) == TN_OK);
    cnn_network_destroy(network);
    free(zeros);
}

static void write_decoder(const char *path)
{
    const struct decoder_config config = {.cell = rnn_cell_at(0),
                                          .layers = 1,
                                          .embedding = 6,
                                          .hidden = 8,
                                          .vocabulary = VOCAB_FIRST_WORD + WORDS,
                                          .features = FEATURES};
    struct model_save save = {.language = "en", .input = {.scale = 1}, .config = &config};
    struct decoder *decoder;
    struct tn_file *base;
    struct vocab *vocab;
    float *theta;

    fuzz_require(tn_file_open(path, &base, NULL) == TN_OK);
    fuzz_require(vocab_parse(words, strlen(words), &vocab, NULL) == TN_OK);
    fuzz_require(decoder_create(&config, "decoder.en.", &decoder, NULL) == TN_OK);
    theta = calloc(decoder_layout(decoder)->floats, sizeof *theta);
    fuzz_require(theta != NULL);
    save.base = base;
    save.vocab = vocab;
    save.layout = decoder_layout(decoder);
    save.theta = theta;
    fuzz_require(model_save(path, &save, NULL) == TN_OK);
    free(theta);
    decoder_destroy(decoder);
    vocab_destroy(vocab);
    tn_file_close(base);
}

/* A consensus that has seen a dog in the first of two photos. */
static void write_consensus(const char *path)
{
    static const signed char rows[DIRECTIONS * FEATURES] = {1, -2, 3};
    static const float scales[DIRECTIONS] = {1, 0.5F};
    static const int64_t keys[] = {0x0005000000000000};
    static const int32_t starts[] = {0, 1};
    static const unsigned char postings[CONSENSUS_POSTING_BYTES] = {1, 0, 255};
    static const struct consensus consensus = {
        .directions = {TN_I8, DIRECTIONS, FEATURES, rows, scales},
        .offsets = scales,
        .photos = {TN_I8, DIRECTIONS, DIRECTIONS, rows, scales},
        .shares = scales,
        .grams = 1,
        .keys = keys,
        .starts = starts,
        .postings = postings};
    struct tn_file *file;

    fuzz_require(tn_file_open(path, &file, NULL) == TN_OK);
    fuzz_require(consensus_save(path, file, "en", &consensus, "new", NULL) == TN_OK);
    tn_file_close(file);
}

static struct captioner *load_captioner(void)
{
    const struct captioner_options options = {.threads = 1};
    char path[PATH_MAX];
    struct captioner *captioner;

    snprintf(path, sizeof path, "%s", fuzz_path("model"));
    write_encoder(path);
    write_decoder(path);
    write_consensus(path);
    fuzz_require(captioner_load(path, &options, &captioner, NULL) == CAPTIONER_OK);
    return captioner;
}

/* ---- An index that is whole ---- */

struct sample {
    struct captioner *captioner;
    unsigned char *bytes;
    size_t size;
    float features[PHOTOS * FEATURES];
};

static void put_photos(struct app_index *index, const struct sample *sample)
{
    static const struct captioner_caption caption = {.text = "a dog runs", .confidence = 0.5};
    static const struct captioner_keyword keyword = {"dog", 0.75};
    static const struct captioner_result result = {
        .count = 1, .captions = &caption, .keyword_count = 1, .keywords = &keyword};
    static const char *const paths[PHOTOS] = {"one.jpg", "two.jpg", "below/three.jpg"};

    fuzz_require(app_db_begin(index->db, NULL) == TN_OK);
    for (size_t i = 0; i < PHOTOS; i++) {
        const struct app_index_file file = {.path = paths[i], .size = 7, .kind = APP_INDEX_PHOTO};
        const struct app_entry entry = {
            .path = paths[i], .result = &result, .features = sample->features + i * FEATURES};

        fuzz_require(app_index_describe(index, &file, &entry, sample->captioner, NULL) == TN_OK);
    }
    fuzz_require(app_db_commit(index->db, NULL) == TN_OK);
}

/* Pages of 1 KB, so that the index is small, and V takes several. */
static void set_page_size(const char *path)
{
    struct app_db *db;

    fuzz_require(app_db_open(path, APP_DB_CREATE, &db, NULL) == TN_OK);
    fuzz_require(
        app_db_run(db, "PRAGMA page_size = 1024; CREATE TABLE t(x); DROP TABLE t;", NULL) == TN_OK);
    app_db_close(db);
}

static void read_whole(const char *path, struct sample *sample)
{
    enum { MOST = 1 << 20 };
    FILE *file = fopen(path, "rb");

    sample->bytes = malloc(MOST);
    fuzz_require(file && sample->bytes);
    sample->size = fread(sample->bytes, 1, MOST, file);
    fuzz_require(sample->size > 0 && sample->size < MOST);
    fclose(file);
}

/* Made once, and kept for the life of the process. */
static const struct sample *the_sample(void)
{
    static struct sample sample;
    char path[PATH_MAX];
    struct app_index index;

    if (sample.captioner)
        return &sample;
    sample.captioner = load_captioner();
    for (size_t i = 0; i < PHOTOS * FEATURES; i++)
        sample.features[i] = (float)(i % FEATURES * 7 % 11) / (float)(i / FEATURES + 1);
    snprintf(path, sizeof path, "%s", fuzz_path("whole.sqlite"));
    set_page_size(path);
    fuzz_require(app_index_open(&index, path, "photos", APP_DB_CREATE, sample.captioner, NULL) ==
                 TN_OK);
    fuzz_require(app_index_renew(&index, sample.captioner, true, NULL) == TN_OK);
    put_photos(&index, &sample);
    app_index_close(&index);
    read_whole(path, &sample);
    return &sample;
}

/* ---- Damage, and what comes of it ---- */

static const char *write_damaged(const struct sample *sample, const uint8_t *data, size_t size)
{
    unsigned char *bytes = malloc(sample->size);
    size_t left = sample->size;
    const char *path;

    fuzz_require(bytes != NULL);
    memcpy(bytes, sample->bytes, sample->size);
    if (size >= 2) {
        left -= (size_t)(data[0] + 256 * data[1]) * 64 % sample->size;
        data += 2;
        size -= 2;
    }
    while (size > 4) {
        const size_t at = (size_t)(data[0] + 256 * data[1] + 65536 * data[2]) % sample->size;
        size_t count = data[3];

        data += 4;
        size -= 4;
        count = count < size ? count : size;
        memcpy(bytes + at, data, count < sample->size - at ? count : sample->size - at);
        data += count;
        size -= count;
    }
    path = fuzz_put("index.sqlite", bytes, left);
    free(bytes);
    return path;
}

static void check_name(const struct app_index *index, const char *path)
{
    char *name;

    if (app_index_name(index, path, &name, NULL) != TN_OK)
        return;
    fuzz_require(strncmp(name, "photos/", 7) == 0 && !strstr(name, "/../"));
    free(name);
}

/* All names that the index has, and what a search prints of what it found. */
static void show(struct app_index *index, const struct sample *sample,
                 const struct app_found_list *list)
{
    const struct app_show how = {.format = APP_SHOW_JSON, .captioner = sample->captioner};
    FILE *const before = stdout;
    struct app_statement statement;
    bool row = true;

    stdout = fopen("/dev/null", "w");
    fuzz_require(stdout != NULL);
    (void)!app_show_found(&how, list, NULL, NULL);
    fclose(stdout);
    stdout = before;
    if (app_prepare(index->db, "SELECT path FROM files", &statement, NULL) != TN_OK)
        return;
    while (app_step(&statement, &row, NULL) == TN_OK && row)
        check_name(index, app_column_text(&statement, 0));
    app_statement_finish(&statement);
}

/* How many photos three searches find in all. */
static size_t find(struct app_index *index, const struct sample *sample, struct app_query *query)
{
    struct app_found_list list = {.count = 0};
    size_t *groups = NULL, found = 0;

    if (app_find_words(index, query, 2, &list, NULL) == TN_OK &&
        app_find_reread(query, &list, NULL) == TN_OK)
        show(index, sample, &list);
    found += list.count;
    list.count = 0;
    if (app_find_like(index, sample->captioner, sample->features, &list, NULL) == TN_OK)
        show(index, sample, &list);
    found += list.count;
    list.count = 0;
    if (app_find_duplicates(index, 1, sample->captioner, 0.9, false, &list, &groups, NULL) == TN_OK)
        found += list.count;
    free(groups);
    free(list.items);
    return found;
}

/* What an update does to entries: one moves, one leaves. */
static void change(struct app_index *index)
{
    const struct app_index_file moved = {.id = 1, .path = "moved.jpg", .size = 7};

    if (app_db_begin(index->db, NULL) == TN_OK && app_index_move(index, &moved, NULL) == TN_OK &&
        app_index_remove(index, 2, NULL) == TN_OK)
        (void)!app_db_commit(index->db, NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct sample *sample = the_sample();
    struct app_query *query;
    struct app_index index;
    const bool whole = size <= 2 && (size < 2 || (data[0] == 0 && data[1] == 0));
    size_t found = 0;
    char path[PATH_MAX];

    snprintf(path, sizeof path, "%s", write_damaged(sample, data, size));
    fuzz_require(app_query_create(sample->captioner, "a dog -cat \"dog runs\" zebra", &query,
                                  NULL) == TN_OK);
    if (app_index_open(&index, path, "photos", APP_DB_READ, sample->captioner, NULL) == TN_OK) {
        if (app_index_count(&index, NULL) == TN_OK)
            found = find(&index, sample, query);
        app_index_close(&index);
    }
    fuzz_require(!whole || found == 3 * PHOTOS); /* V of the three are alike */
    if (app_index_open(&index, path, "photos", APP_DB_CREATE, sample->captioner, NULL) == TN_OK) {
        if (app_index_renew(&index, sample->captioner, true, NULL) == TN_OK)
            change(&index);
        app_index_close(&index);
    }
    app_query_destroy(query);
    return 0;
}
