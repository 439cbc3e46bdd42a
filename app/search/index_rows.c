/* SPDX-License-Identifier: MIT */
/* The rows of an index. */
#include "app/search/index.h"

#include "base/hash.h"
#include "base/path.h"
#include "models/captioner/relevance.h"
#include "vocab/tokenize.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { END_BYTES = 65536 };

/* Keywords that are less probable would find too much. */
#define LEAST_PROBABLE 0.1

uint64_t app_index_hash(const char *path, int64_t size)
{
    const int file = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    unsigned char *bytes = malloc(END_BYTES);
    uint64_t hash = 0;

    if (file >= 0 && bytes) {
        const off_t last = size > END_BYTES ? (off_t)size - END_BYTES : 0;
        const off_t places[] = {0, last};

        hash = tn_hash_block(0, &size, sizeof size);
        for (int i = 0; i < 2 && hash != 0; i++) {
            const ssize_t got = pread(file, bytes, END_BYTES, places[i]);

            hash = got < 0 ? 0 : tn_hash_block(hash, bytes, (size_t)got);
        }
    }
    if (file >= 0)
        close(file);
    free(bytes);
    return hash;
}

/* ---- Files ---- */

static enum tn_status remove_from(struct app_index *index, const char *sql, int64_t id,
                                  struct tn_error *err)
{
    struct app_statement statement;
    enum tn_status status;

    TN_TRY(app_prepare(index->db, sql, &statement, err));
    app_bind_number(&statement, 1, id);
    status = app_execute(&statement, err);
    app_statement_finish(&statement);
    return status;
}

enum tn_status app_index_remove(struct app_index *index, int64_t id, struct tn_error *err)
{
    TN_TRY(remove_from(index, "DELETE FROM texts WHERE rowid = ?1", id, err));
    TN_TRY(remove_from(index, "DELETE FROM vectors WHERE id = ?1", id, err));
    TN_TRY(remove_from(index, "DELETE FROM codes WHERE id = ?1", id, err));
    TN_TRY(remove_from(index, "DELETE FROM photos WHERE id = ?1", id, err));
    return remove_from(index, "DELETE FROM files WHERE id = ?1", id, err);
}

/* Removes the file of that path, if there is one: another search may have added it meanwhile. */
static enum tn_status remove_path(struct app_index *index, const char *path, struct tn_error *err)
{
    struct app_statement statement;
    enum tn_status status;
    int64_t id = 0;
    bool row;

    TN_TRY(app_prepare(index->db, "SELECT id FROM files WHERE path = ?1", &statement, err));
    app_bind_bytes(&statement, 1, path, strlen(path));
    status = app_step(&statement, &row, err);
    if (status == TN_OK && row)
        id = app_column_number(&statement, 0);
    app_statement_finish(&statement);
    return status == TN_OK && row ? app_index_remove(index, id, err) : status;
}

enum tn_status app_index_add(struct app_index *index, const struct app_index_file *file,
                             int64_t *ret_id, struct tn_error *err)
{
    struct app_statement statement;
    enum tn_status status;

    TN_TRY(remove_path(index, file->path, err));
    TN_TRY(app_prepare(index->db,
                       "INSERT INTO files(path, size, time, hash, kind) VALUES(?1, ?2, ?3, ?4, ?5)",
                       &statement, err));
    app_bind_bytes(&statement, 1, file->path, strlen(file->path));
    app_bind_number(&statement, 2, file->size);
    app_bind_number(&statement, 3, file->time);
    app_bind_number(&statement, 4, (int64_t)file->hash);
    app_bind_number(&statement, 5, file->kind);
    status = app_execute(&statement, err);
    app_statement_finish(&statement);
    if (status == TN_OK)
        *ret_id = app_db_last_id(index->db);
    return status;
}

enum tn_status app_index_move(struct app_index *index, const struct app_index_file *file,
                              struct tn_error *err)
{
    struct app_statement statement;
    enum tn_status status;

