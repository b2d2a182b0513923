import Events
import Foundation
import System

/// The page of a live session, and what it is made of.
final class LiveBrowser: Sendable {
    /// What is told to those who ask.
    let status: LiveStatus
    /// Gets the events.
    let sink: any EventSink
    private let ticking = Cancellation()
    private let end: @Sendable () -> Void

    /// Seconds from one picture to the next at most.
    private static let tick = 0.1

    #if HTTP
    /// Opens the port.
    ///
    /// - Parameters:
    ///   - report: says a line at the terminal.
    ///   - socketReaders: counts the readers of the event socket.
    /// - Throws: ``EventError``, and ``Imaging/FontError`` where the picture can't be drawn on.
    init(
        _ settings: HTTPSettings, report: @escaping @Sendable (String) -> Void,
        socketReaders: @escaping @Sendable () -> Int
    ) throws {
        let picture = settings.showsPicture ? try LivePicture() : nil
        let status = LiveStatus(picture: picture, socketReaders: socketReaders)
        let token = try settings.tokenPath.map { path throws(EventError) in try HTTPToken(path: path) }
        var content = HTTPServer.Content(
            state: { status.json }, metrics: { status.metrics }, trouble: { status.trouble })
        if let picture { content.picture = { picture.jpeg(after: $0) } }
        let server = try HTTPServer(settings.address, token: token, content: content)
        if picture != nil {
            do throws(Errno) {
                _ = try JoinableThread(name: "raut-http-tick") { [ticking] in
                    while ticking.sleep(seconds: Self.tick) {
                        if server.showsPicture { server.pictureChanged() }
                    }
                }
            } catch {
                server.stop()
                throw EventError.noThread(reason: error.description)
            }
        }
        report(
            "http://\(settings.address)/ shows what happens"
                + (token == nil ? "" : " to who knows the token"))
        self.status = status
        sink = server
        end = { server.stop() }
    }
    #else
    /// Says that this is left out.
    init(
        _ settings: HTTPSettings, report: @escaping @Sendable (String) -> Void,
        socketReaders: @escaping @Sendable () -> Int
    ) throws {
        throw Failure(description: "--http: this raut was built without HTTP")
    }
    #endif

    /// Closes the port.
    func stop() {
        ticking.raise()
        end()
    }
}
