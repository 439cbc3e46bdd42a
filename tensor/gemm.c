/* SPDX-License-Identifier: MIT */
#include "tensor/gemm.h"

#include "tensor/blas.h"

/* A block of C is worth a task from MIN_BLOCK_WORK multiplications on (about 60 microseconds). */
enum { MIN_BLOCK_WORK = 1 << 23, MAX_BLOCKS = 8 };

/* Of op(B) at most SHARED_FLOATS are packed at a time, to stay in the last cache, but
 * MIN_SHARED_DEPTH steps of k, as C is read and written once for them; PACKED_ROWS of B a task. */
enum { SHARED_FLOATS = 1 << 20, MIN_SHARED_DEPTH = 256, PACKED_ROWS = 32 };

/* The blocks of a product and who multiplies them. */
struct job {
    struct tn_product product;
    const struct tn_gemm_kernels *kernels;
    size_t rows, columns; /* of C in a block */
    size_t across;        /* blocks side by side */
};

static size_t at_most(size_t length, size_t whole, size_t start)
{
    return whole - start < length ? whole - start : length;
}

static void multiply_block(void *context, size_t index, size_t thread)
{
    const struct job *job = context;
    const struct tn_product *p = &job->product;
    const size_t row = index / job->across * job->rows, rows = at_most(job->rows, p->m, row);
    const size_t column = index % job->across * job->columns;
    const size_t columns = at_most(job->columns, p->n, column);

    (void)thread;
    job->kernels->multiply(p, row, rows, column, columns);
}

static size_t divided(size_t a, size_t b)
{
    return (a + b - 1) / b;
}

/* Halves the longer side of the blocks while that makes them worth a task: the squarer a block, the
 * less of A and B is read, and packed, for it.  Depends on the shape alone. */
static void choose_blocks(struct job *job)
{
    const struct tn_product *p = &job->product;
    const struct tn_gemm_kernels *kernels = job->kernels;
    const size_t row_grain = 4 * kernels->rows, column_grain = kernels->columns;
    const size_t most_rows = p->trans_a ? kernels->turned : kernels->most_rows;
    const double work = (double)p->m * (double)p->n * (double)p->k;

    job->rows = p->m < most_rows ? p->m : most_rows;
    job->columns = p->n;
    for (size_t blocks = 2; blocks <= MAX_BLOCKS && work >= (double)blocks * MIN_BLOCK_WORK;
         blocks *= 2) {
        if (divided(p->m, job->rows) * divided(p->n, job->columns) >= blocks)
            continue;
        if (job->rows > job->columns && job->rows > row_grain)
            job->rows = divided(divided(job->rows, 2), row_grain) * row_grain;
        else if (job->columns > column_grain)
            job->columns = divided(divided(job->columns, 2), column_grain) * column_grain;
    }
    job->across = divided(p->n, job->columns);
}

/* op(B) packed by all threads, each along the rows of B. */
struct packing {
    const struct tn_gemm_kernels *kernels;
    const struct tn_product *product;
    float *panels;
};

static size_t rows_a_task(const struct packing *packing)
{
    return packing->product->trans_b ? packing->kernels->columns : PACKED_ROWS;
}

static void pack_rows(void *context, size_t index, size_t thread)
{
    const struct packing *packing = context;
    const struct tn_product *p = packing->product;
    const size_t rows = rows_a_task(packing), start = index * rows;

    (void)thread;
    if (p->trans_b)
        packing->kernels->pack(packing->panels, p, 0, p->k, start, at_most(rows, p->n, start));
    else
        packing->kernels->pack(packing->panels, p, start, at_most(rows, p->k, start), 0, p->n);
}

static void pack(const struct tn_gemm_kernels *kernels, struct tn_pool *pool,
                 const struct tn_product *product, float *panels)
{
    struct packing packing = {kernels, product, panels};

    tn_pool_run(pool, divided(product->trans_b ? product->n : product->k, rows_a_task(&packing)),
                pack_rows, &packing);
}

static void multiply_blocks(struct job *job, struct tn_pool *pool)
{
    tn_pool_run(pool, divided(job->product.m, job->rows) * job->across, multiply_block, job);
}

