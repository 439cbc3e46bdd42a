/* SPDX-License-Identifier: MIT */
#include "data/sets/dataset_tar_private.h"

#include "base/library.h"
#include "base/path.h"
#include "data/sets/dataset_record_private.h"
#include "data/text.h"
#include "image/image.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

enum { HEAD = 512, MOST_TEXT = 1 << 20, BLOCK = 65536 };

/* What is used of libarchive, which most runs do not load (base/library.h). */
static struct {
    __typeof__(&archive_read_new) create;
    __typeof__(&archive_read_support_format_tar) support_tar;
    __typeof__(&archive_read_open_filename) open;
    __typeof__(&archive_read_next_header) next;
    __typeof__(&archive_read_data) read;
    __typeof__(&archive_filter_bytes) position;
    __typeof__(&archive_error_string) error;
    __typeof__(&archive_read_free) destroy;
    __typeof__(&archive_entry_pathname) name;
    __typeof__(&archive_entry_filetype) type;
    __typeof__(&archive_entry_size) size;
    __typeof__(&archive_entry_sparse_count) holes;
} tar;

static const struct tn_library_function functions[] = {
    TN_FUNCTION(archive_read_new, &tar.create),
    TN_FUNCTION(archive_read_support_format_tar, &tar.support_tar),
    TN_FUNCTION(archive_read_open_filename, &tar.open),
    TN_FUNCTION(archive_read_next_header, &tar.next),
    TN_FUNCTION(archive_read_data, &tar.read),
    TN_FUNCTION(archive_filter_bytes, &tar.position),
    TN_FUNCTION(archive_error_string, &tar.error),
    TN_FUNCTION(archive_read_free, &tar.destroy),
    TN_FUNCTION(archive_entry_pathname, &tar.name),
    TN_FUNCTION(archive_entry_filetype, &tar.type),
    TN_FUNCTION(archive_entry_size, &tar.size),
    TN_FUNCTION(archive_entry_sparse_count, &tar.holes),
};

/* A tar that is read. */
struct shard {
    struct data_builder *builder;
    const char *path;
    struct archive *archive;
    int file; /* the same, to look where photos lie */
    uint64_t file_size;
    size_t archive_text; /* the path, as an offset in the dataset's text */

    size_t sample; /* the photo whose files come; SIZE_MAX: none yet */
    bool has_text; /* its captions came */
    char *json;    /* those that count if no others come; owned */
    size_t json_size;
};

/* A file in a tar. */
struct member {
    const char *name;
    size_t key_length;     /* of the sample's name in it */
    const char *extension; /* without its dot */
    uint64_t offset, size;
};

/* ---- Members ---- */

static bool is_one_of(const char *extension, const char *const *extensions)
{
    for (; *extensions; extensions++)
        if (strcasecmp(extension, *extensions) == 0)
            return true;
    return false;
}

static bool is_text(const char *extension)
{
    static const char *const extensions[] = {"txt", "text", "caption", NULL};

    return is_one_of(extension, extensions);
}

static bool is_json(const char *extension)
{
    return strcasecmp(extension, "json") == 0;
}

static enum tn_status fail(const struct shard *shard, const struct member *member, const char *what,
                           struct tn_error *err)
{
    return tn_fail(err, TN_FORMAT, "%s/%s: %s", shard->path, member->name, what);
}

static enum tn_status read_member(const struct shard *shard, const struct member *member,
                                  char **ret_text, size_t *ret_size, struct tn_error *err)
{
    const size_t size = (size_t)member->size;
    size_t done = 0;
    ssize_t got = 1;
    char *text;

    if (member->size > MOST_TEXT)
        return fail(shard, member, "a text of more than 1 MiB", err);
    text = malloc(size + 1);
    if (!text)
        return tn_fail_nomem(err, size + 1);
    while (done < size && (got = tar.read(shard->archive, text + done, size - done)) > 0)
        done += (size_t)got;
    if (done < size) {
        free(text);
        return fail(shard, member, "the tar ends within it", err);
    }
    text[size] = '\0';
    *ret_text = text;
    *ret_size = size;
    return TN_OK;
}

/* ---- Photos ---- */

