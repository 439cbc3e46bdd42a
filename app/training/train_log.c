/* SPDX-License-Identifier: MIT */
#include "app/training/train_log.h"

#include "app/cli/console.h"
#include "base/path.h"
#include "base/read_file.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

enum { LONGEST_ROW = 1024, LARGEST_LOG = 1 << 30 };

enum field { EPOCH, STEP, LOSS, RATE, NORM, TOKENS, SPEED, SECONDS, BEST, SCORES };
enum { FIELDS = SCORES + TRAIN_MAX_SCORES };

static const char *const names[SCORES] = {
    [EPOCH] = "epoch",
    [STEP] = "step",
    [LOSS] = "loss",
    [RATE] = "rate",
    [NORM] = "gradient_norm",
    [TOKENS] = "tokens",
    [SPEED] = "tokens_per_second",
    [SECONDS] = "seconds",
    [BEST] = "best",
};

/* What happened, and its numbers; NAN: it has none. */
struct row {
    const char *event;
    double values[FIELDS];
};

struct train_log {
    const struct train_task_ops *ops;
    bool csv;
    size_t every;
    int file;
    off_t size;    /* of the rows that are whole */
    bool failed;   /* the last row could not be written */
    double before; /* seconds of the runs before this one */
    struct app_status clock;
    /* Since the last row: */
    double loss, norm, since;
    size_t tokens, steps;
};

bool train_log_is_name(const char *path)
{
    const char *extension = tn_path_extension(path);

    return strcasecmp(extension, ".csv") == 0 || strcasecmp(extension, ".jsonl") == 0;
}

/* ---- A row as text ---- */

/* "BLEU-4" is "dev_bleu_4". */
static void print_name(const struct train_log *log, size_t field, FILE *stream)
{
    if (field < SCORES) {
        fputs(names[field], stream);
        return;
    }
    fputs("dev_", stream);
    for (const char *c = log->ops->scores[field - SCORES].name; *c; c++)
        fputc(isalnum((unsigned char)*c) ? tolower((unsigned char)*c) : '_', stream);
}

static size_t count_fields(const struct train_log *log)
{
    return SCORES + log->ops->score_count;
}

static void print_head(const struct train_log *log, FILE *stream)
{
    fputs("event", stream);
    for (size_t i = 0; i < count_fields(log); i++) {
        fputc(',', stream);
        print_name(log, i, stream);
    }
    fputc('\n', stream);
}

static void print_row(const struct train_log *log, const struct row *row, FILE *stream)
{
    fprintf(stream, log->csv ? "%s" : "{\"event\":\"%s\"", row->event);
    for (size_t i = 0; i < count_fields(log); i++) {
        const bool any = isfinite(row->values[i]);

        if (!any && !log->csv)
            continue;
        fputc(',', stream);
        if (!log->csv) {
            fputc('"', stream);
            print_name(log, i, stream);
            fputs("\":", stream);
        }
        if (any)
            fprintf(stream, "%.9g", row->values[i]);
    }
    fputs(log->csv ? "\n" : "}\n", stream);
}

/* Writes text whole or not at all; false: not. */
static bool append(struct train_log *log, const char *text, size_t length)
{
    const ssize_t written = write(log->file, text, length);

    if (written == (ssize_t)length) {
        log->size += written;
        return true;
    }
    (void)!ftruncate(log->file, log->size);
    (void)lseek(log->file, log->size, SEEK_SET);
    return false;
}

/* false: this row is the first that cannot be written. */
static bool put(struct train_log *log, const struct row *row)
{
    const bool failed = log->failed;
    char text[LONGEST_ROW] = "";
    FILE *stream = fmemopen(text, sizeof text, "w");

    if (stream) {
        if (log->csv && log->size == 0)
            print_head(log, stream);
        print_row(log, row, stream);
        fclose(stream);
    }
    log->failed = !append(log, text, strlen(text));
    return failed || !log->failed;
}

/* ---- The rows that are there ---- */

/* Where a log that is there is cut, and what stands before. */
struct old_rows {
    size_t kept;    /* bytes */
    size_t epochs;  /* that have a row */
    bool start;     /* has one */
    double seconds; /* of the last row */
};

