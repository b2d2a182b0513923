/// A face that is out of view, and what it showed while it was in view.
package struct FaceDeparture: Sendable, Equatable {
    /// The number that it had.
    package var number: Int
    /// From the frame in which it was first seen to the one in which it was given up, in seconds of the source's clock.
    package var seconds: Double
    /// The mean of its smoothed probabilities over the frames in which it was looked at.
    package var emotions: EmotionProbabilities

    /// The emotion that it showed most: the likeliest of the mean.
    package var dominant: Emotion { emotions.mostLikely }

    /// Makes a departure from all its values.
    package init(number: Int, seconds: Double, emotions: EmotionProbabilities) {
        self.number = number
        self.seconds = seconds
        self.emotions = emotions
    }
}
