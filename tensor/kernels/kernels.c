/* SPDX-License-Identifier: MIT */
#include "tensor/kernels/kernels.h"

#include "base/platform/platform.h"

#define DECLARE_SET(name)                                                                          \
    extern const struct tn_float_kernels tn_float_kernels_##name;                                  \
    extern const struct tn_int8_kernels tn_int8_kernels_##name;                                    \
    extern const struct tn_gemm_kernels tn_gemm_kernels_##name;

DECLARE_SET(portable)
#if defined(TN_KERNELS_X86)
DECLARE_SET(sse4)
DECLARE_SET(avx2)
DECLARE_SET(avx512)
#elif defined(TN_KERNELS_ARM64)
DECLARE_SET(neon)
DECLARE_SET(dotprod)
#endif

#if defined(TN_KERNELS_BF16)
extern const struct tn_gemm_kernels tn_gemm_kernels_bf16;
#endif

#define SET(name, blas_is_faster)                                                                  \
    {#name, &tn_float_kernels_##name, &tn_int8_kernels_##name, &tn_gemm_kernels_##name,            \
     blas_is_faster}

static const struct tn_kernels sets[] = {
    SET(portable, true),
#if defined(TN_KERNELS_X86)
    SET(sse4, true),
    SET(avx2, false),
    SET(avx512, false),
#elif defined(TN_KERNELS_ARM64)
    SET(neon, true),
    SET(dotprod, true),
#endif
};

/* How many of the sets this processor runs: each needs what those before it need. */
static size_t runnable_sets(void)
{
#if defined(TN_KERNELS_X86)
    if (!__builtin_cpu_supports("ssse3") || !__builtin_cpu_supports("sse4.1"))
        return 1;
    if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma"))
        return 2;
    if (!__builtin_cpu_supports("avx512f") || !__builtin_cpu_supports("avx512bw") ||
        !__builtin_cpu_supports("avx512dq") || !__builtin_cpu_supports("avx512vl") ||
        !__builtin_cpu_supports("avx512vnni"))
        return 3;
    return 4;
#elif defined(TN_KERNELS_ARM64)
    return tn_platform_has_dot_products() ? 3 : 2;
#else
    return 1;
#endif
}

const struct tn_kernels *tn_kernels_at(size_t index)
{
    return index < runnable_sets() ? &sets[index] : NULL;
}

const struct tn_kernels *tn_kernels_best(void)
{
    return &sets[runnable_sets() - 1];
}

const struct tn_gemm_kernels *tn_kernels_bf16(void)
{
#if defined(TN_KERNELS_BF16)
    if (tn_kernels_best()->gemm == &tn_gemm_kernels_avx512 && __builtin_cpu_supports("avx512bf16"))
        return &tn_gemm_kernels_bf16;
#endif
    return NULL;
}

/* From Zen 4 on AMD's processors multiply twice as many bf16 as float32 per cycle.  Intel's without
 * AMX take twice the cycles per instruction, and so multiply as many. */
bool tn_kernels_bf16_pay(void)
{
#if defined(TN_KERNELS_BF16)
    return tn_kernels_bf16() && __builtin_cpu_is("amd");
#else
    return false;
#endif
}
