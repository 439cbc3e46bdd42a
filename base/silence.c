/* SPDX-License-Identifier: MIT */
#include "base/silence.h"

#include "base/platform/platform.h"

#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>

struct call {
    void (*run)(void *context);
    void *context;
};

/* In a thread that has file descriptors of its own, so that its stderr is not that of the others.
 */
static void *run_in_thread(void *argument)
{
    const struct call *call = argument;

    if (tn_platform_separate_descriptors()) {
        const int nothing = open("/dev/null", O_WRONLY | O_CLOEXEC);

        if (nothing >= 0)
            dup2(nothing, STDERR_FILENO);
    }
    call->run(call->context);
    return NULL;
}

void tn_run_silently(void (*run)(void *context), void *context)
{
    struct call call = {run, context};
    pthread_t thread;

    if (tn_platform_start_thread(&thread, run_in_thread, &call) == 0)
        pthread_join(thread, NULL);
    else
        run(context);
}
