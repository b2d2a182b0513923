/// A face that is out of view, and what it showed while it was in view.
public struct FaceDeparture: Sendable, Equatable {
    /// The number that it had.
    public var number: Int
    /// From the frame in which it was first seen to the one in which it was given up, in seconds of the source's clock.
    public var seconds: Double
    /// The mean of its smoothed probabilities over the frames in which it was looked at.
    public var emotions: EmotionProbabilities

    /// The emotion that it showed most: the likeliest of the mean.
    public var dominant: Emotion { emotions.mostLikely }

    /// Makes a departure from all its values.
    public init(number: Int, seconds: Double, emotions: EmotionProbabilities) {
        self.number = number
        self.seconds = seconds
        self.emotions = emotions
    }
}
