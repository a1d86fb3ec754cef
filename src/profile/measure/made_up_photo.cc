#include "profile/measure/made_up_photo.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "base/rng.h"

namespace partway::profile {
namespace {

constexpr int kEdge = kMadeUpEdge;
constexpr size_t kPixels = size_t{kEdge} * kEdge;
constexpr int kLeaves = 1500;
constexpr double kLeast = 18, kLargest = 200;   // radii, pixels
constexpr int kCoarsest = 64;                   // lattice of the first octave of texture, pixels
constexpr double kTexture = 6.0;                // standard deviation of an octave on a leaf of middling texture, of 255

using Field = std::vector<float>;   // kPixels, rows top to bottom

// Uniform noise on a lattice of so many pixels, between its points bilinear; deviation about 1.
void AddOctave(int spacing, double height, Rng* rng, Field* field) {
  const int points = kEdge / spacing + 2;
  std::vector<float> lattice(static_cast<size_t>(points) * points);
  for (float& v : lattice) v = static_cast<float>(rng->Uniform(-1.75, 1.75) * height);
  for (int y = 0; y < kEdge; ++y) {
    const float down = static_cast<float>(y % spacing) / static_cast<float>(spacing);
    const float* above = lattice.data() + static_cast<size_t>(y / spacing) * points;
    const float* below = above + points;
    float* out = field->data() + static_cast<size_t>(y) * kEdge;
    for (int x = 0; x < kEdge; ++x) {
      const int i = x / spacing;
      const float right = static_cast<float>(x % spacing) / static_cast<float>(spacing);
      const float top = above[i] + (above[i + 1] - above[i]) * right, bottom = below[i] + (below[i + 1] - below[i]) * right;
      out[x] += top + (bottom - top) * down;
    }
  }
}

// Octaves of equal energy from kCoarsest down to `finest`.
Field Texture(int finest, Rng* rng) {
  Field field(kPixels, 0.0f);
  for (int spacing = kCoarsest; spacing >= finest; spacing /= 2) AddOctave(spacing, 1, rng, &field);
  return field;
}

struct Leaf {
  double x, y, radius, flat, across, down;   // centre; height over width; shading over the leaf
  std::array<float, 3> color;
  float texture;
};

// Radii with a density of r^-3, between kLeast and kLargest: 1/r^2 is uniform.
double Radius(Rng* rng) { return 1 / std::sqrt(rng->Uniform(1 / (kLargest * kLargest), 1 / (kLeast * kLeast))); }

Leaf MakeLeaf(Rng* rng) {
  Leaf leaf{.x = rng->Uniform(0, kEdge), .y = rng->Uniform(0, kEdge), .radius = Radius(rng), .flat = rng->Uniform(0.4, 1)};
  const double light = rng->Uniform(55, 200);
  for (float& c : leaf.color) c = static_cast<float>(light + rng->Uniform(-25, 25));
  leaf.across = rng->Uniform(-25, 25);
  leaf.down = rng->Uniform(-25, 25);
  const double busy = rng->Uniform();
  leaf.texture = static_cast<float>(kTexture * 3 * busy * busy);   // mean kTexture: many smooth leaves, some busy ones
  return leaf;
}

}   // namespace

media::Picture MadeUpPhoto(uint64_t seed) {
  Rng rng(seed);
  const Field light = Texture(1, &rng), red = Texture(4, &rng), blue = Texture(4, &rng);
  constexpr float kColor = 0.25f;   // of the texture's height
  std::vector<float> rgb(3 * kPixels, 128.0f);
  const auto draw = [&](const Leaf& leaf) {
    const double height = leaf.radius * leaf.flat;
    const int top = std::max(0, static_cast<int>(leaf.y - height)),
              bottom = std::min(kEdge - 1, static_cast<int>(leaf.y + height));
    for (int y = top; y <= bottom; ++y) {
      const double v = (y - leaf.y) / height, half = leaf.radius * std::sqrt(std::max(0.0, 1 - v * v));
      const int left = std::max(0, static_cast<int>(std::ceil(leaf.x - half))),
                right = std::min(kEdge - 1, static_cast<int>(leaf.x + half));
      for (int x = left; x <= right; ++x) {
        const size_t at = static_cast<size_t>(y) * kEdge + static_cast<size_t>(x);
        const auto shade = static_cast<float>(leaf.across * (x - leaf.x) / leaf.radius + leaf.down * v);
        const float t = shade + leaf.texture * light[at];
        rgb[3 * at] = leaf.color[0] + t + leaf.texture * kColor * red[at];
        rgb[3 * at + 1] = leaf.color[1] + t;
        rgb[3 * at + 2] = leaf.color[2] + t + leaf.texture * kColor * blue[at];
      }
    }
  };
  for (int i = 0; i < kLeaves; ++i) draw(MakeLeaf(&rng));
  media::Picture picture{.name = "a made-up photo", .height = kEdge, .width = kEdge};
  picture.rgb.resize(rgb.size());
  for (size_t i = 0; i < rgb.size(); ++i) picture.rgb[i] = static_cast<uint8_t>(std::clamp(rgb[i] + 0.5f, 0.0f, 255.0f));
  return picture;
}

}   // namespace partway::profile
