/* SPDX-License-Identifier: MIT */
#include "app/output/photo_metadata.h"

#include "app/cli/photo_load.h"
#include "app/output/photo_file.h"
#include "app/output/undo_files.h"
#include "image/image.h"
#include "metadata/metadata.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

enum { HEAD = 256 << 10 }; /* bytes at whose end most JPEG files have had their metadata */

struct photo_metadata {
    struct app_output output;
    bool beside_sidecar; /* what has no place for a caption has it in its XMP sidecar */
    bool in_pairs;       /* a raw beside a JPEG leaves the caption to that */
};

static const struct photo_metadata *metadata_of(const struct app_output *output)
{
    return (const struct photo_metadata *)output;
}

static const char *format_of(const char *bytes, size_t size)
{
    return image_format((const unsigned char *)bytes, size);
}

/* A TGA file is a photo, too, though its bytes show no format. */
static bool is_left_to_sidecar(const struct photo_metadata *metadata, const char *photo,
                               const char *format)
{
    return metadata->beside_sidecar && !meta_format_has_place(format) &&
           (format || image_is_photo(photo));
}

static bool is_left_to_twin(const struct photo_metadata *metadata, const char *photo,
                            const char *bytes, size_t size)
{
    const bool raw = metadata->in_pairs && image_is_raw((const unsigned char *)bytes, size);
    char *twin = raw ? app_photo_twin(photo) : NULL;
    const bool left = twin != NULL;

    free(twin);
    return left;
}

/* Whose caption stays in the photo; META_PROGRAM also where the sidecar, or its JPEG, has it. */
static enum tn_status find_spared(const struct photo_metadata *metadata, const char *photo,
                                  const char *bytes, size_t size, enum meta_author *ret_author,
                                  struct tn_error *err)
{
    const char *format = format_of(bytes, size);
    enum meta_author author;

    if (is_left_to_sidecar(metadata, photo, format) ||
        is_left_to_twin(metadata, photo, bytes, size)) {
        *ret_author = META_PROGRAM;
        return TN_OK;
    }
    TN_TRY(meta_photo_author(format, bytes, size, &author, err));
    *ret_author = app_existing_spared(metadata->output.existing, author);
    return TN_OK;
}

/* What memory does not suffice for is to be captioned: the error comes then. */
static enum meta_author spared_author(const struct photo_metadata *metadata, const char *photo,
                                      const char *bytes, size_t size)
{
    enum meta_author author;

    return find_spared(metadata, photo, bytes, size, &author, NULL) == TN_OK ? author : META_NOBODY;
}

/* By the first bytes; what they do not show, the whole photo may. */
static enum meta_author head_author(const struct photo_metadata *metadata, const char *photo)
{
    FILE *stream = fopen(photo, "rbe");
    char *bytes = stream ? malloc(HEAD) : NULL;
    const size_t size = bytes ? fread(bytes, 1, HEAD, stream) : 0;
    const enum meta_author author =
        size > 0 ? spared_author(metadata, photo, bytes, size) : META_NOBODY;

    free(bytes);
    if (stream)
        fclose(stream);
    return author;
}

static enum meta_author whole_author(const struct photo_metadata *metadata, const char *path)
{
    struct app_photo_file photo;
    enum meta_author author;

    if (app_photo_read(path, &photo, NULL) != TN_OK)
        return META_NOBODY;
    author = spared_author(metadata, path, photo.bytes, photo.size);
    app_photo_finish(&photo);
    return author;
}

static enum meta_author photo_holds(const struct app_output *output, const char *photo)
{
    const struct photo_metadata *metadata = metadata_of(output);
    enum meta_author author;
    struct stat info;

    if (stat(photo, &info) != 0 || !S_ISREG(info.st_mode))
        return META_NOBODY;
    /* Whose words the first bytes show, the mark behind them may say. */
    author = output->existing == APP_SKIP ? head_author(metadata, photo) : META_NOBODY;
    return author != META_NOBODY ? author : whole_author(metadata, photo);
}

static bool is_our_own(const char *bytes, size_t size)
{
    return image_is_drawing((const unsigned char *)bytes, size) ||
           image_is_thumbnail((const unsigned char *)bytes, size);
}

static enum tn_status edit_photo(const struct app_photo_file *photo,
                                 const struct meta_caption *caption, struct tn_error *err)
{
    char *bytes;
    size_t size;
    enum tn_status status;

    if (is_our_own(photo->bytes, photo->size))
        return tn_fail(err, TN_UNSUPPORTED,
                       "%s: is a drawing or a thumbnail of this program, which with metadata it "
                       "would no longer know as its own; use --sidecar xmp",
                       photo->path);
    TN_TRY(meta_edit_photo(photo->path, format_of(photo->bytes, photo->size), photo->bytes,
                           photo->size, caption, &bytes, &size, err));
    if (!bytes)
        return TN_OK;
    status = app_photo_replace(photo, bytes, size, err);
    free(bytes);
    return status;
}

static enum tn_status put_into_photo(struct app_output *output, const struct app_entry *entry,
                                     struct tn_error *err)
{
    const char *keywords[APP_MOST_KEYWORDS];
    const struct meta_caption caption = app_meta_caption_of(entry, output->existing, keywords);
    struct app_photo_file photo;
    enum meta_author author;
    enum tn_status status;

    TN_TRY(app_photo_read(entry->path, &photo, err));
    /* It was not done when it was chosen; a person may have described it since. */
    status = find_spared(metadata_of(output), entry->path, photo.bytes, photo.size, &author, err);
    if (status == TN_OK && author == META_NOBODY)
        status = edit_photo(&photo, &caption, err);
    app_photo_finish(&photo);
    return status;
}

static enum tn_status clear_photo(struct app_output *output, const char *path, struct tn_error *err)
{
    (void)output;
    return app_clear_photo(path, err);
}

static void photo_metadata_destroy(struct app_output *output)
{
    free(output);
}

static const struct app_output_ops ops = {.holds = photo_holds,
                                          .put = put_into_photo,
                                          .clear = clear_photo,
                                          .destroy = photo_metadata_destroy};

enum tn_status app_photo_metadata_create(enum app_existing existing, bool beside_sidecar,
                                         bool in_pairs, struct app_output **ret_output,
                                         struct tn_error *err)
{
    struct photo_metadata *metadata;

    TN_TRY(meta_available(err));
    metadata = malloc(sizeof *metadata);
    if (!metadata)
        return tn_fail_nomem(err, sizeof *metadata);
    *metadata = (struct photo_metadata){
        .output = {.ops = &ops, .existing = existing, .each_alone = true, .sentences_only = true},
        .beside_sidecar = beside_sidecar,
        .in_pairs = in_pairs};
    *ret_output = &metadata->output;
    return TN_OK;
}
