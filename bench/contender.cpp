// One side of a comparison that is made in turns: runs passes of a network when it is told to.
//
//     fractal_bench_contender VARIANT --batch 128 --amp bf16 --kernels auto --pass step
//
// Speaks lines, as bench/pytorch_contender.py does: first {"first": seconds, "pass": seconds} of the first
// pass and of a later one; then, for each line with a number N, the milliseconds of N passes as a list, after
// one that is not counted. Ends with its input.
#include <chrono>
#include <iostream>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "backend/tensor_memory.hpp"
#include "workload.hpp"

using namespace fractal;

int main(int argc, char** argv) {
    CLI::App app("Runs passes of a variant when it is told to, by a number of passes a line.");
    std::string name;
    std::string pass = "step";
    bench::Setting setting;
    app.add_option("variant", name, "name of a variant")->required();
    bench::add_setting_options(app, setting);
    app.add_option("--pass", pass, "step or evaluation")->check(CLI::IsMember({"step", "evaluation"}));
    try {
        app.parse(argc, argv);
        install_tensor_memory();
        bench::Workload work(bench::variant_named(name), setting);
        const auto seconds_of_pass = [&] {
            const auto begin = std::chrono::steady_clock::now();
            pass == "step" ? work.step() : static_cast<void>(work.forward());
            return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
        };
        const double first = seconds_of_pass();
        std::cout << nlohmann::json{{"first", first}, {"pass", seconds_of_pass()}} << std::endl;
        for (int count = 0; std::cin >> count;) {
            seconds_of_pass();
            std::vector<double> milliseconds;
            for (int i = 0; i < count; ++i) milliseconds.push_back(1000 * seconds_of_pass());
            std::cout << nlohmann::json(milliseconds) << std::endl;
        }
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : 64;
    }
    return 0;
}
