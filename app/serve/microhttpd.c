/* SPDX-License-Identifier: MIT */
#include "app/serve/microhttpd.h"

#include "base/library.h"

struct serve_microhttpd serve_mhd;

static const struct tn_library_function functions[] = {
    TN_FUNCTION(MHD_start_daemon, &serve_mhd.start_daemon),
    TN_FUNCTION(MHD_quiesce_daemon, &serve_mhd.quiesce_daemon),
    TN_FUNCTION(MHD_stop_daemon, &serve_mhd.stop_daemon),
    TN_FUNCTION(MHD_suspend_connection, &serve_mhd.suspend_connection),
    TN_FUNCTION(MHD_resume_connection, &serve_mhd.resume_connection),
    TN_FUNCTION(MHD_get_connection_info, &serve_mhd.get_connection_info),
    TN_FUNCTION(MHD_get_connection_values, &serve_mhd.get_connection_values),
    TN_FUNCTION(MHD_lookup_connection_value, &serve_mhd.lookup_connection_value),
    TN_FUNCTION(MHD_create_response_from_buffer, &serve_mhd.create_response_from_buffer),
    TN_FUNCTION(MHD_add_response_header, &serve_mhd.add_response_header),
    TN_FUNCTION(MHD_queue_response, &serve_mhd.queue_response),
    TN_FUNCTION(MHD_destroy_response, &serve_mhd.destroy_response),
    TN_FUNCTION(MHD_get_reason_phrase_for, &serve_mhd.get_reason_phrase_for),
};
static struct tn_library library = TN_LIBRARY("libmicrohttpd.so.12", functions);

enum tn_status serve_load_microhttpd(struct tn_error *err)
{
    struct tn_error why;

    if (tn_library_load(&library, &why) == TN_OK)
        return TN_OK;
    return tn_fail(err, TN_UNSUPPORTED, "cannot serve: %s (install libmicrohttpd)", why.text);
}
