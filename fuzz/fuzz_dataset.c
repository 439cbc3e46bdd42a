/* SPDX-License-Identifier: MIT */
/* Captions in any of the forms: the first byte chooses the reader. */
#include "train/internal.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct train_dataset dataset = {0};
    struct train_builder builder = {.dataset = &dataset, .source = "input"};
    struct tn_error err;
    enum tn_status status;
    char *text;

    if (size == 0 || !(text = malloc(size)))
        return 0;
    memcpy(text, data + 1, size - 1);
    text[size - 1] = '\0';
    status = data[0] == 'J' ? train_read_json(&builder, text, size - 1, &err)
                            : train_read_table(&builder, text, size - 1, &err);
    if (status == TN_OK)
        train_read_split(&builder, text, size - 1, TRAIN_SPLIT_DEV);
    free(text);
    train_index_finish(&builder.names);
    train_dataset_finish(&dataset);
    return 0;
}
