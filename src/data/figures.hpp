// The figures of `shapes` as signed distance functions: negative inside, in units of the figure's radius.
// Formulas after I. Quilez, "2D distance functions" (https://iquilezles.org/articles/distfunctions2d).
#pragma once

#include <algorithm>
#include <cmath>

namespace fractal::data {

struct Point {
    float x;
    float y;
};

inline float length(Point p) { return std::sqrt(p.x * p.x + p.y * p.y); }

/// Distance to a box of the given half width and half height around the origin.
inline float box_distance(Point p, float half_width, float half_height) {
    const float x = std::abs(p.x) - half_width;
    const float y = std::abs(p.y) - half_height;
    return length({std::max(x, 0.0F), std::max(y, 0.0F)}) + std::min(std::max(x, y), 0.0F);
}

/// Mirrors `p` at the line through the origin with unit normal `normal`, on to its negative side.
inline Point folded(Point p, Point normal) {
    const float excess = 2 * std::max(normal.x * p.x + normal.y * p.y, 0.0F);
    return {p.x - excess * normal.x, p.y - excess * normal.y};
}

/// A five-pointed star with tips at radius 1; folding leaves one half of one tip.
inline float star_distance(Point p) {
    constexpr Point right{0.809016994F, -0.587785252F}; // (cos 36, -sin 36) degrees
    constexpr Point left{-0.809016994F, -0.587785252F};
    constexpr float inner = 0.45F;
    p.x = std::abs(p.x);
    p = folded(folded(p, right), left);
    p.x = std::abs(p.x);
    p.y -= 1;
    const Point edge{inner * 0.587785252F, inner * 0.809016994F - 1}; // from the tip to the inner corner
    const float along = (p.x * edge.x + p.y * edge.y) / (edge.x * edge.x + edge.y * edge.y);
    const float clamped = std::clamp(along, 0.0F, 1.0F);
    const float distance = length({p.x - edge.x * clamped, p.y - edge.y * clamped});
    return p.y * edge.x - p.x * edge.y > 0 ? distance : -distance;
}

/// Distance from `p` to the figure of class `figure` (the index into `shapes_classes`) of radius 1 at the
/// origin.
inline float figure_distance(int figure, Point p) {
    switch (figure) {
        case 0:
            return length(p) - 0.85F;
        case 1:
            return std::max(length({p.x, p.y + 0.4F}) - 1, -(p.y + 0.4F));
        case 2:
            return std::abs(length(p) - 0.72F) - 0.2F;
        case 3:
            return std::max(length(p) - 0.95F, 0.8F - length({p.x - 0.5F, p.y}));
        case 4:
            return std::max(0.866025404F * std::abs(p.x) - 0.5F * p.y, p.y) - 0.55F;
        case 5:
            return box_distance(p, 0.72F, 0.72F);
        case 6:
            return box_distance(p, 1.0F, 0.38F);
        case 7:
            return std::max(std::abs(p.y), 0.866025404F * std::abs(p.x) + 0.5F * std::abs(p.y)) - 0.8F;
        case 8:
            return std::min(box_distance(p, 0.95F, 0.28F), box_distance(p, 0.28F, 0.95F));
        default:
            return star_distance(p);
    }
}

} // namespace fractal::data