    TN_TRY(app_prepare(index->db, "UPDATE files SET path = ?2, size = ?3, time = ?4 WHERE id = ?1",
                       &statement, err));
    app_bind_number(&statement, 1, file->id);
    app_bind_bytes(&statement, 2, file->path, strlen(file->path));
    app_bind_number(&statement, 3, file->size);
    app_bind_number(&statement, 4, file->time);
    status = app_execute(&statement, err);
    app_statement_finish(&statement);
    TN_TRY(status);
    TN_TRY(app_prepare(index->db, "UPDATE texts SET name = ?2 WHERE rowid = ?1", &statement, err));
    app_bind_number(&statement, 1, file->id);
    app_bind_text(&statement, 2, file->path);
    status = app_execute(&statement, err);
    app_statement_finish(&statement);
    return status;
}

/* ---- Photos ---- */

/* Lines of a number, a tab and a text. */
struct lines {
    char *text; /* owned */
    size_t size;
};

static enum tn_status caption_lines(const struct captioner_result *result, struct lines *ret_lines,
                                    struct tn_error *err)
{
    FILE *stream = open_memstream(&ret_lines->text, &ret_lines->size);

    if (!stream)
        return tn_fail_nomem(err, 1);
    for (size_t i = 0; i < result->count; i++)
        fprintf(stream, "%.4f\t%s\n", result->captions[i].confidence, result->captions[i].text);
    return fclose(stream) == 0 ? TN_OK : tn_fail_nomem(err, ret_lines->size);
}

static enum tn_status keyword_lines(const struct captioner_result *result, struct lines *ret_lines,
                                    struct tn_error *err)
{
    FILE *stream = open_memstream(&ret_lines->text, &ret_lines->size);

    if (!stream)
        return tn_fail_nomem(err, 1);
    for (size_t i = 0; i < result->keyword_count; i++)
        if (result->keywords[i].probability >= LEAST_PROBABLE)
            fprintf(stream, "%.4f\t%s\n", result->keywords[i].probability,
                    result->keywords[i].text);
    return fclose(stream) == 0 ? TN_OK : tn_fail_nomem(err, ret_lines->size);
}

static enum tn_status put_photo(struct app_index *index, int64_t id, const struct lines *captions,
                                const struct lines *keywords, bool not_a_photo,
                                struct tn_error *err)
{
    struct app_statement statement;
    enum tn_status status;

    TN_TRY(app_prepare(index->db,
                       "INSERT INTO photos(id, captions, keywords, not_a_photo)"
                       " VALUES(?1, ?2, ?3, ?4)",
                       &statement, err));
    app_bind_number(&statement, 1, id);
    app_bind_text(&statement, 2, captions->text);
    app_bind_text(&statement, 3, keywords->text);
    app_bind_number(&statement, 4, not_a_photo);
    status = app_execute(&statement, err);
    app_statement_finish(&statement);
    return status;
}

/* What full-text search reads: the tokens of the lines, without their numbers. */
static enum tn_status put_texts(struct app_index *index, int64_t id, const char *captions,
                                const char *keywords, const char *name, struct tn_error *err)
{
    struct app_statement statement;
    enum tn_status status;

    TN_TRY(app_prepare(index->db,
                       "INSERT INTO texts(rowid, captions, keywords, name)"
                       " VALUES(?1, ?2, ?3, ?4)",
                       &statement, err));
    app_bind_number(&statement, 1, id);
    app_bind_text(&statement, 2, captions);
    app_bind_text(&statement, 3, keywords);
    app_bind_text(&statement, 4, name);
    status = app_execute(&statement, err);
    app_statement_finish(&statement);
    return status;
}

