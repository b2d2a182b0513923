import Events
import Foundation
import System

#if HTTP
/// The page that one set of options asks for. The server outlives a change of options that names the same address.
final class LiveBrowser: Sendable {
    /// What is told to those who ask.
    let status: LiveStatus
    private let settings: HTTPSettings
    private let picture: LivePicture?
    private let token: HTTPToken?
    private let server: HTTPServer
    private let ticking = Cancellation()

    /// Seconds from one picture to the next at most.
    private static let tick = 0.1

    /// Opens the port, unless it is open for the options before.
    ///
    /// - Parameters:
    ///   - report: says a line at the terminal.
    ///   - socketReaders: counts the readers of the event socket.
    /// - Throws: ``EventError``, and ``Drawing/DrawingError`` where the picture can't be drawn on.
    init(
        _ settings: HTTPSettings, beside old: LiveBrowser?, report: @escaping @Sendable (String) -> Void,
        socketReaders: @escaping @Sendable () -> Int
    ) throws {
        self.settings = settings
        picture = settings.showsPicture ? try LivePicture() : nil
        token = try settings.tokenPath.map { path throws(EventError) in try HTTPToken(path: path) }
        status = LiveStatus(picture: picture, socketReaders: socketReaders)
        if let old, old.settings.address == settings.address {
            server = old.server
        } else {
            server = try HTTPServer(
                settings.address, token: token, content: Self.content(status, picture))
            report(
                "http://\(settings.address)/ shows what happens"
                    + (token == nil ? "" : ", to who knows the token"))
        }
    }

    private static func content(_ status: LiveStatus, _ picture: LivePicture?) -> HTTPServer.Content {
        var content = HTTPServer.Content(
            state: { status.json }, metrics: { status.metrics }, trouble: { status.trouble })
        if let picture { content.picture = { picture.jpeg(after: $0) } }
        return content
    }

    /// Gets the events.
    var sink: any EventSink { server }

    /// Serves what these options ask for, with `hello` as the first line of events.
    func begin(hello: [UInt8]) throws(EventError) {
        try server.change(Self.content(status, picture), token: token)
        server.greet(hello, inView: [])
        guard picture != nil else { return }
        do throws(Errno) {
            _ = try JoinableThread(name: "raut-http-tick") { [server, ticking] in
                while ticking.sleep(seconds: Self.tick) {
                    if server.showsPicture { server.pictureChanged() }
                }
            }
        } catch {
            throw .noThread(reason: error.description)
        }
    }

    /// Closes the port, unless the page of other options goes on with it.
    func close(but kept: LiveBrowser?) {
        ticking.raise()
        if kept?.server !== server { server.stop() }
    }
}
#else
/// The page, which is left out of this build.
final class LiveBrowser: Sendable {
    let status: LiveStatus
    let sink: any EventSink

    /// - Throws: ``Failure``, always.
    init(
        _ settings: HTTPSettings, beside old: LiveBrowser?, report: @escaping @Sendable (String) -> Void,
        socketReaders: @escaping @Sendable () -> Int
    ) throws {
        throw Failure(description: "--http: this raut was built without HTTP")
    }

    func begin(hello: [UInt8]) {}
    func close(but kept: LiveBrowser?) {}
}
#endif