static bool read_row(bool csv, const char *text, struct row *ret_row, char event[16])
{
    size_t epoch, step;
    const char *seconds = text;

    if (sscanf(text,
               csv ? "%15[a-z],%zu,%zu," : "{\"event\":\"%15[a-z]\",\"epoch\":%zu,\"step\":%zu,",
               event, &epoch, &step) != 3)
        return false;
    for (size_t i = 0; csv && seconds && i <= SECONDS; i++)
        seconds = strchr(seconds + (i > 0), ',');
    if (!csv)
        seconds = strstr(text, "\"seconds\":");
    *ret_row = (struct row){.event = event};
    ret_row->values[EPOCH] = (double)epoch;
    ret_row->values[STEP] = (double)step;
    ret_row->values[SECONDS] =
        seconds ? strtod(seconds + (csv ? 1 : strlen("\"seconds\":")), NULL) : 0;
    return seconds && (strcmp(event, "step") == 0 || strcmp(event, "epoch") == 0 ||
                       strcmp(event, "start") == 0);
}

/* Whether the trainer has done already what the row says. */
static bool is_done(const struct row *row, const struct trainer *trainer)
{
    size_t epochs, step;
    const size_t epoch = (size_t)row->values[EPOCH];

    trainer_position(trainer, &epochs, &step);
    if (strcmp(row->event, "start") == 0)
        return trainer_start(trainer) != NULL;
    if (strcmp(row->event, "epoch") == 0)
        return epoch <= epochs;
    return epoch <= epochs || (epoch == epochs + 1 && row->values[STEP] <= (double)step);
}

/* Reads rows, of which a torn last one does not count, up to the first that is done again. */
static bool read_rows(const struct train_log *log, const struct trainer *trainer, const char *text,
                      struct old_rows *ret_old)
{
    struct old_rows old = {.kept = 0};
    char head[LONGEST_ROW] = "", event[16];
    FILE *stream = fmemopen(head, sizeof head, "w");
    const char *end;
    struct row row;

    if (!stream)
        return false;
    print_head(log, stream);
    fclose(stream);
    if (log->csv && *text && strncmp(text, head, strlen(head)) != 0)
        return strncmp(text, head, strlen(text)) == 0; /* torn in its head */
    old.kept = log->csv && *text ? strlen(head) : 0;
    for (; (end = strchr(text + old.kept, '\n')) != NULL; old.kept = (size_t)(end + 1 - text)) {
        if (!read_row(log->csv, text + old.kept, &row, event))
            return false;
        if (!is_done(&row, trainer))
            break;
        old.start |= strcmp(event, "start") == 0;
        old.epochs += strcmp(event, "epoch") == 0;
        old.seconds = row.values[SECONDS];
    }
    *ret_old = old;
    return true;
}

static void reset_window(struct train_log *log)
{
    log->loss = log->norm = 0;
    log->tokens = log->steps = 0;
    log->since = app_status_seconds(&log->clock);
}

static struct row row_of_epoch(const struct train_log *log, const struct train_epoch *epoch,
                               const char *event)
{
    struct row row = {.event = event};

    for (size_t i = 0; i < FIELDS; i++)
        row.values[i] = (double)NAN;
    row.values[SECONDS] = log->before + app_status_seconds(&log->clock);
    for (size_t i = 0; i < log->ops->score_count; i++)
        row.values[SCORES + i] = (double)epoch->scores[i];
    return row;
}

static bool put_start(struct train_log *log, const struct trainer *trainer)
{
    struct row row = row_of_epoch(log, trainer_start(trainer), "start");

    row.values[EPOCH] = row.values[STEP] = 0;
    return put(log, &row);
}

static bool put_epoch(struct train_log *log, const struct trainer *trainer, size_t number)
{
    const struct train_task *task = trainer_task(trainer);
    size_t count;
    const struct train_epoch *epoch = trainer_history(trainer, &count) + number;
    struct row row = row_of_epoch(log, epoch, "epoch");

    row.values[EPOCH] = (double)(number + 1);
    row.values[STEP] = (double)task->steps;
    row.values[LOSS] = (double)epoch->loss;
    row.values[RATE] = (double)epoch->rate;
    if (epoch->mean_norm > 0)
        row.values[NORM] = (double)epoch->mean_norm;
    if (number >= trainer_best(trainer)) /* of an earlier one it was forgotten */
        row.values[BEST] = number == trainer_best(trainer);
    for (size_t i = 0; i < log->ops->score_count && !task->scored; i++)
        row.values[SCORES + i] = (double)NAN;
    return put(log, &row);
}

