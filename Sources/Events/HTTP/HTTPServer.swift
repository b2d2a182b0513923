#if HTTP
import CMicroHTTPDLate
import Foundation
import Glibc
import System

/// Serves a page that shows what happens, and the same for programs: `/events` (server-sent events), `/state`,
/// `/metrics`, `/healthz`, and `/stream.mjpg` where the picture is asked for.
///
/// One thread of libmicrohttpd serves all connections. ``send(_:)`` only leaves a line for each of them: a browser that
/// does not read loses lines and is closed, and never slows the camera.
package final class HTTPServer: EventSink, Sendable {
    /// What readers may cost.
    package struct Limits: Sendable {
        /// Connections at once; more wait until one is free.
        package var connections: UInt32 = 64
        /// Connections that stay: readers of events or of the picture. One more is refused.
        package var streams = 32
        /// Bytes that may wait for one reader, besides what the kernel holds.
        package var backlog = 1 << 16
        /// Seconds after which a connection on which nothing moves is closed.
        package var patience: UInt32 = 10
        /// Seconds that browsers have at the end for what waits for them.
        package var lastWords = 0.05

        /// 64 connections, 32 of which stay, 64 KiB each, ten seconds.
        package init() {}
    }

    /// Where what is served comes from; called on the server's thread.
    package struct Content: Sendable {
        /// The JSON object of `/state`.
        package var state: @Sendable () -> String
        /// The text of `/metrics`, to which the number of HTTP readers is added.
        package var metrics: @Sendable () -> String
        /// Why it is not well, or nil.
        package var trouble: @Sendable () -> String?
        /// The newest picture as JPEG, where it is another than the one numbered; nil where pictures are not served.
        package var picture: (@Sendable (_ after: Int) -> (number: Int, jpeg: [UInt8])?)?

        /// Takes all of them.
        package init(
            state: @escaping @Sendable () -> String, metrics: @escaping @Sendable () -> String,
            trouble: @escaping @Sendable () -> String?,
            picture: (@Sendable (_ after: Int) -> (number: Int, jpeg: [UInt8])?)? = nil
        ) {
            self.state = state
            self.metrics = metrics
            self.trouble = trouble
            self.picture = picture
        }
    }

    /// Where it listens.
    package let address: HTTPAddress
    private let desk: HTTPDesk
    /// libmicrohttpd lets any thread stop its daemon.
    private let daemon = Guarded<Confined<OpaquePointer>?>(nil)
    private let heartbeat = Cancellation()
    private let beating = Guarded<JoinableThread?>(nil)

    /// Seconds after which a silent stream gets a comment, so that a reader that is gone is noticed.
    private static let beat = 5.0
    /// Bytes of a request's head that are taken at most.
    private static let headLimit = 16 << 10

    /// Opens the port and begins to serve.
    ///
    /// - Parameters:
    ///   - address: where.
    ///   - token: what readers must know; needed where the address is not a loopback one.
    ///   - hello: the first line for each reader of events.
    ///   - content: where what is served comes from.
    ///   - limits: what readers may cost.
    /// - Throws: ``EventError/cannotServe(address:reason:)``.
    package init(
        _ address: HTTPAddress, token: HTTPToken? = nil, hello: [UInt8] = [], content: Content,
        limits: Limits = Limits()
    ) throws(EventError) {
        try Self.check(address, token)
        if let reason = raut_load_microhttpd() {
            throw .cannotServe(address: address.description, reason: String(cString: reason))
        }
        self.address = address
        desk = HTTPDesk(
            gate: HTTPGate(address: address, token: token), content: content, limits: limits, hello: hello)
        let listening = try address.listening()
        // Kept for the daemon until that has ended.
        let context = Unmanaged.passRetained(desk)
        guard
            let started = raut_http_start(
                listening, answerHTTP, context.toOpaque(), limits.connections, Self.headLimit, limits.patience
            )
        else {
            context.release()
            close(listening)
            throw .cannotServe(address: address.description, reason: "libmicrohttpd does not start")
        }
        daemon.withLock { $0 = Confined(started) }
        let thread = try? JoinableThread(name: "raut-http-beat") { [desk, heartbeat] in
            while heartbeat.sleep(seconds: Self.beat) {
                for stream in desk.streams { stream.beat() }
            }
        }
        beating.withLock { $0 = thread }
    }

    /// Serves something else from now on, and lets in those who know another token: who is there has to ask again.
    ///
    /// - Throws: ``EventError/cannotServe(address:reason:)`` without a token where others can reach the address.
    package func change(_ content: Content, token: HTTPToken?) throws(EventError) {
        try Self.check(address, token)
        for stream in desk.change(content, HTTPGate(address: address, token: token)) { stream.cut() }
    }

    private static func check(_ address: HTTPAddress, _ token: HTTPToken?) throws(EventError) {
        guard address.isLoopback || token != nil else {
            throw .cannotServe(
                address: address.description, reason: "others can reach it: that takes --http-token-file FILE"
            )
        }
    }

    /// How many readers of events and pictures there are.
    package var readers: Int { desk.streams.count }

    /// Leaves a line for every reader of events.
    package func send(_ line: [UInt8]) {
        for stream in desk.streams { stream.send(line) }
    }

    /// The same, and readers that come from now on are told of the faces in view after `hello`.
    package func send(_ line: [UInt8], inView: [UInt8]) {
        for stream in desk.tell(inView: inView) { stream.send(line) }
    }

    /// Sends a new first line to the readers that are there, and keeps it for those who come from now on.
    package func greet(_ hello: [UInt8], inView: [UInt8]) {
        for stream in desk.tell(hello: hello, inView: inView) { stream.send(hello) }
    }

    /// Says that there is a new picture.
    package func pictureChanged() {
        for stream in desk.streams { stream.pictureChanged() }
    }

    /// True while somebody looks at the picture.
    package var showsPicture: Bool { desk.streams.contains { $0.kind == .picture } }

    /// Sends what waits as far as browsers take it soon, and closes all connections and the port.
    package func stop() {
        heartbeat.raise()
        for stream in desk.close() { stream.end() }
        desk.waitUntilGone()
        // All are awake then, as MHD_stop_daemon(3) asks.
        for stream in desk.streams { stream.cut() }
        guard let handle = daemon.withLock({ handle in handle.take() }) else { return }
        MHD_stop_daemon(handle.value)
        Unmanaged.passUnretained(desk).release()
        _ = beating.withLock { $0?.join(until: .after(1)) }
    }

    deinit { stop() }
}

