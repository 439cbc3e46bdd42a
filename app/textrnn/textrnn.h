/* SPDX-License-Identifier: MIT */
/* The subcommands of `textrnn`, and what they share. */
#ifndef APP_TEXTRNN_H
#define APP_TEXTRNN_H

#include "app/cli/commands.h"
#include "app/cli/options.h"
#include "app/training/train_loop.h"
#include "data/text_items.h"
#include "models/language_model.h"
#include "models/search.h"
#include "models/text_grow.h"
#include "models/text_model.h"

int textrnn_train(int argc, char **argv);
int textrnn_eval(int argc, char **argv);
int textrnn_sample(int argc, char **argv);
int textrnn_next(int argc, char **argv);
int textrnn_score(int argc, char **argv);
int textrnn_classify(int argc, char **argv);
int textrnn_fill(int argc, char **argv);
int textrnn_translate(int argc, char **argv);
int textrnn_gradients(int argc, char **argv);
int textrnn_info(int argc, char **argv);
int textrnn_pack(int argc, char **argv);

/* Reads the texts that a task learns from, or is measured on, from files and directories: lm: whole
 * files; classify: label<TAB>text, or a directory with one of files for each label; cloze: a
 * sentence per line; translate: source<TAB>target. */
TN_NODISCARD enum tn_status textrnn_read(enum text_task task, enum vocab_unit unit,
                                         const struct app_list *paths, struct text_items *items,
                                         struct tn_error *err);

/* The folder of the text models that come with the programs, below that of the captioner's. */
#define TEXTRNN_SHIPPED "text"

/* The file of the model that --model names: a file, or the name of a shipped one ("poems"); NULL:
 * the shipped one called `usual`.  The caller frees the path.  Errors: TN_NOTFOUND, TN_NOMEM. */
TN_NODISCARD enum tn_status textrnn_find_model(const char *given, const char *usual,
                                               char **ret_path, struct tn_error *err);

/* language_model_load of the model that textrnn_find_model finds. */
TN_NODISCARD enum tn_status textrnn_load_lm(struct language_model *lm, const char *given,
                                            const char *usual, const struct language_model_use *use,
                                            struct tn_error *err);

/* text_model_load of the model that textrnn_find_model finds. */
TN_NODISCARD enum tn_status textrnn_load_file(struct text_model *file, const char *given,
                                              const char *usual, int task, struct tn_error *err);

/* A model with its parameters, which are read after its file; zero-initialise to begin. */
struct textrnn_model {
    struct text_model file;
    const float *theta; /* in the mapped file, or own_theta */
    float *own_theta;   /* owned; NULL where the file has them in order */
};
/* Reads the parameters, laid out so. */
TN_NODISCARD enum tn_status textrnn_read_theta(struct textrnn_model *model,
                                               const struct tn_layout *layout,
                                               struct tn_error *err);
void textrnn_model_finish(struct textrnn_model *model);

/* Tells how many texts have tokens, and none that the model knows. */
void textrnn_warn_unknown(const struct text_column *texts, enum vocab_unit unit);

/* Prints words as the unit's text. */
void textrnn_print_words(const struct vocab *vocab, enum vocab_unit unit, const int *words,
                         size_t count);

/* Prints a text as a part of a line: a newline as \n. */
void textrnn_print_line(const char *text, size_t length);

/* The `best` most probable texts that begin with the prompt, by a search that keeps `beam`, or as
 * many as are wanted. */
struct textrnn_best {
    const char *model, *prompt;
    size_t length, best, beam;
};
/* Prints a row for each: the log-probability of what follows the prompt, its tokens, the text. */
TN_NODISCARD enum tn_status textrnn_print_best(const struct textrnn_best *search,
                                               struct tn_error *err);

/* Prints a token as one visible word: a newline as \n, another control character, and a byte that
 * is no ASCII, as \x9f. */
void textrnn_print_token(enum vocab_unit unit, const char *token);

/* The lines that a command works on: its operands, each a text, or without any those of stdin.  An
 * empty line is an empty text, so that answers keep their lines' numbers. */
TN_NODISCARD enum tn_status textrnn_read_lines(char *const *operands, size_t count,
                                               enum vocab_unit unit, struct text_items *items,
                                               struct tn_error *err);

/* A choice that is not made. */
enum { TEXTRNN_NOT_GIVEN = 99 };
/* Units of a net whose --hidden is not given. */
enum { TEXTRNN_USUAL_HIDDEN = 256 };

/* How translations are searched, by `translate` and by `eval`. */
struct textrnn_search {
    size_t beam, max_words;
    double length_exponent;
};
#define TEXTRNN_SEARCH_DEFAULT                                                                     \
    {                                                                                              \
        .beam = 4, .max_words = 100, .length_exponent = (double)CAPTIONER_USUAL_EXPONENT           \
    }
void textrnn_add_search_options(struct app_table *table, struct textrnn_search *s);
struct search_options textrnn_search_options(const struct textrnn_search *s);

/* What `textrnn train` is asked for. */
struct textrnn_command {
    struct app_list data, dev;
    const char *start; /* the model to go on from; NULL: none */
    struct train_settings loop;
    size_t task, unit, target_unit, cell; /* choices */
    size_t layers, hidden, embedding, min_count, vocabulary, batch, steps, longest;
    double dropout, dev_share;
    double embedding_deviation; /* below 0: as textrnn_train_run.c chooses */
    bool one_way, pooled, shifted, ends, tied;
    bool learned_start, layer_norm;
    double zoneout, zoneout_cell, recurrent_dropout;
    size_t recurrent_start; /* a choice */
    size_t attention;       /* a choice */
    double smoothing, scheduled_sampling;
};

/* Whether --start stands beside options that it overrules: APP_PROCEED, or the exit code after a
 * message. */
int textrnn_check_start(const struct textrnn_command *command);

/* The model that a training goes on from; zero-initialise to begin. */
struct textrnn_start {
    const char *path; /* NULL: there is none */
    struct text_model model;
    float *theta; /* [floats], for the vocabularies of the training; owned */
    size_t floats;
    uint64_t hash; /* of the model's weights and vocabularies */
};
/* Reads the model that the command names, if it does. */
TN_NODISCARD enum tn_status textrnn_start_read(struct textrnn_start *start,
                                               const struct textrnn_command *command,
                                               struct tn_error *err);
/* The model learns the words that are new to it: theta. */
TN_NODISCARD enum tn_status textrnn_start_grow(struct textrnn_start *start,
                                               const struct text_growth *growth,
                                               struct tn_error *err);
/* Says on stderr what is new. */
void textrnn_start_report(const struct textrnn_start *start, const struct text_growth *growth);
void textrnn_start_finish(struct textrnn_start *start);

/* Trains, and prints what happens on stderr. */
TN_NODISCARD enum tn_status textrnn_train_run(const struct textrnn_command *command,
                                              struct tn_error *err);

#endif
