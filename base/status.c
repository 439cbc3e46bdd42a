/* SPDX-License-Identifier: MIT */
#include "base/status.h"

#include "base/utf8.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const char *tn_status_text(enum tn_status status)
{
    static const char *const texts[] = {
#define TN_STATUS_TEXT(name, text) text,
        TN_STATUS_MAP(TN_STATUS_TEXT)
#undef TN_STATUS_TEXT
    };

    if ((size_t)status >= sizeof texts / sizeof texts[0])
        return "unknown status";
    return texts[status];
}

enum tn_status tn_status_of_errno(int reason)
{
    if (reason == ENOMEM)
        return TN_NOMEM;
    return reason == ENOENT || reason == ENOTDIR ? TN_NOTFOUND : TN_IO;
}

enum tn_status(tn_fail)(struct tn_error *err, enum tn_status status, const char *format, ...)
{
    va_list args;

    if (!err)
        return status;
    err->status = status;
    va_start(args, format);
    if (vsnprintf(err->text, sizeof err->text, format, args) >= (int)sizeof err->text)
        err->text[tn_utf8_fit(err->text, sizeof err->text - 1)] = '\0';
    va_end(args);
    return status;
}

enum tn_status(tn_fail_nomem)(struct tn_error *err, size_t bytes)
{
    return tn_fail(err, TN_NOMEM, "out of memory: %zu bytes were not to be had", bytes);
}
