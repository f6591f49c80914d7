// A small registry, and the driver over it in a process of its own.
#pragma once

#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fractal/driver/driver.hpp>

namespace fractal::driver::testing {

namespace fs = std::filesystem;

template <int Units, int Count, class Order>
using Small =
    Network<Input<3, 32, 32>, Depth<Units>, Columns<Count>, Order, Width<16>, Head<GlobalAveragePool, 10>>;
using Bare = Layers<Conv<3>>;
using Usual = Layers<Conv<3>, BatchNorm, ReLU>;
using FractalNet20 = Network<Input<3, 32, 32>, Depth<5>, Columns<3>, Usual, Width<64>, Head<Flatten, 10>,
                             PoolBeforeJoin, Transition<Conv<1>>, UnitDropout<0, 10, 20, 30, 40>>;
using AllSmall =
    boost::mp11::mp_list<Small<1, 1, Bare>, Small<1, 2, Bare>, Small<2, 2, Usual>, Small<3, 3, Usual>,
                         Small<1, 5, Bare>, Small<1, 6, Bare>, Small<1, 8, Bare>, FractalNet20>;

using TwoColumns = Select<All, ColumnsAre<2>>;
using Cheap = Select<All, ParametersBelow<50'000>>;
inline constexpr std::array small_selections{
    NamedSelection{"two-columns", selects<TwoColumns>, "two columns a unit"},
    NamedSelection{"cheap", selects<Cheap>, "few parameters"},
};

/// Also knows a name that is not compiled in.
inline const Registry& small_registry() {
    static const Registry registry = [] {
        static constexpr std::array<std::string_view, 1> known{"paper/d5-c6-conv3"};
        const Registry compiled = registry_of<AllSmall>();
        return Registry({compiled.all().begin(), compiled.all().end()}, known);
    }();
    return registry;
}

/// A folder that goes with its test, and is the working folder of the programs started in it.
class Folder {
public:
    Folder() {
        std::string name = (fs::temp_directory_path() / "fractal-driver-XXXXXX").string();
        path_ = ::mkdtemp(name.data());
    }
    ~Folder() {
        std::error_code ignored;
        fs::remove_all(path_, ignored);
    }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    const fs::path& path() const { return path_; }

private:
    fs::path path_;
};

inline std::string text_of(const fs::path& file) {
    std::ifstream stream(file);
    return {std::istreambuf_iterator<char>(stream), {}};
}

using Environment = std::map<std::string, std::string>;

/// Starts `fractal arguments...` in `folder` over the small registry and the backend of fake_trainer.cpp; its
/// output goes to the files `out` and `err` there.
inline pid_t start_driver(const fs::path& folder, const std::vector<std::string>& arguments,
                          const Environment& environment = {}) {
    std::fflush(nullptr);
    const pid_t child = ::fork();
    if (child != 0) {
        return child;
    }
    bool ready = ::chdir(folder.c_str()) == 0;
    ready =
        std::freopen("out", "w", stdout) != nullptr && std::freopen("err", "w", stderr) != nullptr && ready;
    ::setenv("FRACTAL_BACKEND", FRACTAL_FAKE_TRAINER, 1);
    ::unsetenv("FRACTAL_DATA");
    for (const auto& [name, value] : environment) {
        ::setenv(name.c_str(), value.c_str(), 1);
    }
    std::vector<std::string> words{"fractal"};
    words.insert(words.end(), arguments.begin(), arguments.end());
    std::vector<char*> pointers;
    for (std::string& word : words) {
        pointers.push_back(word.data());
    }
    const int status = ready ? driver_main(static_cast<int>(pointers.size()), pointers.data(),
                                           small_registry(), small_selections)
                             : 71;
    std::fflush(nullptr);
    ::_exit(status);
}

/// The exit status of a program that was started, or minus the signal that ended it.
inline int wait_for(pid_t child) {
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

/// Waits until it holds, however slow the machine is; whether it does.
template <class Condition>
bool wait_until(Condition holds) {
    for (int patience = 6000; patience > 0; --patience) {
        if (holds()) return true;
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return false;
}

struct Output {
    int status = 0;
    std::string out;
    std::string err;
};

/// Runs the driver to its end.
inline Output run_driver(const fs::path& folder, const std::vector<std::string>& arguments,
                         const Environment& environment = {}) {
    const int status = wait_for(start_driver(folder, arguments, environment));
    return {.status = status, .out = text_of(folder / "out"), .err = text_of(folder / "err")};
}

} // namespace fractal::driver::testing
