// Text known to the compiler: a fixed string that may stand in a template argument list, and in the
// compiler's message when an assertion over it fails.
#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>
#include <utility>

namespace fractal {

/// A string of exactly `Length` characters, usable as a template argument (`NetworkNamed<"net/…">`).
template <std::size_t Length>
struct Text {
    char characters[Length + 1]{}; ///< with a zero at the end

    constexpr Text() = default;
    /// The text of a literal.
    constexpr Text(const char (&literal)[Length + 1]) { std::copy_n(literal, Length, characters); }
    /// The first `Length` characters of `view`.
    constexpr explicit Text(std::string_view view) { std::copy_n(view.data(), Length, characters); }

    /// The text; it lives as long as this.
    constexpr std::string_view view() const { return {characters, Length}; }
    /// The same.
    constexpr operator std::string_view() const { return view(); }
    /// By characters.
    constexpr auto operator<=>(const Text&) const = default;
};

/// A literal's length is known.
template <std::size_t WithZero>
Text(const char (&)[WithZero]) -> Text<WithZero - 1>;

/// Text that grows while it is built, at compile time or at run time. It holds at most 768 characters, more
/// than any name has; a longer message is cut. (Not `std::string`: libstdc++ 12 cannot move a short one in a
/// constant expression.)
class Line {
public:
    constexpr Line() = default;
    /// Begins with `text`.
    constexpr Line(std::string_view text) { append(text); }
    /// The same.
    constexpr Line(const char* text) { append(text); }

    /// Adds text, as much as there is room for.
    constexpr Line& append(std::string_view text) {
        for (const char c : text.substr(0, capacity - size_)) characters_[size_++] = c;
        return *this;
    }
    /// Adds a number in decimal.
    constexpr Line& append(std::int64_t number) {
        if (number < 0) append("-");
        std::uint64_t rest =
            number < 0 ? 0 - static_cast<std::uint64_t>(number) : static_cast<std::uint64_t>(number);
        char digits[20]{};
        std::size_t first = sizeof digits;
        do {
            digits[--first] = static_cast<char>('0' + rest % 10);
            rest /= 10;
        } while (rest > 0);
        return append(std::string_view(digits + first, sizeof digits - first));
    }

    /// Whether there is no text.
    constexpr bool empty() const { return size_ == 0; }
    /// Number of characters.
    constexpr std::size_t size() const { return size_; }
    /// The text; it lives as long as this and until the next `append`.
    constexpr std::string_view view() const { return {characters_, size_}; }
    /// The same.
    constexpr operator std::string_view() const { return view(); }
    /// By characters.
    constexpr bool operator==(std::string_view other) const { return view() == other; }

    static constexpr std::size_t capacity = 768; ///< characters

private:
    char characters_[capacity]{};
    std::size_t size_ = 0;
};

/// Concatenates text and whole numbers: `line("conv", 3) == "conv3"`.
template <class... Parts>
constexpr Line line(const Parts&... parts) {
    Line whole;
    const auto append = [&whole](const auto& part) {
        if constexpr (std::integral<std::remove_cvref_t<decltype(part)>>) {
            whole.append(static_cast<std::int64_t>(part));
        } else {
            whole.append(std::string_view(part));
        }
    };
    (append(parts), ...);
    return whole;
}

/// Freezes what `Maker{}()` returns, a line built during constant evaluation, as static text.
template <class Maker>
inline constexpr auto frozen_text = [] {
    constexpr Line line = Maker{}();
    return Text<line.size()>(line.view());
}();

namespace detail {
template <Text Before, int Number, Text After>
struct Numbered {
    constexpr Line operator()() const { return line(Before, Number, After); }
};
} // namespace detail

/// Static text around a number: `numbered<"conv", 3>` is `conv3`.
template <Text Before, int Number, Text After = "">
inline constexpr std::string_view numbered = frozen_text<detail::Numbered<Before, Number, After>>;

namespace detail {
#ifdef __clang__
inline constexpr std::size_t shown_at_once = 31; // clang++ cuts a text in a message after these
#else
inline constexpr std::size_t shown_at_once = Line::capacity;
#endif

template <const auto& Whole, std::size_t Piece>
inline constexpr auto piece_of = [] {
    constexpr std::string_view piece = Whole.view().substr(Piece * shown_at_once, shown_at_once);
    return Text<piece.size()>(piece);
}();

template <const auto& Whole>
using PiecesOf = std::make_index_sequence<(Whole.view().size() + shown_at_once - 1) / shown_at_once>;
} // namespace detail

/// `type` is `Template<Pieces...>`, where the pieces together are the static text `Whole`, each short enough
/// for the compiler to show all of it when it names the type.
template <template <Text...> class Template, const auto& Whole, class Indices = detail::PiecesOf<Whole>>
struct InPieces;
/// With a piece for each index.
template <template <Text...> class Template, const auto& Whole, std::size_t... I>
struct InPieces<Template, Whole, std::index_sequence<I...>> {
    using type = Template<detail::piece_of<Whole, I>...>; ///< of the pieces
};

} // namespace fractal
