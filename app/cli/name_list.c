/* SPDX-License-Identifier: MIT */
#include "app/cli/name_list.h"

#include "app/cli/console.h"
#include "base/array.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { READ_AT_ONCE = 65536, LONGEST_NAME = 1 << 20 };

struct app_name_list {
    const char *path;
    int file;
    bool nul, ended;
    char *text; /* what was read and not taken: text[next..used), with room for a NUL */
    size_t next, used, capacity;
    size_t number; /* of the part that was taken last */
};

enum tn_status app_name_list_open(const char *path, bool nul, struct app_name_list **ret_list,
                                  struct tn_error *err)
{
    const int file =
        strcmp(path, "-") == 0 ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    struct app_name_list *list;

    if (file < 0)
        return tn_fail(err, errno == ENOENT ? TN_NOTFOUND : TN_IO, "%s: %s", path, strerror(errno));
    list = malloc(sizeof *list);
    if (!list) {
        if (file != STDIN_FILENO)
            close(file);
        return tn_fail_nomem(err, sizeof *list);
    }
    *list = (struct app_name_list){.path = path, .file = file, .nul = nul};
    *ret_list = list;
    return TN_OK;
}

void app_name_list_destroy(struct app_name_list *list)
{
    if (!list)
        return;
    if (list->file != STDIN_FILENO)
        close(list->file);
    free(list->text);
    free(list);
}

static char separator_of(const struct app_name_list *list)
{
    return list->nul ? '\0' : '\n';
}

/* ---- Reading ---- */

/* false: an interrupt came first. */
static bool wait_for_writer(const struct app_name_list *list)
{
    struct pollfd ends[] = {{.fd = list->file, .events = POLLIN},
                            {.fd = app_interrupt_descriptor(), .events = POLLIN}};

    while (poll(ends, 2, -1) < 0 && errno == EINTR)
        ;
    return !app_interrupted();
}

static enum tn_status read_more(struct app_name_list *list, struct tn_error *err)
{
    ssize_t got;

    if (list->next > 0)
        memmove(list->text, list->text + list->next, list->used - list->next);
    list->used -= list->next;
    list->next = 0;
    if (list->used > LONGEST_NAME)
        return tn_fail(err, TN_FORMAT, "%s: name %zu has more than %d bytes; is this a list of %s?",
                       list->path, list->number + 1, LONGEST_NAME,
                       list->nul ? "names that end with NUL" : "names, one per line");
    TN_TRY(tn_array_reserve(&list->text, &list->capacity, list->used + READ_AT_ONCE + 1, err));
    if (!wait_for_writer(list)) {
        list->used = 0;
        list->ended = true;
        return TN_OK;
    }
    got = read(list->file, list->text + list->used, READ_AT_ONCE);
    if (got < 0 && errno != EINTR && errno != EAGAIN)
        return tn_fail(err, TN_IO, "%s: %s", list->path, strerror(errno));
    list->used += got > 0 ? (size_t)got : 0;
    list->ended = got == 0;
    return TN_OK;
}

/* The list's next part up to its separator, in whose place a NUL comes; NULL at the end. */
static enum tn_status next_part(struct app_name_list *list, char **ret_part, size_t *ret_length,
                                struct tn_error *err)
{
    char *end = NULL;
    size_t searched = 0;

    while (!(end = list->used > list->next + searched
                       ? memchr(list->text + list->next + searched, separator_of(list),
                                list->used - list->next - searched)
                       : NULL) &&
           !list->ended) {
        searched = list->used - list->next;
        TN_TRY(read_more(list, err));
    }
    *ret_part = NULL;
    if (!end && list->next == list->used)
        return TN_OK;
    if (!end)
        end = list->text + list->used++; /* what stands behind the last separator */
    *end = '\0';
    *ret_part = list->text + list->next;
    *ret_length = (size_t)(end - *ret_part);
    list->next = (size_t)(end + 1 - list->text);
    list->number++;
    return TN_OK;
}

bool app_name_list_ready(const struct app_name_list *list)
{
    struct pollfd end = {.fd = list->file, .events = POLLIN};

    return list->ended ||
           (list->used > list->next &&
            memchr(list->text + list->next, separator_of(list), list->used - list->next)) ||
           poll(&end, 1, 0) != 0;
}

/* ---- Names ---- */

static bool is_utf16(const char *line, size_t length)
{
    return length > 2 && (memcmp(line, "\xFF\xFE", 2) == 0 || memcmp(line, "\xFE\xFF", 2) == 0) &&
           memchr(line, '\0', length);
}

/* What Windows' programs add to a line is no part of the name, where no file is called so: a byte
 * order mark before the first, a carriage return at the end. */
static const char *strip(const struct app_name_list *list, char *name, size_t length)
{
    static const char mark[] = "\xEF\xBB\xBF";
    const size_t before = sizeof mark - 1;
    struct stat info;

    if (list->number == 1 && strncmp(name, mark, before) == 0 && lstat(name, &info) != 0) {
        name += before;
        length -= before;
    }
    if (length > 0 && name[length - 1] == '\r' && lstat(name, &info) != 0)
        name[length - 1] = '\0';
    return name;
}

static enum tn_status check_line(const struct app_name_list *list, const char *line, size_t length,
                                 struct tn_error *err)
{
    if (list->number == 1 && is_utf16(line, length))
        return tn_fail(err, TN_FORMAT, "%s: is UTF-16; save it as UTF-8", list->path);
    if (memchr(line, '\0', length))
        return tn_fail(err, TN_FORMAT, "%s: a NUL in line %zu; give --null if it ends a name",
                       list->path, list->number);
    return TN_OK;
}

enum tn_status app_name_list_next(struct app_name_list *list, const char **ret_name,
                                  struct tn_error *err)
{
    const char *name;

    do {
        char *part;
        size_t length;

        TN_TRY(next_part(list, &part, &length, err));
        name = part;
        if (!part)
            break;
        if (!list->nul) {
            TN_TRY(check_line(list, part, length, err));
            name = strip(list, part, length);
        }
    } while (!name[0]);
    *ret_name = name;
    return TN_OK;
}
