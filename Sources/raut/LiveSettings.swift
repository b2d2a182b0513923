import Capture
import Events
import Pipeline

/// What `raut run` was asked for.
struct LiveSettings: Sendable {
    var source = SourceRequest()
    var pipeline = Pipeline.Configuration()
    var isHeadless = false
    /// Events on standard output beside the window too.
    var printsEvents = false
    /// No events on standard output even without a window.
    var isQuiet = false
    var isMirrored = false
    var socketPath: String?
    var socketAccess = SocketAccess()
    var model: String?
    var cascade: String?
    var recordPath: String?
    /// Seconds between two lines of statistics.
    var statisticsInterval: Double?
}
