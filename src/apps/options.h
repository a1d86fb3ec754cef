// Command-line values that several verbs share. A value that cannot be read is a usage error: one line, exit code 2.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/status/statusor.h"
#include "base/clock.h"
#include "base/quantity.h"
#include "codec/codec_spec.h"
#include "engine/shape_probe.h"

namespace partway::apps {

// "224" or "HxW". Empty text: {0, 0}, the model's own size. `flag` is named in the error.
absl::StatusOr<engine::ProbeSize> ParseSize(const std::string& text, const std::string& flag = "--size");
// "96,128,192x256", as they stand, none twice. Empty text: none.
absl::StatusOr<std::vector<engine::ProbeSize>> ParseSizes(const std::string& text, const std::string& flag = "--sizes");
// "1,2,4": whole numbers of least..most, none twice.
absl::StatusOr<std::vector<int>> ParseWholeNumbers(const std::string& text, int least, int most, const std::string& flag);

// "int8-ec,jpeg:75": codecs as codec::ParseCodec knows them, none twice; an error names --codecs, and `word` ("all"; may be empty) as what else the
// text may be. Empty text: none.
absl::StatusOr<std::vector<codec::CodecSpec>> ParseCodecs(const std::string& text, const std::string& word = "");

// Adds an option whose text must be a quantity with its unit ("20Mbps"); the parsed value lands in `*value`.
CLI::Option* AddDuration(CLI::App& command, const std::string& name, std::optional<Duration>* value, const std::string& help);
CLI::Option* AddBitRate(CLI::App& command, const std::string& name, std::optional<BitsPerSecond>* value, const std::string& help);
CLI::Option* AddComputeRate(CLI::App& command, const std::string& name, std::optional<MacsPerSecond>* value,
                            const std::string& help);
CLI::Option* AddBytes(CLI::App& command, const std::string& name, std::optional<Bytes>* value, const std::string& help);

// Checks for `->check(...)` that say in words what the number may be.
CLI::Validator WholeNumberFrom(int64_t least);
CLI::Validator NumberFrom(double least);

}   // namespace partway::apps
