/* SPDX-License-Identifier: MIT */
/* What a request's query asks for: the options of `caption` under their names, ?n=3&keywords=auto.
 */
#ifndef APP_WISHES_H
#define APP_WISHES_H

#include "app/caption/wording.h"
#include "app/serve/route.h"

/* Sets call's voice and writing, and ret_wording.  TN_RANGE: a value is wrong, or a parameter is
 * unknown; the text lists what was expected.  TN_NOTFOUND: no such model or language. */
TN_NODISCARD enum tn_status serve_read_wishes(const struct serve_request *request,
                                              struct serve_call *call,
                                              struct app_wording *ret_wording,
                                              struct tn_error *err);

#endif