/* How much of k is packed at a time for all blocks; 0 when each had better pack on its own: because
 * no two want the same columns, or because there are so many that little of k would be left. */
static size_t shared_depth(const struct job *job)
{
    const struct tn_product *p = &job->product;
    size_t pieces, depth;

    if (!job->kernels->pack || p->packed || job->rows >= p->m || p->k == 0)
        return 0;
    pieces = divided(p->n * p->k, SHARED_FLOATS);
    depth = divided(p->k, pieces);
    return pieces == 1 || depth >= MIN_SHARED_DEPTH ? depth : 0;
}

/* The product in pieces of k.  Without memory to share, blocks pack on their own, with equal bits.
 */
static void multiply_pieces(struct job *job, struct tn_pool *pool, size_t depth)
{
    const struct tn_product whole = job->product;
    struct tn_product *p = &job->product;
    float *panels = tn_pool_borrow(pool, job->kernels->packed_floats(p->n, depth) * sizeof *panels);

    for (size_t start = 0; start < whole.k; start += depth) {
        p->k = at_most(depth, whole.k, start);
        p->a = whole.a + (p->trans_a ? start * p->lda : start);
        p->b = whole.b + (p->trans_b ? start : start * p->ldb);
        p->beta = start == 0 ? whole.beta : 1;
        if (panels)
            pack(job->kernels, pool, p, panels);
        p->packed = panels;
        multiply_blocks(job, pool);
    }
    if (panels)
        tn_pool_return(pool);
}

void tn_gemm_by(const struct tn_gemm_kernels *kernels, struct tn_pool *pool,
                const struct tn_product *product)
{
    struct job job = {.product = *product, .kernels = kernels};
    size_t depth;

    if (product->m == 0 || product->n == 0)
        return;
    choose_blocks(&job);
    depth = shared_depth(&job);
    if (depth > 0)
        multiply_pieces(&job, pool, depth);
    else
        multiply_blocks(&job, pool);
}

const struct tn_gemm_kernels *tn_gemm_best(void)
{
    const struct tn_kernels *best = tn_kernels_best();
    const struct tn_gemm_kernels *blas = best->blas_is_faster ? tn_blas() : NULL;

    return blas ? blas : best->gemm;
}

void tn_gemm(struct tn_pool *pool, float *c, size_t ldc, float beta, struct tn_factor a,
             struct tn_factor b, size_t m, size_t n, size_t k)
{
    const struct tn_product product = tn_product_of(c, ldc, beta, a, b, m, n, k);

    tn_gemm_by(tn_gemm_best(), pool, &product);
}

void tn_gemm_subtract(struct tn_pool *pool, float *c, size_t ldc, struct tn_factor a,
                      struct tn_factor b, size_t m, size_t n, size_t k)
{
    struct tn_product product = tn_product_of(c, ldc, 1, a, b, m, n, k);

    product.alpha = -1;
    tn_gemm_by(tn_gemm_best(), pool, &product);
}

size_t tn_packed_floats(size_t n, size_t k)
{
    const struct tn_gemm_kernels *kernels = tn_gemm_best();

    return kernels->pack ? kernels->packed_floats(n, k) : 0;
}

void tn_pack(const struct tn_gemm_kernels *kernels, struct tn_pool *pool, struct tn_packed *packed,
             float *panels, struct tn_factor b, size_t n, size_t k)
{
    const struct tn_product product = {.trans_b = b.turned, .n = n, .k = k, .b = b.x, .ldb = b.ld};

    *packed = (struct tn_packed){kernels, b, n, k, kernels->pack ? panels : NULL};
    if (kernels->pack)
        pack(kernels, pool, &product, panels);
}

void tn_gemm_packed(struct tn_pool *pool, float *c, size_t ldc, float beta, struct tn_factor a,
                    const struct tn_packed *b, size_t m)
{
    struct tn_product product = tn_product_of(c, ldc, beta, a, b->b, m, b->n, b->k);

    product.packed = b->panels;
    tn_gemm_by(b->kernels, pool, &product);
}
