#include <charconv>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "models/boosted_trees.hpp"

namespace clm {
namespace {

tl::unexpected<Error> not_readable(const std::string& why) {
  return fail(ErrorKind::data, "forest.format", "XGBoost's trees cannot be read: " + why, {});
}

/// A tree as the library lays it out: a column per property.
struct XgboostColumns {
  std::vector<double> left, right, feature, condition, default_left, split_type, cover;
};

/// Listens to the document as it goes by, and keeps the columns of the trees and the base score.
class TreeListener : public nlohmann::json_sax<nlohmann::json> {
 public:
  std::vector<XgboostColumns> trees;
  std::string base_score, booster, error;

  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(number_integer_t value) override { return number(static_cast<double>(value)); }
  bool number_unsigned(number_unsigned_t value) override { return number(static_cast<double>(value)); }
  bool number_float(number_float_t value, const string_t&) override { return number(value); }
  bool string(string_t& value) override {
    if (path_.empty()) return true;
    if (key_ == "base_score") base_score = value;
    if (key_ == "name" && path_.back() == "gradient_booster") booster = value;
    return true;
  }
  bool binary(binary_t&) override { return true; }
  bool start_object(std::size_t) override {
    const bool in_trees = !path_.empty() && path_.back() == "trees";
    if (in_trees) trees.emplace_back();
    path_.push_back(in_trees ? "tree" : key_);
    return true;
  }
  bool key(string_t& name) override {
    key_ = name;
    column_ = path_.back() == "tree" ? column_of(trees.back(), name) : nullptr;
    return true;
  }
  bool end_object() override {
    path_.pop_back();
    return true;
  }
  bool start_array(std::size_t) override {
    path_.push_back(key_);
    return true;
  }
  bool end_array() override {
    path_.pop_back();
    column_ = nullptr;
    return true;
  }
  bool parse_error(std::size_t place, const std::string&, const nlohmann::detail::exception&) override {
    error = "no document at byte " + std::to_string(place);
    return false;
  }

 private:
  static std::vector<double>* column_of(XgboostColumns& tree, const std::string& name) {
    if (name == "left_children") return &tree.left;
    if (name == "right_children") return &tree.right;
    if (name == "split_indices") return &tree.feature;
    if (name == "split_conditions") return &tree.condition;
    if (name == "default_left") return &tree.default_left;
    if (name == "split_type") return &tree.split_type;
    if (name == "sum_hessian") return &tree.cover;
    return nullptr;
  }
  bool number(double value) {
    if (column_ != nullptr) column_->push_back(value);
    return true;
  }

  std::string key_;
  std::vector<std::string> path_;  // of the objects and lists that are open
  std::vector<double>* column_ = nullptr;
};

/// The nodes that the root leads to, and their covers: pruned ones stay in the columns. Empty where the columns do not
/// fit together.
std::vector<TreeNode> nodes_of(const XgboostColumns& tree, std::vector<double>& covers) {
  const std::size_t count = tree.left.size();
  if (count == 0 || tree.right.size() != count || tree.feature.size() != count || tree.condition.size() != count ||
      tree.default_left.size() != count || tree.cover.size() != count)
    return {};
  std::vector<TreeNode> nodes(1);
  std::vector<std::size_t> stored_at{0};  // by node
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    const std::size_t at = stored_at[i];
    covers.push_back(tree.cover[at]);
    if (tree.left[at] < 0) {
      nodes[i].value = tree.condition[at];
      continue;
    }
    // In a tree every node is met once.
    if (nodes.size() + 2 > count) return {};
    nodes[i].feature = static_cast<std::uint32_t>(tree.feature[at]);
    nodes[i].threshold = float_below(static_cast<float>(tree.condition[at]));  // left is what is less
    nodes[i].unknown_left = tree.default_left[at] != 0;
    nodes[i].left = static_cast<std::int32_t>(nodes.size());
    nodes[i].right = nodes[i].left + 1;
    for (const double child : {tree.left[at], tree.right[at]}) {
      if (!(child >= 0 && child < static_cast<double>(count))) return {};
      stored_at.push_back(static_cast<std::size_t>(child));
      nodes.emplace_back();
    }
  }
  return nodes;
}

}  // namespace

Result<StoredTrees> parse_xgboost_trees(const std::string& ubjson, std::size_t columns) {
  TreeListener heard;
  if (!nlohmann::json::sax_parse(ubjson, &heard, nlohmann::json::input_format_t::ubjson))
    return not_readable(heard.error);
  if (heard.booster != "gbtree") return not_readable("its booster is \"" + heard.booster + "\", not gbtree");
  // XGBoost 3 puts it into brackets, one for each output.
  std::string_view written = heard.base_score;
  if (written.size() > 2 && written.front() == '[') written = written.substr(1, written.size() - 2);
  float base = 0;
  const auto [end, error] = std::from_chars(written.data(), written.data() + written.size(), base);
  if (error != std::errc() || end != written.data() + written.size())
    return not_readable("its base score is \"" + heard.base_score + "\"");
  StoredTrees stored{{columns, static_cast<double>(base), FlatForest::Sum::in_float, 0}, {}, {}};
  for (const XgboostColumns& tree : heard.trees) {
    const std::string number = std::to_string(stored.trees.size());
    for (const double type : tree.split_type)
      if (type != 0) return not_readable("tree " + number + " splits by category");
    std::vector<double> covers;
    auto nodes = nodes_of(tree, covers);
    if (nodes.empty()) return not_readable("tree " + number + " is none");
    stored.trees.push_back(std::move(nodes));
    stored.covers.push_back(std::move(covers));
  }
  return stored;
}

Result<FlatForest> read_xgboost_trees(const std::string& ubjson, std::size_t columns) {
  const auto stored = parse_xgboost_trees(ubjson, columns);
  if (!stored) return forward_error(stored);
  return forest_of(*stored);
}

}  // namespace clm
