/* SPDX-License-Identifier: MIT */
#include "base/library.h"

#include "base/platform/platform.h"

#include <assert.h>
#include <dlfcn.h>
#include <string.h>

/* C has no cast between addresses of data and of functions. */
static_assert(sizeof(void (*)(void)) == sizeof(void *), "one size of addresses");

static void take_linked(const struct tn_library *library)
{
    for (size_t i = 0; i < library->count; i++)
        memcpy(library->functions[i].pointer, &library->functions[i].linked, sizeof(void *));
}

#ifdef TN_STATIC
static enum tn_status load(const struct tn_library *library, struct tn_error *err)
{
    return tn_fail(err, TN_UNSUPPORTED, "%s: a static program loads no library", library->name);
}
#else
static enum tn_status load(const struct tn_library *library, struct tn_error *err)
{
    void *handle = tn_platform_load_library(library->name, library->for_all);

    if (!handle)
        return tn_fail(err, TN_UNSUPPORTED, "%s", dlerror());
    for (size_t i = 0; i < library->count; i++) {
        const struct tn_library_function *function = &library->functions[i];
        void *address = dlsym(handle, function->name);

        if (!address) {
            dlclose(handle);
            return tn_fail(err, TN_UNSUPPORTED, "%s: there is no function %s", library->name,
                           function->name);
        }
        memcpy(function->pointer, &address, sizeof address);
    }
    return TN_OK;
}
#endif

enum tn_status tn_library_load(struct tn_library *library, struct tn_error *err)
{
    enum tn_status status = TN_OK;

    pthread_mutex_lock(&library->mutex);
    if (!library->loaded && library->functions[0].linked)
        take_linked(library);
    else if (!library->loaded)
        status = load(library, err);
    library->loaded = status == TN_OK;
    pthread_mutex_unlock(&library->mutex);
    return status;
}
