// Profile files: JSON, one document, versioned (docs/formats.md, "Profile"). A file may come from anywhere and is checked whole when it is
// read; what is derived (rho, sigma, sums) is written for readers and not read back. Thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "profile/profile.h"

namespace partway::profile {

// What a profile may hold at most; more is refused when it is read.
struct ProfileLimits {
  uint64_t file_bytes = uint64_t{64} << 20;
  int groups = 20'000;
  int sizes = 1024;   // pairs of size and thread count
  int codecs = 256;
  int edge = 16384;       // pixels
  double seconds = 1e5;   // of one group or of the whole model
};

std::string ProfileToJson(const Profile& profile);

// Errors: InvalidArgument, one line with the field and what was expected ("sizes[1].groups[3].median_s: expected seconds from 0 to 100000,
// found -0.5"); "not JSON" with line and column.
absl::StatusOr<Profile> ProfileFromJson(std::string_view text, const ProfileLimits& limits = {});

// The same with the file's name in front of every error, and those of base/file.h.
absl::StatusOr<Profile> ReadProfile(const std::string& path, const ProfileLimits& limits = {});
absl::Status WriteProfile(const std::string& path, const Profile& profile);

// In MACs per second, or in cycles of one core per second where the profile was measured and the clock is known: what `rho` counts.
enum class RhoUnit { kMacs, kCycles };
RhoUnit RhoUnitOf(const Profile& profile);

// Work of group g per bit that enters it (rho) and bits that leave per bit that enters (sigma; 0 for the last group): papers-digest section 1
// with the float32 bytes of the cuts as bits. So that rho_md(c), the sum over g < c of rho_g times the product of the sigmas before, times the
// bits of cut 0, is the work of the head. Both 0 where nothing enters.
double Rho(const Profile& profile, const SizeProfile& at, int group);
double Sigma(const SizeProfile& at, int group);

}   // namespace partway::profile
