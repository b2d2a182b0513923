import Imaging

/// Draws faces on pictures: on copies that stand alone, or on one frame after another.
///
/// Used from one thread at a time.
package final class PictureAnnotator {
    /// What is drawn.
    package var options = DrawingOptions()
    private let layout: SceneLayout
    private let layer: DrawingLayer

    /// Makes an annotator.
    ///
    /// - Throws: ``DrawingError/noFont``, at once rather than at the first face.
    package init() throws(DrawingError) {
        let text = try PangoText()
        layout = SceneLayout(text: text)
        layer = DrawingLayer(text: text)
    }

    /// Draws faces on a picture.
    ///
    /// - Parameter time: the frame's time in seconds; nil for a picture that stands alone.
    package func draw(
        _ faces: [DrawnFace], on image: inout ColorImage, at time: Double? = nil
    ) throws(DrawingError) {
        guard image.width > 0, image.height > 0 else { return }
        var notes = Notes()
        notes.hasLegend = faces.contains { $0.explanation != nil }
        let drawing = layout.arrange(
            faces, on: Canvas(pictureWidth: image.width, pictureHeight: image.height), options: options,
            notes: notes, at: time)
        try layer.update(drawing, width: image.width, height: image.height)
        layer.blend(onto: &image)
    }
}
