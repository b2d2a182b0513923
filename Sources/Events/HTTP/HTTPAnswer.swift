#if HTTP
import CMicroHTTPD

/// What libmicrohttpd calls for each request, first when its head is read and then, with `kept` set, for what follows.
func answerHTTP(
    _ context: UnsafeMutableRawPointer?, _ connection: OpaquePointer?, _ address: UnsafePointer<CChar>?,
    _ method: UnsafePointer<CChar>?, _ version: UnsafePointer<CChar>?, _ upload: UnsafePointer<CChar>?,
    _ uploadSize: UnsafeMutablePointer<Int>?, _ kept: UnsafeMutablePointer<UnsafeMutableRawPointer?>?
) -> MHD_Result {
    guard let context, let connection, let address, let method else { return raut_http_refusal() }
    let desk = Unmanaged<HTTPDesk>.fromOpaque(context).takeUnretainedValue()
    // Answered as soon as the head is there: what is uploaded is never read.
    return HTTPAnswer(desk: desk, connection: connection).answer(
        path: String(cString: address), method: String(cString: method))
}

/// The answer to one request.
private struct HTTPAnswer {
    let desk: HTTPDesk
    let connection: OpaquePointer

    /// The name of the cookie that keeps the token.
    private static let cookie = "raut_token"

    func answer(path: String, method: String) -> MHD_Result {
        func header(_ name: String) -> String? { text(raut_http_header(connection, name)) }
        let request = HTTPGate.Request(
            method: method, host: header("Host"), origin: header("Origin"), site: header("Sec-Fetch-Site"),
            destination: header("Sec-Fetch-Dest"), authorization: header("Authorization"),
            cookie: text(raut_http_cookie(connection, Self.cookie)),
            query: text(raut_http_query(connection, "token")))
        let length = header("Content-Length") ?? "0"
        if length != "0" || header("Transfer-Encoding") != nil {
            return send(
                Array("nothing is taken here\n".utf8), "text/plain; charset=utf-8", status: 413,
                headers: [("Connection", "close")])
        }
        if let (status, words) = desk.gate.refusal(of: request) { return say(words, status: status) }
        switch path {
        case "/":
            // The token goes into a cookie and out of the address, which others may see.
            if request.query != nil, let token = desk.gate.token {
                return send(
                    [], "text/plain", status: 303,
                    headers: [
                        ("Location", "/"),
                        ("Set-Cookie", "\(Self.cookie)=\(token.cookie); HttpOnly; SameSite=Strict; Path=/"),
                    ])
            }
            return send(PackageResources.page_html, "text/html; charset=utf-8")
        case "/raut.js": return send(PackageResources.raut_js, "text/javascript; charset=utf-8")
        case "/icon.svg": return send(PackageResources.icon_svg, "image/svg+xml")
        case "/raut.css": return send(PackageResources.raut_css, "text/css; charset=utf-8")
        case "/state": return send(Array(desk.content.state().utf8), "application/json")
        case "/metrics":
            let text =
                desk.content.metrics()
                + "# HELP raut_http_readers Readers of events and pictures over HTTP.\n# TYPE raut_http_readers gauge\n"
                + "raut_http_readers \(desk.streams.count)\n"
            return send(Array(text.utf8), "text/plain; version=0.0.4; charset=utf-8")
        case "/healthz":
            guard let trouble = desk.content.trouble() else { return say("ok", status: 200) }
            return say(trouble, status: 503)
        case "/events": return stream(.events, "text/event-stream")
        case "/stream.mjpg" where desk.content.picture != nil:
            return stream(.picture, "multipart/x-mixed-replace; boundary=\(HTTPStream.boundary)")
        case "/stream.mjpg": return say("the picture is served with --http-picture only", status: 404)
        default: return say("there is /, /events, /state, /metrics and /healthz", status: 404)
        }
    }

    private func text(_ value: UnsafePointer<CChar>?) -> String? { value.map { String(cString: $0) } }

    private func say(_ words: String, status: UInt32) -> MHD_Result {
        send(Array("\(words)\n".utf8), "text/plain; charset=utf-8", status: status)
    }

    private func send(
        _ bytes: [UInt8], _ type: String, status: UInt32 = 200, headers: [(String, String)] = []
    ) -> MHD_Result {
        let response = bytes.withUnsafeBytes {
            raut_http_response($0.baseAddress, $0.count)
        }
        return queue(response, type, status, headers)
    }

    private func stream(_ kind: HTTPStream.Kind, _ type: String) -> MHD_Result {
        guard let stream = desk.open(kind, connection) else {
            return say("too many readers: try again later", status: 503)
        }
        let link = Unmanaged.passRetained(Link(desk: desk, stream: stream)).toOpaque()
        let response = MHD_create_response_from_callback(
            UInt64.max, 1 << 15,
            { context, _, room, count in
                guard let context, let room else { return -1 }
                let link = Unmanaged<Link>.fromOpaque(context).takeUnretainedValue()
                return link.stream.fill(UnsafeMutableRawBufferPointer(start: room, count: count))
            }, link,
            { context in
                guard let context else { return }
                let link = Unmanaged<Link>.fromOpaque(context).takeRetainedValue()
                link.desk.remove(link.stream)
            })
        return queue(response, type, 200, [])
    }

    /// What a stream's callbacks find themselves by; lives as long as its response.
    private final class Link {
        let desk: HTTPDesk
        let stream: HTTPStream

        init(desk: HTTPDesk, stream: HTTPStream) {
            self.desk = desk
            self.stream = stream
        }
    }

    private func queue(
        _ response: OpaquePointer?, _ type: String, _ status: UInt32, _ headers: [(String, String)]
    ) -> MHD_Result {
        guard let response else { return raut_http_refusal() }
        defer { MHD_destroy_response(response) }
        let all =
            [
                ("Content-Type", type), ("Cache-Control", "no-store"), ("X-Content-Type-Options", "nosniff"),
                ("X-Frame-Options", "DENY"), ("Referrer-Policy", "no-referrer"),
                ("Cross-Origin-Resource-Policy", "same-origin"),
                ("Cross-Origin-Opener-Policy", "same-origin"),
                (
                    "Content-Security-Policy",
                    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; "
                        + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
                ),
            ] + headers + (status == 405 ? [("Allow", "GET, HEAD")] : [])
        for (name, value) in all { MHD_add_response_header(response, name, value) }
        return MHD_queue_response(connection, status, response)
    }
}
#endif
