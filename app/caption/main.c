/* SPDX-License-Identifier: MIT */
/* `caption` and its subcommands. */
#include "app/built_in.h"
#include "app/cli/commands.h"
#include "app/cli/not_built_in.h"
#include "app/cli/vanished.h"

const char app_program[] = "caption";

/* A row here, a declaration in commands.h and a file in meson.build make a subcommand; what a build
 * may lack has a row in not_built_in.c, too. */
const struct app_command app_commands[] = {
    {"check", app_check, "say what a training would read, and what is wrong with it"},
    {"train", app_train, "train a captioner on your own photos and captions"},
    {"eval", app_eval, "score a model's captions against people's"},
    {"consensus", app_consensus, "let a model choose the caption that most would agree with"},
    {"calibrate", app_calibrate, "make a model's confidence mean something"},
    {"distill", app_distill, "train an encoder on photos without captions"},
    {"search", APP_HAVE_SEARCH ? app_search : app_not_built_in,
     "find photos by what they show, or by what they look like"},
    {"watch", app_watch, "caption what is in directories, and what comes into them"},
    {"merge", app_merge, "put the outputs of runs with --shard together"},
    {"undo", app_undo, "take this program's captions out of photos and .xmp files again"},
    {"alt", APP_HAVE_ALT ? app_alt : app_not_built_in,
     "write alternative texts for the images of HTML, Markdown and EPUB pages"},
    {"features", app_features, "write the 4096 numbers of each photo to a file"},
    {"serve", APP_HAVE_SERVE ? app_serve : app_not_built_in,
     "caption photos for other programs, over HTTP"},
    {"info", app_info, "print what a model file records about itself"},
    {"import", app_import, "make an encoder file of AlexNet weights from elsewhere"},
    {"export", APP_HAVE_EXPORT ? app_export : app_not_built_in,
     "write a model as ONNX, for programs that run such models"},
    {NULL, NULL, NULL},
};

const char *const app_shared_commands[] = {"", "train", "distill", "eval", NULL};

int main(int argc, char **argv)
{
    app_name_vanished_files();
    if (!app_begin_output())
        return APP_FAILED;
    return app_finish_output(app_run_command(argc, argv, app_caption, true));
}
