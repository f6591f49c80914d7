// The painter of `shapes`: background, smaller figures, the figure that is the class, noise.
#include "data/shapes.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "data/draws.hpp"
#include "data/figures.hpp"

namespace fractal::data {
namespace {

constexpr int side = 32;
constexpr int classes = static_cast<int>(shapes_classes.size());

/// The draws of one image, one after the other.
class Dice {
public:
    Dice(std::uint64_t seed, Purpose purpose, std::uint32_t image)
        : seed_(seed),
          purpose_(purpose),
          image_(image) {}

    std::uint32_t word() {
        if (used_ == 4) {
            words_ = draw(seed_, purpose_, image_, block_++);
            used_ = 0;
        }
        return words_[used_++];
    }

    int below(std::uint32_t bound) { return static_cast<int>(bounded(word(), bound)); }

    float between(float low, float high) {
        return low + (high - low) * (static_cast<float>(word() >> 8) / 16777216.0F);
    }

private:
    std::uint64_t seed_;
    Purpose purpose_;
    std::uint32_t image_;
    std::uint64_t block_ = 0;
    std::array<std::uint32_t, 4> words_{};
    std::size_t used_ = 4;
};

using Colour = std::array<float, 3>;
using Canvas = std::array<Colour, side * side>;

Colour any_colour(Dice& dice) {
    Colour colour{};
    for (float& value : colour) value = dice.between(0, 255);
    return colour;
}

float difference(const Colour& a, const Colour& b) {
    return std::abs(a[0] - b[0]) + std::abs(a[1] - b[1]) + std::abs(a[2] - b[2]);
}

/// A unit vector: a uniform point of the disc, pushed to its rim (no sine, which libraries round
/// differently).
Point any_direction(Dice& dice) {
    while (true) {
        const Point p{dice.between(-1, 1), dice.between(-1, 1)};
        const float size = length(p);
        if (size > 0.1F && size <= 1) return {p.x / size, p.y / size};
    }
}

struct Figure {
    int kind;
    Point centre;
    Point direction;
    float radius;  // pixels
    float stretch; // of the second axis
    float outline; // half of the line's width in pixels; 0 is filled
    float opacity;
};

Figure any_figure(Dice& dice, int kind, float low, float high) {
    Figure figure{};
    figure.kind = kind;
    figure.radius = dice.between(low, high);
    const float margin = 0.7F * figure.radius;
    figure.centre = {dice.between(margin, side - margin), dice.between(margin, side - margin)};
    figure.direction = any_direction(dice);
    figure.stretch = dice.between(0.8F, 1.0F);
    // A disc in outline would be a ring.
    const bool in_outline = dice.below(4) == 0 && kind != 0 && kind != 2;
    figure.outline = in_outline ? dice.between(0.6F, 1.0F) : 0.0F;
    figure.opacity = dice.between(0.8F, 1.0F);
    return figure;
}

void paint(Canvas& canvas, const Figure& figure, const Colour& colour) {
    const float reach = 1.3F * figure.radius + 2;
    const int top = std::max(0, static_cast<int>(figure.centre.y - reach));
    const int bottom = std::min(side, static_cast<int>(figure.centre.y + reach) + 1);
    const int left = std::max(0, static_cast<int>(figure.centre.x - reach));
    const int right = std::min(side, static_cast<int>(figure.centre.x + reach) + 1);
    for (int y = top; y < bottom; ++y) {
        for (int x = left; x < right; ++x) {
            const Point offset{static_cast<float>(x) + 0.5F - figure.centre.x,
                               static_cast<float>(y) + 0.5F - figure.centre.y};
            const Point turned{
                (offset.x * figure.direction.x + offset.y * figure.direction.y) / figure.radius,
                (offset.y * figure.direction.x - offset.x * figure.direction.y) /
                    (figure.radius * figure.stretch)};
            float distance = figure_distance(figure.kind, turned) * figure.radius;
            if (figure.outline > 0) distance = std::abs(distance + figure.outline) - figure.outline;
            // Half a pixel each side of the edge is blended.
            const float cover = std::clamp(0.5F - distance, 0.0F, 1.0F) * figure.opacity;
            Colour& pixel = canvas[static_cast<std::size_t>(y * side + x)];
            for (std::size_t channel = 0; channel < 3; ++channel) {
                pixel[channel] += cover * (colour[channel] - pixel[channel]);
            }
        }
    }
}

void paint_background(Canvas& canvas, Dice& dice, const Colour& from, const Colour& to) {
    const Point direction = any_direction(dice);
    for (int y = 0; y < side; ++y) {
        for (int x = 0; x < side; ++x) {
            const float along = (static_cast<float>(x) / (side - 1) - 0.5F) * direction.x +
                                (static_cast<float>(y) / (side - 1) - 0.5F) * direction.y;
            const float share = std::clamp(0.5F + along, 0.0F, 1.0F);
            for (std::size_t channel = 0; channel < 3; ++channel) {
                canvas[static_cast<std::size_t>(y * side + x)][channel] =
                    from[channel] + share * (to[channel] - from[channel]);
            }
        }
    }
}

/// Adds triangular noise of up to `strength` and rounds to bytes, channel by channel.
void develop(const Canvas& canvas, Dice& dice, float strength, std::uint8_t* pixels) {
    for (std::size_t channel = 0; channel < 3; ++channel) {
        for (std::size_t pixel = 0; pixel < canvas.size(); ++pixel) {
            const std::uint32_t word = dice.word();
            const auto sum = static_cast<float>((word & 0xFFFF) + (word >> 16)) / 65535.0F - 1;
            const float value = canvas[pixel][channel] + strength * sum;
            *pixels++ = static_cast<std::uint8_t>(std::clamp(value + 0.5F, 0.0F, 255.0F));
        }
    }
}

// Every draw is a statement of its own: compilers evaluate arguments in different orders.
void make_image(int kind, Dice& dice, std::uint8_t* pixels) {
    Canvas canvas{};
    const Colour from = any_colour(dice);
    Colour to = any_colour(dice);
    // Mild gradients only: a steep one hides every figure somewhere.
    for (std::size_t channel = 0; channel < 3; ++channel) {
        to[channel] = from[channel] + 0.4F * (to[channel] - from[channel]);
    }
    paint_background(canvas, dice, from, to);

    const int others = dice.below(4);
    for (int other = 0; other < others; ++other) {
        const int other_kind = dice.below(classes);
        const Figure figure = any_figure(dice, other_kind, 2.0F, 4.0F);
        paint(canvas, figure, any_colour(dice));
    }
    Colour colour = any_colour(dice);
    while (difference(colour, from) < 120 || difference(colour, to) < 120) colour = any_colour(dice);
    const Figure figure = any_figure(dice, kind, 7.5F, 12.0F);
    paint(canvas, figure, colour);
    const float strength = dice.between(8, 56);
    develop(canvas, dice, strength, pixels);
}

} // namespace

ByteImages make_shapes(ShapesPart part, std::uint32_t count, std::uint64_t seed) {
    const Purpose purpose = part == ShapesPart::train ? Purpose::shapes_train : Purpose::shapes_test;
    ByteImages images;
    images.pixels.resize(count * images.bytes_per_image());
    images.labels.resize(count);
    for (std::uint32_t image = 0; image < count; ++image) {
        Dice dice(seed, purpose, image);
        const int kind = static_cast<int>(image % classes);
        images.labels[image] = static_cast<std::uint8_t>(kind);
        make_image(kind, dice, images.pixels.data() + image * images.bytes_per_image());
    }
    return images;
}

} // namespace fractal::data
