import Faces

extension Chart {
    /// How often answers are right against how sure they were (a reliability diagram, Guo et al., 2017), with the
    /// share of faces in each bin below.
    ///
    /// - Parameters:
    ///   - title: What stands above it.
    ///   - evaluation: The bins, and the error that is written beside the title.
    package static func calibration(title: String, _ evaluation: Evaluation) -> String {
        let (side, left, top, low) = (320.0, 56.0, 44.0, 60.0)
        let (width, height) = (left + side + 24, top + side + low + 56)
        let bottom = top + side
        func x(_ value: Double) -> Double { left + side * value }
        func y(_ value: Double) -> Double { bottom - side * value }
        var parts = text(left, 20, title, bold: true)
        parts += text(
            left, 36, "expected calibration error \(fixed(evaluation.calibrationError * 100)) %", faint: true)
        for step in 0...5 {
            let value = Double(step) / 5
            parts += line(left, y(value), x(1), y(value))
            parts += text(left - 8, y(value) + 4, "\(step * 20) %", anchor: "end", faint: true)
            parts += text(x(value), height - 20, "\(step * 20) %", anchor: "middle", faint: true)
        }
        let bins = evaluation.calibration
        let total = Double(max(1, bins.reduce(0) { $0 + $1.count }))
        let most = max(1e-9, bins.map { Double($0.count) / total }.max() ?? 0)
        let step = side / Double(max(1, bins.count))
        for (place, bin) in bins.enumerated() where bin.count > 0 {
            let share = Double(bin.count) / total
            let start = left + Double(place) * step
            let bar = (low - 10) * share / most
            parts +=
                "<rect x='\(fixed(start + 1))' y='\(fixed(bottom + low - bar))' width='\(fixed(step - 2))' "
                + "height='\(fixed(bar))' rx='2' \(ChartColor.cell.fill) fill-opacity='.35'/>"
        }
        // A few faces say little: bins of less than a thousandth are left out of the line.
        let points = bins.filter { Double($0.count) >= total / 1000 }
            .map { "\(fixed(x($0.confidence))),\(fixed(y($0.accuracy)))" }
        parts +=
            "<line x1='\(fixed(left))' y1='\(fixed(bottom))' x2='\(fixed(x(1)))' y2='\(fixed(y(1)))' "
            + "\(ChartColor.faint.stroke) stroke-dasharray='4 4'/>"
            + "<polyline fill='none' \(ChartColor.blue.stroke) stroke-width='2' stroke-linejoin='round' "
            + "points='\(points.joined(separator: " "))'/>"
        for point in points {
            let place = point.split(separator: ",")
            parts += "<circle cx='\(place[0])' cy='\(place[1])' r='3.5' \(ChartColor.blue.fill)/>"
        }
        parts += key(x(0.04), top + 12, "right, of the faces so sure", .blue)
        parts += text(x(1), height - 4, "confidence", anchor: "end", faint: true)
        parts += text(x(0.04), bottom + 18, "faces", faint: true)
        return svg(width, height, title, parts)
    }
}
