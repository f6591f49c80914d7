// Ctrl-C as a flag that work asks for.
#pragma once

namespace fractal::driver {

/// While it lives, the first SIGINT or SIGTERM sets a flag and says so on the error stream; the second ends
/// the process at once. One at a time.
class Interrupts {
public:
    Interrupts();
    ~Interrupts();
    Interrupts(const Interrupts&) = delete;
    Interrupts& operator=(const Interrupts&) = delete;

    /// The signal that came, or 0.
    static int signal();
};

/// The exit status of a program that a signal ended: 130 for SIGINT.
constexpr int exit_status_of_signal(int signal) { return 128 + signal; }

} // namespace fractal::driver
