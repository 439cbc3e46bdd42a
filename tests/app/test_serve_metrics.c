/* SPDX-License-Identifier: MIT */
/* What the server counts: strangers who cause every code at every path confuse no count. */
#include "tests/support/suite.h"

#include "app/serve/metrics.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

START_TEST(test_every_path_and_code)
{
    enum { PATHS = 30, CODES = 16 };
    static char paths[PATHS][16];
    struct serve_metrics *metrics;
    char *text;
    size_t size;

    ck_assert_int_eq(serve_metrics_create(&metrics, NULL), TN_OK);
    for (unsigned i = 0; i < PATHS * CODES; i++) {
        char *path = paths[i % PATHS];

        snprintf(path, sizeof paths[0], "/path%u", i % PATHS);
        serve_metrics_begin(metrics);
        serve_metrics_end(metrics, path, 400 + i / PATHS, 0.1);
    }
    text = serve_metrics_text(metrics, &size);
    for (unsigned i = 0; i < PATHS * CODES; i++) {
        char line[128];

        snprintf(line, sizeof line, "\ncaption_requests_total{path=\"%s\",code=\"%u\"} 1\n",
                 paths[i % PATHS], 400 + i / PATHS);
        ck_assert_msg(strstr(text, line), "no%s", line);
    }
    free(text);
    serve_metrics_destroy(metrics);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("serve_metrics");
    TCase *tests = tcase_create("serve_metrics");

    tcase_add_test(tests, test_every_path_and_code);
    suite_add_tcase(suite, tests);
    return suite;
}
