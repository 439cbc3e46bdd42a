/* SPDX-License-Identifier: MIT */
#include "app/output/gallery.h"

#include "app/output/thumbnail_folder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MOST_WITHIN = 2000 };

struct gallery {
    struct app_output output;
    struct app_output *rows;
    struct app_thumbnail_folder *folder;
};

static struct gallery *gallery_of(const struct app_output *output)
{
    return (struct gallery *)(uintptr_t)output; /* the head of a struct gallery */
}

static enum meta_author gallery_holds(const struct app_output *output, const char *path)
{
    const struct app_output *rows = gallery_of(output)->rows;

    return rows->ops->holds(rows, path);
}

static enum tn_status gallery_put(struct app_output *output, const struct app_entry *entry,
                                  struct tn_error *err)
{
    struct gallery *gallery = gallery_of(output);
    struct app_entry put = *entry;

    if (app_rows_count(gallery->rows) >= MOST_WITHIN)
        TN_TRY(
            app_thumbnail_folder_put(gallery->folder, entry->thumbnail, &put.thumbnail_link, err));
    gallery->rows->remembers = output->remembers;
    return gallery->rows->ops->put(gallery->rows, &put, err);
}

static enum tn_status gallery_flush(struct app_output *output, struct tn_error *err)
{
    struct app_output *rows = gallery_of(output)->rows;

    return rows->ops->flush(rows, err);
}

static enum tn_status sync_thumbnails(void *context, struct tn_error *err)
{
    return app_thumbnail_folder_sync(context, err);
}

static enum tn_status gallery_finish(struct app_output *output, bool complete, struct tn_error *err)
{
    struct gallery *gallery = gallery_of(output);

    TN_TRY(gallery->rows->ops->finish(gallery->rows, complete, err));
    if (complete)
        app_thumbnail_folder_clear(gallery->folder);
    return TN_OK;
}

static void gallery_destroy(struct app_output *output)
{
    struct gallery *gallery = gallery_of(output);

    if (gallery->rows)
        gallery->rows->ops->destroy(gallery->rows);
    app_thumbnail_folder_destroy(gallery->folder);
    free(gallery);
}

static const struct app_output_ops gallery_ops = {
    .holds = gallery_holds,
    .put = gallery_put,
    .flush = gallery_flush,
    .finish = gallery_finish,
    .destroy = gallery_destroy,
};

/* Of the page that is to be replaced. */
static enum tn_status note_thumbnails(struct app_thumbnail_folder *folder, const char *file,
                                      struct tn_error *err)
{
    const int descriptor = open(file, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    enum tn_status status = TN_OK;
    struct stat info;
    char *text;

    if (descriptor < 0)
        return errno == ENOENT ? TN_OK : tn_fail(err, TN_IO, "%s: %s", file, strerror(errno));
    if (fstat(descriptor, &info) == 0 && info.st_size > 0) {
        text = mmap(NULL, (size_t)info.st_size, PROT_READ, MAP_PRIVATE, descriptor, 0);
        if (text == MAP_FAILED) {
            status = tn_fail(err, TN_IO, "%s: %s", file, strerror(errno));
        } else {
            status = app_thumbnail_folder_note(folder, text, (size_t)info.st_size, err);
            munmap(text, (size_t)info.st_size);
        }
    }
    close(descriptor);
    return status;
}

static enum tn_status open_gallery(struct gallery *gallery, const struct app_format *format,
                                   const char *file, struct tn_error *err)
{
    const enum app_existing existing = gallery->output.existing;

    TN_TRY(app_thumbnail_folder_create(file, &gallery->folder, err));
    if (app_existing_renews(existing))
        TN_TRY(note_thumbnails(gallery->folder, file, err));
    TN_TRY(app_rows_create(format, file, existing, &gallery->rows, err));
    gallery->output.replaces = gallery->rows->replaces;
    app_rows_before_sync(gallery->rows, sync_thumbnails, gallery->folder);
    return TN_OK;
}

/* A pipe or a device has no place for a folder beside it. */
static bool is_stream(const char *file)
{
    struct stat info;

    return strncmp(file, "/dev/", strlen("/dev/")) == 0 ||
           (stat(file, &info) == 0 && !S_ISREG(info.st_mode));
}

enum tn_status app_gallery_create(const struct app_format *format, const char *file,
                                  enum app_existing existing, struct app_output **ret_output,
                                  struct tn_error *err)
{
    struct gallery *gallery;
    enum tn_status status;

    if (is_stream(file))
        return app_rows_create(format, file, existing, ret_output, err);
    gallery = calloc(1, sizeof *gallery);
    if (!gallery)
        return tn_fail_nomem(err, sizeof *gallery);
    gallery->output =
        (struct app_output){.ops = &gallery_ops, .existing = existing, .thumbnails = true};
    status = open_gallery(gallery, format, file, err);
    if (status == TN_OK)
        *ret_output = &gallery->output;
    else
        gallery_destroy(&gallery->output);
    return status;
}
