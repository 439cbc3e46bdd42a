/* SPDX-License-Identifier: MIT */
/* What is used of libmicrohttpd, which only the server loads (base/library.h). */
#ifndef APP_MICROHTTPD_H
#define APP_MICROHTTPD_H

#include "base/status.h"

#include <microhttpd.h>

struct serve_microhttpd {
    __typeof__(&MHD_start_daemon) start_daemon;
    __typeof__(&MHD_quiesce_daemon) quiesce_daemon;
    __typeof__(&MHD_stop_daemon) stop_daemon;
    __typeof__(&MHD_suspend_connection) suspend_connection;
    __typeof__(&MHD_resume_connection) resume_connection;
    __typeof__(&MHD_get_connection_info) get_connection_info;
    __typeof__(&MHD_get_connection_values) get_connection_values;
    __typeof__(&MHD_lookup_connection_value) lookup_connection_value;
    __typeof__(&MHD_create_response_from_buffer) create_response_from_buffer;
    __typeof__(&MHD_add_response_header) add_response_header;
    __typeof__(&MHD_queue_response) queue_response;
    __typeof__(&MHD_destroy_response) destroy_response;
    __typeof__(&MHD_get_reason_phrase_for) get_reason_phrase_for;
};

/* Its functions, once it is loaded. */
extern struct serve_microhttpd serve_mhd;

/* TN_UNSUPPORTED where it is not installed. */
TN_NODISCARD enum tn_status serve_load_microhttpd(struct tn_error *err);

#endif
