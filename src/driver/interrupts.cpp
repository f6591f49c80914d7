// sigaction, and nothing in the handler that POSIX does not allow there.
#include "driver/interrupts.hpp"

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <string_view>

#include <unistd.h>

namespace fractal::driver {
namespace {

/// The handler may run on any thread, such as one of LibTorch's.
std::atomic<int> caught = 0;
static_assert(std::atomic<int>::is_always_lock_free); // what a handler may use
constexpr std::array signals{SIGINT, SIGTERM};
std::array<struct sigaction, signals.size()> before{};

extern "C" void on_signal(int number) {
    int none = 0;
    if (!caught.compare_exchange_strong(none, number)) {
        ::_exit(exit_status_of_signal(number));
    }
    const int reason = errno; // of whatever call was interrupted
    constexpr std::string_view text =
        "\nStopping: saving what is done so far. Once more ends at once, without.\n";
    [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, text.data(), text.size());
    errno = reason;
}

} // namespace

Interrupts::Interrupts() {
    caught = 0;
    struct sigaction action {};
    action.sa_handler = on_signal;
    action.sa_flags = SA_RESTART;
    ::sigemptyset(&action.sa_mask);
    for (std::size_t i = 0; i < signals.size(); ++i) {
        ::sigaction(signals[i], &action, &before[i]);
    }
}

Interrupts::~Interrupts() {
    for (std::size_t i = 0; i < signals.size(); ++i) {
        ::sigaction(signals[i], &before[i], nullptr);
    }
}

int Interrupts::signal() { return caught; }

} // namespace fractal::driver
