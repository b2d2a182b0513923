// What an instruction set's file needs before quantized_body.h: the words in which it says how it multiplies.
#include <stdint.h>

#define INLINE static inline __attribute__((always_inline))
#define UNROLL _Pragma("clang loop unroll(full)")
#define NAME(x) NAME_(x, SET)
#define NAME_(x, set) NAME__(x, set)
#define NAME__(x, set) x##_##set

typedef float f8 __attribute__((vector_size(32)));
typedef float f8_loose __attribute__((vector_size(32), aligned(4)));
typedef int32_t w8 __attribute__((vector_size(32)));
typedef int32_t w8_loose __attribute__((vector_size(32), aligned(4)));
typedef int32_t w16 __attribute__((vector_size(64)));
typedef int16_t words_8 __attribute__((vector_size(16)));
typedef int16_t words_loose_8 __attribute__((vector_size(16), aligned(2)));
typedef int16_t words_16 __attribute__((vector_size(32)));
typedef int16_t words_loose_16 __attribute__((vector_size(32), aligned(2)));
typedef uint8_t bytes_8 __attribute__((vector_size(8), aligned(1)));

// Rows of codes, `row` bytes apart, each of `pieces` pieces of `length` codes that begin `apart` bytes apart.
typedef struct {
    const uint8_t *first;
    long row, pieces, length, apart;
} code_rows;

// Four of these are added, in sixteen bits.
#define WORD_LIMIT 8191
// What sums begin with, where codes are multiplied as they are, 128 more than they mean.
#define START(correction) (correction)
