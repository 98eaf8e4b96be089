#include <charconv>
#include <map>
#include <string_view>
#include <utility>
#include <vector>

#include "models/boosted_trees.hpp"

namespace clm {
namespace {

// Bits of a node's decision type, as in LightGBM's tree.h.
constexpr int kCategorical = 1, kDefaultLeft = 2, kMissingShift = 2, kMissingIsNaN = 2;
constexpr float kZeroThreshold = 1e-35F;  // of LightGBM's meta.h

tl::unexpected<Error> not_readable(const std::string& why, const std::string& where) {
  return fail(ErrorKind::data, "forest.format", "LightGBM's trees cannot be read: " + why, where);
}

using Fields = std::map<std::string_view, std::string_view>;

std::string_view take_line(std::string_view& text) {
  const std::size_t end = text.find('\n');
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return line;
}

/// `key=value` lines up to an empty one.
Fields take_fields(std::string_view& text) {
  Fields fields;
  while (!text.empty()) {
    const std::string_view line = take_line(text);
    if (line.empty()) break;
    const std::size_t equals = line.find('=');
    if (equals != std::string_view::npos) fields[line.substr(0, equals)] = line.substr(equals + 1);
  }
  return fields;
}

/// Numbers between blanks; false where there are not exactly `count`.
template <typename Number>
bool read_numbers(const Fields& fields, std::string_view key, std::size_t count, std::vector<Number>& out) {
  out.clear();
  const auto field = fields.find(key);
  if (field == fields.end()) return count == 0;
  const char* at = field->second.data();
  const char* const end = at + field->second.size();
  while (at != end) {
    Number number{};
    const auto [next, error] = std::from_chars(at, end, number);
    if (error != std::errc()) return false;
    out.push_back(number);
    at = next;
    if (at != end && *at++ != ' ') return false;
  }
  return out.size() == count;
}

struct LightGbmColumns {
  std::vector<int> feature, decision, left, right;
  std::vector<double> threshold, leaf, inner_count, leaf_count;
};

/// Below zero a child is a leaf, counted down from -1.
std::int32_t place_of(int child, std::size_t inner) {
  return child >= 0 ? child : static_cast<std::int32_t>(inner) + ~child;
}

Status add_tree(const Fields& fields, const std::string& where, StoredTrees& stored) {
  std::vector<int> leaves, categories, linear;
  LightGbmColumns columns;
  if (!read_numbers(fields, "num_leaves", 1, leaves) || leaves[0] < 1) return not_readable("num_leaves", where);
  const auto leaf_count = static_cast<std::size_t>(leaves[0]), inner = leaf_count - 1;
  if (!read_numbers(fields, "num_cat", 1, categories) || categories[0] != 0 ||
      !read_numbers(fields, "is_linear", 1, linear) || linear[0] != 0)
    return not_readable("only splits of numbers and constant leaves are", where);
  if (!read_numbers(fields, "split_feature", inner, columns.feature) ||
      !read_numbers(fields, "threshold", inner, columns.threshold) ||
      !read_numbers(fields, "decision_type", inner, columns.decision) ||
      !read_numbers(fields, "left_child", inner, columns.left) ||
      !read_numbers(fields, "right_child", inner, columns.right) ||
      !read_numbers(fields, "leaf_value", leaf_count, columns.leaf) ||
      (inner > 0 && (!read_numbers(fields, "internal_count", inner, columns.inner_count) ||
                     !read_numbers(fields, "leaf_count", leaf_count, columns.leaf_count))))
    return not_readable("a column is missing, or not as long as the tree", where);
  std::vector<TreeNode> nodes(inner + leaf_count);
  for (std::size_t i = 0; i < inner; ++i) {
    const int decision = columns.decision[i], missing = decision >> kMissingShift;
    if ((decision & kCategorical) != 0 || (missing != 0 && missing != kMissingIsNaN) || columns.feature[i] < 0)
      return not_readable("a split that is none of numbers", where);
    TreeNode& node = nodes[i];
    node.feature = static_cast<std::uint32_t>(columns.feature[i]);
    node.threshold = float_at_most(columns.threshold[i]);
    // Where no value was missing in the training, a missing one counts as zero.
    node.unknown_left = missing == kMissingIsNaN ? (decision & kDefaultLeft) != 0 : columns.threshold[i] >= 0;
    node.left = place_of(columns.left[i], inner);
    node.right = place_of(columns.right[i], inner);
  }
  for (std::size_t i = 0; i < leaf_count; ++i) nodes[inner + i].value = columns.leaf[i];
  std::vector<double> covers = std::move(columns.inner_count);
  covers.insert(covers.end(), columns.leaf_count.begin(), columns.leaf_count.end());
  covers.resize(nodes.size(), 0.0);  // of a tree that is one leaf
  stored.trees.push_back(std::move(nodes));
  stored.covers.push_back(std::move(covers));
  return {};
}

}  // namespace

Result<StoredTrees> parse_lightgbm_trees(const std::string& text, std::size_t columns) {
  std::string_view rest = text;
  const Fields header = take_fields(rest);
  std::vector<int> per_iteration;
  const auto objective = header.find("objective");
  if (!read_numbers(header, "num_tree_per_iteration", 1, per_iteration) || per_iteration[0] != 1 ||
      objective == header.end() || objective->second != "regression" || header.count("average_output") != 0)
    return not_readable("it is no regression of one output", "header");
  StoredTrees stored{{columns, 0, FlatForest::Sum::in_double, kZeroThreshold}, {}, {}};
  while (!rest.empty()) {
    if (rest.front() == '\n') {
      rest.remove_prefix(1);
      continue;
    }
    if (rest.substr(0, 5) != "Tree=") break;
    const std::string where(take_line(rest));
    if (auto added = add_tree(take_fields(rest), where, stored); !added) return forward_error(added);
  }
  if (rest.substr(0, 12) != "end of trees") return not_readable("the trees do not end", {});
  return stored;
}

Result<FlatForest> read_lightgbm_trees(const std::string& text, std::size_t columns) {
  const auto stored = parse_lightgbm_trees(text, columns);
  if (!stored) return forward_error(stored);
  return forest_of(*stored);
}

}  // namespace clm
