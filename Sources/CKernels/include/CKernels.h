#pragma once
// Small C kernels for what Swift's own SIMD can't reach: code for several instruction sets in one program,
// chosen at run time by what the processor has.
#include <stdbool.h>

/// True where the processor has AVX2 and FMA.
bool kernels_have_avx2(void);
