import Drawing

/// What a viewer is asked for.
public struct ViewerSettings: Sendable {
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
    /// Whether the picture is a mirror from now on, nil for as it is; asked again and again, as options may be read anew.
    public var takeMirror: @Sendable () -> Bool? = { nil }

    /// Shows what comes, in English; `S` writes into a folder.
    public init(snapshots: SnapshotFolder) {
        self.snapshots = snapshots
    }
}
