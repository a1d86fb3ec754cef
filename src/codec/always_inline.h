// For what is compiled for more than one kind of processor: a function that is not inlined would be compiled for the least of them only.
#pragma once

#define PARTWAY_ALWAYS_INLINE inline __attribute__((always_inline))
#define PARTWAY_ALWAYS_INLINE_LAMBDA __attribute__((always_inline))
