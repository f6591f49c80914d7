// The catalogue: decides for every row of the families' axes whether it is a network, which networks are the
// same, what each costs and how it is named. Built and run by CMake (cmake/FractalFamilies.cmake).
//
//     catalogue rows.tsv FOLDER                     writes manifest.tsv, modules.tsv, culled.tsv and
//     summary.txt catalogue --keep modules.tsv KEPT PATTERN...  writes the rows whose names a pattern
//     describes
//
// rows.tsv holds a family and a full name in each line, modules.tsv what CMake emits modules from.
#include <algorithm>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <map>
#include <ranges>
#include <span>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include <fractal/plan/cost.hpp>
#include <fractal/plan/fingerprint.hpp>
#include <fractal/spec/cpp_type.hpp>
#include <fractal/spec/parse.hpp>

#include "alphabets.hpp" // emitted by CMake: alphabet_of(family)
#include "base/error.hpp"
#include "base/glob.hpp"
#include "base/near_misses.hpp"

namespace fractal {
namespace {

/// A row that is kept.
struct Entry {
    std::string name;
    std::string family;
    NetworkSpec net;
    Cost cost;
    std::uint64_t fingerprint;
};

/// What became of one family's rows.
struct Tally {
    int rows = 0;
    int kept = 0;
    int without_convolution = 0;
    int same = 0;
    int invalid = 0;
    std::string first_fault;
};

/// A cost as C++.
std::string literal_of(const Cost& cost) {
    return std::string(line("Cost{.parameters = ", cost.parameters, ", .macs = ", cost.macs,
                            ", .activation_bytes = ", cost.activation_bytes, ", .firings = ", cost.firings,
                            ", .longest_path = ", cost.longest_path, "}")
                           .view());
}

/// Which rule makes `net` the same network as `kept` (semantics: Same network).
std::string_view why_same(const NetworkSpec& net, const NetworkSpec& kept) {
    std::vector<std::string_view> layers;
    std::vector<std::string_view> kept_layers;
    std::ranges::transform(net.order, std::back_inserter(layers), &LayerSpec::name);
    std::ranges::transform(kept.order, std::back_inserter(kept_layers), &LayerSpec::name);
    if (layers == kept_layers) {
        return net.pool == kept.pool ? "the row stands there twice"
                                     : "with one column there is no join to pool before";
    }
    if (std::ranges::is_permutation(layers, kept_layers)) {
        return "relu and dropout that stand side by side commute";
    }
    return "relu after relu is one relu, and drop0 is nothing";
}

std::ofstream writable(const std::string& path) {
    std::ofstream file(path);
    if (!file) {
        throw IoError(path + " cannot be written");
    }
    file.exceptions(std::ios::badbit | std::ios::failbit);
    return file;
}

class Catalogue {
public:
    void add(const std::string& family, const std::string& full_name) {
        if (!tallies_.contains(family)) {
            families_.push_back(family);
        }
        Tally& tally = tallies_[family];
        ++tally.rows;
        const ParsedName parsed = parse_full_name(full_name, alphabet_of(family));
        if (!parsed.fault.empty()) {
            throw DataError("family " + family + ": " + std::string(parsed.fault.view()));
        }
        const NetworkSpec& net = parsed.net;
        if (const Line fault = network_fault(net); !fault.empty()) {
            const bool maps =
                std::ranges::any_of(net.order, [](auto* layer) { return layer->maps_channels; });
            ++(maps ? tally.invalid : tally.without_convolution);
            if (maps && tally.first_fault.empty()) {
                tally.first_fault = fault.view();
            }
            return cull(family, full_name, maps ? "not valid" : "without a convolution", fault.view());
        }
        Entry entry{std::string(short_name(family, net).view()), family, net, cost(net), fingerprint(net)};
        const auto [place, is_new] = by_fingerprint_.try_emplace(entry.fingerprint, entries_.size());
        if (is_new) {
            ++tally.kept;
            entries_.push_back(std::move(entry));
            return;
        }
        const Entry& kept = entries_[place->second];
        if (kept.family != family) {
            throw DataError(entry.name + " and " + kept.name + " are the same network (" + full_name +
                            " and " + std::string(fractal::full_name(kept.net).view()) +
                            "); take it out of one of the families, whose axes overlap");
        }
        ++tally.same;
        cull(family, full_name, "same network as another",
             kept.name + ": " + std::string(why_same(net, kept.net)));
    }

