/* SPDX-License-Identifier: MIT */
/* `caption serve`: captions for other programs, over HTTP. */
#include "app/serve/serve.h"

#include "app/cli/commands.h"
#include "app/cli/shared_options.h"

int app_serve(int argc, char **argv)
{
    struct serve_settings s = {.max_bytes = (size_t)64 << 20,
                               .clients = 256,
                               .seconds = 30,
                               .writing = CAPTIONER_WRITING_DEFAULT};
    const struct app_option options[] = {
        app_option_text(0, "listen", "ADDRESS:PORT", &s.listen,
                        "where; port 0: any free one (127.0.0.1:11435)"),
        app_option_files('m', "model", "FILE", APP_INPUT, &s.models,
                         "model file (may be repeated; the shipped model)"),
        app_option_language(&s.language),
        app_option_beam(&s.writing.beam),
        app_option_max_words(&s.writing.max_words),
        app_option_file(0, "token", "FILE", APP_INPUT, &s.token,
                        "requests must give the token in it; needed beyond this machine"),
        app_option_list(0, "name", "NAME", &s.names,
                        "a host name that the server also has (may be repeated)"),
        app_option_number(0, "max-bytes", "N", &s.max_bytes, 1, (size_t)1 << 32,
                          "refuse larger requests (67108864)"),
        app_option_max_pixels(&s.max_pixels),
        app_option_number(0, "clients", "N", &s.clients, 1, 65536, "connected at once (256)"),
        app_option_real(0, "timeout", "SECONDS", &s.seconds, 0.1, 86400,
                        "for clients that are silent or slow (30)"),
        app_option_real(0, "idle", "SECONDS", &s.idle, 0, 1e9,
                        "end when nobody has asked for so long; 0: never (0)"),
        app_option_threads(&s.threads),
        app_option_flag('q', "quiet", &s.quiet, "no line per request"),
    };
    const struct app_syntax syntax = {
        .command = "caption serve",
        .synopsis = "[OPTION]...",
        .about = "Captions photos for other programs, over HTTP: POST /caption with a photo's\n"
                 "bytes answers with JSON.  Ends at SIGTERM or SIGINT, when all is answered.",
        .options = options,
        .option_count = APP_COUNT(options),
    };
    struct tn_error err;
    size_t operands;
    int code = app_parse(&syntax, argc, argv, &operands);

    if (code == APP_PROCEED)
        code = serve_run(&s, &err) == TN_OK ? APP_OK : app_fail(&err);
    app_list_finish(&s.models);
    app_list_finish(&s.names);
    return code;
}
