/* SPDX-License-Identifier: MIT */
#include "app/caption/import_encoder.h"

#include "base/atomic_file.h"
#include "models/file/model_file.h"

/* What nobody can see in weights, and is wrong where it was taken for granted wrongly. */
static void report_reading(const struct exchange_alexnet *alexnet, const struct app_import *import,
                           const char *format)
{
    const struct exchange_reading *r = &alexnet->reading;

    if (import->report)
        fprintf(import->report,
                "%s: %s, %s, %s normalisation; channels %s, pixels * %.6g - (%g %g %g), "
                "divided by (%g %g %g)\n",
                import->from, format,
                alexnet->net.kind == ALEXNET_BVLC ? "BVLC's AlexNet" : "torchvision's AlexNet",
                alexnet->net.norm ? "with" : "without", r->blue_first ? "bgr" : "rgb", r->scale,
                r->mean[0], r->mean[1], r->mean[2], r->deviation[0], r->deviation[1],
                r->deviation[2]);
}

enum tn_status app_import_encoder(const struct app_import *import, struct tn_error *err)
{
    struct exchange_alexnet alexnet = {.network = NULL};
    struct exchange_tensors tensors;
    enum tn_status status;

    TN_TRY(tn_atomic_try(import->to, err));
    TN_TRY(exchange_read(import->from, &tensors, err));
    status = exchange_alexnet_make(&tensors, &import->claims, &alexnet, err);
    if (status == TN_OK)
        report_reading(&alexnet, import, tensors.format);
    if (status == TN_OK && import->activations)
        status = app_import_check(&alexnet, import, err);
    if (status == TN_OK)
        status = model_save_encoder(import->to, &alexnet.net, cnn_network_layout(alexnet.network),
                                    alexnet.theta, err);
    exchange_alexnet_finish(&alexnet);
    exchange_finish(&tensors);
    return status;
}
