// Edit distance over a list of names, abandoned as soon as a name cannot be near any more.
#include "base/near_misses.hpp"

#include <algorithm>
#include <tuple>

namespace fractal {
namespace {

constexpr std::size_t shortest_prefix = 3; ///< shorter beginnings say nothing about what was meant

constexpr char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

/// Optimal string alignment distance, the whole or the best beginning of a candidate. Keeps its rows.
class Distance {
public:
    explicit Distance(std::string_view wanted) : wanted_(wanted) {
        std::ranges::transform(wanted_, wanted_.begin(), lower);
    }

    /// The distance of `candidate`, or `limit` + 1 if it is more than `limit`.
    std::size_t operator()(std::string_view candidate, std::size_t limit) {
        const std::size_t width = candidate.size() + 1;
        for (auto* row : {&older_, &above_, &row_}) {
            row->assign(width, 0);
        }
        for (std::size_t j = 0; j < width; ++j) {
            row_[j] = j;
        }
        for (std::size_t i = 1; i <= wanted_.size(); ++i) {
            older_.swap(above_);
            above_.swap(row_);
            fill(i, candidate);
            if (*std::ranges::min_element(row_) > limit) {
                return limit + 1;
            }
        }
        const std::size_t whole = row_.back();
        const std::size_t beginning =
            wanted_.size() < shortest_prefix ? whole : *std::ranges::min_element(row_) + 1;
        return std::min({whole, beginning, limit + 1});
    }

private:
    void fill(std::size_t i, std::string_view candidate) {
        row_[0] = i;
        for (std::size_t j = 1; j < row_.size(); ++j) {
            const char a = wanted_[i - 1];
            const char b = lower(candidate[j - 1]);
            row_[j] = std::min({above_[j] + 1, row_[j - 1] + 1, above_[j - 1] + (a == b ? 0U : 1U)});
            if (i > 1 && j > 1 && a == lower(candidate[j - 2]) && wanted_[i - 2] == b) {
                row_[j] = std::min(row_[j], older_[j - 2] + 1);
            }
        }
    }

    std::string wanted_;
    std::vector<std::size_t> older_, above_, row_;
};

} // namespace

std::vector<std::string> near_misses(std::string_view wanted, std::span<const std::string_view> candidates,
                                     std::size_t most) {
    while (wanted.ends_with('*')) {
        wanted.remove_suffix(1);
    }
    if (wanted.empty() || most == 0) {
        return {};
    }
    const std::size_t limit = std::max<std::size_t>(1, wanted.size() / 3);
    using Near = std::tuple<std::size_t, std::size_t, std::string_view>; // distance, length, name
    std::vector<Near> found;                                             // sorted, at most `most`
    Distance distance(wanted);
    for (const std::string_view candidate : candidates) {
        const std::size_t reach = found.size() < most ? limit : std::get<0>(found.back());
        const Near near{distance(candidate, reach), candidate.size(), candidate};
        if (std::get<0>(near) > reach) {
            continue;
        }
        const auto place = std::ranges::lower_bound(found, near);
        if (place == found.end() || *place != near) {
            found.insert(place, near);
            found.resize(std::min(found.size(), most));
        }
    }
    std::vector<std::string> names;
    for (const Near& near : found) {
        names.emplace_back(std::get<2>(near));
    }
    return names;
}

std::string did_you_mean(std::string_view wanted, std::span<const std::string_view> candidates,
                         std::size_t most) {
    const std::vector<std::string> names = near_misses(wanted, candidates, most);
    std::string text;
    for (std::size_t i = 0; i < names.size(); ++i) {
        text += i == 0 ? "; did you mean " : i + 1 == names.size() ? " or " : ", ";
        text += names[i];
    }
    return names.empty() ? text : text + "?";
}

std::string did_you_mean(std::string_view wanted, const std::vector<std::string>& candidates,
                         std::size_t most) {
    return did_you_mean(wanted, std::vector<std::string_view>(candidates.begin(), candidates.end()), most);
}

} // namespace fractal
