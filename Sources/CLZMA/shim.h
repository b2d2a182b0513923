#pragma once
#include <lzma.h>

/// The macro LZMA_CONCATENATED, which Swift can't import.
static const uint32_t raut_lzma_concatenated = LZMA_CONCATENATED;