static enum tn_status name_photo(const struct shard *shard, const struct member *member,
                                 struct tn_error *err)
{
    struct data_builder *builder = shard->builder;
    struct data_photo *photo = &builder->dataset->photos[shard->sample];
    char *key = strdup(data_set_name(builder->dataset, shard->sample));
    char *path = tn_path_join(shard->path, member->name);
    char *name = key ? malloc(strlen(key) + strlen(member->extension) + 2) : NULL;
    enum tn_status status = name && path ? TN_OK : tn_fail_nomem(err, strlen(member->name));

    if (status == TN_OK) {
        strcpy(stpcpy(stpcpy(name, key), "."), member->extension);
        status = data_builder_text(builder, name, strlen(name), &photo->name, err);
    }
    if (status == TN_OK)
        status = data_builder_text(builder, path, strlen(path), &photo->path, err);
    free(key);
    free(path);
    free(name);
    return status;
}

/* The file has to hold at the member's place what libarchive says is in it. */
static enum tn_status check_place(const struct shard *shard, const struct member *member,
                                  const char *head, size_t size, struct tn_error *err)
{
    char found[HEAD];

    if (member->offset > shard->file_size || shard->file_size - member->offset < member->size)
        return fail(shard, member, "the tar ends within it", err);
    if (pread(shard->file, found, size, (off_t)member->offset) != (ssize_t)size ||
        memcmp(found, head, size) != 0)
        return fail(shard, member, "its bytes are not together; make the tar without --sparse",
                    err);
    return TN_OK;
}

/* Adds the member if it is a photo, and the sample's first. */
static enum tn_status add_photo(struct shard *shard, const struct member *member, bool has_holes,
                                struct tn_error *err)
{
    struct data_photo *photo = &shard->builder->dataset->photos[shard->sample];
    char head[HEAD];
    ssize_t size;

    if (photo->size > 0 || member->size == 0)
        return TN_OK;
    size = tar.read(shard->archive, head, sizeof head);
    if (size <= 0)
        return fail(shard, member, "the tar ends within it", err);
    if (!image_format((const unsigned char *)head, (size_t)size) &&
        strcasecmp(member->extension, "tga") != 0)
        return TN_OK;
    if (has_holes)
        return fail(shard, member, "it is stored with holes; make the tar without --sparse", err);
    TN_TRY(check_place(shard, member, head, (size_t)size, err));
    TN_TRY(name_photo(shard, member, err));
    photo->archive = shard->archive_text;
    photo->offset = member->offset;
    photo->size = member->size;
    return TN_OK;
}

/* ---- Samples ---- */

static enum tn_status end_sample(struct shard *shard, struct tn_error *err)
{
    enum tn_status status = TN_OK;

    if (shard->json && !shard->has_text)
        status =
            data_read_captions(shard->builder, shard->sample, shard->json, shard->json_size, err);
    free(shard->json);
    shard->json = NULL;
    shard->has_text = false;
    return status;
}

static enum tn_status begin_sample(struct shard *shard, const struct member *member,
                                   struct tn_error *err)
{
    const char *name = tn_path_name(shard->path);
    char key[PATH_MAX];
    size_t sample;
    int length;

    length = snprintf(key, sizeof key, "%s/%.*s", name, (int)member->key_length, member->name);
    TN_TRY(data_builder_photo(shard->builder, key, (size_t)length, &sample, err));
    if (sample == shard->sample)
        return TN_OK;
    TN_TRY(end_sample(shard, err));
    shard->sample = sample;
    return TN_OK;
}

static enum tn_status add_text(struct shard *shard, const struct member *member,
                               struct tn_error *err)
{
    enum tn_status status;
    size_t size;
    char *text;

    TN_TRY(read_member(shard, member, &text, &size, err));
    status = data_check_text(shard->builder->source, text, &size, err);
    if (status == TN_OK && is_json(member->extension)) {
        free(shard->json);
        shard->json = text;
        shard->json_size = size;
        return TN_OK;
    }
    if (status == TN_OK)
        status = data_read_lines(shard->builder, shard->sample, text, size, err);
    shard->has_text = true;
    free(text);
    return status;
}

/* Splits the name as WebDataset does, at the first dot behind the last slash.  false: it belongs to
 * no sample. */
static bool split_name(struct member *member)
{
    const char *base = tn_path_name(member->name), *dot = strchr(base, '.');

    if (!dot || dot == base || strchr(dot + 1, '.'))
        return false;
    member->key_length = (size_t)(dot - member->name);
    member->extension = dot + 1;
    return true;
}

