#pragma once
// Small C kernels for what Swift's own SIMD can't reach: code for several instruction sets in one program,
// chosen at run time by what the processor has. Activations are channels-last: [batch, height, width, channels].
#include <stdbool.h>
#include <stdint.h>

#include "bf16.h"
#include "haar.h"
#include "picture.h"
#include "quantized.h"

/// True where the processor has AVX2 and FMA.
bool kernels_have_avx2(void);
/// True where it has AVX-512 with bytes, words, doublewords and short vectors (F, BW, DQ, VL) besides.
bool kernels_have_avx512(void);
/// True where it multiplies and adds four bytes at once: with AVX-512 (VNNI), with AVX-VNNI, on arm64 (`dotprod`).
bool kernels_have_avx512_vnni(void);
bool kernels_have_avx_vnni(void);
bool kernels_have_dotprod(void);

/// Floats from the first of one of a transform's matrices to the first of the next: an odd number of cache lines. A tile's
/// values lie at one place in each of them, and would meet in a few sets of the cache at other distances.
static inline long winograd_plane(long rows, long columns) { return ((rows * columns + 15) / 16 | 1) * 16; }

/// Winograd's minimal filtering for 3x3 kernels, stride 1, padding 1 (Lavin and Gray, 2016), of one tile size:
/// F(2x2, 3x3) has 4x4 = 16 positions, F(3x3, 3x3) 25, F(4x4, 3x3) 36 and F(6x6, 3x3) 64. A tile's transform is spread over
/// `positions` matrices, each [tiles, channels], `winograd_plane` floats apart; tiles are counted image by image, row by row.
typedef struct {
    long tile;       // outputs along a side: 2, 3, 4 or 6
    long positions;  // (tile + 2)^2
    /// transformed[position][tile][channel] = B^T x B for every tile of `images` images.
    void (*input)(const float *x, long images, long height, long width, long channels, float *transformed);
    /// The same of max(0, x * scale[c] + shift[c]): what a normalisation and its ReLU would hand on.
    void (*activated_input)(const float *x, long images, long height, long width, long channels, const float *scale,
                            const float *shift, float *transformed);
    /// y = A^T m A, then + bias and + residual where given, then ReLU where asked.
    void (*output)(const float *m, long images, long height, long width, long channels, const float *bias,
                   const float *residual, bool relu, float *y);
    /// The adjoint of `output` without its extras: transformed = A dy A^T.
    void (*output_adjoint)(const float *dy, long images, long height, long width, long channels,
                           float *transformed);
    /// The adjoint of `input`: dx = sum over tiles of B v B^T (dx is overwritten).
    void (*input_adjoint)(const float *v, long images, long height, long width, long channels, float *dx);
    /// u[position][in][out] = G w G^T and, where given, ut[position][out][in], for the inputs from `first` to before
    /// `last`, both multiples of 8; w is [3][3][in][out]. Both are cut into panels of `panel` columns, a multiple of 8: products
    /// best read them in panels of `block_columns`.
    void (*weights)(const float *w, long in, long out, long first, long last, long panel, float *u, float *ut);
    /// The adjoint of `weights` for those inputs: dw = G^T du G.
    void (*weights_adjoint)(const float *du, long in, long out, long first, long last, float *dw);
} winograd_kernels;

/// Maps before what follows their normalisation: one map, or the two branches that a residual block joins.
typedef struct {
    const float *x, *z;  // [height][width][channels]; z is null where there is one branch
    const float *scale, *scale_z, *shift;
    long height, width, channels;
    bool pools;  // whether the maximum of 2x2 windows follows, stride 2; height and width are even then
} activation_maps;

