/* SPDX-License-Identifier: MIT */
#include "app/serve/routes.h"

#include <stdbool.h>
#include <string.h>

static const struct serve_route *const files[] = {
    serve_routes_caption,
    serve_routes_ollama,
    serve_routes_openai,
    serve_routes_page,
    serve_routes_state,
};

/* Whether the route stands for all paths below its own, and this is one. */
static bool is_above(const struct serve_route *route, const char *path)
{
    const size_t length = strlen(route->path);

    return length > 1 && route->path[length - 1] == '/' && strncmp(route->path, path, length) == 0;
}

static bool is_at(const struct serve_route *route, const char *path)
{
    return strcmp(route->path, path) == 0;
}

static const struct serve_route *find(bool (*matches)(const struct serve_route *route,
                                                      const char *path),
                                      const char *method, const char *path)
{
    const struct serve_route *found = NULL;

    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
        for (const struct serve_route *route = files[i]; route->method; route++)
            if (matches(route, path) && (!found || strcmp(found->method, method) != 0))
                found = route;
    return found;
}

const struct serve_route *serve_route_find(const char *method, const char *path)
{
    const struct serve_route *found = find(is_at, method, path);

    return found ? found : find(is_above, method, path);
}
