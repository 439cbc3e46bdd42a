/* SPDX-License-Identifier: MIT */
#include "app/output/photo_metadata.h"

#include "app/output/same_picture.h"
#include "base/atomic_file.h"
#include "base/read_file.h"
#include "image/image.h"
#include "metadata/metadata.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#define LARGEST ((size_t)1 << 31) /* bytes of a photo */

enum { HEAD = 256 << 10 }; /* bytes at whose end most JPEG files have had their metadata */

struct photo_metadata {
    struct app_output output;
    bool beside_sidecar; /* what has no place for a caption has it in its XMP sidecar */
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

static bool is_done(const struct photo_metadata *metadata, const char *photo, const char *bytes,
                    size_t size)
{
    const enum app_existing existing = metadata->output.existing;
    const char *format = format_of(bytes, size);

    return is_left_to_sidecar(metadata, photo, format) ||
           app_existing_spares(existing, meta_photo_author(format, bytes, size));
}

/* Whether the first bytes say so; what is false of them may be true of the whole photo. */
static bool head_is_done(const struct photo_metadata *metadata, const char *photo)
{
    FILE *stream = fopen(photo, "rbe");
    char *bytes = stream ? malloc(HEAD) : NULL;
    const size_t size = bytes ? fread(bytes, 1, HEAD, stream) : 0;
    const bool done = size > 0 && is_done(metadata, photo, bytes, size);

    free(bytes);
    if (stream)
        fclose(stream);
    return done;
}

static bool whole_is_done(const struct photo_metadata *metadata, const char *photo)
{
    char *bytes;
    size_t size;
    bool done;

    if (tn_read_file(photo, LARGEST, &bytes, &size, NULL) != TN_OK)
        return false;
    done = is_done(metadata, photo, bytes, size);
    free(bytes);
    return done;
}

static bool photo_is_done(const struct app_output *output, const char *photo)
{
    const struct photo_metadata *metadata = metadata_of(output);
    struct stat info;

    return stat(photo, &info) == 0 && S_ISREG(info.st_mode) &&
           (head_is_done(metadata, photo) || whole_is_done(metadata, photo));
}

/* What only root may set is the system's business and not the photo's. */
static bool must_be_kept(const char *attribute)
{
    return strncmp(attribute, "security.", 9) != 0 && strncmp(attribute, "trusted.", 8) != 0;
}

static bool copy_attribute(const char *photo, int to, const char *attribute)
{
    const ssize_t size = getxattr(photo, attribute, NULL, 0);
    char *value = size >= 0 ? malloc((size_t)size + 1) : NULL;
    const bool copied = value && getxattr(photo, attribute, value, (size_t)size) == size &&
                        fsetxattr(to, attribute, value, (size_t)size, 0) == 0;

    free(value);
    return copied || !must_be_kept(attribute);
}

static bool copy_attributes(const char *photo, int to)
{
    const ssize_t size = listxattr(photo, NULL, 0);
    char *names;
    bool copied;

    if (size <= 0)
        return size == 0 || errno == ENOTSUP;
    names = malloc((size_t)size + 1);
    if (!names)
        return false;
    copied = listxattr(photo, names, (size_t)size) == size;
    names[size] = '\0';
    for (const char *name = names; copied && name < names + size; name += strlen(name) + 1)
        copied = copy_attribute(photo, to, name);
    free(names);
    return copied;
}

/* Fills the new file and makes it look as old as the photo; the owner is kept where that is allowed
 * and gives up nothing but rights that the new owner would get. */
static enum tn_status fill_photo(FILE *stream, const char *photo, const struct stat *info,
                                 const char *bytes, size_t size, struct tn_error *err)
{
    const struct timespec times[] = {info->st_atim, info->st_mtim};
    const int file = fileno(stream);

    if (fwrite(bytes, 1, size, stream) != size || fflush(stream) != 0)
        return tn_fail(err, TN_IO, "%s: cannot write: %s", photo, strerror(errno));
    if (fchown(file, info->st_uid, info->st_gid) != 0)
        errno = 0; /* another owner's photo, and not root */
    if (!copy_attributes(photo, file) || fchmod(file, info->st_mode & 07777) != 0)
        return tn_fail(err, TN_IO, "%s: cannot write: its attributes cannot be kept: %s", photo,
                       strerror(errno));
    if (futimens(file, times) != 0)
        return tn_fail(err, TN_IO, "%s: cannot write: its times cannot be kept: %s", photo,
                       strerror(errno));
    return TN_OK;
}

static enum tn_status replace_photo(const char *photo, const struct stat *info, const char *bytes,
                                    size_t size, struct tn_error *err)
{
    struct tn_atomic_file file;
    enum tn_status status;

    if ((info->st_mode & 0222) == 0 || access(photo, W_OK) != 0)
        return tn_fail(err, TN_IO, "%s: cannot write: the photo is read-only", photo);
    TN_TRY(tn_atomic_open(&file, photo, err));
    status = fill_photo(file.stream, photo, info, bytes, size, err);
    if (status == TN_OK)
        return tn_atomic_commit_over(&file, info, err);
    tn_atomic_abandon(&file);
    return status;
}

static bool is_our_own(const char *bytes, size_t size)
{
    return image_is_drawing((const unsigned char *)bytes, size) ||
           image_is_thumbnail((const unsigned char *)bytes, size);
}

static enum tn_status edit_photo(const char *photo, const struct meta_caption *caption,
                                 const char *old, size_t old_size, const struct stat *info,
                                 struct tn_error *err)
{
    char *bytes;
    size_t size;
    enum tn_status status;

