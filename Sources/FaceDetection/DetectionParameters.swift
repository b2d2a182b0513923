import System

/// How a picture is searched: the parameters of OpenCV's `detectMultiScale`, with its defaults and meaning.
package struct DetectionParameters: Hashable, Sendable {
    /// How much larger each scale's window is than the one before; above 1.
    package var scaleFactor = 1.1
    /// How many neighbouring windows a face needs to be kept; 0 returns every raw window.
    package var minNeighbors = 3
    /// The smallest face in pixels, side of the square window.
    package var minSize = 80
    /// The largest face in pixels, or nil for the picture's size.
    package var maxSize: Int?
    /// Whether, where no scale lies between the sizes, the one nearest to the smallest is searched all the same, so that
    /// faces outside of the sizes are found. OpenCV does.
    package var usesNearestScale = false
    /// Threads that share the scan.
    package var threads = 1
    /// Whether heads tilted by up to about 30 degrees are looked for, too, in turned copies of the picture. OpenCV does
    /// not.
    package var findsTilted = true
    /// Only heads tilted to this side are looked for, where one is named: a part of the search, for frames with little time.
    package var onlyTilt: Tilt?
    /// Whether faces that the cascade can't see in the picture as it is are looked for, too (``WideSearch``), by who has
    /// one. OpenCV does not.
    package var isThorough = false
    /// Whether what is found is looked at a second time, by who has a second look (``FaceJudge``): false where it was a
    /// moment ago.
    package var isJudged = true
    /// Ends a search on the way once it is raised: then some faces are found, or none.
    package var cancellation: Cancellation?

    /// Whether every second window both ways is judged first, at every second scale, and all of them only about those that
    /// pass: an eighth of the work. A face that few windows show may be missed; its box may differ by a
    /// tenth of its size. OpenCV does so at scales below two alone.
    package var isCoarse = false

    /// The side that a head is tilted to.
    package enum Tilt: Hashable, Sendable, CaseIterable {
        case left, right
    }

    /// Scale 1.1, three neighbours, faces from 80 pixels, one thread.
    package init() {}

    /// The smallest face that is looked for in a picture where nothing else is said, in pixels: an eighth of its shorter
    /// side, from 24 to 80.
    package static func standardMinSize(width: Int, height: Int) -> Int {
        min(80, max(24, min(width, height) / 8))
    }
}
