/* SPDX-License-Identifier: MIT */
/* The one main() of all unit tests: runs the file's suite, writes TAP, fails when a test fails. */
#include "tests/support/suite.h"

#include <stdlib.h>

/* The name in the messages of app/, as each program has one beside its main(). */
extern const char app_program[];
const char app_program[] = "test";

int main(void)
{
    SRunner *runner = srunner_create(test_suite());
    int failed;

    srunner_set_tap(runner, "-");
    srunner_run_all(runner, CK_SILENT);
    failed = srunner_ntests_failed(runner);
    if (srunner_ntests_run(runner) == 0)
        failed = 1;
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
