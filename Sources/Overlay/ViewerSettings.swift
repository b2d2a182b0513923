import Drawing

/// What a viewer is asked for.
package struct ViewerSettings: Sendable {
    /// The language of labels and lines.
    package var language = Language.english
    /// The folder for snapshots.
    package var snapshots: SnapshotFolder
    /// True for the game: show me an emotion.
    package var plays = false
    /// True where the game's photographs are kept.
    package var keepsPhotographs = false
    /// True to begin with the smile meter and the last minute shown.
    package var isBooth = false
    /// Whether the picture is a mirror from now on, nil for as it is; asked again and again, as options may be read anew.
    package var takeMirror: @Sendable () -> Bool? = { nil }
    /// What names the emotions, for the list of keys; asked for while that is shown, as options may be read anew.
    package var model: @Sendable () -> String = { "" }

    /// Shows what comes, in English; `S` writes into a folder.
    package init(snapshots: SnapshotFolder) {
        self.snapshots = snapshots
    }
}
