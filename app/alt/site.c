/* SPDX-License-Identifier: MIT */
#include "app/alt/run_private.h"

#include "app/output/photo_file.h"
#include "base/atomic_file.h"
#include "base/path.h"
#include "base/read_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#define LARGEST ((size_t)1 << 30) /* bytes of a book; a page is limited when it is read */

/* ---- What a file is ---- */

bool alt_kind_of_name(const char *path, int *ret_kind)
{
    static const struct {
        const char *extension;
        int kind;
    } kinds[] = {{".html", ALT_HTML},      {".htm", ALT_HTML},     {".xhtml", ALT_XHTML},
                 {".xht", ALT_XHTML},      {".md", ALT_MARKDOWN},  {".markdown", ALT_MARKDOWN},
                 {".mdown", ALT_MARKDOWN}, {".mkd", ALT_MARKDOWN}, {".qmd", ALT_MARKDOWN},
                 {".rmd", ALT_MARKDOWN},   {".mdx", ALT_MDX},      {".epub", ALT_BOOK}};
    const char *extension = tn_path_extension(path);

    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strcasecmp(extension, kinds[i].extension) == 0) {
            *ret_kind = kinds[i].kind;
            return true;
        }
    return false;
}

int alt_kind_of_file(const char *path, const char *bytes, size_t size)
{
    int kind = ALT_HTML; /* a template, such as .php or .njk */

    if (!alt_kind_of_name(path, &kind) && size > 4 && memcmp(bytes, "PK\x03\x04", 4) == 0)
        kind = ALT_BOOK;
    return kind;
}

/* ---- Reading and replacing ---- */

enum tn_status alt_file_read(const char *path, struct alt_file *ret_file, struct tn_error *err)
{
    struct alt_file file = {.path = path};

    if (stat(path, &file.info) != 0)
        return tn_fail(err, tn_status_of_errno(errno), "%s: %s", path, strerror(errno));
    TN_TRY(tn_read_file(path, LARGEST, &file.bytes, &file.size, err));
    *ret_file = file;
    return TN_OK;
}

void alt_file_finish(struct alt_file *file)
{
    free(file->bytes);
    *file = (struct alt_file){.path = NULL};
}

enum tn_status alt_file_replace(const struct alt_file *file, const char *bytes, size_t size,
                                struct tn_error *err)
{
    struct tn_atomic_file new;
    enum tn_status status = TN_OK;

    if ((file->info.st_mode & 0222) == 0 || access(file->path, W_OK) != 0)
        return tn_fail(err, TN_IO, "%s: cannot write: the page is read-only", file->path);
    TN_TRY(tn_atomic_open(&new, file->path, err));
    if (fwrite(bytes, 1, size, new.stream) != size || fflush(new.stream) != 0)
        status = tn_fail(err, TN_IO, "%s: cannot write: %s", file->path, strerror(errno));
    if (status == TN_OK)
        status = app_keep_attributes(fileno(new.stream), file->path, &file->info, err);
    if (status == TN_OK)
        return tn_atomic_commit_over(&new, &file->info, err);
    tn_atomic_abandon(&new);
    return status;
}

/* ---- The site ---- */

static enum tn_status resolve(const char *path, char **ret_path, struct tn_error *err)
{
    *ret_path = realpath(path, NULL);
    return *ret_path ? TN_OK
                     : tn_fail(err, tn_status_of_errno(errno), "%s: %s", path, strerror(errno));
}

enum tn_status alt_site_root(const char *root, const char *page, char **ret_root,
                             struct tn_error *err)
{
    char *folder, *here, *lies;
    enum tn_status status;
    size_t length;

    if (root)
        return resolve(root, ret_root, err);
    folder = tn_path_folder(page);
    if (!folder)
        return tn_fail_nomem(err, strlen(page));
    status = resolve(folder, &lies, err);
    free(folder);
    TN_TRY(status);
    here = realpath(".", NULL);
    length = here ? strlen(here) : 0;
    if (here && strncmp(lies, here, length) == 0 && (lies[length] == '/' || lies[length] == '\0')) {
        free(lies);
        *ret_root = here;
    } else {
        free(here);
        *ret_root = lies;
    }
    return TN_OK;
}
