/* SPDX-License-Identifier: MIT */
/* The subcommands of `caption` and `textrnn`, their exit codes, and how they talk. */
#ifndef APP_COMMANDS_H
#define APP_COMMANDS_H

#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>

/* Exit codes.  APP_FAILED: some input failed (each was named, the others were done). */
enum { APP_OK = 0, APP_FAILED = 1, APP_USAGE = 2 };

/* A subcommand is given its own name as argv[0] and returns an exit code. */
struct app_command {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *summary; /* for `caption --help`: lower case, no full stop */
};

/* Each program's own, beside its main(): its name in messages, and all its subcommands, in the
 * order of the help; ends in a NULL name. */
extern const char app_program[];
extern const struct app_command app_commands[];
/* The names of those that several processes can share, "" for none of them; ends in NULL. */
extern const char *const app_shared_commands[];

/* Runs the subcommand that argv[1] names, or else `bare`, whose operands may be files: a word that
 * is no file, but nearly a subcommand's name, is a usage error then; without files every other word
 * is.  Returns the exit code. */
int app_run_command(int argc, char **argv, int (*bare)(int argc, char **argv), bool files);

int app_caption(int argc, char **argv); /* without a subcommand: photos are given */
int app_import(int argc, char **argv);
int app_export(int argc, char **argv);
int app_info(int argc, char **argv);
int app_check(int argc, char **argv);
int app_train(int argc, char **argv);
int app_distill(int argc, char **argv);
int app_eval(int argc, char **argv);
int app_consensus(int argc, char **argv);
int app_calibrate(int argc, char **argv);
int app_watch(int argc, char **argv);
int app_merge(int argc, char **argv);
int app_undo(int argc, char **argv);
int app_features(int argc, char **argv);
int app_serve(int argc, char **argv);
int app_search(int argc, char **argv);
int app_alt(int argc, char **argv);

/*
 * Talk goes to stderr, one line each, as `program: what failed: why`.  What names, models and
 * libraries bring into it is made visible (app/cli/text_escape.h), and cut after some thousand
 * bytes.  app_fail returns APP_FAILED and app_usage_error APP_USAGE, so that a command ends in
 * `return app_fail(&err);`.
 */
void app_warn(const char *format, ...) TN_PRINTF(1, 2);
/* A line that is no complaint, without the program's name. */
void app_say(const char *format, ...) TN_PRINTF(1, 2);
int app_fail(const struct tn_error *err);
/* command: "caption train"; the line ends in a hint at its --help. */
int app_usage_error(const char *command, const char *format, ...) TN_PRINTF(2, 3);

/* From here on a terminal that is stdout shows all that is printed and obeys none of it (see
 * app/cli/text_escape.h); anything else gets the bytes as they are.  A file that grows
 * beyond the limit of the system (ulimit -f) fails as on a full disk, and does not end the program.
 * main calls it first.  Where several processes were started it meets the others
 * (app/cli/together.h).  false: no memory, or no meeting, which has been reported. */
bool app_begin_output(void);
/* Flushes stdout; a full disk or a closed pipe is then an error, said once.  After an interrupt it
 * ends the program.  main calls it last. */
int app_finish_output(int exit_code);

#endif
