#pragma once
// Every kernel written out plainly, in double precision: what the fast versions are compared with.
#include "CKernels.h"

void plain_product(long m, long n, long k, const float *a, long row, long column, const long *row_at,
                   const long *column_at, const float *b, long ldb, float *c, long ldc, bool accumulate);
/// A float rounded to bfloat16; what is below the smallest normal number is zero.
float plain_rounded(float x);
/// Rows of b in pairs, rounded.
void plain_pairs(long k, long n, const float *b, long ldb, float *pairs);
void plain_channel_sums(const float *x, long rows, long channels, double *sum, double *square);
void plain_scale_shift(const float *x, long rows, long channels, const float *scale, const float *shift, bool relu,
                       float *y);
void plain_normalization_sums(const float *dy, const float *x, long rows, long channels, double *sum_g,
                              double *sum_gx);
void plain_normalization_gradient(const float *dy, const float *x, long rows, long channels, const float *a,
                                  const float *b, const float *d, float *dx);
void plain_activation(const activation_maps *maps, float *y);
/// The gradient that reaches each value of `plain_activation`, before it is spread over the branches.
void plain_activation_gradient(const activation_maps *maps, const float *dy, float *g);
void plain_max_pool(const float *x, long height, long width, long channels, float *y);
void plain_max_pool_gradient(const float *x, const float *dy, long height, long width, long channels, float *dx);
void plain_lstm_step(long rows, long hidden, float *gates, long gate_stride, const float *c_previous, long cp_stride,
                     float *c, long c_stride, float *h, long h_stride);
void plain_lstm_step_gradient(long rows, long hidden, float *gates, long gate_stride, const float *c_previous,
                              long cp_stride, const float *c, long c_stride, const float *dh, long dh_stride, float *dc);
/// A 3x3 convolution, stride 1, padding 1: x is [images][height][width][in], w is [3][3][in][out].
void plain_convolution(const float *x, long images, long height, long width, long in, long out, const float *w,
                       const float *bias, const float *residual, bool relu, float *y);
/// Pixels of luma and chroma, each worked out by itself.
void plain_pixels_of_yuv(const uint8_t *luma, long luma_step, const uint8_t *blue, const uint8_t *red, long chroma_step,
                         long count, const picture_weights *w, uint32_t *pixels);
/// How many random rows of a picture a set's kernels work out otherwise than plain ones do.
long picture_faults(const picture_kernels *kernels, long rounds, uint64_t seed);
/// How many times a set's kernels of integers give other numbers than plain ones do, for so many rounds of random shapes.
long quantized_faults(const quantized_kernels *set, long rounds, uint64_t seed);
