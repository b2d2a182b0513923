/// A box with round corners, upright or turned about its middle.
package struct Plate: Hashable, Sendable {
    /// The box before it is turned.
    package var bounds: Bounds
    /// The corners' radius in pixels; at most half of the shorter side is used.
    package var radius: Double
    /// How far it is turned about its middle, in degrees clockwise as seen.
    package var tilt: Double

    init(_ bounds: Bounds, radius: Double = 0, tilt: Double = 0) {
        self.bounds = bounds
        self.radius = radius
        self.tilt = tilt
    }

    /// The same with its edges moved outwards.
    func expanded(by pixels: Double) -> Plate {
        Plate(bounds.expanded(by: pixels), radius: max(0, radius + pixels), tilt: tilt)
    }

    /// The upright box that holds it wherever it is turned.
    package var outline: Bounds {
        bounds.turned(by: tilt, about: Point(x: bounds.middleX, y: bounds.middleY))
    }
}

/// How a line of text looks.
package struct TextStyle: Hashable, Sendable {
    /// Pixels to the em.
    package var size: Int
    /// True for heavy letters.
    package var isBold: Bool

    init(size: Double, isBold: Bool = false) {
        self.size = Int(max(1, min(400, size.rounded())))
        self.isBold = isBold
    }
}

/// One line of text at its place.
package struct TextRun: Hashable, Sendable {
    /// The words.
    package var text: String
    /// Their look.
    package var style: TextStyle
    /// Where they stand, as measured.
    package var bounds: Bounds
    /// Their colour; an emoji has its own.
    package var color: Color
}

/// What tells two colours apart where the eye doesn't.
package enum Pattern: Hashable, Sendable {
    case rising, falling, upright, level, crossed, dotted
}

/// Something drawn: all that the painter knows.
package enum Shape: Hashable, Sendable {
    /// A filled box, with a pattern in dark over its colour.
    case fill(Plate, Color, Pattern?)
    /// The line along a box's edge, half of it inside; `dash` is the length of its pieces in pixels, 0 for one piece.
    case stroke(Plate, width: Double, dash: Double, Color)
    /// A straight line.
    case line(from: Point, to: Point, width: Double, Color)
    /// A line of text; `opacity` also for emoji.
    case text(TextRun, opacity: Float)
    /// Where on a face its emotion is seen: turned as the face is, mirrored or not.
    case heat(Plate, HeatMap, isMirrored: Bool)

    /// The box that it touches, with soft edges.
    var extent: Bounds {
        switch self {
        case .fill(let plate, _, _), .heat(let plate, _, _): plate.outline.expanded(by: 1)
        case .stroke(let plate, let width, _, _): plate.outline.expanded(by: width / 2 + 1)
        case .line(let from, let to, let width, _):
            Bounds(
                x: min(from.x, to.x), y: min(from.y, to.y), width: abs(from.x - to.x),
                height: abs(from.y - to.y)
            ).expanded(by: width / 2 + 1)
        // Ink may reach over the measured box.
        case .text(let run, _): run.bounds.expanded(by: Double(run.style.size) * 0.25 + 1)
        }
    }
}
