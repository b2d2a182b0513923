import CSDL2
import Drawing

/// Why the window can't be opened or drawn.
package enum WindowError: Error, Equatable, Sendable, CustomStringConvertible {
    /// There is no display to open a window on: SDL's reason.
    case noDisplay(reason: String)
    /// SDL can't be loaded: why, and what to install.
    case missing(reason: String)
    /// The window or the display that it was on is gone.
    case displayLost
    /// Labels can't be drawn.
    case drawing(DrawingError)
    /// SDL can't do what it was asked: what, and its reason.
    case failed(what: String, reason: String)

    /// One line: what, why, what to do.
    package var description: String {
        switch self {
        case .noDisplay(let reason): "no display for the window (\(reason)): say --headless"
        case .missing(let reason): "no window: \(reason), or say --headless"
        case .displayLost: "the window or its display is gone: start raut again where there is one"
        case .drawing(let error): "\(error)"
        case .failed(let what, let reason): "the window: \(what): \(reason)"
        }
    }

    /// What SDL says of the call that just failed.
    package static func sdl(_ what: String) -> WindowError { .failed(what: what, reason: sdlReason) }

    /// SDL's words for the call that just failed: to be read before it is asked for anything else.
    static var sdlReason: String {
        let words = SDL_GetError().map { String(cString: $0) } ?? ""
        return words.isEmpty ? "SDL gives no reason" : words
    }
}
