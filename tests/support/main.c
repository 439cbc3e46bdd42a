/* SPDX-License-Identifier: MIT */
/* The one main() of all unit tests: runs the file's suite, writes TAP, fails when a test fails. */
#include "tests/support/suite.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

/* The name in the messages of app/, as each program has one beside its main(). */
extern const char app_program[];
const char app_program[] = "test";

/* OpenBLAS takes OPENBLAS_CORETYPE at its word, and the processor stops at what it does not know.
 */
static bool processor_has(const char *core)
{
    bool has = true;

    (void)core;
#if defined(__x86_64__)
    if (core && strcasecmp(core, "Haswell") == 0)
        has = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    else if (core && strcasecmp(core, "SkylakeX") == 0)
        has = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
              __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
#endif
    return has;
}

int main(void)
{
    SRunner *runner;
    int failed;

    if (!processor_has(getenv("OPENBLAS_CORETYPE"))) {
        puts("1..0 # SKIP this processor lacks the instructions");
        return EXIT_SUCCESS;
    }
    runner = srunner_create(test_suite());
    srunner_set_tap(runner, "-");
    srunner_run_all(runner, CK_SILENT);
    failed = srunner_ntests_failed(runner);
    if (srunner_ntests_run(runner) == 0)
        failed = 1;
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
