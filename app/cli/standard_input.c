/* SPDX-License-Identifier: MIT */
#include "app/cli/standard_input.h"

#include "base/read_file.h"

#include <string.h>
#include <unistd.h>

bool app_is_standard_input(const char *operand)
{
    return strcmp(operand, "-") == 0;
}

enum tn_status app_read_standard_input(size_t limit, unsigned char **ret_bytes, size_t *ret_size,
                                       struct tn_error *err)
{
    char *bytes;

    TN_TRY(tn_read_descriptor(STDIN_FILENO, APP_STANDARD_INPUT, limit, &bytes, ret_size, err));
    *ret_bytes = (unsigned char *)bytes;
    return TN_OK;
}
