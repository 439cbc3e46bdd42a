/* SPDX-License-Identifier: MIT */
/*
 * How a failure travels: a status to branch on and, where the caller wants it, a sentence to show.
 * The library never prints and never exits; `assert` is for our bugs, a status for the world's.
 */
#ifndef BASE_STATUS_H
#define BASE_STATUS_H

#include <stddef.h>

/* name, text */
#define TN_STATUS_MAP(X)                                                                           \
    X(OK, "success")                                                                               \
    X(NOMEM, "out of memory")                                                                      \
    X(IO, "input/output error")                                                                    \
    X(FORMAT, "malformed data")                                                                    \
    X(VERSION, "unsupported version")                                                              \
    X(SHAPE, "unexpected shape")                                                                   \
    X(RANGE, "value out of range")                                                                 \
    X(NOTFOUND, "not found")                                                                       \
    X(UNSUPPORTED, "not supported")                                                                \
    X(CANCELLED, "cancelled")

enum tn_status {
#define TN_STATUS_ENUM(name, text) TN_##name,
    TN_STATUS_MAP(TN_STATUS_ENUM)
#undef TN_STATUS_ENUM
};

#define TN_ERROR_TEXT_SIZE 512

/* The sentence: lower case, no full stop; it names the file or tensor, what was expected, what was
 * found and, where there is one, what to do. */
struct tn_error {
    enum tn_status status;
    char text[TN_ERROR_TEXT_SIZE];
};

#if defined(__GNUC__)
#define TN_NODISCARD __attribute__((warn_unused_result))
#define TN_PRINTF(text, first) __attribute__((format(printf, text, first)))
#else
#define TN_NODISCARD
#define TN_PRINTF(text, first)
#endif

/* The status's own words, "out of memory" for TN_NOMEM; never NULL. */
const char *tn_status_text(enum tn_status status);

/* Fills err (may be NULL) and returns status, so that a failing function ends in
 * `return tn_fail(err, TN_SHAPE, "%s: ...", path);`.  Text that does not fit is cut at a UTF-8
 * boundary. */
enum tn_status tn_fail(struct tn_error *err, enum tn_status status, const char *format, ...)
    TN_PRINTF(3, 4);

/* tn_fail with TN_NOMEM and the number of bytes that were not to be had. */
enum tn_status tn_fail_nomem(struct tn_error *err, size_t bytes);

/* Both again, so that the compiler sees what they return: gcc would otherwise take a caller's ret_
 * outputs for used uninitialised, after a failure that it cannot distinguish from a success.
 * status is evaluated twice. */
#define tn_fail(err, status, ...) tn_status_known(tn_fail(err, status, __VA_ARGS__), status)
#define tn_fail_nomem(err, bytes) tn_status_known(tn_fail_nomem(err, bytes), TN_NOMEM)
static inline enum tn_status tn_status_known(enum tn_status returned, enum tn_status status)
{
    (void)returned;
    return status;
}

/* What a system call's errno is as a status: TN_NOMEM, TN_NOTFOUND (no such file) or TN_IO. */
enum tn_status tn_status_of_errno(int reason);

/* Returns the expression's status from the calling function when it is not TN_OK. */
#define TN_TRY(expression)                                                                         \
    do {                                                                                           \
        const enum tn_status tn_try_status = (expression);                                         \
        if (tn_try_status != TN_OK)                                                                \
            return tn_try_status;                                                                  \
    } while (0)

#endif
