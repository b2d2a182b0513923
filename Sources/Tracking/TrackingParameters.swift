/// How faces are followed; times in seconds, so that the result does not depend on the frame rate.
package struct TrackingParameters: Sendable, Equatable {
    /// How often a face must have been detected before it is reported as appeared; 1 reports it at once.
    ///
    /// A cascade's false alarms seldom last for two frames.
    package var confirmations = 2
    /// How long a reported face that is not detected any more is still held to be in view.
    package var memory = 0.6
    /// How long a face that was not reported yet may be missing before it is forgotten.
    package var unconfirmedMemory = 0.25
    /// Seconds for which a face keeps its last probabilities before the network looks at it again; 0 for a
    /// look at each face in each frame.
    package var recognitionInterval = 0.0
    /// Seconds after its last look from which on a face is looked at twice in one frame, as it is and
    /// mirrored. More frequent looks alternate between the two and smoothing averages them; with fewer than
    /// seven a second it does not.
    package var bothWaysAfter = 0.15
    /// How probabilities are smoothed and when the reported emotion changes.
    package var smoothing = EmotionFilter.Parameters()

    /// The defaults of `raut run`.
    package init() {}
}
