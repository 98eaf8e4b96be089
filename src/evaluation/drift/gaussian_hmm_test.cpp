#include "evaluation/drift/gaussian_hmm.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "base/random.hpp"

namespace clm {
namespace {

GaussianHmm planted_states(double gap = 2, double stay = 0.95) {
  GaussianHmm out;
  out.states = 3;
  out.mean = {-gap, 0, gap};
  out.deviation = 1;
  out.initial = {1.0 / 3, 1.0 / 3, 1.0 / 3};
  for (std::size_t i = 0; i < 3; ++i)
    for (std::size_t j = 0; j < 3; ++j) out.transition[i][j] = i == j ? stay : (1 - stay) / 2;
  return out;
}

struct Drawn {
  std::vector<double> observations;
  std::vector<std::size_t> states;
};

Drawn draw(const GaussianHmm& model, std::size_t length, std::uint64_t seed) {
  Random random(seed);
  Drawn out;
  const auto pick = [&](const StateProbabilities& of) {
    double left = random.uniform();
    for (std::size_t i = 0; i + 1 < model.states; ++i)
      if ((left -= of[i]) < 0) return i;
    return model.states - 1;
  };
  for (std::size_t t = 0; t < length; ++t) {
    out.states.push_back(pick(t == 0 ? model.initial : model.transition[out.states.back()]));
    out.observations.push_back(model.mean[out.states.back()] + model.deviation * random.normal());
  }
  return out;
}

std::vector<StateProbabilities> filtered(const GaussianHmm& model, std::span<const double> observations) {
  std::vector<StateProbabilities> out;
  for (const double x : observations)
    out.push_back(out.empty() ? model.filter_first(x) : model.filter_next(out.back(), x));
  return out;
}

/// Likelihood and last state's probabilities by going through every path of states.
TEST(GaussianHmm, FilterIsTheSumOverAllPaths) {
  GaussianHmm model = planted_states(1.3, 0.7);
  model.initial = {0.2, 0.5, 0.3};
  model.transition[1] = {0.25, 0.6, 0.15};
  std::vector<double> seen{0.4, -1.2, std::nan(""), 2.5, 30, 0.1};
  double total = 0;
  StateProbabilities last{};
  const auto paths = static_cast<std::size_t>(std::pow(3, seen.size()));
  for (std::size_t path = 0; path < paths; ++path) {
    double likelihood = 1;
    std::size_t before = 0, state = 0;
    for (std::size_t t = 0, rest = path; t < seen.size(); ++t, rest /= 3) {
      before = state;
      state = rest % 3;
      likelihood *= t == 0 ? model.initial[state] : model.transition[before][state];
      const double z = seen[t] - model.mean[state];
      if (!std::isnan(seen[t])) likelihood *= std::exp(-z * z / 2) / std::sqrt(2 * std::acos(-1.0));
    }
    total += likelihood;
    last[state] += likelihood;
  }
  EXPECT_NEAR(model.log_likelihood(seen), std::log(total), 1e-9);
  const auto now = filtered(model, seen).back();
  for (std::size_t i = 0; i < 3; ++i) EXPECT_NEAR(now[i], last[i] / total, 1e-12);
}

TEST(GaussianHmm, AnObservationFarFromAllStatesIsStillOfTheNearest) {
  const auto now = planted_states().filter_first(1e6);
  EXPECT_EQ(now[2], 1);
  EXPECT_TRUE(std::isfinite(planted_states().log_likelihood(std::vector<double>{1e6})));
}

TEST(GaussianHmm, FindsWhatWasPlanted) {
  const GaussianHmm truth = planted_states();
  const Drawn drawn = draw(truth, 4'000, 1);
  const auto fitted = GaussianHmm::fit(std::vector<std::vector<double>>{drawn.observations}, {.prior_weight = 0});
  ASSERT_TRUE(fitted);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_NEAR(fitted->mean[i], truth.mean[i], 0.15);
    EXPECT_NEAR(fitted->transition[i][i], 0.95, 0.02);
    double sum = 0;
    for (const double chance : fitted->transition[i]) sum += chance;
    EXPECT_NEAR(sum, 1, 1e-12);
  }
  EXPECT_NEAR(fitted->deviation, 1, 0.05);
  const auto now = filtered(*fitted, drawn.observations);
  std::size_t right = 0;
  for (std::size_t t = 0; t < now.size(); ++t)
    right +=
        static_cast<std::size_t>(std::max_element(now[t].begin(), now[t].end()) - now[t].begin()) == drawn.states[t]
            ? 1U
            : 0U;
  EXPECT_GT(static_cast<double>(right) / static_cast<double>(now.size()), 0.88);
}

TEST(GaussianHmm, EveryIterationMakesTheDataLikelier) {
  const std::vector<std::vector<double>> sequences{draw(planted_states(1), 300, 2).observations,
                                                   draw(planted_states(1), 200, 3).observations};
  for (const StateMeans means : {StateMeans::free, StateMeans::mirrored}) {
    double before = -1e300;
    for (int iterations = 1; iterations <= 40; ++iterations) {
      const auto fitted = GaussianHmm::fit(
          sequences, {.means = means, .prior_weight = 0, .max_iterations = iterations, .tolerance = 0});
      ASSERT_TRUE(fitted);
      // The share of time stands for the first state's chance, which is no maximum; it is two terms of 500.
      const double now = fitted->log_likelihood(sequences[0]) + fitted->log_likelihood(sequences[1]);
      EXPECT_GE(now, before - 0.02) << iterations;
      before = now;
    }
    EXPECT_GT(before,
              planted_states(1).log_likelihood(sequences[0]) + planted_states(1).log_likelihood(sequences[1]) - 3);
  }
}

TEST(GaussianHmm, MirroredMeansKeepTheirSign) {
  // All of training goes up: free means would call the slower half down.
  Drawn up = draw(planted_states(1.5), 600, 4);
  for (double& x : up.observations) x = std::abs(x);
  const auto fitted =
      GaussianHmm::fit(std::vector<std::vector<double>>{up.observations}, {.means = StateMeans::mirrored});
  ASSERT_TRUE(fitted);
  EXPECT_EQ(fitted->mean[0], -fitted->mean[2]);
  EXPECT_EQ(fitted->mean[1], 0);
  EXPECT_GT(fitted->initial[2], 0.4);
  EXPECT_LT(fitted->initial[0], 0.1);
}

TEST(GaussianHmm, MissingObservationsAndSequencesOfTheirOwn) {
  const auto whole = draw(planted_states(), 1'000, 5).observations;
  auto holes = whole;
  for (std::size_t t = 0; t < holes.size(); t += 7) holes[t] = std::nan("");
  const auto fitted = GaussianHmm::fit(std::vector<std::vector<double>>{holes}, {});
  ASSERT_TRUE(fitted);
  EXPECT_NEAR(fitted->mean[2], 2, 0.3);
  const auto again = GaussianHmm::fit(std::vector<std::vector<double>>{holes, {}}, {});
  EXPECT_EQ(again->mean, fitted->mean) << "same data, same bits; an empty sequence tells nothing";
}

TEST(GaussianHmm, RefusesWhatCannotBeLearnedFrom) {
  EXPECT_EQ(GaussianHmm::fit(
                std::vector<std::vector<double>>{std::vector<double>(GaussianHmm::kMinObservations - 1, 1.0)}, {})
                .error()
                .code,
            "hmm.too_short");
  EXPECT_EQ(GaussianHmm::fit(std::vector<std::vector<double>>{std::vector<double>(500, 1.7)}, {}).error().code,
            "hmm.constant");
}

}  // namespace
}  // namespace clm