/* What the trainer has come to before there was a log, or before its row was written. */
static void put_missing(struct train_log *log, const struct trainer *trainer,
                        const struct old_rows *old)
{
    size_t count;

    trainer_history(trainer, &count);
    if (trainer_start(trainer) && !old->start)
        put_start(log, trainer);
    for (size_t i = old->epochs; i < count; i++)
        put_epoch(log, trainer, i);
}

/* ---- The log ---- */

static enum tn_status refuse(const char *path, enum tn_status status, struct tn_error *err)
{
    return tn_fail(err, status,
                   status == TN_FORMAT
                       ? "%s: is no log of this training; name another --log"
                       : "%s: is a log whose checkpoint is gone; --overwrite replaces it, another "
                         "--log spares it",
                   path);
}

static enum tn_status take_up(struct train_log *log, const char *path, enum train_log_old treat,
                              const struct trainer *trainer, struct tn_error *err)
{
    struct old_rows old = {.kept = 0};
    bool good;
    char *text;
    size_t size;

    if (treat != TRAIN_LOG_REPLACED) {
        TN_TRY(tn_read_descriptor(log->file, path, LARGEST_LOG, &text, &size, err));
        good = strlen(text) == size && read_rows(log, trainer, text, &old);
        if (good && treat == TRAIN_LOG_BEGINS &&
            strstr(text, log->csv ? "\nepoch," : "\"event\":\"epoch\"")) {
            free(text);
            return refuse(path, TN_RANGE, err);
        }
        free(text);
        if (!good)
            return refuse(path, TN_FORMAT, err);
    }
    log->size = (off_t)old.kept;
    log->before = old.seconds;
    if (ftruncate(log->file, log->size) != 0 || lseek(log->file, log->size, SEEK_SET) < 0)
        return tn_fail(err, TN_IO, "%s: cannot write: %s", path, strerror(errno));
    put_missing(log, trainer, &old);
    return TN_OK;
}

enum tn_status train_log_open(const char *path, size_t every, enum train_log_old old,
                              const struct trainer *trainer, struct train_log **ret_log,
                              struct tn_error *err)
{
    struct train_log *log = calloc(1, sizeof *log);
    enum tn_status status;

    if (!log)
        return tn_fail_nomem(err, sizeof *log);
    log->ops = trainer_task(trainer)->ops;
    log->csv = strcasecmp(tn_path_extension(path), ".csv") == 0;
    log->every = every;
    log->file = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOCTTY, 0666);
    app_status_begin(&log->clock);
    status = log->file >= 0 ? take_up(log, path, old, trainer, err)
                            : tn_fail(err, TN_IO, "%s: cannot write: %s", path, strerror(errno));
    reset_window(log);
    if (status == TN_OK)
        *ret_log = log;
    else
        train_log_destroy(log);
    return status;
}

bool train_log_step(struct train_log *log, const struct train_progress *progress)
{
    const double seconds = app_status_seconds(&log->clock);
    struct row row = {.event = "step"};
    bool good;

    log->loss += progress->step_loss;
    log->norm += progress->norm;
    log->tokens += progress->step_tokens;
    log->steps++;
    if (progress->step % log->every != 0)
        return true;
    for (size_t i = 0; i < FIELDS; i++)
        row.values[i] = (double)NAN;
    row.values[EPOCH] = (double)(progress->epoch + 1);
    row.values[STEP] = (double)progress->step;
    row.values[LOSS] = log->loss / (double)log->tokens;
    row.values[RATE] = (double)progress->rate;
    row.values[NORM] = log->norm / (double)log->steps;
    row.values[TOKENS] = (double)log->tokens;
    row.values[SPEED] = (double)log->tokens / (seconds - log->since);
    row.values[SECONDS] = log->before + seconds;
    good = put(log, &row);
    reset_window(log);
    return good;
}

bool train_log_epoch(struct train_log *log, const struct trainer *trainer)
{
    size_t count;
    bool good;

    trainer_history(trainer, &count);
    good = count == 0 ? put_start(log, trainer) : put_epoch(log, trainer, count - 1);
    reset_window(log);
    return good;
}

void train_log_destroy(struct train_log *log)
{
    if (!log)
        return;
    if (log->file >= 0)
        close(log->file);
    free(log);
}
