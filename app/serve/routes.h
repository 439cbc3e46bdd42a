/* SPDX-License-Identifier: MIT */
/* All routes of the server. */
#ifndef APP_ROUTES_H
#define APP_ROUTES_H

#include "app/serve/route.h"

/* The route of that path and method, or of that path and another method; NULL: none. */
const struct serve_route *serve_route_find(const char *method, const char *path);

#endif
