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
    /// How long a face's last emotion is taken for its present one before it is looked at again; 0 looks at each
    /// face in each frame.
    package var recognitionInterval = 0.0
    /// How long after its last look a face is looked at both ways round in one frame. While looks come faster they take
    /// turns, as it is and mirrored: the smoothing averages them, which at less than seven a second it no longer does.
    package var bothWaysAfter = 0.15
    /// How probabilities are smoothed and when the reported emotion changes.
    package var smoothing = EmotionFilter.Parameters()

    /// The defaults of `raut run`.
    package init() {}
}
