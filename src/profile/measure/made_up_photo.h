// A picture made from a seed that is as hard on codecs as a photograph: what encodings are timed on where no photos are at hand.
//
// It has what makes photographs cost bits: things in front of each other, whose sizes follow a power law and whose edges are sharp ("dead leaves", Lee,
// Mumford and Huang, "Occlusion models for natural images", International Journal of Computer Vision 41, 2001), on each of them texture with equal energy
// in every octave (a power spectrum of 1/f^2, Field, "Relations between the statistics of natural images and the response properties of cortical cells",
// JOSA A 4, 1987), finer on some than on others, and little colour beside the light. Both laws know no scale, so it costs about as many bits a pixel at
// whatever size it is brought to. How much texture there is was set so that it costs what photos do: of 1000 photos at 224x224 a JPEG of quality 75 takes
// 10.0 kB on average.
#pragma once

#include <cstdint>

#include "media/source.h"

namespace partway::profile {

inline constexpr int kMadeUpEdge = 512;   // pixels, square

// The same for the same seed on every machine.
media::Picture MadeUpPhoto(uint64_t seed = 1);

}   // namespace partway::profile
