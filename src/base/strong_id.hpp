#pragma once
#include <compare>
#include <functional>
#include <string>
#include <string_view>

namespace clm {

/// A text that may not be mistaken for another kind of text: `using Symbol = StrongId<struct SymbolTag>;`
template <typename Tag>
class StrongId {
 public:
  StrongId() = default;
  explicit StrongId(std::string value) : value_(std::move(value)) {}
  explicit StrongId(std::string_view value) : value_(value) {}
  explicit StrongId(const char* value) : value_(value) {}
  const std::string& str() const { return value_; }
  bool empty() const { return value_.empty(); }
  auto operator<=>(const StrongId&) const = default;

 private:
  std::string value_;
};

}  // namespace clm

template <typename Tag>
struct std::hash<clm::StrongId<Tag>> {
  std::size_t operator()(const clm::StrongId<Tag>& id) const noexcept { return std::hash<std::string>{}(id.str()); }
};
