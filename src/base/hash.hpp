#pragma once
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

#include "base/result.hpp"

namespace clm {

/// Incremental SHA-256. Not thread-safe; cost about 2 ns a byte.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;

  Sha256& update(std::string_view bytes);
  /// The bytes of a number or plain struct as they lie in memory (little endian; no padding allowed).
  template <typename T>
  requires(std::is_arithmetic_v<T>) Sha256& update_values(std::span<const T> values) {
    return update(std::string_view(reinterpret_cast<const char*>(values.data()), values.size_bytes()));
  }
  /// 64 lower-case hex digits. May be called once.
  std::string hex_digest();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

std::string sha256_hex(std::string_view bytes);
/// Errors `file.read`, `file.exhausted` (unavailable), as `read_file`.
Result<std::string> sha256_file(const std::filesystem::path& path);

}  // namespace clm
