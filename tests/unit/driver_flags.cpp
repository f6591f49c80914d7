// Command-line flags and TOML keys of a described struct, shown on Recipe.
#include <doctest/doctest.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <regex>
#include <string>
#include <vector>

#include <unistd.h>

#include "base/error.hpp"
#include "driver/member_flags.hpp"
#include "train/recipe_fields.hpp"

namespace {

using namespace fractal;

/// A command with the recipe's flags and a configuration file.
struct Command {
    driver::CommandLine line{"train", "train", "", ""};
    reflect::Overlay<Recipe> overlay;

    Command() {
        driver::CommandLine::Group group = line.group("Recipe");
        driver::add_member_flags(group, overlay);
        group.config();
    }
    Recipe parse(const std::vector<std::string>& arguments, Recipe recipe = {}) {
        const bool goes_on = line.parse(arguments); // outside of CHECK, which catches
        CHECK(goes_on);
        overlay.apply_to(recipe);
        return recipe;
    }
};

std::string refusal(const std::vector<std::string>& arguments) {
    try {
        Command().parse(arguments);
    } catch (const UsageError& error) {
        CHECK(error.exit_code == 64);
        return error.what();
    }
    return "accepted";
}

} // namespace

TEST_CASE("flags set what is given and nothing else") {
    const Recipe fast = recipe_preset("fast");
    Recipe expected = fast;
    expected.weight_decay = 1e-4;
    expected.schedule = Schedule::one_cycle;
    expected.epochs = 7;
    expected.nesterov = false;
    expected.flip = data::Flip::alternating;
    expected.seed = 9'000'000'000'000'000'000U;
    CHECK(Command().parse({"--weight-decay", "1e-4", "--schedule=one-cycle", "--epochs", "7", "--no-nesterov",
                           "--flip", "alternating", "--seed", "9000000000000000000"},
                          fast) == expected);
    CHECK(Command().parse({}, fast) == fast);
    CHECK(Command().overlay.empty());
    CHECK(Command().parse({"--nesterov"}).nesterov);
    CHECK_FALSE(Command().parse({"--nesterov", "--no-nesterov"}).nesterov);
}

TEST_CASE("a flag overrides the configuration file, which overrides the preset") {
    const auto file =
        std::filesystem::temp_directory_path() / ("fractal-flags-" + std::to_string(::getpid()) + ".toml");
    std::ofstream(file) << "# a recipe\nepochs = 11\nlr = 0.5\nnesterov = false\nschedule = \"cosine\"\n";
    Recipe expected = recipe_preset("fast");
    expected.epochs = 12;
    expected.lr = 0.5;
    expected.nesterov = false;
    expected.schedule = Schedule::cosine;
    CHECK(Command().parse({"--config", file.string(), "--epochs", "12"}, recipe_preset("fast")) == expected);

    std::ofstream(file) << "nesterov = true\n";
    CHECK(Command().parse({"--config", file.string()}).nesterov);
    std::ofstream(file) << "lr = -2\n";
    CHECK(refusal({"--config", file.string()}) == "--lr is -2: expected a number, above 0");
    std::ofstream(file) << "learning-rate = 2\n";
    CHECK(refusal({"--config", file.string()}) == "--config: learning-rate is no key of fractal train");
    std::filesystem::remove(file);
}

TEST_CASE("a wrong value is refused by flag, value and what was expected") {
    CHECK(refusal({"--lr", "-1"}) == "--lr is -1: expected a number, above 0");
    CHECK(refusal({"--lr", "nan"}) == "--lr is nan: expected a number, above 0");
    CHECK(refusal({"--epochs", "1.5"}) ==
          "--epochs is 1.5: expected a whole number, at least 1 and at most 1000000");
    CHECK(refusal({"--epochs", "0"}) ==
          "--epochs is 0: expected a whole number, at least 1 and at most 1000000");
    CHECK(refusal({"--momentum", "1"}) == "--momentum is 1: expected a number, at least 0 and below 1");
    CHECK(refusal({"--schedule", "cosin"}) ==
          "--schedule is cosin: expected one of constant, step, halving, cosine, one-cycle; did you mean "
          "cosine?");
    CHECK(refusal({"--nesterov=maybe"}) == "--nesterov is maybe: expected true or false");
    CHECK(refusal({"--amp", ""}) == "--amp is empty: expected one of off, bf16, fp16, auto");
}

TEST_CASE("help names every flag with its meaning, values, unit and range") {
    // Lines are broken where the terminal ends.
    const std::string help = std::regex_replace(Command().line.help(), std::regex("\\s+"), " ");
    for (const char* line :
         {"--weight-decay NUMBER", "L2 penalty on all weights that SGD trains (at least 0)",
          "--schedule constant|step|halving|cosine|one-cycle", "--no-nesterov", "--epochs INT",
          "furthest translation of training images, in pixels (at least 0 and at most 1024)", "Recipe:"}) {
        CAPTURE(line);
        CHECK(help.find(line) != std::string::npos);
    }
}
