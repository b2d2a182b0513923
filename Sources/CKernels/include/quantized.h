#pragma once
// Inference by eight-bit integers. Activations stay floats between layers: on their way into a product each becomes a code,
// a whole number in an unsigned byte; weights are whole numbers from -127 to 127. Sums are exact in 32 bits, and codes are
// rounded without fused multiply-adds: every instruction set gives the same integers.
//
// Convolutions of 3x3 are quantised within Winograd's transform (Li et al., "LoWino", ICPP 2021), F(2x2, 3x3): larger tiles
// spread what a position holds so far that eight bits no longer tell it. A map becomes whole numbers from -8191 to 8191,
// whose transform has no rounding in sixteen bits; that becomes codes; a product of integers stands at each of 16
// positions; and the transform of the output is done in floats.
// Maps are [height, width, channels]; channels, and rows and columns of weights, are multiples of 8.
#include <stdbool.h>
#include <stdint.h>

/// Kernels of integers for one instruction set.
typedef struct {
    const char *name;
    /// Whether the processor multiplies and adds bytes in one instruction. Where it does not, floats may be as fast.
    bool has_dot_product;
    /// Bytes that `pack` writes are in this set's own order; as many as the matrix has.
    /// `weights` are [k][n], each from -127 to 127.
    void (*pack)(long k, long n, const int8_t *weights, int8_t *packed);
    /// sums[m][n] = sum over k of (codes[m][k] - 128) * weights[k][n]; rows of sums lie one after another. Rows of codes
    /// begin `row` bytes apart, each of `pieces` pieces of `length` codes, a multiple of 4, which begin `apart` bytes apart:
    /// k counts through all of them. `correction[n]` is -128 times the sum over k of weights[k][n].
    void (*product)(long m, long n, const uint8_t *codes, long row, long pieces, long length, long apart,
                    const int8_t *packed, const int32_t *correction, int32_t *sums);
    /// codes[row][channel] = `zero` + the nearest whole number to x * scale[channel], clipped to a byte; `zero` is 0 to 255.
    void (*encode)(const float *x, long rows, long channels, const float *scale, int zero, uint8_t *codes);
    /// The same for a map, with `zero` around it: [height + 2, width + 2, channels].
    void (*encode_padded)(const float *x, long height, long width, long channels, const float *scale, int zero,
                          uint8_t *padded);
    /// y[row][channel] = sums * factor[channel], + bias[channel] and + residual[row][channel] where given, then ReLU where
    /// asked.
    void (*decode)(const int32_t *sums, long rows, long channels, const float *factor, const float *bias,
                   const float *residual, bool relu, float *y);
    /// padded = the nearest whole numbers to x * scale[channel], with a row and a column of zeros before them, and behind
    /// them as many as make both extents even: [height + 2, width + 2, channels], rounded up.
    void (*winograd_pad)(const float *x, long height, long width, long channels, const float *scale, int16_t *padded);
    /// codes[position][tile][channel] = code of (B^T w B) * multiplier[position][channel] / 32768, where w is padded as
    /// above, and multipliers are from 1 to 32767; for `down` rows of `across` tiles each.
    void (*winograd_input)(const int16_t *padded, long down, long across, long channels, const int16_t *multiplier,
                           uint8_t *codes);
    /// y = A^T (sums * factor) A + bias, + residual where given, then ReLU where asked; sums[position][tile][channel],
    /// factor[position][channel].
    void (*winograd_output)(const int32_t *sums, long height, long width, long channels, const float *factor,
                            const float *bias, const float *residual, bool relu, float *y);
} quantized_kernels;

/// The fastest kernels that this processor runs.
const quantized_kernels *quantized_kernels_best(void);
/// The portable kernels.
const quantized_kernels *quantized_kernels_portable(void);
/// Those for AVX2, for AVX-VNNI, for AVX-512 with VNNI, and for arm64's dot product, or null where the processor has it not.
const quantized_kernels *quantized_kernels_avx2(void);
const quantized_kernels *quantized_kernels_avx_vnni(void);
const quantized_kernels *quantized_kernels_avx512_vnni(void);
const quantized_kernels *quantized_kernels_dotprod(void);
