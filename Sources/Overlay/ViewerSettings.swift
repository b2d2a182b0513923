import Drawing

/// What a viewer is asked for.
public struct ViewerSettings: Sendable {
    /// The source as people know it.
    public var sourceName: String
    /// True where the source is the demo, which is said.
    public var isDemo = false
    /// The language of labels and lines.
    public var language = Language.english
    /// The folder for snapshots.
    public var snapshots: SnapshotFolder
    /// True for the game: show me an emotion.
    public var plays = false
    /// True where the game's photographs are kept.
    public var keepsPhotographs = false
    /// True to begin with the smile meter and the last minute shown.
    public var isBooth = false

    /// Shows a source; snapshots go where a person's pictures are.
    public init(sourceName: String, snapshots: SnapshotFolder) {
        self.sourceName = sourceName
        self.snapshots = snapshots
    }
}
