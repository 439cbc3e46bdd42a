/* SPDX-License-Identifier: MIT */
#include "app/cli/not_built_in.h"

#include "app/built_in.h"
#include "app/cli/commands.h"
#include "base/library.h"

#include <string.h>

#define PACKAGES(packages, option)                                                                 \
    packages, TN_LIBRARY_REMEDY(packages, " with -D" option "=enabled")

const struct app_part app_parts[] = {
    {"captions in metadata", APP_HAVE_METADATA,
     PACKAGES("libexpat1-dev and libmd-dev", "metadata")},
    {"system fonts", APP_HAVE_FONTCONFIG, PACKAGES("libfontconfig-dev", "fontconfig")},
    {"serve", APP_HAVE_SERVE, PACKAGES("libmicrohttpd-dev", "serve")},
    {"search", APP_HAVE_SEARCH, PACKAGES("libsqlite3-dev", "search")},
    {"alt", APP_HAVE_ALT, PACKAGES("libxml2-dev", "alt")},
    {"EPUB", APP_HAVE_EPUB, PACKAGES("libarchive-dev", "alt")},
    {"export", APP_HAVE_EXPORT, PACKAGES("libprotobuf-c-dev and protobuf-c-compiler", "protobuf")},
    {.name = NULL},
};

const struct app_part *app_part(const char *name)
{
    const struct app_part *part = app_parts;

    while (strcmp(part->name, name) != 0)
        part++;
    return part;
}

int app_not_built_in(int argc, char **argv)
{
    (void)argc;
    app_warn("%s support is not built in (%s)", argv[0], app_part(argv[0])->remedy);
    return APP_USAGE;
}
