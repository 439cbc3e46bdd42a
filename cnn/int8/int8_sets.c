/* SPDX-License-Identifier: MIT */
#include "cnn/int8/int8_kernels.h"

#include "tensor/kernels/kernels.h"

#define DECLARE_SET(name) extern const struct cnn_int8_kernels cnn_int8_kernels_##name;

DECLARE_SET(portable)
#if defined(TN_KERNELS_X86)
DECLARE_SET(sse4)
DECLARE_SET(avx2)
DECLARE_SET(avx512)
#elif defined(TN_KERNELS_ARM64)
DECLARE_SET(neon)
DECLARE_SET(dotprod)
#endif

/* In the order of tensor/kernels/kernels.c. */
static const struct cnn_int8_kernels *const sets[] = {
    &cnn_int8_kernels_portable,
#if defined(TN_KERNELS_X86)
    &cnn_int8_kernels_sse4,
    &cnn_int8_kernels_avx2,
    &cnn_int8_kernels_avx512,
#elif defined(TN_KERNELS_ARM64)
    &cnn_int8_kernels_neon,
    &cnn_int8_kernels_dotprod,
#endif
};

const struct cnn_int8_kernels *cnn_int8_kernels_at(size_t index)
{
    return tn_kernels_at(index) ? sets[index] : NULL;
}

const struct cnn_int8_kernels *cnn_int8_kernels_best(void)
{
    size_t index = 0;

    while (tn_kernels_at(index) != tn_kernels_best())
        index++;
    return sets[index];
}
