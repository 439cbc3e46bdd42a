/* SPDX-License-Identifier: MIT */
/* Loads exiv2.so when it is first needed, and hands on to it. */
#include "app/output/metadata.h"

#include "app/cli/companion.h"
#include "app/output/metadata_exiv2.h"
#include "app/paths.h"
#include "base/library.h"
#include "image/image.h"

static char path[APP_COMPANION_PATH];
static const struct metadata_exiv2 *exiv2;

static void find_module(void)
{
    static const struct app_companion module = {"exiv2.so", APP_BUILD_DIRECTORY, APP_LIBDIR,
                                                APP_FULL_LIBDIR};

    app_companion_find(&module, path);
}

enum tn_status app_metadata_available(struct tn_error *err)
{
    static const struct tn_library_function functions[] = {{"metadata_exiv2", &exiv2}};
    static struct tn_library library = TN_LIBRARY(path, functions);
    static pthread_once_t found = PTHREAD_ONCE_INIT;
    struct tn_error why;
    enum tn_status status;

    pthread_once(&found, find_module);
    status = tn_library_load(&library, &why);
    if (status == TN_OK)
        return TN_OK;
    return tn_fail(err, status, "metadata cannot be read or written: %s", why.text);
}

bool app_metadata_photo_described(const char *photo)
{
    return app_metadata_available(NULL) == TN_OK && exiv2->photo_described(photo);
}

bool app_metadata_xmp_described(const char *bytes, size_t size)
{
    return app_metadata_available(NULL) == TN_OK && exiv2->xmp_described(bytes, size);
}

enum tn_status app_metadata_edit_photo(const char *name, const char *bytes, size_t size,
                                       const struct app_metadata_caption *caption, char **ret_bytes,
                                       size_t *ret_size, struct tn_error *err)
{
    const char *format = image_format((const unsigned char *)bytes, size);

    TN_TRY(app_metadata_available(err));
    return exiv2->edit_photo(name, format, bytes, size, caption, ret_bytes, ret_size, err);
}

enum tn_status app_metadata_edit_xmp(const char *name, const char *bytes, size_t size,
                                     const struct app_metadata_caption *caption, char **ret_bytes,
                                     size_t *ret_size, struct tn_error *err)
{
    TN_TRY(app_metadata_available(err));
    return exiv2->edit_xmp(name, bytes, size, caption, ret_bytes, ret_size, err);
}
