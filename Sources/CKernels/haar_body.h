// The judging of windows for one instruction set: NAME(x) names its functions, LANES windows are judged at once.
// Arithmetic is OpenCV's, so that results are: features in single precision, normalised by a factor rounded from
// double. Votes are summed in single precision where the result cannot hang on it, else again in double.
#include <string.h>

#pragma STDC FP_CONTRACT OFF
// Vectors wider than the processor's registers never leave an inlined function, so how they are passed is moot.
#pragma clang diagnostic ignored "-Wpsabi"
#define INLINE static inline __attribute__((always_inline))

typedef uint32_t NAME(words) __attribute__((ext_vector_type(LANES), aligned(4)));
typedef int32_t NAME(ints) __attribute__((ext_vector_type(LANES)));
typedef float NAME(floats) __attribute__((ext_vector_type(LANES)));
typedef double NAME(doubles) __attribute__((ext_vector_type(LANES)));
typedef int64_t NAME(longs) __attribute__((ext_vector_type(LANES)));
typedef bool NAME(flags) __attribute__((ext_vector_type(LANES)));
#define words NAME(words)
#define ints NAME(ints)
#define floats NAME(floats)
#define doubles NAME(doubles)
#define flags NAME(flags)

INLINE words NAME(load)(const uint32_t *p) { return *(const words *)p; }

/// One bit a lane, set where the mask is.
INLINE uint64_t NAME(bits)(ints mask) {
    flags set = __builtin_convertvector(mask, flags);
    uint64_t bits = 0;
    memcpy(&bits, &set, (LANES + 7) / 8);
    return bits;
}

INLINE words NAME(sum)(const uint32_t *p, const int32_t *corner) {
    words sum = NAME(load)(p + corner[0]) - NAME(load)(p + corner[1]);
    return sum - NAME(load)(p + corner[2]) + NAME(load)(p + corner[3]);
}

INLINE floats NAME(real)(words sum) { return __builtin_convertvector((ints)sum, floats); }

/// The feature's value. The kind is the caller's constant, so that each kind is straight code.
INLINE floats NAME(value)(const haar_node *node, const uint32_t *p, haar_kind kind) {
#define AT(i) NAME(load)(p + node->corners[i])
    switch (kind) {
    case HAAR_HALF: {
        words twice = AT(4) - AT(5);
        return NAME(real)(AT(0) + AT(1) - (AT(2) + AT(3)) + (twice + twice));
    }
    case HAAR_CHECKER: {
        words edges = AT(4) + AT(5) + AT(6) + AT(7), middle = AT(8);
        words twice = middle + middle - edges;
        return node->weights[0] * NAME(real)(AT(0) + AT(1) + AT(2) + AT(3) + (twice + twice));
    }
    default: {
        floats value = node->weights[0] * NAME(real)(NAME(sum)(p, node->corners));
        value += node->weights[1] * NAME(real)(NAME(sum)(p, node->corners + 4));
        if (kind == HAAR_TRIPLE) value += node->weights[2] * NAME(real)(NAME(sum)(p, node->corners + 8));
        return value;
    }
    }
#undef AT
}

/// Where the node's normalised feature is below its threshold.
INLINE ints NAME(decide)(const haar_node *node, const uint32_t *p, floats normalisation, haar_kind kind) {
    return NAME(value)(node, p, kind) * normalisation < node->threshold;
}

INLINE floats NAME(choose)(ints mask, floats yes, floats no) { return mask ? yes : no; }

INLINE floats NAME(stumps)(const haar_stage *stage, const uint32_t *p, floats normalisation) {
    floats votes = 0;
    const haar_node *node = stage->nodes;
#define STUMPS(kind)                                                                                          \
    for (const haar_node *end = node + stage->counts[0][kind]; node < end; node++)                            \
        votes += NAME(choose)(NAME(decide)(node, p, normalisation, kind), node->left_value, node->right_value);
    STUMPS(HAAR_HALF)
    STUMPS(HAAR_PAIR)
    STUMPS(HAAR_CHECKER)
    STUMPS(HAAR_TRIPLE)
#undef STUMPS
    return votes;
}

