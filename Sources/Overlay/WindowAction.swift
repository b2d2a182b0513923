import CSDL2
import Drawing

/// What a person asked for with a key or the window's frame.
package enum WindowAction: Equatable, Sendable {
    /// q, Esc, or the window was closed.
    case quit
    /// Space.
    case pause
    /// m.
    case mirror
    /// f or F11.
    case fullScreen
    /// b.
    case bars
    /// r.
    case ribbon
    /// g.
    case smileMeter
    /// Tab.
    case nextFace
    /// s.
    case snapshot
    /// h, ? or F1.
    case help
    /// The window has another size, or was uncovered: it must be drawn again.
    case resized

    /// A key, what it does, and that in words.
    package struct Key: Sendable {
        /// As it stands on the keyboard.
        package let name: String
        /// What it does.
        package let action: WindowAction
        /// The same in words.
        package let phrase: Phrase
    }

    /// What a person can press, as it stands in the help and in the man page.
    package static let keys = [
        Key(name: "Tab", action: .nextFace, phrase: .keyFace),
        Key(name: "B", action: .bars, phrase: .keyBars),
        Key(name: "R", action: .ribbon, phrase: .keyRibbon),
        Key(name: "G", action: .smileMeter, phrase: .keyMeter),
        Key(name: "M", action: .mirror, phrase: .keyMirror),
        Key(name: "F", action: .fullScreen, phrase: .keyFullScreen),
        Key(name: "Space", action: .pause, phrase: .keyPause),
        Key(name: "S", action: .snapshot, phrase: .keySnapshot),
        Key(name: "H", action: .help, phrase: .keyHelp),
        Key(name: "Q", action: .quit, phrase: .keyQuit),
    ]

    /// True for what would end the program, write a file or uncover the screen behind it.
    var isKeptFromVisitors: Bool {
        switch self {
        case .quit, .snapshot, .fullScreen, .pause: true
        case .mirror, .bars, .ribbon, .smileMeter, .nextFace, .help, .resized: false
        }
    }

    init?(_ event: SDL_Event) {
        switch SDL_EventType(event.type) {
        case SDL_QUIT: self = .quit
        case SDL_WINDOWEVENT: self = .resized
        case SDL_KEYDOWN where event.key.repeat == 0:
            switch SDL_KeyCode(UInt32(bitPattern: event.key.keysym.sym)) {
            case SDLK_q, SDLK_ESCAPE: self = .quit
            case SDLK_SPACE: self = .pause
            case SDLK_m: self = .mirror
            case SDLK_f, SDLK_F11: self = .fullScreen
            case SDLK_b: self = .bars
            case SDLK_r: self = .ribbon
            case SDLK_g: self = .smileMeter
            case SDLK_TAB: self = .nextFace
            case SDLK_s: self = .snapshot
            case SDLK_h, SDLK_F1, SDLK_QUESTION: self = .help
            default: return nil
            }
        default: return nil
        }
    }
}
