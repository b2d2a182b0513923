#pragma once
// Products whose operands are bfloat16: a float's sign, exponent and first 7 bits, rounded to nearest, ties to even
// (Kalamkar et al., 2019). Sums are floats.
#include <stdbool.h>

/// Products for one instruction set. Operands lie in pairs of 32 bits, the first one in the lower half.
typedef struct {
    const char *name;
    /// Pairs of b[k][n], which has `ldb` floats a row: of two rows below each other, the second one zeros below a last odd
    /// row. They lie in panels of 32 columns, [n / 32][(k + 1) / 2][32], of which the last one may be narrower.
    void (*pack)(long k, long n, const float *b, long ldb, void *pairs);
    /// C[m][n] (+)= sum over k of A[m * row + k * column] * B[k][n], B as `pack` made it, C with `ldc` floats a row; `row` or
    /// `column` is 1. `scratch` has room for (k + 1) / 2 * m pairs.
    void (*product)(long m, long n, long k, const float *a, long row, long column, const void *pairs, float *c, long ldc,
                    bool accumulate, void *scratch);
} bf16_kernels;

/// The fastest that this processor runs.
const bf16_kernels *bf16_kernels_best(void);
/// For any processor: the operands rounded the same, the products those of floats.
const bf16_kernels *bf16_kernels_portable(void);
/// Those for AVX-512's own instruction, or null where the processor has it not.
const bf16_kernels *bf16_kernels_avx512(void);
