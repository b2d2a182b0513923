import System

/// What is asked of a source: the words after `--source` and the options that go with them.
package struct SourceRequest: Equatable, Sendable {
    /// The `--source` option; nil for the first camera that gives frames.
    package var name: String?
    /// The size asked for: negotiated with a camera; a video is made to fit inside it and keeps its shape.
    package var size: FrameSize?
    /// Frames a second asked for: negotiated with a camera; of a video at most so many are taken.
    package var frameRate: Double?
    /// True where files are read as fast as frames are taken.
    package var asFastAsPossible: Bool
    /// How the picture is turned before anybody sees it.
    package var turn = FrameTurn()
    /// True where nobody will see the colours: of a video, and of a camera that
    /// gives compressed video alone, luma alone comes, a third less to hand over.
    package var isGray = false
    /// True where files and folders begin again when they end.
    package var repeats = false
    /// True where a camera that is named, and may be there or free later, is waited for.
    package var waitsForCamera = false
    /// True where the demo may take the place of a camera that nobody named.
    package var mayBeDemo = true

    /// The name as it may be shown: of an address without anything secret; nil without a name.
    package var shownName: String? { name.map { NetworkAddress($0)?.name ?? $0 } }

    /// Asks for a source by name, or for the best there is.
    package init(
        name: String? = nil, size: FrameSize? = nil, frameRate: Double? = nil, asFastAsPossible: Bool = false
    ) {
        self.name = name
        self.size = size
        self.frameRate = frameRate
        self.asFastAsPossible = asFastAsPossible
    }
}

/// A source that is open, and what its user should know about it.
package struct OpenedSource: Sendable {
    /// The source.
    package let source: any FrameSource
    /// One line each: why the demo is shown, that another size was taken.
    package let notes: [String]

    /// A source that is open.
    package init(source: any FrameSource, notes: [String]) {
        self.source = source
        self.notes = notes
    }
}