static enum tn_status add_to_sample(struct shard *shard, const struct member *member,
                                    bool has_holes, struct tn_error *err)
{
    TN_TRY(begin_sample(shard, member, err));
    if (is_text(member->extension) || is_json(member->extension))
        return add_text(shard, member, err);
    return add_photo(shard, member, has_holes, err);
}

static enum tn_status add_member(struct shard *shard, struct archive_entry *entry,
                                 struct tn_error *err)
{
    struct member member = {.name = tar.name(entry),
                            .offset = (uint64_t)tar.position(shard->archive, 0),
                            .size = (uint64_t)tar.size(entry)};
    char source[PATH_MAX];
    enum tn_status status;

    if (!member.name)
        return tn_fail(err, TN_FORMAT, "%s: the name of a file in it cannot be read", shard->path);
    if (tar.type(entry) == AE_IFDIR || !split_name(&member))
        return TN_OK;
    if (tar.type(entry) != AE_IFREG)
        return is_text(member.extension) || is_json(member.extension) ||
                       image_is_picture_name(member.name)
                   ? fail(shard, &member, "a link in the tar; make it with --hard-dereference", err)
                   : TN_OK;
    snprintf(source, sizeof source, "%s/%s", shard->path, member.name);
    shard->builder->source = source;
    status = add_to_sample(shard, &member, tar.holes(entry) > 0, err);
    shard->builder->source = shard->path;
    return status;
}

static enum tn_status add_members(struct shard *shard, struct tn_error *err)
{
    struct archive_entry *entry;
    int result;

    while ((result = tar.next(shard->archive, &entry)) == ARCHIVE_OK || result == ARCHIVE_WARN)
        TN_TRY(add_member(shard, entry, err));
    if (result != ARCHIVE_EOF)
        return tn_fail(err, TN_FORMAT, "%s: damaged, or no tar: %s", shard->path,
                       tar.error(shard->archive));
    return end_sample(shard, err);
}

/* ---- The file ---- */

static bool is_packed(const char *path)
{
    return strcasecmp(tn_path_extension(path), ".tar") != 0;
}

static enum tn_status open_shard(struct shard *shard, struct tn_error *err)
{
    struct stat info;

    shard->file = open(shard->path, O_RDONLY | O_CLOEXEC);
    if (shard->file < 0 || fstat(shard->file, &info) != 0)
        return tn_fail(err, tn_status_of_errno(errno), "%s: %s", shard->path, strerror(errno));
    if (!S_ISREG(info.st_mode))
        return tn_fail(err, TN_IO, "%s: not a regular file", shard->path);
    shard->file_size = (uint64_t)info.st_size;
    shard->archive = tar.create();
    if (!shard->archive || tar.support_tar(shard->archive) != ARCHIVE_OK)
        return tn_fail_nomem(err, BLOCK);
    if (tar.open(shard->archive, shard->path, BLOCK) != ARCHIVE_OK)
        return tn_fail(err, TN_FORMAT, "%s: no tar: %s", shard->path, tar.error(shard->archive));
    return data_builder_text(shard->builder, shard->path, strlen(shard->path), &shard->archive_text,
                             err);
}

enum tn_status data_read_tar(struct data_builder *builder, const char *path, struct tn_error *err)
{
    static struct tn_library library = TN_LIBRARY("libarchive.so.13", functions);
    struct shard shard = {.builder = builder, .path = path, .file = -1, .sample = SIZE_MAX};
    struct tn_error why;
    enum tn_status status;

    if (is_packed(path))
        return tn_fail(err, TN_UNSUPPORTED,
                       "%s: a compressed tar is not read, as its photos cannot be reached one by "
                       "one; decompress it (gunzip, unzstd, unxz, bunzip2)",
                       path);
    status = tn_library_load(&library, &why);
    if (status != TN_OK)
        return tn_fail(err, status, "%s: tar files cannot be read: %s (install libarchive13)", path,
                       why.text);
    status = open_shard(&shard, err);
    if (status == TN_OK)
        status = add_members(&shard, err);
    builder->source = path;
    free(shard.json);
    if (shard.archive)
        tar.destroy(shard.archive);
    if (shard.file >= 0)
        close(shard.file);
    return status;
}
