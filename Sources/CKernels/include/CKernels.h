#pragma once
// Small C kernels for what Swift's own SIMD can't reach: code for several instruction sets in one program,
// chosen at run time by what the processor has. Activations are channels-last: [batch, height, width, channels].
#include <stdbool.h>
#include <stdint.h>

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

/// Winograd's minimal filtering for 3x3 kernels, stride 1, padding 1 (Lavin and Gray, 2016), of one tile size:
/// F(2x2, 3x3) has 4x4 = 16 positions, F(3x3, 3x3) 25 and F(4x4, 3x3) 36. A tile's transform is spread over
/// `positions` matrices, each [tiles, channels]; tiles are counted image by image, row by row.
typedef struct {
    long tile;       // outputs along a side: 2, 3 or 4
    long positions;  // (tile + 2)^2
    /// transformed[position][tile][channel] = B^T x B for every tile of `images` images.
    void (*input)(const float *x, long images, long height, long width, long channels, float *transformed);
    /// y = A^T m A, then + bias and + residual where given, then ReLU where asked.
    void (*output)(const float *m, long images, long height, long width, long channels, const float *bias,
                   const float *residual, bool relu, float *y);
    /// The adjoint of `output` without its extras: transformed = A dy A^T.
    void (*output_adjoint)(const float *dy, long images, long height, long width, long channels,
                           float *transformed);
    /// The adjoint of `input`: dx = sum over tiles of B v B^T (dx is overwritten).
    void (*input_adjoint)(const float *v, long images, long height, long width, long channels, float *dx);
    /// u[position][in][out] = G w G^T and, where given, ut[position][out][in]; w is [3][3][in][out].
    void (*weights)(const float *w, long in, long out, float *u, float *ut);
    /// The adjoint of `weights`: dw += G^T du G.
    void (*weights_adjoint)(const float *du, long in, long out, float *dw);
} winograd_kernels;

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
    winograd_kernels f2, f3, f4;
    /// sum[c] += x, square[c] += x^2 over rows.
    void (*channel_sums)(const float *x, long rows, long channels, double *sum, double *square);
    /// y = x * scale[c] + shift[c], then ReLU where asked.
    void (*scale_shift)(const float *x, long rows, long channels, const float *scale, const float *shift, bool relu,
                        float *y);
    /// With g = dy where y > 0 (all of dy where y is null): sum_g[c] += g, sum_gx[c] += g * x.
    void (*normalization_sums)(const float *dy, const float *y, const float *x, long rows, long channels,
                               double *sum_g, double *sum_gx);
    /// dx = g * a[c] + x * b[c] + d[c], g as above.
    void (*normalization_gradient)(const float *dy, const float *y, const float *x, long rows, long channels,
                                   const float *a, const float *b, const float *d, float *dx);
    /// The maximum of 2x2 windows, stride 2, of max(0, x * scale[c] + shift[c]); height and width even.
    void (*pooled_normalization)(const float *x, long height, long width, long channels, const float *scale,
                                 const float *shift, float *y);
    /// `normalization_sums` behind that: g is dy at the first of equal maxima where they are above 0, else 0.
    void (*pooled_normalization_sums)(const float *dy, const float *x, long height, long width, long channels,
                                      const float *scale, const float *shift, double *sum_g, double *sum_gx);
    /// `normalization_gradient` behind that.
    void (*pooled_normalization_gradient)(const float *dy, const float *x, long height, long width, long channels,
                                          const float *scale, const float *shift, const float *a, const float *b,
                                          const float *d, float *dx);
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
