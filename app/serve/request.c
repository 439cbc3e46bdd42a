/* SPDX-License-Identifier: MIT */
/* What routes may ask of a request. */
#include "app/serve/http_private.h"

#include <string.h>
#include <strings.h>

/* -1: no digit. */
static int hexadecimal(char digit)
{
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    digit |= 0x20;
    return digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
}

size_t serve_unescape(void *context, struct MHD_Connection *connection, char *text)
{
    const char *in = text;
    char *out = text;

    (void)context;
    (void)connection;
    while (*in) {
        const int high = in[0] == '%' ? hexadecimal(in[1]) : -1;
        const int low = high >= 0 ? hexadecimal(in[2]) : -1;
        const bool escaped = low >= 0 && 16 * high + low > 0;

        *out++ = escaped ? (char)(16 * high + low) : *in;
        in += escaped ? 3 : 1;
    }
    *out = '\0';
    return (size_t)(out - text);
}

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

struct counted {
    const char *name;
    size_t count;
};

static enum MHD_Result count_name(void *context, enum MHD_ValueKind kind, const char *name,
                                  const char *value)
{
    struct counted *counted = context;

    (void)kind;
    (void)value;
    counted->count += strcasecmp(name, counted->name) == 0;
    return MHD_YES;
}

size_t serve_header_count(const struct serve_request *request, const char *name)
{
    struct counted counted = {.name = name};

    serve_mhd.get_connection_values(request->connection, MHD_HEADER_KIND, count_name, &counted);
    return counted.count;
}

static enum MHD_Result check_name(void *context, enum MHD_ValueKind kind, const char *name,
                                  const char *value)
{
    static const char allowed[] = "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz"
                                  "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    bool *good = context;

    (void)kind;
    (void)value;
    *good = name[0] && name[strspn(name, allowed)] == '\0';
    return *good ? MHD_YES : MHD_NO;
}

bool serve_headers_have_names(const struct serve_request *request)
{
    bool good = true;

    serve_mhd.get_connection_values(request->connection, MHD_HEADER_KIND, check_name, &good);
    return good;
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

enum tn_status serve_read_nothing(const struct serve_request *request, struct serve_call *call,
                                  struct tn_error *err)
{
    (void)request;
    (void)call;
    (void)err;
    return TN_OK;
}
