#pragma once
// Kernels of the face detector: a picture made smaller and summed up, and a row of windows judged at once.
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// How a feature's value comes from entries of the tables: +, - and so on are sums of entries in the order of
/// `corners`. Most features' rectangles share corners, which are then read once.
typedef enum {
    /// A rectangle less twice its half: + + - - +2 -2.
    HAAR_HALF,
    /// weight * (+ - - +) + weight * (+ - - +).
    HAAR_PAIR,
    /// A rectangle less twice two opposite quarters: weight * (+ + + + -2 -2 -2 -2 +4).
    HAAR_CHECKER,
    /// As HAAR_PAIR, with a third rectangle.
    HAAR_TRIPLE,
    HAAR_KINDS
} haar_kind;

/// One decision of a tree: to `left` where the normalised feature is below the threshold, else to `right`.
typedef struct {
    /// From the entry of the window's origin, in entries of the table of sums.
    int32_t corners[12];
    float weights[3];
    float threshold;
    /// The node to go on with, from the tree's first, or 0 where the value below is the answer.
    int32_t left, right;
    float left_value, right_value;
    haar_kind kind;
} haar_node;

/// A local binary pattern: nine equal blocks, three by three; each of the eight around the middle that is at least as
/// bright gives one bit of a number, and the number chooses a side.
typedef struct {
    /// The corners of the blocks, four by four, from the entry of the window's origin.
    int32_t corners[16];
    /// One bit a number: set where it leads to the left.
    uint32_t subset[8];
    float left_value, right_value;
} haar_pattern;

/// What a stage's trees look like.
typedef enum {
    /// One node each, sorted by its kind.
    HAAR_STUMPS,
    /// Two nodes each, the second to the right of the first, sorted by both kinds.
    HAAR_TWIGS,
    /// Anything else.
    HAAR_TREES,
    /// No trees of nodes, but one pattern each.
    HAAR_PATTERNS
} haar_shape;

/// A stage: its trees' nodes lie one after another.
typedef struct {
    const haar_node *nodes;
    /// The patterns, where the shape says so.
    const haar_pattern *patterns;
    /// How many nodes each tree has.
    const int32_t *tree_sizes;
    long trees;
    haar_shape shape;
    /// How many trees have a first node, and a second, of each kind; of stumps [0] alone is filled in.
    int32_t counts[HAAR_KINDS][HAAR_KINDS];
    /// What the votes, summed in double precision, must reach.
    float threshold;
    /// By how much a sum in single precision may be wrong.
    float margin;
} haar_stage;

/// The most nodes that a tree may have.
#define HAAR_TREE_LIMIT 16

typedef struct {
    const haar_stage *stages;
    long stage_count;
    /// The rectangle that brightness and contrast are measured in: its corners and its pixels.
    int32_t inner[4];
    int32_t area;
    /// Windows are judged whatever their contrast: patterns need none.
    bool judges_flat;
} haar_cascade;

/// How one side of a picture is made smaller: place i of the output blends the places `first[i]` and
/// `first[i] + 1` of the input, with `share[i]` 256ths of the second.
typedef struct {
    const int32_t *first;
    const uint16_t *share;
    long count;
} haar_taps;

/// Where sums go: `stride` entries a row, with one row and one column of zeros before the picture's.
/// With `split`, a row holds its even columns first, and its odd ones from `stride / 2` on, so that windows two
/// pixels apart lie side by side.
typedef struct {
    uint32_t *sums;
    uint32_t *squares;
    /// Tilted sums, or null.
    uint32_t *tilted;
    long stride;
    bool split;
} haar_tables;

/// A row of windows under judgement; buffers hold `count` entries and 64 more.
typedef struct {
    /// The tables' entries of the first window's origin.
    const uint32_t *sums, *squares;
    long count;
    float *normalisation;
    /// One bit a window: turned down by the first stage; and to be judged by the others.
    uint64_t *rejected, *standing;
} haar_row;

typedef struct {
    const char *name;
    /// Blends two rows of a picture into `blended` (width + 1 entries, and 32 to spare), `share` 256ths of the
    /// second: 8.8 fixed point.
    void (*blend_rows)(const uint8_t *first, const uint8_t *second, long width, uint32_t share, uint16_t *blended);
    /// Makes a row of pixels of a blended one, and adds its sums below the row before: `row` counts from 1.
    /// `pixels` has 32 entries to spare.
    void (*sum_row)(const uint16_t *blended, haar_taps columns, uint8_t *pixels, haar_tables tables, long row);
    /// Judges a row of windows and writes the numbers of those that pass, in order; returns how many. After a
    /// window that the first stage turns down, the next is left out.
    long (*scan_row)(const haar_cascade *cascade, haar_row row, int32_t *passing);
} haar_kernels;

/// The fastest kernels that this processor runs.
const haar_kernels *haar_kernels_best(void);
/// The portable kernels (SSE2 on x86-64, NEON on arm64).
const haar_kernels *haar_kernels_portable(void);
/// Those for AVX2 and for AVX-512, or null where the processor has it not.
const haar_kernels *haar_kernels_avx2(void);
const haar_kernels *haar_kernels_avx512(void);

/// Adds a row of tilted sums: `pixels` and `pixels_above` are this row's and the one before's, null above the first.
void haar_tilted_row(const uint8_t *pixels, const uint8_t *pixels_above, long width, haar_tables tables, long row);
