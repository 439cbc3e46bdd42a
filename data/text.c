/* SPDX-License-Identifier: MIT */
#include "data/text.h"

#include "base/read_file.h"

#include <stdlib.h>
#include <string.h>

/* NULs: a photo, say, or UTF-16. */
enum tn_status data_check_text(const char *path, char *text, size_t *size, struct tn_error *err)
{
    const char *nul = memchr(text, '\0', *size);
    size_t line = 1;

    if (*size >= 2 && (memcmp(text, "\xFF\xFE", 2) == 0 || memcmp(text, "\xFE\xFF", 2) == 0))
        return tn_fail(err, TN_FORMAT,
                       "%s: the text is UTF-16; save it as UTF-8, or convert it by iconv -f UTF-16 "
                       "-t UTF-8",
                       path);
    if (!nul) {
        data_drop_mark(text, size);
        return TN_OK;
    }
    for (const char *c = text; c < nul; c++)
        line += *c == '\n';
    return tn_fail(err, TN_FORMAT, "%s: line %zu contains a NUL; expected a text file in UTF-8",
                   path, line);
}

void data_drop_mark(char *text, size_t *size)
{
    if (*size < 3 || memcmp(text, "\xEF\xBB\xBF", 3) != 0)
        return;
    *size -= 3;
    memmove(text, text + 3, *size + 1);
}

void data_mend_line_ends(char *text, size_t size)
{
    if (memchr(text, '\n', size))
        return;
    for (char *at = text; (at = memchr(at, '\r', size - (size_t)(at - text))) != NULL;)
        *at = '\n';
}

enum tn_status data_read_text(const char *path, char **ret_text, size_t *ret_size,
                              struct tn_error *err)
{
    enum tn_status status;
    char *text;
    size_t size;

    TN_TRY(tn_read_stream(path, DATA_MAX_TEXT, &text, &size, err));
    status = data_check_text(path, text, &size, err);
    if (status != TN_OK) {
        free(text);
        return status;
    }
    *ret_text = text;
    *ret_size = size;
    return TN_OK;
}
