/* SPDX-License-Identifier: MIT */
#include "tensor/kernels/kernels.h"

#define DECLARE_SET(name)                                                                          \
    extern const struct tn_float_kernels tn_float_kernels_##name;                                  \
    extern const struct tn_int8_kernels tn_int8_kernels_##name;                                    \
    extern const struct tn_gemm_kernels tn_gemm_kernels_##name;

DECLARE_SET(portable)
#if defined(TN_KERNELS_X86)
DECLARE_SET(avx2)
DECLARE_SET(avx512)
#endif

static const struct tn_kernels sets[] = {
    {"portable", &tn_float_kernels_portable, &tn_int8_kernels_portable, &tn_gemm_kernels_portable,
     true},
#if defined(TN_KERNELS_X86)
    {"avx2", &tn_float_kernels_avx2, &tn_int8_kernels_avx2, &tn_gemm_kernels_avx2, false},
    {"avx512", &tn_float_kernels_avx512, &tn_int8_kernels_avx512, &tn_gemm_kernels_avx512, false},
#endif
};

/* How many of the sets this processor runs: each needs what those before it need. */
static size_t runnable_sets(void)
{
    size_t count = 1;

#if defined(TN_KERNELS_X86)
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
        count = 2;
        if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
            __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
            __builtin_cpu_supports("avx512vnni"))
            count = 3;
    }
#endif
    return count;
}

const struct tn_kernels *tn_kernels_at(size_t index)
{
    return index < runnable_sets() ? &sets[index] : NULL;
}

const struct tn_kernels *tn_kernels_best(void)
{
    return &sets[runnable_sets() - 1];
}
