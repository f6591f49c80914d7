// `fractal data show`: a data set as training would see it.
#include <vector>

#include <fmt/format.h>

#include "driver/command_line.hpp"
#include "driver/data_command.hpp"
#include "driver/data_source.hpp"
#include "driver/table.hpp"
#include "driver/terminal.hpp"
#include "driver/units.hpp"
#include "reflect/json.hpp"

namespace fractal::driver {
namespace {

/// Images of one class, or of all.
struct Counts {
    std::int64_t training = 0;
    std::int64_t validation = 0;
    std::int64_t test = 0;
};

std::vector<Counts> counts_of(const data::ImageSet& images) {
    std::vector<Counts> counts(images.classes.size());
    const auto of = [&](std::int32_t label) -> Counts& { return counts[static_cast<std::size_t>(label)]; };
    for (const std::int32_t label : images.train.labels) ++of(label).training;
    for (const std::int32_t label : images.test.labels) ++of(label).test;
    if (images.split) {
        for (const std::uint32_t image : images.split->validation) {
            Counts& counted = of(images.train.labels[image]);
            --counted.training;
            ++counted.validation;
        }
    }
    return counts;
}

Counts sum_of(const std::vector<Counts>& counts) {
    Counts sum;
    for (const Counts& one : counts) {
        sum.training += one.training;
        sum.validation += one.validation;
        sum.test += one.test;
    }
    return sum;
}

reflect::Json json_of(const Counts& counts) {
    return {{"training", counts.training}, {"validation", counts.validation}, {"test", counts.test}};
}

reflect::Json json_of(const data::ImageSet& images, const std::vector<Counts>& counts) {
    reflect::Json json{
        {"name", images.name},
        {"contents", images.contents.empty() ? reflect::Json(nullptr) : reflect::Json(images.contents)},
        {"shape", {images.train.channels, images.train.height, images.train.width}},
        {"images", json_of(sum_of(counts))},
        {"mean", images.normalisation.mean},
        {"std", images.normalisation.deviation},
        {"classes", reflect::Json::array()}};
    for (std::size_t label = 0; label < counts.size(); ++label) {
        reflect::Json row = json_of(counts[label]);
        row["name"] = images.classes[label];
        json["classes"].push_back(row);
    }
    return json;
}

void print_text(const data::ImageSet& images, const std::vector<Counts>& counts) {
    constexpr std::size_t most_rows = 100;
    fmt::print("{}\n\n", images.name);
    if (!images.contents.empty()) fmt::print("  contents    {}\n", images.contents);
    fmt::print("  images      {}x{}x{}\n", images.train.channels, images.train.height, images.train.width);
    fmt::print("  mean        {:.4f}\n", fmt::join(images.normalisation.mean, " "));
    fmt::print("  std         {:.4f}\n", fmt::join(images.normalisation.deviation, " "));
    fmt::print("  validation  {}\n\n",
               images.split ? "its own split" : "none of its own: the recipe holds training images out");
    Table table({{"class", Align::right},
                 {"name"},
                 {"training", Align::right},
                 {"validation", Align::right},
                 {"test", Align::right}});
    const auto add = [&](const std::string& label, const std::string& name, const Counts& row) {
        table.add(
            {label, name, grouped_text(row.training), grouped_text(row.validation), grouped_text(row.test)});
    };
    for (std::size_t label = 0; label < std::min(counts.size(), most_rows); ++label) {
        add(std::to_string(label), images.classes[label], counts[label]);
    }
    add("all", "", sum_of(counts));
    fmt::print("{}", table.text(terminal_of(stdout).colour));
    if (counts.size() > most_rows) {
        fmt::print("\n{} classes more; --json has them all\n", counts.size() - most_rows);
    }
}

} // namespace

int run_data_show(const Program&, const std::vector<std::string>& arguments) {
    std::string name;
    std::string folder;
    bool json = false;
    CommandLine line("data show", "what a data set or a file of your own holds, as training would see it",
                     "NAME|FILE [OPTION...]",
                     "  fractal data show shapes\n"
                     "  fractal data show cifar100 --data-dir ~/data\n"
                     "  fractal data show pets.safetensors --json\n");
    CommandLine::Group data = line.group("Data");
    data.argument("NAME|FILE", name,
                  "cifar10, cifar100, cifar100-coarse, shapes, or a file that ends in .safetensors")
        .required();
    data.option("--data-dir", "DIR", folder, "folder of the data set's files (or $FRACTAL_DATA)");
    line.json_flag(json, "a JSON object, with the images of each class");
    if (!line.parse(arguments)) return 0;

    const std::string place = data_folder(name, folder);
    const data::ImageSet images = load_data_tools()->load(name, place);
    const std::vector<Counts> counts = counts_of(images);
    if (json) {
        fmt::print("{}\n", reflect::json_text(json_of(images, counts), 2));
    } else {
        print_text(images, counts);
    }
    return 0;
}

} // namespace fractal::driver
