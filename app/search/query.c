/* SPDX-License-Identifier: MIT */
/* What a query's text asks for, in the terms of the model and of full-text search. */
#include "app/search/query.h"

#include "vocab/tokenize.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* A text that is written piece by piece. */
struct writing {
    FILE *stream;
    char *text; /* owned once the stream is closed */
    size_t size, pieces;
};

/* While a query is read. */
struct reading {
    struct app_query *query;
    struct writing wanted, unwanted;
};

static enum tn_status writing_begin(struct writing *writing, struct tn_error *err)
{
    writing->stream = open_memstream(&writing->text, &writing->size);
    return writing->stream ? TN_OK : tn_fail_nomem(err, 1);
}

static bool writing_end(struct writing *writing, char **ret_text)
{
    const bool whole = writing->stream && fclose(writing->stream) == 0;

    *ret_text = whole ? writing->text : NULL;
    if (!whole)
        free(writing->text);
    return whole;
}

static void write_token(FILE *stream, const char *token)
{
    for (; *token; token++) {
        if (*token == '"')
            fputc('"', stream);
        fputc(*token, stream);
    }
}

/* Tokens as a phrase of full-text search. */
static void write_phrase(struct writing *writing, const char *joint,
                         const struct vocab_tokens *tokens, size_t first, size_t end)
{
    fprintf(writing->stream, "%s\"", writing->pieces++ > 0 ? joint : "");
    for (size_t i = first; i < end; i++) {
        write_token(writing->stream, tokens->text + tokens->offsets[i]);
        fputc(i + 1 < end ? ' ' : '"', writing->stream);
    }
}

/* Keeps a word to be ranked by. */
static enum tn_status take_token(struct app_query *q, const struct vocab_tokens *tokens, size_t i,
                                 struct tn_error *err)
{
    const char *text = tokens->text + tokens->offsets[i];

    if (q->token_count == RELEVANCE_LONGEST)
        return TN_OK;
    q->tokens[q->token_count] = strdup(text);
    if (!q->tokens[q->token_count])
        return tn_fail_nomem(err, strlen(text) + 1);
    q->token_count++;
    return TN_OK;
}

/* Punctuation is a token of captions, and no word to find photos by. */
static bool is_word(const char *token)
{
    while (*token && (unsigned char)*token < 0x80 && !isalnum((unsigned char)*token))
        token++;
    return *token != '\0';
}

/* Leaves the words. */
static void drop_punctuation(struct vocab_tokens *tokens)
{
    size_t kept = 0;

    for (size_t i = 0; i < tokens->count; i++)
        if (is_word(tokens->text + tokens->offsets[i]))
            tokens->offsets[kept++] = tokens->offsets[i];
    tokens->count = kept;
}

/* A word or phrase of the text: text[length], quoted or not, to be excluded or not. */
static enum tn_status take_piece(struct reading *r, const char *text, size_t length, bool quoted,
                                 bool excluded, struct tn_error *err)
{
    struct vocab_tokens tokens = {.count = 0};
    enum tn_status status =
        vocab_tokenize(relevance_tokenizer(r->query->relevance), text, length, &tokens, err);

    drop_punctuation(&tokens);
    if (status == TN_OK && tokens.count > 0 && excluded)
        write_phrase(&r->unwanted, " OR ", &tokens, 0, tokens.count);
    else if (status == TN_OK && tokens.count > 0 && quoted)
        write_phrase(&r->wanted, " AND ", &tokens, 0, tokens.count);
    for (size_t i = 0; i < tokens.count && !excluded && status == TN_OK; i++)
        status = take_token(r->query, &tokens, i, err);
    vocab_tokens_finish(&tokens);
    return status;
}

static enum tn_status take_text(struct reading *r, const char *text, struct tn_error *err)
{
    static const char blanks[] = " \t\n\r";

    while (text += strspn(text, blanks), *text) {
        const bool excluded = text[0] == '-' && text[1] && !strchr(blanks, text[1]);
        const bool quoted = text[excluded] == '"';
        size_t length;

        text += excluded + quoted;
        length = strcspn(text, quoted ? "\"" : blanks);
        if (quoted && !text[length])
            return tn_fail(err, TN_FORMAT, "a quotation mark without its second: \"%s", text);
        TN_TRY(take_piece(r, text, length, quoted, excluded, err));
        text += length + quoted;
    }
    return TN_OK;
}

/* Any of the words that tell photos apart; of all where none does. */
static enum tn_status write_match(struct app_query *q, struct tn_error *err)
{
    struct writing match = {.pieces = 0};
    bool only_common = true;

    TN_TRY(writing_begin(&match, err));
    for (size_t i = 0; i < q->token_count; i++)
        only_common &= relevance_is_common(q->relevance, q->tokens[i]);
    for (size_t i = 0; i < q->token_count; i++) {
        if (!only_common && relevance_is_common(q->relevance, q->tokens[i]))
            continue;
        fputs(match.pieces++ > 0 ? " OR \"" : "\"", match.stream);
        write_token(match.stream, q->tokens[i]);
        fputc('"', match.stream);
    }
    return writing_end(&match, &q->match) ? TN_OK : tn_fail_nomem(err, 1);
}

/* The words that the model does not know, for a note. */
static enum tn_status name_unknown(struct app_query *q, const bool *known, struct tn_error *err)
{
    struct writing unknown = {.pieces = 0};

    TN_TRY(writing_begin(&unknown, err));
    for (size_t i = 0; i < q->token_count; i++)
        if (!known[i])
            fprintf(unknown.stream, "%s%s", unknown.pieces++ > 0 ? ", " : "", q->tokens[i]);
    return writing_end(&unknown, &q->unknown) ? TN_OK : tn_fail_nomem(err, 1);
}

static enum tn_status read_query(struct app_query *q, const char *text, struct tn_error *err)
{
    struct reading r = {.query = q};
    bool known[RELEVANCE_LONGEST], whole;
    enum tn_status status = writing_begin(&r.wanted, err);

    if (status == TN_OK)
        status = writing_begin(&r.unwanted, err);
    if (status == TN_OK)
        status = take_text(&r, text, err);
    whole = writing_end(&r.wanted, &q->wanted);
    whole &= writing_end(&r.unwanted, &q->unwanted);
    TN_TRY(status);
    if (!whole)
        return tn_fail_nomem(err, 1);
    if (q->token_count == 0)
        return tn_fail(err, TN_FORMAT, "'%s': there is no word to search for", text);
    TN_TRY(relevance_ask(q->relevance, (const char *const *)q->tokens, q->token_count, &q->asked,
                         known, err));
    TN_TRY(write_match(q, err));
    return name_unknown(q, known, err);
}

enum tn_status app_query_create(struct captioner *captioner, const char *text,
                                struct app_query **ret_query, struct tn_error *err)
{
    struct app_query *query = calloc(1, sizeof *query);
    enum tn_status status;

    if (!query)
        return tn_fail_nomem(err, sizeof *query);
    query->features = captioner_feature_count(captioner);
    status = captioner_relevance(captioner, &query->relevance, err);
    if (status == TN_OK)
        status = read_query(query, text, err);
    if (status == TN_OK)
        *ret_query = query;
    else
        app_query_destroy(query);
    return status;
}

void app_query_destroy(struct app_query *query)
{
    if (!query)
        return;
    for (size_t i = 0; i < query->token_count; i++)
        free(query->tokens[i]);
    free(query->match);
    free(query->wanted);
    free(query->unwanted);
    free(query->unknown);
    free(query);
}

const char *app_query_unknown(const struct app_query *query)
{
    return query->unknown;
}
