/* SPDX-License-Identifier: MIT */
#include "app/alt/picture.h"

#include "app/alt/book.h"
#include "app/alt/url.h"
#include "base/hash.h"
#include "base/path.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static bool is_below(const char *path, const char *root)
{
    const size_t length = strcmp(root, "/") == 0 ? 0 : strlen(root);

    return strncmp(path, root, length) == 0 && path[length] == '/';
}

/* ".." of a URL takes back a name, not a folder that a symbolic link leads to. */
static char *path_of(const struct alt_place *place, const struct alt_url *url)
{
    char *folder = url->file     ? strdup("/")
                   : url->rooted ? strdup(place->root)
                                 : tn_path_folder(place->page);
    char *path = folder ? tn_path_join(folder, url->path) : NULL;
    char *absolute = path ? tn_path_absolute(path) : NULL;

    free(folder);
    free(path);
    return absolute;
}

/* Symbolic links are followed before it is seen where the file lies. */
static enum tn_status find_file(const struct alt_place *place, const struct alt_url *url,
                                struct alt_picture *picture, struct tn_error *err)
{
    char *path = path_of(place, url);

    if (!path)
        return tn_fail_nomem(err, strlen(url->path));
    picture->name = realpath(path, NULL);
    free(path);
    if (!picture->name)
        picture->why = "no such file";
    else if (!is_below(picture->name, place->root))
        picture->why = "outside of the root (--root)";
    return TN_OK;
}

static enum tn_status find_part(const struct alt_place *place, const struct alt_url *url,
                                struct alt_picture *picture, struct tn_error *err)
{
    char *folder = url->rooted ? strdup(".") : tn_path_folder(place->page);
    char *path = folder ? tn_path_join(folder, url->path) : NULL;
    enum tn_status status = TN_OK;

    free(folder);
    if (!path)
        return tn_fail_nomem(err, strlen(url->path));
    if (url->file || !alt_path_simplify(path)) {
        picture->why = "outside of the book";
    } else {
        status = alt_book_part(place->book, path, &picture->bytes, &picture->size, err);
        if (status == TN_OK && !picture->bytes)
            picture->why = "not in the book";
    }
    if (status == TN_OK && asprintf(&picture->name, "%s!/%s", place->title, path) < 0) {
        picture->name = NULL;
        status = tn_fail_nomem(err, strlen(place->title) + strlen(path));
    }
    free(path);
    return status;
}

/* Takes the bytes out of the URL. */
static enum tn_status find_data(struct alt_url *url, struct alt_picture *picture,
                                struct tn_error *err)
{
    picture->bytes = picture->owned = url->bytes;
    picture->size = url->size;
    url->bytes = NULL;
    if (asprintf(&picture->name, "data:%016" PRIx64 ".%zu",
                 tn_hash_block(0, picture->bytes, picture->size), picture->size) < 0) {
        picture->name = NULL;
        return tn_fail_nomem(err, 64);
    }
    return TN_OK;
}

/* Drawings are not captioned: a model of photos does not know what they mean. */
static bool is_drawing(const char *name)
{
    const char *extension = tn_path_extension(name);

    return strcasecmp(extension, ".svg") == 0 || strcasecmp(extension, ".svgz") == 0;
}

static enum tn_status find(const struct alt_place *place, struct alt_url *url,
                           struct alt_picture *picture, struct tn_error *err)
{
    switch (url->kind) {
    case ALT_URL_REMOTE:
        picture->why = "not here";
        return TN_OK;
    case ALT_URL_DATA:
        return find_data(url, picture, err);
    case ALT_URL_PATH:
        if (is_drawing(url->path)) {
            picture->why = "a drawing";
            return TN_OK;
        }
        return place->book ? find_part(place, url, picture, err)
                           : find_file(place, url, picture, err);
    default:
        picture->why = "no picture";
        return TN_OK;
    }
}

enum tn_status alt_picture_find(const struct alt_place *place, const char *base, const char *source,
                                struct alt_picture *ret_picture, struct tn_error *err)
{
    struct alt_picture picture = {.why = NULL};
    struct alt_url url;
    enum tn_status status;

    TN_TRY(alt_url_read(source, base, &url, err));
    status = find(place, &url, &picture, err);
    alt_url_finish(&url);
    if (status == TN_OK)
        *ret_picture = picture;
    else
        alt_picture_finish(&picture);
    return status;
}

void alt_picture_finish(struct alt_picture *picture)
{
    free(picture->name);
    free(picture->owned);
    *picture = (struct alt_picture){.why = NULL};
}
