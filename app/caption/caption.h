/* SPDX-License-Identifier: MIT */
/* What the command line of `caption PHOTO...` asks for. */
#ifndef APP_CAPTION_H
#define APP_CAPTION_H

#include "app/caption/batch.h"
#include "app/caption/languages.h"
#include "app/caption/wording.h"
#include "app/cli/options.h"
#include "app/cli/standard_input.h"
#include "app/cli/walk.h"
#include "app/output/output.h"
#include "app/output/rows.h"
#include "app/output/sidecar.h"

struct app_caption_settings {
    struct captioner_options options;
    struct app_languages languages;   /* where several are wanted; options have the first */
    struct captioner_writing writing; /* but for the forbidden words */
    const char *model;
    struct app_walk_options inputs;
    const struct app_format *format;  /* NULL: text, or the bare caption of a single photo */
    const char *template;             /* of app_format_template */
    const char *output;               /* a file of rows; NULL: stdout */
    const char *gallery, *errors;     /* files; NULL: not wanted */
    bool sidecars[APP_SIDECAR_COUNT]; /* files beside the photos, by kind ... */
    const char *sidecar_directory;    /* ... or in here; NULL: beside */
    enum app_sidecar_name sidecar_name;
    bool write_metadata;              /* into the photos themselves */
    const char *explain;              /* a PNG; NULL: not wanted */
    const char *vectors;              /* are captioned in place of photos; NULL: photos are */
    const char *vector_names;         /* of their rows; NULL: those beside the file */
    enum app_existing existing;
    struct app_list forbidden; /* words */
    struct app_wording wording;
    bool in_step; /* on stdout, a row for each input */
    bool watch;   /* of `caption watch`; set before the command line is parsed */
    size_t poll;  /* seconds between two looks at what is watched; 0: the system reports */
    bool quiet, version;
    struct app_guard guard; /* the files of the command line */
};

/* Whether the photo is standard input. */
static inline bool app_is_from_pipe(const struct app_caption_settings *settings)
{
    return settings->inputs.operand_count > 0 &&
           app_is_standard_input(settings->inputs.operands[0]);
}

/* Fills settings; returns APP_PROCEED or the exit code to end with. */
int app_caption_parse(struct app_caption_settings *settings, int argc, char **argv);
/* Runs, and returns the exit code.  source: app_batch's; of one an interrupt is the usual end. */
int app_caption_photos(struct app_caption_settings *settings, const struct app_source *source);
/* The same of --vectors (app/caption/caption_vectors.c). */
int app_caption_vectors(struct app_caption_settings *settings);
/* Refuses a way to write that the model in the file does not have, before anything is captioned. */
TN_NODISCARD enum tn_status app_try_writing(const char *path, struct captioner *captioner,
                                            const struct captioner_writing *writing,
                                            struct tn_error *err);
/* Frees what the settings hold, also after a usage error. */
void app_caption_finish(struct app_caption_settings *settings);

enum { APP_MOST_OUTPUTS = 8 };

/* The outputs that the settings ask for; each is destroyed by the caller, those too that were made
 * before an error.  percent: the confidence means something, and is shown where people read. */
TN_NODISCARD enum tn_status app_caption_outputs(const struct app_caption_settings *settings,
                                                bool single, bool percent,
                                                struct app_output *outputs[APP_MOST_OUTPUTS],
                                                size_t *count, struct tn_error *err);

#endif
