extension EmotionProbabilities {
    /// The probability from which on the likeliest emotion is an answer; below it is a guess.
    ///
    /// Probabilities are calibrated: an emotion with less than one half is more probably wrong than right.
    public static let leastSure: Float = 0.5

    /// Whether the likeliest emotion is a guess that should not be shown as an answer.
    public var isUnsure: Bool { confidence < Self.leastSure }
}
