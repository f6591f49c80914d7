// One JSON object: the settings, and two lists of numbers.
#include "driver/search_file.hpp"

#include <charconv>
#include <fstream>
#include <iterator>
#include <set>
#include <span>
#include <system_error>

#include <fmt/format.h>

#include "base/durable_file.hpp"
#include "base/error.hpp"
#include "driver/units.hpp"
#include "reflect/json.hpp"

namespace fractal::driver {
namespace {

namespace fs = std::filesystem;
constexpr const char* file_name = "search.json";
constexpr const char* trials_key = "trials";
constexpr const char* brackets_key = "brackets";

/// Takes a list of whole numbers above 0 out of `json`.
template <typename Number>
std::vector<Number> take_numbers(reflect::Json& json, const char* key) {
    std::vector<Number> numbers;
    const auto list = json.find(key);
    if (list == json.end() || !list->is_array()) throw DataError(fmt::format("expected a list {}", key));
    for (const reflect::Json& number : *list) {
        if (!number.is_number_unsigned() || number == 0) {
            throw DataError(fmt::format("{} is no number above 0 of {}", number.dump(), key));
        }
        numbers.push_back(number.get<Number>());
    }
    json.erase(list);
    return numbers;
}

Search parse_search(const std::string& text) {
    reflect::Json json = reflect::Json::parse(text);
    if (!json.is_object()) throw DataError("expected a JSON object");
    Search search{.trials = take_numbers<std::int64_t>(json, trials_key),
                  .brackets = take_numbers<std::size_t>(json, brackets_key)};
    search.settings = reflect::from_json<SearchSettings>(json);
    parse_budget(search.settings.budget);
    if (std::set(search.trials.begin(), search.trials.end()).size() < search.trials.size()) {
        throw DataError("a trial is named twice");
    }
    std::size_t left = search.trials.size();
    for (const std::size_t size : search.brackets) {
        if (size > left) throw DataError("the brackets have more candidates than there are trials");
        left -= size;
    }
    return search;
}

} // namespace

bool has_search(const fs::path& folder) {
    std::error_code ignored;
    return fs::exists(folder / file_name, ignored);
}

Search read_search(const fs::path& folder) {
    const fs::path path = folder / file_name;
    std::ifstream file(path);
    const std::string text(std::istreambuf_iterator<char>(file), {});
    if (!file.good() && !file.eof()) {
        throw IoError(
            fmt::format("{} cannot be read: expected the run of a search (fractal search)", path.string()));
    }
    try {
        return parse_search(text);
    } catch (const std::exception& error) {
        throw DataError(
            fmt::format("{} is damaged ({}): restore it from a copy; or move it away, and give "
                        "the first command again, which begins another search on this run",
                        path.string(), error.what()));
    }
}

void write_search(const fs::path& folder, const Search& search) {
    reflect::Json json = reflect::to_json(search.settings);
    json[trials_key] = search.trials;
    json[brackets_key] = search.brackets;
    const std::string text = json.dump(2) + "\n";
    write_durably(folder / file_name, text);
}

search::Ladder ladder_of(const SearchSettings& settings, std::int32_t epochs) {
    const bool climbs = settings.method == Method::asha || settings.method == Method::halving;
    return {.rungs = climbs ? search::rungs_of(epochs, settings.first_rung, settings.eta)
                            : std::vector<std::int32_t>{epochs},
            .eta = settings.eta,
            .asynchronous = settings.method == Method::asha};
}

Budget parse_budget(std::string_view text) {
    if (text.empty()) return {};
    std::int64_t epochs = 0;
    const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), epochs);
    const std::string_view unit = text.substr(static_cast<std::size_t>(end - text.data()));
    if (unit == "epochs" || unit == "epoch") {
        if (fault == std::errc() && epochs > 0) return {.epochs = epochs};
        throw UsageError(fmt::format("--budget is {}: expected at least 1epoch", text));
    }
    if (unit.empty()) {
        throw UsageError(
            fmt::format("--budget is {}: expected epochs, such as 40epochs, or a time, such as "
                        "2h: a number alone is neither",
                        text));
    }
    return {.seconds = parse_duration("--budget", text)};
}

} // namespace fractal::driver
