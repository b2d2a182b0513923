/// Tells videos from other files by their names, for advice alone: what a file holds is told by its bytes.
enum VideoName {
    private static let endings = [
        "mp4", "mkv", "mov", "avi", "webm", "m4v", "mpg", "mpeg", "ts", "mts", "wmv", "flv", "ogv", "3gp",
        "y4m",
    ]

    /// True for a name with an ending that videos have.
    static func isVideo(_ path: String) -> Bool {
        guard let dot = path.lastIndex(of: ".") else { return false }
        return endings.contains(path[path.index(after: dot)...].lowercased())
    }
}