INLINE floats NAME(twigs)(const haar_stage *stage, const uint32_t *p, floats normalisation) {
    floats votes = 0;
    const haar_node *node = stage->nodes;
#define TWIGS(first, second)                                                                                  \
    for (const haar_node *end = node + 2 * stage->counts[first][second]; node < end; node += 2) {             \
        ints below = NAME(decide)(node, p, normalisation, first);                                             \
        ints then = NAME(decide)(node + 1, p, normalisation, second);                                         \
        votes += NAME(choose)(below, node->left_value,                                                        \
                              NAME(choose)(then, node[1].left_value, node[1].right_value));                   \
    }
#define TWIGS_FROM(first)                                                                                     \
    TWIGS(first, HAAR_HALF) TWIGS(first, HAAR_PAIR) TWIGS(first, HAAR_CHECKER) TWIGS(first, HAAR_TRIPLE)
    TWIGS_FROM(HAAR_HALF)
    TWIGS_FROM(HAAR_PAIR)
    TWIGS_FROM(HAAR_CHECKER)
    TWIGS_FROM(HAAR_TRIPLE)
#undef TWIGS_FROM
#undef TWIGS
    return votes;
}

/// Every node of a tree is decided, from the last to the first, as children come later.
static floats NAME(trees)(const haar_stage *stage, const uint32_t *p, floats normalisation) {
    floats votes = 0, values[HAAR_TREE_LIMIT];
    const haar_node *tree = stage->nodes;
    for (long i = 0; i < stage->trees; i++) {
        long size = stage->tree_sizes[i];
        for (long j = size - 1; j >= 0; j--) {
            const haar_node *node = tree + j;
            floats left = node->left ? values[node->left] : node->left_value;
            floats right = node->right ? values[node->right] : node->right_value;
            ints below;
            switch (node->kind) {
            case HAAR_HALF: below = NAME(decide)(node, p, normalisation, HAAR_HALF); break;
            case HAAR_PAIR: below = NAME(decide)(node, p, normalisation, HAAR_PAIR); break;
            case HAAR_CHECKER: below = NAME(decide)(node, p, normalisation, HAAR_CHECKER); break;
            default: below = NAME(decide)(node, p, normalisation, HAAR_TRIPLE);
            }
            values[j] = NAME(choose)(below, left, right);
        }
        votes += values[0];
        tree += size;
    }
    return votes;
}

static floats NAME(patterns)(const haar_stage *stage, const uint32_t *p) {
    floats votes = 0;
    for (const haar_pattern *pattern = stage->patterns; pattern < stage->patterns + stage->trees; pattern++) {
        words at[16];
        for (int i = 0; i < 16; i++) at[i] = NAME(load)(p + pattern->corners[i]);
#define BLOCK(i) ((ints)(at[i] - at[(i) + 1] - at[(i) + 4] + at[(i) + 5]))
        ints middle = BLOCK(5);
        ints number = ((BLOCK(0) >= middle) & 128) | ((BLOCK(1) >= middle) & 64) | ((BLOCK(2) >= middle) & 32) |
                      ((BLOCK(6) >= middle) & 16) | ((BLOCK(10) >= middle) & 8) | ((BLOCK(9) >= middle) & 4) |
                      ((BLOCK(8) >= middle) & 2) | ((BLOCK(4) >= middle) & 1);
#undef BLOCK
        ints word;
        for (int lane = 0; lane < LANES; lane++) word[lane] = (int32_t)pattern->subset[number[lane] >> 5];
        votes += NAME(choose)(((word >> (number & 31)) & 1) != 0, pattern->left_value, pattern->right_value);
    }
    return votes;
}

