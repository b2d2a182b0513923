import Faces
import Imaging

/// Makes one box of the many windows that a face passes in, as OpenCV's `groupRectangles` does with its usual
/// tolerance of a fifth.
struct RectangleGrouping {
    private static let tolerance = 0.2

    private struct Group {
        var x = 0
        var y = 0
        var width = 0
        var height = 0
        var count = 0

        /// The members' mean, in OpenCV's arithmetic: single precision, halves to even.
        var mean: Rectangle {
            let share = 1 / Float(count)
            func mean(_ sum: Int) -> Int { Int((Float(sum) * share).rounded(.toNearestOrEven)) }
            return Rectangle(x: mean(x), y: mean(y), width: mean(width), height: mean(height))
        }
    }

    private var parents: [Int] = []
    private var labels: [Int] = []
    private var groups: [Group] = []
    private var means: [Rectangle] = []

    /// Appends the groups of more than `minNeighbors` windows to `faces`; with 0 or less, each window itself.
    mutating func group(_ windows: [Rectangle], minNeighbors: Int, into faces: inout [DetectedFace]) {
        guard minNeighbors > 0 else {
            for window in windows { faces.append(DetectedFace(box: window)) }
            return
        }
        partition(windows)
        for (index, group) in groups.enumerated() where group.count > minNeighbors {
            let box = means[index]
            let isInsideStronger = groups.indices.contains { other in
                other != index && groups[other].count > minNeighbors
                    && Self.surrounds(means[other], box)
                    && (groups[other].count > max(3, group.count) || group.count < 3)
            }
            if !isInsideStronger { faces.append(DetectedFace(box: box, neighbors: group.count)) }
        }
    }

    /// Appends all groups to `faces`, those of one window too.
    mutating func groupAll(_ windows: [Rectangle], into faces: inout [DetectedFace]) {
        partition(windows)
        for (mean, group) in zip(means, groups) {
            faces.append(DetectedFace(box: mean, neighbors: group.count))
        }
    }

    /// Splits the windows into classes: alike, or linked by windows that are. Classes are in the order of their
    /// first windows.
    private mutating func partition(_ windows: [Rectangle]) {
        parents.removeAll(keepingCapacity: true)
        for (index, window) in windows.enumerated() {
            parents.append(index)
            for other in 0..<index where Self.areAlike(window, windows[other]) {
                let (a, b) = (root(index), root(other))
                parents[max(a, b)] = min(a, b)
            }
        }
        groups.removeAll(keepingCapacity: true)
        labels.removeAll(keepingCapacity: true)
        for (index, window) in windows.enumerated() {
            let first = root(index)
            if first == index {
                labels.append(groups.count)
                groups.append(Group())
            } else {
                labels.append(labels[first])
            }
            let label = labels[index]
            groups[label].x += window.x
            groups[label].y += window.y
            groups[label].width += window.width
            groups[label].height += window.height
            groups[label].count += 1
        }
        means.removeAll(keepingCapacity: true)
        for group in groups { means.append(group.mean) }
    }

    private mutating func root(_ index: Int) -> Int {
        var index = index
        while parents[index] != index {
            parents[index] = parents[parents[index]]
            index = parents[index]
        }
        return index
    }

    private static func areAlike(_ a: Rectangle, _ b: Rectangle) -> Bool {
        let delta = tolerance * Double(min(a.width, b.width) + min(a.height, b.height)) * 0.5
        return Double(abs(a.x - b.x)) <= delta && Double(abs(a.y - b.y)) <= delta
            && Double(abs(a.x + a.width - b.x - b.width)) <= delta
            && Double(abs(a.y + a.height - b.y - b.height)) <= delta
    }

    private static func surrounds(_ outer: Rectangle, _ inner: Rectangle) -> Bool {
        let dx = Int((Double(outer.width) * tolerance).rounded(.toNearestOrEven))
        let dy = Int((Double(outer.height) * tolerance).rounded(.toNearestOrEven))
        return inner.x >= outer.x - dx && inner.y >= outer.y - dy
            && inner.x + inner.width <= outer.x + outer.width + dx
            && inner.y + inner.height <= outer.y + outer.height + dy
    }
}
