extension EmotionProbabilities {
    /// The probability from which on the likeliest emotion is an answer; below it is a guess.
    ///
    /// Below one half the other emotions together are likelier. What such answers are worth on faces whose labels are
    /// known stands in the model card.
    public static let leastSure: Float = 0.5

    /// Whether the likeliest emotion is a guess that should not be shown as an answer.
    public var isUnsure: Bool { confidence < Self.leastSure }
}
