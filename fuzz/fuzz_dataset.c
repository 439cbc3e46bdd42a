/* SPDX-License-Identifier: MIT */
/* Captions in any of the forms: the first byte chooses the reader. */
#include "data/dataset_private.h"
#include "data/imagine/imagine_private.h"
#include "fuzz/support.h"

#include <stdlib.h>
#include <string.h>

/* Captions without photos: each is one photo's. */
static void read_lines(const uint8_t *data, size_t size)
{
    struct fuzz_file file = fuzz_file_open(data, size);
    struct data_set dataset = {0};

    if (imagine_read_lines(file.path, &dataset, NULL) == TN_OK)
        fuzz_require(dataset.caption_count > 0 && dataset.caption_count <= dataset.photo_count);
    data_set_finish(&dataset);
    fuzz_file_close(&file);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct data_set dataset = {0};
    struct data_builder builder = {.dataset = &dataset, .source = "input"};
    struct tn_error err;
    enum tn_status status;
    char *text;

    if (size > 0 && data[0] == 'L') {
        read_lines(data + 1, size - 1);
        return 0;
    }
    if (size == 0 || !(text = malloc(size)))
        return 0;
    memcpy(text, data + 1, size - 1);
    text[size - 1] = '\0';
    status = data[0] == 'J' ? data_read_json(&builder, text, size - 1, &err)
                            : data_read_table(&builder, text, size - 1, &err);
    if (status == TN_OK)
        data_read_split(&builder, text, size - 1, DATA_SPLIT_DEV);
    free(text);
    tn_map_finish(&builder.names);
    data_set_finish(&dataset);
    return 0;
}
