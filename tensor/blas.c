/* SPDX-License-Identifier: MIT */
#include "tensor/blas.h"

#include "base/platform/platform.h"

#include <cblas.h>
#include <dlfcn.h>
#include <pthread.h>
#include <stdint.h>
#include <string.h>

/* Set once, by load(); NULL where there is none. */
static __typeof__(&cblas_sgemm) sgemm;

static void open_library(void *context)
{
    *(void **)context = tn_platform_load_library("libopenblas.so.0", false);
}

/*
 * When it is loaded, OpenBLAS starts a thread for every processor that the loading thread may run
 * on but one, and they spin and take signals; there is one pool, so that it shall start none.  It
 * is therefore loaded by a thread that may run on one processor.  OPENBLAS_NUM_THREADS would do
 * the same, but the environment may not be written while another thread reads it, and a product
 * may be made in any thread.
 */
static void *open_on_one_core(void)
{
    void *library = NULL;

    tn_platform_run_on_one_core(open_library, &library);
    return library;
}

static void load(void)
{
    void *library = open_on_one_core();
    void *product = library ? dlsym(library, "cblas_sgemm") : NULL;
    void *limit = library ? dlsym(library, "openblas_set_num_threads") : NULL;
    __typeof__(&openblas_set_num_threads) set_threads;

    if (!product || !limit)
        return;
    memcpy(&set_threads, &limit, sizeof limit); /* C has no cast from data to a function */
    memcpy(&sgemm, &product, sizeof product);
    set_threads(1);
}

static void multiply(const struct tn_product *p, size_t row, size_t rows, size_t column,
                     size_t columns)
{
    sgemm(CblasRowMajor, p->trans_a ? CblasTrans : CblasNoTrans,
          p->trans_b ? CblasTrans : CblasNoTrans, (blasint)rows, (blasint)columns, (blasint)p->k,
          p->alpha, p->a + (p->trans_a ? row : row * p->lda), (blasint)p->lda,
          p->b + (p->trans_b ? column * p->ldb : column), (blasint)p->ldb, p->beta,
          p->c + row * p->ldc + column, (blasint)p->ldc);
}

const struct tn_gemm_kernels *tn_blas(void)
{
    static const struct tn_gemm_kernels kernels = {
        .rows = 16, .columns = 64, .most_rows = SIZE_MAX, .turned = SIZE_MAX, .multiply = multiply};
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    pthread_once(&once, load);
    return sgemm ? &kernels : NULL;
}
