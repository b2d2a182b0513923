import CSDL2
import Capture
import Drawing
import Imaging

/// The camera's picture as a window shows it.
protocol ShownPicture: AnyObject {
    /// Columns of the picture in pixels, 0 before there is one.
    var width: Int { get }
    /// Rows of the picture in pixels.
    var height: Int { get }

    /// Replaces the picture; a frame whose bytes are no picture leaves the one before.
    func update(_ frame: Frame, on renderer: OpaquePointer) throws(WindowError)
    /// Draws it into a box of a window of some size, in pixels.
    func draw(in box: Bounds, isMirrored: Bool, of window: DrawnWindow) throws(WindowError)
    /// Gives back what it has of the renderer's; to be called while that is there.
    func close()
}

/// A window in the middle of being drawn.
struct DrawnWindow {
    let window: OpaquePointer
    let renderer: OpaquePointer
    /// Columns in pixels.
    let width: Int
    /// Rows in pixels.
    let height: Int
}

extension SDL_FRect {
    /// A box in whole pixels or parts of them.
    init(_ box: Bounds) {
        self.init(x: Float(box.x), y: Float(box.y), w: Float(box.width), h: Float(box.height))
    }
}
