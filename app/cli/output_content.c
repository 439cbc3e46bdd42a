/* SPDX-License-Identifier: MIT */
#include "app/cli/output_content.h"

#include "app/cli/failure_list.h"
#include "base/elf_section.h"
#include "image/image.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum { HEAD = 512 }; /* bytes that show what a file contains */

static bool is_text(const unsigned char *head, size_t size)
{
    return !memchr(head, '\0', size);
}

static bool begins(const unsigned char *head, size_t size, const char *start)
{
    return size >= strlen(start) && memcmp(head, start, strlen(start)) == 0;
}

static bool is_tensors(const unsigned char *head, size_t size)
{
    return size > 8 && head[6] == 0 && head[7] == 0 && head[8] == '{'; /* safetensors */
}

static bool is_features(const unsigned char *head, size_t size)
{
    static const char numpy[] = "\x93NUMPY", content[] = "\"features of photos";

    return memmem(head, size, numpy, strlen(numpy)) == head ||
           (is_tensors(head, size) && memmem(head, size, content, strlen(content)));
}

/* The beginning of what eval_save_json, or check_save_json, writes. */
static bool is_scores(const unsigned char *head, size_t size)
{
    static const char *const keys[] = {"\"model\"", "\"ok\""};
    size_t at = 1;

    while (at < size && isspace(head[at]))
        at++;
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        if (size - at >= strlen(keys[i]) && memcmp(head + at, keys[i], strlen(keys[i])) == 0)
            return head[0] == '{';
    return false;
}

/* What train_log_open writes. */
static bool is_log(const unsigned char *head, size_t size)
{
    return begins(head, size, "event,epoch,step,") || begins(head, size, "{\"event\":");
}

static bool is_page(const unsigned char *head, size_t size)
{
    return is_text(head, size) && begins(head, size, "<!DOCTYPE html>");
}

/* A row of captions may begin with "BMW.jpg": of a text, letters alone make no picture, unless the
 * size of a PNM follows. */
static const char *picture_format(const unsigned char *head, size_t size)
{
    const char *format = image_format(head, size);
    const bool pnm = size > 3 && head[0] == 'P' && isdigit(head[1]) && isspace(head[2]) &&
                     (isdigit(head[3]) || head[3] == '#');

    return is_text(head, size) && isalnum(head[0]) && !pnm ? NULL : format;
}

static const struct {
    const char *name;
    bool (*is_alike)(const unsigned char *head, size_t size);
} kinds[] = {
    [APP_TEXT_OUTPUT] = {"no text", is_text},
    [APP_FAILURES_OUTPUT] = {"no list of failures", is_text}, /* app_is_failure_list looks on */
    [APP_MODEL_OUTPUT] = {"no model", is_tensors},
    [APP_FEATURES_OUTPUT] = {"no features of photos", is_features},
    [APP_DRAWING_OUTPUT] = {"no drawing of this program", image_is_drawing},
    [APP_SCORES_OUTPUT] = {"no scores of 'caption eval' or 'caption check'", is_scores},
    [APP_LOG_OUTPUT] = {"no log of a training", is_log},
    [APP_PAGE_OUTPUT] = {"no page of this program", is_page},
    [APP_OTHER_OUTPUT] = {NULL, NULL},
};

/* The first bytes of a file; -1 and errno when it cannot be read. */
static ssize_t read_head(const char *path, unsigned char head[HEAD])
{
    const int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    const ssize_t size = file < 0 ? -1 : read(file, head, HEAD);
    const int reason = errno;

    if (file >= 0)
        close(file);
    errno = reason;
    return size;
}

bool app_is_program(const char *path)
{
    unsigned char head[HEAD];
    const ssize_t size = read_head(path, head);

    return size > 0 && tn_is_elf(head, (size_t)size);
}

struct app_content app_content_of(enum app_file_role role, const char *path)
{
    unsigned char head[HEAD];
    const ssize_t size = read_head(path, head);
    struct app_content content = {.reason = size < 0 ? errno : 0, .expected = kinds[role].name};

    content.picture = size > 0 ? picture_format(head, (size_t)size) : NULL;
    content.alike = size == 0 || !kinds[role].is_alike ||
                    (size > 0 && kinds[role].is_alike(head, (size_t)size) &&
                     (role != APP_FAILURES_OUTPUT || app_is_failure_list(path)));
    if (content.alike && role == APP_DRAWING_OUTPUT)
        content.picture = NULL;
    return content;
}
