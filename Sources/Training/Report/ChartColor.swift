/// What a chart is painted with: one colour on a light screen, another on a dark one.
///
/// Each is also written as a plain attribute, for viewers and converters that know no variables (librsvg).
enum ChartColor: String, CaseIterable {
    case ink
    case faint
    case grid
    case cell
    // The lines of a chart, in turn.
    case blue
    case orange
    case teal
    case violet
    case yellow
    case pink

    /// The colours of many lines, in turn.
    static let lines: [ChartColor] = [.blue, .orange, .teal, .violet, .yellow, .pink]

    /// How lines are broken, in turn: they are told apart without their colours.
    private static let dashes = [
        "", " stroke-dasharray='7 4'", " stroke-dasharray='2 3'", " stroke-dasharray='10 3 2 3'",
        " stroke-dasharray='14 5'", " stroke-dasharray='4 2 1 2'",
    ]

    /// The attribute that breaks the line at a place among others; from the seventh on another than its colour had.
    static func dash(_ place: Int) -> String { dashes[(place + place / lines.count) % dashes.count] }

    private var light: String {
        switch self {
        case .ink: "#1c1f26"
        case .faint: "#6b7280"
        case .grid: "#e5e7eb"
        case .cell, .blue: "#2563eb"
        case .orange: "#ea580c"
        case .teal: "#0d9488"
        case .violet: "#9333ea"
        case .yellow: "#ca8a04"
        case .pink: "#be185d"
        }
    }

    private var dark: String {
        switch self {
        case .ink: "#e8eaf0"
        case .faint: "#9aa3b2"
        case .grid: "#2c323d"
        case .cell, .blue: "#6ea2ff"
        case .orange: "#ff9a5c"
        case .teal: "#4fd1c5"
        case .violet: "#c79bff"
        case .yellow: "#f2c94c"
        case .pink: "#f58ac0"
        }
    }

    /// The style sheet of a chart.
    static let style =
        "svg{\(variables(\.light));font:13px system-ui,-apple-system,'Segoe UI',sans-serif}"
        + "@media(prefers-color-scheme:dark){svg{\(variables(\.dark))}}"

    private static func variables(_ shade: (ChartColor) -> String) -> String {
        allCases.map { "--\($0.rawValue):\(shade($0))" }.joined(separator: ";")
    }

    /// The attributes that fill a shape.
    var fill: String { "fill='\(light)' style='fill:var(--\(rawValue))'" }

    /// The attributes that draw a line.
    var stroke: String { "stroke='\(light)' style='stroke:var(--\(rawValue))'" }
}
