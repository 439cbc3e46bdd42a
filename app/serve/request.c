/* SPDX-License-Identifier: MIT */
/* What routes may ask of a request. */
#include "app/serve/microhttpd.h"
#include "app/serve/route.h"

#include <string.h>

/* One parameter or header, while all are gone through. */
struct wanted {
    const char *name; /* NULL: the first that is none of: */
    const char *const *names;
    const char *found;
};

static enum MHD_Result find_name(void *context, enum MHD_ValueKind kind, const char *name,
                                 const char *value)
{
    struct wanted *wanted = context;

    (void)kind;
    if (strcmp(name, wanted->name) != 0)
        return MHD_YES;
    wanted->found = value ? value : "";
    return MHD_NO;
}

const char *serve_query(const struct serve_request *request, const char *name)
{
    struct wanted wanted = {.name = name};

    serve_mhd.get_connection_values(request->connection, MHD_GET_ARGUMENT_KIND, find_name, &wanted);
    return wanted.found;
}

const char *serve_header(const struct serve_request *request, const char *name)
{
    return serve_mhd.lookup_connection_value(request->connection, MHD_HEADER_KIND, name);
}

static enum MHD_Result find_unknown(void *context, enum MHD_ValueKind kind, const char *name,
                                    const char *value)
{
    struct wanted *wanted = context;

    (void)kind;
    (void)value;
    for (const char *const *known = wanted->names; *known; known++)
        if (strcmp(*known, name) == 0)
            return MHD_YES;
    wanted->found = name;
    return MHD_NO;
}

const char *serve_query_unknown(const struct serve_request *request, const char *const *names)
{
    struct wanted wanted = {.names = names};

    serve_mhd.get_connection_values(request->connection, MHD_GET_ARGUMENT_KIND, find_unknown,
                                    &wanted);
    return wanted.found;
}