/// What the daemon's thread answers from; outlives the server by as long as that takes.
final class HTTPDesk: Sendable {
    private struct State {
        var gate: HTTPGate
        var content: HTTPServer.Content
        var hello: [UInt8]
        var inView: [UInt8] = []
        /// Another list each time: who sends goes through the one before outside of the lock, and the thread sanitizer
        /// does not see reference counts, which would keep a change in place apart from that.
        var streams: [HTTPStream] = []
        var isClosed = false
    }

    private let limits: HTTPServer.Limits
    private let state: Guarded<State>

    init(gate: HTTPGate, content: HTTPServer.Content, limits: HTTPServer.Limits, hello: [UInt8]) {
        self.limits = limits
        state = Guarded(State(gate: gate, content: content, hello: hello))
    }

    /// Who is let in.
    var gate: HTTPGate { state.withLock { $0.gate } }

    /// Where what is served comes from.
    var content: HTTPServer.Content { state.withLock { $0.content } }

    /// Exchanges both, and returns the readers who are there and must ask again: those of pictures, and all where the
    /// token is another.
    func change(_ content: HTTPServer.Content, _ gate: HTTPGate) -> [HTTPStream] {
        state.withLock { state in
            let isSameToken = state.gate.token == gate.token
            (state.gate, state.content) = (gate, content)
            return state.streams.filter { !isSameToken || $0.kind == .picture }
        }
    }

    /// The readers that are there.
    var streams: [HTTPStream] { state.withLock { $0.streams } }

    /// Keeps what is new for those who come later, and returns those who are there.
    func tell(hello: [UInt8]? = nil, inView: [UInt8]? = nil) -> [HTTPStream] {
        state.withLock { state in
            state.hello = hello ?? state.hello
            state.inView = inView ?? state.inView
            return state.streams
        }
    }

    /// Takes no more readers, and returns those who are there.
    func close() -> [HTTPStream] {
        state.withLock { state in
            state.isClosed = true
            return state.streams
        }
    }

    /// A new reader, or nil where there are too many.
    func open(_ kind: HTTPStream.Kind, _ connection: OpaquePointer) -> HTTPStream? {
        state.withLock { state in
            guard !state.isClosed, state.streams.count < limits.streams else { return nil }
            let stream = HTTPStream(
                kind, connection, limit: limits.backlog,
                greeting: kind == .events ? state.hello + state.inView : [], picture: state.content.picture)
            state.streams = state.streams + [stream]
            return stream
        }
    }

    /// The reader is gone.
    func remove(_ stream: HTTPStream) {
        state.change { state in state.streams = state.streams.filter { $0 !== stream } }
    }

    /// Waits until every reader has gone with what waited for it, or the time for that is over.
    func waitUntilGone() {
        _ = state.watch(until: .after(limits.lastWords)) { $0.streams.isEmpty ? true : nil }
    }
}
#endif