INLINE floats NAME(votes)(const haar_stage *stage, const uint32_t *p, floats normalisation) {
    if (stage->shape == HAAR_STUMPS) return NAME(stumps)(stage, p, normalisation);
    if (stage->shape == HAAR_TWIGS) return NAME(twigs)(stage, p, normalisation);
    if (stage->shape == HAAR_PATTERNS) return NAME(patterns)(stage, p);
    return NAME(trees)(stage, p, normalisation);
}

/// Fills in each window's normalisation and which windows the first stage turns down or lets stand.
static void NAME(first_stage)(const haar_cascade *cascade, haar_row row) {
    const haar_stage *stage = cascade->stages;
    double area = cascade->area;
    long words_of_bits = (row.count + 63) / 64;
    for (long i = 0; i < words_of_bits; i++) row.rejected[i] = row.standing[i] = 0;
    for (long k = 0; k < row.count; k += LANES) {
        doubles sum = __builtin_convertvector((ints)NAME(sum)(row.sums + k, cascade->inner), doubles);
        doubles squares = __builtin_convertvector((ints)NAME(sum)(row.squares + k, cascade->inner), doubles);
        doubles spread = area * squares - sum * sum;
        floats normalisation = __builtin_convertvector(1.0 / __builtin_elementwise_sqrt(spread), floats);
        *(floats *)__builtin_assume_aligned(row.normalisation + k, 4 * LANES) = normalisation;
        // False for lanes whose spread is not positive, too: their normalisation is not a number, or infinite.
        NAME(longs) contrasted = area * __builtin_convertvector(normalisation, doubles) < 0.1;
        uint64_t bits = NAME(bits)(__builtin_convertvector(contrasted, ints));
        if (cascade->judges_flat) bits = (1ull << LANES) - 1;
        if (row.count - k < LANES) bits &= (1ull << (row.count - k)) - 1;
        if (!bits) continue;
        floats votes = NAME(votes)(stage, row.sums + k, normalisation);
        uint64_t passed = NAME(bits)(votes >= stage->threshold - stage->margin) & bits;
        uint64_t certain = NAME(bits)(votes >= stage->threshold + stage->margin);
        for (uint64_t doubtful = passed & ~certain; doubtful; doubtful &= doubtful - 1) {
            long lane = __builtin_ctzll(doubtful);
            if (!haar_stage_passes(stage, row.sums + k + lane, row.normalisation[k + lane])) passed &= ~(1ull << lane);
        }
        row.standing[k / 64] |= passed << (k % 64);
        row.rejected[k / 64] |= (bits & ~passed) << (k % 64);
    }
}

static long NAME(scan_row)(const haar_cascade *cascade, haar_row row, int32_t *passing) {
    long found = 0;
    NAME(first_stage)(cascade, row);
    haar_leave_out(row);
    for (long k = 0; k < row.count; k += LANES) {
        uint64_t standing = row.standing[k / 64] >> (k % 64) & ((1ull << LANES) - 1);
        if (!standing) continue;
        const uint32_t *p = row.sums + k;
        floats normalisation = *(floats *)__builtin_assume_aligned(row.normalisation + k, 4 * LANES);
        uint64_t doubtful = 0;
        for (long i = 1; i < cascade->stage_count; i++) {
            const haar_stage *stage = cascade->stages + i;
            floats votes = NAME(votes)(stage, p, normalisation);
            standing &= NAME(bits)(votes >= stage->threshold - stage->margin);
            if (!standing) break;
            doubtful |= standing & ~NAME(bits)(votes >= stage->threshold + stage->margin);
        }
        for (; standing; standing &= standing - 1) {
            long lane = __builtin_ctzll(standing);
            if (doubtful >> lane & 1 && !haar_stages_pass(cascade, p + lane, row.normalisation[k + lane])) continue;
            passing[found++] = (int32_t)(k + lane);
        }
    }
    return found;
}

#undef INLINE
#undef words
#undef ints
#undef floats
#undef doubles
#undef flags