/* A row of codes or vectors; photo is the fourth parameter of codes. */
static enum tn_status put_numbers(struct app_index *index, bool codes, int64_t id, bool photo,
                                  const float *values, size_t count, struct tn_error *err)
{
    struct app_statement statement;
    signed char *bytes = malloc(count + 1);
    enum tn_status status;
    float scale;

    if (!bytes)
        return tn_fail_nomem(err, count);
    tn_quantise_rows(values, 1, count, bytes, &scale);
    status = app_prepare(index->db,
                         codes ? "INSERT INTO codes(id, scale, code, photo) VALUES(?1, ?2, ?3, ?4)"
                               : "INSERT INTO vectors(id, scale, vector) VALUES(?1, ?2, ?3)",
                         &statement, err);
    if (status == TN_OK) {
        app_bind_number(&statement, 1, id);
        app_bind_real(&statement, 2, (double)scale);
        app_bind_bytes(&statement, 3, bytes, count);
        if (codes)
            app_bind_number(&statement, 4, photo);
        status = app_execute(&statement, err);
        app_statement_finish(&statement);
    }
    free(bytes);
    return status;
}

/* No words fit what is no photo, but it may be like another. */
static enum tn_status put_features(struct app_index *index, int64_t id, bool photo,
                                   const float *features, struct captioner *captioner,
                                   struct tn_error *err)
{
    struct relevance *relevance;
    enum tn_status status;
    float *code;
    size_t d;

    TN_TRY(captioner_relevance(captioner, &relevance, err));
    d = relevance_code_size(relevance);
    code = calloc(d + 1, sizeof *code);
    if (!code)
        return tn_fail_nomem(err, d * sizeof *code);
    if (d > 0)
        relevance_encode(relevance, features, code);
    status = put_numbers(index, true, id, photo, code, d, err);
    free(code);
    TN_TRY(status);
    return put_numbers(index, false, id, photo, features, captioner_feature_count(captioner), err);
}

/* The words of captions or keywords with spaces between, as the decoder's language has them. */
static enum tn_status join_words(const struct relevance *relevance, const struct lines *lines,
                                 char **ret_text, struct tn_error *err)
{
    size_t size;
    FILE *stream = open_memstream(ret_text, &size);
    enum tn_status status = TN_OK;

    if (!stream)
        return tn_fail_nomem(err, 1);
    for (const char *line = lines->text; *line && status == TN_OK;) {
        const char *end = strchr(line, '\n'), *text = strchr(line, '\t') + 1;
        struct vocab_tokens tokens = {.count = 0};

        status = vocab_tokenize(relevance_tokenizer(relevance), text, (size_t)(end - text), &tokens,
                                err);
        for (size_t i = 0; i < tokens.count; i++)
            fprintf(stream, "%s ", tokens.text + tokens.offsets[i]);
        vocab_tokens_finish(&tokens);
        fputc('\n', stream);
        line = end + 1;
    }
    if (fclose(stream) != 0 && status == TN_OK)
        status = tn_fail_nomem(err, size);
    return status;
}

/* Everything that is made of the lines; all of it is the caller's to free. */
struct described {
    struct lines captions, keywords;
    char *caption_words, *keyword_words;
};

static enum tn_status describe(struct app_index *index, const struct app_index_file *file,
                               const struct app_entry *entry, struct captioner *captioner,
                               struct described *d, struct tn_error *err)
{
    struct relevance *relevance;
    int64_t id;

    TN_TRY(captioner_relevance(captioner, &relevance, err));
    TN_TRY(caption_lines(entry->result, &d->captions, err));
    TN_TRY(keyword_lines(entry->result, &d->keywords, err));
    TN_TRY(join_words(relevance, &d->captions, &d->caption_words, err));
    TN_TRY(join_words(relevance, &d->keywords, &d->keyword_words, err));
    TN_TRY(app_index_add(index, file, &id, err));
    TN_TRY(put_photo(index, id, &d->captions, &d->keywords, entry->result->not_a_photo, err));
    TN_TRY(put_texts(index, id, d->caption_words, d->keyword_words, file->path, err));
    return put_features(index, id, entry->result->count > 0, entry->features, captioner, err);
}

enum tn_status app_index_describe(struct app_index *index, const struct app_index_file *file,
                                  const struct app_entry *entry, struct captioner *captioner,
                                  struct tn_error *err)
{
    struct described d = {.caption_words = NULL};
    const enum tn_status status = describe(index, file, entry, captioner, &d, err);

    free(d.captions.text);
    free(d.keywords.text);
    free(d.caption_words);
    free(d.keyword_words);
    return status;
}
