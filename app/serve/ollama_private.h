/* SPDX-License-Identifier: MIT */
/* Ollama's routes that are about models; those about photos are in route_ollama.c. */
#ifndef APP_OLLAMA_PRIVATE_H
#define APP_OLLAMA_PRIVATE_H

#include "app/serve/route.h"

TN_NODISCARD enum tn_status serve_ollama_tags(const struct serve_request *request,
                                              const struct serve_call *call,
                                              struct serve_answer *ret_answer,
                                              struct tn_error *err);
TN_NODISCARD enum tn_status serve_ollama_running(const struct serve_request *request,
                                                 const struct serve_call *call,
                                                 struct serve_answer *ret_answer,
                                                 struct tn_error *err);
TN_NODISCARD enum tn_status serve_ollama_version(const struct serve_request *request,
                                                 const struct serve_call *call,
                                                 struct serve_answer *ret_answer,
                                                 struct tn_error *err);
/* Of the routes about one model, that the body names: TN_NOTFOUND where no voice has the name. */
TN_NODISCARD enum tn_status serve_ollama_read_model(const struct serve_request *request,
                                                    struct serve_call *call, struct tn_error *err);
TN_NODISCARD enum tn_status serve_ollama_show(const struct serve_request *request,
                                              const struct serve_call *call,
                                              struct serve_answer *ret_answer,
                                              struct tn_error *err);
TN_NODISCARD enum tn_status serve_ollama_pulled(const struct serve_request *request,
                                                const struct serve_call *call,
                                                struct serve_answer *ret_answer,
                                                struct tn_error *err);
/* Of what a captioner does not do. */
TN_NODISCARD enum tn_status serve_ollama_refuse(const struct serve_request *request,
                                                struct serve_call *call, struct tn_error *err);

#endif