/// Kernels of the neural network for one instruction set.
typedef struct {
    const char *name;
    /// How many columns of C a product works on at once: B is best read in panels of so many.
    long block_columns;
    /// C[m][n] (+)= sum over k of A[m * row + k * column] * B[k][n]; B has `ldb`, C has `ldc` floats a row.
    void (*matrix_product)(long m, long n, long k, const float *a, long row, long column, const float *b, long ldb,
                           float *c, long ldc, bool accumulate);
    /// The same where the columns of A lie at places of their own, as the pixels under a convolution's kernel do:
    /// C[m][n] (+)= sum over k of A[m * row + column_at[k]] * B[k][n].
    void (*gathered_product)(long m, long n, long k, const float *a, long row, const long *column_at, const float *b,
                             long ldb, float *c, long ldc, bool accumulate);
    /// C[m][n] (+)= sum over k of A[row_at[m] + k * column] * B[k][n].
    void (*gathered_product_adjoint)(long m, long n, long k, const float *a, const long *row_at, long column,
                                     const float *b, long ldb, float *c, long ldc, bool accumulate);
    winograd_kernels f2, f3, f4, f6;
    /// sum[c] += x, square[c] += x^2 over rows.
    void (*channel_sums)(const float *x, long rows, long channels, double *sum, double *square);
    /// y = x * scale[c] + shift[c], then ReLU where asked.
    void (*scale_shift)(const float *x, long rows, long channels, const float *scale, const float *shift, bool relu,
                        float *y);
    /// sum_g[c] += dy, sum_gx[c] += dy * x.
    void (*normalization_sums)(const float *dy, const float *x, long rows, long channels, double *sum_g,
                               double *sum_gx);
    /// dx = dy * a[c] + x * b[c] + d[c].
    void (*normalization_gradient)(const float *dy, const float *x, long rows, long channels, const float *a,
                                   const float *b, const float *d, float *dx);
    /// y = max(0, x * scale[c] + z * scale_z[c] + shift[c]), or the maximum of its windows.
    void (*activation)(const activation_maps *maps, float *y);
    /// With g = dy where that is above 0, at the first of equal maxima, and 0 elsewhere: sums[0][c] += g,
    /// sums[1][c] += g * x, and with two branches sums[2][c] += g * z.
    void (*activation_sums)(const activation_maps *maps, const float *dy, double *sums);
    /// dx = g * scale[c] + x * factors[0][c] + factors[1][c], and dz = g * scale_z[c] + z * factors[2][c] +
    /// factors[3][c] with two branches; g as above.
    void (*activation_gradient)(const activation_maps *maps, const float *dy, const float *factors, float *dx,
                                float *dz);
    /// y = max(0, a + b) elementwise.
    void (*add_relu)(const float *a, const float *b, long count, float *y);
    /// dx = dy where y > 0, else 0.
    void (*relu_gradient)(const float *dy, const float *y, long count, float *dx);
    /// 2x2 maximum, stride 2; height and width even.
    void (*max_pool)(const float *x, long height, long width, long channels, float *y);
    /// The gradient goes to the first of equal maxima.
    void (*max_pool_gradient)(const float *x, const float *y, const float *dy, long height, long width,
                              long channels, float *dx);
    /// One step of an LSTM, gates i f g o, `rows` rows: gates hold pre-activations and are replaced by activations;
    /// c = f * c_previous + i * g, h = o * tanh(c). c_previous may be null for zeros; any number of cells.
    void (*lstm_step)(long rows, long hidden, float *gates, long gate_stride, const float *c_previous, long cp_stride,
                      float *c, long c_stride, float *h, long h_stride);
    /// The step's gradient: from dh and dc (updated to the step before) and saved activations; gates are replaced by
    /// the gradients of the pre-activations.
    void (*lstm_step_gradient)(long rows, long hidden, float *gates, long gate_stride, const float *c_previous,
                               long cp_stride, const float *c, long c_stride, const float *dh, long dh_stride,
                               float *dc);
    /// Adam with decoupled decay (Loshchilov and Hutter, 2019): step = rate / bias correction, done in one pass.
    void (*adam)(long count, float *value, const float *gradient, float *m, float *v, float beta1, float beta2,
                 float step, float root_correction, float epsilon, float decay, float gradient_scale);
} network_kernels;

/// The fastest kernels that this processor runs.
const network_kernels *network_kernels_best(void);
/// The portable kernels (SSE2 on x86-64, NEON on arm64).
const network_kernels *network_kernels_portable(void);
/// Those for AVX2 and for AVX-512, or null where the processor has it not.
const network_kernels *network_kernels_avx2(void);
const network_kernels *network_kernels_avx512(void);
