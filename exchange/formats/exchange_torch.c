/* SPDX-License-Identifier: MIT */
/* What torch.save writes since PyTorch 1.6: a ZIP archive with a pickle, <folder>/data.pkl, and
 * each storage as an entry <folder>/data/<key>. */
#include "exchange/format.h"
#include "exchange/stored_zip.h"
#include "exchange/torch_state.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

enum { MOST_PICKLE = 16 << 20, NAME_SIZE = 512 };

struct archive {
    struct stored_zip zip;
    const char *folder; /* borrowed from the names; not ended */
    size_t folder_length;
};

static bool recognises(const unsigned char *bytes, size_t size)
{
    return size >= 4 && memcmp(bytes, "PK\x03\x04", 4) == 0;
}

static enum tn_status get_entry(struct archive *archive, const char *name,
                                const unsigned char **ret_bytes, size_t *ret_size,
                                struct tn_error *err)
{
    char full[NAME_SIZE];

    snprintf(full, sizeof full, "%.*s/%s", (int)archive->folder_length, archive->folder, name);
    return stored_zip_get(&archive->zip, full, ret_bytes, ret_size, err);
}

/* The folder of the pickle; a name of the user's, in a long file name too long for NAME_SIZE, is
 * none of torch's. */
static enum tn_status find_folder(struct archive *archive, struct tn_error *err)
{
    static const char pickle[] = "/data.pkl";

    for (size_t i = 0; i < archive->zip.names.count; i++) {
        const char *name = tn_map_text(&archive->zip.names, i);
        const char *slash = strchr(name, '/');

        if (slash && strcmp(slash, pickle) == 0 && slash - name < NAME_SIZE / 2) {
            archive->folder = name;
            archive->folder_length = (size_t)(slash - name);
            return TN_OK;
        }
    }
    return tn_fail(err, TN_FORMAT, "it is a ZIP archive, but none that torch.save wrote");
}

static enum tn_status check_order(struct archive *archive, struct tn_error *err)
{
    const unsigned char *order;
    size_t size;

    if (get_entry(archive, "byteorder", &order, &size, NULL) == TN_OK && size >= 3 &&
        memcmp(order, "big", 3) == 0)
        return tn_fail(err, TN_UNSUPPORTED,
                       "its numbers are big-endian; save it on a little-endian machine");
    return TN_OK;
}

static enum tn_status find_storage(void *context, const char *key, const unsigned char **ret_bytes,
                                   size_t *ret_size, struct tn_error *err)
{
    char name[NAME_SIZE / 2];

    snprintf(name, sizeof name, "data/%s", key);
    return get_entry(context, name, ret_bytes, ret_size, err);
}

static enum tn_status open_archive(const struct exchange_tensors *to, struct archive *archive,
                                   struct pickle *ret_pickle, struct tn_error *err)
{
    const unsigned char *bytes;
    size_t size, used;

    TN_TRY(stored_zip_read(to->bytes, to->size, &archive->zip, err));
    TN_TRY(find_folder(archive, err));
    TN_TRY(check_order(archive, err));
    TN_TRY(get_entry(archive, "data.pkl", &bytes, &size, err));
    if (size > MOST_PICKLE)
        return tn_fail(err, TN_RANGE, "its pickle has %zu bytes; expected at most %d", size,
                       (int)MOST_PICKLE);
    return pickle_read(bytes, size, ret_pickle, &used, err);
}

static enum tn_status read_torch(struct exchange_tensors *to, struct tn_error *err)
{
    struct archive archive = {.folder = NULL};
    struct tn_error why;
    struct pickle pickle;
    enum tn_status status = open_archive(to, &archive, &pickle, &why);

    if (status != TN_OK) {
        status = tn_fail(err, status, "%s: %s", to->path, why.text);
    } else {
        status = torch_add_state(to, &pickle, find_storage, &archive, err);
        pickle_finish(&pickle);
    }
    stored_zip_finish(&archive.zip);
    return status;
}

const struct exchange_format exchange_format_torch = {
    .name = "PyTorch",
    .recognises = recognises,
    .read = read_torch,
};
