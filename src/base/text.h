// Concatenation of strings and numbers. absl::StrCat does the work; Debian's Abseil is built for C++14 and so does not know
// std::string_view, which is all that this adds.
#pragma once

#include <string>
#include <string_view>
#include <type_traits>

#include "absl/strings/str_cat.h"

namespace partway {

template <class T>
decltype(auto) ForStrCat(const T& part) {
  if constexpr (std::is_same_v<T, std::string_view>) {
    return absl::string_view(part.data(), part.size());
  } else {
    return (part);
  }
}

template <class... Args>
std::string Concat(const Args&... parts) {
  return absl::StrCat(ForStrCat(parts)...);
}

template <class... Args>
void Append(std::string* text, const Args&... parts) {
  absl::StrAppend(text, ForStrCat(parts)...);
}

}   // namespace partway