    void write(const std::string& folder) const {
        std::ofstream summary = writable(folder + "/summary.txt");
        for (const std::string& family : families_) {
            const Tally& tally = tallies_.at(family);
            summary << family << ": " << tally.rows << " rows, " << tally.kept << " kept";
            const auto culled = [&](int number, const char* reason) {
                if (number > 0) {
                    summary << ", " << number << ' ' << reason;
                }
            };
            culled(tally.without_convolution, "without a convolution");
            culled(tally.same, "the same network as another");
            culled(tally.invalid, "not valid");
            if (tally.invalid > 0) {
                summary << " (the first: " << tally.first_fault << ')';
            }
            summary << '\n';
            if (tally.kept == 0) {
                throw DataError("family " + family + " has no network: none of its " +
                                std::to_string(tally.rows) + " rows is valid" +
                                (tally.first_fault.empty() ? "; its orders need a layer such as conv3"
                                                           : "; the first: " + tally.first_fault));
            }
        }

        std::ofstream modules = writable(folder + "/modules.tsv");
        for (const Entry& entry : entries_) {
            modules << entry.name << '\t' << entry.family << "\td" << entry.net.depth << "-c"
                    << entry.net.columns << '\t' << cpp_type(entry.net).view() << '\t'
                    << literal_of(entry.cost) << '\n';
        }

        std::vector<Entry> sorted = entries_;
        std::ranges::sort(sorted, {}, &Entry::name);
        std::ofstream manifest = writable(folder + "/manifest.tsv");
        manifest << "name\tfamily\tdepth\tcolumns\torder\tparameters\tmacs\tactivation_bytes\tfingerprint\n";
        for (const Entry& entry : sorted) {
            char fingerprint[17];
            std::snprintf(fingerprint, sizeof fingerprint, "%016llx",
                          static_cast<unsigned long long>(entry.fingerprint));
            manifest << entry.name << '\t' << entry.family << '\t' << entry.net.depth << '\t'
                     << entry.net.columns << '\t' << order_name(entry.net.order).view() << '\t'
                     << entry.cost.parameters << '\t' << entry.cost.macs << '\t'
                     << entry.cost.activation_bytes << '\t' << fingerprint << '\n';
        }

        std::ofstream culled = writable(folder + "/culled.tsv");
        culled << "family\tnetwork\treason\tdetail\n" << culled_;
    }

private:
    void cull(std::string_view family, std::string_view network, std::string_view reason,
              std::string_view detail) {
        for (const std::string_view cell : {family, network, reason}) {
            culled_.append(cell).append("\t");
        }
        culled_.append(detail).append("\n");
    }

    std::vector<Entry> entries_;
    std::unordered_map<std::uint64_t, std::size_t> by_fingerprint_;
    std::vector<std::string> families_;
    std::map<std::string, Tally> tallies_;
    std::string culled_;
};

/// Calls `visit(before the first tab, after it)` for each line of a file.
template <class Visit>
void for_each_row(const std::string& path, Visit visit) {
    std::ifstream file(path);
    if (!file) {
        throw IoError(path + " cannot be read");
    }
    for (std::string row; std::getline(file, row);) {
        const std::size_t tab = row.find('\t');
        if (tab == std::string::npos) {
            throw DataError(path + ": expected cells separated by tabs in the line '" + row + "'");
        }
        visit(row.substr(0, tab), row.substr(tab + 1));
    }
}

/// Copies the rows that one of the patterns describes. A pattern that describes none is refused.
void keep(const std::string& modules, const std::string& kept, std::span<char* const> patterns) {
    std::vector<std::pair<std::string, std::string>> rows;
    for_each_row(modules, [&](auto&&... cells) { rows.emplace_back(std::move(cells)...); });
    std::vector<bool> is_kept(rows.size());
    for (const std::string_view pattern : patterns) {
        bool found = false;
        for (std::size_t i = 0; i < rows.size(); ++i) {
            if (!glob_matches(pattern, rows[i].first)) continue;
            is_kept[i] = found = true;
        }
        if (found) continue;
        std::vector<std::string_view> names;
        std::ranges::copy(std::views::keys(rows), std::back_inserter(names));
        const std::string family = rows.front().first.substr(0, rows.front().first.find('/'));
        throw UsageError("no variant matches '" + std::string(pattern) +
                         "'; expected names, or patterns such as '" + family + "/d[12]-*' (" + modules +
                         " has all names)" + did_you_mean(pattern, names));
    }
    std::ofstream file = writable(kept);
    for (std::size_t i = 0; i < rows.size(); ++i) {
        if (is_kept[i]) file << rows[i].first << '\t' << rows[i].second << '\n';
    }
}

int run(std::span<char*> arguments) {
    if (arguments.size() > 4 && std::string_view(arguments[1]) == "--keep") {
        keep(arguments[2], arguments[3], arguments.subspan(4));
        return 0;
    }
    if (arguments.size() != 3) {
        throw UsageError("expected rows.tsv FOLDER, or --keep modules.tsv KEPT PATTERN...");
    }
    Catalogue catalogue;
    for_each_row(arguments[1], [&](const std::string& family, const std::string& network) {
        catalogue.add(family, network);
    });
    catalogue.write(arguments[2]);
    return 0;
}

} // namespace
} // namespace fractal

int main(int count, char** arguments) {
    try {
        return fractal::run({arguments, static_cast<std::size_t>(count)});
    } catch (const fractal::Error& error) {
        std::cerr << error.what() << '\n';
        return error.exit_code;
    }
}
