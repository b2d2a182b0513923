import Faces
import Imaging

/// The least probabilities with which a window is taken for a face: the fewer others vouch for it, the higher.
package struct FaceThresholds: Sendable, Equatable {
    /// One that the cascade found in the picture as it is.
    package var found: Float = 0.5
    /// One that cascades let pass in a copy (``WideSearch``), in a picture without other faces.
    package var alone: Float = 0.9
    /// The same in a picture with other faces, or live.
    package var beside: Float = 0.97
    /// One that nobody but the judge has seen.
    package var unseen: Float = 0.99
    /// The same where it fills the picture: there are few such windows, so that chance has few of them to deceive by, and
    /// a picture that is all face is what people cut out of others.
    package var filling: Float = 0.99
    /// One about a place where a face was a moment ago.
    package var followed: Float = 0.8

    /// The limits of a judge that has none of its own.
    package init() {}
}

/// The second look: says how probable it is that a box holds a face.
package protocol FaceJudge: Sendable {
    /// The least probabilities that count as a face.
    var thresholds: FaceThresholds { get }

    /// How probable it is that a box, turned by the face's tilt, holds a face; it may reach over the picture's border.
    func probability(of face: DetectedFace, in image: GrayImage) -> Float

    /// The same by several looks at and around the box, for a window that the cascade did not find. Among so
    /// many windows some look like a face at one exact place; a face also does when the window is moved a
    /// little or mirrored.
    func steadyProbability(of face: DetectedFace, in image: GrayImage) -> Float
}

extension FaceJudge {
    /// By one look, for judges that have nothing better.
    package func steadyProbability(of face: DetectedFace, in image: GrayImage) -> Float {
        probability(of: face, in: image)
    }

    /// Whether a window that the cascade did not find is a face. One look is enough to refuse most of them.
    package func believes(_ face: DetectedFace, in image: GrayImage, from least: Float) -> Bool {
        probability(of: face, in: image) > 0.5 && steadyProbability(of: face, in: image) >= least
    }

    /// A window that the cascade did not find, where it is a face: as it is, or moved a little to where it looks most like
    /// one; nil where it is none. A coarse search says no more than about where a face is.
    package func believed(_ face: DetectedFace, in image: GrayImage, from least: Float) -> DetectedFace? {
        guard probability(of: face, in: image) > 0.5 else { return nil }
        if steadyProbability(of: face, in: image) >= least { return face }
        let moved = refined(face, in: image, turns: true, rounds: 2).face
        return steadyProbability(of: moved, in: image) >= least ? moved : nil
    }

    /// A face moved, scaled and turned step by step to where it looks most like one, and how probable it is there.
    ///
    /// - Parameters:
    ///   - turns: Whether other tilts are tried, too.
    ///   - rounds: How many steps are taken at most; each costs six or eight looks.
    package func refined(
        _ face: DetectedFace, in image: GrayImage, turns: Bool, rounds: Int
    ) -> (face: DetectedFace, probability: Float) {
        var best = (face: face, probability: probability(of: face, in: image))
        for _ in 0..<rounds {
            let (from, before) = (best.face, best.probability)
            let side = max(from.box.width, from.box.height)
            let step = max(1, side / 14)
            func attempt(x: Int = 0, y: Int = 0, grow: Int = 0, tilt: Double = 0) {
                var moved = from
                moved.box = Rectangle(
                    x: from.box.x + x - grow / 2, y: from.box.y + y - grow / 2, width: side + grow,
                    height: side + grow)
                moved.tilt += tilt
                guard moved.box.width > 8, abs(moved.tilt) <= 45 else { return }
                let probability = probability(of: moved, in: image)
                if probability > best.probability { best = (moved, probability) }
            }
            attempt(x: step)
            attempt(x: -step)
            attempt(y: step)
            attempt(y: -step)
            attempt(grow: 2 * step)
            attempt(grow: -2 * step)
            if turns {
                attempt(tilt: 10)
                attempt(tilt: -10)
            }
            // Near one, a step gives nothing that counts.
            if best.probability <= before + 0.002 { break }
        }
        return best
    }
}
