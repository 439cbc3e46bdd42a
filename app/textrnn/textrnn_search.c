/* SPDX-License-Identifier: MIT */
/* How `textrnn translate` and `textrnn eval` search translations. */
#include "app/textrnn/textrnn.h"

void textrnn_add_search_options(struct app_table *table, struct textrnn_search *s)
{
    const struct app_option rows[] = {
        app_option_number('b', "beam", "N", &s->beam, 1, 64,
                          "translate: unfinished translations that the search keeps (4)"),
        app_option_number('w', "max-words", "N", &s->max_words, 1, 1000,
                          "translate: longest translation, in the target's tokens (100)"),
        app_option_real(0, "length-exponent", "X", &s->length_exponent, 0, 2,
                        "translations compare by log-probability / length^X (0.7)"),
    };

    app_table_add(table, rows, APP_COUNT(rows));
}

struct search_options textrnn_search_options(const struct textrnn_search *s)
{
    struct search_options options = SEARCH_OPTIONS_DEFAULT;

    options.beam = s->beam;
    options.max_words = s->max_words;
    options.length_exponent = (float)s->length_exponent;
    options.block_repeats = false;
    return options;
}
