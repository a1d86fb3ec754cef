// SHA-256, the name of every model and partition (OpenSSL's implementation).
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace partway {

// Lower-case hex, 64 characters.
std::string Sha256Hex(std::string_view bytes);

// The same over pieces. Not thread-safe.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;
  void Update(std::string_view bytes);
  std::string Hex();   // once, at the end

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}   // namespace partway