    if (is_our_own(old, old_size))
        return tn_fail(err, TN_UNSUPPORTED,
                       "%s: is a drawing or a thumbnail of this program, which with metadata it "
                       "would no longer know as its own; use --sidecar xmp",
                       photo);
    TN_TRY(meta_edit_photo(photo, format_of(old, old_size), old, old_size, caption, &bytes, &size,
                           err));
    if (!bytes)
        return TN_OK;
    if (!app_same_picture(photo, old, old_size, bytes, size))
        status = tn_fail(err, TN_FORMAT, "%s: writing would change the picture; use --sidecar xmp",
                         photo);
    else
        status = replace_photo(photo, info, bytes, size, err);
    free(bytes);
    return status;
}

static enum tn_status put_into_photo(struct app_output *output, const struct app_entry *entry,
                                     struct tn_error *err)
{
    const char *keywords[APP_MOST_KEYWORDS];
    const struct meta_caption caption = app_meta_caption_of(entry, output->existing, keywords);
    char *bytes;
    struct stat info;
    size_t size;
    enum tn_status status;

    if (stat(entry->path, &info) != 0)
        return tn_fail(err, TN_IO, "%s: %s", entry->path, strerror(errno));
    TN_TRY(tn_read_file(entry->path, LARGEST, &bytes, &size, err));
    /* It was not done when it was chosen; a person may have described it since. */
    if (is_done(metadata_of(output), entry->path, bytes, size))
        status = TN_OK;
    else
        status = edit_photo(entry->path, &caption, bytes, size, &info, err);
    free(bytes);
    return status;
}

static void photo_metadata_destroy(struct app_output *output)
{
    free(output);
}

static const struct app_output_ops ops = {
    .holds = photo_is_done, .put = put_into_photo, .destroy = photo_metadata_destroy};

enum tn_status app_photo_metadata_create(enum app_existing existing, bool beside_sidecar,
                                         struct app_output **ret_output, struct tn_error *err)
{
    struct photo_metadata *metadata;

    TN_TRY(meta_available(err));
    metadata = malloc(sizeof *metadata);
    if (!metadata)
        return tn_fail_nomem(err, sizeof *metadata);
    *metadata = (struct photo_metadata){
        .output = {.ops = &ops, .existing = existing, .each_alone = true, .sentences_only = true},
        .beside_sidecar = beside_sidecar};
    *ret_output = &metadata->output;
    return TN_OK;
}
