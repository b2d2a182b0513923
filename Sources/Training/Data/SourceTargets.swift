import Faces
import EmotionRecognition

/// How the faces of one source of data set the targets of each head, and how much they count.
///
/// A face of FER2013 has a label and, with FER+, ten people's votes. A face cut from a labelled photograph has its label
/// alone, from which the second head's target is made.
package struct SourceTargets: Sendable, Equatable, CustomStringConvertible {
    /// How much each face counts on all heads.
    package var weight: Float = 1
    /// How much a face of a rare emotion counts, times the weight: one with less than a tenth of its source's faces.
    package var rareWeight: Float = 1
    /// The rare emotions, by their place in ``Emotion``; the trainer sets them where they count otherwise.
    package internal(set) var rareEmotions: Set<Int> = []
    /// How much the label counts on FER2013's head, times the weight; 0 leaves it out.
    package var labelWeight: Float = 1
    /// How much the label of a face without votes counts on FER+'s head, times the weight; 0 leaves it out.
    package var votesWeight: Float = 1
    /// The part of that label that goes to neutral, as voters call many a weak expression neutral.
    package var votesNeutral: Float = 0
    /// The part of that label that is spread evenly over FER+'s eight classes.
    package var votesSmoothing: Float = 0
    /// How far the source's own class frequencies are kept from what the network learns: the logarithm of how often an
    /// emotion is labelled here against how often in the first source, times this, is added to the logits of its faces
    /// while training (logit adjustment, Menon et al., 2021).
    package var prior: Float = 0
    /// How much a teacher's word counts beside the label, 0 to 1, on faces whose label is the teacher's first choice.
    package var teacherShare: Float = 0
    /// The same on faces whose label is not.
    package var wrongTeacherShare: Float = 0

    /// The standard: a label counts in full on both heads, no teacher.
    package init() {}

    /// All values in one line, for a model's facts.
    package var description: String {
        var text = "weight \(weight), rare \(rareWeight), label \(labelWeight), votes \(votesWeight), "
        text += "neutral \(votesNeutral), smoothing \(votesSmoothing), prior \(prior)"
        return text + ", teacher \(teacherShare), where wrong \(wrongTeacherShare)"
    }

    /// The weight of a face by its label.
    func weight(of label: Int) -> Float { rareEmotions.contains(label) ? weight * rareWeight : weight }

    /// A label's target on FER+'s head, `[8]`: what is left of it after the parts for neutral and for all classes.
    func setVotesTarget(_ label: Int, into row: inout MutableSpan<Float>) {
        let classes = Head.ferplus.classes
        for place in 0..<classes { row[place] = votesSmoothing / Float(classes) }
        row[Emotion.neutral.rawValue] += (1 - votesSmoothing) * votesNeutral
        row[label] += (1 - votesSmoothing) * (1 - votesNeutral)
    }
}
