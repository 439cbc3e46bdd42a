/* SPDX-License-Identifier: MIT */
/* `caption alt`: alternative texts for the images of pages. */
#include "app/alt/run.h"
#include "app/caption/inputs.h"
#include "app/cli/commands.h"
#include "app/cli/shared_options.h"

#include <string.h>

/* Of captions that are as confident or more, two thirds of the content is right (docs/alt.md). */
#define SURE 0.6

static int check(const struct app_syntax *syntax, const struct alt_settings *settings)
{
    const bool pages = settings->inputs.operand_count > 0 || settings->inputs.list;

    if (settings->apply && (pages || settings->list))
        return app_usage_error(syntax->command,
                               "--apply takes the pages of its list: no others, and no --list");
    if (settings->format != ALT_TSV && !settings->list)
        return app_usage_error(syntax->command, "--format needs --list");
    if (settings->apply)
        return APP_PROCEED;
    return pages ? app_inputs_check(syntax->command, &settings->inputs)
                 : app_usage_error(syntax->command, "no page given");
}

int app_alt(int argc, char **argv)
{
    struct alt_settings s = {.min_confidence = SURE};
    struct app_guard guard = {0};
    const struct app_option options[] = {
        app_option_flag(0, "list", &s.list, "change nothing, list what would be written"),
        app_option_file(0, "apply", "LIST", APP_INPUT, &s.apply,
                        "write the texts of such a list, tsv or jsonl, - for stdin"),
        app_option_choice('f', "format", "F", &s.format, alt_list_formats, "of the list"),
        app_option_flag(0, "empty", &s.empty, "also fill alt=\"\" that may be no decoration"),
        app_option_flag(0, "poor", &s.poor, "also replace file names, \"image\" and the like"),
        app_option_real(0, "min-confidence", "X", &s.min_confidence, 0, 1,
                        "write no caption with a lower confidence (0.6)"),
        app_option_file(0, "root", "DIR", APP_FOLDER, &s.root,
                        "the site's folder: where /a.jpg lies, and all pictures"),
        app_option_model(&s.captions.model),
        app_option_text('l', "lang", "LANGUAGE", &s.captions.language,
                        "of the captions, whatever the page's (the page's)"),
        app_option_file(0, "files-from", "LIST", APP_INPUT, &s.inputs.list,
                        "also the pages named in LIST, - for stdin"),
        app_option_null(&s.inputs.list_nul),
        app_option_flag(0, "no-recursive", &s.inputs.no_recursion,
                        "of a directory, only the pages in it"),
        app_option_exclude(&s.inputs.excluded),
        app_option_max_pixels(&s.captions.max_pixels),
        app_option_threads(&s.captions.threads),
        app_option_quiet(&s.quiet),
    };
    const struct app_syntax syntax = {
        .command = "caption alt",
        .synopsis = "[OPTION]... PAGE|DIRECTORY...\n--apply LIST",
        .about = "Writes alternative texts for the images of HTML, Markdown and EPUB pages that\n"
                 "have none.  Nothing else in a page changes, and no text of a person.",
        .options = options,
        .option_count = APP_COUNT(options),
        .operands_max = SIZE_MAX,
        .operand = "page",
        .operands_are_files = true,
        .guard = &guard,
    };
    int code = app_parse(&syntax, argc, argv, &s.inputs.operand_count);

    s.inputs.operands = argv;
    if (code == APP_PROCEED)
        code = check(&syntax, &s);
    if (code == APP_PROCEED)
        code = alt_run(&s);
    app_list_finish(&s.inputs.excluded);
    app_guard_finish(&guard);
    return code;
}
