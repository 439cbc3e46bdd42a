/* SPDX-License-Identifier: MIT */
/*
 * Where captions go.  A run has any number of outputs: rows on stdout or in a file, a page, files
 * beside the photos, the photos' own metadata.  Each is a const struct of functions in a file of
 * its own; the run (app/caption/batch.c) knows them by this interface only.
 *
 * A durable output remembers what it holds, and that is what makes a run that was interrupted
 * resume: with APP_SKIP a photo that every durable output holds is passed over before it is read,
 * and one that some of them hold is put only into the others.
 */
#ifndef APP_OUTPUT_H
#define APP_OUTPUT_H

#include "app/output/thumbnail.h"
#include "app/paths.h"
#include "base/status.h"
#include "metadata/metadata.h"
#include "models/captioner/captioner.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * What to do with a caption that is there already (--existing).  APP_OVERWRITE replaces what this
 * program wrote, where a file shows that, and passes over what a person may have written;
 * APP_REPLACE replaces both.
 */
enum app_existing { APP_SKIP, APP_OVERWRITE, APP_APPEND, APP_REPLACE };

/* Whether a caption of that author stays as it is, and the photo is passed over. */
static inline bool app_existing_spares(enum app_existing existing, enum meta_author author)
{
    return (existing == APP_SKIP && author != META_NOBODY) ||
           (existing == APP_OVERWRITE && author == META_PERSON);
}

/* The author of a caption that stays as it is; META_NOBODY of one that does not. */
static inline enum meta_author app_existing_spared(enum app_existing existing,
                                                   enum meta_author author)
{
    return app_existing_spares(existing, author) ? author : META_NOBODY;
}

/* Whether a file of rows is written again. */
static inline bool app_existing_renews(enum app_existing existing)
{
    return existing == APP_OVERWRITE || existing == APP_REPLACE;
}

/* What somebody else said of a photo; a page shows it below the caption. */
struct app_remark {
    const char *who; /* NULL: as of the one before */
    const char *text;
};

/* The captions of a photo in a further language (--lang en,zh). */
struct app_translation {
    const char *language;                  /* "zh" */
    const struct captioner_result *result; /* at least one caption, the best first */
};

enum { APP_MOST_TRANSLATIONS = META_MOST_TRANSLATIONS };

/* A photo that was captioned; all borrowed for the call. */
struct app_entry {
    const char *path;                      /* as the user named it, or as the walk found it */
    const struct captioner_result *result; /* the captions wanted, at least one, the best first;
                                              none where result->not_a_photo is */
    const char *language;                  /* of the captions: "en" */
    const char *model;                     /* its fingerprint */
    const struct app_translation *translations; /* [translation_count], in the order asked for */
    size_t translation_count;
    bool keywords;                         /* they were asked for, whether or not there are any */
    const struct app_thumbnail *thumbnail; /* NULL unless some output asked for one */
    const char *thumbnail_link;            /* its URL, where it is in a file; NULL: in no file */
    const float *features;                 /* V, as captioner_features gives it; NULL unless some
                                              output asked for it */
    const unsigned char *bytes;            /* the photo's file, where there is none by that path
                                              (standard input); else NULL */
    size_t size;                           /* of bytes */
    const char *note;                      /* what a page says of it besides; NULL: nothing */
    const struct app_remark *remarks;      /* [remark_count], and what others said */
    size_t remark_count;
    const char *error;                     /* why there is no caption (app_output.in_step); NULL
                                              where there is no such reason */
};

/* The mark of its best caption. */
static inline struct meta_mark app_mark_of(const struct app_entry *entry)
{
    return (struct meta_mark){.version = APP_VERSION,
                              .model = entry->model,
                              .confidence = entry->result->captions[0].confidence};
}

enum { APP_MOST_KEYWORDS = 64 }; /* of a photo, in metadata */

/* Its best caption for metadata, which borrows the entry's texts; keywords is its memory. */
static inline struct meta_caption app_meta_caption_of(const struct app_entry *entry,
                                                      enum app_existing existing,
                                                      const char *keywords[APP_MOST_KEYWORDS])
{
    const struct captioner_result *result = entry->result;
    struct meta_caption caption = {.text = result->captions[0].text,
                                   .language = entry->language,
                                   .append = existing == APP_APPEND,
                                   .keywords = keywords,
                                   .translation_count = entry->translation_count,
                                   .mark = app_mark_of(entry)};

    for (size_t i = 0; i < entry->translation_count; i++)
        caption.translations[i] = (struct meta_translation){
            entry->translations[i].language, entry->translations[i].result->captions[0].text};
    for (size_t i = 0; i < result->keyword_count && i < APP_MOST_KEYWORDS; i++)
        keywords[caption.keyword_count++] = result->keywords[i].text;
    return caption;
}

struct app_output;

struct app_output_ops {
    /* Whose caption of that photo the output holds and is not to change (APP_SKIP: any;
     * APP_OVERWRITE: a person's); META_NOBODY: it holds none such.  Called from several threads at
     * once, also while another photo is put.  NULL: the output is not durable. */
    enum meta_author (*holds)(const struct app_output *output, const char *path);
    /* Adds a photo's caption; err names the file of a text that failed to be written.
     * Called from one thread, in the order of the inputs; never for a photo that the output held
     * before. */
    enum tn_status (*put)(struct app_output *output, const struct app_entry *entry,
                          struct tn_error *err);
    /* Takes this program's caption out again, of a picture that is no photo after all.  Called as
     * put is, to replace captions.  NULL: what it holds does not show whose it is. */
    enum tn_status (*clear)(struct app_output *output, const char *path, struct tn_error *err);
    /* What was put so far is to be in the hands of the system: a kill must not lose it.  Called
     * after each batch.  May be NULL. */
    enum tn_status (*flush)(struct app_output *output, struct tn_error *err);
    /* Ends what has an end; complete is false when the run was cut short, or only failed.  May
     * be NULL. */
    enum tn_status (*finish)(struct app_output *output, bool complete, struct tn_error *err);
    void (*destroy)(struct app_output *output);
};

/* The head of each output's own struct; created by a function of its own, destroyed by
 * output->ops->destroy. */
struct app_output {
    const struct app_output_ops *ops;
    enum app_existing existing;
    bool each_alone; /* a put that fails is that photo's failure and the run goes on (a sidecar in
                        a read-only folder); otherwise it ends the run (a full disk) */
    bool filled;     /* something was put into it */
    bool replaces;   /* its end replaces a file that is not empty: not when nothing was put */
    bool thumbnails; /* it wants them in its entries */
    bool features;   /* it wants V in its entries */
    bool remembers;  /* it holds what was put, too, for a run that may meet a photo again */
    bool in_step;    /* what got no caption is put all the same, with entry->error, so that there is
                        an answer to each input; never into what is read again by holds */
    bool sentences_only; /* what is no photo, and has no caption, is not put; it may be
                            cleared */
};

#endif
