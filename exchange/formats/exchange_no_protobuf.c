/* SPDX-License-Identifier: MIT */
/* Caffe and ONNX in a build without protobuf-c: the files are recognised, and refused. */
#include "exchange/format.h"
#include "exchange/mean_file.h"
#include "exchange/protobuf_looks.h"

static enum tn_status lacks(const char *path, const char *what, struct tn_error *err)
{
    return tn_fail(err, TN_UNSUPPORTED,
                   "%s: %s support is not built in (install libprotobuf-c-dev and "
                   "protobuf-c-compiler, reconfigure)",
                   path, what);
}

static enum tn_status refuse(struct exchange_tensors *to, struct tn_error *err)
{
    return lacks(to->path, to->format, err);
}

enum tn_status exchange_mean_read(const char *path, float ret_mean[3], struct tn_error *err)
{
    (void)ret_mean;
    return lacks(path, "Caffe", err);
}

const struct exchange_format exchange_format_caffe = {
    .name = "Caffe",
    .recognises = exchange_looks_like_caffe,
    .read = refuse,
};

const struct exchange_format exchange_format_onnx = {
    .name = "ONNX",
    .recognises = exchange_looks_like_onnx,
    .read = refuse,
};
