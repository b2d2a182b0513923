import Drawing
import Faces

/// The faces of a pipeline as they are drawn: with the last minute of each, and the one that a person chose.
package struct SceneView {
    /// What is drawn.
    package private(set) var faces: [DrawnFace] = []
    /// The chosen face; nil for the largest.
    package private(set) var chosen: Int?
    /// True to keep and show what each face showed in the last minute.
    package var keepsHistory = false
    private var histories: [Int: EmotionHistory] = [:]

    /// Nobody in view.
    package init() {}

    /// Takes the faces of the last frame worked on, at a time in seconds.
    package mutating func update(_ tracked: [TrackedFace], at now: Double) {
        for number in histories.keys where !tracked.contains(where: { $0.number == number }) {
            histories[number] = nil
        }
        faces.removeAll(keepingCapacity: true)
        for face in tracked {
            if keepsHistory {
                histories[face.number, default: EmotionHistory()].add(face.probabilities, at: now)
            }
            faces.append(DrawnFace(face, history: keepsHistory ? histories[face.number] : nil))
        }
        if let chosen, !tracked.contains(where: { $0.number == chosen }) { self.chosen = nil }
    }

    /// Chooses the next face from left to right; after the last, the largest again.
    package mutating func chooseNext() {
        let order = faces.sorted { ($0.box.x, $0.number) < ($1.box.x, $1.number) }.map(\.number)
        guard let chosen, let place = order.firstIndex(of: chosen) else {
            chosen = order.first
            return
        }
        self.chosen = place + 1 < order.count ? order[place + 1] : nil
    }

    /// How much those in view smile: the mean probability of happy; nil without a face.
    package var smile: Double? {
        guard !faces.isEmpty else { return nil }
        return faces.reduce(0) { $0 + Double($1.probabilities?[.happy] ?? 0) } / Double(faces.count)
    }
}
